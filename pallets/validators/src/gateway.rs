use crate::{Config, Error, Event, Gateways, Ledgers, Pallet};
use alloc::vec;
use descent_protocol::{are_addresses, Providers};
use frame_support::{ensure, pallet_prelude::DispatchResult};
use pallet_evaluators::{Gateway, MemberGateways};
use sp_runtime::traits::Zero;

/// Returns true if an address can be shown and tried.
pub(crate) fn is_address(address: &Gateway) -> bool {
	Providers::try_from(vec![address.clone()]).is_ok_and(|providers| are_addresses(&providers))
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_set_gateway(account: T::AccountId, address: Option<Gateway>) -> DispatchResult {
		match &address {
			Some(address) => {
				ensure!(!Ledgers::<T>::get(&account).bond.is_zero(), Error::<T>::NotBonded);
				ensure!(is_address(address), Error::<T>::InvalidGateway);
				Gateways::<T>::insert(&account, address);
			}
			None => Gateways::<T>::remove(&account),
		}
		Self::deposit_event(Event::GatewaySet { account, address });
		Ok(())
	}
}

impl<T: Config> MemberGateways<T::AccountId> for Pallet<T> {
	fn gateway(account: &T::AccountId) -> Option<Gateway> {
		Gateways::<T>::get(account)
	}
}
