//! The life of a node, from its start to the end of its last task.

use crate::cli::Cli;
use sc_cli::{CliConfiguration, Signals, SubstrateCli};
use sc_service::{Configuration, TaskManager};
use std::time::{Duration, Instant};
use tokio::{runtime::Runtime, time::sleep};

/// Time that the tasks of a node have to end after the signal, before the process leaves them.
const TIME_TO_END: Duration = Duration::from_secs(60);
/// Time between two looks at the tasks that have not ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Starts a node and runs it until SIGINT, SIGTERM, or the end of an essential task.
///
/// [`sc_cli::Runner::run_node_until_exit`] does the same, but stops the timers of the runtime right after it
/// has told the tasks to end. A blocking task of the network that looks at a timer then panics in an ordinary
/// end. Here the timers run until the tasks have ended.
///
/// # Errors
/// Returns the failure of the start, or tells that an essential task has failed.
pub(crate) fn run_until_exit(
	cli: &Cli,
	start: impl FnOnce(Configuration) -> sc_cli::Result<TaskManager>,
) -> sc_cli::Result<()> {
	let runtime = sc_cli::build_runtime()?;
	let signals = runtime.block_on(async { Signals::capture() })?;
	let config = cli.run.create_configuration(cli, runtime.handle().clone())?;
	cli.run.init(&Cli::support_url(), &Cli::impl_version(), |_| {})?;
	sc_cli::print_node_infos::<Cli>(&config);
	let mut manager = runtime.block_on(async { start(config) })?;
	let ran = runtime.block_on(signals.run_until_signal(futures::FutureExt::fuse(manager.future())));
	end(runtime, manager, TIME_TO_END);
	Ok(ran?)
}

/// Ends all tasks of a node and then the runtime that they run on; logs the tasks that are left after
/// `time_to_end`.
fn end(runtime: Runtime, manager: TaskManager, time_to_end: Duration) {
	let deadline = Instant::now() + time_to_end;
	let registry = manager.into_task_registry();
	runtime.block_on(async {
		while !registry.running_tasks().is_empty() && Instant::now() < deadline {
			sleep(LOOK_EVERY).await;
		}
	});
	runtime.shutdown_timeout(deadline.saturating_duration_since(Instant::now()));
	for task in registry.running_tasks().keys() {
		log::error!("The task {:?} did not end in {} s.", task.name, time_to_end.as_secs());
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use futures::FutureExt;
	use std::{sync::mpsc, thread};

	/// Time for which a task goes on to look at timers after it was told to end.
	const BUSY: Duration = Duration::from_millis(200);
	const DEADLINE: Duration = Duration::from_secs(30);

	#[test]
	fn a_blocking_task_has_its_timers_until_it_ends() {
		let runtime = sc_cli::build_runtime().unwrap();
		let mut manager = TaskManager::new(runtime.handle().clone(), None).unwrap();
		let (begins, begun) = mpsc::channel();
		let (kept, told_to_end) = mpsc::channel::<()>();
		let (ends, ended) = mpsc::channel();
		manager.keep_alive(kept);
		manager.spawn_handle().spawn_blocking("network", None, async move {
			begins.send(()).unwrap();
			told_to_end.recv().unwrap_err();
			let told = Instant::now();
			while told.elapsed() < BUSY {
				let _ = sleep(BUSY).now_or_never();
				thread::yield_now();
			}
			ends.send(()).unwrap();
		});
		begun.recv_timeout(DEADLINE).unwrap();
		end(runtime, manager, DEADLINE);
		ended.try_recv().expect("the task ended by itself, and before the runtime");
	}

	#[test]
	fn a_task_that_does_not_end_is_left() {
		let runtime = sc_cli::build_runtime().unwrap();
		let manager = TaskManager::new(runtime.handle().clone(), None).unwrap();
		let (begins, begun) = mpsc::channel();
		let (_never, waits) = mpsc::channel::<()>();
		manager.spawn_handle().spawn_blocking("stuck", None, async move {
			begins.send(()).unwrap();
			let _ = waits.recv();
		});
		begun.recv_timeout(DEADLINE).unwrap();
		let from = Instant::now();
		end(runtime, manager, 10 * LOOK_EVERY);
		assert!(from.elapsed() < DEADLINE);
	}
}
