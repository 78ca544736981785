//! Nodes that stop and start again.

use anyhow::{ensure, Result};
use descent_integration_tests::{wait_until, Network};
use std::time::Duration;

/// Number of blocks after which the work that was in progress when nodes died is done.
const SETTLING: u32 = 2;
/// Number of blocks in which a chain that could finalize would have.
const WATCHED: u32 = 4;
const DEADLINE: Duration = Duration::from_secs(120);

/// Waits until the best chain has grown by this many blocks.
async fn grows(network: &Network, blocks: u32) -> Result<()> {
	let rpc = &network.nodes[0].rpc;
	let start = rpc.best().await?;
	let what = format!("the best chain has grown by {blocks} blocks");
	wait_until(&what, DEADLINE, async || Ok((rpc.best().await? >= start + blocks).then_some(()))).await
}

/// Kills two of four nodes, and restarts one after the other.
pub(crate) async fn two_of_four_dead_halt_finality_until_one_returns_and_the_other_catches_up(
	network: &mut Network,
) -> Result<()> {
	for dead in [2, 3] {
		network.nodes[dead].process.kill();
	}
	grows(network, SETTLING).await?;
	let (halted, _) = network.nodes[0].rpc.finalized().await?;
	grows(network, WATCHED).await?;
	for node in &network.nodes[..2] {
		let (number, _) = node.rpc.finalized().await?;
		ensure!(number <= halted, "two of four validators finalized block {number} after {halted}");
	}

	network.nodes[2].process.restart()?;
	let resumed = halted + SETTLING + WATCHED;
	for running in 0..3 {
		network.finalizes(running, resumed, DEADLINE).await?;
	}

	network.nodes[3].process.restart()?;
	let (block, hash) = network.nodes[0].rpc.finalized().await?;
	network.finalizes(3, block, DEADLINE).await?;
	let caught_up = network.nodes[3].rpc.block_hash(block).await?;
	ensure!(
		caught_up == Some(hash),
		"the restarted node finalized {caught_up:?} as block {block}, not {hash:?}"
	);
	// The node takes part again: with one of the others frozen, three of four finalize only with it.
	network.nodes[1].process.pause()?;
	grows(network, SETTLING).await?;
	let best = network.nodes[0].rpc.best().await?;
	network.finalizes(3, best, DEADLINE).await?;
	network.nodes[1].process.resume()
}
