//! The choice of the weights that a recording begins with.

use super::{progress::Progress, rate::SegmentRate, reveal::base_path, Recordings, RoundStart};
use anyhow::Result;
use descent_dataset::Description;
use descent_evaluator::evaluation_set;
use descent_model::Checkpoint;
use descent_protocol::{trace::Base, ContentRef, RoundIndex, Score};
use descent_replay::{Recording, RecordingHeader};
use std::path::PathBuf;

/// The weights that a recording begins with.
#[derive(Clone, Debug)]
pub(super) struct ChosenBase {
	pub base: Base,
	/// The file, unless a seed draws them.
	pub file: Option<PathBuf>,
	/// The score on the holdout, if it is known.
	pub score: Option<Score>,
}

impl ChosenBase {
	/// Initial weights, which are worse than any other.
	pub(super) fn initial(seed: u64) -> Self {
		Self { base: Base::Initial { seed }, file: None, score: None }
	}

	pub(super) fn checkpoint(checkpoint: ContentRef, file: PathBuf, score: Option<Score>) -> Self {
		Self { base: Base::Checkpoint { checkpoint }, file: Some(file), score }
	}
}

/// A checkpoint of this trainer that a recording may begin with.
pub(super) struct OwnCheckpoint {
	pub content: ContentRef,
	pub file: PathBuf,
	pub weights: Checkpoint,
}

/// The recording of an earlier round, as far as the next one goes on with it.
pub(super) struct Earlier {
	header: RecordingHeader,
	progress: Progress,
}

impl Earlier {
	/// Goes on with its learning rate where a recording begins with its base or with an own checkpoint, on
	/// the same data; other weights and other data have more to learn. The rate is halved if nothing was
	/// better than the base.
	pub(super) fn lower(&self, rate: &mut SegmentRate, header: &RecordingHeader, is_own: bool) {
		let is_same_base = self.header.recipe.base == header.recipe.base;
		let is_same = (self.header.model, self.header.dataset) == (header.model, header.dataset);
		if !is_same || !(is_same_base || is_own) {
			return;
		}
		rate.go_on(self.progress.rate);
		if is_same_base && self.progress.best.is_none() {
			rate.lower();
		}
	}
}

impl Recordings {
	/// Returns the last recording before a round.
	pub(super) fn earlier(&self, round: RoundIndex) -> Result<Option<Earlier>> {
		let Some(earlier) = self.rounds()?.into_iter().rev().find(|earlier| *earlier < round) else {
			return Ok(None);
		};
		let folder = self.folder(earlier);
		let Ok(recording) = Recording::read(&folder) else {
			return Ok(None);
		};
		let progress = Progress::read(&folder, recording.count());
		Ok(progress.map(|progress| Earlier { header: recording.header().clone(), progress }))
	}

	/// Returns the last own checkpoint of the model that a round's recording may begin with. It is revealed
	/// by the time that the round is, or the round is given up.
	pub(super) fn own_checkpoint(
		&self,
		start: &RoundStart,
		description: &Description,
	) -> Result<Option<OwnCheckpoint>> {
		let Some((round, content)) = self.last_base(start.order.round)? else {
			return Ok(None);
		};
		let found = Recording::read(&self.folder(round)).ok();
		let found = found.filter(|recording| recording.header().model == start.model);
		let file = self.folder(round).join("states").join(format!("{:x}.safetensors", content.digest));
		let Some(weights) = found.and_then(|_| evaluation_set::load(description, &file).ok()) else {
			return Ok(None);
		};
		Ok(Some(OwnCheckpoint { content, file, weights }))
	}

	/// Returns the earlier round whose own checkpoint this base is.
	pub(super) fn round_of(&self, base: &Base, before: RoundIndex) -> Result<Option<RoundIndex>> {
		let Base::Checkpoint { checkpoint } = base else {
			return Ok(None);
		};
		let is_of = |round: &RoundIndex| {
			let known = self.submission(*round);
			*round < before && known.is_some_and(|known| known.checkpoint.digest == checkpoint.digest)
		};
		Ok(self.rounds()?.into_iter().find(is_of))
	}

	/// Returns the path of the checkpoint that a round's recording begins with.
	pub(crate) fn base_file(&self, round: RoundIndex) -> PathBuf {
		base_path(&self.folder(round))
	}
}
