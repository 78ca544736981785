//! Transfers over networks of 4 and of 10 validators on this machine. `scripts/bench chain` runs it.

#[path = "shared/transfers.rs"]
mod transfers;

use anyhow::{bail, ensure, Result};
use descent_integration_tests::scenario;
use serde_json::json;
use std::time::Duration;
use transfers::{measure, network, Line, Load};

/// Numbers of validators.
const VALIDATORS: [usize; 2] = [4, 10];
const LOAD: Load = Load { transfers: 9_000, patience: Duration::from_secs(600), kills: false };

fn print(lines: &[Line]) {
	println!(
		"{:<10} {:>9} {:>6} {:>10} {:>8} {:>14}",
		"validators", "transfers", "blocks", "seconds", "a second", "until final, s"
	);
	for Line { validators, transfers, blocks, seconds, a_second, until_final } in lines {
		let a_second = a_second.unwrap_or_default();
		println!(
			"{validators:<10} {transfers:>9} {blocks:>6} {seconds:>10.1} {a_second:>8.0} {until_final:>14.1}"
		);
	}
}

#[tokio::main]
async fn main() -> Result<()> {
	let arguments: Vec<_> = std::env::args().skip(1).collect();
	let json = match &arguments[..] {
		[] => false,
		[json] if json == "--json" => true,
		other => bail!("unknown options {other:?}; there is --json"),
	};
	let mut lines = Vec::new();
	for validators in VALIDATORS {
		eprintln!("{validators} validators: starting");
		scenario(network(validators), async |network| {
			let line = measure(network, LOAD).await?;
			ensure!(line.a_second.is_some(), "all transfers are in one block");
			lines.push(line);
			Ok(())
		})
		.await?;
	}
	if json {
		println!("{}", json!({"transfers": lines}));
	} else {
		print(&lines);
	}
	Ok(())
}
