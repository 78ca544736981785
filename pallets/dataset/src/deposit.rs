use crate::{BalanceOf, Config, HoldReason, Pallet};
use frame_support::{
	defensive,
	traits::{
		fungible::{BalancedHold, MutateHold},
		tokens::Precision,
		Imbalance, OnUnbalanced,
	},
};

impl<T: Config> Pallet<T> {
	/// Returns what an account put at stake.
	pub(crate) fn release(reason: HoldReason, account: &T::AccountId, amount: BalanceOf<T>) {
		let released = T::Currency::release(&reason.into(), account, amount, Precision::BestEffort);
		if released != Ok(amount) {
			defensive!("a deposit was not on hold");
		}
	}

	/// Takes what an account put at stake. How much that was.
	pub(crate) fn slash(reason: HoldReason, account: &T::AccountId, amount: BalanceOf<T>) -> BalanceOf<T> {
		let (credit, _) = T::Currency::slash(&reason.into(), account, amount);
		let slashed = credit.peek();
		T::Slash::on_unbalanced(credit);
		slashed
	}
}
