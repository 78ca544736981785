//! Replaying the drawn segment of a recorded training.

use crate::evaluation_set;
use anyhow::anyhow;
use descent_artifacts::ArtifactError;
use descent_dataset::{Description, Set};
use descent_model::{set_threads, Checkpoint, Device};
use descent_protocol::{
	evaluation::ReplaySource,
	trace::{Base, BatchOrder, Precision, Recipe},
	GroupId, RoundIndex, Score,
};
use descent_replay::{replay, ReplayError, SegmentTask, SegmentTrainer};
use serde::{Deserialize, Serialize};
use sp_core::H256;
use std::{path::PathBuf, time::Instant};

/// Bytes that a replay takes whatever the model is: the kernels of libtorch, the allocator's remains.
const BASE: u64 = 384 << 20;
/// Bytes that a replay takes for each weight. In f64 there are the model, its gradients, two running means of
/// the optimizer, the terms of its formula, and a copy of the last weights; in f32 the first weights, twice,
/// the last ones and the recorded ones.
const WEIGHT: u64 = 8 * 8 + 4 * 4;

/// A segment to be replayed, and the files of its states.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Segment {
	/// Hash of the chain's genesis block.
	pub genesis: H256,
	/// The group.
	pub group: GroupId,
	/// The round.
	pub round: RoundIndex,
	/// The hash of the round's first block.
	pub link: H256,
	/// The segment.
	pub source: ReplaySource,
	/// The checkpoint that it begins with; `None` for initial weights.
	pub start: Option<PathBuf>,
	/// The checkpoint that was recorded at its end.
	pub end: PathBuf,
}

/// The result of a replay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReplayedSegment {
	/// The departure of the recorded weights, see [`descent_protocol::trace::departure_limit`]; `u64::MAX` if
	/// the replay has no end, as its numbers are not finite.
	pub departure: u64,
	/// The loss of each step in micro-units.
	pub losses: Vec<Score>,
}

impl Segment {
	/// Replays the segment in this process, at the latest until `until`. libtorch computes with one thread
	/// from then on.
	///
	/// # Errors
	/// [`ArtifactError::Invalid`] if a state is no checkpoint of the model, or if no training of the model
	/// can be replayed; [`ArtifactError::Failed`] if this machine is at fault.
	pub(crate) fn replay(
		&self,
		description: &Description,
		records: &Set,
		until: Instant,
	) -> Result<ReplayedSegment, ArtifactError> {
		// The sums of several threads would depend on their number.
		set_threads(1);
		let ReplaySource { account, recipe, number, rate, .. } = &self.source;
		let start = match (&self.start, recipe.base) {
			(Some(path), _) => evaluation_set::load(description, path)?,
			(None, Base::Initial { seed }) => Checkpoint::initial(description, seed),
			(None, Base::Checkpoint { .. }) => {
				return Err(ArtifactError::Failed(anyhow!("the first weights of the segment are not here")))
			}
		};
		let end = evaluation_set::load(description, &self.end)?;
		let Self { genesis, group, round, link, .. } = *self;
		let order = BatchOrder { genesis, group, round, link, account: account.clone() };
		let task = SegmentTask { recipe, order: &order, number: *number, rate: *rate, start: &start };
		let stop = || Instant::now() >= until;
		match replay(&task, records, stop) {
			Ok(replayed) => {
				Ok(ReplayedSegment { departure: replayed.departure(&end), losses: replayed.scores() })
			}
			Err(ReplayError::Diverged { step }) => {
				let losses = losses_before(&task, step, records, stop).map_err(artifact_error)?;
				Ok(ReplayedSegment { departure: u64::MAX, losses })
			}
			Err(error) => Err(artifact_error(error)),
		}
	}
}

/// Returns the losses of the steps before one, in micro-units.
fn losses_before(
	task: &SegmentTask,
	step: u64,
	records: &Set,
	stop: impl Fn() -> bool,
) -> Result<Vec<Score>, ReplayError> {
	let recipe = Recipe { precision: Precision::F64, ..*task.recipe };
	let mut trainer = SegmentTrainer::new(&SegmentTask { recipe: &recipe, ..*task }, Device::Cpu)?;
	let mut losses = Vec::new();
	for _ in 0..step {
		if stop() {
			return Err(ReplayError::Stopped);
		}
		let loss = trainer.step(records)?;
		losses.push(Score::from_f64(loss.max(0.0)).unwrap_or(Score(u64::MAX)));
	}
	Ok(losses)
}

fn artifact_error(error: ReplayError) -> ArtifactError {
	match error {
		ReplayError::NotReplayable(error) => ArtifactError::Invalid(error.to_string()),
		ReplayError::Stopped => ArtifactError::Failed(anyhow!(
			"the time ran out during the replay: raise --job-limit, or measure on a faster machine"
		)),
		error => ArtifactError::Failed(error.into()),
	}
}

/// Returns the most bytes of memory that a replay in batches of so many records allocates, beside what the
/// process takes before it: the weights, see [`WEIGHT`], and in f64 the values of all layers, their
/// gradients, and what the layers keep for these.
pub(crate) fn replay_memory(description: &Description, batch: u64) -> u64 {
	let plan = description.plan();
	let values = |shape: &[u64]| shape.iter().fold(1u64, |n, side| side.saturating_mul(n));
	let inputs = description.inputs().iter();
	let input = inputs.fold(0u64, |sum, input| sum.saturating_add(values(&input.shape)));
	let values = [(2, plan.total_activations), (4, plan.peak_activations), (2, input)];
	let values = values
		.into_iter()
		.fold(0u64, |sum, (times, values)| sum.saturating_add(values.saturating_mul(times)));
	let record = values.saturating_mul(8).saturating_add(plan.record_bytes.saturating_mul(3));
	let weights = plan.parameter_values.saturating_mul(WEIGHT);
	BASE.saturating_add(weights).saturating_add(record.saturating_mul(batch))
}
