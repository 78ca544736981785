//! Views as versions 1 to 3 of the runtime API encode them: groups have no optional rules, heads do not tell
//! what they were measured on, no stake is pending and no funding paused.

use super::{FundingView, GroupView, HeadView, PotView, StakeView};
use crate::OptionalRules;
use alloc::vec::Vec;
use codec::{Decode, Error, Input};
use sp_core::H256;

/// A training group, decoded from version 3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupViewV3(pub GroupView);

/// The best checkpoint of a group, decoded from versions 1 to 3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadViewV3(pub HeadView);

/// An account's stake in a group, decoded from version 3. All of it counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StakeViewV3(pub StakeView);

/// A group's pot, decoded from version 3. Its terms are zero, as fundings named none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PotViewV3(pub PotView);

/// A client's funding, decoded from version 3.
struct FundingViewV3(FundingView);

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

// The fields are read in the order in which they are written here.
impl Decode for StakeViewV3 {
	fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
		Ok(Self(StakeView {
			group: next(input)?,
			account: next(input)?,
			stake: next(input)?,
			pending: 0,
			total: next(input)?,
			unstaking: next(input)?,
			delta: next(input)?,
			amendments: next(input)?,
		}))
	}
}

impl Decode for PotViewV3 {
	fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
		Ok(Self(PotView {
			stake: next(input)?,
			emission: next(input)?,
			shares: next(input)?,
			winner: next(input)?,
			validators: next(input)?,
			keepers: next(input)?,
			proposer: next(input)?,
			terms: H256::zero(),
			fundings: next::<Vec<FundingViewV3>>(input)?.into_iter().map(|view| view.0).collect(),
		}))
	}
}

impl Decode for FundingViewV3 {
	fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
		Ok(Self(FundingView {
			client: next(input)?,
			left: next(input)?,
			per_round: next(input)?,
			free: next(input)?,
			paused: false,
		}))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{ContentRef, Score, Shares};
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

	#[test]
	fn views_of_version_3_are_read() {
		let account = AccountId32::new([1; 32]);
		let old = (7u32, &account, 5u128, 9u128, Vec::<(u128, u32)>::new(), Some(3u32), vec![4u32]).encode();
		let view = StakeViewV3::decode_all(&mut &old[..]).unwrap().0;
		assert_eq!((view.stake, view.pending, view.total), (5, 0, 9));
		assert_eq!((view.delta, view.amendments), (Some(3), vec![4]));

		let fundings = vec![(&account, 8u128, 2u128, Some(77u32)), (&account, 6, 3, None)];
		let old = (1u128, 2u128, Shares::default(), 3u128, 4u128, 5u128, 6u128, fundings).encode();
		let view = PotViewV3::decode_all(&mut &old[..]).unwrap().0;
		assert_eq!((view.stake, view.proposer, view.terms), (1, 6, H256::zero()));
		assert_eq!((view.fundings[0].free, view.fundings[1].left), (Some(77), 6));
		assert!(view.fundings.iter().all(|funding| !funding.paused));
	}
}
