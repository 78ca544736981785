use descent_protocol::{
	evaluation::TestSetSource, view::TestSetRelease, GroupId, RoundIndex, TestSetVerdict,
};
use frame_support::weights::Weight;
use sp_core::H256;

/// The hidden test sets of groups whose policy names a series of them.
pub trait TestSets<AccountId> {
	/// Binds a series to a new group. Returns false if the owner of the group has not opened the series, or
	/// it is bound already.
	fn bind(series: H256, group: GroupId, owner: &AccountId) -> bool;

	/// Returns true if a series is bound to a group, so that the group's rules may name it. Its requester has
	/// agreed to that.
	fn is_bound(series: H256, group: GroupId) -> bool;

	/// Returns the state of the release for a round whose policy names a series.
	fn release_of(series: H256, group: GroupId, round: RoundIndex) -> TestSetRelease;

	/// Fixes what a round is measured on, as the first checkpoint is revealed in it. Where a key was awaited,
	/// the requester pays for having missed the round.
	fn fix(series: H256, group: GroupId, round: RoundIndex);

	/// Has a requester pay for what the committee of a round found of the test set that was released for it.
	fn judged(series: H256, group: GroupId, verdict: TestSetVerdict);

	/// Returns the test set that was released for a round. Only for use off chain.
	fn source(series: H256, group: GroupId, round: RoundIndex) -> Option<TestSetSource>;

	/// Returns the test set whose key is the next to be released, without its key. Only for use off chain.
	fn next(series: H256, group: GroupId) -> Option<TestSetSource>;

	/// Returns the weight of [`Self::bind`].
	fn bind_weight() -> Weight {
		Weight::zero()
	}

	/// Returns the weight of [`Self::release_of`] and [`Self::fix`].
	fn fix_weight() -> Weight {
		Weight::zero()
	}

	/// Returns the weight of [`Self::release_of`] and [`Self::judged`].
	fn judged_weight() -> Weight {
		Weight::zero()
	}
}

/// No series: no group can name one.
impl<AccountId> TestSets<AccountId> for () {
	fn bind(_: H256, _: GroupId, _: &AccountId) -> bool {
		false
	}

	fn is_bound(_: H256, _: GroupId) -> bool {
		false
	}

	fn release_of(_: H256, _: GroupId, _: RoundIndex) -> TestSetRelease {
		TestSetRelease::Otherwise
	}

	fn fix(_: H256, _: GroupId, _: RoundIndex) {}

	fn judged(_: H256, _: GroupId, _: TestSetVerdict) {}

	fn source(_: H256, _: GroupId, _: RoundIndex) -> Option<TestSetSource> {
		None
	}

	fn next(_: H256, _: GroupId) -> Option<TestSetSource> {
		None
	}
}
