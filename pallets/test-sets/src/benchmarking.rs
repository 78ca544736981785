//! Benchmarks of the pallet's calls, and of what it does for other pallets, each in its worst case.

use crate::{BalanceOf, Call, Config, Pallet, Series};
use descent_protocol::{
	hash_chain, test_set_series, BlockNumber, Clock, ContentRef, GroupId, Providers, TestSetVerdict,
	MAX_PROVIDERS, MAX_PROVIDER_LENGTH, MAX_TEST_SETS,
};
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{
		fungible::{Inspect, Unbalanced},
		tokens::Precision,
	},
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use pallet_groups::{GroupRules, TestSets};
use sp_core::H256;
use sp_runtime::traits::{Bounded, Saturating};

const CLOCK: Clock = Clock { first: 0, start: 10, length: 40, reveal: 4, attest: 10, open: 10 };

fn manifest() -> ContentRef {
	ContentRef::raw(b"manifest").expect("it is short")
}

fn providers() -> Providers {
	let address = |number: u32| {
		let mut address = alloc::format!("https://{number}.").into_bytes();
		address.resize(usize::try_from(MAX_PROVIDER_LENGTH).unwrap_or_default(), b'x');
		BoundedVec::truncate_from(address)
	};
	BoundedVec::truncate_from((0..MAX_PROVIDERS).map(address).collect())
}

fn values() -> alloc::vec::Vec<H256> {
	hash_chain(H256::repeat_byte(7), MAX_TEST_SETS).expect("a series has as many sets")
}

fn requester<T: Config>() -> T::AccountId {
	let account: T::AccountId = whitelisted_caller();
	let balance = Pallet::<T>::bond(MAX_TEST_SETS)
		.saturating_mul(4u32.into())
		.saturating_add(T::Currency::minimum_balance())
		.min(BalanceOf::<T>::max_value());
	T::Currency::increase_balance(&account, balance, Precision::Exact).expect("nobody has anything");
	account
}

/// Opens the largest series, for a group or for none. Returns its id.
fn open<T: Config>(group: Option<GroupId>) -> (T::AccountId, H256) {
	let requester = requester::<T>();
	let anchor = values().first().copied().unwrap_or_default();
	Pallet::<T>::do_open(requester.clone(), manifest(), providers(), anchor, MAX_TEST_SETS, group)
		.expect("the requester has the bond");
	let id = test_set_series(Pallet::<T>::genesis(), &requester, manifest(), anchor);
	(requester, id)
}

fn go_to<T: Config>(block: BlockNumber) {
	frame_system::Pallet::<T>::set_block_number(BlockNumberFor::<T>::from(block));
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn open_series() {
		let group = T::Groups::put_group(CLOCK, 0u32.into());
		let requester = requester::<T>();
		let anchor = values().first().copied().unwrap_or_default();
		#[extrinsic_call]
		_(RawOrigin::Signed(requester), manifest(), providers(), anchor, MAX_TEST_SETS, Some(group));
		assert_eq!(Series::<T>::iter().count(), 1);
	}

	#[benchmark]
	fn release() {
		let group = T::Groups::put_group(CLOCK, 0u32.into());
		let (_, id) = open::<T>(Some(group));
		let value = values().get(1).copied().unwrap_or_default();
		go_to::<T>(CLOCK.start.saturating_add(CLOCK.length));
		#[extrinsic_call]
		_(RawOrigin::Authorized, id, value);
		assert_eq!(Series::<T>::get(id).map(|series| series.latest), Some(value));
	}

	#[benchmark]
	fn authorize_release() {
		let (_, id) = open::<T>(None);
		let value = values().get(1).copied().unwrap_or_default();
		let call = Call::<T>::release { series: id, value };
		#[block]
		{
			use frame_support::{pallet_prelude::TransactionSource, traits::Authorize};
			call.authorize(TransactionSource::External)
				.expect("the call is authorized")
				.expect("the value is the next");
		}
	}

	#[benchmark]
	fn close_series() {
		let group = T::Groups::put_group(CLOCK, 0u32.into());
		let (requester, id) = open::<T>(Some(group));
		#[extrinsic_call]
		_(RawOrigin::Signed(requester), id);
		assert!(!Series::<T>::contains_key(id));
	}

	#[benchmark]
	fn bind() {
		let group = T::Groups::put_group(CLOCK, 0u32.into());
		let (requester, id) = open::<T>(None);
		#[block]
		{
			assert!(Pallet::<T>::bind(id, group, &requester));
		}
	}

	#[benchmark]
	fn fix() {
		let group = T::Groups::put_group(CLOCK, 0u32.into());
		let (_, id) = open::<T>(Some(group));
		#[block]
		{
			Pallet::<T>::fix(id, group, 0);
		}
		assert_eq!(Series::<T>::get(id).map(|series| series.misses), Some(1));
	}

	#[benchmark]
	fn judged() {
		let group = T::Groups::put_group(CLOCK, 0u32.into());
		let (_, id) = open::<T>(Some(group));
		#[block]
		{
			Pallet::<T>::judged(id, group, TestSetVerdict::Unavailable);
		}
		assert_eq!(Series::<T>::get(id).map(|series| series.misses), Some(1));
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
