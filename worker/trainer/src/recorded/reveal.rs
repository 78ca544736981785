//! The part of a recording that is shown with the reveal.

use super::{Recorded, Recordings};
use anyhow::{ensure, Context, Result};
use descent_protocol::{
	trace::{drawn_segment, trace_root, Base, Recording, SegmentProof},
	ContentRef,
};
use descent_replay::Recording as Folder;
use sp_core::H256;
use std::path::{Path, PathBuf};

/// Name of the file of a recording's base.
const BASE: &str = "base.safetensors";

/// The recording as it is revealed, and the files that its committee fetches beside the checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
	pub recording: Recording,
	/// The weights that the drawn segment begins with, unless a seed draws them, and those at its end.
	pub states: Vec<(PathBuf, ContentRef)>,
}

/// Makes the recording that a commitment binds, with the segment that the seed draws.
///
/// # Errors
/// If the recording on disk is not the one that the commitment binds any more.
pub(crate) fn reveal(
	recordings: &Recordings,
	recorded: &Recorded,
	checkpoint: ContentRef,
	seed: H256,
) -> Result<Shown> {
	let Recorded { round, recipe, trace, last, .. } = *recorded;
	let folder = recordings.folder(round);
	let damaged = || {
		format!(
			"{} is not the recording that was committed to any more: it has been changed, and without it the \
			 checkpoint cannot be revealed",
			folder.display()
		)
	};
	let found = Folder::read(&folder).with_context(damaged)?;
	let segments = found.segments().get(..usize::from(trace.segments)).with_context(damaged)?;
	ensure!(trace_root(segments) == trace.root && found.header().recipe == recipe, damaged());
	let proof = |number| SegmentProof::new(segments, number).with_context(damaged);
	let drawn = proof(drawn_segment(seed, recorded.submission(checkpoint.digest), trace.segments))?;
	let start = drawn.segment.from.map(proof).transpose()?;
	let state = |proof: &SegmentProof| -> Result<(PathBuf, ContentRef)> {
		let path = found.state_path(proof.number)?;
		Ok((path, ContentRef { digest: proof.segment.state, ..checkpoint }))
	};
	let mut states = Vec::new();
	match (&start, recipe.base) {
		(Some(start), _) => states.push(state(start)?),
		(None, Base::Checkpoint { checkpoint }) => states.push((base_path(&folder), checkpoint)),
		(None, Base::Initial { .. }) => {}
	}
	states.push(state(&drawn)?);
	let recording = Recording { recipe, trace, last: proof(last)?, drawn, start };
	ensure!(recording.is_sound(checkpoint.digest, seed), damaged());
	Ok(Shown { recording, states })
}

/// Returns the path of the checkpoint that a recording begins with.
pub(super) fn base_path(folder: &Path) -> PathBuf {
	folder.join(BASE)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::recorded::test_group::TestGroup;
	use std::{collections::HashSet, fs};

	#[test]
	fn the_drawn_segment_is_shown_with_the_files_that_its_replay_needs() {
		let group = TestGroup::new();
		let recorded = group.record(7, 5);
		let checkpoint = group.checkpoint(&recorded);
		let mut drawn = HashSet::new();
		for seed in (0..40).map(H256::from_low_u64_be) {
			let Shown { recording, states } = reveal(&group.recordings, &recorded, checkpoint, seed).unwrap();
			assert!(recording.is_sound(checkpoint.digest, seed));
			drawn.insert(recording.drawn.number);
			let ends = [recording.start.as_ref(), Some(&recording.drawn)].into_iter().flatten();
			let expected: Vec<_> = ends.map(|proof| proof.segment.state).collect();
			assert_eq!(states.iter().map(|(_, state)| state.digest).collect::<Vec<_>>(), expected);
			for (path, state) in states {
				assert_eq!(descent_content::address(fs::File::open(path).unwrap()).unwrap(), state);
			}
		}
		assert_eq!(drawn.len(), 5, "every segment is drawn by some seed");
	}

	#[test]
	fn segments_that_were_added_later_change_nothing() {
		let group = TestGroup::new();
		let recorded = group.record(7, 3);
		let checkpoint = group.checkpoint(&recorded);
		let before = reveal(&group.recordings, &recorded, checkpoint, H256::repeat_byte(1)).unwrap();
		group.record(7, 2);
		let after = reveal(&group.recordings, &recorded, checkpoint, H256::repeat_byte(1)).unwrap();
		assert_eq!(before, after);
	}

	#[test]
	fn a_recording_that_was_changed_is_not_revealed() {
		let group = TestGroup::new();
		let recorded = group.record(7, 3);
		let checkpoint = group.checkpoint(&recorded);
		let shown = |recorded: &Recorded| reveal(&group.recordings, recorded, checkpoint, H256::zero());
		assert!(shown(&recorded).is_ok());
		let other = Recorded { last: 0, ..recorded };
		assert!(shown(&other).unwrap_err().to_string().contains("has been changed"));
		let lines = group.recordings.folder(7).join("segments.jsonl");
		let text = fs::read_to_string(&lines).unwrap();
		let last = text.trim_end().rfind('\n').unwrap();
		fs::write(&lines, &text[..=last]).unwrap();
		assert!(shown(&recorded).unwrap_err().to_string().contains("has been changed"));
	}
}
