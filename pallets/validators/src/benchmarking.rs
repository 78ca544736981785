//! Benchmarks of the pallet's calls, and of what it does for others, each in its worst case.

use crate::{
	Absences, BalanceOf, BondLedger, Call, Candidates, Config, CurrencyOf, Gateways, HoldReason, Incidents,
	Ledgers, Pallet, Sentences, Struck, MAX_CANDIDATES, MAX_UNBONDING,
};
use alloc::{vec, vec::Vec};
use codec::{Decode, Encode};
use descent_protocol::{Performance, ABSENCE_INTERVAL, MAX_ABSENCES, MAX_COMMITTEE, MAX_PROVIDER_LENGTH};
use descent_support::now;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{
		fungible::{Inspect, Mutate, MutateHold},
		Get,
	},
	Blake2_256, BoundedVec, StorageHasher,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use pallet_evaluators::{Gateway, PerformanceObserver};
use sp_runtime::{
	traits::{Saturating, TrailingZeroInput},
	Perbill, SaturatedConversion,
};
use sp_staking::offence::{OffenceDetails, OnOffenceHandler};

/// A bond that is at least the minimum, whatever it is.
fn bond<T: Config>() -> BalanceOf<T> {
	let least = CurrencyOf::<T>::minimum_balance().saturating_mul(10u32.into());
	<T as Config>::MinimumBond::get().max(least)
}

/// An account that can pay for everything.
fn rich<T: Config>(number: u32) -> T::AccountId
where
	CurrencyOf<T>: Mutate<T::AccountId>,
{
	let account: T::AccountId = account("validator", number, 0);
	CurrencyOf::<T>::set_balance(&account, bond::<T>().saturating_mul(100u32.into()));
	account
}

/// An account with so much on hold as its bond.
fn bonded<T: Config>(number: u32, bond: BalanceOf<T>) -> T::AccountId
where
	CurrencyOf<T>: Mutate<T::AccountId>,
{
	let account = rich::<T>(number);
	CurrencyOf::<T>::hold(&HoldReason::Bond.into(), &account, bond).expect("the balance suffices");
	let ledger = BondLedger { bond, ..Default::default() };
	Ledgers::<T>::insert(&account, ledger);
	account
}

/// As many candidates as there can be, the first with twice as much as the others.
fn fill<T: Config>() -> Vec<T::AccountId>
where
	CurrencyOf<T>: Mutate<T::AccountId>,
{
	let candidates: Vec<_> = (0..MAX_CANDIDATES)
		.map(|number| {
			let parts: u32 = if number == 0 { 2 } else { 1 };
			let bond = bond::<T>().saturating_mul(parts.into());
			(bonded::<T>(number, bond), bond)
		})
		.collect();
	let accounts = candidates.iter().map(|(account, _)| account.clone()).collect();
	let candidates = BoundedVec::try_from(candidates).expect("as many as there can be");
	Candidates::<T>::put(candidates);
	accounts
}

/// Session keys that no other account has.
fn keys<T: Config>(account: &T::AccountId) -> T::Keys {
	let bytes = [Blake2_256::hash(&account.encode()); 4].concat();
	T::Keys::decode(&mut TrailingZeroInput::new(&bytes)).expect("keys are made of any bytes")
}

fn put_keys<T: Config>(account: &T::AccountId) {
	pallet_session::NextKeys::<T>::insert(account, keys::<T>(account));
}

/// So many validators of the session, out of as many candidates as there can be.
fn present<T: Config>(n: u32) -> Vec<T::AccountId>
where
	CurrencyOf<T>: Mutate<T::AccountId>,
{
	let validators: Vec<_> = fill::<T>().into_iter().take(n.saturated_into()).collect();
	pallet_session::Validators::<T>::put(&validators);
	validators
}

fn performance<AccountId>(members: Vec<AccountId>, of_each: Performance) -> Vec<(AccountId, Performance)> {
	members.into_iter().map(|account| (account, of_each)).collect()
}

fn details<AccountId: Clone>(offenders: &[AccountId]) -> Vec<OffenceDetails<AccountId, (AccountId, ())>> {
	let detail =
		|account: &AccountId| OffenceDetails { offender: (account.clone(), ()), reporters: Vec::new() };
	offenders.iter().map(detail).collect()
}

/// Shares of bonds, all of them.
fn shares(offenders: usize) -> Vec<Perbill> {
	vec![Perbill::one(); offenders]
}

#[benchmarks(where CurrencyOf<T>: Mutate<T::AccountId>)]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn bond() {
		fill::<T>();
		let newcomer = rich::<T>(MAX_CANDIDATES);
		let amount = super::bond::<T>().saturating_add(1u32.into());

		#[extrinsic_call]
		_(RawOrigin::Signed(newcomer.clone()), amount);

		assert!(Candidates::<T>::get().iter().any(|(account, _)| *account == newcomer));
	}

	#[benchmark]
	fn unbond() {
		let candidates = fill::<T>();
		let amount = super::bond::<T>();

		#[extrinsic_call]
		_(RawOrigin::Signed(candidates[0].clone()), amount);

		assert!(Candidates::<T>::get().last().is_some_and(|(account, _)| *account == candidates[0]));
	}

	#[benchmark]
	fn withdraw() {
		let account = bonded::<T>(0, super::bond::<T>());
		Ledgers::<T>::mutate(&account, |ledger| {
			let part = Perbill::from_rational(1, MAX_UNBONDING).mul_floor(super::bond::<T>());
			for block in 0..MAX_UNBONDING {
				ledger.unbonding.try_push((part, block)).expect("no more than there can be");
				ledger.bond = ledger.bond.saturating_sub(part);
			}
		});
		Absences::<T>::insert(&account, Incidents { count: 1, last: 0 });
		frame_system::Pallet::<T>::set_block_number(BlockNumberFor::<T>::from(MAX_UNBONDING));

		#[extrinsic_call]
		_(RawOrigin::Signed(account.clone()));

		assert!(Ledgers::<T>::get(account).unbonding.is_empty());
	}

	#[benchmark]
	fn chill() {
		let candidates = fill::<T>();

		#[extrinsic_call]
		_(RawOrigin::Signed(candidates[0].clone()));

		assert!(Ledgers::<T>::get(&candidates[0]).chilled);
	}

	#[benchmark]
	fn validate() {
		fill::<T>();
		let newcomer = bonded::<T>(MAX_CANDIDATES, super::bond::<T>().saturating_mul(3u32.into()));
		put_keys::<T>(&newcomer);

		#[extrinsic_call]
		_(RawOrigin::Signed(newcomer.clone()));

		assert!(Candidates::<T>::get().first().is_some_and(|(account, _)| *account == newcomer));
	}

	#[benchmark]
	fn set_gateway() {
		let validator = bonded::<T>(0, super::bond::<T>());
		let mut address = b"http://".to_vec();
		address.resize(MAX_PROVIDER_LENGTH.saturated_into(), b'a');
		let address = Gateway::try_from(address).expect("as long as it can be");

		#[extrinsic_call]
		_(RawOrigin::Signed(validator.clone()), Some(address.clone()));

		assert_eq!(Gateways::<T>::get(validator), Some(address));
	}

	#[benchmark]
	fn on_offence(n: Linear<1, MAX_COMMITTEE>) {
		let offenders = present::<T>(n);
		let (details, shares) = (details(&offenders), shares(offenders.len()));

		#[block]
		{
			Pallet::<T>::on_offence(&details, &shares, 0);
		}

		assert!(offenders.iter().all(Sentences::<T>::contains_key));
	}

	#[benchmark]
	fn observed(n: Linear<1, MAX_COMMITTEE>) {
		let performance = performance(present::<T>(n), Performance::Sound);

		#[block]
		{
			Pallet::<T>::observed(&performance);
		}

		assert!(!performance.iter().any(|(account, _)| Absences::<T>::contains_key(account)));
	}

	#[benchmark]
	fn chilled(n: Linear<1, MAX_COMMITTEE>) {
		let absent = present::<T>(n);
		let count = MAX_ABSENCES.saturating_sub(1);
		for account in &absent {
			Absences::<T>::insert(account, Incidents { count, last: 0 });
		}
		frame_system::Pallet::<T>::set_block_number(ABSENCE_INTERVAL.saturating_add(1).saturated_into());
		let performance = performance(absent, Performance::Absent);

		#[block]
		{
			Pallet::<T>::observed(&performance);
		}

		let first = performance.first().map(|(account, _)| account);
		assert!(!first.is_some_and(Absences::<T>::contains_key), "it is no longer a candidate");
	}

	#[benchmark]
	fn convicted(n: Linear<1, MAX_COMMITTEE>) {
		let offenders = present::<T>(n);
		let last = now::<T>();
		for account in &offenders {
			Struck::<T>::insert(account, Incidents { count: 1, last });
			Absences::<T>::insert(account, Incidents { count: 1, last });
		}
		let performance = performance(offenders, Performance::False);

		#[block]
		{
			Pallet::<T>::observed(&performance);
		}

		assert!(performance.iter().all(|(account, _)| Sentences::<T>::contains_key(account)));
	}

	/// All validators of the session were punished, and others take their places. Their keys are the last
	/// that are looked for.
	#[benchmark]
	fn rotate_session(n: Linear<1, MAX_COMMITTEE>) {
		let outgoing = present::<T>(n);
		Pallet::<T>::on_offence(&details(&outgoing), &shares(outgoing.len()), 0);
		let queued: Vec<_> = outgoing.iter().map(|account| (account.clone(), keys::<T>(account))).collect();
		pallet_session::QueuedKeys::<T>::put(queued);
		let candidates = Candidates::<T>::get();
		let incoming = candidates.iter().rev().take(n.saturated_into());
		incoming.for_each(|(account, _)| put_keys::<T>(account));

		#[block]
		{
			pallet_session::Pallet::<T>::rotate_session();
		}

		let queued = pallet_session::QueuedKeys::<T>::get();
		assert!(!queued.iter().any(|(account, _)| outgoing.contains(account)));
		assert_eq!(queued.len(), n.min(<T as Config>::Seats::get()).saturated_into::<usize>());
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
