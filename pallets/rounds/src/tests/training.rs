//! A builder of recorded trainings.

use super::{
	builder::{checkpoint, SALT},
	Round,
};
use crate::mock::{account, change, Rounds as Pallet, RuntimeOrigin, System, DEPOSIT};
use descent_protocol::{
	commitment_hash,
	trace::{
		drawn_segment, submission_hash, trace_root, Base, Precision, Recipe, RecipeOptimizer, RecipeRule,
		Recording, Segment, SegmentProof, Trace,
	},
	GroupId, OptionalRule, RoundIndex, Score,
};
use frame_support::assert_ok;
use sp_core::H256;
use sp_runtime::DispatchResult;

/// The rule of groups that ask for recordings.
pub(crate) const RULE: RecipeRule = RecipeRule {
	steps: 20,
	batch: 8,
	smallest_rate: 10,
	largest_rate: 1_000,
	exact: true,
	work_reward: None,
};

/// Has group 0 ask for recordings, in rounds that have begun, too.
pub(crate) fn recipe_rule() {
	change(0, |rules| rules.optional_rules.set(OptionalRule::Recipe { recipe: RULE }));
}

/// The training of an account for a round: segments of which each begins where the one before ends. It
/// commits to what it has here, whatever that is.
#[derive(Clone)]
pub(crate) struct Training {
	pub(crate) group: GroupId,
	pub(crate) number: u8,
	pub(crate) round: RoundIndex,
	pub(crate) recipe: Recipe,
	pub(crate) segments: Vec<Segment>,
	pub(crate) trace: Trace,
}

impl Training {
	/// A training in five segments that keeps to [`RULE`].
	pub(crate) fn new(number: u8, round: RoundIndex) -> Self {
		let optimizer = RecipeOptimizer::Sgd { momentum: 0, nesterov: false, weight_decay: 0 };
		let base = Base::Initial { seed: number.into() };
		let recipe = Recipe { base, optimizer, precision: Precision::F64, steps: 20, batch: 8 };
		let segment = |place: u16| Segment {
			from: place.checked_sub(1),
			rate: 100,
			state: match place {
				4 => checkpoint(number, round).digest,
				_ => {
					H256::from_low_u64_be(u64::from(number) << 32 | u64::from(round) << 16 | u64::from(place))
				}
			},
		};
		let trace = Trace { root: H256::zero(), segments: 5 };
		Self { group: 0, number, round, recipe, segments: (0..5).map(segment).collect(), trace }.traced()
	}

	pub(crate) fn of(group: GroupId, number: u8) -> Self {
		Self { group, ..Self::new(number, 0) }
	}

	/// Has the trace be that of the segments.
	pub(crate) fn traced(mut self) -> Self {
		self.trace =
			Trace { root: trace_root(&self.segments), segments: self.segments.len().try_into().unwrap() };
		self
	}

	/// Changes every segment.
	pub(crate) fn with_segments(mut self, change: impl Fn(&mut Segment)) -> Self {
		self.segments.iter_mut().for_each(change);
		self.traced()
	}

	pub(crate) fn with_recipe(mut self, change: impl FnOnce(&mut Recipe)) -> Self {
		change(&mut self.recipe);
		self
	}

	pub(crate) fn submission(&self) -> H256 {
		submission_hash(checkpoint(self.number, self.round).digest, &self.recipe, &self.trace)
	}

	pub(crate) fn commitment(&self) -> H256 {
		let account = account(self.number);
		commitment_hash(Pallet::genesis(), self.group, self.round, &account, self.submission(), &SALT)
	}

	pub(crate) fn commits(&self) {
		let origin = RuntimeOrigin::signed(account(self.number));
		assert_ok!(Pallet::commit(origin, self.group, self.round, self.commitment(), DEPOSIT));
	}

	pub(crate) fn proof(&self, number: u16) -> SegmentProof {
		SegmentProof::new(&self.segments, number).unwrap()
	}

	/// The number of the drawn segment, once the seed is known; 0 if it is not one of them.
	pub(crate) fn drawn(&self) -> u16 {
		let seed = Pallet::seed_of(self.group, self.round).unwrap();
		let drawn = drawn_segment(seed, self.submission(), self.trace.segments);
		if self.segments.get(usize::from(drawn)).is_some() {
			drawn
		} else {
			0
		}
	}

	/// What is shown, once the seed is known.
	pub(crate) fn recording(&self) -> Recording {
		let drawn = self.proof(self.drawn());
		let last = u16::try_from(self.segments.len()).unwrap() - 1;
		Recording {
			recipe: self.recipe,
			trace: self.trace,
			last: self.proof(last),
			start: drawn.segment.from.map(|from| self.proof(from)),
			drawn,
		}
	}

	pub(crate) fn reveals(&self, claim: u64) -> DispatchResult {
		self.shows(claim, self.recording())
	}

	pub(crate) fn shows(&self, claim: u64, recording: Recording) -> DispatchResult {
		let provider = b"http://10.0.0.1".to_vec().try_into().unwrap();
		Pallet::reveal_recorded(
			RuntimeOrigin::signed(account(self.number)),
			self.group,
			self.round,
			checkpoint(self.number, self.round),
			SALT,
			Score(claim),
			vec![provider].try_into().unwrap(),
			recording,
		)
	}
}

impl Round {
	/// Trainers commit to their recorded trainings, and show them.
	pub(crate) fn records(self, claims: &[(u8, u64)]) -> Self {
		let index = self.index;
		let trainings = || claims.iter().map(|(number, claim)| (Training::new(*number, index), *claim));
		let this = self.at(|windows| windows.commit.start);
		trainings().for_each(|(training, _)| training.commits());
		let this = this.at(|windows| windows.reveal.start);
		for (training, claim) in trainings() {
			assert_ok!(training.reveals(claim));
		}
		assert_eq!(System::block_number(), this.windows().reveal.start);
		this
	}
}
