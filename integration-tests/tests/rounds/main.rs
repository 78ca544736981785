//! Rounds of several groups at a time on honest validators. Two of their evaluators compute in another way
//! than the others.

mod committees;
mod lies;
mod predicted;

use anyhow::{ensure, Context, Result};
use descent_client::Client;
use descent_integration_tests::{
	audit, candidate, repository, scenario, settled, synthetic, two_clouds_group, wait_until, Account,
	Machine, Network, RoundLengths, ScriptedTrainer, TrainerSetup,
};
use descent_protocol::{GroupId, Outcome};
use std::time::Duration;
use tokio::process::Command;

/// Number of rounds that the training processes win.
const ROUNDS: u32 = 6;
/// Accounts of the scripted trainers that predict their scores, each in a group of its own.
const PREDICTORS: [&str; 4] = ["//Alice", "//Bob", "//Charlie", "//Dave"];
/// Number of rounds of each of them.
const PREDICTED: u32 = 4;
/// Number of rounds of all groups, in none of which a validator is struck.
const ALL: u32 = 20;
const _: () = assert!(ROUNDS + PREDICTED * PREDICTORS.len() as u32 >= ALL);

#[tokio::test(flavor = "multi_thread")]
async fn twenty_rounds_are_measured_alike_by_all_and_every_lie_in_one_of_them_is_paid_for() -> Result<()> {
	let builder = Network::builder()
		.node_option("--state-pruning=archive")
		.machine(1, Machine::OLD)
		.machine(2, Machine::MIDDLING);
	scenario(builder, async |network| {
		let setup = two_clouds_group(network.directory(), RoundLengths::SHORT)?;
		let trained = network.create_group(&setup).await?.id;
		for (number, rate) in [(1, 0.000_2), (2, 0.000_1)] {
			network.start_trainer(trained, TrainerSetup::new(number, "sgd", rate, 64)).await?;
		}
		let rpc = network.nodes[0].rpc.clone();
		let client = Client::connect(&rpc.ws()).await?;
		let liars = lies::Trainers::create(&client, network).await?;
		let checkpoints = liars.publish().await?;
		let mut wider = setup.clone();
		wider.model = synthetic::write_wider_model(network.directory())?;
		let mut predicted = Vec::new();
		for (number, uri) in PREDICTORS.iter().enumerate() {
			wider.name = format!("predicted {number}");
			let folder = network.directory().join("scripted");
			let trainer = ScriptedTrainer::new(client.clone(), uri, &folder).await?;
			predicted.push((trainer, network.create_group(&wider).await?));
		}
		(wider.name, wider.lengths) = ("lies".into(), lies::LENGTHS);
		let lied = network.create_group(&wider).await?;

		let mine =
			predicted.iter().map(|(trainer, group)| predicted::rounds(&rpc, trainer, group, PREDICTED));
		let (last, _, ()) = tokio::try_join!(
			six_wins(network, trained),
			futures::future::try_join_all(mine),
			lies::every_lie_is_found_and_the_round_goes_on(&rpc, &liars, &checkpoints, &lied),
		)?;
		all_nodes_show(network, trained, last).await?;
		nobody_is_struck(network, lied.deposit * lies::SLASHED, &liars).await?;
		the_command_line_explains(network, trained, last).await?;
		a_stranger_reads_the_chain(network, last).await
	})
	.await
}

/// Checks that no validator has a strike or lost a part of its bond, and that the lies are all that was
/// slashed of deposits.
async fn nobody_is_struck(network: &Network, lies: u128, liars: &lies::Trainers) -> Result<()> {
	let rpc = &network.nodes[0].rpc;
	let (_, head) = rpc.finalized().await?;
	let audit = audit(rpc, head).await?;
	audit.check()?;
	ensure!(audit.slashed == lies && audit.slashes.is_empty(), "{lies} should be slashed: {audit:?}");
	lies::lying_does_not_pay(liars, &audit)?;
	let validators = rpc.validators(Some(head)).await?;
	ensure!(validators.len() == network.validators().len(), "{validators:?}");
	ensure!(validators.iter().all(|validator| validator.strikes == 0), "{validators:?}");
	Ok(())
}

/// Waits for six rounds with a winner, each with a lower score than the one before. Returns the last round.
async fn six_wins(network: &Network, group: GroupId) -> Result<u32> {
	let deadline = RoundLengths::SHORT.deadline(1);
	let (mut wins, mut head) = (0, None);
	let mut round = first_commitment(network, group).await?;
	let end = round + 2 * ROUNDS;
	while wins < ROUNDS {
		ensure!(round < end, "only {wins} rounds were won until round {round}");
		let settled_round = settled(&network.nodes[0].rpc, group, round, deadline).await?;
		if let Some(winner) = &settled_round.winner {
			let won = candidate(&settled_round, winner).context("the winner did not commit")?;
			let score = won.measured.context("the winner was not measured")?;
			ensure!(won.outcome == Some(Outcome::Won) && won.reward > 0, "{won:?}");
			ensure!(
				head.is_none_or(|head| score < head),
				"round {round} was won with {score}, but the head has {head:?}"
			);
			head = Some(score);
			wins += 1;
		}
		let mut outcomes = settled_round.candidates.iter().map(|candidate| candidate.outcome);
		ensure!(
			outcomes.all(|outcome| !matches!(outcome, None | Some(Outcome::NoQuorum))),
			"{settled_round:?}"
		);
		ensure!(settled_round.candidates.iter().all(|candidate| candidate.slashed == 0), "{settled_round:?}");
		round += 1;
	}
	Ok(round - 1)
}

/// Checks that every node has finalized the same chain and shows the same round on it.
async fn all_nodes_show(network: &mut Network, group: GroupId, last: u32) -> Result<()> {
	let first = network.nodes[0].rpc.clone();
	let (block, hash) = first.finalized().await?;
	let expected = first.round(group, last, Some(hash)).await?;
	for index in 1..network.nodes.len() {
		network.finalizes(index, block, Duration::from_secs(60)).await?;
		let other = &network.nodes[index].rpc;
		ensure!(other.block_hash(block).await? == Some(hash), "node {index} finalized another block {block}");
		ensure!(
			other.round(group, last, Some(hash)).await? == expected,
			"node {index} shows another round {last}"
		);
	}
	Ok(())
}

/// Returns the first round with a commitment.
async fn first_commitment(network: &Network, group: GroupId) -> Result<u32> {
	let rpc = &network.nodes[0].rpc;
	wait_until("somebody commits", RoundLengths::SHORT.deadline(1), async || {
		let current = rpc.group(group, None).await?.round.unwrap_or_default();
		for round in 0..=current {
			if !rpc.round(group, round, None).await?.candidates.is_empty() {
				return Ok(Some(round));
			}
		}
		Ok(None)
	})
	.await
}

async fn the_command_line_explains(network: &Network, group: GroupId, round: u32) -> Result<()> {
	let (group, number) = (group.to_string(), round.to_string());
	let account = Account::from_uri("//Trainer1")?.id().to_string();
	let arguments = ["explain", "--group", &group, "--round", &number, "--account", &account];
	let explanation = network.descent(&Account::from_uri("//Alice")?, &arguments).await?;
	let sentence = explanation["sentence"].as_str().context("no sentence")?;
	ensure!(sentence.starts_with("Paid") || sentence.starts_with("Not paid"), "{sentence}");
	Ok(())
}

/// Checks that an independent client, which does not know this project, finds the group and the winner by the
/// metadata alone.
async fn a_stranger_reads_the_chain(network: &Network, round: u32) -> Result<()> {
	let papi = repository("integration-tests/papi");
	if !succeeds(Command::new("npm").arg("--version")).await {
		eprintln!("npm is not installed: the chain was not read with polkadot-api");
		return Ok(());
	}
	let folder = network.directory().join("papi");
	std::fs::create_dir_all(&folder)?;
	for file in ["package.json", "read.mjs"] {
		std::fs::copy(papi.join(file), folder.join(file))?;
	}
	let installed = Command::new("npm")
		.args([
			"install",
			"--ignore-scripts",
			"--no-package-lock",
			"--no-audit",
			"--no-fund",
			"--loglevel=error",
		])
		.current_dir(&folder)
		.output()
		.await?;
	ensure!(installed.status.success(), "npm install: {}", String::from_utf8_lossy(&installed.stderr));
	let rpc = &network.nodes[0].rpc;
	let read = async || {
		let output = Command::new("node").arg("read.mjs").arg(rpc.ws()).current_dir(&folder).output().await?;
		ensure!(output.status.success(), "read.mjs: {}", String::from_utf8_lossy(&output.stderr));
		let seen: serde_json::Value = serde_json::from_slice(&output.stdout)?;
		let seen = seen.as_array().and_then(|groups| groups.first()).cloned().context("no group")?;
		Ok((seen["settled"].as_u64() >= Some(round.into())).then_some(seen))
	};
	let seen = wait_until("polkadot-api sees the last round", Duration::from_secs(60), read).await?;
	ensure!(seen["name"] == "two clouds", "{seen}");
	let settled = u32::try_from(seen["settled"].as_u64().context("no round")?)?;
	let winner = rpc.round(0, settled, None).await?.winner.map(|winner| winner.to_string());
	ensure!(seen["winner"].as_str().map(str::to_owned) == winner, "{seen}, but {winner:?} won");
	Ok(())
}

async fn succeeds(command: &mut Command) -> bool {
	command.output().await.is_ok_and(|output| output.status.success())
}
