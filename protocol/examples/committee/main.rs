//! Committees: the odds that liars have a drawn one in their hands, and the work of a validator, by the
//! chain's own draw, as tables and a plot.
//!
//! The odds are exact: seats are drawn one by one in proportion to bonds, so their number is binomial. A test
//! holds them against the draws. The work is counted over as many draws as there are groups.

#[path = "../shared/columns.rs"]
mod columns;
mod load;
mod odds;
mod plot;
mod table;

use load::{loads, Load, GROUPS};
use odds::{all_odds, Odds};
use std::{fs, process::ExitCode};

#[cfg(test)]
mod tests;

const HELP: &str = "\
The odds of a drawn committee, and the work of each of a hundred validators for 1 to 100,000 groups.

Usage: committee [--json | --markdown] [--svg FILE]

  --json        everything as JSON
  --markdown    the tables of the book
  --svg FILE    writes the plot of the book as well
";

enum Format {
	Text,
	Markdown,
	Json,
}

struct Arguments {
	format: Format,
	svg: Option<String>,
}

/// The results of the simulation.
struct Simulation {
	odds: Vec<Odds>,
	loads: Vec<Load>,
}

impl Simulation {
	/// Simulates up to so many groups.
	fn new(groups: u32) -> Self {
		Self { odds: all_odds(), loads: loads(groups) }
	}
}

/// `None` where help is asked for.
fn arguments(mut given: impl Iterator<Item = String>) -> Result<Option<Arguments>, String> {
	let mut arguments = Arguments { format: Format::Text, svg: None };
	while let Some(name) = given.next() {
		match name.as_str() {
			"--json" => arguments.format = Format::Json,
			"--markdown" => arguments.format = Format::Markdown,
			"--svg" => arguments.svg = Some(given.next().ok_or(format!("{name} needs a value"))?),
			"-h" | "--help" => return Ok(None),
			_ => return Err(format!("{name} is not an option; --help lists them")),
		}
	}
	Ok(Some(arguments))
}

fn run() -> Result<(), String> {
	let Some(arguments) = arguments(std::env::args().skip(1))? else {
		print!("{HELP}");
		return Ok(());
	};
	let simulation = Simulation::new(GROUPS.into_iter().max().unwrap_or_default());
	let (odds, loads) = (table::odds(&simulation.odds), table::loads(&simulation.loads));
	match arguments.format {
		Format::Text => print!("{}\n{}", odds.text(), loads.text()),
		Format::Markdown => print!("{}\n{}", odds.markdown(), loads.markdown()),
		Format::Json => println!("{:#}", table::json(&simulation)),
	}
	if let Some(file) = arguments.svg {
		fs::write(&file, plot::svg(&simulation.loads)).map_err(|error| format!("{file}: {error}"))?;
	}
	Ok(())
}

fn main() -> ExitCode {
	match run() {
		Ok(()) => ExitCode::SUCCESS,
		Err(why) => {
			eprintln!("committee: {why}");
			ExitCode::from(2)
		}
	}
}
