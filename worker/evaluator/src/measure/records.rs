//! The records that a round is measured on.

use super::{Measurer, TOO_LATE};
use crate::evaluation_set::EvaluationSet;
use anyhow::{ensure, Context, Result};
use descent_artifacts::{joined, within, ArtifactError, SealedSource};
use descent_dataset::{Description, Set};
use descent_protocol::{
	evaluation::{DeltaSource, EvaluationRequest},
	ContentRef, EvaluationPolicy, TestSetVerdict,
};
use std::{
	sync::{Arc, Mutex},
	time::{Duration, Instant},
};

/// Records that a round's checkpoints are measured on.
pub(super) struct Records {
	/// The records; absent if nobody served the hidden test set.
	pub set: Option<EvaluationSet>,
	/// The verdict on the hidden test set, where the request names one.
	pub test_set: Option<TestSetVerdict>,
	/// The data set whose records are taken where segments are replayed.
	pub replayed: Option<Arc<Set>>,
}

/// Ends of the times of an evaluation.
#[derive(Clone, Copy)]
pub(super) struct Times {
	/// End of measuring.
	pub closing: Instant,
	/// End of the window in which the node can use the outcome.
	pub over: Instant,
	/// End of the time for one evaluation.
	pub limit: Instant,
}

impl Measurer {
	/// Fetches the data while the window lasts, and draws the records. What is there by then is built
	/// nevertheless, for the next round.
	///
	/// # Errors
	/// Fails if this machine is at fault, or if data that the group itself names cannot be had.
	pub(super) fn records(
		&self,
		request: &EvaluationRequest,
		description: &Description,
		times: Times,
	) -> Result<Records> {
		let alone = |set: ContentRef| [DeltaSource { delta: set, providers: Vec::new() }];
		let (set, test_set) = match request.policy {
			EvaluationPolicy::Training { .. } => {
				(self.public(request, description, &request.deltas, times)?, None)
			}
			EvaluationPolicy::Validation { set, .. } => {
				(self.public(request, description, &alone(set), times)?, None)
			}
			EvaluationPolicy::Hidden { otherwise, .. } => {
				let hidden = self.hidden(request, description, times)?;
				let verdict = hidden.as_ref().err().copied().unwrap_or(TestSetVerdict::Sound);
				self.metrics.test_sets.with_label_values(&[name(verdict)]).inc();
				match hidden {
					Ok(set) => (set, Some(verdict)),
					Err(TestSetVerdict::Unavailable) => {
						return Ok(Records { set: None, test_set: Some(verdict), replayed: None });
					}
					Err(_) => (self.public(request, description, &alone(otherwise), times)?, Some(verdict)),
				}
			}
		};
		let set = EvaluationSet::draw(set, request.seed, request.policy.records(), request.metric)?;
		let has_replays = request.replays.as_ref().is_some_and(|replays| !replays.segments.is_empty());
		let replayed = has_replays.then(|| self.public(request, description, &request.deltas, times));
		let set = Some(set.with_rounding(request.rounding()));
		Ok(Records { set, test_set, replayed: replayed.transpose()? })
	}

	/// Builds a set of deltas that the group itself names.
	fn public(
		&self,
		request: &EvaluationRequest,
		description: &Description,
		deltas: &[DeltaSource],
		times: Times,
	) -> Result<Arc<Set>> {
		let until = (times.limit.min(times.over), times.limit);
		self.artifacts.set_in_turn(description, deltas, &request.providers, until, &Mutex::default())
	}

	/// Opens the hidden test set and builds it. The inner error is the verdict on one that cannot be measured
	/// on.
	fn hidden(
		&self,
		request: &EvaluationRequest,
		description: &Description,
		times: Times,
	) -> Result<Result<Arc<Set>, TestSetVerdict>> {
		let test_set = request.test_set.as_ref().context("the request names no hidden test set")?;
		let source = SealedSource {
			manifest: test_set.manifest,
			index: test_set.index,
			providers: joined(&test_set.providers, &request.providers),
			peers: request.peers.clone(),
		};
		let time = self.deadlines.fetch.min(Duration::from_millis(request.fetch_ms));
		let ends = (within(time).min(times.closing).min(times.limit), times.limit);
		let verdict = match self.artifacts.test_set(description, &source, &test_set.key, ends) {
			Ok(set) => return Ok(Ok(set)),
			Err(ArtifactError::Unavailable(reason)) => {
				// A set that had less time than the window gives is not to blame.
				ensure!(Instant::now() < times.closing.min(times.limit), TOO_LATE);
				tracing::warn!(group = request.group, round = request.round, "unavailable: {reason}");
				TestSetVerdict::Unavailable
			}
			Err(ArtifactError::Invalid(reason) | ArtifactError::IllConditioned(reason)) => {
				tracing::warn!(
					group = request.group,
					round = request.round,
					"the hidden test set is broken, and the public one is measured on: {reason}"
				);
				TestSetVerdict::Broken
			}
			Err(ArtifactError::Failed(error)) => return Err(error.context("the hidden test set")),
		};
		Ok(Err(verdict))
	}
}

fn name(verdict: TestSetVerdict) -> &'static str {
	match verdict {
		TestSetVerdict::Sound => "sound",
		TestSetVerdict::Broken => "broken",
		TestSetVerdict::Unavailable => "unavailable",
	}
}
