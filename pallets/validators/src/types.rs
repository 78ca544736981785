use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use descent_protocol::BlockNumber;
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;
use sp_runtime::{
	traits::{Saturating, Zero},
	Perbill,
};
use sp_staking::SessionIndex;

/// The most candidates at a time.
pub const MAX_CANDIDATES: u32 = 256;
/// The most amounts that one account takes out of its bond at a time.
pub const MAX_UNBONDING: u32 = 8;

/// The fewest validators of which one may fail. Neither a raised minimum nor absences make the set smaller.
pub const SMALLEST_SET: u32 = 4;

/// What an account has on hold as a validator.
#[derive(
	Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct BondLedger<Balance> {
	/// Its bond, which is its weight among the candidates.
	pub bond: Balance,
	/// What it is taking out, and the block from which each amount can be withdrawn.
	pub unbonding: BoundedVec<(Balance, BlockNumber), ConstU32<MAX_UNBONDING>>,
	/// Whether it does not want to be a candidate.
	pub chilled: bool,
}

impl<Balance: Copy + Ord + Saturating + Zero> BondLedger<Balance> {
	/// All that is held, and can be slashed: the bond and what is being taken out of it.
	pub fn held(&self) -> Balance {
		self.unbonding.iter().fold(self.bond, |sum, (amount, _)| sum.saturating_add(*amount))
	}

	/// Whether nothing is held.
	pub fn is_empty(&self) -> bool {
		self.held().is_zero()
	}

	/// Takes away what was slashed: of the bond, then of what is being taken out, the latest first.
	pub(crate) fn slash(&mut self, mut amount: Balance) {
		let unbonding = self.unbonding.iter_mut().rev().map(|(part, _)| part);
		for part in core::iter::once(&mut self.bond).chain(unbonding) {
			let taken = amount.min(*part);
			*part = part.saturating_sub(taken);
			amount = amount.saturating_sub(taken);
		}
		self.unbonding.retain(|(part, _)| !part.is_zero());
	}
}

/// What an account was punished with last.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Sentence<Balance> {
	/// The session after the one in which it was passed. It stands for all that the account did until the end of that one, the
	/// last for which it may have been chosen before.
	pub session: SessionIndex,
	/// The block from which the account can be a candidate again.
	pub until: BlockNumber,
	/// The largest part that any of these offences costs.
	pub share: Perbill,
	/// The part of what: all that was held when it was passed.
	pub held: Balance,
	/// What was slashed.
	pub slashed: Balance,
}

/// The misattestations that count against a validator.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Strikes {
	/// How many.
	pub count: u32,
	/// The block of the last.
	pub last: BlockNumber,
}

/// The absences in a row of a candidate.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Absence {
	/// How many were counted.
	pub count: u32,
	/// The block of the last that was.
	pub last: BlockNumber,
}
