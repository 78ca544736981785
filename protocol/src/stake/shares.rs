#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use crate::Share;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// The division of what a group's rounds earn.
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
pub struct Shares {
	/// The part of the validators that measure.
	pub validators: Share,
	/// The part that is put aside for those who keep the group's content.
	pub keepers: Share,
}

impl Shares {
	/// The most that validators and keepers may get each.
	pub const LIMIT: Share = Share::percent(40);
	/// The least part of validators: nobody measures for nothing.
	pub const VALIDATORS_FLOOR: Share = Share::percent(5);

	/// Returns true if the shares are within bounds, so that at least a fifth is left for winners.
	pub fn are_valid(self) -> bool {
		self.validators >= Self::VALIDATORS_FLOOR
			&& self.validators <= Self::LIMIT
			&& self.keepers <= Self::LIMIT
	}

	/// The winners' part, in millionths of the whole.
	pub fn winner(self) -> Share {
		Share(Share::ALL.0.saturating_sub(self.validators.0).saturating_sub(self.keepers.0))
	}

	/// Divides an amount. The parts add up to it: what does not divide goes to the winner.
	pub fn split(self, amount: u128) -> Split {
		let validators = floor(self.validators, amount);
		let keepers = floor(self.keepers, amount).min(amount.saturating_sub(validators));
		Split { winner: amount.saturating_sub(validators).saturating_sub(keepers), validators, keepers }
	}
}

impl Default for Shares {
	/// A fifth for validators; nothing for keepers.
	fn default() -> Self {
		Self { validators: Share::percent(20), keepers: Share(0) }
	}
}

/// An amount, divided.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Split {
	/// For the winner of a round.
	pub winner: u128,
	/// For the validators who measured.
	pub validators: u128,
	/// For keepers.
	pub keepers: u128,
}

/// The largest amount that is no more than a part of another.
fn floor(share: Share, amount: u128) -> u128 {
	amount.saturating_sub(Share(Share::ALL.0.saturating_sub(share.0)).of(amount))
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::as_conversions)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn bounds() {
		let shares = |validators, keepers| Shares {
			validators: Share::percent(validators),
			keepers: Share::percent(keepers),
		};
		assert!(Shares::default().are_valid());
		assert!(shares(5, 0).are_valid());
		assert!(shares(40, 40).are_valid());
		assert_eq!(shares(40, 40).winner(), Share::percent(20));
		assert!(!shares(4, 0).are_valid());
		assert!(!shares(41, 0).are_valid());
		assert!(!shares(5, 41).are_valid());
	}

	#[test]
	fn splits_as_it_says() {
		let shares = Shares { validators: Share::percent(20), keepers: Share::percent(10) };
		let split = shares.split(1_000);
		assert_eq!((split.winner, split.validators, split.keepers), (700, 200, 100));
		let split = shares.split(7);
		assert_eq!((split.winner, split.validators, split.keepers), (6, 1, 0));
	}

	proptest! {
		#[test]
		fn parts_add_up(validators: u32, keepers: u32, amount: u128) {
			let shares = Shares { validators: Share(validators), keepers: Share(keepers) };
			let split = shares.split(amount);
			prop_assert_eq!(split.winner + split.validators + split.keepers, amount);
			if shares.are_valid() {
				let fifth = amount / 5;
				prop_assert!(split.winner >= fifth);
				prop_assert!(split.validators <= Shares::LIMIT.of(amount));
			}
		}
	}
}
