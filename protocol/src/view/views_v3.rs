//! Views as versions 1 to 3 of the runtime API encode them, whose groups have no optional rules, and whose
//! heads do not tell what they were measured on.

use super::{GroupView, HeadView};
use crate::OptionalRules;
use codec::{Decode, Error, Input};

/// A training group, decoded from version 3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupViewV3(pub GroupView);

/// The best checkpoint of a group, decoded from versions 1 to 3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadViewV3(pub HeadView);

/// Reads the next field.
fn next<T: Decode>(input: &mut impl Input) -> Result<T, Error> {
	T::decode(input)
}

/// Reads a group of versions 1 to 3, its least improvement by a function.
pub(super) fn group<I: Input>(
	input: &mut I,
	minimum_improvement: impl FnOnce(&mut I) -> Result<u64, Error>,
) -> Result<GroupView, Error> {
	// The fields are read in the order in which they are written here.
	Ok(GroupView {
		id: next(input)?,
		owner: next(input)?,
		name: next(input)?,
		model: next(input)?,
		model_version: next(input)?,
		dataset_version: next(input)?,
		dataset_root: next(input)?,
		providers: next(input)?,
		metric: next(input)?,
		policy: next(input)?,
		minimum_improvement: minimum_improvement(input)?,
		target: next(input)?,
		clock: next(input)?,
		deposit: next(input)?,
		shares: next(input)?,
		head: next::<Option<HeadViewV3>>(input)?.map(|head| head.0),
		voting_period: next(input)?,
		quorum: next(input)?,
		stake: next(input)?,
		closes: next(input)?,
		block: next(input)?,
		round: next(input)?,
		settled: next(input)?,
		optional_rules: OptionalRules::default(),
	})
}

impl Decode for GroupViewV3 {
	fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
		group(input, next).map(Self)
	}
}

impl Decode for HeadViewV3 {
	fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
		Ok(Self(HeadView {
			model_version: next(input)?,
			round: next(input)?,
			account: next(input)?,
			checkpoint: next(input)?,
			score: next(input)?,
			measured_on: None,
			providers: next(input)?,
		}))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{ContentRef, Score};
	use alloc::{string::String, vec};
	use codec::{DecodeAll, Encode};
	use sp_core::crypto::AccountId32;

	#[test]
	fn a_head_is_read_as_version_3_wrote_it() {
		let checkpoint = ContentRef::raw(b"descent").unwrap();
		let (account, providers) = (AccountId32::new([2; 32]), vec![String::from("http://h")]);
		let bytes = (1u32, 6u32, &account, checkpoint, Score(3), &providers).encode();
		let head = HeadView {
			model_version: 1,
			round: 6,
			account,
			checkpoint,
			score: Score(3),
			measured_on: None,
			providers,
		};
		assert_eq!(HeadViewV3::decode_all(&mut &bytes[..]), Ok(HeadViewV3(head)));
	}
}
