//! One round under way.

use super::{
	download::{CandidateDownload, Download, Downloads},
	Measurer,
};
use crate::{evaluation_set::EvaluationSet, request::states};
use anyhow::{anyhow, bail, Result};
use descent_artifacts::{ArtifactError, Candidate};
use descent_dataset::{Description, Set};
use descent_protocol::{
	evaluation::{CandidateSource, EvaluationRequest},
	Ballot, ContentRef, Measurement, Verdict,
};
use std::{path::PathBuf, sync::Arc, time::Instant};

/// The evaluation of a round's checkpoints.
pub(super) struct RoundEvaluation<'a> {
	pub(super) measurer: &'a Measurer,
	pub(super) request: &'a EvaluationRequest,
	pub(super) description: Description,
	set: EvaluationSet,
	/// The data set whose records are taken where segments are replayed.
	pub(super) replayed: Option<Arc<Set>>,
	/// End of measuring.
	pub(super) until: Instant,
	progress: &'a dyn Fn(u32),
	/// Number of checkpoints measured so far.
	measured: u32,
	/// The head, until it is measured.
	head: Option<Download>,
	/// The head's file once it was looked at, where segments begin or end with it, or the reason that it is
	/// not here.
	head_file: Option<Result<Candidate, Verdict>>,
	baseline: Option<Measurement>,
	/// The first failure of this machine.
	failure: Option<anyhow::Error>,
	/// True if a checkpoint was not to be had.
	pub(super) missed: bool,
}

impl<'a> RoundEvaluation<'a> {
	pub(super) fn new(
		measurer: &'a Measurer,
		request: &'a EvaluationRequest,
		(description, (set, replayed)): (Description, (EvaluationSet, Option<Arc<Set>>)),
		until: Instant,
		progress: &'a dyn Fn(u32),
	) -> Self {
		Self {
			measurer,
			request,
			description,
			set,
			replayed,
			until,
			progress,
			measured: 0,
			head: None,
			head_file: None,
			baseline: None,
			failure: None,
			missed: false,
		}
	}

	/// Measures the candidates in their order until as many claims are true as the round pays winners, then
	/// those behind them whose work is paid for, and the head as soon as it is there. Whatever fails on this
	/// machine fails alone.
	///
	/// # Errors
	/// Fails if there is nothing to say at all.
	pub(super) fn measure(&mut self, downloads: Downloads) -> Result<Ballot> {
		let mut ballot = Ballot { baseline: None, verdicts: Default::default() };
		self.head = downloads.head;
		for (rank, mut download) in downloads.candidates.into_iter().enumerate() {
			let Some(candidate) = self.request.candidates.get(rank) else {
				break;
			};
			let is_decided = self.is_decided(&ballot);
			let mut verdict = Verdict::Abstained;
			if !is_decided || self.request.is_drawn(rank) {
				self.wait(&mut download.checkpoint);
				if Instant::now() >= self.until {
					break;
				}
				let content;
				(verdict, content) = self.verdict((rank, candidate), download);
				// Only a checkpoint that may become the head is worth its room. One that the request names
				// twice is pinned twice and stays.
				if is_decided || !matches!(verdict, Verdict::Match(_)) {
					self.discard(&candidate.checkpoint);
				}
				drop(content);
			}
			let pushed = ballot.verdicts.try_push(verdict);
			pushed.map_err(|_| anyhow!("more candidates than a ballot holds"))?;
		}
		if let Some(head) = self.head.take() {
			self.measure_head(head);
		}
		ballot.baseline = self.baseline;
		self.complete(ballot)
	}

	fn discard(&self, content: &ContentRef) {
		if let Err(error) = self.measurer.artifacts.cache().discard(content) {
			tracing::warn!("cannot remove a checkpoint that is of no more use: {error}");
		}
	}

	/// Returns true if no further candidate need be measured to find the round's winners: as many claims are
	/// true as it pays.
	fn is_decided(&self, ballot: &Ballot) -> bool {
		let matches = ballot.verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Match(_)));
		matches.count() >= usize::from(self.request.winners)
	}

	/// Waits until a checkpoint is there, and measures the head meanwhile if that is there before.
	pub(super) fn wait(&mut self, download: &mut Download) {
		let Some(mut head) = self.head.take() else {
			return;
		};
		if let (Ok(one), Ok(other)) = (&mut head.fetching, &mut download.fetching) {
			self.measurer.artifacts.either_over(one, other);
		}
		if head.is_over() {
			self.measure_head(head);
		} else {
			self.head = Some(head);
		}
	}

	fn measure_head(&mut self, head: Download) {
		let content = head.content;
		let (outcome, fetched) = self.look_at(head);
		// In a ballot a head that is not measured is as good as silence: nobody is struck for it.
		self.baseline = outcome.ok();
		tracing::info!(
			group = self.request.group,
			round = self.request.round,
			head = ?content.digest,
			baseline = ?self.baseline,
			"looked at the head"
		);
		let segments = self.request.replays.iter().flat_map(|replays| &replays.segments);
		let mut states = segments.flat_map(|segment| [segment.start, Some(segment.end)]);
		if states.any(|state| state == Some(content)) {
			self.head_file = Some(fetched.ok_or(outcome.err().unwrap_or(Verdict::Abstained)));
		}
	}

	/// Returns the head's file, after waiting for it.
	///
	/// # Errors
	/// The verdict on a candidate that needs it, where it cannot be had.
	pub(super) fn head_file(&mut self) -> Result<PathBuf, Verdict> {
		if let Some(head) = self.head.take() {
			self.measure_head(head);
		}
		match &self.head_file {
			Some(Ok(head)) => Ok(head.file.to_path_buf()),
			Some(Err(refused)) => Err(*refused),
			None => Err(Verdict::Abstained),
		}
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

	fn verdict(
		&mut self,
		(rank, candidate): (usize, &CandidateSource),
		download: CandidateDownload,
	) -> (Verdict, Option<Candidate>) {
		let CandidateDownload { checkpoint, states: downloads } = download;
		let (outcome, content) = self.look_at(checkpoint);
		let tolerance = self.request.tolerance.unwrap_or_default();
		let (mut held, mut downloads) = (Vec::new(), Some(downloads));
		let verdict = match (outcome, &content) {
			(Ok(measurement), Some(content)) if measurement.score.within(candidate.claim, tolerance) => {
				self.replay((rank, measurement), content, downloads.take().unwrap_or_default(), &mut held)
			}
			(Ok(measurement), _) => Verdict::Mismatch(measurement),
			(Err(refused), _) => refused,
		};
		// What is still on its way is of no more use.
		drop(downloads);
		// Before the states give back their room.
		states(self.request, rank).iter().for_each(|state| self.discard(state));
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

	/// Waits for a checkpoint and measures it. Where it is not measured, returns the verdict on a candidate
	/// that it would be.
	fn look_at(&mut self, download: Download) -> (Result<Measurement, Verdict>, Option<Candidate>) {
		let Download { content, fetching } = download;
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
				let root =
					descent_protocol::transcript_root(genesis, group, round, content.digest, transcript);
				Ok(Measurement { score: evaluation.score, root })
			}
			Err(error) => Err(self.refused(content, error)),
		};
		(outcome, fetched)
	}

	/// Returns the verdict on a candidate of which this checkpoint, its own or a state, cannot be used.
	pub(super) fn refused(&mut self, ContentRef { digest, .. }: ContentRef, error: ArtifactError) -> Verdict {
		match error {
			ArtifactError::Unavailable(reason) => {
				tracing::info!(?digest, "unavailable: {reason}");
				self.missed = true;
				Verdict::Unavailable
			}
			ArtifactError::Invalid(reason) => {
				tracing::info!(?digest, "invalid: {reason}");
				Verdict::Invalid
			}
			ArtifactError::IllConditioned(reason) => {
				tracing::info!(?digest, "ill-conditioned: {reason}");
				Verdict::IllConditioned
			}
			ArtifactError::Failed(error) => {
				tracing::warn!(?digest, "failed here: {error:#}");
				self.failure.get_or_insert(error);
				Verdict::Abstained
			}
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
		Verdict::Abstained => "abstained",
		Verdict::Departed(_) => "departed",
	}
}
