//! The grid of Proof of Training (Li, 2023): transactions over validators whose links have rates and delays,
//! each in a network namespace of its own; once more while a validator is killed. `scripts/bench grid` runs
//! it, as root.

#[path = "shared/transfers.rs"]
mod transfers;

use anyhow::{anyhow, bail, Context, Result};
use descent_bench::{Links, Shape};
use descent_integration_tests::{scenario, Host};
use serde::Serialize;
use std::time::Duration;
use transfers::{measure, network, Line, Load};

/// Longest time for the transactions of one cell to be finalized.
const PATIENCE: Duration = Duration::from_secs(900);

struct Options {
	validators: Vec<usize>,
	mbit: Vec<f64>,
	/// Delay of the packets of each validator, in milliseconds.
	delay: u32,
	transfers: Vec<usize>,
	/// True in the runs in which a validator is killed.
	kills: Vec<bool>,
	json: bool,
}

impl Options {
	fn read() -> Result<Self> {
		let mut options = Self {
			validators: vec![4, 7, 10],
			mbit: vec![0.1, 30.0, 125.0],
			// 300 ms there and back.
			delay: 150,
			transfers: vec![100, 1_000, 10_000],
			kills: vec![false, true],
			json: false,
		};
		let mut arguments = std::env::args().skip(1);
		while let Some(argument) = arguments.next() {
			let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
			match argument.as_str() {
				"--validators" => options.validators = list(&value()?)?,
				"--mbit" => options.mbit = list(&value()?)?,
				"--delay" => options.delay = value()?.parse()?,
				"--transfers" => options.transfers = list(&value()?)?,
				"--no-kill" => options.kills = vec![false],
				"--quick" => {
					(options.validators, options.mbit) = (vec![4], vec![0.1, 30.0]);
					options.transfers = vec![100];
				}
				"--json" => options.json = true,
				other => bail!(
					"unknown option '{other}'; there are --validators, --mbit, --delay, --transfers, \
					 --no-kill, --quick and --json"
				),
			}
		}
		Ok(options)
	}
}

fn list<T: std::str::FromStr<Err: Send + Sync + std::error::Error + 'static>>(text: &str) -> Result<Vec<T>> {
	text.split(',').map(|item| item.parse().with_context(|| format!("'{item}' is no number"))).collect()
}

/// One cell of the grid.
#[derive(Serialize)]
struct Cell {
	validators: usize,
	mbit: f64,
	delay: u32,
	transfers: usize,
	is_killed: bool,
	/// Result; `None` where not all transactions were finalized in time.
	measured: Option<Line>,
}

async fn cell(validators: usize, shape: Shape, transfers: usize, is_killed: bool) -> Result<Cell> {
	let Shape { mbit, delay } = shape;
	let uplinks = vec![Some(shape); validators];
	let links = Links::new(&uplinks).map_err(|error| anyhow!("{error}"))?;
	let host = |number| Host { namespace: links.namespace(number), address: Links::address(number) };
	let builder = network(validators).hosts((0..validators).map(host).collect());
	let mut measured = None;
	let load = Load { transfers, patience: PATIENCE, kills: is_killed };
	scenario(builder, async |network| {
		match measure(network, load).await {
			Ok(line) => measured = Some(line),
			Err(error) => eprintln!("{validators} validators, {mbit} Mbit/s: {error:#}"),
		}
		if is_killed {
			// It is gone already, and the others end as asked.
			network.nodes.pop();
		}
		Ok(())
	})
	.await?;
	Ok(Cell { validators, mbit, delay, transfers, is_killed, measured })
}

fn print(cells: &[Cell]) {
	println!(
		"{:<10} {:>8} {:>9} {:>9} {:>7} {:>6} {:>14} {:>20}",
		"validators",
		"Mbit/s",
		"delay, ms",
		"transfers",
		"killed",
		"blocks",
		"until final, s",
		"a second until final"
	);
	for Cell { validators, mbit, delay, transfers, is_killed, measured } in cells {
		let killed = if *is_killed { "one" } else { "none" };
		let measured = match measured {
			Some(Line { blocks, until_final, .. }) => {
				format!("{blocks:>6} {until_final:>14.1} {:>20.1}", *transfers as f64 / until_final)
			}
			None => format!("not within {} s", PATIENCE.as_secs()),
		};
		println!("{validators:<10} {mbit:>8} {delay:>9} {transfers:>9} {killed:>7} {measured}");
	}
}

#[tokio::main]
async fn main() -> Result<()> {
	let options = Options::read()?;
	let mut cells = Vec::new();
	for &validators in &options.validators {
		for &mbit in &options.mbit {
			for &transfers in &options.transfers {
				for &is_killed in &options.kills {
					eprintln!("== {validators} validators, {mbit} Mbit/s, {transfers} transfers");
					let shape = Shape { mbit, delay: options.delay };
					cells.push(cell(validators, shape, transfers, is_killed).await?);
				}
			}
		}
	}
	match options.json {
		true => println!("{}", serde_json::to_string(&cells)?),
		false => print(&cells),
	}
	Ok(())
}
