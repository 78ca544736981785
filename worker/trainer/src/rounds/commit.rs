//! The choice of a checkpoint, and the commitment to it.

use super::{
	next_block, own_candidate, reached_target, Chain, CheckpointSource, Offer, RoundMachine, Transaction,
};
use crate::{
	events::{Event, Report},
	round_spec::RoundSpec,
	state::Entry,
};
use anyhow::{Context, Result};
use descent_protocol::{view::GroupView, BlockNumber, RoundIndex};

impl<C: Chain, S: CheckpointSource, R: Report> RoundMachine<C, S, R> {
	/// Commits to the best checkpoint so far, shortly before the commit window closes.
	pub(super) async fn offer(&mut self, group: &GroupView, round: RoundIndex) -> Result<()> {
		let Some(windows) = group.clock.windows(round) else {
			return Ok(());
		};
		let taken = self.state.entries().len() as u64 + u64::from(self.ended);
		let is_full = taken >= u64::from(self.participation.rounds);
		if self.state.entries().contains_key(&round) || is_full || self.has_reached_target(group) {
			return Ok(());
		}
		if self.started != Some(round) {
			self.started = Some(round);
			self.report.event(Event::RoundStarted { round, commit_before: windows.commit.end });
		}
		if self.skipped == Some(round) || !self.is_due(next_block(group), windows.commit.end) {
			return Ok(());
		}
		let view = self.chain.round(round).await?;
		if own_candidate(&view, &self.account).is_some() {
			self.skip(round, "this account has a commitment in it that was made elsewhere".into());
			return Ok(());
		}
		let path = self.state.checkpoint(round);
		match self.checkpoints.offer(group, &path).await? {
			Offer::Nothing(reason) => self.skip(round, reason),
			Offer::Checkpoint(checkpoint) if self.state.has_used(&checkpoint.digest) => {
				self.state.discard(round)?;
				self.skip(round, "the best checkpoint is one that was committed before".into());
			}
			Offer::Checkpoint(checkpoint) => {
				let entry = self.state.prepare(round, checkpoint, RoundSpec::from(group))?;
				self.send_commitment(group, round, &entry).await?;
			}
		}
		Ok(())
	}

	/// Returns true while the group's target is reached, and reports it once.
	fn has_reached_target(&mut self, group: &GroupView) -> bool {
		let reached = reached_target(group);
		if let Some((target, score)) = reached.filter(|_| !self.is_idle) {
			self.report.event(Event::TargetReached { target, score });
		}
		self.is_idle = reached.is_some();
		self.is_idle
	}

	/// Returns true if a commitment has to be sent now to be in block `next`, before the window's `end`.
	fn is_due(&self, next: BlockNumber, end: BlockNumber) -> bool {
		next.saturating_add(self.participation.margin) >= end && next < end
	}

	pub(super) async fn send_commitment(
		&mut self,
		group: &GroupView,
		round: RoundIndex,
		entry: &Entry,
	) -> Result<()> {
		if !self.may_send(round, Transaction::Commit, group.block) {
			return Ok(());
		}
		let deposit = self.participation.deposit.unwrap_or(group.deposit);
		let sent = self.chain.commit(round, entry.commitment, deposit).await;
		self.note_sent(round, Transaction::Commit, sent).context("the commitment was not taken")
	}

	fn skip(&mut self, round: RoundIndex, reason: String) {
		self.skipped = Some(round);
		self.report.event(Event::Skipped { round, reason });
	}
}
