//! The JSON Schema (draft 2020-12) of what the methods `training_*` take and answer, made of the types. It is
//! kept in `protocol/schema.json`.
//!
//! The schema describes the answers of this version: all their fields are required, and fields and names may
//! be added, see "What is stable" in the book.

mod foreign;
mod methods;

pub use foreign::{Account, Bytes, Hash};

use alloc::string::String;
use schemars::{
	generate::SchemaSettings,
	transform::{transform_subschemas, Transform},
	Schema,
};
use serde_json::{json, Value};

/// Returns the schema. `$defs` has every type by its name; `methods` and `subscriptions` have the params of
/// each method, as an object and in the `order` of a list, and its result, or the messages of the
/// subscription.
#[must_use]
pub fn document() -> Value {
	let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
	let (methods, subscriptions) = (methods::methods(&mut generator), methods::subscriptions(&mut generator));
	let types: serde_json::Map<_, _> =
		generator.take_definitions(true).into_iter().map(|(name, schema)| (name, plain(schema))).collect();
	json!({
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title": "What the methods training_* of a Descent node take and answer",
		"$defs": types,
		"methods": methods,
		"subscriptions": subscriptions,
	})
}

/// Returns a schema with plain descriptions.
fn plain(schema: Value) -> Value {
	match Schema::try_from(schema) {
		Ok(mut schema) => {
			Plain.transform(&mut schema);
			schema.to_value()
		}
		Err(error) => unreachable!("a type has a schema: {error}"),
	}
}

/// Makes doc comments to descriptions for readers of JSON.
struct Plain;

impl Transform for Plain {
	fn transform(&mut self, schema: &mut Schema) {
		if let Some(Value::String(text)) = schema.get("description") {
			let text = description(text);
			schema.insert("description".into(), text.into());
		}
		transform_subschemas(self, schema);
	}
}

/// Returns the first paragraph of a doc comment on one line, with names instead of links, and with JSON's
/// null.
fn description(text: &str) -> String {
	let paragraph = text.split("\n\n").next().unwrap_or_default().replace('\n', " ");
	let mut parts = paragraph.split("`](");
	let mut plain = String::from(parts.next().unwrap_or_default());
	for part in parts {
		plain.push('`');
		plain.push_str(part.split_once(')').map_or(part, |(_, rest)| rest));
	}
	let replaced = [("[`", "`"), ("`]", "`"), ("`crate::", "`"), ("`None`", "`null`")];
	replaced.iter().fold(plain, |plain, (from, to)| plain.replace(from, to))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_description_has_no_links() {
		let text = "A hash, see [`crate::hash`]; `None`\nwithout [`A`](super::A), [`B`].\n\n```\nuse a;\n```";
		assert_eq!(description(text), "A hash, see `hash`; `null` without `A`, `B`.");
	}
}
