use crate::{
	BalanceOf, Config, CreditOf, CurrencyOf, Event, HoldReason, LedgerOf, Ledgers, Pallet, Sentence,
	Sentences, WeightInfo,
};
use descent_protocol::{Share, MINIMUM_SLASH};
use frame_support::{
	traits::{fungible::BalancedHold, Get, Imbalance, OnUnbalanced},
	weights::Weight,
};
use pallet_session::historical::IdentificationTuple;
use sp_runtime::{
	traits::{Saturating, Zero},
	Perbill, SaturatedConversion,
};
use sp_staking::{
	offence::{OffenceDetails, OffenceSeverity, OnOffenceHandler},
	SessionIndex,
};

/// A part in millionths, as those count who report.
pub(crate) fn perbill(share: Share) -> Perbill {
	Perbill::from_parts(share.0.saturating_mul(1_000))
}

impl<T: Config> Pallet<T> {
	/// Sentences an account for what it did in a session.
	fn punish(account: &T::AccountId, share: Perbill, session: SessionIndex) {
		let share = share.max(perbill(MINIMUM_SLASH));
		let mut ledger = Ledgers::<T>::get(account);
		let known = Sentences::<T>::get(account).filter(|sentence| session <= sentence.session);
		let is_new = known.is_none();
		let mut sentence = known.unwrap_or_else(|| Self::sentence(&ledger));
		if share > sentence.share {
			sentence.share = share;
			let due = share.mul_ceil(sentence.held).saturating_sub(sentence.slashed);
			let amount = Self::slash(account, &mut ledger, due);
			sentence.slashed = sentence.slashed.saturating_add(amount);
			Self::follow_bond(account, ledger.bond);
			Self::put_ledger(account, ledger);
			Self::deposit_event(Event::Slashed { account: account.clone(), amount, share });
		}
		if is_new {
			Self::leave(account);
			Self::deposit_event(Event::Jailed { account: account.clone(), until: sentence.until });
		}
		if sentence.until > Self::now() {
			let severity = OffenceSeverity(sentence.share);
			pallet_session::Pallet::<T>::report_offence(account.clone(), severity);
		}
		Sentences::<T>::insert(account, sentence);
	}

	/// The sentence that is passed now, before anything is slashed. Who is in this session may be in the next as well, whose set
	/// was chosen already, and what it does in this one can be proven with either, where they have the same set.
	fn sentence(ledger: &LedgerOf<T>) -> Sentence<BalanceOf<T>> {
		Sentence {
			session: pallet_session::CurrentIndex::<T>::get().saturating_add(1),
			until: Self::now().saturating_add(T::JailPeriod::get()),
			share: Perbill::zero(),
			held: ledger.held(),
			slashed: Zero::zero(),
		}
	}

	/// Takes so much of what an account has on hold, or all where that is less; how much it was.
	fn slash(account: &T::AccountId, ledger: &mut LedgerOf<T>, amount: BalanceOf<T>) -> BalanceOf<T> {
		let amount = amount.min(ledger.held());
		let (credit, _): (CreditOf<T>, _) = CurrencyOf::<T>::slash(&HoldReason::Bond.into(), account, amount);
		let slashed = credit.peek();
		ledger.slash(slashed);
		T::Slash::on_unbalanced(credit);
		slashed
	}
}

impl<T: Config> OnOffenceHandler<T::AccountId, IdentificationTuple<T>, Weight> for Pallet<T> {
	fn on_offence(
		offenders: &[OffenceDetails<T::AccountId, IdentificationTuple<T>>],
		slash_fraction: &[Perbill],
		session: SessionIndex,
	) -> Weight {
		for (details, share) in offenders.iter().zip(slash_fraction) {
			let (account, ()) = &details.offender;
			Self::punish(account, *share, session);
		}
		<T as Config>::WeightInfo::on_offence(offenders.len().saturated_into())
	}
}
