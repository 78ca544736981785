//! A runtime upgrade that passes through governance while rounds run.

use anyhow::{ensure, Context, Result};
use descent_client::AccountId;
use descent_integration_tests::{
	audit, committee::authorize_upgrade, governance::Stakeholder, reached, repository, runtime, scenario,
	settled, two_clouds_group, upgrade, wait_until, Account, Network, RoundLengths, Rpc, TrainerSetup,
	BLOCK_DEADLINE,
};
use descent_protocol::{view::RoundView, GroupId, Outcome, Phase, RoundIndex, Score};
use sp_core::{Blake2Hasher, Hasher};
use std::time::Duration;

/// Runtime that the chain begins with: a release before this one.
const BEFORE: &str = "integration-tests/fixtures/descent-5.wasm";
/// Number of rounds that run after the upgrade.
const ROUNDS: u32 = 2;
const WAIT: Duration = BLOCK_DEADLINE.saturating_mul(60);

#[tokio::test(flavor = "multi_thread")]
async fn the_committee_upgrades_the_runtime_while_rounds_run_and_nothing_is_lost() -> Result<()> {
	let before = repository(BEFORE);
	let builder = Network::builder().genesis_code(before).node_option("--state-pruning=archive");
	scenario(builder, async |network| {
		let setup = two_clouds_group(network.directory(), RoundLengths::SHORT)?;
		let group = network.create_group(&setup).await?.id;
		for (number, rate) in [(1, 0.000_2), (2, 0.000_1)] {
			network.start_trainer(group, TrainerSetup::new(number, "sgd", rate, 64)).await?;
		}
		Stakeholder::join(network, "//Eve", group, 150).await?;
		let first = a_head(network, group).await?;
		let (version, block) = upgraded(network, group).await?;
		nothing_is_lost(network, group, version, block).await?;
		rounds_went_on(&network.nodes[0].rpc, group, first, ROUNDS).await?;
		all_nodes_agree(network).await?;
		let rpc = &network.nodes[0].rpc;
		let (_, head) = rpc.finalized().await?;
		audit(rpc, head).await?.check()
	})
	.await
}

/// Waits until a round was won, and returns it.
async fn a_head(network: &Network, group: GroupId) -> Result<RoundIndex> {
	let rpc = &network.nodes[0].rpc;
	let head = wait_until("there is a head", RoundLengths::SHORT.deadline(3), async || {
		let (_, block) = rpc.finalized().await?;
		Ok(rpc.group(group, Some(block)).await?.head)
	})
	.await?;
	Ok(head.round)
}

/// Lets two of three members of the committee carry the motion, and applies the code while a round is
/// attested to. Returns the runtime's version before, and the block that took the code.
async fn upgraded(network: &Network, group: GroupId) -> Result<(u32, u32)> {
	let rpc = &network.nodes[0].rpc;
	let (_, head) = rpc.finalized().await?;
	let version = rpc.spec_version(head).await?;
	let members = ["//Alice", "//Bob"].map(Account::from_uri);
	let members = members.into_iter().collect::<Result<Vec<_>>>()?;
	let wasm = runtime()?;
	let authorized = authorize_upgrade(network, &members, &wasm).await?;
	ensure!(authorized == Blake2Hasher::hash(&std::fs::read(&wasm)?), "{authorized}");
	let round = rpc.group(group, None).await?.round.context("no round")?;
	reached(rpc, group, round, Phase::Attest, WAIT).await?;
	let anybody = Account::from_uri("//Charlie")?;
	let wasm = wasm.to_str().context("a path is not UTF-8")?;
	network.descent(&anybody, &["governance", "apply", "--wasm", wasm]).await?;
	let block =
		wait_until("the new runtime is final", WAIT, async || upgrade::upgrade_block(rpc, version).await)
			.await?;
	Ok((version, block))
}

/// Compares the chain's holdings before the upgrade with those after all migrations.
async fn nothing_is_lost(network: &Network, group: GroupId, version: u32, taken: u32) -> Result<()> {
	let rpc = &network.nodes[0].rpc;
	let chain = rpc.chain().await?;
	let done =
		wait_until("the migrations are done", WAIT, async || upgrade::migrated(&chain, rpc, taken).await)
			.await?;
	let (from, to) = (taken - 1, done);
	let hash = async |number| rpc.block_hash(number).await?.context("a block is gone");
	let (from, to) = (hash(from).await?, hash(to).await?);
	ensure!(rpc.spec_version(from).await? == version);
	ensure!(rpc.spec_version(to).await? > version);
	let accounts: Vec<AccountId> = network
		.validators()
		.iter()
		.chain(network.trainers.iter().map(|trainer| &trainer.account))
		.map(Account::id)
		.chain([Account::from_uri("//Eve")?.id(), Account::from_uri("//Ferdie")?.id()])
		.collect();
	let before = upgrade::Holdings::read(rpc, group, from, &accounts).await?;
	let after = upgrade::Holdings::read(rpc, group, to, &accounts).await?;
	before.are_kept_in(&after)?;
	let migrations = upgrade::migrations(&chain, taken, done).await?;
	ensure!(
		migrations.completed > 0 && migrations.failed == 0,
		"from block {taken} to {done}: {migrations:?}"
	);
	Ok(())
}

/// Checks that each round from `first` until some after the upgrade was settled, that nobody lost anything,
/// and that the head never got worse.
async fn rounds_went_on(rpc: &Rpc, group: GroupId, first: RoundIndex, rounds: u32) -> Result<()> {
	let current = rpc.group(group, None).await?.round.context("no round")?;
	let mut head: Option<Score> = None;
	let mut wins = 0;
	for round in first..=current + rounds {
		let view: RoundView = settled(rpc, group, round, RoundLengths::SHORT.deadline(1)).await?;
		for candidate in &view.candidates {
			ensure!(
				candidate.slashed == 0 && !matches!(candidate.outcome, None | Some(Outcome::NoQuorum)),
				"{view:?}"
			);
		}
		let won = view.candidates.iter().find(|candidate| candidate.outcome == Some(Outcome::Won));
		if let Some(score) = won.and_then(|won| won.measured) {
			ensure!(head.is_none_or(|head| score < head), "{head:?}, then {view:?}");
			head = Some(score);
			wins += u32::from(round >= current);
		}
	}
	ensure!(wins > 0, "no round was won after the upgrade");
	Ok(())
}

/// Checks that all nodes run the new runtime and hold the same chain.
async fn all_nodes_agree(network: &mut Network) -> Result<()> {
	let (block, hash) = network.nodes[0].rpc.finalized().await?;
	for index in 1..network.nodes.len() {
		network.finalizes(index, block, WAIT).await?;
		let other = network.nodes[index].rpc.block_hash(block).await?;
		ensure!(other == Some(hash), "node {index} finalized another block {block}");
	}
	Ok(())
}
