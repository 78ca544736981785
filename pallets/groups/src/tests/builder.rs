//! The actions of stakeholders, as tests write them.

use crate::{
	mock::{account, signed, Balances, Groups, System, Test},
	Changes, Event, HoldReason, NextAmendment, Open, Stakeholders, Summary, TotalStake,
};
use descent_protocol::{
	view::{AmendmentEnding, Page},
	AmendmentId, Change, ContentRef, RoundLengths, Score, Share, Shares,
};
use frame_support::{assert_ok, traits::fungible::InspectHold};
use sp_runtime::DispatchResult;

pub(crate) fn held(number: u8, reason: HoldReason) -> u128 {
	Balances::balance_on_hold(&reason.into(), &account(number))
}

pub(crate) fn free(number: u8) -> u128 {
	Balances::free_balance(account(number))
}

pub(crate) fn stake(number: u8, amount: u128) {
	assert_ok!(Groups::stake(signed(number), 0, amount));
}

pub(crate) fn unstake(number: u8, amount: u128) {
	assert_ok!(Groups::unstake(signed(number), 0, amount));
}

pub(crate) fn stake_of(number: u8) -> u128 {
	<Groups as Stakeholders<_, _>>::stake(0, &account(number)).all
}

pub(crate) fn total() -> u128 {
	TotalStake::<Test>::get(0)
}

pub(crate) fn summary() -> Summary {
	b"as discussed".to_vec().try_into().unwrap()
}

pub(crate) fn changes(changes: &[Change]) -> Changes {
	changes.to_vec().try_into().unwrap()
}

pub(crate) fn try_propose(number: u8, made: &[Change]) -> DispatchResult {
	Groups::propose_amendment(signed(number), 0, changes(made), summary())
}

pub(crate) fn propose(number: u8, made: &[Change]) -> AmendmentId {
	assert_ok!(try_propose(number, made));
	NextAmendment::<Test>::get(0) - 1
}

pub(crate) fn approve(number: u8, amendment: AmendmentId) {
	assert_ok!(Groups::vote_amendment(signed(number), 0, amendment, true));
}

/// The stake that approves an open amendment.
pub(crate) fn ayes(amendment: AmendmentId) -> u128 {
	let open = Open::<Test>::get(0);
	open.iter().find(|open| open.id == amendment).unwrap().ayes
}

/// Returns the ending of an amendment; `None` while it is open.
pub(crate) fn ending(amendment: AmendmentId) -> Option<AmendmentEnding> {
	let views = Groups::amendments(0, Page::ALL);
	views.into_iter().find(|view| view.id == amendment).unwrap().ending
}

pub(crate) fn events() -> Vec<Event<Test>> {
	System::read_events_for_pallet::<Event<Test>>()
}

pub(crate) fn improvement(micros: u64) -> Change {
	Change::MinimumImprovement { micros }
}

pub(crate) fn target(micros: u64) -> Change {
	Change::Target { score: Some(Score(micros)) }
}

pub(crate) fn period(blocks: u32) -> Change {
	Change::VotingPeriod { blocks }
}

pub(crate) fn quorum(percent: u32) -> Change {
	Change::Quorum { share: Share::percent(percent) }
}

pub(crate) fn shares(validators: u32, keepers: u32) -> Change {
	Change::Shares {
		shares: Shares { validators: Share::percent(validators), keepers: Share::percent(keepers) },
	}
}

pub(crate) fn model(name: &str) -> Change {
	Change::Model { model: ContentRef::raw(name.as_bytes()).unwrap() }
}

pub(crate) fn lengths(length: u32, reveal: u32, attest: u32, open: u32) -> Change {
	Change::Clock { lengths: RoundLengths { length, reveal, attest, open } }
}
