//! Views as versions 1 to 3 of the runtime API encode them, before stake could be pending and fundings paused.

use super::{FundingView, PotView, StakeView};
use alloc::vec::Vec;
use codec::{Decode, Error, Input};
use sp_core::H256;

/// An account's stake in a group, decoded from version 3. All of it counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StakeViewV3(pub StakeView);

/// A group's pot, decoded from version 3. Its terms are zero, as fundings named none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PotViewV3(pub PotView);

/// A client's funding, decoded from version 3.
struct FundingViewV3(FundingView);

fn next<T: Decode>(input: &mut impl Input) -> Result<T, Error> {
	T::decode(input)
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
	use crate::Shares;
	use codec::{DecodeAll, Encode};
	use sp_core::crypto::AccountId32;

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
