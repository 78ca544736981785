//! Transfers over networks of 4 and of 10 validators on this machine: how many a second come into finalized
//! blocks. `scripts/bench chain` runs it.

use anyhow::{bail, ensure, Context, Result};
use descent_client::Key;
use descent_integration_tests::{scenario, wait_until, Network, Rpc, RpcError};
use serde::Serialize;
use serde_json::{json, Value};
use std::time::{Duration, Instant};
use subxt::{
	config::DefaultExtrinsicParamsBuilder,
	dynamic::{storage, transaction, Value as Argument},
	ext::scale_value::Composite,
	OnlineClient, SubstrateConfig,
};

/// Numbers of validators.
const VALIDATORS: [usize; 2] = [4, 10];
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
/// Number of transfers of each of them.
const EACH: u64 = 600;
/// Amount of a transfer, 0.001 NRN.
const AMOUNT: u128 = 1_000_000_000;
/// Longest time until all transfers are finalized.
const PATIENCE: Duration = Duration::from_secs(600);

/// Result of one network.
#[derive(Serialize)]
struct Line {
	validators: usize,
	transfers: usize,
	/// Number of finalized blocks from the first with a transfer to the last.
	blocks: usize,
	/// Seconds from the first of these blocks to the last, by their own times.
	seconds: f64,
	/// Number of transfers in the blocks behind the first, by these seconds.
	a_second: f64,
	/// Seconds from the first submission until the last transfer was finalized.
	until_final: f64,
}

/// Signs the transfers of an account, in the order of their nonces.
async fn signed(chain: &OnlineClient<SubstrateConfig>, from: &str, to: &str) -> Result<Vec<String>> {
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
	(0..EACH).map(sign).collect()
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
async fn measure(network: &mut Network) -> Result<Line> {
	let validators = network.nodes.len();
	let node = network.nodes[0].rpc.clone();
	let chain = node.chain().await?;
	eprintln!("{validators} validators: signing {} transfers", ACCOUNTS.len() * EACH as usize);
	let pairs = ACCOUNTS.iter().zip(ACCOUNTS.iter().cycle().skip(1));
	let signed = futures::future::try_join_all(pairs.map(|(from, to)| signed(&chain, from, to))).await?;
	let transfers = signed.iter().map(Vec::len).sum();

	let (mut next, _) = node.finalized().await?;
	let started = Instant::now();
	eprintln!("{validators} validators: submitting");
	let nodes = network.nodes.iter().map(|node| &node.rpc).cycle();
	let all = futures::future::try_join_all(nodes.zip(&signed).map(|(node, signed)| submit(node, signed)));
	tokio::time::timeout(PATIENCE, all).await.context("not all transfers could be submitted")??;
	eprintln!("{validators} validators: submitted in {:.1} s", started.elapsed().as_secs_f64());

	let mut counts = Vec::new();
	wait_until("all transfers are finalized", PATIENCE, async || {
		let (head, _) = node.finalized().await?;
		while next < head {
			counts.push((next + 1, transactions(&node, next + 1).await?));
			next += 1;
			submit_lost(&node, &signed).await?;
		}
		Ok((counts.iter().map(|(_, count)| count).sum::<usize>() >= transfers).then_some(()))
	})
	.await?;
	let until_final = started.elapsed().as_secs_f64();
	counts.retain(|(_, count)| *count > 0);
	let (Some((first, early)), Some((last, _))) = (counts.first(), counts.last()) else {
		bail!("no block has a transfer");
	};
	let seconds = time(&chain, *last).await?.saturating_sub(time(&chain, *first).await?) as f64 / 1e3;
	ensure!(seconds > 0.0, "all transfers are in one block");
	let blocks = (last - first + 1) as usize;
	Ok(Line {
		validators,
		transfers,
		blocks,
		seconds,
		a_second: (transfers - early) as f64 / seconds,
		until_final,
	})
}

fn print(lines: &[Line]) {
	println!(
		"{:<10} {:>9} {:>6} {:>10} {:>8} {:>14}",
		"validators", "transfers", "blocks", "seconds", "a second", "until final, s"
	);
	for Line { validators, transfers, blocks, seconds, a_second, until_final } in lines {
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
		let builder = Network::builder()
			.validators(validators)
			.without_evaluators()
			.node_option("--pool-limit=20000")
			.node_option("--pool-kbytes=40960");
		scenario(builder, async |network| {
			lines.push(measure(network).await?);
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
