//! Checking proposed deltas.

use super::{
	measure::{HEARING, NO_NETWORK},
	metrics::Metrics,
	pool::{DeltaCheck, EvaluationPool},
	runner::JobRunner,
};
use anyhow::{bail, ensure, Context, Result};
use descent_artifacts::{joined, within, ArtifactError, Artifacts};
use descent_dataset::{DeltaLimits, Schema, Set};
use descent_protocol::{
	evaluation::{CheckRequest, Checked},
	DeltaFault, DeltaReport, DeltaVerdict,
};
use std::{
	path::Path,
	sync::{Arc, Mutex, PoisonError},
	time::{Duration, Instant},
};

/// Runner that fetches proposed deltas and tries them on the data set.
#[derive(Clone)]
pub(crate) struct Checker {
	pub artifacts: Arc<Artifacts>,
	pub pool: EvaluationPool,
	/// Longest time for a check.
	pub limit: Duration,
	pub metrics: Arc<Metrics>,
	/// Held by the thread that computes, while the others fetch.
	pub turn: Arc<Mutex<()>>,
}

impl JobRunner<CheckRequest> for Checker {
	fn run(&mut self, request: &CheckRequest, over: Instant, _: &dyn Fn(u32)) -> Result<Checked> {
		let checked = self.check(request, over)?;
		tracing::info!(
			group = request.group,
			proposal = request.proposal,
			version = request.version,
			digest = ?request.proposed.delta.digest,
			verdict = ?checked,
			"checked a delta"
		);
		self.metrics.deltas.with_label_values(&[name(&checked)]).inc();
		self.metrics.set_content(self.artifacts.cache().store().used_bytes());
		Ok(Checked { checked })
	}
}

impl Checker {
	fn check(&self, request: &CheckRequest, over: Instant) -> Result<DeltaVerdict> {
		// Parts of the base that are fetched or built by then are there for the next attempt.
		let until = within(self.limit).min(over);
		let contacts = self.artifacts.contacts();
		let proposed = &request.proposed.delta;
		if proposed.size > DeltaLimits::default().file_bytes {
			return Ok(DeltaVerdict::Invalid(DeltaFault::TooLarge));
		}
		ensure!(
			proposed.size <= self.artifacts.largest(),
			"the delta has {} bytes, but there is room for {} only: raise --max-content",
			proposed.size,
			self.artifacts.largest()
		);
		let description = self.artifacts.description(&request.model, &request.providers, until)?;
		let base = match request.deltas.as_slice() {
			[] => None,
			deltas => {
				let (providers, times) = (&request.providers, (until, within(self.limit)));
				let built = self.artifacts.set_in_turn(&description, deltas, providers, times, &self.turn);
				Some(built.with_context(|| {
					format!("version {} of the data set cannot be built", request.version)
				})?)
			}
		};
		match self.fetch(request, until)? {
			Ok(file) => self.apply(request, base.as_deref(), &file, &description.schema(), until),
			Err(verdict) => {
				if verdict == DeltaVerdict::Unavailable && self.artifacts.contacts() == contacts {
					// Nobody was heard of, so that the delta is not to be had says nothing.
					let until = within(HEARING).min(over);
					ensure!(self.artifacts.is_heard_of(&request.providers, until), NO_NETWORK);
				}
				Ok(verdict)
			}
		}
	}

	/// Fetches the proposed delta. Call it once the base is there, since the proposer's time is not to be
	/// spent on building that. The inner error is the verdict on a delta that cannot be fetched.
	fn fetch(
		&self,
		request: &CheckRequest,
		until: Instant,
	) -> Result<Result<tempfile::TempPath, DeltaVerdict>> {
		let proposed = &request.proposed.delta;
		let late = within(Duration::from_millis(request.fetch_ms));
		let providers = joined(&request.proposed.providers, &request.providers);
		match self.artifacts.file(proposed, &providers, late.min(until)) {
			Ok(file) => Ok(Ok(file)),
			Err(ArtifactError::Unavailable(reason)) => {
				self.check_time(until)?;
				tracing::info!(digest = ?proposed.digest, "unavailable: {reason}");
				Ok(Err(DeltaVerdict::Unavailable))
			}
			Err(ArtifactError::Invalid(reason) | ArtifactError::IllConditioned(reason)) => {
				tracing::info!(digest = ?proposed.digest, "invalid: {reason}");
				Ok(Err(DeltaVerdict::Invalid(DeltaFault::Malformed)))
			}
			Err(ArtifactError::Failed(error)) => bail!(error),
		}
	}

	/// Tries the delta in `file` on the base.
	fn apply(
		&self,
		request: &CheckRequest,
		base: Option<&Set>,
		file: &Path,
		schema: &Schema,
		until: Instant,
	) -> Result<DeltaVerdict> {
		let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
		self.check_time(until)?;
		let scratch = self.artifacts.scratch();
		let limit = within(self.limit);
		let checked = self.pool.check_delta(scratch, base, file, schema, limit);
		match checked.context("the delta cannot be checked here")? {
			DeltaCheck::Valid(summary) => Ok(DeltaVerdict::Valid(DeltaReport {
				added: summary.added,
				removed: summary.removed,
				records: summary.records,
				root: descent_protocol::delta_root(
					request.genesis,
					request.group,
					request.proposal,
					request.version,
					summary.rows,
				),
			})),
			DeltaCheck::Invalid(fault, reason) => {
				tracing::info!(digest = ?request.proposed.delta.digest, "invalid: {reason}");
				Ok(DeltaVerdict::Invalid(fault))
			}
		}
	}

	/// Fails if the time is over. A proposer that had less time than the chain gives, because this machine
	/// took its own, is not to blame.
	fn check_time(&self, until: Instant) -> Result<()> {
		ensure!(
			Instant::now() < until,
			"the check took longer than its attempt, or than the {} s of --check-limit; \
			 the next attempt uses the work that is done",
			self.limit.as_secs()
		);
		Ok(())
	}
}

fn name(verdict: &DeltaVerdict) -> &'static str {
	match verdict {
		DeltaVerdict::Valid(_) => "valid",
		DeltaVerdict::Invalid(_) => "invalid",
		DeltaVerdict::Unavailable => "unavailable",
	}
}
