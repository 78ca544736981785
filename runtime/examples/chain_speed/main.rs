//! Measures the room of blocks, and their time: full blocks of commitments, reveals, attestations and
//! settlements, and the blocks of a chain with up to 10,000 groups. `scripts/bench chain` runs it.
//!
//! Each block is executed by the runtime's wasm as when a node imports it, with all signatures, the state
//! root and the writing of the state, which is in memory. Its weight is the time that the chain reckons with.

mod chain;
mod game;

use anyhow::{bail, ensure, Result};
use chain::{Executed, Kind};
use descent_protocol::Clock;
use game::{Game, Setup};
use serde::Serialize;
use std::time::Duration;

/// Numbers of members of a committee.
const MEMBERS: [u16; 3] = [4, 31, 100];
/// Number of groups whose rounds fill blocks, with three trainers each.
const FILLING: usize = 600;
/// Rounds that all begin in the same block, with room for what waits for a later one.
const TOGETHER: Clock = Clock { first: 0, start: 3, length: 60, reveal: 6, attest: 26, open: 26 };
/// Numbers of groups of a chain.
const GROUPS: [u32; 3] = [1, 100, 10_000];
/// Rounds of ten minutes, as groups have by default.
const DEFAULT: Clock = Clock { first: 0, start: 3, length: 200, reveal: 20, attest: 60, open: 10 };
/// Number of blocks until a chain's first rounds are settled, and of those that are measured then.
const WARM_UP: u32 = 300;
const MEASURED: usize = 200;
/// Picoseconds of a unit of weight in a millisecond.
const PER_MS: f64 = 1e9;

/// A block that is full of one thing.
#[derive(Serialize)]
struct Full {
	members: u16,
	what: &'static str,
	a_block: u32,
	weight_ms: f64,
	executed_ms: f64,
}

/// Blocks of a chain whose groups all play rounds of ten minutes.
#[derive(Serialize)]
struct Busy {
	groups: u32,
	blocks: usize,
	settled: u32,
	median_weight_ms: f64,
	median_ms: f64,
	p99_ms: f64,
	longest_ms: f64,
	/// Number of transactions that found no room in the end, and of those that were refused.
	waiting: usize,
	refused: u32,
}

fn ms(time: Duration) -> f64 {
	time.as_secs_f64() * 1e3
}

fn weight_ms(block: &Executed) -> f64 {
	block.weight.ref_time() as f64 / PER_MS
}

/// Plays a round of many groups at once, and returns the fullest block of each kind.
fn full_blocks(members: u16) -> Result<Vec<Full>> {
	eprintln!("committees of {members}: {FILLING} groups play a round");
	let mut game = Game::new(Setup { members, trainers: 3, rounds: 1, clocks: vec![TOGETHER; FILLING] })?;
	let mut blocks = Vec::new();
	let mut settled = 0;
	while settled < FILLING {
		let block = game.block()?;
		ensure!(block.refused == 0, "{} transactions were refused", block.refused);
		settled += block.counts[Kind::Settle as usize] as usize;
		blocks.push(block);
		ensure!(blocks.len() < 1_000, "only {settled} rounds were settled");
	}
	let named = ["commitments", "reveals", "attestations", "openings", "settled rounds"];
	let of = |(kind, what): (Kind, _)| {
		let count = |block: &Executed| block.counts[kind as usize];
		let fullest = blocks.iter().max_by_key(|block| count(block))?;
		let (weight_ms, executed_ms) = (weight_ms(fullest), ms(fullest.elapsed));
		Some(Full { members, what, a_block: count(fullest), weight_ms, executed_ms })
	};
	Ok(Kind::ALL.into_iter().zip(named).filter_map(of).collect())
}

/// Has groups play rounds that begin in one block after the other, and measures their blocks.
fn busy_blocks(groups: u32) -> Result<Busy> {
	let start = |group| DEFAULT.start + group % DEFAULT.length;
	let clocks = (0..groups).map(|group| Clock { start: start(group), ..DEFAULT }).collect();
	let mut game = Game::new(Setup { members: 31, trainers: 1, rounds: u32::MAX, clocks })?;
	let mut refused = 0;
	for block in 0..WARM_UP {
		if block % 100 == 0 {
			eprintln!("{groups} groups: block {block}");
		}
		refused += game.block()?.refused;
	}
	let blocks: Vec<_> = (0..MEASURED).map(|_| game.block()).collect::<Result<_>>()?;
	let sorted = |of: fn(&Executed) -> f64| {
		let mut numbers: Vec<_> = blocks.iter().map(of).collect();
		numbers.sort_by(f64::total_cmp);
		numbers
	};
	let (times, weights) = (sorted(|block| ms(block.elapsed)), sorted(weight_ms));
	Ok(Busy {
		groups,
		blocks: MEASURED,
		settled: blocks.iter().map(|block| block.counts[Kind::Settle as usize]).sum(),
		median_weight_ms: weights[MEASURED / 2],
		median_ms: times[MEASURED / 2],
		p99_ms: times[MEASURED * 99 / 100],
		longest_ms: times[MEASURED - 1],
		waiting: game.waiting(),
		refused: refused + blocks.iter().map(|block| block.refused).sum::<u32>(),
	})
}

fn print(full: &[Full], busy: &[Busy]) {
	println!(
		"{:<8} {:<16} {:>8} {:>12} {:>14}",
		"members", "full of", "a block", "weight, ms", "executed, ms"
	);
	for Full { members, what, a_block, weight_ms, executed_ms } in full {
		println!("{members:<8} {what:<16} {a_block:>8} {weight_ms:>12.0} {executed_ms:>14.0}");
	}
	println!(
		"\n{:<8} {:>8} {:>8} {:>12} {:>11} {:>8} {:>12} {:>8} {:>8}",
		"groups",
		"blocks",
		"settled",
		"weight, ms",
		"median, ms",
		"99%, ms",
		"longest, ms",
		"waiting",
		"refused"
	);
	for busy in busy {
		println!(
			"{:<8} {:>8} {:>8} {:>12.1} {:>11.1} {:>8.1} {:>12.1} {:>8} {:>8}",
			busy.groups,
			busy.blocks,
			busy.settled,
			busy.median_weight_ms,
			busy.median_ms,
			busy.p99_ms,
			busy.longest_ms,
			busy.waiting,
			busy.refused
		);
	}
}

fn main() -> Result<()> {
	let arguments: Vec<_> = std::env::args().skip(1).collect();
	let json = match &arguments[..] {
		[] => false,
		[json] if json == "--json" => true,
		other => bail!("unknown options {other:?}; there is --json"),
	};
	let full: Vec<_> =
		MEMBERS.into_iter().map(full_blocks).collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
	let busy = GROUPS.into_iter().map(busy_blocks).collect::<Result<Vec<_>>>()?;
	if json {
		println!("{}", serde_json::json!({"full_blocks": full, "groups": busy}));
	} else {
		print(&full, &busy);
	}
	Ok(())
}
