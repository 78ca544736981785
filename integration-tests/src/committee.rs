//! Actions of the technical committee, through the program `descent`.

use crate::{wait_until, Account, Network, BLOCK_DEADLINE};
use anyhow::{Context, Result};
use descent_protocol::view::MotionView;
use sp_core::H256;
use std::{path::Path, time::Duration};

/// Longest time until a motion is on the chain or closed.
const SOON: Duration = BLOCK_DEADLINE.saturating_mul(20);

/// Lets these members propose another runtime, carry the motion and close it. Returns the hash of the
/// runtime, which anyone may apply from then on.
///
/// # Errors
/// Fails if the chain refuses any of it, or they are too few.
pub async fn authorize_upgrade(network: &Network, members: &[Account], runtime: &Path) -> Result<H256> {
	let rpc = &network.nodes[0].rpc;
	let wasm = runtime.to_str().context("a path is not UTF-8")?;
	let [proposer, ..] = members else {
		anyhow::bail!("nobody is there to propose a runtime");
	};
	network.descent(proposer, &["governance", "propose", "upgrade", "--wasm", wasm]).await?;
	let motion =
		wait_until("the motion is on the chain", SOON, async || Ok(rpc.governance().await?.motions.pop()))
			.await?;
	vote(network, members, &motion).await?;
	let hash = format!("{:#x}", motion.hash);
	network.descent(proposer, &["governance", "close", &hash]).await?;
	wait_until("the upgrade is authorized", SOON, async || Ok(rpc.governance().await?.authorized_upgrade))
		.await
}

/// Lets every member that has not voted yet vote for a motion.
async fn vote(network: &Network, members: &[Account], motion: &MotionView) -> Result<()> {
	let hash = format!("{:#x}", motion.hash);
	for member in members {
		if !motion.ayes.contains(&member.id()) {
			network.descent(member, &["governance", "vote", &hash, "aye"]).await?;
		}
	}
	Ok(())
}
