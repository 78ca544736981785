//! The calls of accounts that let others act for them, and of those others.

use super::{with, Call};
use descent_protocol::BlockNumber;
use serde::Serialize;
use sp_core::crypto::AccountId32;
use std::{fmt, str::FromStr};
use subxt::dynamic::Value;

/// The pallet of proxies.
const PALLET: &str = "Proxy";

/// The calls that a proxy may make for an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProxyKind {
	/// All calls.
	Any,
	/// Calls about groups, rounds, custody and data sets, and the claim of rewards.
	Training,
	/// Calls that bond, unbond and set session keys.
	Validation,
	/// Votes as a member of the technical committee.
	Governance,
	/// Rejection of calls that others have announced to make for the account.
	Rejection,
}

impl ProxyKind {
	/// All kinds.
	pub const ALL: [Self; 5] =
		[Self::Any, Self::Training, Self::Validation, Self::Governance, Self::Rejection];

	/// Returns the name that the chain has for it.
	fn on_chain(self) -> &'static str {
		match self {
			Self::Any => "Any",
			Self::Training => "Training",
			Self::Validation => "Validation",
			Self::Governance => "Governance",
			Self::Rejection => "Rejection",
		}
	}

	/// Returns the kind that the chain calls by this name; `None` for one that this client does not know.
	pub(crate) fn from_chain(name: &str) -> Option<Self> {
		Self::ALL.into_iter().find(|kind| kind.on_chain() == name)
	}
}

impl fmt::Display for ProxyKind {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		f.write_str(&self.on_chain().to_lowercase())
	}
}

impl FromStr for ProxyKind {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let known = || Self::ALL.map(|kind| kind.to_string()).join(", ");
		let found = Self::ALL.into_iter().find(|kind| kind.to_string() == text);
		found.ok_or_else(|| format!("no kind of proxy; there are {}", known()))
	}
}

fn address(of: &AccountId32) -> Value {
	Value::unnamed_variant("Id", [Value::from_bytes(of)])
}

impl Call {
	/// Makes a call for another account, whose proxy the signer is. The fee is the signer's.
	pub fn for_account(account: &AccountId32, call: &Self) -> Self {
		let any_kind = ("force_proxy_type", Value::unnamed_variant("None", []));
		Self::new(PALLET, "proxy", [("real", address(account)), any_kind, ("call", call.nested())])
	}

	/// Lets an account make calls of a kind for the signer, at once; a deposit is held.
	pub fn add_proxy(proxy: &AccountId32, kind: ProxyKind) -> Self {
		Self::proxy_change("add_proxy", proxy, kind, 0)
	}

	/// Takes away from an account that it makes calls for the signer.
	pub fn remove_proxy(proxy: &AccountId32, kind: ProxyKind, delay: BlockNumber) -> Self {
		Self::proxy_change("remove_proxy", proxy, kind, delay)
	}

	fn proxy_change(name: &str, proxy: &AccountId32, kind: ProxyKind, delay: BlockNumber) -> Self {
		let kind = Value::unnamed_variant(kind.on_chain(), []);
		Self::new(PALLET, name, [("delegate", address(proxy)), ("proxy_type", kind), with("delay", &delay)])
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Encode;
	use scale_info::{MetaType, PortableRegistry, Registry, TypeInfo};
	use subxt::ext::scale_value::scale::encode_as_type;

	#[derive(Clone, Encode, TypeInfo)]
	enum Calls {
		#[codec(index = 7)]
		Proxy(Proxy),
		#[codec(index = 9)]
		Emission(Emission),
	}

	#[allow(non_camel_case_types)]
	#[derive(Clone, Encode, TypeInfo)]
	enum Emission {
		#[codec(index = 2)]
		claim,
	}

	#[allow(non_camel_case_types)]
	#[derive(Clone, Encode, TypeInfo)]
	enum Proxy {
		#[codec(index = 0)]
		proxy { real: Address, force_proxy_type: Option<Kind>, call: Box<Calls> },
		#[codec(index = 1)]
		add_proxy { delegate: Address, proxy_type: Kind, delay: u32 },
		#[codec(index = 2)]
		remove_proxy { delegate: Address, proxy_type: Kind, delay: u32 },
	}

	#[derive(Clone, Encode, TypeInfo)]
	enum Address {
		Id(AccountId32),
	}

	/// The kinds as the chain numbers them.
	#[allow(dead_code)]
	#[derive(Clone, Encode, TypeInfo)]
	enum Kind {
		Any,
		Training,
		Validation,
		Governance,
		Rejection,
	}

	fn assert_encoded(call: &Call, expected: Proxy) {
		let mut registry = Registry::new();
		let id = registry.register_type(&MetaType::new::<Calls>()).id;
		let mut out = Vec::new();
		let value = call.0.clone().into_value();
		encode_as_type(&value, id, &PortableRegistry::from(registry), &mut out).unwrap();
		assert_eq!(out, Calls::Proxy(expected).encode());
	}

	#[test]
	fn calls_have_the_arguments_that_the_chain_asks_for() {
		let account = AccountId32::new([3; 32]);
		let delegate = Address::Id(account.clone());
		let (proxy_type, delay) = (Kind::Validation, 0);
		let added = Proxy::add_proxy { delegate: delegate.clone(), proxy_type: proxy_type.clone(), delay };
		assert_encoded(&Call::add_proxy(&account, ProxyKind::Validation), added);
		let removed = Proxy::remove_proxy { delegate, proxy_type, delay: 8 };
		assert_encoded(&Call::remove_proxy(&account, ProxyKind::Validation, 8), removed);
		let call = Box::new(Calls::Emission(Emission::claim));
		let real = Address::Id(account.clone());
		let made = Proxy::proxy { real, force_proxy_type: None, call };
		assert_encoded(&Call::for_account(&account, &Call::claim()), made);
	}

	#[test]
	fn kinds_are_named_as_they_are_written() {
		for kind in ProxyKind::ALL {
			assert_eq!(kind.to_string().parse(), Ok(kind));
			assert_eq!(ProxyKind::from_chain(kind.on_chain()), Some(kind));
		}
		assert!("all".parse::<ProxyKind>().unwrap_err().contains("any, training"));
	}
}
