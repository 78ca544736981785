//! Schemas of types whose JSON is written by hand, or by other crates.

use crate::{view::Amount, Codec, ContentRef};
use alloc::borrow::Cow;
use schemars::{json_schema, JsonSchema, Schema, SchemaGenerator};

/// An account.
pub struct Account;

/// A hash of 32 bytes.
pub struct Hash;

/// Bytes.
pub struct Bytes;

/// Has a type's schema be a text that matches a pattern.
macro_rules! text {
	($type:ty, $name:literal, $description:literal, $pattern:literal, $example:literal) => {
		impl JsonSchema for $type {
			fn schema_name() -> Cow<'static, str> {
				$name.into()
			}

			fn json_schema(_: &mut SchemaGenerator) -> Schema {
				json_schema!({
					"type": "string",
					"description": $description,
					"pattern": $pattern,
					"examples": [$example],
				})
			}
		}
	};
}

text!(
	Account,
	"Account",
	"An account: its SS58 address with prefix 42.",
	"^5[1-9A-HJ-NP-Za-km-z]{46,47}$",
	"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
);
text!(
	Hash,
	"Hash",
	"32 bytes in hexadecimal.",
	"^0x[0-9a-f]{64}$",
	"0x0000000000000000000000000000000000000000000000000000000000000000"
);
text!(Bytes, "Bytes", "Bytes in hexadecimal.", "^0x([0-9a-f]{2})*$", "0x200208");
text!(
	Amount,
	"Amount",
	"An amount in units of 10^-12 NRN, a decimal number below 2^128.",
	"^(0|[1-9][0-9]{0,38})$",
	"150000000000000"
);

/// The fields, and the CID beside them.
impl JsonSchema for ContentRef {
	fn schema_name() -> Cow<'static, str> {
		"ContentRef".into()
	}

	fn json_schema(generator: &mut SchemaGenerator) -> Schema {
		json_schema!({
			"type": "object",
			"description": "A reference to content off chain.",
			"properties": {
				"cid": {
					"type": "string",
					"description": "Its CIDv1 with a blake2b-256 multihash, in base32.",
					"pattern": "^b[a-z2-7]{61}$",
				},
				"digest": generator.subschema_for::<Hash>(),
				"codec": generator.subschema_for::<Codec>(),
				"size": {
					"type": "integer",
					"description": "Length of the content in bytes.",
					"format": "uint64",
					"minimum": 0,
				},
			},
			"required": ["cid", "digest", "codec", "size"],
		})
	}
}
