use crate::{
	Absences, BalanceOf, Candidates, Config, Error, Event, LedgerOf, Ledgers, Pallet, Sentences,
	MAX_CANDIDATES, SMALLEST_SET,
};
use alloc::vec::Vec;
use descent_protocol::BlockNumber;
use frame_support::{
	defensive, ensure,
	pallet_prelude::{DispatchResult, Get},
	BoundedVec,
};
use sp_runtime::{traits::Zero, SaturatedConversion};

type List<T> = Vec<(<T as frame_system::Config>::AccountId, BalanceOf<T>)>;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_chill(account: T::AccountId) -> DispatchResult {
		let ledger = Ledgers::<T>::get(&account);
		ensure!(!ledger.is_empty(), Error::<T>::NotBonded);
		ensure!(!ledger.chilled, Error::<T>::AlreadyChilled);
		Self::put_out(&account, ledger);
		Ok(())
	}

	/// Whether an account is a candidate, and one of more than a set needs: one that makes blocks and does not measure is better than
	/// none then.
	pub(crate) fn can_be_spared(account: &T::AccountId) -> bool {
		let candidates = Candidates::<T>::get();
		candidates.len() > SMALLEST_SET.saturated_into()
			&& candidates.iter().any(|(other, _)| other == account)
	}

	/// Ends an account's candidacy until it asks to validate.
	pub(crate) fn put_out(account: &T::AccountId, mut ledger: LedgerOf<T>) {
		ledger.chilled = true;
		Ledgers::<T>::insert(account, ledger);
		Self::leave(account);
	}

	pub(crate) fn do_validate(account: T::AccountId) -> DispatchResult {
		let mut ledger = Ledgers::<T>::get(&account);
		ensure!(!ledger.bond.is_zero(), Error::<T>::NotBonded);
		ensure!(ledger.bond >= <T as Config>::MinimumBond::get(), Error::<T>::BondTooSmall);
		ensure!(Self::jailed_until(&account).is_none(), Error::<T>::Jailed);
		ensure!(Self::has_keys(&account), Error::<T>::NoKeys);
		let mut list = Candidates::<T>::get().into_inner();
		ensure!(list.iter().all(|(other, _)| *other != account), Error::<T>::AlreadyCandidate);
		ensure!(Self::enter(&mut list, &account, ledger.bond), Error::<T>::TooManyCandidates);
		Self::put_candidates(list);
		ledger.chilled = false;
		Ledgers::<T>::insert(&account, ledger);
		Absences::<T>::remove(&account);
		Ok(())
	}

	/// Makes an account whose bond suffices a candidate, unless it is one, does not want to be, or can't.
	pub(crate) fn welcome(account: &T::AccountId, ledger: &LedgerOf<T>) {
		if ledger.chilled || Self::jailed_until(account).is_some() {
			return;
		}
		let mut list = Candidates::<T>::get().into_inner();
		let is_candidate = list.iter().any(|(other, _)| other == account);
		if !is_candidate && Self::enter(&mut list, account, ledger.bond) {
			Self::put_candidates(list);
		}
	}

	/// Moves a candidate whose bond has changed to its new place. Without a bond it leaves.
	pub(crate) fn follow_bond(account: &T::AccountId, bond: BalanceOf<T>) {
		if bond.is_zero() {
			return Self::leave(account);
		}
		let mut list = Candidates::<T>::get().into_inner();
		if let Some(place) = list.iter().position(|(other, _)| other == account) {
			list.remove(place);
			Self::insert(&mut list, account, bond);
			Self::put_candidates(list);
		}
	}

	/// Ends a candidacy, where there is one.
	pub(crate) fn leave(account: &T::AccountId) {
		let mut list = Candidates::<T>::get().into_inner();
		if let Some(place) = list.iter().position(|(other, _)| other == account) {
			list.remove(place);
			Self::put_candidates(list);
			Self::deposit_event(Event::Left { account: account.clone() });
		}
	}

	/// The block from which an offender can be a candidate; `None` where it can already.
	pub(crate) fn jailed_until(account: &T::AccountId) -> Option<BlockNumber> {
		let until = Sentences::<T>::get(account)?.until;
		(until > Self::now()).then_some(until)
	}

	/// Makes an account a candidate that is none; whether there was room for it.
	fn enter(list: &mut List<T>, account: &T::AccountId, bond: BalanceOf<T>) -> bool {
		if list.len() >= MAX_CANDIDATES.saturated_into() {
			if list.last().is_some_and(|(_, smallest)| *smallest >= bond) {
				return false;
			}
			if let Some((displaced, _)) = list.pop() {
				Self::deposit_event(Event::Displaced { account: displaced });
			}
		}
		Self::insert(list, account, bond);
		Self::deposit_event(Event::Entered { account: account.clone(), bond });
		true
	}

	/// Puts a candidate behind those whose bonds are as large.
	fn insert(list: &mut List<T>, account: &T::AccountId, bond: BalanceOf<T>) {
		let place = list.partition_point(|(_, other)| *other >= bond);
		list.insert(place, (account.clone(), bond));
	}

	fn put_candidates(list: List<T>) {
		match BoundedVec::try_from(list) {
			Ok(list) => Candidates::<T>::put(list),
			Err(_) => {
				defensive!("more candidates than there can be");
			}
		}
	}
}
