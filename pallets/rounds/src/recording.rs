//! The recorded trainings that come with checkpoints in groups that ask for them.

use crate::{
	BalanceOf, Bases, Config, Error, Heads, Pallet, RecordedSegment, Recordings, Reveal, Reveals, RoundOf,
};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use descent_protocol::{
	evaluation::{ReplaySource, Replays},
	trace::{submission_hash, Base, RecipeRule, Recording, WorkReward},
	view::RecordingView,
	ContentRef, GroupId, Outcome, RoundIndex, Settlement, Windows, MAX_SEGMENTS,
};
use frame_support::ensure;
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_groups::Rules;
use sp_core::{crypto::AccountId32, H256};
use sp_runtime::SaturatedConversion;

/// A recording that comes with a checkpoint, and the rule of the group that asks for it.
pub(crate) struct Shown<'a> {
	rule: RecipeRule,
	recording: &'a Recording,
}

impl<'a> Shown<'a> {
	/// Returns the recording where the group has a rule for it; `None` if there is neither.
	pub(crate) fn new<T: Config>(
		rule: Option<RecipeRule>,
		recording: Option<&'a Recording>,
	) -> Result<Option<Self>, Error<T>> {
		match (rule, recording) {
			(None, None) => Ok(None),
			(Some(rule), Some(recording)) => Ok(Some(Self { rule, recording })),
			(Some(_), None) => Err(Error::<T>::RecordingMissing),
			(None, Some(_)) => Err(Error::<T>::RecordingUnexpected),
		}
	}

	/// Returns what a commitment to the checkpoint binds.
	pub(crate) fn submission(&self, checkpoint: H256) -> H256 {
		submission_hash(checkpoint, &self.recording.recipe, &self.recording.trace)
	}

	/// Checks that the recording keeps to the rule, shows the segment that the round's seed draws, and has
	/// the segments that the deposit declares.
	pub(crate) fn check<T: Config>(
		&self,
		checkpoint: H256,
		seed: H256,
		deposit: u128,
	) -> Result<(), Error<T>> {
		let Self { rule, recording } = self;
		let Recording { recipe, trace, drawn, .. } = recording;
		ensure!((1..=MAX_SEGMENTS).contains(&trace.segments), Error::<T>::InvalidRecording);
		let declared = rule.work_reward.map_or(0, |reward| reward.segments(deposit));
		ensure!(trace.segments >= declared, Error::<T>::TooFewSegments);
		ensure!(rule.admits(recipe) && rule.admits_rate(drawn.segment.rate), Error::<T>::AgainstRecipe);
		ensure!(recording.is_sound(checkpoint, seed), Error::<T>::InvalidRecording);
		Ok(())
	}

	/// Returns the checkpoint that the training begins with; `None` where it begins with initial weights.
	pub(crate) fn base(&self) -> Option<ContentRef> {
		base(&self.recording.recipe.base)
	}
}

fn base(base: &Base) -> Option<ContentRef> {
	match base {
		Base::Initial { .. } => None,
		Base::Checkpoint { checkpoint } => Some(*checkpoint),
	}
}

/// The work that a round pays for.
pub(crate) struct DrawnWork {
	/// The group's rule for it.
	pub reward: WorkReward,
	/// The positions of the commitments whose trainers the seed draws, once for each draw.
	pub drawn: Vec<usize>,
}

impl DrawnWork {
	/// Returns the work that a round pays for, if its group has a rule for that and its seed is known.
	pub(crate) fn of<T: Config>(rule: Option<RecipeRule>, round: &RoundOf<T>) -> Option<Self> {
		let reward = rule?.work_reward?;
		let deposits = round.commitments.iter().map(|commitment| commitment.deposit.saturated_into());
		let drawn = reward.draw(round.seed?, &deposits.collect::<Vec<u128>>());
		Some(Self { reward, drawn })
	}

	/// Returns true if the commitment at a position is drawn.
	pub(crate) fn has(&self, position: usize) -> bool {
		self.drawn.contains(&position)
	}
}

impl<T: Config> Pallet<T> {
	/// Checks that a training may begin with a checkpoint: it is the head of the model, one of its [`Bases`],
	/// or the one with which the model begins by its rules.
	pub(crate) fn check_base(
		group: GroupId,
		model_version: u32,
		rules: &Rules<BalanceOf<T>>,
		base: ContentRef,
	) -> Result<(), Error<T>> {
		ensure!(base.size > 0 && base.is_canonical(), Error::<T>::InvalidContent);
		let is_head = || {
			let head = Heads::<T>::get(group, model_version);
			head.is_some_and(|head| head.checkpoint.digest == base.digest)
		};
		let is_pretrained = rules.optional_rules.pretrained() == Some(base);
		let is_known =
			is_pretrained || Bases::<T>::get(group, base.digest) == Some(model_version) || is_head();
		ensure!(is_known, Error::<T>::UnknownBase);
		Ok(())
	}

	/// Notes the checkpoints of a settled round with recordings that later ones may begin with: those that
	/// the committee has confirmed, and the head, which one of them may replace. `reveals` are in commit
	/// order, and `worked` are the positions of those whose work is paid for.
	pub(crate) fn note_bases(
		group: GroupId,
		model_version: u32,
		settlement: &Settlement,
		worked: &[usize],
		reveals: &[Option<Reveal>],
	) {
		let is_confirmed =
			|position: usize, outcome: &Outcome| outcome.is_confirmed() || worked.contains(&position);
		let outcomes = settlement.outcomes.iter().zip(reveals).enumerate();
		let confirmed = outcomes.filter(|(position, (outcome, _))| is_confirmed(*position, outcome));
		let confirmed = confirmed.filter_map(|(_, (_, reveal))| Some(reveal.as_ref()?.checkpoint.digest));
		let head = settlement.winner().and_then(|_| Heads::<T>::get(group, model_version));
		for digest in confirmed.chain(head.map(|head| head.checkpoint.digest)) {
			Bases::<T>::insert(group, digest, model_version);
		}
	}

	/// Returns the segments that the committee of a round replays, of the candidates in this order, with the
	/// ranks of those whose work is paid for. `None` if a candidate has no recording, or the hash of the
	/// round's first block is forgotten: nobody could replay a segment without it, and with a wrong one each
	/// honest trainer would lose its deposit.
	pub(crate) fn replays(
		group: GroupId,
		round: RoundIndex,
		windows: &Windows,
		candidates: &[(&T::AccountId, &Reveal)],
		drawn: Vec<u8>,
	) -> Option<Replays> {
		let segment = |(account, reveal): &(&T::AccountId, &Reveal)| {
			let recorded = Recordings::<T>::get((group, round), account)?;
			// It is one of 32 bytes on every chain with trainers.
			let account = AccountId32::decode(&mut &account.encode()[..]).ok()?;
			Some(recorded.source(account, reveal.checkpoint))
		};
		let segments = candidates.iter().map(segment).collect::<Option<Vec<_>>>()?;
		let first = BlockNumberFor::<T>::from(windows.commit.start);
		let link = frame_system::Pallet::<T>::block_hash(first);
		(link != H256::zero()).then_some(Replays { link, segments, drawn })
	}

	/// Returns the recording that came with an account's checkpoint, for as long as the round is kept.
	pub fn recording_view(
		group: GroupId,
		round: RoundIndex,
		account: &T::AccountId,
	) -> Option<RecordingView> {
		let reveal = Reveals::<T>::get((group, round), account)?;
		let recorded = Recordings::<T>::get((group, round), account)?;
		Some(recorded.view(reveal.checkpoint))
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

	/// Returns the segment as clients see it. The recorded states are files like the checkpoint's, with the
	/// same header: they have its size.
	fn view(self, checkpoint: ContentRef) -> RecordingView {
		let state = |digest| ContentRef { digest, ..checkpoint };
		let Self { recipe, trace, number, rate, start, end } = self;
		let start = start.map(state).or(base(&recipe.base));
		RecordingView { recipe, trace, number, rate, start, end: state(end) }
	}

	/// Returns the segment as an evaluator is asked to replay it.
	fn source(self, account: AccountId32, checkpoint: ContentRef) -> ReplaySource {
		let RecordingView { recipe, number, rate, start, end, .. } = self.view(checkpoint);
		ReplaySource { account, recipe, number, rate, start, end }
	}
}
