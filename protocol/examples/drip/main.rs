//! Drip-feeding: what a trainer that is ahead wins by revealing its lead bit by bit, as tables.
//!
//! Rounds are ranked and won by the chain's own functions. The improvements of trainers are drawn with fixed
//! seeds, so that the tables are the same on every machine.

#[path = "../shared/columns.rs"]
mod columns;
mod race;
mod table;

use columns::Table;
use std::process::ExitCode;
use table::Outcome;

#[cfg(test)]
mod tests;

const HELP: &str = "\
The pay of a trainer that is ahead of the others, at once or bit by bit, in a week of rounds.

Usage: drip [--json | --markdown]

  --json        everything as JSON
  --markdown    the tables of the book
";

/// The results of the simulation.
struct Simulation {
	gains: Vec<Outcome>,
	choices: Vec<Outcome>,
	sizes: Vec<Outcome>,
}

impl Simulation {
	fn new() -> Self {
		Self { gains: table::gains(), choices: table::choices(), sizes: table::sizes() }
	}

	/// The tables with their names in the book.
	fn tables(&self) -> [(&'static str, Table); 3] {
		[
			("gains", table::gains_table(&self.gains)),
			("choices", table::choices_table(&self.choices)),
			("sizes", table::sizes_table(&self.sizes)),
		]
	}

	fn json(&self) -> serde_json::Value {
		table::json(&[("gains", &self.gains), ("choices", &self.choices), ("sizes", &self.sizes)])
	}
}

enum Format {
	Text,
	Markdown,
	Json,
}

/// `None` where help is asked for.
fn arguments(given: impl Iterator<Item = String>) -> Result<Option<Format>, String> {
	let mut format = Format::Text;
	for name in given {
		match name.as_str() {
			"--json" => format = Format::Json,
			"--markdown" => format = Format::Markdown,
			"-h" | "--help" => return Ok(None),
			_ => return Err(format!("{name} is not an option; --help lists them")),
		}
	}
	Ok(Some(format))
}

fn run() -> Result<(), String> {
	let Some(format) = arguments(std::env::args().skip(1))? else {
		print!("{HELP}");
		return Ok(());
	};
	let simulation = Simulation::new();
	let tables = simulation.tables().map(|(_, table)| table);
	match format {
		Format::Text => print!("{}", tables.map(|table| table.text()).join("\n")),
		Format::Markdown => print!("{}", tables.map(|table| table.markdown()).join("\n")),
		Format::Json => println!("{:#}", simulation.json()),
	}
	Ok(())
}

fn main() -> ExitCode {
	match run() {
		Ok(()) => ExitCode::SUCCESS,
		Err(why) => {
			eprintln!("drip: {why}");
			ExitCode::from(2)
		}
	}
}
