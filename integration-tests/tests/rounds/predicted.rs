//! Rounds whose scores are known without an evaluator.

use anyhow::{ensure, Context, Result};
use descent_client::AccountId;
use descent_integration_tests::{
	candidate, members, reached, settled, wait_until, RoundLengths, Rpc, ScriptedTrainer, Wider,
};
use descent_protocol::{view::GroupView, Outcome, Phase, RoundIndex};
use std::collections::BTreeMap;

/// Number of members of a committee.
const MEMBERS: usize = 4;

/// Lets a trainer take part in this many rounds, one after the other, each with a better checkpoint and with
/// the claim that the standard library's arithmetic says. Checks that the committee measures this number,
/// that the trainer wins each round, and that all members vote in most of them.
pub(crate) async fn rounds(
	rpc: &Rpc,
	trainer: &ScriptedTrainer,
	group: &GroupView,
	count: u32,
) -> Result<()> {
	let deadline = RoundLengths::SHORT.deadline(2);
	let mut revealed = Vec::new();
	let mut from = 0;
	for step in 1..=count {
		let parameters = Wider::separating(step as f32 / 16.0);
		let checkpoint = trainer.publish(parameters.tensors()).await?;
		let round = open_round(rpc, group, from).await?;
		let commitment = trainer.commit(group, round, checkpoint).await?;
		let seed = reached(rpc, group.id, round, Phase::Reveal, deadline).await?.seed.context("no seed")?;
		let claim = parameters.score(seed);
		trainer.reveal(&commitment, claim, trainer.provider()).await?;
		revealed.push((round, claim));
		from = round + 1;
	}
	let mut votes: BTreeMap<AccountId, u32> = BTreeMap::new();
	for (round, claim) in revealed {
		let view = settled(rpc, group.id, round, deadline).await?;
		let own = candidate(&view, &trainer.account().id()).context("the commitment is gone")?;
		ensure!(own.measured == Some(claim), "{claim} was to be measured: {view:?}");
		ensure!(own.outcome == Some(Outcome::Won) && own.slashed == 0, "{view:?}");
		for member in members(rpc, &view).await?.into_iter().filter(|member| member.opened) {
			*votes.entry(member.account).or_default() += 1;
		}
	}
	// A member whose number differed would be struck. One that casts no votes would not.
	let voted = votes.values().filter(|votes| **votes > count / 2).count();
	ensure!(voted == MEMBERS, "votes in {count} rounds: {votes:?}");
	Ok(())
}

/// Waits until a round from `from` on takes commitments for some blocks yet, and returns it.
pub(crate) async fn open_round(rpc: &Rpc, group: &GroupView, from: RoundIndex) -> Result<RoundIndex> {
	/// Number of blocks in which a commitment is surely included.
	const MARGIN: u32 = 3;
	wait_until("a round takes commitments", RoundLengths::SHORT.deadline(1), async || {
		let Some(round) = rpc.group(group.id, None).await?.round else { return Ok(None) };
		let view = rpc.round(group.id, round, None).await?;
		let is_open = view.phase == Phase::Commit && view.block + MARGIN < view.windows.commit.end;
		Ok((round >= from && is_open).then_some(round))
	})
	.await
}
