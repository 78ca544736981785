//! What the chain tells about its governance.

use crate::{AccountId, Balances, BlockNumber, Hash, Runtime, RuntimeCall, System, Treasury, VERSION};
use alloc::{format, string::String, vec, vec::Vec};
use codec::{Decode, Encode};
use descent_protocol::view::{GovernanceView, MotionView};
use frame_support::traits::{CallMetadata, GetCallMetadata};
use pallet_collective::Instance1;

/// How deep calls in calls are told.
const MAX_DEPTH: u32 = 8;
/// How many calls of a bundle are told.
const MAX_CALLS: usize = 8;

pub(crate) fn governance() -> GovernanceView {
	GovernanceView {
		members: pallet_collective::Members::<Runtime, Instance1>::get(),
		motions: pallet_collective::Proposals::<Runtime, Instance1>::get()
			.into_iter()
			.filter_map(motion)
			.collect(),
		treasury: Balances::free_balance(Treasury::account_id()),
		authorized_upgrade: System::authorized_upgrade().and_then(code_hash),
		spec_version: VERSION.spec_version,
	}
}

fn motion(hash: Hash) -> Option<MotionView> {
	/// As the collective keeps its votes, whose fields it keeps to itself.
	type Votes = (u32, u32, Vec<AccountId>, Vec<AccountId>, BlockNumber);

	let call = pallet_collective::ProposalOf::<Runtime, Instance1>::get(hash)?;
	let votes = pallet_collective::Voting::<Runtime, Instance1>::get(hash)?.encode();
	let (index, threshold, ayes, nays, end) = Votes::decode(&mut &votes[..]).ok()?;
	Some(MotionView {
		hash,
		index,
		summary: summary(&call, MAX_DEPTH),
		call: call.encode(),
		threshold,
		ayes,
		nays,
		end,
	})
}

/// The hash comes first in what is kept of an authorized upgrade.
fn code_hash(upgrade: impl Encode) -> Option<Hash> {
	Hash::decode(&mut &upgrade.encode()[..]).ok()
}

/// Which call it is, in words, after those that it carries.
fn summary(call: &RuntimeCall, depth: u32) -> String {
	let CallMetadata {
		function_name,
		pallet_name,
	} = call.get_call_metadata();
	let mut letters = pallet_name.chars();
	let first = letters.next().map(|letter| letter.to_ascii_lowercase());
	let pallet: String = first.into_iter().chain(letters).collect();
	let name = format!("{pallet}.{function_name}");
	let carried = carried(call);
	let Some(depth) = depth.checked_sub(1).filter(|_| !carried.is_empty()) else {
		return name;
	};
	let mut told: Vec<String> = carried
		.iter()
		.take(MAX_CALLS)
		.map(|call| summary(call, depth))
		.collect();
	let more = carried.len().saturating_sub(MAX_CALLS);
	if more > 0 {
		told.push(format!("{more} more"));
	}
	format!("{} in {name}", told.join(" and "))
}

/// The calls that a call carries.
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
