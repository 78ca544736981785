//! The final checks of the demo.

use crate::{names::Names, report::Summary, rewards};
use anyhow::{ensure, Context, Result};
use descent_client::{format_amount, H256};
use descent_content::BlockId;
use descent_integration_tests::{audit, mnist::Mnist, Account, Binary, Network};
use descent_protocol::{
	view::{GroupView, HeadView},
	BlockNumber, GroupId,
};
use serde::Deserialize;
use std::{path::Path, process::Stdio, time::Duration};
use tokio::process::Command;

/// Accuracy on MNIST that every model of this kind reaches.
const ACCURACY: f64 = 0.97;
/// Longest wait until all nodes have the same block; they are a block or two apart.
const PATIENCE: Duration = Duration::from_secs(120);

/// Makes the best trainer claim its rewards, and checks nodes, head and money at one finalized block after
/// that.
pub(crate) async fn check(
	network: &mut Network,
	group: GroupId,
	rounds: u32,
	mnist: &Mnist,
	names: &Names,
) -> Result<Summary> {
	let claimed = rewards::claim(network, group, names).await?;
	let rpc = network.nodes[0].rpc.clone();
	let (block, hash) = rpc.finalized().await?;
	let expected = agree(network, group, (block, hash)).await?;
	let head = expected.head.clone().context("no round was won, so there is no head")?;
	let checkpoint = network.directory().join("head.safetensors");
	let cid = fetch(network, &head, &checkpoint).await?;
	let accuracy = accuracy(mnist, &checkpoint).await?;
	ensure!(accuracy >= ACCURACY, "the head is right on {accuracy} of the test images, less than {ACCURACY}");
	let audit = audit(&rpc, hash).await?;
	audit.check()?;
	ensure!(
		expected.dataset_version == 2,
		"the data set is at version {}, though a majority voted for a delta",
		expected.dataset_version
	);
	ensure!(audit.proposers.len() == 1, "not one proposer was paid: {:?}", audit.proposers);
	let standings = rpc.leaderboard(group).await?;
	Ok(Summary {
		rounds,
		wins: standings.iter().map(|standing| (names.of(&standing.account), standing.wins)).collect(),
		head: cid,
		dataset_version: expected.dataset_version,
		earned: rewards::earned(network, &audit, names),
		claimed,
		loss: head.score.0 as f64 / 1e6,
		accuracy,
		block,
		nodes: network.nodes.len(),
		accounts: audit.accounts.len(),
		issuance: format_amount(audit.issuance),
		minted: format_amount(audit.minted),
		burned: format_amount(audit.burned),
	})
}

/// Checks that all nodes have finalized a block, and show the same group at it. Returns the group.
///
/// # Errors
/// Names the node that has another block, or another group.
pub(crate) async fn agree(
	network: &mut Network,
	group: GroupId,
	(block, hash): (BlockNumber, H256),
) -> Result<GroupView> {
	let expected = network.nodes[0].rpc.group(group, Some(hash)).await?;
	for index in 0..network.nodes.len() {
		network.finalizes(index, block, PATIENCE).await?;
		let node = &network.nodes[index];
		let (name, own) = (node.process.name(), node.rpc.block_hash(block).await?);
		ensure!(own == Some(hash), "{name} finalized {own:?} as block {block}, not {hash:?}");
		let view = node.rpc.group(group, Some(hash)).await?;
		ensure!(view == expected, "{name} shows another group: {view:?}, not {expected:?}");
	}
	Ok(expected)
}

/// Fetches the head by its CID from the network; returns the CID.
async fn fetch(network: &Network, head: &HeadView, out: &Path) -> Result<String> {
	let cid = BlockId::from(&head.checkpoint).to_string();
	let size = head.checkpoint.size.to_string();
	let out = out.to_str().context("the folder's path is not UTF-8")?;
	let mut arguments = vec!["content", "get", &cid, "--size", &size, "--out", out];
	arguments.extend(head.providers.iter().flat_map(|provider| ["--provider", provider.as_str()]));
	network.descent(&Account::from_uri("//Alice")?, &arguments).await?;
	Ok(cid)
}

#[derive(Deserialize)]
struct Tested {
	records: u64,
	accuracy: f64,
}

/// Measures the accuracy of a checkpoint on the test images, in a process of its own.
async fn accuracy(mnist: &Mnist, checkpoint: &Path) -> Result<f64> {
	let mut test = Command::new(Binary::Worker.path()?);
	test.args(["test", "--json", "--description"]).arg(&mnist.model);
	test.arg("--checkpoint").arg(checkpoint).arg("--data").arg(&mnist.test);
	let output = test.stdin(Stdio::null()).kill_on_drop(true).output().await?;
	ensure!(output.status.success(), "descent-worker test: {}", String::from_utf8_lossy(&output.stderr));
	let tested: Tested =
		serde_json::from_slice(&output.stdout).context("descent-worker test printed no result")?;
	ensure!(tested.records == 10_000, "{} test images were measured, not 10,000", tested.records);
	Ok(tested.accuracy)
}
