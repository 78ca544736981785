//! The settlement of a round, and its end for this trainer.

use super::{Chain, CheckpointSource, RoundMachine};
use crate::{
	events::{Event, Report},
	recorded::Submission,
	state::Entry,
};
use anyhow::{Context, Result};
use descent_protocol::{
	view::{GroupView, RoundView},
	BlockNumber, Outcome, RoundIndex,
};

/// Blocks after which an unsettled round is overdue, and between two requests to settle it.
const OVERDUE_AFTER: BlockNumber = 5;
/// Most requests to settle a round.
const REQUESTS: u32 = 3;
/// Rounds that the chain keeps at least after they are settled.
const RETENTION: RoundIndex = 256;

impl<C: Chain, S: CheckpointSource, R: Report> RoundMachine<C, S, R> {
	/// Asks for an overdue round to be settled, which the chain has not done by itself.
	pub(super) async fn request_settlement(&mut self, block: BlockNumber, view: &RoundView) -> Result<()> {
		let requested = self.settle_requests.get(&view.round).copied();
		let (requests, last) = requested.unwrap_or((0, view.windows.settle));
		if requests >= REQUESTS || block < last.saturating_add(OVERDUE_AFTER) {
			return Ok(());
		}
		self.settle_requests.insert(view.round, (requests.saturating_add(1), block));
		let settled = self.chain.settle(view.round).await;
		settled.context("the round is overdue and could not be settled")
	}

	/// Ends a round for this trainer, and reports its outcome.
	pub(super) async fn end(
		&mut self,
		round: RoundIndex,
		outcome: Option<Outcome>,
		sentence: String,
	) -> Result<()> {
		let confirmed = outcome.is_some_and(Outcome::is_confirmed);
		if let Some(submission) = self.state.entries().get(&round).and_then(Entry::submission) {
			self.checkpoints.note(round, Submission { over: true, confirmed, ..submission })?;
		}
		self.state.end(round, outcome == Some(Outcome::Won))?;
		self.sent.retain(|(sent, _), _| *sent != round);
		self.settle_requests.remove(&round);
		self.ended = self.ended.saturating_add(1);
		self.report.event(Event::Ended { round, outcome, sentence });
		if self.participation.claims && matches!(outcome, Some(Outcome::Won | Outcome::Placed)) {
			// What is not claimed now can be at any time.
			let claimed = self.chain.claim().await;
			let _ = claimed.inspect_err(|error| tracing::warn!("the reward could not be claimed: {error:#}"));
		}
		self.keep().await
	}

	/// Stops serving checkpoints that nobody may ask for any more.
	pub(super) async fn keep(&mut self) -> Result<()> {
		self.checkpoints.keep(self.state.served()).await
	}
}

/// Returns true if the chain may have removed a settled round.
pub(super) fn is_forgotten(group: &GroupView, round: RoundIndex) -> bool {
	let current = group.round.or(group.settled).unwrap_or_default();
	current > round.saturating_add(RETENTION)
}
