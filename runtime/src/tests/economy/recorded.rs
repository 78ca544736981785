//! Recorded trainings, as trainers commit to them and show them.

use descent_protocol::trace::{
	drawn_segment, submission_hash, trace_root, Base, Precision, Recipe, RecipeOptimizer, RecipeRule,
	Recording, Segment, SegmentProof, Trace,
};
use sp_core::H256;

/// The rule of groups that ask for recordings.
pub(crate) const RULE: RecipeRule = RecipeRule {
	steps: 20,
	batch: 8,
	smallest_rate: 10,
	largest_rate: 1_000,
	exact: true,
	work_reward: None,
};

/// A training in segments of which each begins where the one before ends.
#[derive(Clone)]
pub(crate) struct Training {
	pub(crate) recipe: Recipe,
	pub(crate) segments: Vec<Segment>,
}

impl Training {
	/// Returns a training that keeps to a rule and ends with a checkpoint.
	pub(crate) fn new(rule: RecipeRule, segments: u16, checkpoint: H256) -> Self {
		let segment = |number: u16| Segment {
			from: number.checked_sub(1),
			rate: rule.smallest_rate,
			state: if number + 1 == segments {
				checkpoint
			} else {
				H256(sp_io::hashing::blake2_256(&[checkpoint.as_bytes(), &number.to_le_bytes()].concat()))
			},
		};
		Self {
			recipe: Recipe {
				base: Base::Initial { seed: 1 },
				optimizer: RecipeOptimizer::Adam { betas: (900_000, 999_000), weight_decay: 0 },
				precision: Precision::F64,
				steps: rule.steps,
				batch: rule.batch,
			},
			segments: (0..segments).map(segment).collect(),
		}
	}

	fn trace(&self) -> Trace {
		let segments = u16::try_from(self.segments.len()).expect("there are few");
		Trace { root: trace_root(&self.segments), segments }
	}

	/// Returns what a commitment binds.
	pub(crate) fn submission(&self, checkpoint: H256) -> H256 {
		submission_hash(checkpoint, &self.recipe, &self.trace())
	}

	pub(crate) fn proof(&self, number: u16) -> SegmentProof {
		SegmentProof::new(&self.segments, number).expect("there is such a segment")
	}

	/// Returns what is shown with the checkpoint in a round of this seed.
	pub(crate) fn recording(&self, checkpoint: H256, seed: H256) -> Recording {
		let (recipe, trace) = (self.recipe, self.trace());
		let drawn = self.proof(drawn_segment(seed, self.submission(checkpoint), trace.segments));
		let start = drawn.segment.from.map(|from| self.proof(from));
		Recording { recipe, trace, last: self.proof(trace.segments - 1), drawn, start }
	}
}
