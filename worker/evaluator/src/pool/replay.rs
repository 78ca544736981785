//! Replaying segments in processes of their own.

use super::{in_child, unexpected, EvaluationPool, Failure, JobLimits, Mode};
use crate::{
	child::{to_exact, Answer, BaseSet, ReplayJob, Request},
	segment::{replay_memory, ReplayedSegment, Segment},
};
use anyhow::{ensure, Context, Result};
use descent_artifacts::ArtifactError;
use descent_dataset::{Description, Set};
use std::{fs, time::Instant};

impl EvaluationPool {
	/// Replays a segment on the records of a data set, at the latest until `until`.
	///
	/// # Errors
	/// [`ArtifactError::Invalid`] is the recording's fault, or that of a model whose trainings cannot be
	/// replayed; [`ArtifactError::Failed`] is this machine's. A segment at which two processes crash is
	/// invalid. One that takes too long is not.
	pub(crate) fn replay(
		&self,
		description: &Description,
		records: &Set,
		segment: &Segment,
		until: Instant,
	) -> Result<ReplayedSegment, ArtifactError> {
		let batch = records.len().min(segment.source.recipe.batch.into());
		let memory = replay_memory(description, batch);
		check_memory(memory, self.isolation().processes).map_err(ArtifactError::Failed)?;
		let Mode::Children(children) = &self.mode else {
			return segment.replay(description, records, until);
		};
		let request = || -> Result<Request> {
			let mut segment = segment.clone();
			segment.start = segment.start.map(std::path::absolute).transpose()?;
			segment.end = std::path::absolute(segment.end)?;
			let description = to_exact(description.document())?;
			Ok(Request::Replay(Box::new(ReplayJob { description, set: BaseSet::from(records), segment })))
		};
		let limits = JobLimits { memory, file: 0, until };
		match in_child(&children.evaluators, limits, request, |_, answer| Ok(answer)) {
			Ok(Answer::Replayed(replayed)) => Ok(replayed),
			Ok(Answer::Invalid(reason)) => Err(ArtifactError::Invalid(reason)),
			Ok(other) => Err(ArtifactError::Failed(unexpected(other))),
			Err(Failure::Crashes(reason)) => {
				Err(ArtifactError::Invalid(format!("two processes crashed replaying it: {reason}")))
			}
			Err(Failure::Other(error)) => Err(ArtifactError::Failed(error)),
		}
	}
}

/// Checks that this machine can spare the memory of a replay, which grows with the group's batches: half of
/// its memory is for replays, and each process has its part of that.
fn check_memory(needed: u64, processes: usize) -> Result<()> {
	let meminfo = fs::read_to_string("/proc/meminfo").context("cannot read /proc/meminfo")?;
	let total = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"));
	let kibibytes = total.and_then(|total| total.split_whitespace().next()?.parse::<u64>().ok());
	let bytes = kibibytes.context("/proc/meminfo has no MemTotal")?.saturating_mul(1 << 10);
	let processes = u64::try_from(processes).unwrap_or(u64::MAX).max(1);
	let spared = bytes / 2 / processes;
	ensure!(
		needed <= spared,
		"a replay of this group needs {} MiB of memory, and each of {processes} processes has {} MiB at \
		 most, which is half of this machine's together: measure with fewer --processes, or on a larger \
		 machine",
		needed >> 20,
		spared >> 20
	);
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn no_replay_takes_the_memory_of_all_others() {
		let description = descent_testing::description(16);
		let modest = replay_memory(&description, 64);
		assert!((256 << 20..1 << 30).contains(&modest), "{modest}");
		check_memory(modest, 1).unwrap();
		let per_record = replay_memory(&description, 65_536) - replay_memory(&description, 65_535);
		// Nine inputs, 16 hidden values twice, and three outputs.
		assert!((400..4_000).contains(&per_record), "{per_record}");
		for (needed, processes) in
			[(u64::MAX, 1), (replay_memory(&description, u64::MAX), 2), (modest, 1 << 20)]
		{
			let reason = check_memory(needed, processes).unwrap_err().to_string();
			assert!(reason.contains("--processes"), "{reason}");
		}
	}
}
