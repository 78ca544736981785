//! Reads of proxies.

use crate::{Client, Error, ProxyKind, Result};
use descent_protocol::BlockNumber;
use serde::Serialize;
use sp_core::crypto::AccountId32;
use subxt::{
	dynamic::{self, At, Value},
	ext::scale_value::ValueDef,
};

/// An account that makes calls for another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proxy {
	/// The account that makes the calls.
	pub account: AccountId32,
	/// The calls that it may make.
	pub kind: ProxyKind,
	/// Number of blocks for which a call has to be announced before it is made.
	pub delay: BlockNumber,
}

impl Client {
	/// The proxies of an account at the best block, and the deposit that is held for them, in the token's
	/// smallest unit.
	///
	/// # Errors
	/// Fails if the node can't be asked, or has kinds of proxies that this client does not know.
	pub async fn proxies(&self, account: &AccountId32) -> Result<(Vec<Proxy>, u128)> {
		let at = self.at(self.best_block().await?.hash).await?;
		let key: &[u8; 32] = account.as_ref();
		let address = dynamic::storage::<([u8; 32],), Value>("Proxy", "Proxies");
		let entry = at.storage().try_fetch(address, (*key,)).await;
		let Some(entry) = entry.map_err(|error| self.unreadable(error))? else {
			return Ok((Vec::new(), 0));
		};
		let entry = entry.decode().map_err(|error| Error::Answer(error.to_string()))?;
		let unreadable = || Error::Answer(format!("the proxies {entry}"));
		let deposit = entry.at(1).and_then(Value::as_u128).ok_or_else(unreadable)?;
		let list = bounded(entry.at(0).ok_or_else(unreadable)?);
		let proxies =
			(0..).map_while(|index| list.at(index)).map(|value| proxy(value).ok_or_else(unreadable));
		Ok((proxies.collect::<Result<_>>()?, deposit))
	}
}

/// A list without the structure around it that bounds it.
fn bounded(value: &Value) -> &Value {
	match value.at(0) {
		Some(list) if list.at("delegate").is_none() && value.at(1).is_none() => list,
		_ => value,
	}
}

fn proxy(value: &Value) -> Option<Proxy> {
	let bytes = value.at("delegate")?;
	let bytes = bytes.at(31).map_or_else(|| bytes.at(0), |_| Some(bytes))?;
	let byte = |index: usize| bytes.at(index)?.as_u128().and_then(|byte| u8::try_from(byte).ok());
	let account: Vec<u8> = (0..32).map(byte).collect::<Option<_>>()?;
	let ValueDef::Variant(kind) = &value.at("proxy_type")?.value else {
		return None;
	};
	Some(Proxy {
		account: AccountId32::try_from(account.as_slice()).ok()?,
		kind: ProxyKind::from_chain(&kind.name)?,
		delay: value.at("delay")?.as_u128()?.try_into().ok()?,
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	fn definition(kind: &str) -> Value {
		Value::named_composite([
			("delegate", Value::unnamed_composite([Value::from_bytes([7; 32])])),
			("proxy_type", Value::unnamed_variant(kind, [])),
			("delay", Value::u128(8)),
		])
	}

	#[test]
	fn a_proxy_is_read() {
		let expected = Proxy { account: AccountId32::new([7; 32]), kind: ProxyKind::Training, delay: 8 };
		assert_eq!(proxy(&definition("Training")), Some(expected));
		assert_eq!(proxy(&definition("Unheard")), None);
		assert_eq!(proxy(&Value::u128(1)), None);
	}

	#[test]
	fn a_list_is_read_with_and_without_its_bound() {
		let list = Value::unnamed_composite([definition("Any"), definition("Training")]);
		assert_eq!(bounded(&list), &list);
		assert_eq!(bounded(&Value::unnamed_composite([list.clone()])), &list);
		let one = Value::unnamed_composite([definition("Any")]);
		assert_eq!(bounded(&one), &one);
	}
}
