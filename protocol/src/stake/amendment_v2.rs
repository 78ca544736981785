use crate::{indexed::Indexed, Change};
use codec::{Decode, Error, Input};

/// Index of a change of the tolerance.
const TOLERANCE: u8 = 3;

/// A change of a group's rules as runtimes encoded it whose groups had a tolerance; `None` for a change of
/// the tolerance, which no group has any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeV2(pub Option<Change>);

impl Decode for ChangeV2 {
	fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
		match input.read_byte()? {
			TOLERANCE => u64::decode(input).map(|_| Self(None)),
			index => Change::decode(&mut Indexed::new(index, input)).map(|change| Self(Some(change))),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{Score, Share};
	use alloc::{vec, vec::Vec};
	use codec::{DecodeAll, Encode};

	#[test]
	fn changes_of_the_tolerance_are_dropped_and_all_others_kept() {
		// A compact length, then each change as index and fields.
		let bytes = [
			vec![4 << 2],
			(0u8, 50u32).encode(),
			(3u8, 20u64).encode(),
			(4u8, 1_000u64).encode(),
			(6u8, Some(7u64)).encode(),
		];
		let read = Vec::<ChangeV2>::decode_all(&mut &bytes.concat()[..]).unwrap();
		let expected = [
			Some(Change::VotingPeriod { blocks: 50 }),
			None,
			Some(Change::MinimumImprovement { micros: 1_000 }),
			Some(Change::Target { score: Some(Score(7)) }),
		];
		assert_eq!(read, expected.map(ChangeV2));
	}

	#[test]
	fn a_change_of_the_tolerance_is_no_change_any_more() {
		let old = (3u8, 20u64).encode();
		assert!(Change::decode(&mut &old[..]).is_err());
		assert!(ChangeV2::decode(&mut &old[..8]).is_err());
		assert!(ChangeV2::decode(&mut &[12u8, 0, 0, 0, 0][..]).is_err());
		assert!(serde_json::from_str::<Change>(r#"{"change": "tolerance", "micros": 20}"#).is_err());
	}

	#[test]
	fn the_indices_of_the_other_changes_are_as_they_were() {
		let quorum = Change::Quorum { share: Share(1) };
		assert_eq!(quorum.encode(), (1u8, 1u32).encode());
		assert_eq!(Change::MinimumImprovement { micros: 2 }.encode(), (4u8, 2u64).encode());
		assert_eq!(Change::Model { model: crate::ContentRef::raw(b"x").unwrap() }.encode()[0], 9);
	}
}
