//! Keepers: three of them fetch what a group needs and are paid by checks, and one is killed. It loses its
//! deposit, and so do one that sends other bytes and one that sends too little. Then the trainer that won and
//! the group's own gateway go for good, and the head is fetched from the keepers that are left.

use anyhow::{ensure, Context, Result};
use codec::Decode;
use descent_client::{AccountId, Call, Client};
use descent_integration_tests::{
	audit, corrupting, dripping, free_port, ready, scenario, two_clouds_group, wait_until, write_key,
	Account, Binary, Launch, Network, Process, RoundLengths, TrainerSetup, BLOCK_DEADLINE,
};
use descent_protocol::{
	view::{ChainEvent, CustodyView, KeptKind, KeptView},
	GroupId, LEAF_SIZE,
};
use std::{
	collections::{BTreeMap, BTreeSet},
	fs,
	time::Duration,
};

/// Longest wait for a check. It takes 18 blocks, and the pot has to fill before.
const CHECK: Duration = BLOCK_DEADLINE.saturating_mul(120);
/// Longest wait for a head.
const HEAD: Duration = BLOCK_DEADLINE.saturating_mul(120);
/// Checks that a keeper may miss in a row, and one with which it is paid before.
const CHECKS: u32 = 4;

/// A keeper's process and its account.
struct Keeper {
	process: Process,
	account: Account,
	/// Base URL of its gateway.
	address: String,
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
		let liar =
			take_seat(network, group, "//Trainer3", corrupting(keepers[0].address.clone()).await?).await?;
		let slow = take_seat(network, group, "//Trainer4", dripping(LEAF_SIZE).await?).await?;
		decided(network, group, 1).await?;
		earned(network, &keepers).await?;
		let mut gone = keepers.pop().context("there are three")?;
		gone.process.kill();
		only_these_keep_their_seats(network, group, &keepers, [gone.account.id(), liar, slow]).await?;
		the_head_is_fetched_from_keepers_alone(network, group, &head).await?;
		let (_, block) = network.nodes[0].rpc.finalized().await?;
		audit(&network.nodes[0].rpc, block).await?.check()?;
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
	let listen = format!("127.0.0.1:{}", free_port()?);
	let launch = Launch::new(name, Binary::Worker.path()?, network.logs())
		.args(["keep", &group.to_string(), "--json", "--allow-private"])
		.args(["--node", &network.nodes[0].rpc.ws()])
		.arg("--key-file")
		.arg(&key)
		.arg("--data")
		.arg(folder.join("data"))
		.args(["--listen", &listen]);
	Ok(Keeper { process: Process::spawn(launch)?, account, address: format!("http://{listen}") })
}

/// Takes a keeper's seat for a gateway that has never fetched anything.
async fn take_seat(network: &Network, group: GroupId, uri: &str, address: String) -> Result<AccountId> {
	let account = Account::from_uri(uri)?;
	let deposit = custody(network, group).await?.deposit;
	let client = Client::connect(&network.nodes[0].rpc.ws()).await?;
	let call = Call::keep(group, &[address], deposit);
	client.submit(account.key(), &call).await?.in_best_block().await?;
	Ok(account.id())
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

/// Waits until nobody but these keepers has a seat. The others have missed three checks in a row, have lost
/// their deposits to the treasury, and false ones have earned nothing.
async fn only_these_keep_their_seats(
	network: &Network,
	group: GroupId,
	keepers: &[Keeper],
	others: [AccountId; 3],
) -> Result<()> {
	let honest: BTreeSet<_> = keepers.iter().map(|keeper| keeper.account.id()).collect();
	let rpc = &network.nodes[0].rpc;
	let view = wait_until("three keepers lose their seats", CHECK * CHECKS, async || {
		let view = custody(network, group).await?;
		Ok((view.keepers.len() <= honest.len()).then_some(view))
	})
	.await?;
	ensure!(view.keepers.iter().all(|keeper| honest.contains(&keeper.account) && keeper.missed == 0));
	let (mut missed, mut slashed) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::new());
	for block in 1..=rpc.best().await? {
		let hash = rpc.block_hash(block).await?.context("a block has no hash")?;
		let events: String =
			rpc.call("state_call", serde_json::json!(["TrainingApi_events", "0x", hash])).await?;
		let events = hex::decode(events.trim_start_matches("0x"))?;
		for event in Vec::<ChainEvent>::decode(&mut events.as_slice())? {
			match event {
				ChainEvent::CustodyCheckMissed { account, missed: number, .. } => {
					missed.entry(account).or_default().push(number);
				}
				ChainEvent::KeeperSlashed { account, slashed: amount, .. } => {
					slashed.insert(account, amount);
				}
				_ => {}
			}
		}
	}
	ensure!(missed == others.iter().map(|account| (account.clone(), vec![1, 2, 3])).collect(), "{missed:?}");
	ensure!(slashed == others.iter().map(|account| (account.clone(), view.deposit)).collect(), "{slashed:?}");
	for account in &others[1..] {
		let earned = rpc.rewards(account, None).await?.accrued;
		ensure!(earned == 0, "{account} has sent nothing of use and earned {earned}");
	}
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
