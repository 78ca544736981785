//! Benchmarks of the pallet's calls, and of what it does for other pallets, each in its worst case.

use crate::{Call, Check, CheckCount, Config, ContentMark, Keepers, OpenChecks, Pallet, MAX_MARKED_HEADS};
use alloc::vec::Vec;
use descent_protocol::{
	Answer, BlockNumber, Clock, Codec, ContentRef, GroupId, Providers, TaskId, MAX_COMMITTEE, MAX_KEEPERS,
	MAX_PROVIDERS, MAX_PROVIDER_LENGTH,
};
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{
		fungible::{Inspect, Unbalanced},
		tokens::Precision,
		Get,
	},
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use pallet_evaluators::{AuthorityId, Member, Seat, Tasks};
use pallet_groups::GroupRules;
use sp_application_crypto::RuntimeAppPublic;
use sp_core::H256;
use sp_runtime::{
	traits::{Saturating, Zero},
	SaturatedConversion,
};

const CLOCK: Clock = Clock { first: 0, start: 10, length: 40, reveal: 4, attest: 10, open: 10 };

fn providers() -> Providers {
	let address = |number: u32| {
		let mut address = alloc::format!("https://{number}.").into_bytes();
		address.resize(usize::try_from(MAX_PROVIDER_LENGTH).unwrap_or_default(), b'x');
		BoundedVec::truncate_from(address)
	};
	BoundedVec::truncate_from((0..MAX_PROVIDERS).map(address).collect())
}

fn keeper<T: Config>(number: u32) -> T::AccountId {
	let account: T::AccountId = account("keeper", number, 0);
	let balance =
		T::MinimumDeposit::get().saturating_mul(4u32.into()).saturating_add(T::Currency::minimum_balance());
	T::Currency::increase_balance(&account, balance, Precision::Exact).expect("nobody has anything");
	account
}

/// A group with as many keepers as it can have.
fn group<T: Config>() -> GroupId {
	let group = T::Groups::put_group(CLOCK, Zero::zero());
	for number in 0..MAX_KEEPERS {
		let deposit = T::MinimumDeposit::get();
		Pallet::<T>::do_keep(group, keeper::<T>(number), providers(), deposit).expect("there is room");
	}
	group
}

/// Opens a check as of this block, whatever is in the pot.
fn put_check<T: Config>(group: GroupId, since: BlockNumber) -> TaskId {
	let content = ContentRef { digest: H256::repeat_byte(1), codec: Codec::UnixFs, size: 5 << 20 };
	let heads = (0..MAX_MARKED_HEADS).map(|version| (version, content)).collect();
	let mark = ContentMark { revision: 0, dataset_version: 1, heads: BoundedVec::truncate_from(heads) };
	CheckCount::<T>::insert(group, 1);
	OpenChecks::<T>::insert(group, Check { number: 1, since, mark });
	TaskId::Custody { group, check: 1 }
}

/// Makes a check in a group of its own, whose attest window, or else its open window, contains the next
/// block.
pub(crate) fn task<T: Config>(is_attesting: bool) -> TaskId {
	let begun = if is_attesting { 3 } else { T::AttestWindow::get().saturating_add(3) };
	let now = descent_support::now::<T>().max(begun);
	frame_system::Pallet::<T>::set_block_number(BlockNumberFor::<T>::from(now));
	put_check::<T>(group::<T>(), now.saturating_sub(begun))
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn keep() {
		let group = group::<T>();
		let newcomer = keeper::<T>(MAX_KEEPERS);
		let deposit = T::MinimumDeposit::get().saturating_mul(2u32.into());
		#[extrinsic_call]
		_(RawOrigin::Signed(newcomer.clone()), group, providers(), deposit);
		assert!(Keepers::<T>::get(group).iter().any(|keeper| keeper.account == newcomer));
	}

	#[benchmark]
	fn leave() {
		let group = group::<T>();
		let first: T::AccountId = account("keeper", 0, 0);
		#[extrinsic_call]
		_(RawOrigin::Signed(first), group);
		assert_eq!(Keepers::<T>::get(group).len(), MAX_KEEPERS.saturating_sub(1).saturated_into::<usize>());
	}

	/// The pot is not weighed here: `due_weight` says that.
	#[benchmark]
	fn check() {
		let group = group::<T>();
		#[block]
		{
			// Without a pot it ends with an error after all that is read; the rest is written here.
			let _ = Pallet::<T>::do_check(group);
			put_check::<T>(group, 1);
		}
		assert!(OpenChecks::<T>::contains_key(group));
	}

	#[benchmark]
	fn decide(m: Linear<1, MAX_COMMITTEE>) {
		let group = group::<T>();
		let task = put_check::<T>(group, 1);
		Keepers::<T>::mutate(group, |keepers| keepers.iter_mut().for_each(|keeper| keeper.missed = 2));
		let key = AuthorityId::generate_pair(None);
		let none: Vec<Option<H256>> = alloc::vec![None; MAX_KEEPERS.saturated_into()];
		let seat = |number| Seat {
			member: Member { account: account("validator", number, 0), key: key.clone(), weight: 1 },
			attested: true,
			answer: Some(Answer::Custody(BoundedVec::truncate_from(none.clone()))),
		};
		let seats: Vec<_> = (0..m).map(seat).collect();
		#[block]
		{
			Pallet::<T>::decide(&task, &seats).expect("it goes on");
		}
		assert!(!OpenChecks::<T>::contains_key(group));
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::benchmark_ext(), crate::mock::Test);
}
