use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::mem;
use descent_protocol::{Accumulator, BlockNumber, Mark, RoundIndex, Shares, Split};
use scale_info::TypeInfo;

/// How far a stream of new tokens has got.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct StreamState {
	/// The block that began its period.
	pub since: BlockNumber,
	/// What the period mints, if there is stake for all of it.
	pub emission: u128,
	/// What of it has flown, whether there was stake for it or not.
	pub flown: u128,
	/// What has flown and could not be minted yet, because the pallet's account would not have existed with it.
	pub due: u128,
}

/// What a group has to pay with, as it was when its stake changed last or it paid last.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Pot {
	/// All stake in the group.
	pub stake: u128,
	/// How far it was credited what the trainers' stream mints.
	pub trainers: Mark,
	/// How far it was credited what the proposers' stream mints.
	pub proposers: Mark,
	/// What it has for rounds and is not divided: the shares do of the next round or check that is paid.
	pub fresh: u128,
	/// What the next round is won with.
	pub winner: u128,
	/// What the members of the next committee share.
	pub validators: u128,
	/// What is put aside for keepers.
	pub keepers: u128,
	/// What the proposer of the next delta gets that is applied.
	pub proposer: u128,
}

impl Pot {
	/// Adds what the group's stake has earned up to where the streams' accumulators are.
	pub(crate) fn credit(&mut self, [trainers, proposers]: &[Accumulator; 2]) {
		let earned = self.trainers.earn(trainers, self.stake);
		self.fresh = self.fresh.saturating_add(earned);
		let earned = self.proposers.earn(proposers, self.stake);
		self.proposer = self.proposer.saturating_add(earned);
	}

	/// Divides what is not divided yet. How it was.
	pub(crate) fn divide(&mut self, shares: Shares) -> Split {
		let split = shares.split(mem::take(&mut self.fresh));
		self.add(split);
		split
	}

	/// Adds what was divided.
	pub(crate) fn add(&mut self, split: Split) {
		self.winner = self.winner.saturating_add(split.winner);
		self.validators = self.validators.saturating_add(split.validators);
		self.keepers = self.keepers.saturating_add(split.keepers);
	}

	/// Takes an equal part of `due`, which is the validators', for each of so many members. What does not divide stays. What each
	/// gets.
	pub(crate) fn share_out(&mut self, due: u128, members: u128) -> u128 {
		let each = due.checked_div(members).unwrap_or_default();
		self.validators = self.validators.saturating_sub(each.saturating_mul(members));
		each
	}

	/// All that it has.
	#[cfg(any(feature = "std", feature = "try-runtime"))]
	pub(crate) fn amount(&self) -> u128 {
		[self.fresh, self.winner, self.validators, self.keepers, self.proposer]
			.into_iter()
			.fold(0, u128::saturating_add)
	}
}

/// What a client pays for a group's rounds.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Funding<AccountId> {
	/// Who pays.
	pub client: AccountId,
	/// What is left.
	pub left: u128,
	/// What of it each round is worth that somebody wins.
	pub per_round: u128,
	/// When it ends, where the client has given notice.
	pub notice: Option<Notice>,
}

/// When a funding ends.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Notice {
	/// The first round that it does not pay for: the one that had not begun.
	pub until: RoundIndex,
	/// The block from which the client can take back what is left.
	pub free: BlockNumber,
}

impl<AccountId> Funding<AccountId> {
	/// Whether it pays for a round.
	pub(crate) fn pays_for(&self, round: RoundIndex) -> bool {
		self.notice.is_none_or(|notice| round < notice.until)
	}

	/// Whether its client can take back what is left.
	pub(crate) fn is_free(&self, now: BlockNumber) -> bool {
		self.notice.is_some_and(|notice| notice.free <= now)
	}

	/// What a round is worth to it.
	pub(crate) fn payment(&self) -> u128 {
		self.per_round.min(self.left)
	}
}
