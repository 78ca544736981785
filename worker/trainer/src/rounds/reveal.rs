use super::{Chain, CheckpointSource, DrawnFrom, RoundMachine, Transaction};
use crate::{
	events::Report,
	state::{Entry, Step},
};
use anyhow::{Context, Result};
use descent_client::Reveal;
use descent_protocol::{
	view::{GroupView, RoundView},
	BlockNumber, RoundIndex, Score,
};
use sp_core::H256;
use std::path::Path;

/// Blocks before the end of the reveal window from which an unfinalized seed and an unfinalized key are used.
pub(super) const UNFINALIZED: BlockNumber = 3;

impl<C: Chain, S: CheckpointSource, R: Report> RoundMachine<C, S, R> {
	/// Measures the claim, serves the checkpoint and sends the reveal.
	pub(super) async fn reveal(&mut self, group: &GroupView, view: &RoundView, entry: &Entry) -> Result<()> {
		let round = view.round;
		let Some(seed) = self.seed(group.block, view).await? else {
			return Ok(());
		};
		let Some(drawn_from) = self.drawn_from(group.block, view, &entry.spec).await? else {
			return Ok(());
		};
		let path = self.state.checkpoint(round);
		let claim = match entry.step {
			Step::Measured { seed: drawn_by, claim, key } if (drawn_by, key) == (seed, drawn_from.key()) => {
				claim
			}
			_ => self.measure(entry, &drawn_from, seed, view, &path).await?,
		};
		if !self.may_send(round, Transaction::Reveal, group.block) {
			return Ok(());
		}
		let revealed = self.publish_and_reveal(round, entry, claim, seed, &path).await;
		self.note_sent(round, Transaction::Reveal, revealed)
	}

	/// Returns the round's seed once it is final, or shortly before the window closes. If the block of a seed
	/// were abandoned, a claim measured for that seed would be false.
	async fn seed(&self, block: BlockNumber, view: &RoundView) -> Result<Option<H256>> {
		let is_late = block.saturating_add(UNFINALIZED) >= view.windows.reveal.end;
		Ok(match self.chain.finalized_seed(view.round).await? {
			None if is_late => view.seed,
			seed => seed,
		})
	}

	async fn measure(
		&mut self,
		entry: &Entry,
		drawn_from: &DrawnFrom,
		seed: H256,
		view: &RoundView,
		path: &Path,
	) -> Result<Score> {
		let (round, rounding) = (view.round, view.rounding(seed));
		let measured = self.checkpoints.measure(&entry.spec, path, drawn_from, seed, rounding).await;
		let claim = measured.context("the claim could not be measured")?;
		self.state.advance(round, Step::Measured { seed, claim, key: drawn_from.key() })?;
		self.sent.remove(&(round, Transaction::Reveal));
		Ok(claim)
	}

	async fn publish_and_reveal(
		&mut self,
		round: RoundIndex,
		entry: &Entry,
		claim: Score,
		seed: H256,
		path: &Path,
	) -> Result<()> {
		let recording = match &entry.recorded {
			Some(recorded) => {
				let shown = self.checkpoints.show(recorded, &entry.checkpoint, seed).await;
				let (recording, states) = shown.context("the recording could not be published")?;
				self.state.show(round, &states)?;
				Some(recording)
			}
			None => None,
		};
		let published = self.checkpoints.publish(path, &entry.checkpoint).await;
		let providers = published.context("the checkpoint could not be published")?;
		let reveal = Reveal { checkpoint: entry.checkpoint, salt: entry.salt, claim, providers };
		self.chain.reveal(round, reveal, recording).await.context("the reveal was not taken")
	}
}
