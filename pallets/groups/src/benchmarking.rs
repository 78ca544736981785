//! Benchmarks of the pallet's calls.

use crate::{
	migrations::{v2, Cursor, DropTolerance},
	Amendment, Amendments, BalanceOf, Call, Changes, Config, EndedCount, Groups, HoldReason, NewGroup,
	NextAmendment, NextGroup, Open, Pallet, Revisions, Stakes, Summary, Tolerances, WeightInfo,
	MAX_UNSTAKING,
};
use alloc::{vec, vec::Vec};
use descent_protocol::{
	Change, Clock, Codec, ContentRef, EvaluationPolicy, Metric, OptionalRule, OptionalRules, Providers,
	RoundLengths, Share, Shares, LEAF_SIZE, MAX_AMENDMENTS, MAX_NAME_LENGTH, MAX_PROVIDERS,
	MAX_PROVIDER_LENGTH, MAX_SUMMARY_LENGTH,
};
use frame_benchmarking::v2::*;
use frame_support::{
	migrations::SteppedMigration,
	pallet_prelude::{DispatchError, StorageVersion},
	storage::unhashed,
	traits::{
		fungible::{InspectHold, Mutate},
		Get,
	},
	weights::WeightMeter,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_core::H256;
use sp_runtime::{
	traits::{Saturating, Zero},
	SaturatedConversion,
};

/// The group of the benchmarks.
const GROUP: u32 = 0;

fn bytes(count: u32) -> Vec<u8> {
	vec![b'a'; count.saturated_into()]
}

/// Content that is read as a tree.
fn content() -> ContentRef {
	ContentRef { digest: H256::repeat_byte(1), codec: Codec::UnixFs, size: LEAF_SIZE.saturating_add(1) }
}

fn providers() -> Providers {
	let mut provider = b"http://".to_vec();
	provider.resize(MAX_PROVIDER_LENGTH.saturated_into(), b'a');
	let provider = provider.try_into().expect("of the largest length");
	vec![provider; MAX_PROVIDERS.saturated_into()].try_into().expect("as many as there can be")
}

/// One rule of every kind.
fn largest_optional_rules<T: Config>() -> OptionalRules {
	let mut rules = OptionalRules::default();
	let seats = T::MinimumCommitteeSeats::get().saturated_into();
	rules.set(OptionalRule::Committee { seats });
	rules
}

/// A group that is as large as one can be.
pub(crate) fn largest_group<T: Config>() -> NewGroup<BalanceOf<T>> {
	let window = T::MinimumWindow::get();
	NewGroup {
		name: bytes(MAX_NAME_LENGTH).try_into().expect("of the largest length"),
		model: content(),
		dataset: content(),
		providers: providers(),
		metric: Metric::Loss,
		policy: EvaluationPolicy::Validation { set: content(), records: T::MaxEvaluationRecords::get() },
		minimum_improvement: 1,
		target: None,
		clock: Clock {
			first: 0,
			start: 0,
			length: window.saturating_mul(4),
			reveal: window,
			attest: window,
			open: window,
		},
		deposit: T::MinimumCommitmentDeposit::get(),
		shares: Shares::default(),
		stake: T::MinimumStake::get().saturating_add(1u32.into()),
		voting_period: T::MinimumVotingPeriod::get(),
		quorum: Share(1),
		optional_rules: largest_optional_rules::<T>(),
	}
}

/// An amendment with as many changes as there can be, the largest among them.
fn largest_changes<T: Config>() -> Changes {
	let window = T::MinimumWindow::get();
	let changes = vec![
		Change::Model { model: content() },
		Change::Providers { providers: providers() },
		Change::Policy { policy: EvaluationPolicy::Validation { set: content(), records: 1 } },
		Change::Clock {
			lengths: RoundLengths {
				length: window.saturating_mul(5),
				reveal: window,
				attest: window,
				open: window,
			},
		},
		Change::MinimumImprovement { micros: 3 },
		Change::Shares { shares: Shares { validators: Share::percent(30), keepers: Share::percent(10) } },
		Change::Target { score: None },
		Change::Quorum { share: Share::ALL },
	];
	changes.try_into().expect("as many as there can be")
}

fn longest_summary() -> Summary {
	bytes(MAX_SUMMARY_LENGTH).try_into().expect("of the largest length")
}

/// An account that can pay for everything.
fn rich<T: Config<Currency: Mutate<T::AccountId>>>(index: u32) -> T::AccountId {
	let account = account("stakeholder", index, 0);
	T::Currency::set_balance(&account, u64::MAX.saturated_into());
	account
}

/// The group, and its owner.
fn group<T: Config<Currency: Mutate<T::AccountId>>>() -> Result<T::AccountId, DispatchError> {
	let owner = rich::<T>(0);
	Pallet::<T>::create(RawOrigin::Signed(owner.clone()).into(), largest_group::<T>())?;
	Ok(owner)
}

/// So many amendments by as many stakeholders, all of which the owner approves too.
fn amendments<T: Config<Currency: Mutate<T::AccountId>>>(
	owner: &T::AccountId,
	count: u32,
) -> Result<(), DispatchError> {
	for index in 1..=count {
		let proposer = RawOrigin::Signed(rich::<T>(index));
		Pallet::<T>::stake(proposer.clone().into(), GROUP, T::MinimumStake::get())?;
		let amendment = NextAmendment::<T>::get(GROUP);
		Pallet::<T>::propose_amendment(proposer.into(), GROUP, largest_changes::<T>(), longest_summary())?;
		let voter = RawOrigin::Signed(owner.clone());
		Pallet::<T>::vote_amendment(voter.into(), GROUP, amendment, true)?;
	}
	Ok(())
}

fn go_to<T: Config>(block: u32) {
	frame_system::Pallet::<T>::set_block_number(BlockNumberFor::<T>::from(block));
}

#[benchmarks(where T::Currency: Mutate<T::AccountId>)]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn create() {
		let owner = rich::<T>(0);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), largest_group::<T>());

		assert_eq!(NextGroup::<T>::get(), 1);
	}

	#[benchmark]
	fn stake() -> Result<(), BenchmarkError> {
		let owner = group::<T>()?;
		amendments::<T>(&owner, MAX_AMENDMENTS)?;
		let before = Stakes::<T>::get(GROUP, &owner).active;

		#[extrinsic_call]
		_(RawOrigin::Signed(owner.clone()), GROUP, 1u32.into());

		assert!(Stakes::<T>::get(GROUP, &owner).active > before);
		Ok(())
	}

	#[benchmark]
	fn unstake() -> Result<(), BenchmarkError> {
		let owner = group::<T>()?;
		amendments::<T>(&owner, MAX_AMENDMENTS)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(owner.clone()), GROUP, 1u32.into());

		assert_eq!(Stakes::<T>::get(GROUP, &owner).unstaking.len(), 1);
		Ok(())
	}

	#[benchmark]
	fn withdraw() -> Result<(), BenchmarkError> {
		let owner = group::<T>()?;
		let signed = RawOrigin::Signed(owner.clone());
		Pallet::<T>::stake(signed.clone().into(), GROUP, MAX_UNSTAKING.into())?;
		for block in 1..=MAX_UNSTAKING {
			go_to::<T>(block);
			Pallet::<T>::unstake(signed.clone().into(), GROUP, 1u32.into())?;
		}
		go_to::<T>(MAX_UNSTAKING.saturating_add(T::MaximumVotingPeriod::get()));

		#[extrinsic_call]
		_(signed, GROUP);

		assert!(Stakes::<T>::get(GROUP, &owner).unstaking.is_empty());
		Ok(())
	}

	#[benchmark]
	fn propose_amendment() -> Result<(), BenchmarkError> {
		let owner = group::<T>()?;
		for index in 1..=MAX_AMENDMENTS {
			let proposer = RawOrigin::Signed(rich::<T>(index));
			Pallet::<T>::stake(proposer.clone().into(), GROUP, T::MinimumStake::get())?;
			let changes = largest_changes::<T>();
			Pallet::<T>::propose_amendment(proposer.into(), GROUP, changes, longest_summary())?;
		}
		// As if nothing had been open before: the alarm is set for another close.
		Groups::<T>::mutate_extant(GROUP, |group| group.voting.closing = None);
		go_to::<T>(T::MinimumVotingPeriod::get().saturating_add(1));

		#[extrinsic_call]
		_(RawOrigin::Signed(owner.clone()), GROUP, largest_changes::<T>(), longest_summary());

		assert_eq!(EndedCount::<T>::get(GROUP), 1);
		assert!(Amendments::<T>::contains_key(GROUP, MAX_AMENDMENTS));
		Ok(())
	}

	#[benchmark]
	fn vote_amendment() -> Result<(), BenchmarkError> {
		let owner = group::<T>()?;
		amendments::<T>(&owner, MAX_AMENDMENTS)?;
		let last = MAX_AMENDMENTS.saturating_sub(1);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner.clone()), GROUP, last, false);

		assert!(!Stakes::<T>::get(GROUP, &owner).approvals.contains(&last));
		Ok(())
	}

	#[benchmark]
	fn withdraw_amendment() -> Result<(), BenchmarkError> {
		let owner = group::<T>()?;
		amendments::<T>(&owner, MAX_AMENDMENTS)?;
		let last = MAX_AMENDMENTS.saturating_sub(1);
		Open::<T>::mutate_extant(GROUP, |open| open.iter_mut().for_each(|contender| contender.lost = 1));
		// Without the owner's approval it has no majority.
		Pallet::<T>::vote_amendment(RawOrigin::Signed(owner).into(), GROUP, last, false)?;
		let proposer: T::AccountId = account("stakeholder", MAX_AMENDMENTS, 0);

		#[extrinsic_call]
		_(RawOrigin::Signed(proposer.clone()), GROUP, last);

		let held = T::Currency::balance_on_hold(&HoldReason::Amendment.into(), &proposer);
		assert!(held.is_zero());
		Ok(())
	}

	#[benchmark]
	fn close_period(a: Linear<0, MAX_AMENDMENTS>) -> Result<(), BenchmarkError> {
		let owner = group::<T>()?;
		amendments::<T>(&owner, a)?;
		// All have their majority.
		let all = T::MinimumStake::get().saturating_mul(100u32.into());
		Pallet::<T>::stake(RawOrigin::Signed(owner).into(), GROUP, all)?;
		let close = Pallet::<T>::alarmed_close(GROUP).ok_or("no close")?;
		go_to::<T>(close);

		#[extrinsic_call]
		_(RawOrigin::Root, GROUP);

		assert_eq!(EndedCount::<T>::get(GROUP), a);
		assert!(Open::<T>::get(GROUP).is_empty());
		Ok(())
	}

	#[benchmark]
	fn migrate_revision() -> Result<(), BenchmarkError> {
		group::<T>()?;
		let new = Revisions::<T>::take(GROUP, 0).ok_or("no rules")?;
		v2::Revisions::<T>::insert(GROUP, 0, v2::Rules::downgrade(new, u64::MAX));
		StorageVersion::new(2).put::<Pallet<T>>();
		let mut meter = WeightMeter::with_limit(T::WeightInfo::migrate_revision());

		#[block]
		{
			DropTolerance::<T>::step(None, &mut meter).map_err(|_| "no step")?;
		}

		assert!(Revisions::<T>::contains_key(GROUP, 0));
		assert_eq!(Tolerances::<T>::get(GROUP, 0), Some(u64::MAX));
		Ok(())
	}

	#[benchmark]
	fn migrate_amendment() -> Result<(), BenchmarkError> {
		let owner = group::<T>()?;
		amendments::<T>(&owner, MAX_AMENDMENTS)?;
		for (group, id, amendment) in Amendments::<T>::iter().collect::<Vec<_>>() {
			let empty = Amendment { changes: Changes::default(), ..amendment };
			let key = Amendments::<T>::hashed_key_for(group, id);
			unhashed::put_raw(&key, &v2::with_tolerance(&empty, u64::MAX));
		}
		StorageVersion::new(2).put::<Pallet<T>>();
		let mut meter = WeightMeter::with_limit(T::WeightInfo::migrate_amendment());

		#[block]
		{
			let first = Cursor::Amendments(None);
			DropTolerance::<T>::step(Some(first), &mut meter).map_err(|_| "no step")?;
		}

		assert_eq!(EndedCount::<T>::get(GROUP), 1);
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
