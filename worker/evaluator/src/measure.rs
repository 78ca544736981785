//! Measuring the head and the candidates of a round.

use super::{metrics::Metrics, runner::JobRunner};
use crate::evaluation_set::{self, EvaluationSet};
use anyhow::{anyhow, ensure, Context, Result};
use descent_artifacts::{within, ArtifactError, Artifacts, Fetching};
use descent_dataset::Description;
use descent_protocol::{
	evaluation::{CandidateSource, DeltaSource, EvaluationRequest, Measured},
	Ballot, ContentRef, EvaluationPolicy, Measurement, Verdict,
};
use std::{
	sync::Arc,
	time::{Duration, Instant},
};

/// Longest times that an evaluation may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadlines {
	/// For fetching all checkpoints of a round, which the group's windows may shorten.
	pub fetch: Duration,
	/// For a whole evaluation.
	pub job: Duration,
}

/// Runner that fetches and measures checkpoints.
pub(crate) struct Measurer {
	pub artifacts: Arc<Artifacts>,
	pub deadlines: Deadlines,
	pub metrics: Arc<Metrics>,
}

impl JobRunner<EvaluationRequest> for Measurer {
	fn run(&mut self, request: &EvaluationRequest, _: Instant, progress: &dyn Fn(u32)) -> Result<Measured> {
		let (group, round) = (request.group, request.round);
		tracing::info!(group, round, candidates = request.candidates.len(), "measuring");
		let until = within(self.deadlines.job);
		// A crowd of false claims may not fit into the window. The verdicts found by then are still worth
		// reporting: the false claims among them pay for themselves. The candidates' time is half of the
		// window.
		let closing = within(Duration::from_millis(request.fetch_ms.saturating_mul(9) / 5));
		let (description, set) = self.prepare(request, until)?;
		let (head, candidates) = self.fetch(request, &description, until);
		let mut evaluation =
			Evaluation { measurer: self, request, description, set, until, progress, measured: 0 };
		let baseline = evaluation.measure_head(head)?;
		let mut ballot = Ballot { baseline, verdicts: Default::default() };
		evaluation.measure_candidates(candidates, closing, &mut ballot)?;
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
		let set = EvaluationSet::draw(set, request.seed, records, request.metric)?;
		Ok((description, set.with_rounding(request.rounding())))
	}

	/// Begins to fetch the head and the candidates. They are fetched side by side against one deadline, so
	/// that no provider can make a committee wait for long.
	fn fetch(
		&self,
		request: &EvaluationRequest,
		description: &Description,
		until: Instant,
	) -> (Option<Download>, Vec<Download>) {
		let fetch = self.deadlines.fetch.min(Duration::from_millis(request.fetch_ms));
		let until = until.min(within(fetch));
		let begin = |checkpoint: ContentRef, providers: &[String]| Download {
			checkpoint,
			fetching: evaluation_set::check_size(description, &checkpoint)
				.map(|()| self.artifacts.begin(checkpoint, providers.to_vec(), until)),
		};
		// The trainer that won with the head may be gone, or serve it to some members only.
		let head = request.head.as_ref().map(|head| {
			let providers = [&head.providers[..], &request.providers].concat();
			begin(head.checkpoint, &providers)
		});
		let candidates = request.candidates.iter();
		let candidates = candidates.map(|candidate| begin(candidate.checkpoint, &candidate.providers));
		(head, candidates.collect())
	}

	fn check_time(&self, until: Instant) -> Result<()> {
		ensure!(
			Instant::now() < until,
			"the evaluation took longer than the {} s allowed: raise --job-limit, or measure on a \
			 faster machine",
			self.deadlines.job.as_secs()
		);
		Ok(())
	}
}

/// A checkpoint that is being fetched.
struct Download {
	checkpoint: ContentRef,
	fetching: Result<Fetching, ArtifactError>,
}

/// Outcome for one checkpoint.
enum Outcome {
	Measured(Measurement),
	Unavailable,
	Invalid,
	IllConditioned,
}

/// One evaluation under way.
struct Evaluation<'a> {
	measurer: &'a Measurer,
	request: &'a EvaluationRequest,
	description: Description,
	set: EvaluationSet,
	until: Instant,
	progress: &'a dyn Fn(u32),
	/// Number of checkpoints measured so far.
	measured: u32,
}

impl Evaluation<'_> {
	fn measure_head(&mut self, head: Option<Download>) -> Result<Option<Measurement>> {
		let outcome = head.map(|head| self.measure(head)).transpose().context("the head")?;
		let baseline = match outcome {
			Some(Outcome::Measured(measurement)) => Some(measurement),
			Some(Outcome::Unavailable | Outcome::Invalid | Outcome::IllConditioned) | None => None,
		};
		tracing::info!(
			group = self.request.group,
			round = self.request.round,
			head = ?self.request.head.as_ref().map(|head| head.checkpoint.digest),
			?baseline,
			"looked at the head"
		);
		Ok(baseline)
	}

	/// Measures candidates in their order up to the first whose claim is true, or until `closing`.
	fn measure_candidates(
		&mut self,
		downloads: Vec<Download>,
		closing: Instant,
		ballot: &mut Ballot,
	) -> Result<()> {
		for (candidate, download) in self.request.candidates.iter().zip(downloads) {
			if Instant::now() >= closing && !ballot.verdicts.is_empty() {
				tracing::warn!(
					group = self.request.group,
					round = self.request.round,
					"the attest window closes with {} of {} candidates looked at: \
					 measure on a faster machine",
					ballot.verdicts.len(),
					self.request.candidates.len()
				);
				break;
			}
			let verdict = self.verdict(candidate, download)?;
			let pushed = ballot.verdicts.try_push(verdict);
			pushed.map_err(|_| anyhow!("more candidates than a ballot holds"))?;
			if matches!(verdict, Verdict::Match(_)) {
				break;
			}
			// Only a checkpoint that may become the head is worth its room. One that the request names twice
			// is pinned twice and stays.
			self.measurer.artifacts.cache().discard(&candidate.checkpoint)?;
		}
		Ok(())
	}

	fn verdict(&mut self, candidate: &CandidateSource, download: Download) -> Result<Verdict> {
		let verdict = match self.measure(download)? {
			Outcome::Measured(measurement)
				if measurement.score.within(candidate.claim, self.request.tolerance.unwrap_or_default()) =>
			{
				Verdict::Match(measurement)
			}
			Outcome::Measured(measurement) => Verdict::Mismatch(measurement),
			Outcome::Unavailable => Verdict::Unavailable,
			Outcome::Invalid => Verdict::Invalid,
			Outcome::IllConditioned => Verdict::IllConditioned,
		};
		tracing::info!(
			group = self.request.group,
			round = self.request.round,
			digest = ?candidate.checkpoint.digest,
			claim = %candidate.claim,
			?verdict,
			"looked at a candidate"
		);
		self.measurer.metrics.verdicts.with_label_values(&[name(&verdict)]).inc();
		Ok(verdict)
	}

	fn measure(&mut self, download: Download) -> Result<Outcome> {
		self.measurer.check_time(self.until)?;
		let Download { checkpoint, fetching } = download;
		let digest = checkpoint.digest;
		let evaluation = fetching.and_then(|fetching| {
			let fetched = self.measurer.artifacts.fetched(fetching, &checkpoint)?;
			self.set.evaluate(&evaluation_set::load(&self.description, &fetched.file)?, self.until)
		});
		match evaluation {
			Ok(evaluation) => {
				self.measured += 1;
				(self.progress)(self.measured);
				let EvaluationRequest { genesis, group, round, .. } = *self.request;
				let transcript = &evaluation.transcript;
				Ok(Outcome::Measured(Measurement {
					score: evaluation.score,
					root: descent_protocol::transcript_root(genesis, group, round, digest, transcript),
				}))
			}
			Err(ArtifactError::Unavailable(reason)) => {
				// A provider that had less time than the group gives, because this machine took its own, is
				// not to blame.
				self.measurer.check_time(self.until)?;
				tracing::info!(?digest, "unavailable: {reason}");
				Ok(Outcome::Unavailable)
			}
			Err(ArtifactError::Invalid(reason)) => {
				tracing::info!(?digest, "invalid: {reason}");
				Ok(Outcome::Invalid)
			}
			Err(ArtifactError::IllConditioned(reason)) => {
				tracing::info!(?digest, "ill-conditioned: {reason}");
				Ok(Outcome::IllConditioned)
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
		Verdict::IllConditioned => "ill_conditioned",
	}
}
