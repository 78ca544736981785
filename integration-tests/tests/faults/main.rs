//! Evaluators, trainers and nodes that die, and an evaluator without a network.

mod finality;

use anyhow::{ensure, Context, Result};
use descent_integration_tests::{
	candidate, members, reached, scenario, settled, two_clouds_group, wait_until, Network, RoundLengths,
	Trainer, TrainerSetup,
};
use descent_protocol::{
	view::{CandidateView, RoundView},
	GroupId, Outcome, Phase, RoundIndex,
};
use sp_core::H256;
use std::time::Duration;

/// Lengths with one block more in the commit and reveal windows than [`RoundLengths::SHORT`], in which a
/// process can restart.
const LENGTHS: RoundLengths = RoundLengths { round: 15, reveal: 5, attest: 5, open: 4 };
/// Position of the validator that asks a dead evaluator before its own.
const TWO_EVALUATORS: usize = 1;
/// Position of the validator whose evaluator is dead at first, and has no network in the end.
const FAULTY: usize = 3;

/// Three rounds: one with a dead evaluator, one with all, and one in which an evaluator has no network and
/// the trainer is killed.
#[tokio::test(flavor = "multi_thread")]
async fn rounds_go_on_without_one_evaluator_finality_without_one_node_and_a_killed_trainer_reveals(
) -> Result<()> {
	scenario(Network::builder().dead_evaluator(TWO_EVALUATORS), async |network| {
		let setup = two_clouds_group(network.directory(), LENGTHS)?;
		let group = network.create_group(&setup).await?.id;
		network.start_trainer(group, TrainerSetup::new(1, "sgd", 0.001, 64)).await?;

		network.evaluators[FAULTY].kill();
		let round = a_round_is_attested_by_three_of_four(network, group).await?;
		network.evaluators[FAULTY].restart()?;
		let (last, bound) = a_trainer_is_killed_between_commit_and_reveal(network, group, round + 2).await?;
		let without_network = |launch: descent_integration_tests::Launch| launch.without("--allow-private");
		network.evaluators[FAULTY].restart_as(without_network)?;

		a_round_is_won_by_three_of_four(network, group, round).await?;
		all_attest(network, group, round + 1..last).await?;
		the_killed_trainer_reveals(network, group, last, bound).await?;
		network.trainers[0].process.stop().await?;
		finality::two_of_four_dead_halt_finality_until_one_returns_and_the_other_catches_up(network).await
	})
	.await
}

/// Waits for the first round to be past its attest window, and returns it.
async fn a_round_is_attested_by_three_of_four(network: &Network, group: GroupId) -> Result<RoundIndex> {
	let rpc = &network.nodes[0].rpc;
	let deadline = LENGTHS.deadline(2);
	let (_, round) =
		wait_until("there is a commitment", deadline, async || committed(network, group, 0).await).await?;
	reached(rpc, group, round, Phase::Open, deadline).await?;
	Ok(round)
}

/// Checks that a round is won although one of four members never attests.
async fn a_round_is_won_by_three_of_four(network: &Network, group: GroupId, round: RoundIndex) -> Result<()> {
	let view = settled(&network.nodes[0].rpc, group, round, LENGTHS.deadline(2)).await?;
	ensure!(view.winner == Some(network.trainers[0].account.id()), "{view:?}");
	all_but_one_opened(network, &view).await
}

/// Checks that the ballot of a round was cast by all but the validator at [`FAULTY`].
async fn all_but_one_opened(network: &Network, round: &RoundView) -> Result<()> {
	let faulty = network.validators()[FAULTY].id();
	let committee = members(&network.nodes[0].rpc, round).await?;
	let wrong = committee.iter().find(|member| member.opened == (member.account == faulty));
	ensure!(committee.len() == 4 && wrong.is_none(), "{committee:?} of {round:?}");
	Ok(())
}

/// Checks that all members attest in one of these rounds at least, with the validator whose first evaluator
/// is dead among them, and that the trainer loses nothing in any.
async fn all_attest(network: &Network, group: GroupId, rounds: std::ops::Range<RoundIndex>) -> Result<()> {
	let mut all = false;
	for round in rounds.clone() {
		let view = settled(&network.nodes[0].rpc, group, round, LENGTHS.deadline(2)).await?;
		ensure!(view.candidates.iter().all(|candidate| candidate.slashed == 0), "{view:?}");
		let committee = members(&network.nodes[0].rpc, &view).await?;
		let opened = committee.iter().filter(|member| member.opened).count();
		all |= opened == network.validators().len();
	}
	ensure!(all, "in none of the rounds {rounds:?} all members cast a vote");
	Ok(())
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

/// Kills the trainer after it has committed in a round from `from` on, and restarts it when the round takes
/// no more commitments. Returns the round and the commitment.
async fn a_trainer_is_killed_between_commit_and_reveal(
	network: &mut Network,
	group: GroupId,
	from: RoundIndex,
) -> Result<(RoundIndex, H256)> {
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
	Ok((round, bound))
}

/// Checks that the restarted trainer reveals what it was bound to and loses nothing, and that the validator
/// whose evaluator has no network casts no vote and says why, while all others vote.
async fn the_killed_trainer_reveals(
	network: &Network,
	group: GroupId,
	round: RoundIndex,
	bound: H256,
) -> Result<()> {
	let view = settled(&network.nodes[0].rpc, group, round, LENGTHS.deadline(2)).await?;
	let account = network.trainers[0].account.id();
	let ended: &CandidateView = candidate(&view, &account).context("the commitment is gone")?;
	ensure!(ended.commitment == bound, "the restarted trainer is bound to something else");
	ensure!(ended.reveal.is_some(), "the restarted trainer did not reveal");
	ensure!(matches!(ended.outcome, Some(Outcome::Won | Outcome::NotBetter)), "{ended:?}");
	ensure!(ended.slashed == 0, "{ended:?}");
	all_but_one_opened(network, &view).await?;
	let warned = network.nodes[FAULTY].process.standard_error()?;
	ensure!(warned.contains("no network"), "the node does not say why its validator cast no vote");
	Ok(())
}
