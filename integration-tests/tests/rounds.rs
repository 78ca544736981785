//! Honest rounds on honest processes.

use anyhow::{ensure, Context, Result};
use descent_integration_tests::{
	audit, candidate, scenario, settled, two_clouds_group, wait_until, Account, Network, RoundLengths,
	TrainerSetup,
};
use descent_protocol::{GroupId, Outcome};
use std::{path::Path, time::Duration};
use tokio::process::Command;

const ROUNDS: u32 = 6;

#[tokio::test(flavor = "multi_thread")]
async fn six_rounds_are_won_and_finalized_on_all_nodes() -> Result<()> {
	let builder = Network::builder().node_option("--state-pruning=archive");
	scenario(builder, async |network| {
		let setup = two_clouds_group(network.directory(), RoundLengths::SHORT)?;
		let group = network.create_group(&setup).await?.id;
		for (number, rate) in [(1, 0.000_2), (2, 0.000_1)] {
			network.start_trainer(group, TrainerSetup::new(number, "sgd", rate, 64)).await?;
		}
		let last = six_wins(network, group).await?;
		let rpc = &network.nodes[0].rpc;
		let (_, head) = rpc.finalized().await?;
		audit(rpc, head).await?.check()?;
		the_command_line_explains(network, group, last).await?;
		a_stranger_reads_the_chain(network, last).await
	})
	.await
}

/// Waits for six rounds with a winner and checks that every node holds the same heads. Returns the last
/// round.
async fn six_wins(network: &mut Network, group: GroupId) -> Result<u32> {
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
	let last = round - 1;
	let first = &network.nodes[0].rpc;
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
	Ok(last)
}

/// Returns the first round with a commitment.
async fn first_commitment(network: &Network, group: GroupId) -> Result<u32> {
	let rpc = &network.nodes[0].rpc;
	wait_until("somebody commits", RoundLengths::SHORT.deadline(1), async || {
		let current = rpc.group(group, None).await?.round.unwrap_or_default();
		let view = rpc.round(group, current, None).await?;
		Ok((!view.candidates.is_empty()).then_some(current))
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
	let papi = Path::new(env!("CARGO_MANIFEST_DIR")).join("papi");
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
