//! Descriptions of a motion's call: members vote on the text that they read.

use crate::{configs::RuntimeParameters, AccountId, Hash, RuntimeCall};
use alloc::{format, string::String, vec, vec::Vec};
use descent_protocol::format_amount;
use frame_support::traits::{CallMetadata, GetCallMetadata};
use sp_core::crypto::Ss58Codec;
use sp_runtime::traits::{BlakeTwo256, Hash as _};

/// Depth to which calls in calls are described.
const MAX_DEPTH: u32 = 8;
/// Number of calls of a bundle, and of accounts of a list, that are described.
const MAX_CALLS: usize = 8;

/// Describes a call, after those that it carries.
pub(super) fn summary(call: &RuntimeCall) -> String {
	described(call, MAX_DEPTH, &[])
}

/// Describes a call that is carried beside others.
fn described(call: &RuntimeCall, depth: u32, beside: &[&RuntimeCall]) -> String {
	let CallMetadata { function_name, pallet_name } = call.get_call_metadata();
	let mut letters = pallet_name.chars();
	let first = letters.next().map(|letter| letter.to_ascii_lowercase());
	let pallet: String = first.into_iter().chain(letters).collect();
	let details = details(call, beside).map(|details| format!("({details})"));
	let name = format!("{pallet}.{function_name}{}", details.unwrap_or_default());
	let carried = carried(call);
	let Some(depth) = depth.checked_sub(1).filter(|_| !carried.is_empty()) else {
		return name;
	};
	let shown = carried.get(..MAX_CALLS).unwrap_or(&carried);
	// A call is only named by another's hash where it is described itself.
	let beside = if depth > 0 { shown } else { &[] };
	let mut parts: Vec<String> = shown.iter().map(|call| described(call, depth, beside)).collect();
	let more = carried.len().saturating_sub(MAX_CALLS);
	if more > 0 {
		parts.push(format!("{more} more"));
	}
	format!("{} in {name}", parts.join(" and "))
}

/// Returns the calls that a call carries.
fn carried(call: &RuntimeCall) -> Vec<&RuntimeCall> {
	use pallet_utility::Call as Utility;
	match call {
		RuntimeCall::Utility(
			Utility::batch { calls } | Utility::batch_all { calls } | Utility::force_batch { calls },
		) => calls.iter().collect(),
		RuntimeCall::Utility(
			Utility::as_derivative { call, .. }
			| Utility::dispatch_as { call, .. }
			| Utility::dispatch_as_fallible { call, .. }
			| Utility::with_weight { call, .. },
		)
		| RuntimeCall::Whitelist(pallet_whitelist::Call::dispatch_whitelisted_call_with_preimage { call })
		| RuntimeCall::Scheduler(
			pallet_scheduler::Call::schedule { call, .. }
			| pallet_scheduler::Call::schedule_after { call, .. }
			| pallet_scheduler::Call::schedule_named { call, .. }
			| pallet_scheduler::Call::schedule_named_after { call, .. },
		)
		| RuntimeCall::Proxy(
			pallet_proxy::Call::proxy { call, .. } | pallet_proxy::Call::proxy_announced { call, .. },
		)
		| RuntimeCall::Multisig(
			pallet_multisig::Call::as_multi { call, .. }
			| pallet_multisig::Call::as_multi_threshold_1 { call, .. },
		)
		| RuntimeCall::Sudo(
			pallet_sudo::Call::sudo { call }
			| pallet_sudo::Call::sudo_unchecked_weight { call, .. }
			| pallet_sudo::Call::sudo_as { call, .. },
		) => vec![&**call],
		RuntimeCall::TechnicalCommittee(
			pallet_collective::Call::propose { proposal, .. }
			| pallet_collective::Call::execute { proposal, .. },
		) => vec![&**proposal],
		RuntimeCall::Utility(Utility::if_else { main, fallback }) => vec![&**main, &**fallback],
		_ => vec![],
	}
}

/// Returns the details that tell a call from others of its kind.
fn details(call: &RuntimeCall, beside: &[&RuntimeCall]) -> Option<String> {
	use frame_system::Call as System;
	use pallet_whitelist::Call as Whitelist;
	match call {
		RuntimeCall::Treasury(pallet_treasury::Call::spend { amount, beneficiary, .. }) => {
			Some(format!("{} to {}", format_amount(*amount), beneficiary.to_ss58check()))
		}
		RuntimeCall::System(
			System::authorize_upgrade { code_hash } | System::authorize_upgrade_without_checks { code_hash },
		) => Some(format!("{code_hash:#x}")),
		RuntimeCall::System(System::set_code { code } | System::set_code_without_checks { code }) => {
			Some(format!("{:#x}", BlakeTwo256::hash(code)))
		}
		RuntimeCall::Balances(pallet_balances::Call::force_set_balance { new_free, .. }) => {
			Some(format_amount(*new_free))
		}
		// The whitelisted call is not always the one that is dispatched beside it.
		RuntimeCall::Whitelist(Whitelist::whitelist_call { call_hash }) => {
			(!dispatched(beside).any(|hash| hash == *call_hash)).then(|| format!("{call_hash:#x}"))
		}
		RuntimeCall::Whitelist(
			Whitelist::remove_whitelisted_call { call_hash }
			| Whitelist::dispatch_whitelisted_call { call_hash, .. },
		) => Some(format!("{call_hash:#x}")),
		RuntimeCall::Parameters(pallet_parameters::Call::set_parameter { key_value }) => {
			Some(parameter(key_value))
		}
		RuntimeCall::TechnicalCommittee(pallet_collective::Call::set_members { new_members, .. }) => {
			Some(accounts(new_members))
		}
		_ => None,
	}
}

/// Returns the hashes of the whitelisted calls that are dispatched by these.
fn dispatched<'a>(calls: &'a [&RuntimeCall]) -> impl Iterator<Item = Hash> + 'a {
	calls.iter().filter_map(|call| match call {
		RuntimeCall::Whitelist(pallet_whitelist::Call::dispatch_whitelisted_call_with_preimage { call }) => {
			Some(BlakeTwo256::hash_of(call))
		}
		_ => None,
	})
}

fn parameter(parameter: &RuntimeParameters) -> String {
	use crate::configs::dynamic_params::validators::Parameters;
	let RuntimeParameters::Validators(parameter) = parameter;
	let or_default = |value: Option<String>| value.unwrap_or_else(|| "as it was at first".into());
	match parameter {
		Parameters::MinimumBond(_, bond) => format!("minimum-bond {}", or_default(bond.map(format_amount))),
		Parameters::Seats(_, seats) => format!("seats {}", or_default(seats.map(|seats| format!("{seats}")))),
	}
}

fn accounts(accounts: &[AccountId]) -> String {
	let mut parts: Vec<_> = accounts.iter().take(MAX_CALLS).map(Ss58Codec::to_ss58check).collect();
	let more = accounts.len().saturating_sub(MAX_CALLS);
	if more > 0 {
		parts.push(format!("{more} more"));
	}
	parts.join(", ")
}
