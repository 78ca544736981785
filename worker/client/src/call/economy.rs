//! The calls of validators, of those who have earned something, and of clients who pay for rounds.

use super::{with, Call};
use crate::SessionKeys;
use descent_protocol::GroupId;
use sp_core::H256;
use subxt::dynamic::Value;

impl Call {
	/// Bonds `amount` more of the smallest unit. An account that has bonded enough is a candidate for the
	/// set of validators.
	pub fn bond(amount: u128) -> Self {
		Self::new("Validators", "bond", [with("amount", &amount)])
	}

	/// Takes `amount` of the smallest unit out of the signer's bond; it can be withdrawn an unbonding period
	/// later.
	pub fn unbond(amount: u128) -> Self {
		Self::new("Validators", "unbond", [with("amount", &amount)])
	}

	/// Withdraws what was unbonded and has come free.
	pub fn withdraw_bond() -> Self {
		Self::new("Validators", "withdraw", [])
	}

	/// Ends the signer's candidacy; it keeps its bond.
	pub fn chill() -> Self {
		Self::new("Validators", "chill", [])
	}

	/// Makes the signer a candidate again.
	pub fn validate() -> Self {
		Self::new("Validators", "validate", [])
	}

	/// Names the base address of the gateway at which the signer, a validator, serves what it has fetched to
	/// the others; `None` takes it back.
	pub fn set_gateway(address: Option<&str>) -> Self {
		let address = address.map(|address| address.as_bytes().to_vec());
		Self::new("Validators", "set_gateway", [with("address", &address)])
	}

	/// Sets the keys that the signer's node signs with from the session after the next on, made by
	/// [`crate::Client::rotate_keys`].
	pub fn set_keys(keys: &SessionKeys) -> Self {
		let public = |key: &[u8; 32]| Value::from_bytes(key);
		let fields = Value::named_composite([
			("babe", public(&keys.babe)),
			("grandpa", public(&keys.grandpa)),
			("evaluator", public(&keys.evaluator)),
		]);
		Self::new("Session", "set_keys", [("keys", fields), with("proof", &keys.proof)])
	}

	/// Pays out all that the signer has earned.
	pub fn claim() -> Self {
		Self::new("Emission", "claim", [])
	}

	/// Pays `amount` of the smallest unit for a group's rounds, `per_round` for each that somebody wins. A
	/// second funding adds to the first. `terms` are those of [`descent_protocol::view::PotView`]: the call
	/// fails if the rules have changed since they were read.
	pub fn fund(group: GroupId, amount: u128, per_round: u128, terms: H256) -> Self {
		let (amount, per_round) = (with("amount", &amount), with("per_round", &per_round));
		Self::new("Emission", "fund", [with("group", &group), amount, per_round, with("terms", &terms)])
	}

	/// Gives notice of what the signer pays for a group's rounds: those that have begun are still paid for.
	pub fn stop_funding(group: GroupId) -> Self {
		Self::new("Emission", "stop_funding", [with("group", &group)])
	}

	/// Takes back what is left of what the signer paid for a group's rounds, after notice.
	pub fn refund(group: GroupId) -> Self {
		Self::new("Emission", "refund", [with("group", &group)])
	}
}
