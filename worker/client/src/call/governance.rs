//! The calls of the technical committee. A motion is a call that carries the call that it is about.

use super::{with, Call};
use crate::{Motion, Parameter, Weight};
use descent_protocol::BlockNumber;
use sp_core::{crypto::AccountId32, H256};
use subxt::dynamic::Value;

/// The committee's pallet.
const COMMITTEE: &str = "TechnicalCommittee";

impl Call {
	/// The call that the committee moves so that `call`, whose encoding has this hash, is dispatched as root:
	/// it is put on the whitelist and dispatched from there, both or neither.
	pub fn as_root(call: &Self, hash: H256) -> Self {
		let whitelist = Self::new("Whitelist", "whitelist_call", [with("call_hash", &hash)]);
		let dispatch =
			Self::new("Whitelist", "dispatch_whitelisted_call_with_preimage", [("call", call.nested())]);
		Self::batch_all(&[whitelist, dispatch])
	}

	/// Moves that the committee makes a call of `length` bytes with the votes of `threshold` members;
	/// [`crate::Included::motion`] tells the motion. With a threshold of one it is made at once.
	pub fn propose_motion(threshold: u32, call: &Self, length: u32) -> Self {
		Self::new(
			COMMITTEE,
			"propose",
			[with("threshold", &threshold), ("proposal", call.nested()), with("length_bound", &length)],
		)
	}

	/// Votes on a motion.
	pub fn vote_motion(motion: Motion, aye: bool) -> Self {
		Self::new(
			COMMITTEE,
			"vote",
			[with("proposal", &motion.hash), with("index", &motion.index), with("approve", &aye)],
		)
	}

	/// Ends the vote on a motion that is decided, whose call has `length` bytes and takes at most this
	/// weight, and makes the call where it was approved. Anybody may.
	pub fn close_motion(motion: Motion, weight: Weight, length: u32) -> Self {
		let weight = Value::named_composite([
			with("ref_time", &weight.ref_time),
			with("proof_size", &weight.proof_size),
		]);
		Self::new(
			COMMITTEE,
			"close",
			[
				with("proposal_hash", &motion.hash),
				with("index", &motion.index),
				("proposal_weight_bound", weight),
				with("length_bound", &length),
			],
		)
	}

	/// Approves that `amount` of the smallest unit is paid from the treasury; [`crate::Included::spend`]
	/// tells the number to pay it out by.
	pub fn spend(amount: u128, to: &AccountId32) -> Self {
		Self::new(
			"Treasury",
			"spend",
			[
				with("asset_kind", &()),
				with("amount", &amount),
				("beneficiary", Value::from_bytes(to)),
				with("valid_from", &None::<BlockNumber>),
			],
		)
	}

	/// Pays out what was approved. Anybody may.
	pub fn payout(spend: u32) -> Self {
		Self::new("Treasury", "payout", [with("index", &spend)])
	}

	/// Sets a parameter of the runtime.
	pub fn set_parameter(parameter: Parameter) -> Self {
		let (pallet, name, value) = match parameter {
			Parameter::MinimumBond(amount) => ("Validators", "MinimumBond", Value::u128(amount)),
			Parameter::Seats(count) => ("Validators", "Seats", Value::u128(count.into())),
		};
		let value = Value::unnamed_variant("Some", [value]);
		let key = Value::unnamed_composite([]);
		let set = Value::unnamed_variant(pallet, [Value::unnamed_variant(name, [key, value])]);
		Self::new("Parameters", "set_parameter", [("key_value", set)])
	}

	/// Has nodes change to the next set of validators `delay` blocks after the session's change. The votes of
	/// the present set are gone for good. `finalized` is the highest block that the validators of the next
	/// set have finalized.
	pub fn note_stalled(delay: BlockNumber, finalized: BlockNumber) -> Self {
		Self::new(
			"Grandpa",
			"note_stalled",
			[with("delay", &delay), with("best_finalized_block_number", &finalized)],
		)
	}

	/// Allows that anybody brings in the runtime whose code has this hash.
	pub fn authorize_upgrade(code_hash: H256) -> Self {
		Self::new("System", "authorize_upgrade", [with("code_hash", &code_hash)])
	}

	/// Brings in a runtime that was authorized. Anybody may.
	pub fn apply_authorized_upgrade(code: &[u8]) -> Self {
		Self::new("System", "apply_authorized_upgrade", [("code", Value::from_bytes(code))])
	}
}

#[cfg(test)]
#[path = "governance_tests.rs"]
mod tests;
