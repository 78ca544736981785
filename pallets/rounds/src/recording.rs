//! The recorded trainings that come with checkpoints in groups that ask for them.

use crate::{Config, Error, Pallet, RecordedSegment, Recordings, Reveal, UsedDigests};
use codec::{Decode, Encode};
use descent_protocol::{
	evaluation::{ReplaySource, Replays},
	trace::{submission_hash, Base, RecipeRule, Recording},
	ContentRef, GroupId, RoundIndex, Windows, MAX_SEGMENTS,
};
use frame_support::ensure;
use sp_core::{crypto::AccountId32, H256};

/// Returns what a commitment binds: the digest of the checkpoint, or the submission where a recording comes
/// with it.
pub(crate) fn bound(checkpoint: H256, recording: Option<&Recording>) -> H256 {
	let hash = |shown: &Recording| submission_hash(checkpoint, &shown.recipe, &shown.trace);
	recording.map_or(checkpoint, hash)
}

impl<T: Config> Pallet<T> {
	/// Checks that a recording is there where the group has a rule for it, keeps to that rule, and shows the
	/// segment that the round's seed draws.
	pub(crate) fn check_recording(
		(group, round): (GroupId, RoundIndex),
		rule: Option<RecipeRule>,
		checkpoint: ContentRef,
		recording: Option<&Recording>,
		seed: H256,
	) -> Result<(), Error<T>> {
		let (rule, recording) = match (rule, recording) {
			(None, None) => return Ok(()),
			(Some(rule), Some(recording)) => (rule, recording),
			(Some(_), None) => return Err(Error::<T>::RecordingMissing),
			(None, Some(_)) => return Err(Error::<T>::RecordingUnexpected),
		};
		let Recording { recipe, trace, drawn, .. } = recording;
		ensure!((1..=MAX_SEGMENTS).contains(&trace.segments), Error::<T>::InvalidRecording);
		ensure!(rule.admits(recipe) && rule.admits_rate(drawn.segment.rate), Error::<T>::AgainstRecipe);
		ensure!(recording.is_sound(checkpoint.digest, seed), Error::<T>::InvalidRecording);
		if let Base::Checkpoint { checkpoint } = recipe.base {
			ensure!(checkpoint.size > 0 && checkpoint.is_canonical(), Error::<T>::InvalidContent);
			let revealed = UsedDigests::<T>::get(group, checkpoint.digest);
			ensure!(revealed.is_some_and(|revealed| revealed < round), Error::<T>::UnknownBase);
		}
		Ok(())
	}

	/// Returns the segments that the committee of a round replays, of the candidates in this order, or `None`
	/// where nothing is recorded.
	pub(crate) fn replays(
		group: GroupId,
		round: RoundIndex,
		windows: &Windows,
		candidates: &[(&T::AccountId, &Reveal)],
	) -> Option<Replays> {
		let segment = |(account, reveal): &(&T::AccountId, &Reveal)| {
			let recorded = Recordings::<T>::get((group, round), account)?;
			// It is one of 32 bytes on every chain with trainers.
			let account = AccountId32::decode(&mut &account.encode()[..]).ok()?;
			Some(recorded.source(account, reveal.checkpoint))
		};
		let segments = candidates.iter().map(segment).collect::<Option<_>>()?;
		let link = frame_system::Pallet::<T>::block_hash(windows.commit.start.into());
		Some(Replays { link, segments })
	}
}

impl RecordedSegment {
	/// Returns what is kept of a recording.
	pub(crate) fn new(recording: Recording) -> Self {
		let Recording { recipe, trace, drawn, start, .. } = recording;
		Self {
			recipe,
			trace,
			number: drawn.number,
			rate: drawn.segment.rate,
			start: start.map(|start| start.segment.state),
			end: drawn.segment.state,
		}
	}

	/// Returns the segment as an evaluator is asked to replay it. The recorded states are files like the
	/// checkpoint's, with the same header: they have its size.
	fn source(self, account: AccountId32, checkpoint: ContentRef) -> ReplaySource {
		let state = |digest| ContentRef { digest, ..checkpoint };
		let base = match self.recipe.base {
			Base::Initial { .. } => None,
			Base::Checkpoint { checkpoint } => Some(checkpoint),
		};
		ReplaySource {
			account,
			recipe: self.recipe,
			number: self.number,
			rate: self.rate,
			start: self.start.map(state).or(base),
			end: state(self.end),
		}
	}
}
