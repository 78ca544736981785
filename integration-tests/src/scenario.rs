//! The common start and the common waits of the tests.

use crate::{synthetic, wait_until, GroupSetup, Network, NetworkBuilder, RoundLengths, Rpc};
use anyhow::{ensure, Context, Result};
use descent_protocol::{
	view::{CandidateView, MemberView, RoundView},
	GroupId, Phase, RoundIndex,
};
use sp_core::crypto::AccountId32;
use std::{path::Path, time::Duration};

/// Starts a network, runs a test on it and stops it. If the test fails, the ends of all logs are printed.
///
/// # Errors
/// Those of the test. Fails as well if a process does not start or does not end when it is asked to.
pub async fn scenario(
	builder: NetworkBuilder,
	test: impl AsyncFnOnce(&mut Network) -> Result<()>,
) -> Result<()> {
	let mut network = builder.start().await?;
	let result = test(&mut network).await;
	network.note_failure(result)?;
	let stopped = network.stop().await;
	network.note_failure(stopped)
}

/// Returns the setup of a group on [`synthetic`] data. It is measured on the whole validation set, so that
/// the scores of different rounds can be compared.
///
/// # Errors
/// Fails if the data can't be written to the folder.
pub fn two_clouds_group(folder: &Path, lengths: RoundLengths) -> Result<GroupSetup> {
	let synthetic::Files { model, dataset, validation } = synthetic::write(folder)?;
	Ok(GroupSetup {
		name: "two clouds".into(),
		model,
		dataset,
		validation,
		records: 1_000,
		minimum_improvement: 0.000_001,
		lengths,
		deposit: 10,
		stake: 100,
		voting_period: 100,
		seats: None,
	})
}

/// Waits until a round is settled in a finalized block of this node.
///
/// # Errors
/// Fails after the deadline, and as soon as it is clear that the round has no commitment, as it is never
/// settled then.
pub async fn settled(rpc: &Rpc, group: GroupId, round: RoundIndex, deadline: Duration) -> Result<RoundView> {
	let view = over(rpc, group, round, deadline).await?;
	ensure!(view.settled, "nobody committed in round {round}");
	Ok(view)
}

/// Waits until a round is settled in a finalized block of this node, or has no commitment, and is never
/// settled.
///
/// # Errors
/// After the deadline.
pub async fn over(rpc: &Rpc, group: GroupId, round: RoundIndex, deadline: Duration) -> Result<RoundView> {
	wait_until(&format!("round {round} is settled and finalized"), deadline, async || {
		let (_, head) = rpc.finalized().await?;
		let view = rpc.round(group, round, Some(head)).await?;
		let deserted = view.phase == Phase::Settle && view.candidates.is_empty();
		Ok((view.settled || deserted).then_some(view))
	})
	.await
}

/// Returns the members of a round's committee, and how far each got, from the last block before the round
/// could be settled. A settled round has none.
///
/// # Errors
/// Fails if the node has no such block, or not its state any more.
pub async fn members(rpc: &Rpc, round: &RoundView) -> Result<Vec<MemberView>> {
	let last = round.windows.settle.saturating_sub(1);
	let block = rpc.block_hash(last).await?.with_context(|| format!("no block {last}"))?;
	Ok(rpc.round(round.group, round.round, Some(block)).await?.committee)
}

/// Waits until a round is in a phase or beyond it.
///
/// # Errors
/// After the deadline.
pub async fn reached(
	rpc: &Rpc,
	group: GroupId,
	round: RoundIndex,
	phase: Phase,
	deadline: Duration,
) -> Result<RoundView> {
	let order = [
		Phase::Waiting,
		Phase::Commit,
		Phase::Seed,
		Phase::Reveal,
		Phase::Attest,
		Phase::Open,
		Phase::Settle,
	];
	let place = |phase| order.iter().position(|other| *other == phase);
	wait_until(&format!("round {round} reaches the {phase} phase"), deadline, async || {
		let view = rpc.round(group, round, None).await?;
		Ok((place(view.phase) >= place(phase)).then_some(view))
	})
	.await
}

/// Returns an account's commitment in a round.
pub fn candidate<'a>(round: &'a RoundView, account: &AccountId32) -> Option<&'a CandidateView> {
	round.candidates.iter().find(|candidate| candidate.account == *account)
}
