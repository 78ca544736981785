//! The folder of all recordings: one folder a round, in a bounded number of bytes.

use anyhow::{Context, Result};
use descent_artifacts::disk::{create_directory, write_atomically};
use descent_protocol::{ContentRef, RoundIndex};
use serde::{Deserialize, Serialize};
use std::{
	collections::BTreeMap,
	fs, io,
	path::{Path, PathBuf},
};

/// Rounds for which a recording stays on disk after its own, so that others can audit it.
pub(crate) const KEPT_ROUNDS: RoundIndex = 10;
const SUBMISSION: &str = "submission.json";

/// A recording that a commitment binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Submission {
	/// The checkpoint, which is the end of a segment.
	pub checkpoint: ContentRef,
	/// Number of segments of the trace.
	pub segments: u16,
	/// True once the reveal is on chain.
	pub revealed: bool,
	/// True once the round is over for this trainer.
	pub over: bool,
	/// True if the committee has confirmed the checkpoint, so that the chain knows it as a base.
	#[serde(default)]
	pub confirmed: bool,
}

impl Submission {
	/// A submission that is not revealed yet.
	pub(crate) fn new(checkpoint: ContentRef, segments: u16) -> Self {
		Self { checkpoint, segments, revealed: false, over: false, confirmed: false }
	}

	/// Returns true if a later recording may begin with the checkpoint, as far as is known by now.
	fn is_base(&self) -> bool {
		self.confirmed || !self.over
	}
}

/// The recordings of a trainer.
#[derive(Clone, Debug)]
pub(crate) struct Recordings {
	root: PathBuf,
	max_bytes: u64,
}

impl Recordings {
	/// Opens the folder, which is made if it is not there. All recordings together may have this many bytes.
	pub(crate) fn open(root: PathBuf, max_bytes: u64) -> Result<Self> {
		create_directory(&root)?;
		Ok(Self { root, max_bytes })
	}

	/// Returns the folder of a round's recording.
	pub(crate) fn folder(&self, round: RoundIndex) -> PathBuf {
		self.root.join(round.to_string())
	}

	/// Path of the file of the group's head.
	pub(super) fn head(&self) -> PathBuf {
		self.root.join("head.safetensors")
	}

	/// Returns the rounds that have a folder, the first one first.
	pub(crate) fn rounds(&self) -> Result<Vec<RoundIndex>> {
		let mut rounds = Vec::new();
		for entry in fs::read_dir(&self.root).with_context(|| self.unreadable())? {
			let name = entry.with_context(|| self.unreadable())?.file_name();
			rounds.extend(name.to_str().and_then(|name| name.parse::<RoundIndex>().ok()));
		}
		rounds.sort_unstable();
		Ok(rounds)
	}

	fn unreadable(&self) -> String {
		format!("cannot read {}", self.root.display())
	}

	/// Returns the submission of a round's recording, if there is one.
	pub(crate) fn submission(&self, round: RoundIndex) -> Option<Submission> {
		serde_json::from_slice(&fs::read(self.folder(round).join(SUBMISSION)).ok()?).ok()
	}

	/// Notes the state of a submission.
	pub(crate) fn note(&self, round: RoundIndex, submission: &Submission) -> Result<()> {
		let folder = self.folder(round);
		create_directory(&folder)?;
		write_atomically(&folder.join(SUBMISSION), &serde_json::to_vec(submission)?)
	}

	/// Brings the folder together with the commitments of open rounds: a process that was killed may have
	/// noted less.
	pub(crate) fn reconcile(&self, open: &BTreeMap<RoundIndex, Submission>) -> Result<()> {
		for (round, submission) in open {
			let known = self.submission(*round).filter(|known| known.checkpoint == submission.checkpoint);
			self.note(*round, &Submission { over: false, ..known.unwrap_or(*submission) })?;
		}
		for round in self.rounds()? {
			match self.submission(round) {
				Some(known) if !known.over && !open.contains_key(&round) => {
					self.note(round, &Submission { over: true, ..known })?;
				}
				_ => {}
			}
		}
		Ok(())
	}

	/// Returns true if the checkpoint of a round turned out to be none that a recording can begin with.
	pub(super) fn is_lost(&self, round: RoundIndex) -> bool {
		self.submission(round).is_some_and(|submission| !submission.is_base())
	}

	/// Returns the last round before this one whose checkpoint a recording may begin with: one that was
	/// confirmed, or that is not settled yet. A trainer whose last checkpoint was not confirmed does not bet
	/// on the next one, as a recording that begins with what no committee confirms is lost.
	pub(super) fn last_base(&self, before: RoundIndex) -> Result<Option<(RoundIndex, ContentRef)>> {
		let earlier = self.rounds()?.into_iter().rev().filter(|round| *round < before);
		let known: Vec<_> = earlier.filter_map(|round| Some((round, self.submission(round)?))).collect();
		let settled = known.iter().find(|(_, submission)| submission.over);
		let is_sure = settled.is_none_or(|(_, submission)| submission.confirmed);
		let base = known.iter().find(|(_, submission)| match submission.over {
			true => submission.confirmed,
			false => is_sure,
		});
		Ok(base.map(|(round, submission)| (*round, submission.checkpoint)))
	}

	/// Returns the bytes that a round's recording may have beside the others.
	pub(crate) fn room(&self, round: RoundIndex) -> Result<u64> {
		let others = self.rounds()?.into_iter().filter(|other| *other != round);
		let others = others.map(|other| self.bytes(other)).sum::<Result<u64>>()?;
		Ok(self.max_bytes.saturating_sub(others))
	}

	/// Removes what the recordings from this round on do not need: recordings that nothing was committed to,
	/// and those that are long over. Where the rest has more than half of the bytes, those of rounds that are
	/// over go as well, the oldest first. A recording of a round that is not over stays, and so does the last
	/// one that the next can begin with.
	pub(crate) fn prune(&self, current: RoundIndex) -> Result<()> {
		let base = self.last_base(current)?.map(|(round, _)| round);
		let mut over = Vec::new();
		for round in self.rounds()?.into_iter().filter(|round| *round < current && Some(*round) != base) {
			match self.submission(round) {
				None => self.remove(round)?,
				Some(submission) if submission.over => over.push(round),
				Some(_) => {}
			}
		}
		let old = over.partition_point(|round| round.saturating_add(KEPT_ROUNDS) < current);
		let recent = over.split_off(old);
		over.into_iter().try_for_each(|round| self.remove(round))?;
		for round in recent {
			let all = self.rounds()?.into_iter().map(|round| self.bytes(round)).sum::<Result<u64>>()?;
			if all <= self.max_bytes / 2 {
				break;
			}
			self.remove(round)?;
		}
		Ok(())
	}

	/// Removes a recording.
	pub(crate) fn remove(&self, round: RoundIndex) -> Result<()> {
		let folder = self.folder(round);
		match fs::remove_dir_all(&folder) {
			Err(error) if error.kind() != io::ErrorKind::NotFound => {
				Err(error).with_context(|| format!("cannot remove {}", folder.display()))
			}
			_ => Ok(()),
		}
	}

	/// Returns the bytes of the files of a round's recording.
	fn bytes(&self, round: RoundIndex) -> Result<u64> {
		let folder = self.folder(round);
		size(&folder).with_context(|| format!("cannot read {}", folder.display()))
	}
}

/// Returns the bytes of the files in a folder and in those below it.
fn size(folder: &Path) -> io::Result<u64> {
	let mut bytes = 0u64;
	for entry in fs::read_dir(folder)? {
		let entry = entry?;
		let metadata = match entry.metadata() {
			// Another thread replaces a file.
			Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
			metadata => metadata?,
		};
		let size = if metadata.is_dir() { size(&entry.path())? } else { metadata.len() };
		bytes = bytes.saturating_add(size);
	}
	Ok(bytes)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn content(number: u8) -> ContentRef {
		ContentRef::raw(&[number]).unwrap()
	}

	/// Recordings of a thousand bytes, which may have this many together.
	fn recordings(folder: &Path, max_bytes: u64, rounds: &[(RoundIndex, Option<Submission>)]) -> Recordings {
		let recordings = Recordings::open(folder.join("recordings"), max_bytes).unwrap();
		for (round, submission) in rounds {
			fs::create_dir_all(recordings.folder(*round).join("states")).unwrap();
			fs::write(recordings.folder(*round).join("states/a"), [0; 1_000]).unwrap();
			if let Some(submission) = submission {
				recordings.note(*round, submission).unwrap();
			}
		}
		recordings
	}

	const fn submission(checkpoint: ContentRef, revealed: bool, over: bool) -> Option<Submission> {
		Some(Submission { checkpoint, segments: 3, revealed, over, confirmed: revealed && over })
	}

	#[test]
	fn what_is_not_over_stays_and_what_nothing_was_committed_to_goes() {
		let folder = tempfile::tempdir().unwrap();
		let open = submission(content(1), true, false);
		let lost = submission(content(2), false, true);
		let rounds = [(1, open), (2, lost), (3, None), (15, lost), (20, None), (21, None)];
		let recordings = recordings(folder.path(), 1 << 20, &rounds);
		recordings.prune(20).unwrap();
		assert_eq!(recordings.rounds().unwrap(), [1, 15, 20, 21], "round 1 is not settled after 19 rounds");
		let over = Submission { over: true, confirmed: true, ..open.unwrap() };
		recordings.note(1, &over).unwrap();
		recordings.prune(20).unwrap();
		assert_eq!(recordings.rounds().unwrap(), [1, 15, 20, 21], "the next one can begin with it");
		recordings.note(15, &submission(content(3), true, true).unwrap()).unwrap();
		recordings.prune(20).unwrap();
		assert_eq!(recordings.rounds().unwrap(), [15, 20, 21]);
	}

	#[test]
	fn half_of_the_bytes_are_left_for_the_next_one() {
		let folder = tempfile::tempdir().unwrap();
		let over = |number| submission(content(number), true, true);
		let rounds: Vec<_> = (1..=9u8).map(|number| (number.into(), over(number))).collect();
		let recordings = recordings(folder.path(), 10_000, &rounds);
		recordings.prune(10).unwrap();
		let left = recordings.rounds().unwrap();
		assert_eq!(left.last(), Some(&9), "{left:?}");
		assert!((3..5).contains(&left.len()) && recordings.room(10).unwrap() >= 5_000, "{left:?}");
		assert!(recordings.room(9).unwrap() > recordings.room(10).unwrap(), "its own bytes do not count");
	}

	#[test]
	fn the_last_checkpoint_that_is_confirmed_or_may_be_is_a_base() {
		let folder = tempfile::tempdir().unwrap();
		let recordings = recordings(
			folder.path(),
			1 << 20,
			&[
				(1, submission(content(1), true, true)),
				(2, submission(content(2), false, false)),
				(3, submission(content(3), false, true)),
				(4, submission(content(4), true, false)),
				(5, None),
			],
		);
		assert_eq!(recordings.last_base(1).unwrap(), None);
		assert_eq!(recordings.last_base(2).unwrap(), Some((1, content(1))));
		assert_eq!(recordings.last_base(3).unwrap(), Some((2, content(2))));
		assert_eq!(recordings.last_base(6).unwrap(), Some((1, content(1))), "round 4 may end as round 3 did");
		assert_eq!([1, 2, 3, 5].map(|round| recordings.is_lost(round)), [false, false, true, false]);
		let refused = Submission { confirmed: false, ..recordings.submission(1).unwrap() };
		recordings.note(1, &refused).unwrap();
		assert_eq!(recordings.last_base(2).unwrap(), None, "it was revealed, and not confirmed");
	}

	#[test]
	fn a_restart_knows_which_rounds_are_open() {
		let folder = tempfile::tempdir().unwrap();
		let rounds = [(1, submission(content(1), true, false)), (2, submission(content(2), true, false))];
		let recordings = recordings(folder.path(), 1 << 20, &rounds);
		let open = [2, 3].map(|round| (round, Submission::new(content(round as u8), 3)));
		recordings.reconcile(&BTreeMap::from(open)).unwrap();
		let missed = submission(content(1), true, true).map(|over| Submission { confirmed: false, ..over });
		assert_eq!(recordings.submission(1), missed, "nobody has seen how it ended");
		assert_eq!(recordings.submission(2), submission(content(2), true, false));
		assert_eq!(recordings.submission(3), submission(content(3), false, false));
	}
}
