//! Failures of calls, and of calls that other calls carry.

use crate::CallError;
use subxt::{
	dynamic::At,
	ext::scale_value::{Composite, Value, ValueDef},
	metadata::Metadata,
};

/// The failure of a call that another call carried, read from one of the other's events; `None` where the
/// event tells of no such failure. The carrying call has not failed: a motion of the committee is closed even
/// where its call fails.
pub(crate) fn carried(
	pallet: &str,
	event: &str,
	fields: &Composite<()>,
	metadata: &Metadata,
) -> Option<CallError> {
	let error = match (pallet, event) {
		("Utility", "BatchInterrupted" | "ItemFailed") | ("System", "RejectedInvalidAuthorizedUpgrade") => {
			fields.at("error")
		}
		(_, "Executed" | "MemberExecuted" | "DispatchedAs" | "MultisigExecuted" | "ProxyExecuted")
		| ("Whitelist", "WhitelistedCallDispatched") => failure(fields.at("result")?),
		("Sudo", "Sudid" | "SudoAsDone") => failure(fields.at("sudo_result")?),
		_ => None,
	};
	Some(explain(error?, metadata))
}

/// The error of a result that is one, without what the call weighed.
fn failure(result: &Value<()>) -> Option<&Value<()>> {
	let ValueDef::Variant(variant) = &result.value else {
		return None;
	};
	if variant.name != "Err" {
		return None;
	}
	let error = variant.values.values().next()?;
	Some(error.at("error").unwrap_or(error))
}

/// A pallet's error with this number, in words.
pub(crate) fn of_pallet(pallet: &str, number: u8, metadata: &Metadata) -> Option<CallError> {
	let pallet = metadata.pallet_by_name(pallet)?;
	let error = pallet.error_variant_by_index(number)?;
	let doc = error.docs.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
	Some(CallError { pallet: pallet.name().into(), name: error.name.clone(), doc: doc.trim().into() })
}

/// A `DispatchError` in words.
pub(crate) fn explain(error: &Value<()>, metadata: &Metadata) -> CallError {
	let ValueDef::Variant(kind) = &error.value else {
		return CallError { pallet: String::new(), name: error.to_string(), doc: String::new() };
	};
	let inner = kind.values.values().next();
	if kind.name == "Module" {
		let byte = |value: Option<&Value<()>>| {
			let value = value?;
			value.as_u128().or_else(|| value.at(0)?.as_u128()).and_then(|value| u8::try_from(value).ok())
		};
		let found = byte(inner.at("index")).zip(byte(inner.at("error"))).and_then(|(pallet, error)| {
			of_pallet(metadata.pallet_by_error_index(pallet)?.name(), error, metadata)
		});
		if let Some(found) = found {
			return found;
		}
	}
	match inner.map(|inner| &inner.value) {
		Some(ValueDef::Variant(inner)) => {
			CallError { pallet: kind.name.clone(), name: inner.name.clone(), doc: doc(&inner.name).into() }
		}
		_ => CallError { pallet: String::new(), name: kind.name.clone(), doc: String::new() },
	}
}

/// The documentation of errors that no pallet documents.
fn doc(name: &str) -> &'static str {
	match name {
		"FundsUnavailable" => "The account has too little free balance.",
		"Underflow" => "The amount is larger than what the account has.",
		"BelowMinimum" => "The amount is below the smallest balance that an account may have.",
		"NotExpendable" | "OnlyProvider" => "The account would be left with less than an account must have.",
		"Frozen" => "The balance is there but frozen.",
		"CannotCreateHold" => "The account can't hold the deposit.",
		_ => "",
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn bad_origin() -> Value<()> {
		Value::unnamed_variant("BadOrigin", [])
	}

	#[test]
	fn only_failures_are_failures() {
		let failed = Value::unnamed_variant("Err", [bad_origin()]);
		assert_eq!(failure(&failed), Some(&bad_origin()));
		let post = Value::named_composite([("post_info", Value::u128(1)), ("error", bad_origin())]);
		let failed = Value::unnamed_variant("Err", [post]);
		assert_eq!(failure(&failed), Some(&bad_origin()));
		let succeeded = Value::unnamed_variant("Ok", [Value::unnamed_composite([])]);
		assert_eq!(failure(&succeeded), None);
		assert_eq!(failure(&Value::u128(1)), None);
	}
}
