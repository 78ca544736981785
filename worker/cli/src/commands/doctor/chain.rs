//! The doctor's look at the node: its chain, its peers, its blocks, and the clock by which they are made.

use super::finding::Finding;
use crate::args::Global;
use descent_client::{Block, Client, Error, NodeHealth};
use descent_protocol::BlockNumber;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::{sleep, Instant};

/// Longest wait for the next block.
const NEXT_BLOCK: Duration = Duration::from_secs(30);
const INTERVAL: Duration = Duration::from_millis(100);
/// Blocks that may be made and not final yet: some more than a voting round of validators takes.
const MOST_UNFINISHED: BlockNumber = 12;
/// Most milliseconds for which a block's time may lie ahead of this clock.
const MOST_BEHIND: i64 = 2_000;
/// Most milliseconds for which it may lie behind: a block has its slot's time, and takes a while.
const MOST_AHEAD: i64 = 12_000;

/// Connects to the node, and tells which it is.
pub(super) async fn node(global: &Global) -> Result<(Client, Finding), Finding> {
	const CHECK: &str = "node";
	let client = match global.connect().await {
		Ok(client) => client,
		Err(error) => {
			let remedy = match error.downcast_ref::<Error>() {
				Some(Error::OtherChain { .. }) => {
					"name a node of the right chain, or write its genesis into config.toml"
				}
				_ => "start descent-node, or name another node with --node or --network",
			};
			return Err(Finding::fault(CHECK, format!("{error:#}"), remedy));
		}
	};
	let version = client.node_version().await.unwrap_or_else(|_| "of an unknown version".into());
	let found = format!("{} answers, {version}, genesis {:?}", client.url(), client.genesis());
	Ok((client, Finding::good(CHECK, found)))
}

/// Looks at the node's peers, and at its place on the chain. Returns true with it if it still fetches blocks.
pub(super) async fn health(client: &Client) -> (Vec<Finding>, bool) {
	match client.health().await {
		Err(error) => (vec![Finding::fault("peers", error.to_string(), "ask a node of this version")], false),
		Ok(health) => (judge(&health), health.is_syncing),
	}
}

fn judge(health: &NodeHealth) -> Vec<Finding> {
	let peers = match (health.peers, health.should_have_peers) {
		(0, true) => Finding::fault(
			"peers",
			"the node has no peers",
			"open its port, 30333 or that of --port, in the firewall, and name others with --bootnodes",
		),
		(0, false) => Finding::good("peers", "none, and this chain needs none"),
		(peers, _) => Finding::good("peers", format!("{peers}")),
	};
	let mut findings = vec![peers];
	if health.is_syncing {
		findings.push(Finding::warning(
			"sync",
			"the node still fetches old blocks",
			"wait: until it has them, what it tells is old",
		));
	}
	findings
}

/// Looks at the next block: does it come, is it final soon, does its time agree with this machine's clock.
pub(super) async fn blocks(client: &Client) -> Vec<Finding> {
	let unreadable = |error: Error| vec![Finding::fault("blocks", error.to_string(), "start the node again")];
	let next = match next_block(client).await {
		Err(error) => return unreadable(error),
		Ok(None) => {
			let found = format!("no block came in {} seconds", NEXT_BLOCK.as_secs());
			let remedy = "see if the node has peers, and if the chain's other nodes have later blocks";
			return vec![Finding::fault("blocks", found, remedy)];
		}
		Ok(Some(block)) => block,
	};
	let here = now();
	let read = async {
		let time = client.time_of(next.hash).await?;
		Ok::<_, Error>((time, client.finalized_block().await?.number))
	};
	match read.await {
		Err(error) => unreadable(error),
		Ok((time, finalized)) => {
			vec![finality(next.number, finalized), clock(here, i64::try_from(time).unwrap_or(i64::MAX))]
		}
	}
}

/// Waits for a block after the best one; `None` if none comes.
async fn next_block(client: &Client) -> Result<Option<Block>, Error> {
	let first = client.best_block().await?;
	let until = Instant::now() + NEXT_BLOCK;
	while Instant::now() < until {
		let best = client.best_block().await?;
		if best.number > first.number {
			return Ok(Some(best));
		}
		sleep(INTERVAL).await;
	}
	Ok(None)
}

fn now() -> i64 {
	let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
	i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn finality(best: BlockNumber, finalized: BlockNumber) -> Finding {
	let behind = best.saturating_sub(finalized);
	let found = format!("block {best} is the best, {finalized} is final");
	match behind > MOST_UNFINISHED {
		true => Finding::fault(
			"finality",
			format!("{found}, {behind} behind"),
			"more than a third of the validators may be away: see \"Keep it running\" in the book",
		),
		false => Finding::good("finality", found),
	}
}

/// Compares this machine's clock with the time of a block that has just come, both in milliseconds.
fn clock(here: i64, block: i64) -> Finding {
	let remedy = "set the clock by the network: timedatectl set-ntp true";
	let seconds = |milliseconds: i64| milliseconds.unsigned_abs().div_ceil(1_000);
	match here.saturating_sub(block) {
		behind if behind < -MOST_BEHIND => Finding::fault(
			"clock",
			format!("this machine's clock is {} s behind that of the block's author", seconds(behind)),
			remedy,
		),
		ahead if ahead > MOST_AHEAD => Finding::fault(
			"clock",
			format!("this machine's clock is {} s ahead of the newest block", seconds(ahead)),
			remedy,
		),
		_ => Finding::good("clock", "agrees with the newest block"),
	}
}

#[cfg(test)]
mod tests {
	use super::{super::finding::State, *};

	#[test]
	fn a_clock_that_is_wrong_either_way_is_a_fault() {
		assert_eq!(clock(100_000, 100_000).state, State::Good);
		assert_eq!(clock(106_000, 100_000).state, State::Good);
		let behind = clock(90_000, 100_000);
		assert!(behind.state == State::Fault && behind.found.contains("10 s behind"), "{behind:?}");
		let ahead = clock(160_000, 100_000);
		assert!(ahead.state == State::Fault && ahead.found.contains("60 s ahead"), "{ahead:?}");
	}

	#[test]
	fn finality_may_lag_by_some_blocks() {
		assert_eq!(finality(30, 28).state, State::Good);
		assert_eq!(finality(30, 9).state, State::Fault);
	}

	#[test]
	fn a_node_without_peers_is_a_fault_where_others_are_needed() {
		let health =
			|peers, should_have_peers, is_syncing| NodeHealth { peers, is_syncing, should_have_peers };
		let states = |health| judge(&health).iter().map(|finding| finding.state).collect::<Vec<_>>();
		assert_eq!(states(health(0, true, false)), [State::Fault]);
		assert_eq!(states(health(0, false, false)), [State::Good]);
		assert_eq!(states(health(3, true, true)), [State::Good, State::Warning]);
	}
}
