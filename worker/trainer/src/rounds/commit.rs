//! The choice of a checkpoint, and the commitment to it.

use super::{
	next_block, own_candidate, Chain, CheckpointSource, Offer, Participation, RoundMachine, Transaction,
};
use crate::{
	events::{Event, Report},
	recorded::Recorded,
	round_spec::RoundSpec,
	state::Entry,
};
use anyhow::{Context, Result};
use descent_protocol::{
	format_amount, trace::Base, view::GroupView, BlockNumber, RoundIndex, MILLISECONDS_PER_BLOCK,
};
use std::time::Instant;

impl<C: Chain, S: CheckpointSource, R: Report> RoundMachine<C, S, R> {
	/// Prepares for a round from its start, and commits to the best checkpoint so far shortly before the
	/// commit window closes.
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
		let mut spec = RoundSpec::from(group);
		let sealed = self.hold(&spec, round).await?;
		let (next, end) = (next_block(group), windows.commit.end);
		if self.skipped == Some(round) || !self.is_due(next, end) {
			return Ok(());
		}
		match sealed {
			Ok(sealed) => spec.sealed = sealed,
			Err(reason) => {
				// A claim that cannot be measured costs the deposit.
				if next.saturating_add(self.participation.margin) >= end {
					self.skip(round, reason);
				}
				return Ok(());
			}
		}
		if let Err(reason) = self.deposit(group) {
			self.refuse_deposit(round, reason);
			return Ok(());
		}
		let view = self.chain.round(round).await?;
		if own_candidate(&view, &self.account).is_some() {
			self.skip(round, "this account has a commitment in it that was made elsewhere".into());
			return Ok(());
		}
		self.commit_best(group, round, spec, end).await
	}

	/// Commits to the best checkpoint so far, before the block `end`.
	async fn commit_best(
		&mut self,
		group: &GroupView,
		round: RoundIndex,
		spec: RoundSpec,
		end: BlockNumber,
	) -> Result<()> {
		let path = self.state.checkpoint(round);
		let began = Instant::now();
		let reason = match self.checkpoints.offer(group, &path).await? {
			Offer::Nothing(reason) => reason,
			Offer::Checkpoint(checkpoint, _) if self.state.has_used(&checkpoint.digest) => {
				"the best checkpoint is one that was committed before".into()
			}
			Offer::Checkpoint(checkpoint, recorded) => {
				let checked = self.check_recorded(group, round, recorded.as_ref()).await?;
				let checked = checked.and_then(|()| self.deposit_of(group, recorded.as_ref()));
				if let Err(reason) = checked {
					self.state.discard(round)?;
					self.skip(round, reason);
					return Ok(());
				}
				let block = self.chain.round(round).await?.block.max(group.block);
				if block.saturating_add(1) < end {
					let entry = self.state.prepare(round, checkpoint, recorded, spec)?;
					self.note(round, &entry, false)?;
					return self.send_commitment(group, round, &entry).await;
				}
				format!(
					"the checkpoint was measured by block {block}, too late for the window that ends with \
					 block {}: it took {} s, which the next round allows for",
					end.saturating_sub(1),
					began.elapsed().as_secs()
				)
			}
		};
		self.state.discard(round)?;
		self.skip(round, reason);
		Ok(())
	}

	/// Checks that a checkpoint comes with a recording of the round where the group asks for one, and that
	/// the chain knows the checkpoint that the recording begins with: the head, or one that a committee has
	/// confirmed. The inner error is the reason for which
	/// it could not be revealed, and would cost the deposit.
	async fn check_recorded(
		&self,
		group: &GroupView,
		round: RoundIndex,
		recorded: Option<&Recorded>,
	) -> Result<Result<(), String>> {
		let is_asked_for = group.optional_rules.recipe().is_some();
		let recorded = match recorded {
			Some(recorded) if is_asked_for && recorded.round == round => recorded,
			None if !is_asked_for => return Ok(Ok(())),
			_ => {
				let reason =
					"the best checkpoint is not one of a training that was recorded as the group asks for";
				return Ok(Err(reason.into()));
			}
		};
		let (Base::Checkpoint { checkpoint: base }, Some(own)) = (recorded.recipe.base, recorded.own_base)
		else {
			return Ok(Ok(()));
		};
		if group.incumbent().is_some_and(|head| head.checkpoint.digest == base.digest) {
			return Ok(Ok(()));
		}
		let view = self.chain.round(own).await?;
		let outcome = own_candidate(&view, &self.account).and_then(|candidate| candidate.outcome);
		let unusable = format!("the recording begins with the checkpoint of round {own}, which");
		Ok(match outcome {
			Some(outcome) if outcome.is_confirmed() => Ok(()),
			Some(outcome) => Err(format!("{unusable} no committee has confirmed: it is {outcome}")),
			None if view.settled => Err(format!("{unusable} this account has not committed to")),
			None => Err(format!("{unusable} is not settled yet: the group's rounds overlap too much")),
		})
	}

	/// Returns the deposit of a commitment with this recording, if it has one.
	///
	/// # Errors
	/// The reason for which the group's smallest deposit is not paid.
	fn deposit_of(&self, group: &GroupView, recorded: Option<&Recorded>) -> Result<u128, String> {
		let smallest = self.deposit(group)?;
		let reward = group.optional_rules.recipe().and_then(|rule| rule.work_reward);
		let Some((reward, recorded)) = reward.zip(recorded) else {
			return Ok(smallest);
		};
		let segments = recorded.trace.segments;
		if reward.segments(group.deposit) > segments {
			return Err(format!(
				"the group's smallest deposit of {} declares {} segments, and only {segments} are recorded",
				format_amount(group.deposit),
				reward.segments(group.deposit)
			));
		}
		// Segments that are not there cannot be declared, and each that is there counts.
		let declared = reward.deposit_for(segments);
		let deposit = match reward.segments(smallest) > segments {
			true => declared,
			false => smallest.max(declared.min(self.participation.max_deposit)),
		};
		Ok(deposit.max(group.deposit))
	}

	/// Returns the deposit of a commitment without a recording.
	///
	/// # Errors
	/// The reason for which the group's smallest deposit is not paid.
	fn deposit(&self, group: &GroupView) -> Result<u128, String> {
		let Participation { deposit, max_deposit, .. } = self.participation;
		let smallest = format_amount(group.deposit);
		if group.deposit > max_deposit {
			return Err(format!(
				"the node says that the group asks for a deposit of {smallest}, but this trainer was started \
				 for at most {}; --max-deposit allows more",
				format_amount(max_deposit)
			));
		}
		match deposit {
			Some(deposit) if deposit < group.deposit => Err(format!(
				"the group asks for a deposit of {smallest}, but --deposit is {}",
				format_amount(deposit)
			)),
			deposit => Ok(deposit.unwrap_or(group.deposit)),
		}
	}

	/// Returns true while the group's target is reached, and reports it once.
	fn has_reached_target(&mut self, group: &GroupView) -> bool {
		let reached = group.reached_target();
		if let Some((target, score)) = reached.filter(|_| !self.is_idle) {
			self.report.event(Event::TargetReached { target, score });
		}
		self.is_idle = reached.is_some();
		self.is_idle
	}

	/// Returns true if a commitment has to be prepared now to be in a block before the window's `end`.
	fn is_due(&self, next: BlockNumber, end: BlockNumber) -> bool {
		let milliseconds = self.checkpoints.expected().as_millis();
		let blocks = milliseconds.div_ceil(u128::from(MILLISECONDS_PER_BLOCK));
		let lead = BlockNumber::try_from(blocks).unwrap_or(BlockNumber::MAX);
		next.saturating_add(self.participation.margin).saturating_add(lead) >= end && next < end
	}

	pub(super) async fn send_commitment(
		&mut self,
		group: &GroupView,
		round: RoundIndex,
		entry: &Entry,
	) -> Result<()> {
		let deposit = match self.deposit_of(group, entry.recorded.as_ref()) {
			Ok(deposit) => deposit,
			Err(reason) => {
				self.refuse_deposit(round, reason);
				return Ok(());
			}
		};
		if !self.may_send(round, Transaction::Commit, group.block) {
			return Ok(());
		}
		let sent = self.chain.commit(round, entry.commitment, deposit).await;
		self.note_sent(round, Transaction::Commit, sent).context("the commitment was not taken")
	}

	/// Warns once a round that a deposit is not paid.
	fn refuse_deposit(&mut self, round: RoundIndex, reason: String) {
		if self.skipped != Some(round) {
			tracing::warn!("round {round}: {reason}");
			self.skip(round, reason);
		}
	}

	fn skip(&mut self, round: RoundIndex, reason: String) {
		self.skipped = Some(round);
		self.report.event(Event::Skipped { round, reason });
	}
}
