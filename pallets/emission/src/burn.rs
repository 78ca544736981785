use crate::{Burned, Config, CreditOf};
use core::marker::PhantomData;
use frame_support::{
	pallet_prelude::Get,
	traits::{fungible::Balanced, Imbalance, OnUnbalanced},
};

/// Burns slashes and other losses, and counts them. Everything that takes tokens out of circulation uses it.
pub struct Burn<T>(PhantomData<T>);

impl<T: Config> OnUnbalanced<CreditOf<T>> for Burn<T> {
	fn on_nonzero_unbalanced(credit: CreditOf<T>) {
		Burned::<T>::mutate(|burned| *burned = burned.saturating_add(credit.peek()));
		drop(credit);
	}
}

/// Gives what is taken from one account to another, and burns it if the other can't receive it.
pub struct ToAccount<T, A>(PhantomData<(T, A)>);

impl<T: Config, A: Get<T::AccountId>> OnUnbalanced<CreditOf<T>> for ToAccount<T, A> {
	fn on_nonzero_unbalanced(credit: CreditOf<T>) {
		if let Err(credit) = T::Currency::resolve(&A::get(), credit) {
			Burn::<T>::on_unbalanced(credit);
		}
	}
}
