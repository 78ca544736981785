use crate::{
	gateway::is_address, Absences, Candidates, Config, CurrencyOf, Gateways, HoldReason, Ledgers, Pallet,
	Sentences, Struck,
};
use alloc::collections::BTreeSet;
use descent_protocol::{MAX_ABSENCES, MAX_STRIKES};
use frame_support::{ensure, traits::fungible::InspectHold};
use sp_runtime::{traits::Zero, TryRuntimeError};

impl<T: Config> Pallet<T> {
	/// Checks what must hold of the pallet's storage between any two calls:
	///
	/// - every account has on hold exactly its bond and what is unbonding, and nothing without a ledger;
	/// - candidates are in order, each there once, with the bond of its ledger, and have not chilled;
	/// - no candidate is in jail;
	/// - nobody was slashed more than the record of the slash says;
	/// - strikes are fewer than an offence takes;
	/// - absences are fewer than chill a candidate, and of accounts with a bond;
	/// - gateways have addresses, and are of accounts with something on hold.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::try_ledgers()?;
		Self::try_candidates()?;
		Self::try_slashes()?;
		Self::try_absences()?;
		Self::try_gateways()
	}

	fn try_ledgers() -> Result<(), TryRuntimeError> {
		for account in frame_system::Account::<T>::iter_keys() {
			ensure!(
				CurrencyOf::<T>::balance_on_hold(&HoldReason::Bond.into(), &account)
					== Ledgers::<T>::get(&account).held(),
				"an account's hold is not what its ledger says"
			);
		}
		for (account, ledger) in Ledgers::<T>::iter() {
			ensure!(
				frame_system::Account::<T>::contains_key(&account) && !ledger.is_empty(),
				"a ledger is kept of an account that holds nothing"
			);
			ensure!(
				ledger.unbonding.iter().all(|(amount, _)| !amount.is_zero()),
				"an amount of zero is unbonding"
			);
		}
		Ok(())
	}

	fn try_candidates() -> Result<(), TryRuntimeError> {
		let candidates = Candidates::<T>::get();
		ensure!(
			candidates
				.windows(2)
				.all(|pair| pair.first().map(|(_, bond)| bond) >= pair.last().map(|(_, bond)| bond)),
			"candidates are out of order"
		);
		let accounts: BTreeSet<_> = candidates.iter().map(|(account, _)| account).collect();
		ensure!(accounts.len() == candidates.len(), "an account is a candidate twice");
		for (account, bond) in &candidates {
			let ledger = Ledgers::<T>::get(account);
			ensure!(!bond.is_zero() && ledger.bond == *bond, "a candidate's bond is not its ledger's");
			ensure!(!ledger.chilled, "a candidate has chilled");
			ensure!(Self::jailed_until(account).is_none(), "a candidate is in jail");
		}
		Ok(())
	}

	fn try_slashes() -> Result<(), TryRuntimeError> {
		ensure!(
			Sentences::<T>::iter_values().all(|record| record.slashed <= record.share.mul_ceil(record.held)),
			"more was slashed than an offence costs"
		);
		ensure!(
			Struck::<T>::iter_values().all(|strikes| (1..MAX_STRIKES).contains(&strikes.count)),
			"strikes that are none, or an offence, are kept"
		);
		Ok(())
	}

	fn try_absences() -> Result<(), TryRuntimeError> {
		for (account, absence) in Absences::<T>::iter() {
			ensure!(
				(1..MAX_ABSENCES).contains(&absence.count),
				"absences that are none, or too many, are kept"
			);
			ensure!(Ledgers::<T>::contains_key(account), "absences are kept of an account without a bond");
		}
		Ok(())
	}

	fn try_gateways() -> Result<(), TryRuntimeError> {
		for (account, address) in Gateways::<T>::iter() {
			ensure!(is_address(&address), "a gateway is kept that has no address");
			ensure!(Ledgers::<T>::contains_key(account), "a gateway is kept of an account without a bond");
		}
		Ok(())
	}
}
