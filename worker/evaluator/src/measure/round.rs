//! One round under way.

use super::{Download, Measurer};
use crate::evaluation_set::EvaluationSet;
use anyhow::{anyhow, bail, Result};
use descent_artifacts::{ArtifactError, Candidate};
use descent_dataset::Description;
use descent_protocol::{
	evaluation::{CandidateSource, EvaluationRequest},
	Ballot, Measurement, Verdict,
};
use std::time::Instant;

/// Outcome for one checkpoint.
enum Outcome {
	Measured(Measurement),
	Unavailable,
	Invalid,
	IllConditioned,
	/// This machine failed, which the checkpoint is not to blame for.
	Failed,
}

/// The evaluation of a round's checkpoints.
pub(super) struct RoundEvaluation<'a> {
	measurer: &'a Measurer,
	request: &'a EvaluationRequest,
	description: Description,
	set: EvaluationSet,
	/// End of measuring.
	until: Instant,
	progress: &'a dyn Fn(u32),
	/// Number of checkpoints measured so far.
	measured: u32,
	/// The first failure of this machine.
	failure: Option<anyhow::Error>,
	/// True if a checkpoint was not to be had.
	pub(super) missed: bool,
}

impl<'a> RoundEvaluation<'a> {
	pub(super) fn new(
		measurer: &'a Measurer,
		request: &'a EvaluationRequest,
		(description, set): (Description, EvaluationSet),
		until: Instant,
		progress: &'a dyn Fn(u32),
	) -> Self {
		Self {
			measurer,
			request,
			description,
			set,
			until,
			progress,
			measured: 0,
			failure: None,
			missed: false,
		}
	}

	/// Measures the candidates in their order until as many claims are true as the round pays winners, and
	/// the head as soon as it is there. Whatever fails on this machine fails alone.
	///
	/// # Errors
	/// Fails if there is nothing to say at all.
	pub(super) fn measure(&mut self, mut head: Option<Download>, downloads: Vec<Download>) -> Result<Ballot> {
		let mut ballot = Ballot { baseline: None, verdicts: Default::default() };
		for (candidate, mut download) in self.request.candidates.iter().zip(downloads) {
			self.wait(&mut head, &mut download, &mut ballot);
			if Instant::now() >= self.until {
				break;
			}
			let (verdict, content) = self.verdict(candidate, download);
			let pushed = ballot.verdicts.try_push(verdict);
			pushed.map_err(|_| anyhow!("more candidates than a ballot holds"))?;
			if self.is_decided(&ballot) {
				break;
			}
			// Only a checkpoint that may become the head is worth its room. One that the request names twice
			// is pinned twice and stays.
			if !matches!(verdict, Verdict::Match(_)) {
				if let Err(error) = self.measurer.artifacts.cache().discard(&candidate.checkpoint) {
					tracing::warn!("cannot remove a candidate that was measured: {error}");
				}
			}
			drop(content);
		}
		if let Some(head) = head {
			ballot.baseline = self.baseline(head);
		}
		self.complete(ballot)
	}

	/// Returns true if no further candidate need be measured: as many claims are true as the round pays
	/// winners.
	fn is_decided(&self, ballot: &Ballot) -> bool {
		let matches = ballot.verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Match(_)));
		matches.count() >= usize::from(self.request.winners)
	}

	/// Waits until the candidate is there, and measures the head meanwhile if that is there before.
	fn wait(&mut self, head: &mut Option<Download>, candidate: &mut Download, ballot: &mut Ballot) {
		let Some(mut waiting) = head.take() else {
			return;
		};
		if let (Ok(one), Ok(other)) = (&mut waiting.fetching, &mut candidate.fetching) {
			self.measurer.artifacts.either_over(one, other);
		}
		if waiting.is_over() {
			ballot.baseline = self.baseline(waiting);
		} else {
			*head = Some(waiting);
		}
	}

	fn baseline(&mut self, head: Download) -> Option<Measurement> {
		let (outcome, _) = self.look_at(head);
		let baseline = match outcome {
			Outcome::Measured(measurement) => Some(measurement),
			// In a ballot this is as good as silence: nobody is struck for it.
			Outcome::Unavailable | Outcome::Invalid | Outcome::IllConditioned | Outcome::Failed => None,
		};
		tracing::info!(
			group = self.request.group,
			round = self.request.round,
			head = ?self.request.head.as_ref().map(|head| head.checkpoint.digest),
			?baseline,
			"looked at the head"
		);
		baseline
	}

	/// Returns the ballot without abstentions at its end, or an error if nothing is left of it.
	fn complete(&mut self, mut ballot: Ballot) -> Result<Ballot> {
		if self.request.tolerance.is_some() {
			// A runtime of that age knows no abstentions: the ballot ends before the first.
			let first = ballot.verdicts.iter().position(|verdict| *verdict == Verdict::Abstained);
			ballot.verdicts.truncate(first.unwrap_or(ballot.verdicts.len()));
		}
		let looked = ballot.verdicts.iter().filter(|verdict| **verdict != Verdict::Abstained).count();
		while ballot.verdicts.last() == Some(&Verdict::Abstained) {
			ballot.verdicts.pop();
		}
		let candidates = self.request.candidates.len();
		if looked < candidates && !self.is_decided(&ballot) {
			tracing::warn!(
				group = self.request.group,
				round = self.request.round,
				"the attest window closes with {looked} of {candidates} candidates looked at: \
				 measure on a faster machine"
			);
		}
		let has_time = Instant::now() < self.until;
		if looked == 0 && candidates > 0 && (ballot.baseline.is_none() || has_time) {
			match self.failure.take() {
				Some(error) => return Err(error.context("no candidate could be measured")),
				None => bail!(
					"the time ran out before any candidate was measured: raise --job-limit, or measure on a \
					 faster machine"
				),
			}
		}
		Ok(ballot)
	}

	fn verdict(&mut self, candidate: &CandidateSource, download: Download) -> (Verdict, Option<Candidate>) {
		let (outcome, content) = self.look_at(download);
		let tolerance = self.request.tolerance.unwrap_or_default();
		let verdict = match outcome {
			Outcome::Measured(measurement) if measurement.score.within(candidate.claim, tolerance) => {
				Verdict::Match(measurement)
			}
			Outcome::Measured(measurement) => Verdict::Mismatch(measurement),
			Outcome::Unavailable => Verdict::Unavailable,
			Outcome::Invalid => Verdict::Invalid,
			Outcome::IllConditioned => Verdict::IllConditioned,
			Outcome::Failed => Verdict::Abstained,
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
		(verdict, content)
	}

	/// Waits for a checkpoint and measures it.
	fn look_at(&mut self, download: Download) -> (Outcome, Option<Candidate>) {
		let Download { content, fetching } = download;
		let digest = content.digest;
		let mut fetched = None;
		let evaluation = fetching.and_then(|fetching| {
			let candidate = fetched.insert(self.measurer.artifacts.fetched(fetching)?);
			self.measurer.pool.evaluate(&self.description, &self.set, &candidate.file, self.until)
		});
		let outcome = match evaluation {
			Ok(evaluation) => {
				self.measured += 1;
				(self.progress)(self.measured);
				let EvaluationRequest { genesis, group, round, .. } = *self.request;
				let transcript = &evaluation.transcript;
				Outcome::Measured(Measurement {
					score: evaluation.score,
					root: descent_protocol::transcript_root(genesis, group, round, digest, transcript),
				})
			}
			Err(ArtifactError::Unavailable(reason)) => {
				tracing::info!(?digest, "unavailable: {reason}");
				self.missed = true;
				Outcome::Unavailable
			}
			Err(ArtifactError::Invalid(reason)) => {
				tracing::info!(?digest, "invalid: {reason}");
				Outcome::Invalid
			}
			Err(ArtifactError::IllConditioned(reason)) => {
				tracing::info!(?digest, "ill-conditioned: {reason}");
				Outcome::IllConditioned
			}
			Err(ArtifactError::Failed(error)) => {
				tracing::warn!(?digest, "failed here: {error:#}");
				self.failure.get_or_insert(error);
				Outcome::Failed
			}
		};
		(outcome, fetched)
	}
}

fn name(verdict: &Verdict) -> &'static str {
	match verdict {
		Verdict::Match(_) => "match",
		Verdict::Mismatch(_) => "mismatch",
		Verdict::Unavailable => "unavailable",
		Verdict::Invalid => "invalid",
		Verdict::IllConditioned => "ill_conditioned",
		Verdict::Abstained => "abstained",
	}
}
