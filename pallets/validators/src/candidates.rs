use crate::{
	Absences, BalanceOf, Candidates, Config, Error, Event, LedgerOf, Ledgers, Pallet, Sentences,
	MAX_CANDIDATES,
};
use alloc::vec::Vec;
use descent_protocol::{BlockNumber, SMALLEST_TOLERANT};
use descent_support::now;
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
		Self::chill_account(&account, ledger);
		Ok(())
	}

	/// Returns true if an account is a candidate, and one of more than a set needs. In a smaller set, a
	/// validator that makes blocks and does not measure is better than none.
	pub(crate) fn can_be_spared(account: &T::AccountId) -> bool {
		let candidates = Candidates::<T>::get();
		candidates.len() > SMALLEST_TOLERANT && candidates.iter().any(|(other, _)| other == account)
	}

	/// Ends an account's candidacy until it calls `validate`.
	pub(crate) fn chill_account(account: &T::AccountId, mut ledger: LedgerOf<T>) {
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

	/// Makes an account with a sufficient bond a candidate. Does nothing if it is one, has chilled or is in
	/// jail.
	pub(crate) fn enter_if_eligible(account: &T::AccountId, ledger: &LedgerOf<T>) {
		if ledger.chilled || Self::jailed_until(account).is_some() {
			return;
		}
		let mut list = Candidates::<T>::get().into_inner();
		let is_candidate = list.iter().any(|(other, _)| other == account);
		if !is_candidate && Self::enter(&mut list, account, ledger.bond) {
			Self::put_candidates(list);
		}
	}

	/// Moves a candidate whose bond has changed to its new place. A candidate without a bond leaves.
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

	/// Ends an account's candidacy, if it is a candidate.
	pub(crate) fn leave(account: &T::AccountId) {
		let mut list = Candidates::<T>::get().into_inner();
		if let Some(place) = list.iter().position(|(other, _)| other == account) {
			list.remove(place);
			Self::put_candidates(list);
			Self::deposit_event(Event::Left { account: account.clone() });
		}
	}

	/// Returns the first block in which an offender can be a candidate; `None` if it can already.
	pub(crate) fn jailed_until(account: &T::AccountId) -> Option<BlockNumber> {
		let until = Sentences::<T>::get(account)?.until;
		(until > now::<T>()).then_some(until)
	}

	/// Adds an account to the list of candidates, which it is not in. Returns true if there was room for it.
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
