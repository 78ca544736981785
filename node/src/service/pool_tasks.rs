//! The tasks of the transaction pool, ended without an alarm at the node's end.

use futures::{channel::oneshot, future::BoxFuture};
use sc_service::{SpawnEssentialTaskHandle, SpawnTaskHandle, TaskManager};
use sp_core::traits::{SpawnEssentialNamed, SpawnNamed};

/// Spawns the tasks of the transaction pool.
///
/// The pool's blocking task waits for requests in a thread of its own and never yields. So it does not see
/// the signal that ends the other tasks: it ends when the pool is dropped, which an essential task must not,
/// and the log would say that it has failed at every ordinary end. Here the essential task is one that waits
/// for it. That one sees the signal, and still ends the node if the blocking task ends or panics before.
#[derive(Clone)]
pub(super) struct PoolTasks {
	essential: SpawnEssentialTaskHandle,
	tasks: SpawnTaskHandle,
}

impl PoolTasks {
	/// Spawns tasks with this manager, which has to keep the pool alive until its own end.
	pub(super) fn new(manager: &TaskManager) -> Self {
		Self { essential: manager.spawn_essential_handle(), tasks: manager.spawn_handle() }
	}
}

impl SpawnEssentialNamed for PoolTasks {
	fn spawn_essential_blocking(
		&self,
		name: &'static str,
		group: Option<&'static str>,
		future: BoxFuture<'static, ()>,
	) {
		let (running, ended) = oneshot::channel::<()>();
		let task = async move {
			let _running = running;
			future.await;
		};
		SpawnNamed::spawn_blocking(&self.tasks, name, group, Box::pin(task));
		let watch = async move {
			let _ = ended.await;
		};
		self.essential.spawn_essential(name, group, Box::pin(watch));
	}

	fn spawn_essential(
		&self,
		name: &'static str,
		group: Option<&'static str>,
		future: BoxFuture<'static, ()>,
	) {
		self.essential.spawn_essential(name, group, future);
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::{
		sync::{mpsc, Mutex},
		time::Duration,
	};
	use tokio::{runtime::Handle, time::timeout};

	const DEADLINE: Duration = Duration::from_secs(30);

	/// The errors that were logged by this process.
	static ERRORS: Mutex<Vec<String>> = Mutex::new(Vec::new());

	struct Errors;

	impl log::Log for Errors {
		fn enabled(&self, metadata: &log::Metadata) -> bool {
			metadata.level() == log::Level::Error
		}

		fn log(&self, record: &log::Record) {
			if self.enabled(record.metadata()) {
				ERRORS.lock().unwrap().push(record.args().to_string());
			}
		}

		fn flush(&self) {}
	}

	/// A task as the pool's: it waits in its thread until the sender is dropped, and then says that it ends.
	fn waits() -> (mpsc::Sender<()>, mpsc::Receiver<()>, BoxFuture<'static, ()>) {
		let (requests, receiver) = mpsc::channel::<()>();
		let (ending, ended) = mpsc::channel();
		let task = async move {
			for () in receiver {}
			let _ = ending.send(());
		};
		(requests, ended, Box::pin(task))
	}

	#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
	async fn an_ordinary_end_logs_no_failure_and_an_early_one_ends_the_node() {
		let _ = log::set_logger(&Errors);
		log::set_max_level(log::LevelFilter::Error);
		let mut manager = TaskManager::new(Handle::current(), None).unwrap();
		let (requests, ended, task) = waits();
		PoolTasks::new(&manager).spawn_essential_blocking("pool", None, task);
		manager.keep_alive(requests);
		let registry = manager.into_task_registry();
		// It ends with what keeps it alive, or before it has begun.
		assert_ne!(ended.recv_timeout(DEADLINE), Err(mpsc::RecvTimeoutError::Timeout));
		let gone = async {
			while !registry.running_tasks().is_empty() {
				tokio::task::yield_now().await;
			}
		};
		timeout(DEADLINE, gone).await.expect("all tasks end");
		assert!(ERRORS.lock().unwrap().is_empty(), "an ordinary end logs no error");

		let mut manager = TaskManager::new(Handle::current(), None).unwrap();
		let (requests, _ended, task) = waits();
		PoolTasks::new(&manager).spawn_essential_blocking("pool", None, task);
		drop(requests);
		let failed = timeout(DEADLINE, manager.future()).await.expect("the node ends");
		assert!(failed.is_err());
		assert!(ERRORS.lock().unwrap().iter().any(|error| error.contains("`pool` failed")));
	}
}
