//! Issuance over fifty years, and its recipients: a simulation with the chain's own functions, as a table and
//! a plot.
//!
//! Everything is counted in the chain's smallest units. The simulation goes from period to period, which is
//! exact, as the flow within a period is known in closed form; a test steps every block and comes to the
//! same.

mod plot;
mod simulation;
mod table;

use simulation::{outlook, NRN};
use std::{fs, process::ExitCode};

#[cfg(test)]
mod tests;

const HELP: &str = "\
What is issued, and what trainers and proposers earn, if there is stake in every block.

Usage: emission [--sold NRN] [--years N] [--json | --markdown] [--svg FILE]

  --sold NRN    what the sale sold, in whole NRN; 1000000000 unless given
  --years N     how many years, 1 to 400; 50 unless given
  --json        everything as JSON, amounts in units of 10^-12 NRN
  --markdown    the table of the book
  --svg FILE    writes the plot of the book as well
";

enum Format {
	Text,
	Markdown,
	Json,
}

struct Arguments {
	sold: u128,
	years: u32,
	format: Format,
	svg: Option<String>,
}

/// `None` where help is asked for.
fn arguments(mut given: impl Iterator<Item = String>) -> Result<Option<Arguments>, String> {
	let mut arguments = Arguments { sold: 1_000_000_000 * NRN, years: 50, format: Format::Text, svg: None };
	while let Some(name) = given.next() {
		let mut value = || given.next().ok_or(format!("{name} needs a value"));
		match name.as_str() {
			"--sold" => {
				let number = value()?;
				let whole: Option<u64> = number.parse().ok();
				let whole = whole.ok_or(format!("--sold: {number} is not a whole number of NRN"))?;
				arguments.sold = u128::from(whole) * NRN;
			}
			"--years" => {
				let number = value()?;
				let years = number.parse().ok().filter(|years| (1..=400).contains(years));
				arguments.years = years.ok_or(format!("--years: {number} is not a number from 1 to 400"))?;
			}
			"--json" => arguments.format = Format::Json,
			"--markdown" => arguments.format = Format::Markdown,
			"--svg" => arguments.svg = Some(value()?),
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
	let outlook = outlook(arguments.sold, arguments.years);
	match arguments.format {
		Format::Text => print!("{}", table::text(&outlook)),
		Format::Markdown => print!("{}", table::markdown(&outlook)),
		Format::Json => println!("{:#}", table::json(&outlook)),
	}
	if let Some(file) = arguments.svg {
		fs::write(&file, plot::svg(&outlook)).map_err(|error| format!("{file}: {error}"))?;
	}
	Ok(())
}

fn main() -> ExitCode {
	match run() {
		Ok(()) => ExitCode::SUCCESS,
		Err(why) => {
			eprintln!("emission: {why}");
			ExitCode::from(2)
		}
	}
}
