//! Evaluators and trainers that die.

use anyhow::{ensure, Context, Result};
use descent_integration_tests::{
	candidate, reached, scenario, settled, two_clouds_group, wait_until, Network, RoundLengths, Trainer,
	TrainerSetup,
};
use descent_protocol::{GroupId, Outcome, Phase, RoundIndex};
use std::time::Duration;

/// Lengths with one block more in the commit and reveal windows than [`RoundLengths::SHORT`], in which a
/// process can restart.
const LENGTHS: RoundLengths = RoundLengths { round: 15, reveal: 5, attest: 5, open: 4 };

#[tokio::test(flavor = "multi_thread")]
async fn rounds_go_on_without_one_evaluator_and_a_killed_trainer_reveals_after_its_restart() -> Result<()> {
	scenario(Network::builder(), async |network| {
		let setup = two_clouds_group(network.directory(), LENGTHS)?;
		let group = network.create_group(&setup).await?.id;
		network.start_trainer(group, TrainerSetup::new(1, "sgd", 0.001, 64)).await?;

		network.evaluators[3].kill();
		let round = a_round_is_won_by_three_of_four(network, group).await?;
		a_trainer_is_killed_between_commit_and_reveal(network, group, round + 1).await
	})
	.await
}

/// Checks that a round is won although one of four members never attests. Returns the round.
async fn a_round_is_won_by_three_of_four(network: &Network, group: GroupId) -> Result<RoundIndex> {
	let rpc = &network.nodes[0].rpc;
	let deadline = LENGTHS.deadline(2);
	let (_, round) =
		wait_until("there is a commitment", deadline, async || committed(network, group, 0).await).await?;
	let view = settled(rpc, group, round, deadline).await?;
	ensure!(view.winner == Some(network.trainers[0].account.id()), "{view:?}");
	let opened: Vec<bool> = view.committee.iter().map(|member| member.opened).collect();
	ensure!(opened.iter().filter(|opened| **opened).count() == 3, "{opened:?}");
	Ok(round)
}

/// Returns the first round from `from` on in which the trainer has an unrevealed commitment.
async fn committed(
	network: &Network,
	group: GroupId,
	from: RoundIndex,
) -> Result<Option<(Phase, RoundIndex)>> {
	let rpc = &network.nodes[0].rpc;
	let view = rpc.group(group, None).await?;
	for round in from..=view.round.unwrap_or_default() {
		let view = rpc.round(group, round, None).await?;
		let waits = candidate(&view, &network.trainers[0].account.id())
			.is_some_and(|candidate| candidate.reveal.is_none());
		if waits && !view.settled {
			return Ok(Some((view.phase, round)));
		}
	}
	Ok(None)
}

async fn a_trainer_is_killed_between_commit_and_reveal(
	network: &mut Network,
	group: GroupId,
	from: RoundIndex,
) -> Result<()> {
	let deadline = LENGTHS.deadline(2);
	let round = wait_until("the trainer has committed again", deadline, async || {
		// The open round may be almost over while the one before it was measured.
		let waiting = committed(network, group, from).await?;
		Ok(waiting.and_then(|(phase, round)| (phase == Phase::Commit).then_some(round)))
	})
	.await?;
	let Trainer { process, account, .. } = &mut network.trainers[0];
	process.kill();
	let rpc = &network.nodes[0].rpc;
	let closed = reached(rpc, group, round, Phase::Seed, Duration::from_secs(120)).await?;
	let bound = candidate(&closed, &account.id()).context("the commitment is gone")?.commitment;
	process.restart()?;

	let view = settled(rpc, group, round, deadline).await?;
	let ended = candidate(&view, &account.id()).context("the commitment is gone")?;
	ensure!(ended.commitment == bound, "the restarted trainer is bound to something else");
	ensure!(ended.reveal.is_some(), "the restarted trainer did not reveal");
	ensure!(matches!(ended.outcome, Some(Outcome::Won | Outcome::NotBetter)), "{ended:?}");
	Ok(())
}
