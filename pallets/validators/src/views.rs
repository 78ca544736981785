use crate::{BalanceOf, Candidates, Config, Gateways, Ledgers, Pallet};
use alloc::{collections::BTreeSet, string::String, vec::Vec};
use descent_protocol::{
	view::{Page, Unbonding, ValidatorRules, ValidatorStanding, ValidatorView},
	MAX_COMMITTEE, MINIMUM_SLASH,
};
use frame_support::traits::Get;
use sp_core::{crypto::AccountId32, H256};
use sp_runtime::{traits::OpaqueKeys, SaturatedConversion};

fn amount<T: Config>(balance: BalanceOf<T>) -> u128 {
	balance.saturated_into()
}

impl<T: Config<AccountId: Into<AccountId32>>> Pallet<T> {
	/// Returns a page of the candidates in their order, and behind them the validators of the session that
	/// are no candidates any more.
	pub fn validators_view(page: Page) -> Vec<ValidatorView> {
		let candidates: Vec<_> = Candidates::<T>::get().into_iter().map(|(account, _)| account).collect();
		let set = pallet_session::Validators::<T>::get();
		let known: BTreeSet<_> = candidates.iter().collect();
		let others: Vec<_> = set.iter().filter(|account| !known.contains(account)).collect();
		let ranks = (0u32..).map(Some);
		let candidates = candidates.iter().zip(ranks);
		let others = others.into_iter().map(|account| (account, None));
		let shown = page.of(candidates.chain(others)).into_iter();
		shown.map(|(account, rank)| Self::view_of(account, rank, set.contains(account))).collect()
	}

	/// Returns the standing of an account; `None` if it has neither bonded nor committed an offence, and is
	/// no validator.
	pub fn validator_view(account: T::AccountId) -> Option<ValidatorView> {
		let is_active = pallet_session::Validators::<T>::get().contains(&account);
		let is_known =
			is_active || Ledgers::<T>::contains_key(&account) || Self::jailed_until(&account).is_some();
		is_known.then_some(())?;
		let candidates = Candidates::<T>::get();
		let rank = candidates.iter().position(|(other, _)| *other == account);
		let rank = rank.map(SaturatedConversion::saturated_into);
		Some(Self::view_of(&account, rank, is_active))
	}

	/// Returns the address at which an account serves what it has fetched to the other validators.
	pub fn gateway_view(account: T::AccountId) -> Option<String> {
		let address = Gateways::<T>::get(account)?;
		Some(String::from_utf8_lossy(&address).into_owned())
	}

	/// Returns the rules of the validator set, as they are now.
	pub fn rules_view() -> ValidatorRules {
		ValidatorRules {
			minimum_bond: amount::<T>(<T as Config>::MinimumBond::get()),
			seats: T::Seats::get().min(MAX_COMMITTEE),
			unbonding: T::UnbondingPeriod::get(),
			jail: T::JailPeriod::get(),
			minimum_penalty: MINIMUM_SLASH,
		}
	}

	fn view_of(account: &T::AccountId, rank: Option<u32>, is_active: bool) -> ValidatorView {
		let ledger = Ledgers::<T>::get(account);
		let standing = match Self::jailed_until(account) {
			Some(until) => ValidatorStanding::Jailed { until },
			None if is_active => ValidatorStanding::Active,
			None if rank.is_some() => ValidatorStanding::Waiting,
			None => ValidatorStanding::Chilled,
		};
		let unbonding =
			ledger.unbonding.into_iter().map(|(part, free)| Unbonding { amount: amount::<T>(part), free });
		ValidatorView {
			account: account.clone().into(),
			bond: amount::<T>(ledger.bond),
			unbonding: unbonding.collect(),
			standing,
			is_candidate: rank.is_some(),
			keys: Self::keys(account),
			strikes: Self::strikes(account),
			rank,
		}
	}

	/// Returns the session keys that an account has set for the sessions to come; `None` if it has set none,
	/// or if they are not three keys of 32 bytes.
	fn keys(account: &T::AccountId) -> Option<[H256; 3]> {
		let keys = pallet_session::NextKeys::<T>::get(account)?;
		let raw = |id| <[u8; 32]>::try_from(keys.get_raw(id)).map(H256).ok();
		let ids = <T as pallet_session::Config>::Keys::key_ids().iter().copied();
		ids.map(raw).collect::<Option<Vec<_>>>()?.try_into().ok()
	}
}
