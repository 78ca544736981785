//! The transactions that may take the room which blocks keep for operational calls.

use crate::{
	configs::ProxyType, AccountId, Proxy, Rounds, Runtime, RuntimeCall, RuntimeOrigin, TechnicalCommittee,
};
use codec::{Decode, DecodeWithMemTracking, Encode};
use frame_support::{
	dispatch::{DispatchClass, DispatchInfo, GetDispatchInfo},
	traits::InstanceFilter,
	weights::Weight,
};
use scale_info::TypeInfo;
use sp_runtime::{
	impl_tx_ext_default,
	traits::{AsSystemOriginSigner, StaticLookup, TransactionExtension, ValidateResult, Zero},
	transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidity, ValidTransaction},
};

/// Refuses signed operational transactions, except
///
/// - reveals and settlements that would succeed, see [`pallet_rounds::Pallet::validity`],
/// - an upgrade of the runtime that was authorized,
/// - all of those who govern: members of the technical committee, and the superuser,
/// - and all of these if a proxy makes them.
///
/// The pallets of Substrate mark many calls as operational that anybody may sign and that then fail. Their
/// fees would buy the room that blocks keep for reveals. A bundle is operational if all its calls are: with
/// any other call among them, it is not and may hold reveals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct CheckOperational;

impl CheckOperational {
	/// Returns the validity of an operational call of an account.
	fn validity(account: &AccountId, call: &RuntimeCall) -> TransactionValidity {
		match call {
			_ if Self::governs(account) => Ok(ValidTransaction::default()),
			RuntimeCall::Rounds(call) => Rounds::validity(account, call),
			RuntimeCall::Proxy(pallet_proxy::Call::proxy { real, force_proxy_type, call }) => {
				let real = <Runtime as frame_system::Config>::Lookup::lookup(real.clone())?;
				if !Self::is_proxy(&real, account, *force_proxy_type, call) {
					return Err(InvalidTransaction::BadSigner.into());
				}
				Self::validity(&real, call)
			}
			RuntimeCall::System(call @ frame_system::Call::apply_authorized_upgrade { .. }) =>
			{
				#[allow(deprecated, reason = "the pallet shows its check in no other way")]
				<crate::System as sp_runtime::traits::ValidateUnsigned>::validate_unsigned(
					TransactionSource::External,
					call,
				)
			}
			_ => Err(InvalidTransaction::BadSigner.into()),
		}
	}

	/// Returns true if `account` may make the call for `real` at once.
	fn is_proxy(
		real: &AccountId,
		account: &AccountId,
		proxy_type: Option<ProxyType>,
		call: &RuntimeCall,
	) -> bool {
		Proxy::find_proxy(real, account, proxy_type)
			.is_ok_and(|proxy| proxy.delay.is_zero() && proxy.proxy_type.filter(call))
	}

	fn governs(account: &AccountId) -> bool {
		TechnicalCommittee::is_member(account) || pallet_sudo::Key::<Runtime>::get().as_ref() == Some(account)
	}
}

impl TransactionExtension<RuntimeCall> for CheckOperational {
	const IDENTIFIER: &'static str = "CheckOperational";
	type Implicit = ();
	type Val = ();
	type Pre = ();

	/// The check reads no more than the longest reveal does.
	fn weight(&self, call: &RuntimeCall) -> Weight {
		match call.get_dispatch_info().class {
			DispatchClass::Operational => Rounds::longest_reveal_weight(),
			_ => Weight::zero(),
		}
	}

	fn validate(
		&self,
		origin: RuntimeOrigin,
		call: &RuntimeCall,
		info: &DispatchInfo,
		_len: usize,
		_self_implicit: (),
		_inherited_implication: &impl Encode,
		_source: TransactionSource,
	) -> ValidateResult<(), RuntimeCall> {
		let signer = origin.as_system_origin_signer().filter(|_| info.class == DispatchClass::Operational);
		let valid = match signer {
			Some(account) => Self::validity(account, call)?,
			None => ValidTransaction::default(),
		};
		Ok((valid, (), origin))
	}

	impl_tx_ext_default!(RuntimeCall; prepare);
}
