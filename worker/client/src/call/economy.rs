//! The calls of validators, of those who have earned something, and of clients who pay for rounds or
//! improvement.

use super::{with, Call};
use crate::SessionKeys;
use descent_protocol::{GroupId, Score};
use sp_core::{crypto::AccountId32, H256};
use subxt::dynamic::Value;

/// An order of improvement of a group's model. Amounts are in the smallest unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewOrder {
	/// The amount that the client pays in.
	pub amount: u128,
	/// The amount for each micro-unit of improvement.
	pub price: u128,
	/// The amount in addition for the winner that reaches the target.
	pub bonus: u128,
	/// The score from which on the client pays.
	pub from: Score,
	/// The score with which the order is fulfilled.
	pub target: Score,
	/// Number of rounds that it pays for, from the first that has not begun.
	pub rounds: u32,
}

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

	/// Sets the keys that the signer's node signs with from the session after the next on, which
	/// has made them.
	pub fn set_keys(keys: &SessionKeys) -> Self {
		let public = |key: &H256| Value::from_bytes(key);
		let fields = Value::named_composite([
			("babe", public(&keys.babe)),
			("grandpa", public(&keys.grandpa)),
			("evaluator", public(&keys.evaluator)),
		]);
		Self::new("Session", "set_keys", [("keys", fields), with("proof", &keys.proof.0)])
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

	/// Orders improvement of a group's model. `terms` are those of [`descent_protocol::view::PotView`]: the
	/// call fails if the rules have changed since they were read.
	pub fn order(group: GroupId, order: &NewOrder, terms: H256) -> Self {
		Self::new(
			"Emission",
			"order",
			[
				with("group", &group),
				with("amount", &order.amount),
				with("price", &order.price),
				with("bonus", &order.bonus),
				with("from", &order.from),
				with("target", &order.target),
				with("rounds", &order.rounds),
				with("terms", &terms),
			],
		)
	}

	/// Ends the signer's order of a group: rounds that have begun are still paid for.
	pub fn cancel_order(group: GroupId) -> Self {
		Self::new("Emission", "cancel_order", [with("group", &group)])
	}

	/// Returns the rest of a client's order of a group to the client, once it is over. Anybody may.
	pub fn refund_order(group: GroupId, client: &AccountId32) -> Self {
		let client = ("client", Value::from_bytes(client));
		Self::new("Emission", "refund_order", [with("group", &group), client])
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Encode;
	use scale_info::{MetaType, PortableRegistry, Registry, TypeInfo};
	use subxt::ext::scale_value::scale::encode_as_type;

	/// Calls as a chain has them: the names are what counts.
	#[derive(Clone, Encode, TypeInfo)]
	enum Calls {
		#[codec(index = 21)]
		Emission(Emission),
	}

	#[allow(non_camel_case_types)]
	#[derive(Clone, Encode, TypeInfo)]
	enum Emission {
		#[codec(index = 4)]
		order {
			group: GroupId,
			amount: u128,
			price: u128,
			bonus: u128,
			from: Score,
			target: Score,
			rounds: u32,
			terms: H256,
		},
		#[codec(index = 5)]
		cancel_order { group: GroupId },
		#[codec(index = 6)]
		refund_order { group: GroupId, client: AccountId32 },
	}

	fn assert_encoded(call: &Call, expected: Emission) {
		let mut registry = Registry::new();
		let id = registry.register_type(&MetaType::new::<Calls>()).id;
		let mut out = Vec::new();
		let value = call.0.clone().into_value();
		encode_as_type(&value, id, &PortableRegistry::from(registry), &mut out).unwrap();
		assert_eq!(out, Calls::Emission(expected).encode());
	}

	#[test]
	fn calls_of_orders_have_the_arguments_that_the_chain_asks_for() {
		let (group, terms) = (3, H256::repeat_byte(7));
		let (amount, price, bonus) = (u128::MAX, 4_000_000_000, 5);
		let (from, target, rounds) = (Score(2_300_000), Score(2_000_000), 200);
		let order = NewOrder { amount, price, bonus, from, target, rounds };
		let expected = Emission::order { group, amount, price, bonus, from, target, rounds, terms };
		assert_encoded(&Call::order(group, &order, terms), expected);
		assert_encoded(&Call::cancel_order(group), Emission::cancel_order { group });
		let client = AccountId32::new([9; 32]);
		let call = Call::refund_order(group, &client);
		assert_encoded(&call, Emission::refund_order { group, client });
	}
}
