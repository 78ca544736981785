//! The binary `descent-worker`: the programs off chain that compute.
//!
//! - `evaluate` measures checkpoints and checks proposed deltas for the validator beside it.
//! - `train` trains a group's model, competes in its rounds and serves its checkpoints.
//! - `keep` serves all that groups need, for the pay of keepers.
//! - `predict` and `serve` answer with a checkpoint, without a chain.
//! - `test` measures one checkpoint, on one data file or as a group's committee would.
//! - `judge` measures a group's head on the records of a proposed delta, for those who vote.
//! - `audit` replays the recorded trainings of a group's round, or one on disk.
//! - `selftest` shows that this machine computes evaluations as all others do.

mod audit;
mod child;
mod evaluate;
mod judge;
mod keep;
mod network;
mod positional;
mod predict;
mod predictor;
mod selftest;
mod serve;
mod test;
mod train;

use descent_console::{
	completions,
	screen::{self, LogFormat},
	visible, Shell,
};

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};
use descent_kernels::Instructions;
use std::{fmt, future::Future, io::Write, path::PathBuf, sync::OnceLock};
use tokio::runtime::Runtime;

const EXAMPLES: &str = "Examples:
  descent-worker evaluate --data ~/.local/share/descent/evaluator
  descent-worker train mnist --key-file trainer.key --data ~/.local/share/descent/trainer
  descent-worker test mnist --checkpoint mine.safetensors

RUST_LOG sets what is logged, as in RUST_LOG=descent_evaluator=debug. Each command's --help has \
more examples.";

/// Train models, or measure them, for a Descent chain.
#[derive(Parser, Debug)]
#[command(name = "descent-worker", version, long_version = long_version(), after_help = EXAMPLES)]
struct Arguments {
	/// Form of the logs on standard error.
	#[arg(long, global = true, value_enum, value_name = "FORMAT", default_value_t = LogFormat::Text)]
	log_format: LogFormat,
	#[command(subcommand)]
	command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
	Evaluate(evaluate::Options),
	Train(Box<train::Options>),
	Keep(Box<keep::Options>),
	Test(test::Options),
	Judge(Box<judge::Options>),
	Audit(Box<audit::Options>),
	Predict(predict::Options),
	Serve(serve::Options),
	Selftest(selftest::Options),
	/// Print the completions of a shell.
	Completions {
		/// The shell.
		#[arg(value_enum)]
		shell: Shell,
	},
	/// Write man pages.
	Man {
		/// Folder to write the pages to; it is made if need be.
		#[arg(value_name = "DIR")]
		folder: PathBuf,
	},
	#[command(hide = true)]
	Child(child::Options),
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

fn main() {
	let arguments = Arguments::parse();
	screen::start_logging_as(arguments.log_format, "info", true);
	end(match arguments.command {
		Command::Child(_) => child::run(),
		command => complete(run(command)),
	})
}

/// A status with which the process ends, in place of 1 for every error.
#[derive(Debug)]
struct ExitStatus {
	code: i32,
	/// The error that is printed, unless the command has said all.
	error: Option<anyhow::Error>,
}

impl fmt::Display for ExitStatus {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		match &self.error {
			Some(error) => write!(f, "{error:#}"),
			None => write!(f, "the command ends with status {}", self.code),
		}
	}
}

impl std::error::Error for ExitStatus {}

/// Runs `work` to its end. Threads that still compute are not waited for: everything begins anew, or goes on,
/// after a restart. The runtime goes on until the process ends, as they may still use it: its timers would
/// panic in them.
fn complete(work: impl Future<Output = Result<()>>) -> Result<()> {
	let runtime = Runtime::new()?;
	let outcome = runtime.block_on(work);
	std::mem::forget(runtime);
	outcome
}

/// Ends the process at once. The destructors of libtorch's globals do not run: a thread that still computes
/// would crash in them.
fn end(outcome: Result<()>) -> ! {
	let (code, error) = match outcome.map_err(|error| error.downcast::<ExitStatus>()) {
		Ok(()) => (0, None),
		Err(Ok(ExitStatus { code, error })) => (code, error),
		Err(Err(error)) => (1, Some(error)),
	};
	if let Some(error) = error {
		eprintln!("descent-worker: {}", visible(&format!("{error:#}")));
	}
	// Nobody reads what cannot be written any more.
	let _ = std::io::stdout().flush();
	signal_hook::low_level::exit(code)
}

async fn run(command: Command) -> Result<()> {
	if matches!(command, Command::Evaluate(_) | Command::Train(_) | Command::Test(_) | Command::Judge(_)) {
		tokio::task::spawn_blocking(check_arithmetic).await??;
	}
	match command {
		Command::Evaluate(options) => evaluate::run(options).await,
		Command::Train(options) => train::run(*options).await,
		Command::Keep(options) => keep::run(*options).await,
		Command::Audit(options) => audit::run(*options).await,
		Command::Child(_) => child::run(),
		Command::Judge(options) => judge::run(*options).await,
		Command::Test(options) => test::run(options).await,
		Command::Predict(options) => tokio::task::spawn_blocking(|| predict::run(options)).await?,
		Command::Serve(options) => serve::run(options).await,
		Command::Completions { shell } => Ok(completions::write(Arguments::command(), shell)?),
		Command::Man { folder } => completions::write_manuals(Arguments::command(), &folder),
		Command::Selftest(options) => tokio::task::spawn_blocking(move || selftest::run(&options)).await?,
	}
}

/// Checks that this machine evaluates as all others do, and says so where it is slow at it.
fn check_arithmetic() -> Result<()> {
	Instructions::from_environment().map_err(anyhow::Error::msg)?;
	descent_model::selftest::check()?;
	if !Instructions::has_fused_multiply_add() {
		tracing::warn!(
			"this processor has no fused multiply-add (FMA): evaluations are right, but some 50 times slower \
			 than on one that has it"
		);
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_console::manual;
	use std::{path::Path, time::Duration};

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
