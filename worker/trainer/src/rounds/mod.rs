//! A trainer's way through its rounds, one file a phase.

mod commit;
mod hidden;
mod reveal;
mod settle;
#[cfg(test)]
mod tests;

use crate::{
	events::{Event, Report},
	recorded::{Recorded, Submission},
	round_spec::RoundSpec,
	state::{Entry, State, Step},
};
use anyhow::Result;
use descent_client::Reveal;
use descent_protocol::{
	explain,
	trace::Recording,
	view::{CandidateView, GroupView, RoundTestSetView, RoundView},
	BlockNumber, ContentRef, Phase, RoundIndex, Rounding, Score,
};
use sp_core::{crypto::AccountId32, H256};
use std::{collections::HashMap, future::Future, path::Path, time::Duration};

pub(crate) use hidden::DrawnFrom;

/// Blocks after which a transaction that is not on chain is sent again.
const RESEND_AFTER: BlockNumber = 2;

/// Rounds of a group as a chain has them, and the transactions that change them.
pub(crate) trait Chain {
	/// Reads a round at the best block. Fails if the chain no longer keeps it.
	fn round(&self, round: RoundIndex) -> impl Future<Output = Result<RoundView>> + Send;
	/// Reads a round's seed at the last finalized block.
	fn finalized_seed(&self, round: RoundIndex) -> impl Future<Output = Result<Option<H256>>> + Send;
	/// Reads the hidden test set of a round at the best block; `None` if its policy names no open series.
	fn test_set(&self, round: RoundIndex) -> impl Future<Output = Result<Option<RoundTestSetView>>> + Send;
	/// Reads the hidden test set of a round at the last finalized block, and the number of that block.
	fn finalized_test_set(
		&self,
		round: RoundIndex,
	) -> impl Future<Output = Result<(BlockNumber, Option<RoundTestSetView>)>> + Send;
	/// Reads the hash of the block with this number; `None` until it is final.
	fn final_hash(&self, number: BlockNumber) -> impl Future<Output = Result<Option<H256>>> + Send;
	/// Sends a commitment with a deposit.
	fn commit(
		&self,
		round: RoundIndex,
		commitment: H256,
		deposit: u128,
	) -> impl Future<Output = Result<()>> + Send;
	/// Sends a reveal, with the recording that the commitment binds, if there is one.
	fn reveal(
		&self,
		round: RoundIndex,
		reveal: Reveal,
		recording: Option<Recording>,
	) -> impl Future<Output = Result<()>> + Send;
	/// Asks for a round to be settled.
	fn settle(&self, round: RoundIndex) -> impl Future<Output = Result<()>> + Send;
	/// Asks for all that the account has earned.
	fn claim(&self) -> impl Future<Output = Result<()>> + Send;
}

/// Makes, measures and serves checkpoints.
pub(crate) trait CheckpointSource {
	/// Returns the time that the next offer may take.
	fn expected(&self) -> Duration;
	/// Writes the best checkpoint so far to a file, if it is worth committing.
	fn offer(&mut self, group: &GroupView, path: &Path) -> impl Future<Output = Result<Offer>> + Send;
	/// Begins to fetch the sealed file of the test set that a round is measured on, or may be, and keeps it.
	/// Returns the content that has to stay on disk for it.
	///
	/// # Errors
	/// The reason that it is not here.
	fn hold(&mut self, spec: &RoundSpec, test_set: &RoundTestSetView) -> Result<Vec<ContentRef>, String>;
	/// Measures a checkpoint on the records that a seed draws, as a committee member does in a round with
	/// this spec and this rule for scores.
	fn measure(
		&mut self,
		spec: &RoundSpec,
		path: &Path,
		drawn_from: &DrawnFrom,
		seed: H256,
		rounding: Rounding,
	) -> impl Future<Output = Result<Score>> + Send;
	/// Begins to serve a checkpoint, and returns its providers.
	fn publish(
		&mut self,
		path: &Path,
		checkpoint: &ContentRef,
	) -> impl Future<Output = Result<Vec<String>>> + Send;
	/// Makes the recording that is revealed with a checkpoint, with the segment that the seed draws, and
	/// begins to serve the states that its committee fetches. Returns these, too.
	fn show(
		&mut self,
		recorded: &Recorded,
		checkpoint: &ContentRef,
		seed: H256,
	) -> impl Future<Output = Result<(Recording, Vec<ContentRef>)>> + Send;
	/// Notes the state of a recording that was committed to. Once it is revealed, all of it is served.
	fn note(&mut self, round: RoundIndex, submission: Submission) -> Result<()>;
	/// Stops serving all own checkpoints but these.
	fn keep(&mut self, checkpoints: Vec<ContentRef>) -> impl Future<Output = Result<()>> + Send;
}

/// A checkpoint to commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Offer {
	Checkpoint(ContentRef, Option<Recorded>),
	/// No checkpoint, with the reason.
	Nothing(String),
}

/// Limits within which a trainer takes part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Participation {
	/// Deposit of each commitment, in the smallest unit; the group's smallest one if absent.
	pub deposit: Option<u128>,
	/// Largest deposit of a commitment that the group may ask for, in the smallest unit.
	pub max_deposit: u128,
	/// Fewest blocks left free between the commitment and the end of its window.
	pub margin: BlockNumber,
	/// Rounds to take part in from now on.
	pub rounds: u32,
	/// True if rewards are claimed after each round that is won.
	pub claims: bool,
}

/// Takes a trainer through its rounds, from the commitment to the settlement of each, two of them at a time.
///
/// Each step follows from the state on disk and from the chain, so the trainer can be killed and started
/// again at any time: entries that are on disk but not on chain are sent, and those that are on chain are
/// taken as done.
pub(crate) struct RoundMachine<C, S, R> {
	chain: C,
	checkpoints: S,
	report: R,
	state: State,
	account: AccountId32,
	participation: Participation,
	/// Rounds taken part in that are over.
	ended: u32,
	/// Block at which each transaction was last sent.
	sent: HashMap<(RoundIndex, Transaction), BlockNumber>,
	/// Number of requests to settle each round, and the block of the last one.
	settle_requests: HashMap<RoundIndex, (u32, BlockNumber)>,
	/// The last round whose start was reported.
	started: Option<RoundIndex>,
	/// The last round that was skipped.
	skipped: Option<RoundIndex>,
	/// True if it was reported that the target is reached.
	is_idle: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Transaction {
	Commit,
	Reveal,
}

impl<C: Chain, S: CheckpointSource, R: Report> RoundMachine<C, S, R> {
	/// Goes on from `state`.
	pub(crate) fn new(
		chain: C,
		checkpoints: S,
		report: R,
		state: State,
		account: AccountId32,
		participation: Participation,
	) -> Self {
		Self {
			chain,
			checkpoints,
			report,
			state,
			account,
			participation,
			ended: 0,
			sent: HashMap::new(),
			settle_requests: HashMap::new(),
			started: None,
			skipped: None,
			is_idle: false,
		}
	}

	/// Returns true once all rounds to take part in are over.
	pub(crate) fn is_done(&self) -> bool {
		self.ended >= self.participation.rounds && self.state.entries().is_empty()
	}

	pub(crate) fn checkpoints(&mut self) -> &mut S {
		&mut self.checkpoints
	}

	/// Returns the rounds that this trainer has an entry for.
	pub(crate) fn open_rounds(&self) -> Vec<RoundIndex> {
		self.state.entries().keys().copied().collect()
	}

	/// Returns the specs of open rounds.
	pub(crate) fn open_specs(&self) -> Vec<RoundSpec> {
		let entries = self.state.entries().values();
		entries.map(|entry| entry.spec.clone()).collect()
	}

	/// Takes all rounds one step further at a block. A step that fails is tried again at the next block.
	pub(crate) async fn step(&mut self, group: &GroupView) -> Result<()> {
		// A node that lags behind may show a head from before the round that was won.
		let later = |won| group.head.as_ref().is_some_and(|head| head.round > won);
		if self.state.own_head().is_some_and(|(won, _)| later(*won)) {
			self.state.forget_own_head()?;
			self.keep().await?;
		}
		let mut failure = None;
		for (round, entry) in self.state.entries().clone() {
			if let Err(error) = self.advance(group, round, &entry).await {
				failure = failure.or(Some(error.context(format!("round {round}"))));
			}
		}
		// Between the rounds of two clocks there is none.
		if let Some(round) = group.round {
			let offered = self.offer(group, round).await;
			failure = failure.or(offered.err().map(|error| error.context(format!("round {round}"))));
		}
		failure.map_or(Ok(()), Err)
	}

	/// Takes an open round one step further.
	async fn advance(&mut self, group: &GroupView, round: RoundIndex, entry: &Entry) -> Result<()> {
		let view = match self.chain.round(round).await {
			Ok(view) => view,
			Err(_) if settle::is_forgotten(group, round) => {
				let sentence = "The chain no longer keeps this round; its outcome is only in its events.";
				return self.end(round, None, sentence.into()).await;
			}
			Err(error) => return Err(error),
		};
		if !view.settled && entry.step != Step::Revealed {
			// The key of the round before may have been released since the commitment, and with it another
			// set comes next.
			let held = self.hold(&entry.spec, round).await;
			if let Err(reason) = held.unwrap_or_else(|error| Err(format!("{error:#}"))) {
				tracing::debug!("round {round}: {reason}");
			}
		}
		let candidate = own_candidate(&view, &self.account);
		if view.settled {
			let outcome = candidate.and_then(|candidate| candidate.outcome);
			return self.end(round, outcome, explain(&view, &self.account)).await;
		}
		match candidate {
			Some(candidate) if candidate.commitment != entry.commitment => {
				let sentence =
					"Another commitment of this account is on chain, made elsewhere; this one is given up.";
				self.end(round, None, sentence.into()).await
			}
			Some(candidate) => self.advance_candidate(group, &view, candidate, entry).await,
			None if view.phase == Phase::Commit => {
				if next_block(group) >= view.windows.commit.end {
					return Ok(());
				}
				self.send_commitment(group, round, entry).await
			}
			// The block with the commitment may have been abandoned for another one.
			None if matches!(view.phase, Phase::Waiting | Phase::Seed | Phase::Reveal) => Ok(()),
			None => self.end(round, None, explain(&view, &self.account)).await,
		}
	}

	/// Takes an open round one step further whose commitment is on chain.
	async fn advance_candidate(
		&mut self,
		group: &GroupView,
		view: &RoundView,
		candidate: &CandidateView,
		entry: &Entry,
	) -> Result<()> {
		let round = view.round;
		if entry.step == Step::Prepared {
			self.state.advance(round, Step::Committed)?;
			self.note(round, entry, false)?;
			let segments = entry.recorded.map(|recorded| recorded.trace.segments);
			self.report.event(Event::Committed { round, checkpoint: entry.checkpoint, segments });
		}
		match &candidate.reveal {
			Some(reveal) if entry.step != Step::Revealed => {
				self.state.advance(round, Step::Revealed)?;
				self.note(round, entry, true)?;
				self.report.event(Event::Revealed { round, claim: reveal.claim });
				Ok(())
			}
			None if view.windows.reveal.contains(&next_block(group)) => self.reveal(group, view, entry).await,
			_ => self.request_settlement(group.block, view).await,
		}
	}

	/// Notes the state of an open round's recording, if it has one.
	fn note(&mut self, round: RoundIndex, entry: &Entry, revealed: bool) -> Result<()> {
		match entry.submission() {
			Some(submission) => self.checkpoints.note(round, Submission { revealed, ..submission }),
			None => Ok(()),
		}
	}

	/// Notes the result of sending. A failed transaction is sent again at the next block.
	fn note_sent(&mut self, round: RoundIndex, kind: Transaction, sent: Result<()>) -> Result<()> {
		if sent.is_err() {
			self.sent.remove(&(round, kind));
		}
		sent
	}

	/// Returns true, and notes the block, if a transaction was never sent or must have been lost.
	fn may_send(&mut self, round: RoundIndex, kind: Transaction, block: BlockNumber) -> bool {
		let last = self.sent.get(&(round, kind));
		let may = last.is_none_or(|last| block >= last.saturating_add(RESEND_AFTER));
		if may {
			self.sent.insert((round, kind), block);
		}
		may
	}
}

/// Returns the earliest block that can include a transaction sent now.
fn next_block(group: &GroupView) -> BlockNumber {
	group.block.saturating_add(1)
}

fn own_candidate<'a>(view: &'a RoundView, account: &AccountId32) -> Option<&'a CandidateView> {
	view.candidates.iter().find(|candidate| candidate.account == *account)
}
