//! Amounts that calls take from the account that makes them.

use super::Call;
use crate::Result;
use subxt::{
	dynamic::{At, Value},
	ext::scale_value::{Composite, ValueDef},
};

/// Number of bytes for which the deposit of a proposed delta grows.
const MEBIBYTE: u128 = 1 << 20;

impl Call {
	/// Returns the amount that the call takes from the account beside the fee, in the smallest unit: what it
	/// sends, stakes, bonds, or leaves as a deposit. `constant` reads a constant of a pallet by its name.
	///
	/// The bond of a series of hidden test sets and the first deposit of a list of proxies are not known from
	/// the call alone: the first is left out, the second is always counted.
	///
	/// # Errors
	/// Those of `constant`.
	pub(crate) fn takes(&self, constant: &impl Fn(&str, &str) -> Result<u128>) -> Result<u128> {
		taken(self.0.pallet_name(), self.0.call_name(), self.0.call_data(), constant)
	}
}

fn taken(
	pallet: &str,
	call: &str,
	fields: &Composite<()>,
	constant: &impl Fn(&str, &str) -> Result<u128>,
) -> Result<u128> {
	let amount = |name: &str| fields.at(name).and_then(Value::as_u128).unwrap_or(0);
	Ok(match (pallet, call) {
		("Balances", "transfer_keep_alive") => amount("value"),
		("Groups", "stake") | ("Validators", "bond") | ("Emission", "fund" | "order") => amount("amount"),
		("Rounds", "commit") | ("Custody", "keep") => amount("deposit"),
		("Groups", "create") => {
			let stake = fields.at("group").at("stake").and_then(Value::as_u128).unwrap_or(0);
			constant("Groups", "GroupDeposit")?.saturating_add(stake)
		}
		("Groups", "propose_amendment") => constant("Groups", "AmendmentDeposit")?,
		("Dataset", "announce") => constant("Dataset", "AnnouncementDeposit")?,
		("Dataset", "propose") => {
			let size = fields.at("delta").at("size").and_then(Value::as_u128).unwrap_or(0);
			let by_size = constant("Dataset", "MebibyteDeposit")?.saturating_mul(size.div_ceil(MEBIBYTE));
			constant("Dataset", "ProposalDeposit")?.saturating_add(by_size)
		}
		("Proxy", "add_proxy") => {
			let base = constant("Proxy", "ProxyDepositBase")?;
			base.saturating_add(constant("Proxy", "ProxyDepositFactor")?)
		}
		("Proxy", "proxy") => fields.at("call").map_or(Ok(0), |call| carried(call, constant))?,
		("Utility", "batch_all") => {
			let mut sum = 0_u128;
			let calls = fields.at("calls");
			for call in (0..).map_while(|index| calls?.at(index)) {
				sum = sum.saturating_add(carried(call, constant)?);
			}
			sum
		}
		_ => 0,
	})
}

/// Returns the amount that a call takes which another one carries.
fn carried(call: &Value, constant: &impl Fn(&str, &str) -> Result<u128>) -> Result<u128> {
	let ValueDef::Variant(pallet) = &call.value else {
		return Ok(0);
	};
	match pallet.values.values().next().map(|call| &call.value) {
		Some(ValueDef::Variant(call)) => taken(&pallet.name, &call.name, &call.values, constant),
		_ => Ok(0),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{Error, NewProposal, ProxyKind};
	use descent_protocol::{Codec, ContentRef};
	use sp_core::{crypto::AccountId32, H256};

	fn takes(call: &Call) -> u128 {
		let constant = |pallet: &str, name: &str| match (pallet, name) {
			("Dataset", "ProposalDeposit") => Ok(1_000),
			("Dataset", "MebibyteDeposit") => Ok(10),
			("Groups", "AmendmentDeposit") => Ok(500),
			("Proxy", "ProxyDepositBase") => Ok(100),
			("Proxy", "ProxyDepositFactor") => Ok(7),
			_ => Err(Error::Answer(format!("no {pallet}.{name}"))),
		};
		call.takes(&constant).unwrap()
	}

	#[test]
	fn what_a_call_takes_is_known_before_it_is_made() {
		let account = AccountId32::new([1; 32]);
		let delta = ContentRef { digest: H256::zero(), codec: Codec::Raw, size: (1 << 20) + 1 };
		let proposal =
			NewProposal { group: 0, base: 1, delta, providers: vec![], summary: "s".into(), salt: [0; 32] };
		assert_eq!(takes(&Call::transfer(&account, 3)), 3);
		assert_eq!(takes(&Call::stake(0, 5)), 5);
		assert_eq!(takes(&Call::bond(6)), 6);
		assert_eq!(takes(&Call::propose(&proposal)), 1_020);
		assert_eq!(takes(&Call::propose_amendment(0, &[], "s")), 500);
		assert_eq!(takes(&Call::add_proxy(&account, ProxyKind::Any)), 107);
		assert_eq!(takes(&Call::claim()), 0);
	}

	#[test]
	fn carried_calls_are_counted() {
		let account = AccountId32::new([1; 32]);
		let both = Call::batch_all(&[Call::stake(0, 5), Call::bond(6)]);
		assert_eq!(takes(&both), 11);
		assert_eq!(takes(&Call::for_account(&account, &both)), 11);
	}
}
