//! Returns of machines that train: the grids of Proof of Useful Work, from two constants for each machine,
//! and the same grids under the emission, the shares and the fees of this chain, as tables and a plot.

#[path = "../shared/columns.rs"]
mod columns;
mod fit;
mod ours;
mod paper;
mod plot;
#[allow(dead_code, reason = "the tables of emission show more of it")]
#[path = "../emission/simulation.rs"]
mod simulation;
mod table;

use fit::Fit;
use ours::Market;
use std::{fs, process::ExitCode};

#[cfg(test)]
mod tests;

const HELP: &str = "\
The return of a machine that trains for three years: the grids of Proof of Useful Work, and ours.

Usage: returns [--machines N] [--price USD] [--json | --markdown] [--svg FILE]

  --machines N  how many machines train, all alike; 1000 unless given
  --price USD   what one NRN is worth; 0.1 unless given
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
	market: Market,
	format: Format,
	svg: Option<String>,
}

/// `None` where help is asked for.
fn arguments(mut given: impl Iterator<Item = String>) -> Result<Option<Arguments>, String> {
	let mut arguments = Arguments { market: Market::default(), format: Format::Text, svg: None };
	while let Some(name) = given.next() {
		let mut value = || given.next().ok_or(format!("{name} needs a value"));
		match name.as_str() {
			"--machines" => {
				let number = value()?;
				let machines = number.parse().ok().filter(|machines| *machines > 0);
				arguments.market.machines =
					machines.ok_or(format!("--machines: {number} is not a number of machines"))?;
			}
			"--price" => {
				let number = value()?;
				let price = number.parse().ok().filter(|price: &f64| price.is_finite() && *price > 0.0);
				arguments.market.price = price.ok_or(format!("--price: {number} is not a price"))?;
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
	let Some(Arguments { market, format, svg }) = arguments(std::env::args().skip(1))? else {
		print!("{HELP}");
		return Ok(());
	};
	let fits = Fit::all();
	let tables = table::all(&fits, &market);
	match format {
		Format::Text => {
			for (title, _, table) in &tables {
				println!("{title}\n\n{}", table.text());
			}
		}
		Format::Markdown => tables.iter().for_each(|(_, _, table)| println!("{}", table.markdown())),
		Format::Json => println!("{:#}", table::json(&fits, &market)),
	}
	if let Some(file) = svg {
		fs::write(&file, plot::svg(&fits, &market)).map_err(|error| format!("{file}: {error}"))?;
	}
	Ok(())
}

fn main() -> ExitCode {
	match run() {
		Ok(()) => ExitCode::SUCCESS,
		Err(why) => {
			eprintln!("returns: {why}");
			ExitCode::from(2)
		}
	}
}
