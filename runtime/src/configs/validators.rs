//! The validator set, and the slashes of offences.

use super::{
	emission::ToTreasury,
	parameters::{dynamic_params::validators::MinimumBond, Seats},
	training::MAXIMUM_ROUND_LENGTH,
};
use crate::{
	constants::{DAYS, EPOCH_DURATION_IN_SLOTS},
	AccountId, Balances, BlockNumber, Offences, Runtime, RuntimeEvent, RuntimeHoldReason, SessionKeys,
	Validators,
};
use alloc::{collections::BTreeMap, vec::Vec};
use core::marker::PhantomData;
use frame_support::{parameter_types, traits::ConstU32};
use pallet_session::historical;
use pallet_validators::NoIdentification;
use sp_staking::SessionIndex;

/// Number of blocks for which an unbonded amount stays held.
const UNBONDING_PERIOD: BlockNumber = 32 * DAYS;
/// Number of blocks for which a validator can be held to account: the longest round, whose committee is fixed
/// when it begins to measure, and a day to report.
const LONGEST_DISPUTE: BlockNumber = MAXIMUM_ROUND_LENGTH + DAYS;
/// Number of blocks for which an offender can't be a candidate.
const JAIL_PERIOD: BlockNumber = DAYS;

parameter_types! {
	/// Number of blocks for which a report of an equivocation may wait to be put into a block.
	pub ReportLongevity: u64 = LONGEST_DISPUTE.into();
	/// The sessions whose validators can be held to account.
	pub ReportedSessions: u64 = u64::from(LONGEST_DISPUTE)
		.checked_div(EPOCH_DURATION_IN_SLOTS)
		.unwrap_or_default();
}

impl pallet_validators::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Slash = ToTreasury;
	type Offences = Offences;
	type MinimumBond = MinimumBond;
	type Seats = Seats;
	type UnbondingPeriod = ConstU32<UNBONDING_PERIOD>;
	type LongestDispute = ConstU32<LONGEST_DISPUTE>;
	type JailPeriod = ConstU32<JAIL_PERIOD>;
	type WeightInfo = pallet_validators::weights::SubstrateWeight<Runtime>;
}

impl historical::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = ();
	type FullIdentificationOf = NoIdentification;
}

impl pallet_offences::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type IdentificationTuple = historical::IdentificationTuple<Runtime>;
	type OnOffenceHandler = Validators;
}

/// Plans a session only where its validators or their keys differ, in whatever order, from those of the
/// session before. The finality gadget would take each planned session for a new set, and each new set has to
/// be proven to every node that ever joins the chain.
pub struct OnlyChanges<Manager>(PhantomData<Manager>);

impl<Manager> OnlyChanges<Manager> {
	fn is_change(planned: &[(AccountId, ())]) -> bool {
		let planned: BTreeMap<_, _> = planned
			.iter()
			.map(|(account, ())| (account.clone(), pallet_session::NextKeys::<Runtime>::get(account)))
			.collect();
		let queued: BTreeMap<_, _> = pallet_session::QueuedKeys::<Runtime>::get()
			.into_iter()
			.map(|(account, keys): (AccountId, SessionKeys)| (account, Some(keys)))
			.collect();
		planned != queued
	}
}

impl<Manager: historical::SessionManager<AccountId, ()>> historical::SessionManager<AccountId, ()>
	for OnlyChanges<Manager>
{
	fn new_session(index: SessionIndex) -> Option<Vec<(AccountId, ())>> {
		<Manager as historical::SessionManager<_, _>>::new_session(index)
			.filter(|planned| Self::is_change(planned))
	}

	fn new_session_genesis(index: SessionIndex) -> Option<Vec<(AccountId, ())>> {
		<Manager as historical::SessionManager<_, _>>::new_session_genesis(index)
	}

	fn start_session(index: SessionIndex) {
		<Manager as historical::SessionManager<_, _>>::start_session(index);
	}

	fn end_session(index: SessionIndex) {
		<Manager as historical::SessionManager<_, _>>::end_session(index);
	}
}

impl<Manager: historical::SessionManager<AccountId, ()>> pallet_session::SessionManager<AccountId>
	for OnlyChanges<Manager>
{
	fn new_session(index: SessionIndex) -> Option<Vec<AccountId>> {
		let planned = <Self as historical::SessionManager<_, _>>::new_session(index)?;
		Some(planned.into_iter().map(|(account, ())| account).collect())
	}

	fn start_session(index: SessionIndex) {
		<Manager as historical::SessionManager<_, _>>::start_session(index);
	}

	fn end_session(index: SessionIndex) {
		<Manager as historical::SessionManager<_, _>>::end_session(index);
	}
}
