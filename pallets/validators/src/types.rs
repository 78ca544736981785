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

/// The amounts on hold of an account as a validator.
#[derive(
	Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct BondLedger<Balance> {
	/// Its bond, which is its weight among the candidates.
	pub bond: Balance,
	/// The amounts that it is unbonding, each with the first block in which it can be withdrawn.
	pub unbonding: BoundedVec<(Balance, BlockNumber), ConstU32<MAX_UNBONDING>>,
	/// True if it does not want to be a candidate.
	pub chilled: bool,
}

impl<Balance: Copy + Ord + Saturating + Zero> BondLedger<Balance> {
	/// Returns all that is held, and can be slashed: the bond and what is unbonding.
	pub fn held(&self) -> Balance {
		self.unbonding.iter().fold(self.bond, |sum, (amount, _)| sum.saturating_add(*amount))
	}

	/// Returns true if nothing is held.
	pub fn is_empty(&self) -> bool {
		self.held().is_zero()
	}

	/// Takes away what was slashed: of the bond, then of what is unbonding, the latest first.
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

/// The last slash of an account, and the offences that it stands for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct SlashRecord<Balance> {
	/// The session after the one of the slash. The slash stands for all that the account did until the end of
	/// that session, the last for which it may have been chosen before.
	pub session: SessionIndex,
	/// The first block in which the account can be a candidate again.
	pub until: BlockNumber,
	/// The largest part that any of these offences costs.
	pub share: Perbill,
	/// All that was held before the slash: `share` is a part of it.
	pub held: Balance,
	/// The amount that was slashed.
	pub slashed: Balance,
}

/// A number of incidents, and the last of them: misattestations that count against a validator, or absences
/// in a row of a candidate.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Incidents {
	/// Number of incidents that were counted.
	pub count: u32,
	/// The block of the last one that was counted.
	pub last: BlockNumber,
}
