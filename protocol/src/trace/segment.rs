use crate::{hash::domain_hash, round::draw_below, trace::Recipe, Score};
use alloc::vec::Vec;
use binary_merkle_tree::{merkle_proof_raw, merkle_root_raw, verify_proof, Leaf};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use hash256_std_hasher::Hash256StdHasher;
use hash_db::Hasher;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::{bounded::BoundedVec, ConstU32, H256};
use sp_crypto_hashing::blake2_256;

/// Learning rates are counted in billionths.
pub const RATE_UNIT: u32 = 1_000_000_000;
/// The most hashes of a proof: the depth of a tree with 4,096 leaves.
const MAX_PATH: u32 = 12;

/// blake2b-256, the hash of the tree's nodes.
struct Blake2;

impl Hasher for Blake2 {
	type Out = H256;
	type StdHasher = Hash256StdHasher;
	const LENGTH: usize = 32;

	fn hash(data: &[u8]) -> H256 {
		H256(blake2_256(data))
	}
}

/// A segment of a recorded training.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Segment {
	/// The earlier segment at whose end it begins, or `None` where it begins with the recipe's base. A
	/// trainer may go back to its best weights.
	pub from: Option<u16>,
	/// The learning rate of all its steps, in billionths, see [`RATE_UNIT`].
	pub rate: u32,
	/// The digest of the checkpoint with the weights at its end.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Hash"))]
	pub state: H256,
}

impl Segment {
	/// Returns the hash of the segment with this number, which is a leaf of the trace's tree.
	fn leaf(&self, number: u16) -> H256 {
		domain_hash(b"descent/segment/v1", (number, self))
	}
}

/// The trace of a recorded training: the root of the binary Merkle tree over its segments, and their number.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Trace {
	/// The root.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Hash"))]
	pub root: H256,
	/// Number of segments, at most [`MAX_SEGMENTS`](crate::MAX_SEGMENTS).
	pub segments: u16,
}

/// The root of a trace with these segments, which is zero without any.
pub fn trace_root(segments: &[Segment]) -> H256 {
	merkle_root_raw::<Blake2, _>(leaves(segments))
}

/// Returns the hashes of segments, of which a trace has no more than 16 bits count.
fn leaves(segments: &[Segment]) -> impl Iterator<Item = H256> + '_ {
	(0..=u16::MAX).zip(segments).map(|(number, segment)| segment.leaf(number))
}

/// A segment with the proof that a trace contains it.
#[derive(
	Clone,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
pub struct SegmentProof {
	/// The number of the segment, from 0.
	pub number: u16,
	/// The segment.
	pub segment: Segment,
	/// The hashes beside the way from its leaf to the root.
	pub path: BoundedVec<H256, ConstU32<MAX_PATH>>,
}

impl SegmentProof {
	/// Returns the proof of a segment of a trace, or `None` where there is no such segment or there are too
	/// many.
	///
	/// ```
	/// use descent_protocol::trace::{trace_root, Segment, SegmentProof, Trace};
	/// use sp_core::H256;
	///
	/// let segment = |from, state| Segment { from, rate: 1_000_000, state: H256::repeat_byte(state) };
	/// let segments = [segment(None, 1), segment(Some(0), 2), segment(Some(0), 3)];
	/// let trace = Trace { root: trace_root(&segments), segments: 3 };
	/// let proof = SegmentProof::new(&segments, 2).expect("there are three");
	/// assert!(proof.is_of(&trace));
	/// assert!(!SegmentProof { number: 1, ..proof }.is_of(&trace));
	/// ```
	pub fn new(segments: &[Segment], number: u16) -> Option<Self> {
		let segment = *segments.get(usize::from(number))?;
		let proof = merkle_proof_raw::<Blake2, _>(leaves(segments).collect::<Vec<_>>(), number.into());
		Some(Self { number, segment, path: proof.proof.try_into().ok()? })
	}

	/// Returns true if the trace contains the segment, and the segment begins where one can: at the base, or
	/// at the end of an earlier one. A trace contains one segment of each number at most.
	pub fn is_of(&self, trace: &Trace) -> bool {
		let Self { number, segment, path } = self;
		let hash = segment.leaf(*number);
		segment.from.is_none_or(|from| from < *number)
			&& path.len() == path_length(*number, trace.segments)
			&& verify_proof::<Blake2, _, _>(
				&trace.root,
				path.iter().copied(),
				trace.segments.into(),
				u32::from(*number),
				Leaf::Hash(hash),
			)
	}
}

/// Returns the number of hashes beside the way from a leaf to the root. A node without a neighbour moves up
/// as it is.
///
/// The crate that verifies proofs takes paths of any length. With two lengths, a root that is made for it has
/// two leaves for one number.
fn path_length(number: u16, segments: u16) -> usize {
	let (mut position, mut width) = (u32::from(number), u32::from(segments));
	let mut length = 0usize;
	while width > 1 {
		if position ^ 1 < width {
			length = length.saturating_add(1);
		}
		(position, width) = (position / 2, width.div_ceil(2));
	}
	length
}

/// The hash of a submission: what a commitment to a recorded training binds in place of the checkpoint's
/// digest alone.
pub fn submission_hash(checkpoint: H256, recipe: &Recipe, trace: &Trace) -> H256 {
	domain_hash(b"descent/submission/v1", (checkpoint, recipe, trace))
}

/// The number of the segment of a submission that a round's seed draws, below the number of its segments. A
/// trainer is bound to all of them before it knows which is replayed.
pub fn drawn_segment(seed: H256, submission: H256, segments: u16) -> u16 {
	let drawn = draw_below(domain_hash(b"descent/replay/v1", (seed, submission)), segments.into());
	u16::try_from(drawn).unwrap_or_default()
}

/// The root of a measurement whose candidate was replayed, too: it binds the loss of each step of the replay,
/// so that nobody knows it who has not replayed. `transcript` is the
/// [`transcript_root`](crate::transcript_root) of the measurement.
pub fn replay_root(transcript: H256, losses: &[Score]) -> H256 {
	domain_hash(b"descent/replayed/v1", (transcript, losses))
}

/// The recording that a trainer shows with its checkpoint: the recipe, the trace, and what proves that the
/// checkpoint is of it and what its drawn segment is.
#[derive(
	Clone,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
pub struct Recording {
	/// The recipe.
	pub recipe: Recipe,
	/// The trace.
	pub trace: Trace,
	/// The segment that ends with the checkpoint.
	pub last: SegmentProof,
	/// The drawn segment.
	pub drawn: SegmentProof,
	/// The segment at whose end the drawn one begins, unless that is the base.
	pub start: Option<SegmentProof>,
}

impl Recording {
	/// Returns true if the trace contains all three segments, the last one ends with the checkpoint, the
	/// drawn one is the one that the seed draws, and it begins at the end of `start`.
	pub fn is_sound(&self, checkpoint: H256, seed: H256) -> bool {
		let Self { recipe, trace, last, drawn, start } = self;
		let submission = submission_hash(checkpoint, recipe, trace);
		last.segment.state == checkpoint
			&& drawn.number == drawn_segment(seed, submission, trace.segments)
			&& drawn.segment.from == start.as_ref().map(|start| start.number)
			&& [last, drawn].into_iter().chain(start).all(|proof| proof.is_of(trace))
	}
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
	use super::*;
	use crate::{
		trace::{Base, Precision, RecipeOptimizer},
		MAX_SEGMENTS,
	};
	use proptest::prelude::*;

	fn segments(count: u16) -> Vec<Segment> {
		let segment = |number: u16| Segment {
			from: number.checked_sub(1),
			rate: number.into(),
			state: H256::from_low_u64_be(number.into()),
		};
		(0..count).map(segment).collect()
	}

	fn trace(segments: &[Segment]) -> Trace {
		Trace { root: trace_root(segments), segments: segments.len().try_into().unwrap() }
	}

	#[test]
	fn the_encodings_are_frozen() {
		let segment = Segment { from: Some(1), rate: 2, state: H256::repeat_byte(3) };
		let mut input = b"descent/segment/v1".to_vec();
		input.extend([4, 0, 1, 1, 0, 2, 0, 0, 0]);
		input.extend([3; 32]);
		assert_eq!(segment.leaf(4).0, sp_crypto_hashing::blake2_256(&input));

		let optimizer = RecipeOptimizer::Sgd { momentum: 0, nesterov: false, weight_decay: 0 };
		let base = Base::Initial { seed: 5 };
		let recipe = Recipe { base, optimizer, precision: Precision::F32, steps: 200, batch: 64 };
		let trace = Trace { root: H256::repeat_byte(6), segments: 7 };
		let mut input = b"descent/submission/v1".to_vec();
		input.extend([8; 32]);
		input.extend(recipe.encode());
		input.extend([6; 32]);
		input.extend([7, 0]);
		let hash = submission_hash(H256::repeat_byte(8), &recipe, &trace);
		assert_eq!(hash.0, sp_crypto_hashing::blake2_256(&input));
	}

	#[test]
	fn all_segments_are_drawn_alike() {
		let mut drawn = [0u32; 7];
		for seed in 0..7_000u64 {
			drawn[usize::from(drawn_segment(H256::from_low_u64_be(seed), H256::zero(), 7))] += 1;
		}
		// 1,000 expected, standard deviation 29
		assert!(drawn.iter().all(|times| (850..1_150).contains(times)), "{drawn:?}");
		assert_eq!(drawn_segment(H256::zero(), H256::zero(), 0), 0);
	}

	#[test]
	fn a_tree_of_two_is_the_hash_of_its_leaves() {
		let two = segments(2);
		let leaves = [two[0].leaf(0), two[1].leaf(1)];
		let root = sp_crypto_hashing::blake2_256(&[leaves[0].0, leaves[1].0].concat());
		assert_eq!(trace_root(&two).0, root);
		assert_eq!(trace_root(&two[..1]), leaves[0]);
		assert_eq!(trace_root(&[]), H256::zero());
	}

	#[test]
	fn the_longest_trace_has_proofs_and_a_longer_one_has_none() {
		let longest = segments(MAX_SEGMENTS);
		let proof = SegmentProof::new(&longest, MAX_SEGMENTS - 1).unwrap();
		assert!(proof.is_of(&trace(&longest)));
		assert_eq!(proof.path.len(), 12);
		assert_eq!(SegmentProof::new(&segments(MAX_SEGMENTS + 1), 0), None);
		assert_eq!(SegmentProof::new(&longest, MAX_SEGMENTS), None);
	}

	#[test]
	fn paths_have_the_length_of_their_place() {
		for count in 1..70 {
			let all = segments(count);
			for number in 0..count {
				let proof = SegmentProof::new(&all, number).unwrap();
				assert_eq!(proof.path.len(), path_length(number, count), "{number} of {count}");
			}
		}
		assert_eq!([(0, 0), (5, 0), (7, 3)].map(|(number, count)| path_length(number, count)), [0, 0, 0]);
	}

	/// A trainer that had two segments with the number 0 could show a true one where it is drawn, and the
	/// false one as the last.
	#[test]
	fn no_root_has_two_segments_of_one_number() {
		let segment = |state| Segment { from: None, rate: 1, state: H256::repeat_byte(state) };
		let (shown, hidden, other) = (segment(1), segment(2), segment(3));
		let node = |left: H256, right: H256| H256(sp_crypto_hashing::blake2_256(&[left.0, right.0].concat()));
		let inner = node(hidden.leaf(0), other.leaf(1));
		let trace = Trace { root: node(shown.leaf(0), inner), segments: 2 };
		let proof = |segment, path: &[H256]| {
			let path = path.to_vec().try_into().unwrap();
			SegmentProof { number: 0, segment, path }.is_of(&trace)
		};
		assert!(proof(shown, &[inner]));
		assert!(!proof(hidden, &[other.leaf(1), shown.leaf(0)]));
	}

	#[test]
	fn a_segment_begins_at_an_earlier_one() {
		for (from, valid) in [(None, true), (Some(0), true), (Some(1), false), (Some(2), false)] {
			let mut three = segments(3);
			three[1].from = from;
			assert_eq!(SegmentProof::new(&three, 1).unwrap().is_of(&trace(&three)), valid, "{from:?}");
		}
	}

	fn recording(segments: &[Segment], drawn: u16) -> Recording {
		let optimizer = RecipeOptimizer::Sgd { momentum: 0, nesterov: false, weight_decay: 0 };
		let base = Base::Initial { seed: 5 };
		let proof = |number| SegmentProof::new(segments, number).unwrap();
		let drawn = proof(drawn);
		Recording {
			recipe: Recipe { base, optimizer, precision: Precision::F32, steps: 200, batch: 64 },
			trace: trace(segments),
			last: proof(u16::try_from(segments.len()).unwrap() - 1),
			start: drawn.segment.from.map(proof),
			drawn,
		}
	}

	proptest! {
		#[test]
		fn a_recording_shows_what_the_seed_draws(count in 2..40u16, seed: [u8; 32]) {
			let (all, seed) = (segments(count), H256(seed));
			let checkpoint = all.last().unwrap().state;
			let Recording { recipe, trace, .. } = recording(&all, 0);
			let drawn = drawn_segment(seed, submission_hash(checkpoint, &recipe, &trace), count);
			prop_assert!(drawn < count);
			let shown = recording(&all, drawn);
			prop_assert!(shown.is_sound(checkpoint, seed));
			prop_assert!(!recording(&all, (drawn + 1) % count).is_sound(checkpoint, seed));
			prop_assert!(!shown.is_sound(all[0].state, seed));
			let start = Recording { start: Some(shown.last.clone()), ..shown.clone() };
			prop_assert!(!start.is_sound(checkpoint, seed));
			let none = Recording { start: None, ..shown.clone() };
			prop_assert_eq!(none.is_sound(checkpoint, seed), drawn == 0);
			let other = Recording { last: shown.drawn.clone(), ..shown };
			prop_assert_eq!(other.is_sound(checkpoint, seed), drawn == count - 1);
		}

		#[test]
		fn every_segment_is_proven_and_no_other(count in 1..40u16, number: prop::sample::Index, byte: u8) {
			let all = segments(count);
			let trace = trace(&all);
			let number = u16::try_from(number.index(count.into())).unwrap();
			let proof = SegmentProof::new(&all, number).unwrap();
			prop_assert!(proof.is_of(&trace));
			let is_proven = |number, segment| {
				let proof = SegmentProof { number, segment, ..proof.clone() };
				proof.is_of(&trace)
			};
			let Segment { rate, state, from } = proof.segment;
			let another = H256::repeat_byte(byte);
			prop_assume!(another != state);
			let faster = is_proven(number, Segment { rate: rate + 1, state, from });
			let stolen = is_proven(number, Segment { rate, state: another, from });
			let elsewhere = is_proven(number, Segment { rate, state, from: from.is_none().then_some(0) });
			prop_assert!(!faster && !stolen && !elsewhere);
			let mut others = (0..count + 1).filter(|other| *other != number);
			prop_assert!(!others.any(|other| is_proven(other, proof.segment)));
			let of_another = proof.is_of(&Trace { root: another, ..trace });
			prop_assert!(!of_another);
		}
	}
}
