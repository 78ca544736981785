use crate::{
	BalanceOf, Config, CreditOf, CurrencyOf, Event, HoldReason, LedgerOf, Ledgers, Pallet, Sentences,
	SlashRecord, WeightInfo,
};
use descent_protocol::{Share, MINIMUM_SLASH};
use descent_support::now;
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

/// Converts a part in millionths to the unit of `pallet-offences`.
pub(crate) fn perbill(share: Share) -> Perbill {
	Perbill::from_parts(share.0.saturating_mul(1_000))
}

impl<T: Config> Pallet<T> {
	/// Slashes and jails an account for an offence in a session, as far as its last slash does not stand for
	/// it.
	fn punish(account: &T::AccountId, share: Perbill, session: SessionIndex) {
		let share = share.max(perbill(MINIMUM_SLASH));
		let mut ledger = Ledgers::<T>::get(account);
		let known = Sentences::<T>::get(account).filter(|record| session <= record.session);
		let is_new = known.is_none();
		let mut record = known.unwrap_or_else(|| Self::new_record(&ledger));
		if share > record.share {
			record.share = share;
			let due = share.mul_ceil(record.held).saturating_sub(record.slashed);
			let amount = Self::slash(account, &mut ledger, due);
			record.slashed = record.slashed.saturating_add(amount);
			Self::follow_bond(account, ledger.bond);
			Self::put_ledger(account, ledger);
			Self::deposit_event(Event::Slashed { account: account.clone(), amount, share });
		}
		if is_new {
			Self::leave(account);
			Self::deposit_event(Event::Jailed { account: account.clone(), until: record.until });
		}
		if record.until > now::<T>() {
			let severity = OffenceSeverity(record.share);
			pallet_session::Pallet::<T>::report_offence(account.clone(), severity);
		}
		Sentences::<T>::insert(account, record);
	}

	/// Returns the record of an offence of this block, before anything is slashed.
	///
	/// An offender may be in the next session as well, whose set was chosen already. An offence in this
	/// session can be proven with either, if they have the same set.
	fn new_record(ledger: &LedgerOf<T>) -> SlashRecord<BalanceOf<T>> {
		SlashRecord {
			session: pallet_session::CurrentIndex::<T>::get().saturating_add(1),
			until: now::<T>().saturating_add(T::JailPeriod::get()),
			share: Perbill::zero(),
			held: ledger.held(),
			slashed: Zero::zero(),
		}
	}

	/// Takes `amount` of an account's hold, or all of it if that is less. Returns the amount taken.
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
