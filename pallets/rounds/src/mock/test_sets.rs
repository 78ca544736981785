//! Hidden test sets, as the tests wish.

use descent_protocol::{
	evaluation::TestSetSource, view::TestSetRelease, ContentRef, GroupId, RoundIndex, TestSetVerdict,
};
use frame_support::parameter_types;
use sp_core::H256;
use sp_runtime::AccountId32;

parameter_types! {
	/// The state of the release in every round whose policy names a series.
	pub static Release: TestSetRelease = TestSetRelease::Otherwise;
	/// The rounds whose set was fixed by their first reveals.
	pub static Fixed: Vec<RoundIndex> = Vec::new();
	/// The verdicts of committees.
	pub static Judged: Vec<TestSetVerdict> = Vec::new();
}

pub struct TestSets;

impl pallet_groups::TestSets<AccountId32> for TestSets {
	fn bind(_: H256, _: GroupId, _: &AccountId32) -> bool {
		unreachable!("rounds bind no series")
	}

	fn is_bound(_: H256, _: GroupId) -> bool {
		unreachable!("rounds bind no series")
	}

	fn release_of(_: H256, _: GroupId, _: RoundIndex) -> TestSetRelease {
		Release::get()
	}

	fn fix(_: H256, _: GroupId, round: RoundIndex) {
		Fixed::mutate(|fixed| fixed.push(round));
		if matches!(Release::get(), TestSetRelease::Awaited { .. }) {
			Release::set(TestSetRelease::Otherwise);
		}
	}

	fn judged(_: H256, _: GroupId, verdict: TestSetVerdict) {
		Judged::mutate(|judged| judged.push(verdict));
	}

	fn source(_: H256, _: GroupId, _: RoundIndex) -> Option<TestSetSource> {
		match Release::get() {
			TestSetRelease::Released { index, key } => Some(source(index, key)),
			TestSetRelease::Awaited { .. } | TestSetRelease::Otherwise => None,
		}
	}

	fn next(_: H256, _: GroupId) -> Option<TestSetSource> {
		match Release::get() {
			TestSetRelease::Awaited { index } => Some(source(index, H256::zero())),
			TestSetRelease::Released { .. } | TestSetRelease::Otherwise => None,
		}
	}
}

fn source(index: u16, key: H256) -> TestSetSource {
	TestSetSource {
		manifest: ContentRef::raw(b"manifest").expect("it is short"),
		index,
		key,
		providers: vec!["http://127.0.0.1:9".into()],
	}
}
