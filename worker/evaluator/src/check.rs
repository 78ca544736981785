use super::{metrics::Metrics, runner::JobRunner};
use anyhow::{bail, ensure, Context, Result};
use descent_artifacts::{joined, within, ArtifactError, Artifacts};
use descent_dataset::DeltaLimits;
use descent_protocol::{
	evaluation::{CheckRequest, Checked},
	DeltaFault, DeltaReport, DeltaVerdict,
};
use std::{
	sync::{Arc, Mutex, PoisonError},
	time::{Duration, Instant},
};

/// The judge that fetches proposed deltas and tries them on the data set.
#[derive(Clone)]
pub(crate) struct Checker {
	/// What has been fetched.
	pub artifacts: Arc<Artifacts>,
	/// How long a check may take.
	pub limit: Duration,
	/// What is counted.
	pub metrics: Arc<Metrics>,
	/// Held by the one that computes: the others fetch meanwhile.
	pub turn: Arc<Mutex<()>>,
}

impl JobRunner<CheckRequest> for Checker {
	fn judge(&mut self, request: &CheckRequest, over: Instant, _: &dyn Fn(u32)) -> Result<Checked> {
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
		// What is fetched of the base by then is there in the next attempt, and what is being built is finished for it.
		let until = within(self.limit).min(over);
		let (proposed, limits) = (&request.proposed.delta, DeltaLimits::default());
		if proposed.size > limits.file_bytes {
			return Ok(DeltaVerdict::Invalid(DeltaFault::TooLarge));
		}
		ensure!(
			proposed.size <= self.artifacts.largest(),
			"the delta has {} bytes, but there is room for {} only: raise --max-content",
			proposed.size,
			self.artifacts.largest()
		);
		let providers = &request.providers;
		let description = self.artifacts.description(&request.model, providers, until)?;
		let base = match request.deltas.as_slice() {
			[] => None,
			deltas => Some(
				self.artifacts.set_in_turn(&description, deltas, providers, until, &self.turn).with_context(
					|| format!("version {} of the data set cannot be built", request.version),
				)?,
			),
		};
		// Not before the base is there: what this machine needs to build it is no time that the proposer took.
		let late = within(Duration::from_millis(request.fetch_ms));
		let sources = joined(&request.proposed.providers, providers);
		let file = match self.artifacts.file(proposed, &sources, late.min(until)) {
			Ok(file) => file,
			Err(ArtifactError::Unavailable(reason)) => {
				self.check_time(until)?;
				tracing::info!(digest = ?proposed.digest, "unavailable: {reason}");
				return Ok(DeltaVerdict::Unavailable);
			}
			Err(ArtifactError::Invalid(reason)) => {
				tracing::info!(digest = ?proposed.digest, "invalid: {reason}");
				return Ok(DeltaVerdict::Invalid(DeltaFault::Malformed));
			}
			Err(ArtifactError::Failed(error)) => bail!(error),
		};
		let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
		self.check_time(until)?;
		let scratch = self.artifacts.scratch();
		let schema = description.schema();
		match descent_dataset::check(scratch, base.as_deref(), &file, &schema, &limits) {
			Ok(summary) => Ok(DeltaVerdict::Valid(DeltaReport {
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
			Err(error) => match error.fault() {
				Some(fault) => {
					tracing::info!(digest = ?proposed.digest, "invalid: {error}");
					Ok(DeltaVerdict::Invalid(fault))
				}
				None => Err(error).context("the delta cannot be checked here"),
			},
		}
	}

	/// Whoever had less time than the chain gives because this machine took its own is not to blame.
	fn check_time(&self, until: Instant) -> Result<()> {
		ensure!(
			Instant::now() < until,
			"the check took longer than its attempt, or than the {} s of --check-limit; what was done for it is kept for the next",
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
