//! The binary `descent-worker`: the programs off chain that compute.
//!
//! - `evaluate` measures checkpoints and checks proposed deltas for the validator beside it.
//! - `train` trains a group's model, competes in its rounds and serves its checkpoints.
//! - `test` measures one checkpoint on one data file.
//! - `selftest` shows that this machine computes evaluations as all others do.

mod evaluate;
mod selftest;
mod test;
mod train;

use descent_console::screen;

use anyhow::Result;
use clap::{Parser, Subcommand};
use descent_kernels::Instructions;
use std::{future::Future, process::ExitCode, sync::OnceLock, time::Duration};
use tokio::runtime::Runtime;

/// Longest wait, at the end, for threads that still compute.
const GRACE: Duration = Duration::from_secs(2);

const EXAMPLES: &str = "Examples:
  descent-worker evaluate --data ~/.local/share/descent/evaluator
  descent-worker train --group 0 --key-file trainer.key --data ~/.local/share/descent/trainer
  descent-worker test --description mnist.json --checkpoint head.safetensors --data test.parquet

RUST_LOG sets what is logged, as in RUST_LOG=descent_evaluator=debug. Each command's --help has \
more examples.";

/// Train models, or measure them, for a Descent chain.
#[derive(Parser, Debug)]
#[command(name = "descent-worker", version, long_version = long_version(), after_help = EXAMPLES)]
struct Arguments {
	#[command(subcommand)]
	command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
	Evaluate(evaluate::Options),
	Train(train::Options),
	Test(test::Options),
	Selftest(selftest::Options),
}

/// Returns the version of this program and of what it computes with: a strike can then be traced to a build.
fn long_version() -> &'static str {
	static TEXT: OnceLock<String> = OnceLock::new();
	TEXT.get_or_init(|| {
		format!(
			"{}\nevaluations: kernels {} in f64, instructions {}\ntraining: libtorch {}",
			env!("CARGO_PKG_VERSION"),
			descent_kernels::VERSION,
			Instructions::chosen().name(),
			descent_model::LIBTORCH
		)
	})
}

fn main() -> ExitCode {
	let arguments = Arguments::parse();
	screen::start_logging("info", true);
	match complete(run(arguments.command)) {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("descent-worker: {error:#}");
			ExitCode::FAILURE
		}
	}
}

/// Runs `work` to its end. Threads that still compute then get a moment to finish what they write and are not
/// waited for: everything begins anew, or goes on, after a restart.
fn complete(work: impl Future<Output = Result<()>>) -> Result<()> {
	let runtime = Runtime::new()?;
	let outcome = runtime.block_on(work);
	runtime.shutdown_timeout(GRACE);
	outcome
}

async fn run(command: Command) -> Result<()> {
	match command {
		Command::Evaluate(options) => evaluate::run(options).await,
		Command::Train(options) => train::run(options).await,
		Command::Test(options) => tokio::task::spawn_blocking(|| test::run(options)).await?,
		Command::Selftest(options) => tokio::task::spawn_blocking(move || selftest::run(&options)).await?,
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::CommandFactory;
	use descent_console::manual;
	use std::path::Path;

	#[test]
	fn the_command_line_is_consistent() {
		Arguments::command().debug_assert();
	}

	#[test]
	fn the_book_has_the_command_line() {
		let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/cli-worker.md");
		manual::keep(Arguments::command(), &page).unwrap();
	}

	#[test]
	fn the_end_waits_for_no_long_computation() {
		let (endless, waiting) = std::sync::mpsc::channel::<()>();
		let (ended, end) = std::sync::mpsc::channel();
		std::thread::spawn(move || {
			ended.send(complete(async {
				tokio::task::spawn_blocking(move || waiting.recv());
				Ok(())
			}))
		});
		end.recv_timeout(Duration::from_secs(30)).unwrap().unwrap();
		drop(endless);
	}
}
