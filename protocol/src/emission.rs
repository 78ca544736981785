#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use crate::BlockNumber;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::U256;

/// A purpose that new tokens are minted for.
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
#[serde(rename_all = "snake_case")]
pub enum Stream {
	/// Checkpoints that win rounds: 0.001% of issuance per emission period.
	Trainers,
	/// Deltas that are applied: 0.0001% of issuance per voting period.
	Proposers,
}

impl Stream {
	/// Both, in the order in which they are kept.
	pub const ALL: [Self; 2] = [Self::Trainers, Self::Proposers];

	/// Number of equal parts of issuance of which one is minted per period, before any halving.
	pub const fn parts(self) -> u128 {
		match self {
			Self::Trainers => 100_000,
			Self::Proposers => 1_000_000,
		}
	}

	/// The emission of a period: the stream's part of all that is issued when the period begins, rounded
	/// down, halved once for every era that is over.
	pub fn emission(self, issuance: u128, era: u32) -> u128 {
		let whole = issuance.checked_div(self.parts()).unwrap_or_default();
		whole.checked_shr(era).unwrap_or_default()
	}
}

impl fmt::Display for Stream {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		f.write_str(match self {
			Self::Trainers => "trainers",
			Self::Proposers => "proposers",
		})
	}
}

/// Number of times that emission has halved at a block: eras of `length` blocks follow each other from block
/// 0 on. Always 0 where `length` is 0.
pub fn era(block: BlockNumber, length: BlockNumber) -> u32 {
	block.checked_div(length).unwrap_or_default()
}

/// The part of a period's `emission` that has flown after `elapsed` of its `length` blocks: in proportion,
/// rounded down, and all of it at the end.
pub fn flown(emission: u128, elapsed: BlockNumber, length: BlockNumber) -> u128 {
	if elapsed >= length {
		return emission;
	}
	let product = U256::from(emission).saturating_mul(U256::from(elapsed));
	let part = product.checked_div(U256::from(length)).unwrap_or_default();
	u128::try_from(part).unwrap_or(emission)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::as_conversions)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	const NRN: u128 = 1_000_000_000_000;

	#[test]
	fn the_published_numbers() {
		let issuance = 1_000_000_000 * NRN;
		assert_eq!(Stream::Trainers.emission(issuance, 0), 10_000 * NRN);
		assert_eq!(Stream::Proposers.emission(issuance, 0), 1_000 * NRN);
		assert_eq!(Stream::Trainers.emission(issuance, 1), 5_000 * NRN);
		assert_eq!(Stream::Trainers.emission(99_999, 0), 0);
	}

	#[test]
	fn halves_until_nothing_is_left() {
		for stream in Stream::ALL {
			let mut before = stream.emission(u128::MAX, 0);
			assert_eq!(before, u128::MAX / stream.parts());
			for era in 1..=128 {
				let now = stream.emission(u128::MAX, era);
				assert_eq!(now, before / 2);
				before = now;
			}
			assert_eq!(before, 0);
			assert_eq!(stream.emission(u128::MAX, u32::MAX), 0);
		}
	}

	#[test]
	fn eras_follow_each_other() {
		assert_eq!([0, 9, 10, 19, 20].map(|block| era(block, 10)), [0, 0, 1, 1, 2]);
		assert_eq!(era(7, 0), 0);
	}

	proptest! {
		#[test]
		fn flows_evenly_and_whole(emission: u128, length in 1u32.., cuts in prop::collection::vec(any::<u32>(), 0..8)) {
			let mut cuts: Vec<u32> = cuts.into_iter().map(|cut| cut % length).collect();
			cuts.sort_unstable();
			cuts.push(length);
			let mut before = 0;
			for cut in cuts {
				let now = flown(emission, cut, length);
				prop_assert!(now >= before);
				before = now;
			}
			prop_assert_eq!(before, emission);
			prop_assert_eq!(flown(emission, 0, length), 0);
		}
	}
}
