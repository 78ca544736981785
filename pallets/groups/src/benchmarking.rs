//! Benchmarks of the pallet's calls.

use crate::{BalanceOf, Call, Config, NewGroup, NextGroup, Pallet};
use alloc::vec;
use descent_protocol::{
	Clock, Codec, ContentRef, EvaluationPolicy, Metric, LEAF_SIZE, MAX_NAME_LENGTH, MAX_PROVIDERS,
	MAX_PROVIDER_LENGTH,
};
use frame_benchmarking::v2::*;
use frame_support::traits::{
	fungible::{Inspect, Mutate},
	Get,
};
use frame_system::RawOrigin;
use sp_core::H256;
use sp_runtime::{SaturatedConversion, Saturating};

fn bytes(count: u32) -> alloc::vec::Vec<u8> {
	vec![b'a'; count.saturated_into()]
}

/// A group that is as large as one can be.
pub(crate) fn largest_group<T: Config>() -> NewGroup<BalanceOf<T>> {
	let content = ContentRef {
		digest: H256::repeat_byte(1),
		codec: Codec::UnixFs,
		size: LEAF_SIZE.saturating_add(1),
	};
	let provider = bytes(MAX_PROVIDER_LENGTH)
		.try_into()
		.expect("of the largest length");
	NewGroup {
		name: bytes(MAX_NAME_LENGTH).try_into().expect("of the largest length"),
		model: content,
		dataset: content,
		providers: vec![provider; MAX_PROVIDERS.saturated_into()]
			.try_into()
			.expect("as many as there can be"),
		metric: Metric::Loss,
		policy: EvaluationPolicy::Validation {
			set: content,
			records: T::MaxEvaluationRecords::get(),
		},
		tolerance: 1,
		minimum_improvement: 1,
		clock: Clock {
			start: 0,
			length: 10,
			reveal: 2,
			attest: 2,
			open: 2,
		},
		deposit: T::MinimumCommitmentDeposit::get(),
	}
}

#[benchmarks(where T::Currency: Mutate<T::AccountId>)]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn create() {
		let owner: T::AccountId = whitelisted_caller();
		let balance = T::Currency::minimum_balance()
			.saturating_add(T::GroupDeposit::get())
			.saturating_mul(2u32.into());
		T::Currency::set_balance(&owner, balance);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), largest_group::<T>());

		assert_eq!(NextGroup::<T>::get(), 1);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
