//! What the technical committee does, with the program `descent`.

use crate::{wait_until, Account, Network, BLOCK_TIME};
use anyhow::{Context, Result};
use descent_protocol::view::MotionView;
use sp_core::H256;
use std::{path::Path, time::Duration};

/// Within how long a motion is on the chain, or off it.
const SOON: Duration = BLOCK_TIME.saturating_mul(20);

/// Has these members propose another runtime, carry the motion and close it. The hash of the runtime, which anybody may
/// apply from then on.
///
/// # Errors
/// Where the chain refuses any of it, or they are too few.
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

/// Has everybody vote for a motion who has not.
async fn vote(network: &Network, members: &[Account], motion: &MotionView) -> Result<()> {
	let hash = format!("{:#x}", motion.hash);
	for member in members {
		if !motion.ayes.contains(&member.id()) {
			network.descent(member, &["governance", "vote", &hash, "aye"]).await?;
		}
	}
	Ok(())
}
