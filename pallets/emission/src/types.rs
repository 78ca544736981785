use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::mem;
use descent_protocol::{Accumulator, BlockNumber, Mark, OrderTerms, RoundIndex, Shares, Split};
use scale_info::TypeInfo;

/// The state of a stream of new tokens.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct StreamState {
	/// The block that began its period.
	pub since: BlockNumber,
	/// The emission of the period, which is minted if there is stake all the time.
	pub emission: u128,
	/// The part of the emission that has flown, with stake for it or without.
	pub flown: u128,
	/// The amount that has flown and could not be minted yet, as the pallet's account would not have existed
	/// with it.
	pub due: u128,
}

/// The tokens that a group has to pay with, as of its last change of stake or its last payment.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Pot {
	/// All stake in the group.
	pub stake: u128,
	/// The mark up to which it was credited its part of the trainers' stream.
	pub trainers: Mark,
	/// The mark up to which it was credited its part of the proposers' stream.
	pub proposers: Mark,
	/// The tokens for rounds that are not divided yet: the shares of the next round or check that is paid
	/// divide them.
	pub fresh: u128,
	/// The reward of the next winner.
	pub winner: u128,
	/// The tokens for the members of the next committee.
	pub validators: u128,
	/// The tokens that are put aside for keepers.
	pub keepers: u128,
	/// The reward of the proposer of the next delta that is applied.
	pub proposer: u128,
}

impl Pot {
	/// Adds the earnings of the group's stake up to the streams' accumulators.
	pub(crate) fn credit(&mut self, [trainers, proposers]: &[Accumulator; 2]) {
		let earned = self.trainers.earn(trainers, self.stake);
		self.fresh = self.fresh.saturating_add(earned);
		let earned = self.proposers.earn(proposers, self.stake);
		self.proposer = self.proposer.saturating_add(earned);
	}

	/// Divides the tokens that are not divided yet, and returns the split.
	pub(crate) fn divide(&mut self, shares: Shares) -> Split {
		let split = shares.split(mem::take(&mut self.fresh));
		self.add(split);
		split
	}

	/// Adds the parts of a split.
	pub(crate) fn add(&mut self, split: Split) {
		self.winner = self.winner.saturating_add(split.winner);
		self.validators = self.validators.saturating_add(split.validators);
		self.keepers = self.keepers.saturating_add(split.keepers);
	}

	/// Takes an equal part of `due`, which is the validators', for each of so many members, and returns it.
	/// The rest of the division stays.
	pub(crate) fn share_out(&mut self, due: u128, members: u128) -> u128 {
		let each = due.checked_div(members).unwrap_or_default();
		self.validators = self.validators.saturating_sub(each.saturating_mul(members));
		each
	}

	/// Returns the sum of all its tokens.
	#[cfg(any(feature = "std", feature = "try-runtime"))]
	pub(crate) fn amount(&self) -> u128 {
		[self.fresh, self.winner, self.validators, self.keepers, self.proposer]
			.into_iter()
			.fold(0, u128::saturating_add)
	}
}

/// The payment of a client for a group's rounds.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Funding<AccountId> {
	/// The client that pays.
	pub client: AccountId,
	/// The amount that is left.
	pub left: u128,
	/// The amount that each round with a winner takes.
	pub per_round: u128,
	/// The end of the funding, if the client has given notice.
	pub notice: Option<Notice>,
}

/// The end of a client's payments for a group's rounds.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Notice {
	/// The first round that is not paid for. Where it was given, that had not begun.
	pub until: RoundIndex,
	/// The first block in which the client can take back the rest.
	pub free: BlockNumber,
}

impl<AccountId> Funding<AccountId> {
	/// Returns true if it pays for a round.
	pub(crate) fn pays_for(&self, round: RoundIndex) -> bool {
		self.notice.is_none_or(|notice| round < notice.until)
	}

	/// Returns true if its client can take back the rest.
	pub(crate) fn is_free(&self, now: BlockNumber) -> bool {
		self.notice.is_some_and(|notice| notice.free <= now)
	}

	/// Returns the amount that it pays for a round.
	pub(crate) fn payment(&self) -> u128 {
		self.per_round.min(self.left)
	}
}

/// The order of a client for improvement of a group's model.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Order<AccountId> {
	/// The client that pays.
	pub client: AccountId,
	/// The amount that is left.
	pub left: u128,
	/// The terms on which it pays.
	pub terms: OrderTerms,
	/// The first round that it pays for: the one that had not begun when it was placed. Rounds before it may
	/// be played by other rules than those that the client has named.
	pub since: RoundIndex,
	/// The end of the order.
	pub end: Notice,
}

impl<AccountId> Order<AccountId> {
	/// Returns true if it pays for a round.
	pub(crate) fn pays_for(&self, round: RoundIndex) -> bool {
		self.since <= round && round < self.end.until
	}

	/// Returns true if it is over, so that the rest can be returned.
	pub(crate) fn is_free(&self, now: BlockNumber) -> bool {
		self.end.free <= now
	}

	/// Moves its end forward, never back. Returns true if it ends earlier by that.
	pub(crate) fn end_by(&mut self, notice: Notice) -> bool {
		let is_earlier = notice.until < self.end.until;
		if is_earlier {
			self.end = notice;
		}
		is_earlier
	}
}
