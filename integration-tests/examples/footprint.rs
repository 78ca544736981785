//! Memory, processor time and disk of each process of a network, at rest and at work, and the growth of a
//! node's database. `scripts/bench footprint` runs it.

use anyhow::{bail, Context, Result};
use descent_integration_tests::{
	mnist, over, procfs, scenario, GroupSetup, Network, Process, RoundLengths, TrainerSetup, BLOCK_TIME,
};
use serde::Serialize;
use serde_json::json;
use std::{
	fs,
	path::Path,
	time::{Duration, Instant},
};

/// Rounds after which the growth of the databases is measured, and those before that.
const ROUNDS: [u32; 2] = [3, 13];
const QUICK: [u32; 2] = [1, 4];
const LENGTHS: RoundLengths = RoundLengths::SHORT;
/// Training images.
const TRAINING: u32 = 50_000;
const MIB: f64 = (1 << 20) as f64;

/// Memory, processor time and disk of a process, with the processes below it.
#[derive(Clone, Debug, Serialize)]
struct Line {
	process: String,
	/// Resident memory in MiB when the network had no group yet.
	at_rest: Option<f64>,
	/// The largest resident memory in MiB, until the end.
	most: f64,
	/// Share of a core over the rounds.
	cores: f64,
	/// Disk in MiB at the end.
	disk: f64,
}

/// Growth of a node's database.
#[derive(Clone, Debug, Serialize)]
struct Growth {
	node: String,
	rounds: u32,
	blocks: u32,
	/// MiB over these rounds, and over 1,000 of them.
	mib: f64,
	mib_a_thousand: f64,
}

/// Name and id of each process.
fn processes(network: &mut Network) -> Vec<(String, u32)> {
	let named = |process: &mut Process| Some((process.name().to_owned(), process.id()?));
	network.processes().filter_map(named).collect()
}

/// Sums over a process and those below it.
fn with_descendants<T: std::iter::Sum>(id: u32, of: impl Fn(u32) -> Option<T>) -> Result<T> {
	let mut all = procfs::descendants(id)?;
	all.push(id);
	Ok(all.into_iter().filter_map(of).sum())
}

/// Number of bytes that the files below a folder take on disk.
fn disk(folder: &Path) -> Result<u64> {
	use std::os::unix::fs::MetadataExt;
	let Ok(entries) = fs::read_dir(folder) else { return Ok(0) };
	let mut bytes = 0;
	for entry in entries {
		// A file may be removed between the listing and the reading.
		let entry = entry?;
		let Ok(metadata) = entry.metadata() else { continue };
		bytes += match metadata.is_dir() {
			true => disk(&entry.path())?,
			false => metadata.blocks() * 512,
		};
	}
	Ok(bytes)
}

/// Writes the data of a group of digits.
fn setup(folder: &Path) -> Result<GroupSetup> {
	let data = mnist::prepare(folder, TRAINING)?;
	Ok(GroupSetup {
		name: "digits".into(),
		model: data.model,
		dataset: data.dataset,
		validation: data.validation,
		records: 5_000,
		minimum_improvement: 0.0001,
		lengths: LENGTHS,
		deposit: 1,
		stake: 100,
		voting_period: 1_000,
		seats: None,
	})
}

async fn measure(network: &mut Network, rounds: [u32; 2]) -> Result<(Vec<Line>, Vec<Growth>)> {
	let folder = network.directory().to_owned();
	let rest: Vec<_> = processes(network)
		.into_iter()
		.map(|(name, id)| Ok((name, with_descendants(id, procfs::memory)?)))
		.collect::<Result<_>>()?;
	let group = network.create_group(&setup(&folder.join("digits"))?).await?;
	network.start_trainer(group.id, TrainerSetup::new(1, "adam", 0.001, 64)).await?;
	let rpc = network.nodes[0].rpc.clone();
	let first = rpc.group(group.id, None).await?.round.unwrap_or_default();
	let deadline = LENGTHS.deadline(1);
	let (mut before, mut used) = (Vec::new(), Vec::new());
	let mut began = Instant::now();
	let mut block = 0;
	for round in first..first + rounds[1] {
		over(&rpc, group.id, round, deadline).await?;
		if round + 1 == first + rounds[0] {
			began = Instant::now();
			(block, _) = rpc.finalized().await?;
			for (name, id) in processes(network) {
				before.push((name.clone(), disk(&folder.join(&name))?));
				used.push((id, with_descendants(id, procfs::processor_time)?));
			}
		}
	}
	let elapsed = began.elapsed();
	let (last, _) = rpc.finalized().await?;
	let mut lines = Vec::new();
	for (name, id) in processes(network) {
		let time = with_descendants(id, procfs::processor_time)?;
		let earlier = used.iter().find(|(known, _)| *known == id).map_or(Duration::ZERO, |(_, time)| *time);
		lines.push(Line {
			at_rest: rest.iter().find(|(known, _)| *known == name).map(|(_, bytes)| *bytes as f64 / MIB),
			most: with_descendants(id, procfs::peak_memory)? as f64 / MIB,
			cores: time.saturating_sub(earlier).as_secs_f64() / elapsed.as_secs_f64(),
			disk: disk(&folder.join(&name))? as f64 / MIB,
			process: name,
		});
	}
	let nodes: Vec<_> = network.nodes.iter().map(|node| node.process.name().to_owned()).collect();
	let rounds = rounds[1] - rounds[0];
	let growth = |node: String| {
		let (_, earlier) = before.iter().find(|(name, _)| *name == node).context("a node is new")?;
		let mib = (disk(&folder.join(&node))?.saturating_sub(*earlier)) as f64 / MIB;
		let mib_a_thousand = mib * 1000.0 / f64::from(rounds);
		Ok(Growth { node, rounds, blocks: last.saturating_sub(block), mib, mib_a_thousand })
	};
	Ok((lines, nodes.into_iter().map(growth).collect::<Result<_>>()?))
}

fn print(lines: &[Line], growth: &[Growth]) {
	println!(
		"{:<20} {:>12} {:>12} {:>7} {:>10}",
		"process", "at rest, MiB", "most, MiB", "cores", "disk, MiB"
	);
	for Line { process, at_rest, most, cores, disk } in lines {
		let at_rest = at_rest.map_or_else(|| "-".into(), |mib| format!("{mib:.0}"));
		println!("{process:<20} {at_rest:>12} {most:>12.0} {cores:>7.2} {disk:>10.1}");
	}
	for Growth { node, rounds, blocks, mib, mib_a_thousand } in growth {
		let blocks = f64::from(*blocks) / f64::from(*rounds);
		println!(
			"{node}: {mib:.1} MiB in {rounds} rounds of {blocks:.0} blocks, {mib_a_thousand:.0} MiB in 1,000"
		);
	}
	println!("Rounds of {} s, one group, one trainer.", (BLOCK_TIME * LENGTHS.round).as_secs());
}

#[tokio::main]
async fn main() -> Result<()> {
	let (mut rounds, mut is_json) = (ROUNDS, false);
	for argument in std::env::args().skip(1) {
		match argument.as_str() {
			"--quick" => rounds = QUICK,
			"--json" => is_json = true,
			other => bail!("unknown option '{other}'; there are --quick and --json"),
		}
	}
	let mut measured = None;
	scenario(Network::builder(), async |network| {
		measured = Some(measure(network, rounds).await?);
		Ok(())
	})
	.await?;
	let (lines, growth) = measured.context("nothing was measured")?;
	match is_json {
		true => println!("{}", json!({"processes": lines, "growth": growth})),
		false => print(&lines, &growth),
	}
	Ok(())
}
