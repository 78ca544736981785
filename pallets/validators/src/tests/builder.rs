//! The actions of validators, as tests write them.

use crate::{
	mock::{account, signed, Balances, Offences, Session, SessionKeys, System, Test, Validators, TREASURY},
	BondLedger, Candidates, Event, HoldReason, Ledgers,
};
use frame_support::{assert_ok, traits::fungible::InspectHold};
use pallet_session::SessionInterface;
use sp_runtime::{AccountId32, Perbill};
use sp_staking::{
	offence::{Kind, Offence, OffenceError, ReportOffence},
	SessionIndex,
};

/// Something that validators did at the same time in a session, and what part it costs each of them.
#[derive(Clone)]
pub(crate) struct Equivocation {
	pub(crate) session: SessionIndex,
	pub(crate) slot: u32,
	pub(crate) offenders: Vec<u8>,
	/// The part that it costs, by the number of offenders.
	pub(crate) share: fn(u32) -> Perbill,
}

impl Offence<(AccountId32, ())> for Equivocation {
	const ID: Kind = *b"test:equivocatio";
	type Slot = u32;

	fn offenders(&self) -> Vec<(AccountId32, ())> {
		let offenders = self.offenders.iter();
		offenders.map(|number| (account(*number), ())).collect()
	}

	fn session_index(&self) -> SessionIndex {
		self.session
	}

	fn validator_set_count(&self) -> u32 {
		u32::try_from(Session::validators().len()).unwrap()
	}

	fn slot(&self) -> u32 {
		self.slot
	}

	fn slash_fraction(&self, offenders: u32) -> Perbill {
		(self.share)(offenders)
	}
}

/// An equivocation in this session.
pub(crate) fn equivocation(slot: u32, offenders: &[u8], share: fn(u32) -> Perbill) -> Equivocation {
	Equivocation { session: Session::current_index(), slot, offenders: offenders.to_vec(), share }
}

pub(crate) fn report(offence: Equivocation) -> Result<(), OffenceError> {
	Offences::report_offence(Vec::new(), offence)
}

/// A fifth, for any number of offenders.
pub(crate) fn a_fifth(_: u32) -> Perbill {
	Perbill::from_percent(20)
}

/// Has an account lose a fifth.
pub(crate) fn offend(number: u8, slot: u32) {
	assert_eq!(report(equivocation(slot, &[number], a_fifth)), Ok(()));
}

pub(crate) fn bond(number: u8, amount: u128) {
	assert_ok!(Validators::bond(signed(number), amount));
}

pub(crate) fn unbond(number: u8, amount: u128) {
	assert_ok!(Validators::unbond(signed(number), amount));
}

/// Has an account sign with these keys in the sessions to come.
pub(crate) fn set_keys(account: &AccountId32, keys: SessionKeys) {
	assert_ok!(<Session as SessionInterface>::set_keys(account, keys));
}

pub(crate) fn purge_keys(account: &AccountId32) {
	assert_ok!(<Session as SessionInterface>::purge_keys(account));
}

pub(crate) fn ledger(number: u8) -> BondLedger<u128> {
	Ledgers::<Test>::get(account(number))
}

pub(crate) fn held(number: u8) -> u128 {
	Balances::balance_on_hold(&HoldReason::Bond.into(), &account(number))
}

pub(crate) fn free(number: u8) -> u128 {
	Balances::free_balance(account(number))
}

pub(crate) fn treasury() -> u128 {
	free(TREASURY)
}

fn numbers(accounts: impl IntoIterator<Item = AccountId32>) -> Vec<u8> {
	let first_byte = |account: AccountId32| AsRef::<[u8; 32]>::as_ref(&account)[0];
	accounts.into_iter().map(first_byte).collect()
}

/// The candidates in their order.
pub(crate) fn candidates() -> Vec<u8> {
	let candidates = Candidates::<Test>::get().into_iter();
	numbers(candidates.map(|(account, _)| account))
}

/// The validators of this session.
pub(crate) fn set() -> Vec<u8> {
	numbers(Session::validators())
}

/// The validators that are disabled in this session.
pub(crate) fn silenced() -> Vec<u8> {
	let set = set();
	let places = Session::disabled_validators().into_iter();
	places.map(|place| set[usize::try_from(place).unwrap()]).collect()
}

/// Returns the events since the last call.
pub(crate) fn events() -> Vec<Event<Test>> {
	let events = System::read_events_for_pallet::<Event<Test>>();
	System::reset_events();
	events
}

pub(crate) fn left(number: u8) -> Event<Test> {
	Event::Left { account: account(number) }
}

pub(crate) fn entered(number: u8, bond: u128) -> Event<Test> {
	Event::Entered { account: account(number), bond }
}

pub(crate) fn displaced(number: u8) -> Event<Test> {
	Event::Displaced { account: account(number) }
}
