//! The way back from a checkpoint to the weights that its trainings began with.

use crate::content_ref::Reference;
use anyhow::{bail, Context, Result};
use descent_client::{AccountId, Client, H256};
use descent_protocol::{
	trace::{Base, Precision},
	view::{RecordingView, RoundSummary, RoundView},
	ContentRef, GroupId, Outcome, RoundIndex, Score,
};
use serde::Serialize;
use std::collections::HashMap;

/// The revelation of a checkpoint: its round and its trainer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Revealed {
	pub round: RoundIndex,
	pub account: AccountId,
}

/// A recorded training on the way back.
#[derive(Debug, Serialize)]
pub(super) struct Step {
	pub round: RoundIndex,
	/// The trainer.
	pub account: AccountId,
	/// The checkpoint that it ended with.
	pub checkpoint: Reference,
	/// The score that two thirds of the committee measured.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub measured: Option<Score>,
	/// The version of the data set that it took its records from.
	pub dataset_version: u32,
	pub proof: Proof,
	pub replay: Replay,
	#[serde(skip_serializing_if = "Option::is_none")]
	pub outcome: Option<Outcome>,
	pub recording: RecordingView,
}

/// The proof that a replay gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Proof {
	/// Nothing but the recipe, on its records, leads to the weights.
	Exact,
	/// The weights are near those that the recipe leads to.
	Close,
}

impl From<Precision> for Proof {
	fn from(precision: Precision) -> Self {
		match precision {
			Precision::F64 => Self::Exact,
			Precision::F32 | Precision::Bf16 => Self::Close,
		}
	}
}

/// The committee's finding about the segment that was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Replay {
	/// Two thirds of the committee replayed it, and found the recorded weights.
	Matched,
	/// More than a third of the committee refused the checkpoint, most of them because of the replay.
	Departed,
	/// No two thirds of the committee say anything of it.
	Unconfirmed,
}

impl From<Option<Outcome>> for Replay {
	fn from(outcome: Option<Outcome>) -> Self {
		match outcome {
			Some(Outcome::Won | Outcome::Placed | Outcome::NotBetter) => Self::Matched,
			Some(Outcome::Departed) => Self::Departed,
			Some(Outcome::Outranked | Outcome::Refuted | Outcome::NoQuorum | Outcome::Unrevealed) | None => {
				Self::Unconfirmed
			}
		}
	}
}

/// The end of the way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "end")]
pub(super) enum End {
	/// The initial weights of a seed: the way is complete.
	Initial { seed: u64 },
	/// A round that the chain does not keep any more.
	RoundNotKept { round: RoundIndex },
	/// A round in which the group asked for no recordings.
	NotRecorded { round: RoundIndex },
	/// The checkpoint that the model begins with by the group's rules.
	Pretrained { checkpoint: Reference },
	/// A checkpoint that was revealed in none of the rounds that the chain keeps.
	BaseNotKept { checkpoint: Reference },
}

/// Reads of one group.
pub(super) trait Chain {
	/// Returns a round.
	async fn round(&self, round: RoundIndex) -> Result<RoundView>;
	/// Returns the recording that came with an account's checkpoint.
	async fn recording(&self, round: RoundIndex, account: &AccountId) -> Result<Option<RecordingView>>;
	/// Returns the settled rounds that are kept, oldest first.
	async fn kept(&self) -> Result<Vec<RoundSummary>>;
}

/// A group on a node's chain.
pub(super) struct OnNode<'a> {
	pub client: &'a Client,
	pub group: GroupId,
}

impl Chain for OnNode<'_> {
	async fn round(&self, round: RoundIndex) -> Result<RoundView> {
		Ok(self.client.round(self.group, round).await?)
	}

	async fn recording(&self, round: RoundIndex, account: &AccountId) -> Result<Option<RecordingView>> {
		Ok(self.client.recording(self.group, round, account).await?)
	}

	async fn kept(&self) -> Result<Vec<RoundSummary>> {
		Ok(self.client.history(self.group, 0).await?)
	}
}

/// Goes back from a revealed checkpoint, training by training, the newest first.
pub(super) async fn walk(chain: &impl Chain, from: Revealed) -> Result<(Vec<Step>, End)> {
	let mut kept = Kept::default();
	let (mut steps, mut at) = (Vec::new(), from);
	loop {
		let Some(step) = step(chain, &at).await? else {
			return Ok((steps, missing(chain, at.round).await?));
		};
		let base = step.recording.recipe.base;
		steps.push(step);
		let checkpoint = match base {
			Base::Initial { seed } => return Ok((steps, End::Initial { seed })),
			Base::Checkpoint { checkpoint } => checkpoint,
		};
		let Some(before) = kept.find(chain, checkpoint).await? else {
			return Ok((steps, End::BaseNotKept { checkpoint: checkpoint.into() }));
		};
		if before.round >= at.round {
			bail!(
				"the node says that the training of round {} began with a checkpoint of round {}, which came \
				 later; ask another node",
				at.round,
				before.round
			);
		}
		at = before;
	}
}

/// Reads a step, if the chain has its recording.
async fn step(chain: &impl Chain, at: &Revealed) -> Result<Option<Step>> {
	let Some(recording) = chain.recording(at.round, &at.account).await? else { return Ok(None) };
	let round = chain.round(at.round).await?;
	let candidate = round.candidates.into_iter().find(|candidate| candidate.account == at.account);
	let candidate = candidate.with_context(|| {
		format!("the node has a recording of {} in round {}, but no commitment", at.account, at.round)
	})?;
	let reveal =
		candidate.reveal.context("the node has a recording of a checkpoint that was not revealed")?;
	Ok(Some(Step {
		round: at.round,
		account: at.account.clone(),
		checkpoint: reveal.checkpoint.into(),
		measured: candidate.measured,
		dataset_version: round.dataset_version,
		proof: recording.recipe.precision.into(),
		replay: candidate.outcome.into(),
		outcome: candidate.outcome,
		recording,
	}))
}

/// Returns the reason for which a round has no recording.
async fn missing(chain: &impl Chain, round: RoundIndex) -> Result<End> {
	let is_kept = !chain.round(round).await?.candidates.is_empty();
	Ok(if is_kept { End::NotRecorded { round } } else { End::RoundNotKept { round } })
}

/// The checkpoints of the rounds that are kept, by their digests. Winners are read first, as most trainings
/// begin with one.
#[derive(Default)]
struct Kept {
	rounds: Option<Vec<RoundIndex>>,
	revealed: HashMap<H256, Revealed>,
	/// True if the checkpoints of all candidates are among them.
	is_whole: bool,
}

impl Kept {
	async fn find(&mut self, chain: &impl Chain, checkpoint: ContentRef) -> Result<Option<Revealed>> {
		if self.rounds.is_none() {
			let kept = chain.kept().await?;
			self.rounds = Some(kept.iter().map(|summary| summary.round).collect());
			let winners = kept.into_iter().filter_map(|RoundSummary { round, winner, .. }| {
				winner.map(|winner| (winner.checkpoint.digest, Revealed { round, account: winner.account }))
			});
			self.revealed.extend(winners);
		}
		let is_new = !self.revealed.contains_key(&checkpoint.digest) && !self.is_whole;
		for round in self.rounds.iter().flatten().filter(|_| is_new) {
			let candidates = chain.round(*round).await?.candidates.into_iter();
			self.revealed.extend(candidates.filter_map(|candidate| {
				let digest = candidate.reveal?.checkpoint.digest;
				Some((digest, Revealed { round: *round, account: candidate.account }))
			}));
			self.is_whole = true;
		}
		Ok(self.revealed.get(&checkpoint.digest).cloned())
	}
}

#[cfg(test)]
#[path = "walk_tests.rs"]
pub(super) mod tests;
