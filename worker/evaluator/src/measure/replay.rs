//! Replaying the drawn segments of candidates.

use super::{download::Download, round::RoundEvaluation};
use crate::segment::{ReplayedSegment, Segment};
use anyhow::{anyhow, Context};
use descent_artifacts::{ArtifactError, Candidate};
use descent_protocol::{
	evaluation::{EvaluationRequest, ReplaySource, Replays},
	trace::{departure_limit, replay_root},
	ContentRef, Measurement, Verdict,
};
use descent_replay::is_replayable;
use std::path::PathBuf;

/// The states of a segment that are on disk, and the files that they lie in.
type Files = Vec<(ContentRef, PathBuf)>;

impl RoundEvaluation<'_> {
	/// Replays the segment of the candidate of a rank, which matches its claim, if the round has replays.
	/// `held` takes the states that were fetched for it.
	pub(super) fn replay(
		&mut self,
		(rank, measurement): (usize, Measurement),
		candidate: &Candidate,
		states: Vec<Download>,
		held: &mut Vec<Candidate>,
	) -> Verdict {
		let Some(replays) = &self.request.replays else {
			return Verdict::Match(measurement);
		};
		let content = self.request.candidates.get(rank).map(|candidate| candidate.checkpoint);
		let (Some(source), Some(content)) = (replays.segments.get(rank), content) else {
			return Verdict::Abstained;
		};
		let mut files = vec![(content, candidate.file.to_path_buf())];
		let replayed = match self.collect(source, states, &mut files, held) {
			Ok(()) => self.replay_files(replays, source, &files),
			Err(refused) => return refused,
		};
		let ReplayedSegment { departure, losses } = match replayed {
			Ok(replayed) => replayed,
			Err(error) => return self.refused(content, error),
		};
		let limit = departure_limit(self.request.seed, source.recipe.precision);
		let measurement = Measurement { root: replay_root(measurement.root, &losses), ..measurement };
		tracing::info!(digest = ?content.digest, number = source.number, departure, limit, "replayed");
		match departure > limit {
			true => Verdict::Departed(measurement),
			false => Verdict::Match(measurement),
		}
	}

	/// Waits for the states of a segment that are not here yet.
	///
	/// # Errors
	/// The verdict on a candidate whose states cannot be had.
	fn collect(
		&mut self,
		source: &ReplaySource,
		states: Vec<Download>,
		files: &mut Files,
		held: &mut Vec<Candidate>,
	) -> Result<(), Verdict> {
		if let Err(error) = is_replayable(&self.description) {
			return Err(self.refused(source.end, ArtifactError::Invalid(error.to_string())));
		}
		if let Some(head) = self.request.head.as_ref().map(|head| head.checkpoint) {
			if [source.start, Some(source.end)].contains(&Some(head)) {
				files.push((head, self.head_file()?));
			}
		}
		for mut state in states {
			self.wait(&mut state);
			let content = state.content;
			let fetched = state.fetching.and_then(|fetching| self.measurer.artifacts.fetched(fetching));
			let fetched = fetched.map_err(|error| self.refused(content, error))?;
			files.push((content, fetched.file.to_path_buf()));
			held.push(fetched);
		}
		Ok(())
	}

	fn replay_files(
		&self,
		replays: &Replays,
		source: &ReplaySource,
		files: &Files,
	) -> Result<ReplayedSegment, ArtifactError> {
		let file = |state: &ContentRef| {
			let file = files.iter().find(|(content, _)| content == state);
			let file = file.map(|(_, file)| file.clone()).context("a state of the segment is not here");
			file.map_err(ArtifactError::Failed)
		};
		let EvaluationRequest { genesis, group, round, .. } = *self.request;
		let segment = Segment {
			genesis,
			group,
			round,
			link: replays.link,
			source: source.clone(),
			start: source.start.as_ref().map(file).transpose()?,
			end: file(&source.end)?,
		};
		let records = self.replayed.as_deref();
		let records = records.ok_or_else(|| ArtifactError::Failed(anyhow!("the data set is not here")))?;
		self.measurer.pool.replay(&self.description, records, &segment, self.until)
	}
}
