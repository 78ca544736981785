use super::{metrics::Metrics, runner::JobRunner};
use crate::evaluation_set::{self, EvaluationSet};
use anyhow::{ensure, Context, Result};
use descent_artifacts::{within, ArtifactError, Artifacts, Fetching};
use descent_dataset::Description;
use descent_protocol::{
	evaluation::{DeltaSource, EvaluationRequest, Measured},
	Ballot, ContentRef, EvaluationPolicy, Measurement, Verdict,
};
use std::{
	sync::Arc,
	time::{Duration, Instant},
};

/// How long what may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadlines {
	/// The fetch of all checkpoints of a round, which the group's windows may shorten.
	pub fetch: Duration,
	/// A whole evaluation.
	pub job: Duration,
}

/// The judge that fetches and measures.
pub(crate) struct Measurer {
	/// What has been fetched.
	pub artifacts: Arc<Artifacts>,
	/// How long what may take.
	pub deadlines: Deadlines,
	/// What is counted.
	pub metrics: Arc<Metrics>,
}

/// A checkpoint to be looked at.
struct Entry {
	checkpoint: ContentRef,
	fetching: Result<Fetching, ArtifactError>,
}

/// What came of looking at one checkpoint.
enum Seen {
	Measured(Measurement),
	Unavailable,
	Invalid,
}

impl JobRunner<EvaluationRequest> for Measurer {
	fn judge(&mut self, request: &EvaluationRequest, _: Instant, progress: &dyn Fn(u32)) -> Result<Measured> {
		let (group, round) = (request.group, request.round);
		tracing::info!(group, round, candidates = request.candidates.len(), "measuring");
		let until = within(self.deadlines.job);
		// A crowd of false claims may not fit into the window. What has been found by then is worth saying: it is what
		// the false ones among it pay for. The candidates' time is half of the window.
		let closing = within(Duration::from_millis(request.fetch_ms.saturating_mul(9) / 5));
		let (description, exam) = self.prepare(request, until)?;
		// All side by side, against one deadline: nobody can make a committee wait for long.
		let fetch = self.deadlines.fetch.min(Duration::from_millis(request.fetch_ms));
		let fetch_until = until.min(within(fetch));
		let begin = |checkpoint: ContentRef, providers: &[String]| Entry {
			checkpoint,
			fetching: evaluation_set::check_size(&description, &checkpoint)
				.map(|()| self.artifacts.begin(checkpoint, providers.to_vec(), fetch_until)),
		};
		// Whoever won with it may be gone, or serve it to some members only.
		let head = request.head.as_ref().map(|head| {
			let providers = [&head.providers[..], &request.providers].concat();
			begin(head.checkpoint, &providers)
		});
		let candidates = request.candidates.iter();
		let entries: Vec<_> =
			candidates.map(|candidate| begin(candidate.checkpoint, &candidate.providers)).collect();

		let mut measured = 0;
		let mut look = |entry: Entry| -> Result<Seen> {
			let seen = self.look(request, &description, &exam, entry, until)?;
			if matches!(seen, Seen::Measured(_)) {
				measured += 1;
				progress(measured);
			}
			Ok(seen)
		};
		let baseline = match head.map(&mut look).transpose().context("the head")? {
			Some(Seen::Measured(measurement)) => Some(measurement),
			Some(Seen::Unavailable | Seen::Invalid) | None => None,
		};
		tracing::info!(
			group,
			round,
			head = ?request.head.as_ref().map(|head| head.checkpoint.digest),
			?baseline,
			"looked at the head"
		);
		let mut ballot = Ballot { baseline, verdicts: Default::default() };
		for (candidate, entry) in request.candidates.iter().zip(entries) {
			if Instant::now() >= closing && !ballot.verdicts.is_empty() {
				tracing::warn!(
					group,
					round,
					"the attest window closes with {} of {} candidates looked at: measure on a faster machine",
					ballot.verdicts.len(),
					request.candidates.len()
				);
				break;
			}
			let verdict = match look(entry)? {
				Seen::Measured(measurement)
					if measurement.score.within(candidate.claim, request.tolerance) =>
				{
					Verdict::Match(measurement)
				}
				Seen::Measured(measurement) => Verdict::Mismatch(measurement),
				Seen::Unavailable => Verdict::Unavailable,
				Seen::Invalid => Verdict::Invalid,
			};
			tracing::info!(
				group,
				round,
				digest = ?candidate.checkpoint.digest,
				claim = %candidate.claim,
				?verdict,
				"looked at a candidate"
			);
			self.metrics.verdicts.with_label_values(&[name(&verdict)]).inc();
			ballot
				.verdicts
				.try_push(verdict)
				.map_err(|_| anyhow::anyhow!("more candidates than a ballot holds"))?;
			if matches!(verdict, Verdict::Match(_)) {
				break;
			}
			// Only a checkpoint that may become the head is worth its room; what is named twice is needed still.
			self.artifacts.cache().discard(&candidate.checkpoint)?;
		}
		self.metrics.set_content(self.artifacts.cache().store().used_bytes());
		Ok(Measured { ballot })
	}
}

impl Measurer {
	fn prepare(&self, request: &EvaluationRequest, until: Instant) -> Result<(Description, EvaluationSet)> {
		let providers = &request.providers;
		let description = self.artifacts.description(&request.model, providers, until)?;
		let set = match &request.policy {
			EvaluationPolicy::Training { .. } => {
				self.artifacts.set(&description, &request.deltas, providers, until)?
			}
			EvaluationPolicy::Validation { set, .. } => {
				let source = DeltaSource { delta: *set, providers: Vec::new() };
				self.artifacts.set(&description, &[source], providers, until)?
			}
		};
		let records = request.policy.records();
		let exam = EvaluationSet::draw(set, request.seed, records, request.metric)?;
		Ok((description, exam))
	}

	fn check_time(&self, until: Instant) -> Result<()> {
		ensure!(
			Instant::now() < until,
			"the evaluation took longer than the {} s allowed: raise --job-limit, or measure on a faster machine",
			self.deadlines.job.as_secs()
		);
		Ok(())
	}

	fn look(
		&self,
		request: &EvaluationRequest,
		description: &Description,
		exam: &EvaluationSet,
		entry: Entry,
		until: Instant,
	) -> Result<Seen> {
		self.check_time(until)?;
		let Entry { checkpoint, fetching } = entry;
		let digest = checkpoint.digest;
		let evaluation = fetching.and_then(|fetching| {
			let fetched = self.artifacts.fetched(fetching, &checkpoint)?;
			exam.evaluate(&evaluation_set::load(description, &fetched.file)?, until)
		});
		match evaluation {
			Ok(evaluation) => Ok(Seen::Measured(Measurement {
				score: evaluation.score,
				root: descent_protocol::transcript_root(
					request.genesis,
					request.group,
					request.round,
					digest,
					&evaluation.transcript,
				),
			})),
			Err(ArtifactError::Unavailable(reason)) => {
				// Whoever had less time than the group gives because this machine took its own is not to blame.
				self.check_time(until)?;
				tracing::info!(?digest, "unavailable: {reason}");
				Ok(Seen::Unavailable)
			}
			Err(ArtifactError::Invalid(reason)) => {
				tracing::info!(?digest, "invalid: {reason}");
				Ok(Seen::Invalid)
			}
			Err(ArtifactError::Failed(error)) => Err(error),
		}
	}
}

fn name(verdict: &Verdict) -> &'static str {
	match verdict {
		Verdict::Match(_) => "match",
		Verdict::Mismatch(_) => "mismatch",
		Verdict::Unavailable => "unavailable",
		Verdict::Invalid => "invalid",
	}
}
