//! The binary `descent`: groups, rounds, money and keys from the command line.
//!
//! Every command prints text for people, or with `--json` one JSON document; `round watch`, `dataset watch`,
//! `test-set release` and `content serve` print one a line. The exit status is 0, 1 for an error, 2 for wrong
//! usage, 3 where no node can be asked, and 4 where the chain refused a call.

mod args;
mod cli;
mod commands;
mod content_ref;
mod description;
mod download;
mod failure;
#[cfg(test)]
mod fixtures;
mod format;
mod hints;
mod keystore;
mod output;
mod parse;
mod positional;
mod probes;
mod table;

use clap::Parser;
use cli::Cli;
use output::Output;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
	let cli = match Cli::try_parse() {
		Ok(cli) => cli,
		Err(error) => return usage(&error),
	};
	descent_console::screen::start_logging("warn", false);
	let output = Output::new(cli.global.json);
	match cli.run(&output).await {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) if error.is::<commands::dry_run::Ended>() => ExitCode::SUCCESS,
		Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
		Err(error) => {
			output.error(&error);
			ExitCode::from(failure::Failure::of(&error).status)
		}
	}
}

/// Prints the message of clap: help and the version on stdout, wrong usage on stderr, as JSON if that was
/// asked for.
fn usage(error: &clap::Error) -> ExitCode {
	let json = std::env::args_os().any(|argument| argument == "--json");
	if error.use_stderr() && json {
		Output::new(true).usage(error);
	} else {
		// Nothing is left to be done where the terminal is gone.
		let _ = error.print();
	}
	ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(u8::MAX))
}
