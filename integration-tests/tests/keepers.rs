//! Keepers: three of them fetch what a group needs, are paid by checks, and one is killed. Then the trainer
//! that won and the group's own gateway go for good, and the head is fetched from the keepers that are left.

use anyhow::{ensure, Context, Result};
use codec::Decode;
use descent_integration_tests::{
	free_port, ready, scenario, two_clouds_group, wait_until, write_key, Account, Binary, Launch, Network,
	Process, RoundLengths, TrainerSetup, BLOCK_TIME,
};
use descent_protocol::{
	view::{ChainEvent, CustodyView, KeptKind, KeptView},
	GroupId,
};
use std::{fs, time::Duration};

/// Longest wait for a check. It takes 18 blocks, and the pot has to fill before.
const CHECK: Duration = BLOCK_TIME.saturating_mul(120);
/// Longest wait for a head.
const HEAD: Duration = BLOCK_TIME.saturating_mul(120);
/// Checks that a keeper may miss in a row, and one with which it is paid before.
const CHECKS: u32 = 4;

/// A keeper's process and its account.
struct Keeper {
	process: Process,
	account: Account,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_outlives_its_trainer_and_keepers_are_paid_as_they_serve() -> Result<()> {
	scenario(Network::builder().node_option("--state-pruning=archive"), async |network| {
		let setup = two_clouds_group(network.directory(), RoundLengths::SHORT)?;
		network.provider().await?;
		let options = [("--keepers-share", "40%")];
		let group = network.create_group_with(&Account::from_uri("//Ferdie")?, &setup, &options).await?.id;
		network.start_trainer(group, TrainerSetup::new(1, "adam", 0.01, 64)).await?;
		let mut keepers = Vec::new();
		for uri in ["//Trainer5", "//Trainer6", "//Trainer7"] {
			keepers.push(start_keeper(network, group, uri)?);
		}
		for keeper in &mut keepers {
			ready(&mut keeper.process).await?;
		}
		let head = everything_is_kept(network, group).await?;
		let paid = decided(network, group, 1).await?;
		ensure!(paid.keepers.len() == 3 && paid.keepers.iter().all(|keeper| keeper.missed == 0), "{paid:?}");
		earned(network, &keepers).await?;
		one_that_is_gone_loses_deposit_and_seat(network, group, &mut keepers).await?;
		the_head_is_fetched_from_keepers_alone(network, group, &head).await?;
		for mut keeper in keepers {
			keeper.process.stop().await?;
		}
		Ok(())
	})
	.await
}

fn start_keeper(network: &Network, group: GroupId, uri: &str) -> Result<Keeper> {
	let account = Account::from_uri(uri)?;
	let name = format!("keeper-{}", uri.trim_start_matches('/').to_lowercase());
	let folder = network.directory().join(&name);
	fs::create_dir_all(&folder)?;
	let key = write_key(&folder, uri)?;
	let launch = Launch::new(name, Binary::Worker.path()?, network.logs())
		.args(["keep", &group.to_string(), "--json", "--allow-private"])
		.args(["--node", &network.nodes[0].rpc.ws()])
		.arg("--key-file")
		.arg(&key)
		.arg("--data")
		.arg(folder.join("data"))
		.args(["--listen", &format!("127.0.0.1:{}", free_port()?)]);
	Ok(Keeper { process: Process::spawn(launch)?, account })
}

async fn custody(network: &Network, group: GroupId) -> Result<CustodyView> {
	let params = serde_json::json!([group]);
	let view: Option<CustodyView> = network.nodes[0].rpc.call("training_custody", params).await?;
	view.context("the chain has no keepers")
}

/// Waits until there is a head, and all keepers have seats. Returns the head.
async fn everything_is_kept(network: &Network, group: GroupId) -> Result<KeptView> {
	let rpc = &network.nodes[0].rpc;
	wait_until("three keepers have seats, and there is a head", HEAD, async || {
		if custody(network, group).await?.keepers.len() < 3 {
			return Ok(None);
		}
		let kept: Vec<KeptView> = rpc.call("training_keptContent", serde_json::json!([group])).await?;
		for kind in [KeptKind::Model, KeptKind::Delta, KeptKind::ValidationSet] {
			ensure!(kept.iter().any(|kept| kept.kind == kind), "no {kind:?} is kept: {kept:?}");
		}
		Ok(kept.into_iter().find(|kept| kept.kind == KeptKind::Head))
	})
	.await
}

/// Waits until so many checks are decided.
async fn decided(network: &Network, group: GroupId, checks: u32) -> Result<CustodyView> {
	wait_until(&format!("check {checks} is decided"), CHECK, async || {
		let view = custody(network, group).await?;
		let done = view.checks.saturating_sub(u32::from(view.check.is_some()));
		Ok((done >= checks).then_some(view))
	})
	.await
}

/// Checks that all keepers have earned the same.
async fn earned(network: &Network, keepers: &[Keeper]) -> Result<()> {
	let mut amounts = Vec::new();
	for keeper in keepers {
		amounts.push(network.nodes[0].rpc.rewards(&keeper.account.id(), None).await?.accrued);
	}
	ensure!(amounts[0] > 0 && amounts.iter().all(|amount| *amount == amounts[0]), "{amounts:?}");
	Ok(())
}

/// Kills the last keeper. Three checks later its seat is free, and its deposit with the treasury.
async fn one_that_is_gone_loses_deposit_and_seat(
	network: &Network,
	group: GroupId,
	keepers: &mut Vec<Keeper>,
) -> Result<()> {
	let mut gone = keepers.pop().context("there are three")?;
	gone.process.kill();
	let (before, _) = network.nodes[0].rpc.finalized().await?;
	let view = wait_until("the dead keeper loses its seat", CHECK * CHECKS, async || {
		let view = custody(network, group).await?;
		Ok((view.keepers.len() == 2).then_some(view))
	})
	.await?;
	ensure!(view.keepers.iter().all(|keeper| keeper.account != gone.account.id() && keeper.missed == 0));
	let account = gone.account.id();
	let rpc = &network.nodes[0].rpc;
	let (mut missed, mut slashed) = (Vec::new(), Vec::new());
	for block in before..=rpc.best().await? {
		let hash = rpc.block_hash(block).await?.context("a block has no hash")?;
		let events: String =
			rpc.call("state_call", serde_json::json!(["TrainingApi_events", "0x", hash])).await?;
		let events = hex::decode(events.trim_start_matches("0x"))?;
		for event in Vec::<ChainEvent>::decode(&mut events.as_slice())? {
			match event {
				ChainEvent::CustodyCheckMissed { account: keeper, missed: number, .. } => {
					ensure!(keeper == account, "{keeper} served and is said to have missed a check");
					missed.push(number);
				}
				ChainEvent::KeeperSlashed { account: keeper, slashed: amount, .. } => {
					slashed.push((keeper, amount));
				}
				_ => {}
			}
		}
	}
	ensure!(missed == [1, 2, 3], "{missed:?}");
	ensure!(slashed == [(account, view.deposit)], "{slashed:?}");
	Ok(())
}

/// Stops the trainer and the group's gateway for good, and fetches the head as a client does.
async fn the_head_is_fetched_from_keepers_alone(
	network: &mut Network,
	group: GroupId,
	head: &KeptView,
) -> Result<()> {
	for trainer in &mut network.trainers {
		trainer.process.kill();
	}
	network.gateway().context("there is a gateway")?.kill();
	let view = network.nodes[0].rpc.group(group, None).await?;
	let latest = view.head.context("the head is gone")?;
	let out = network.directory().join("head.safetensors");
	let path = out.to_str().context("a path is not UTF-8")?;
	let client = Account::from_uri("//Trainer9")?;
	wait_until("keepers have the last head", HEAD, async || {
		network
			.descent(&client, &["model", "get", &group.to_string(), "--out", path, "--allow-private"])
			.await?;
		Ok(Some(()))
	})
	.await?;
	ensure!(fs::metadata(&out)?.len() == latest.checkpoint.size, "it is not the head");
	ensure!(head.content.size == latest.checkpoint.size);
	Ok(())
}
