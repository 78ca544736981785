use crate::{BalanceOf, Config, HoldReason, Pallet};
use frame_support::traits::{fungible::BalancedHold, Get, Imbalance, OnUnbalanced};

impl<T: Config> Pallet<T> {
	/// Panics where the configuration lets nobody propose anything, or takes more of a deposit than there is.
	#[cfg(feature = "std")]
	pub(crate) fn check_constants() {
		assert!(T::AnnouncementLifetime::get() > 0, "nothing could be proposed that was announced");
		assert!(T::ProposalLifetime::get() > 0, "a proposal has to be there for a voting period");
		assert!(
			T::LogFee::get() <= T::ProposalDeposit::get(),
			"an entry of a log has to be paid with the deposit"
		);
	}

	/// Returns what an account put at stake.
	pub(crate) fn release(reason: HoldReason, account: &T::AccountId, amount: BalanceOf<T>) {
		descent_support::release::<_, T::Currency>(&reason.into(), account, amount);
	}

	/// Slashes an amount that an account has on hold for a reason. Returns the amount that was slashed.
	pub(crate) fn slash(reason: HoldReason, account: &T::AccountId, amount: BalanceOf<T>) -> BalanceOf<T> {
		let (credit, _) = T::Currency::slash(&reason.into(), account, amount);
		let slashed = credit.peek();
		T::Slash::on_unbalanced(credit);
		slashed
	}
}
