//! Transfers over a network: how many a second come into finalized blocks.

use anyhow::{bail, Context, Result};
use descent_client::Key;
use descent_integration_tests::{wait_until, Network, NetworkBuilder, Rpc, RpcError};
use serde::Serialize;
use serde_json::{json, Value};
use std::time::{Duration, Instant};
use subxt::{
	config::DefaultExtrinsicParamsBuilder,
	dynamic::{storage, transaction, Value as Argument},
	ext::scale_value::Composite,
	OnlineClient, SubstrateConfig,
};

/// Accounts that have a balance at genesis.
const ACCOUNTS: [&str; 15] = [
	"//Alice",
	"//Bob",
	"//Charlie",
	"//Dave",
	"//Eve",
	"//Ferdie",
	"//Trainer1",
	"//Trainer2",
	"//Trainer3",
	"//Trainer4",
	"//Trainer5",
	"//Trainer6",
	"//Trainer7",
	"//Trainer8",
	"//Liar",
];
/// Amount of a transfer, 0.001 NRN.
const AMOUNT: u128 = 1_000_000_000;

/// Transfers to make.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
	/// Number of transfers.
	pub(crate) transfers: usize,
	/// Longest time until all of them are finalized.
	pub(crate) patience: Duration,
	/// True if a validator is killed once a third of them is finalized, and stays away.
	pub(crate) kills: bool,
}

/// Result of one network.
#[derive(Serialize)]
pub(crate) struct Line {
	pub(crate) validators: usize,
	pub(crate) transfers: usize,
	/// Number of finalized blocks from the first with a transfer to the last.
	pub(crate) blocks: usize,
	/// Seconds from the first of these blocks to the last, by their own times.
	pub(crate) seconds: f64,
	/// Number of transfers in the blocks behind the first, by these seconds; `None` if one block has all.
	pub(crate) a_second: Option<f64>,
	/// Seconds from the first submission until the last transfer was finalized.
	pub(crate) until_final: f64,
}

/// Returns a network whose pools hold all transfers, with so many validators.
pub(crate) fn network(validators: usize) -> NetworkBuilder {
	Network::builder()
		.validators(validators)
		.without_evaluators()
		.node_option("--pool-limit=20000")
		.node_option("--pool-kbytes=40960")
}

/// Signs so many transfers of an account, in the order of their nonces.
async fn signed(
	chain: &OnlineClient<SubstrateConfig>,
	from: &str,
	to: &str,
	count: usize,
) -> Result<Vec<String>> {
	let (from, to) = (Key::from_uri(from)?, Key::from_uri(to)?.account());
	let to = Argument::unnamed_variant("Id", [Argument::from_bytes(to)]);
	let arguments = Composite::named([("dest", to), ("value", Argument::u128(AMOUNT))]);
	let call = transaction("Balances", "transfer_keep_alive", arguments);
	let block = chain.at_current_block().await?;
	let sign = |nonce| {
		let params = DefaultExtrinsicParamsBuilder::<SubstrateConfig>::new().immortal().nonce(nonce).build();
		let transfer = block.tx().create_signable_offline(&call, params)?.sign(&from)?;
		Ok(sp_core::bytes::to_hex(transfer.encoded(), false))
	};
	(0..count as u64).map(sign).collect()
}

/// Submits the transfers of an account, one after the other.
async fn submit(node: &Rpc, transfers: &[String]) -> Result<()> {
	/// Code of the node's answer to a transaction that is in its pool.
	const KNOWN: i64 = 1013;
	/// Code of the answer where the state to validate it with was discarded meanwhile.
	const DISCARDED: i64 = 1002;
	for transfer in transfers {
		loop {
			match node.call::<Value>("author_submitExtrinsic", json!([transfer])).await {
				// A node with much to do may answer too late, or be asked of a block that it drops.
				Err(RpcError::Unreachable { .. } | RpcError::Refused { code: DISCARDED, .. }) => {}
				Ok(_) | Err(RpcError::Refused { code: KNOWN, .. }) => break,
				Err(error) => return Err(error.into()),
			}
		}
	}
	Ok(())
}

/// Submits again what no block of a node's best chain has and its pool has lost, as pools do at forks.
async fn submit_lost(node: &Rpc, signed: &[Vec<String>]) -> Result<()> {
	let pending: Vec<Value> = node.call("author_pendingExtrinsics", json!([])).await?;
	if !pending.is_empty() {
		return Ok(());
	}
	for (from, transfers) in ACCOUNTS.iter().zip(signed) {
		let account = Key::from_uri(from)?.account().to_string();
		let next: usize = node.call("system_accountNextIndex", json!([account])).await?;
		submit(node, transfers.get(next..).unwrap_or_default()).await?;
	}
	Ok(())
}

/// Returns the number of transactions in a block, without that of the time.
async fn transactions(node: &Rpc, number: u32) -> Result<usize> {
	let hash = node.block_hash(number).await?.with_context(|| format!("no block {number}"))?;
	let block: Value = node.call("chain_getBlock", json!([hash])).await?;
	let all = block.pointer("/block/extrinsics").and_then(Value::as_array).context("no transactions")?;
	Ok(all.len().saturating_sub(1))
}

/// Returns the time of a block in milliseconds.
async fn time(chain: &OnlineClient<SubstrateConfig>, number: u32) -> Result<u64> {
	let at = chain.at_block(number).await?;
	Ok(at.storage().fetch(storage::<(), u64>("Timestamp", "Now"), ()).await?.decode()?)
}

/// Sends all transfers, each account's to one of the nodes, and counts them in finalized blocks.
pub(crate) async fn measure(network: &mut Network, load: Load) -> Result<Line> {
	let validators = network.nodes.len();
	let node = network.nodes[0].rpc.clone();
	let chain = node.chain().await?;
	let Load { transfers, patience, mut kills } = load;
	eprintln!("{validators} validators: signing {transfers} transfers");
	let pairs = ACCOUNTS.iter().zip(ACCOUNTS.iter().cycle().skip(1)).enumerate();
	let counts = |at: usize| transfers / ACCOUNTS.len() + usize::from(at < transfers % ACCOUNTS.len());
	let signed = pairs.map(|(at, (from, to))| signed(&chain, from, to, counts(at)));
	let signed = futures::future::try_join_all(signed).await?;

	let (mut next, _) = node.finalized().await?;
	let started = Instant::now();
	eprintln!("{validators} validators: submitting");
	let nodes = network.nodes.iter().map(|node| &node.rpc).cycle();
	let all = futures::future::try_join_all(nodes.zip(&signed).map(|(node, signed)| submit(node, signed)));
	tokio::time::timeout(patience, all).await.context("not all transfers could be submitted")??;
	eprintln!("{validators} validators: submitted in {:.1} s", started.elapsed().as_secs_f64());

	let mut counts = Vec::new();
	let last = network.nodes.last_mut().context("there is no node")?;
	wait_until("all transfers are finalized", patience, async || {
		let (head, _) = node.finalized().await?;
		while next < head {
			counts.push((next + 1, transactions(&node, next + 1).await?));
			next += 1;
			submit_lost(&node, &signed).await?;
		}
		let finalized = counts.iter().map(|(_, count)| count).sum::<usize>();
		if kills && finalized >= transfers / 3 {
			eprintln!("{validators} validators: killing one after {finalized} transfers");
			last.process.kill();
			kills = false;
		}
		Ok((finalized >= transfers).then_some(()))
	})
	.await?;
	let until_final = started.elapsed().as_secs_f64();
	counts.retain(|(_, count)| *count > 0);
	let (Some((first, early)), Some((last, _))) = (counts.first(), counts.last()) else {
		bail!("no block has a transfer");
	};
	let seconds = time(&chain, *last).await?.saturating_sub(time(&chain, *first).await?) as f64 / 1e3;
	let blocks = (last - first + 1) as usize;
	let a_second = (seconds > 0.0).then(|| (transfers - early) as f64 / seconds);
	Ok(Line { validators, transfers, blocks, seconds, a_second, until_final })
}
