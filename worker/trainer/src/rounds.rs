use super::{
	events::{Event, Report},
	round_spec::RoundSpec,
	state::{Entry, State, Step},
};
use anyhow::{Context, Result};
use descent_client::Reveal;
use descent_protocol::{
	view::{CandidateView, GroupView, RoundView},
	BlockNumber, ContentRef, Outcome, Phase, RoundIndex, Score,
};
use sp_core::{crypto::AccountId32, H256};
use std::{collections::HashMap, future::Future, path::Path};

/// Blocks after which a transaction that is not on chain is sent again.
const RESEND: BlockNumber = 2;
/// Blocks before the end of the reveal window from which an unfinalized seed has to do.
const HURRY: BlockNumber = 3;
/// Blocks after which a round that nobody has settled is overdue, and between two attempts to have it settled.
const OVERDUE: BlockNumber = 5;
/// Attempts to have a round settled.
const NUDGES: u32 = 3;
/// Rounds that the chain keeps at least after they are settled.
const RETENTION: RoundIndex = 256;

/// What the chain is asked and told.
pub(crate) trait Chain {
	/// A round as the best block has it. Fails where the chain no longer keeps it.
	fn round(&self, round: RoundIndex) -> impl Future<Output = Result<RoundView>> + Send;
	/// A round's seed as the last finalized block has it.
	fn finalized_seed(&self, round: RoundIndex) -> impl Future<Output = Result<Option<H256>>> + Send;
	/// Sends a commitment.
	fn commit(&self, round: RoundIndex, commitment: H256) -> impl Future<Output = Result<()>> + Send;
	/// Sends a reveal.
	fn reveal(&self, round: RoundIndex, reveal: Reveal) -> impl Future<Output = Result<()>> + Send;
	/// Asks for a round to be settled.
	fn settle(&self, round: RoundIndex) -> impl Future<Output = Result<()>> + Send;
	/// Why this account's commitment in a round ended as it did.
	fn explain(&self, round: RoundIndex) -> impl Future<Output = Result<String>> + Send;
}

/// Where checkpoints are made and measured.
pub(crate) trait CheckpointSource {
	/// Writes the best checkpoint so far to a file, if it is worth committing.
	fn offer(&mut self, group: &GroupView, path: &Path) -> impl Future<Output = Result<Offer>> + Send;
	/// Measures a checkpoint on the records that a seed draws, as a committee member does in a round of these spec.
	fn measure(
		&mut self,
		spec: &RoundSpec,
		path: &Path,
		seed: H256,
	) -> impl Future<Output = Result<Score>> + Send;
	/// Begins to serve a checkpoint, and says where.
	fn publish(
		&mut self,
		path: &Path,
		checkpoint: &ContentRef,
	) -> impl Future<Output = Result<Vec<String>>> + Send;
	/// Stops serving all own checkpoints but these.
	fn keep(&mut self, checkpoints: Vec<ContentRef>) -> impl Future<Output = Result<()>> + Send;
}

/// What there is to commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Offer {
	/// This checkpoint.
	Checkpoint(ContentRef),
	/// Nothing, and why.
	Nothing(String),
}

/// Takes a trainer through its rounds: from the commitment to the settlement of each, two of them at a time.
///
/// All it does follows from its state on disk and from what the chain shows, so that it can be killed and started again
/// at any time: what is on disk but not on chain is sent, what is on chain is taken as done.
pub(crate) struct RoundMachine<C, W, R> {
	chain: C,
	checkpoints: W,
	report: R,
	state: State,
	account: AccountId32,
	/// Blocks left free between the commitment and the end of its window.
	margin: BlockNumber,
	/// Rounds to take part in.
	rounds: u32,
	ended: u32,
	/// When each transaction was last sent.
	sent: HashMap<(RoundIndex, Kind), BlockNumber>,
	/// How often each round was asked to be settled, and when last.
	nudges: HashMap<RoundIndex, (u32, BlockNumber)>,
	started: Option<RoundIndex>,
	skipped: Option<RoundIndex>,
	/// Whether it has been said that the target is reached.
	is_idle: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
	Commit,
	Reveal,
}

impl<C: Chain, W: CheckpointSource, R: Report> RoundMachine<C, W, R> {
	/// Goes on from `state`. `rounds` is the number of rounds to take part in from now on.
	pub(crate) fn new(
		chain: C,
		checkpoints: W,
		report: R,
		state: State,
		account: AccountId32,
		margin: BlockNumber,
		rounds: u32,
	) -> Self {
		Self {
			chain,
			checkpoints,
			report,
			state,
			account,
			margin,
			rounds,
			ended: 0,
			sent: HashMap::new(),
			nudges: HashMap::new(),
			started: None,
			skipped: None,
			is_idle: false,
		}
	}

	/// Whether all rounds that were asked for are over.
	pub(crate) fn is_done(&self) -> bool {
		self.ended >= self.rounds && self.state.entries().is_empty()
	}

	/// The checkpoints.
	pub(crate) fn checkpoints(&mut self) -> &mut W {
		&mut self.checkpoints
	}

	/// The rounds that this trainer is bound in.
	pub(crate) fn open_rounds(&self) -> Vec<RoundIndex> {
		self.state.entries().keys().copied().collect()
	}

	/// What the rounds are played on that this trainer is bound in.
	pub(crate) fn bound(&self) -> Vec<RoundSpec> {
		let entries = self.state.entries().values();
		entries.map(|entry| entry.spec.clone()).collect()
	}

	/// Does what is to be done at a block. Anything that fails is tried again at the next one.
	pub(crate) async fn step(&mut self, group: &GroupView) -> Result<()> {
		// A view from before the round that was won, as of a node that lags behind, says nothing of a later head.
		let later = |won| group.head.as_ref().is_some_and(|head| head.round > won);
		if self.state.head().is_some_and(|(won, _)| later(*won)) {
			self.state.lose_head()?;
			self.keep().await?;
		}
		let mut failure = None;
		for (round, entry) in self.state.entries().clone() {
			if let Err(error) = self.follow(group, round, &entry).await {
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

	/// Binds this trainer to a checkpoint shortly before the commitments close.
	async fn offer(&mut self, group: &GroupView, round: RoundIndex) -> Result<()> {
		let Some(windows) = group.clock.windows(round) else {
			return Ok(());
		};
		let bound = self.state.entries().len() as u64 + u64::from(self.ended);
		if self.state.entries().contains_key(&round) || bound >= u64::from(self.rounds) {
			return Ok(());
		}
		if let Some((target, score)) = reached(group) {
			if !self.is_idle {
				self.is_idle = true;
				self.report.event(Event::TargetReached { target, score });
			}
			return Ok(());
		}
		self.is_idle = false;
		if self.started != Some(round) {
			self.started = Some(round);
			self.report.event(Event::RoundStarted { round, commit_before: windows.commit.end });
		}
		let next = group.block.saturating_add(1);
		let due = next.saturating_add(self.margin) >= windows.commit.end && next < windows.commit.end;
		if !due || self.skipped == Some(round) {
			return Ok(());
		}
		let view = self.chain.round(round).await?;
		if mine(&view, &self.account).is_some() {
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
				self.send_commitment(group.block, round, &entry).await?;
			}
		}
		Ok(())
	}

	fn skip(&mut self, round: RoundIndex, reason: String) {
		self.skipped = Some(round);
		self.report.event(Event::Skipped { round, reason });
	}

	/// Takes a round in which this trainer is bound one step further.
	async fn follow(&mut self, group: &GroupView, round: RoundIndex, entry: &Entry) -> Result<()> {
		let view = match self.chain.round(round).await {
			Ok(view) => view,
			Err(_) if is_forgotten(group, round) => {
				let sentence = "The chain no longer keeps this round; its outcome is only in its events.";
				return self.end(round, None, sentence.into()).await;
			}
			Err(error) => return Err(error),
		};
		let candidate = mine(&view, &self.account);
		if view.settled {
			let outcome = candidate.and_then(|candidate| candidate.outcome);
			let sentence = self.chain.explain(round).await?;
			return self.end(round, outcome, sentence).await;
		}
		match candidate {
			Some(candidate) if candidate.commitment != entry.commitment => {
				let sentence =
					"Another commitment of this account is on chain, made elsewhere; this one is given up.";
				self.end(round, None, sentence.into()).await
			}
			Some(candidate) => {
				if entry.step == Step::Prepared {
					self.state.advance(round, Step::Committed)?;
					self.report.event(Event::Committed { round, checkpoint: entry.checkpoint });
				}
				match &candidate.reveal {
					Some(reveal) if entry.step != Step::Revealed => {
						self.state.advance(round, Step::Revealed)?;
						self.report.event(Event::Revealed { round, claim: reveal.claim });
						Ok(())
					}
					// What is sent now is in the next block at the earliest.
					None if view.windows.reveal.contains(&group.block.saturating_add(1)) => {
						self.reveal(group, &view, entry).await
					}
					_ => self.nudge(group.block, &view).await,
				}
			}
			None if view.phase == Phase::Commit => {
				let next = group.block.saturating_add(1);
				if next >= view.windows.commit.end {
					return Ok(());
				}
				self.send_commitment(group.block, round, entry).await
			}
			// The commitment may be in a block that has just been abandoned for another one.
			None if matches!(view.phase, Phase::Waiting | Phase::Seed | Phase::Reveal) => Ok(()),
			None => {
				let sentence = self.chain.explain(round).await?;
				self.end(round, None, sentence).await
			}
		}
	}

	async fn send_commitment(&mut self, block: BlockNumber, round: RoundIndex, entry: &Entry) -> Result<()> {
		if !self.may_send(round, Kind::Commit, block) {
			return Ok(());
		}
		let sent = self.chain.commit(round, entry.commitment).await;
		self.note(round, Kind::Commit, sent).context("the commitment was not taken")
	}

	async fn reveal(&mut self, group: &GroupView, view: &RoundView, entry: &Entry) -> Result<()> {
		let round = view.round;
		// A claim measured for a seed that is abandoned with its block would be a false one.
		let hurry = group.block.saturating_add(HURRY) >= view.windows.reveal.end;
		let Some(seed) = (match self.chain.finalized_seed(round).await? {
			None if hurry => view.seed,
			seed => seed,
		}) else {
			return Ok(());
		};
		let path = self.state.checkpoint(round);
		let claim = match entry.step {
			Step::Measured { seed: measured, claim } if measured == seed => claim,
			_ => {
				let claim = self
					.checkpoints
					.measure(&entry.spec, &path, seed)
					.await
					.context("the claim could not be measured")?;
				self.state.advance(round, Step::Measured { seed, claim })?;
				self.sent.remove(&(round, Kind::Reveal));
				claim
			}
		};
		if !self.may_send(round, Kind::Reveal, group.block) {
			return Ok(());
		}
		let revealed = self.publish_and_reveal(round, entry, claim, &path).await;
		self.note(round, Kind::Reveal, revealed)
	}

	/// Asks for a round to be settled that is due and that no alarm settles.
	async fn nudge(&mut self, block: BlockNumber, view: &RoundView) -> Result<()> {
		let (nudges, last) = self.nudges.get(&view.round).copied().unwrap_or((0, view.windows.settle));
		if nudges >= NUDGES || block < last.saturating_add(OVERDUE) {
			return Ok(());
		}
		self.nudges.insert(view.round, (nudges.saturating_add(1), block));
		let settled = self.chain.settle(view.round).await;
		settled.context("the round is overdue and could not be settled")
	}

	async fn publish_and_reveal(
		&mut self,
		round: RoundIndex,
		entry: &Entry,
		claim: Score,
		path: &Path,
	) -> Result<()> {
		let providers = self
			.checkpoints
			.publish(path, &entry.checkpoint)
			.await
			.context("the checkpoint could not be published")?;
		let reveal = Reveal { checkpoint: entry.checkpoint, salt: entry.salt, claim, providers };
		self.chain.reveal(round, reveal).await.context("the reveal was not taken")
	}

	/// What could not be sent is sent again at the next block: a window has few of them.
	fn note(&mut self, round: RoundIndex, kind: Kind, sent: Result<()>) -> Result<()> {
		if sent.is_err() {
			self.sent.remove(&(round, kind));
		}
		sent
	}

	/// Whether a transaction is to be sent now: never before, or so long ago that it must have been lost.
	fn may_send(&mut self, round: RoundIndex, kind: Kind, block: BlockNumber) -> bool {
		let last = self.sent.get(&(round, kind));
		let may = last.is_none_or(|last| block >= last.saturating_add(RESEND));
		if may {
			self.sent.insert((round, kind), block);
		}
		may
	}

	async fn end(&mut self, round: RoundIndex, outcome: Option<Outcome>, sentence: String) -> Result<()> {
		self.state.end(round, outcome == Some(Outcome::Won))?;
		self.sent.retain(|(sent, _), _| *sent != round);
		self.nudges.remove(&round);
		self.ended = self.ended.saturating_add(1);
		self.report.event(Event::Ended { round, outcome, sentence });
		self.keep().await
	}

	async fn keep(&mut self) -> Result<()> {
		self.checkpoints.keep(self.state.served()).await
	}
}

/// The target of a group, and what its head scores, once that is enough.
pub(crate) fn reached(group: &GroupView) -> Option<(Score, Score)> {
	let (target, head) = (group.target?, group.head.as_ref()?);
	(head.score <= target).then_some((target, head.score))
}

/// Whether the chain may have removed a settled round.
fn is_forgotten(group: &GroupView, round: RoundIndex) -> bool {
	let current = group.round.or(group.settled).unwrap_or_default();
	current > round.saturating_add(RETENTION)
}

fn mine<'a>(view: &'a RoundView, account: &AccountId32) -> Option<&'a CandidateView> {
	view.candidates.iter().find(|candidate| candidate.account == *account)
}

#[cfg(test)]
#[path = "rounds_tests.rs"]
mod tests;
