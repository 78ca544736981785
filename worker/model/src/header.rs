//! Headers of safetensors files, read as strictly as the format's README describes them:
//! <https://github.com/huggingface/safetensors#format>.
//!
//! A header that different readers understand differently would be two models. So keys occur once, in the
//! header and in its parts, and escapes do not hide a repetition. The header begins with `{`, and only spaces
//! may follow its `}`.

use safetensors::tensor::{Metadata, TensorInfo};
use safetensors::Dtype;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use std::collections::HashSet;
use std::fmt;

/// Key of the entry that is no tensor.
const METADATA: &str = "__metadata__";

/// Parses a header and checks that its tensors follow each other without gaps. The error is a reason. Memory
/// is in proportion to the text, and metadata is not kept.
pub(crate) fn parse(json: &[u8]) -> Result<Metadata, String> {
	if json.first() != Some(&b'{') {
		return Err("its header must begin with '{'".into());
	}
	let spaces = json.iter().rev().take_while(|byte| **byte == b' ').count();
	let json = &json[..json.len() - spaces];
	if json.last() != Some(&b'}') {
		return Err("its header must end with '}', and be padded with spaces only".into());
	}
	let Header(mut tensors) = serde_json::from_slice(json).map_err(|error| error.to_string())?;
	tensors.sort_by_key(|(_, tensor)| tensor.data_offsets);
	Metadata::new(None, tensors).map_err(|error| error.to_string())
}

/// Names and entries of a header's tensors, in its order.
struct Header(Vec<(String, TensorInfo)>);

impl<'de> Deserialize<'de> for Header {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		struct Entries;

		impl<'de> Visitor<'de> for Entries {
			type Value = Header;

			fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
				f.write_str("an object of tensors")
			}

			fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
				let mut keys = HashSet::new();
				let mut tensors = Vec::new();
				while let Some(key) = map.next_key::<String>()? {
					if key == METADATA {
						map.next_value::<Unique>()?;
					} else {
						let Tensor(tensor) = map.next_value()?;
						tensors.push((key.clone(), tensor));
					}
					insert(&mut keys, key)?;
				}
				Ok(Header(tensors))
			}
		}

		deserializer.deserialize_map(Entries)
	}
}

/// Metadata: texts by keys, each of which occurs once.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		struct Texts;

		impl<'de> Visitor<'de> for Texts {
			type Value = Unique;

			fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
				f.write_str("an object of texts")
			}

			fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unique, A::Error> {
				let mut keys = HashSet::new();
				while let Some((key, _)) = map.next_entry::<String, String>()? {
					insert(&mut keys, key)?;
				}
				Ok(Unique)
			}
		}

		deserializer.deserialize_map(Texts)
	}
}

/// Entry of a tensor: exactly its dtype, its shape and its offsets.
struct Tensor(TensorInfo);

impl<'de> Deserialize<'de> for Tensor {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		struct Fields;

		impl<'de> Visitor<'de> for Fields {
			type Value = Tensor;

			fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
				f.write_str("an object with dtype, shape and data_offsets")
			}

			fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tensor, A::Error> {
				let (mut dtype, mut shape, mut offsets) = (None, None, None);
				let mut keys = HashSet::new();
				while let Some(key) = map.next_key::<String>()? {
					match key.as_str() {
						"dtype" => dtype = Some(map.next_value::<Dtype>()?),
						"shape" => shape = Some(map.next_value::<Vec<usize>>()?),
						"data_offsets" => offsets = Some(map.next_value::<(usize, usize)>()?),
						other => {
							let known = &["dtype", "shape", "data_offsets"];
							return Err(Error::unknown_field(other, known));
						}
					}
					insert(&mut keys, key)?;
				}
				Ok(Tensor(TensorInfo {
					dtype: dtype.ok_or_else(|| Error::missing_field("dtype"))?,
					shape: shape.ok_or_else(|| Error::missing_field("shape"))?,
					data_offsets: offsets.ok_or_else(|| Error::missing_field("data_offsets"))?,
				}))
			}
		}

		deserializer.deserialize_map(Fields)
	}
}

/// Refuses a key that occurs twice in one object.
fn insert<E: Error>(keys: &mut HashSet<String>, key: String) -> Result<(), E> {
	match keys.get(&key) {
		Some(key) => Err(E::custom(format_args!("the key '{}' occurs twice", key.escape_debug()))),
		None => {
			keys.insert(key);
			Ok(())
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const A: &str = r#""a":{"dtype":"F32","shape":[3,6],"data_offsets":[0,72]}"#;
	const B: &str = r#""b":{"dtype":"F32","shape":[3],"data_offsets":[72,84]}"#;

	fn refused(json: &str) -> String {
		parse(json.as_bytes()).expect_err(json)
	}

	#[test]
	fn tensors_are_found_in_any_order_and_with_metadata() {
		let json = format!("{{{B}, \n\t\"__metadata__\":{{\"format\":\"pt\",\"a\":\"a\"}},{A}}}   ");
		let header = parse(json.as_bytes()).unwrap();
		assert_eq!(header.offset_keys(), ["a", "b"]);
		assert_eq!(header.info("b").unwrap().data_offsets, (72, 84));
		assert!(parse(b"{}").unwrap().offset_keys().is_empty());
	}

	#[test]
	fn a_key_that_occurs_twice_is_refused() {
		let twice = |json: String, key: &str| {
			let error = refused(&json);
			assert!(error.contains(&format!("the key '{key}' occurs twice")), "{json}: {error}");
		};
		let other = A.replace("[3,6]", "[6,3]");
		twice(format!("{{{A},{B},{other}}}"), "a");
		twice(format!("{{{A},{B},{}}}", other.replace("[0,72]", "[84,156]")), "a");
		twice(format!("{{{A},{B},{}}}", other.replace("\"a\"", "\"\\u0061\"")), "a");
		let metadata = r#""__metadata__":{"x":"1"}"#;
		twice(format!("{{{metadata},{A},{B},{metadata}}}"), "__metadata__");
		twice(format!("{{{A},{B},{}}}", metadata.replace("}", r#","x":"2"}"#)), "x");
		for field in [r#""dtype":"F16""#, r#""shape":[18]"#, r#""data_offsets":[0,72]"#] {
			let name = field.split('"').nth(1).unwrap();
			twice(format!("{{{},{B}}}", A.replace("]}", &format!("],{field}}}"))), name);
		}
	}

	#[test]
	fn blanks_stand_only_where_the_format_has_them() {
		let whole = format!("{{{A},{B}}}");
		for before in [" ", "\n", "\t", "\0", "\u{feff}"] {
			assert!(refused(&format!("{before}{whole}")).contains("begin with '{'"));
		}
		for after in ["\n", "\t", "\0", " \n", "\n ", "{}", ",", "x"] {
			let error = refused(&format!("{whole}{after}"));
			assert!(
				error.contains("padded with spaces only") || error.contains("trailing"),
				"{after:?}: {error}"
			);
		}
	}

	#[test]
	fn entries_have_the_fields_of_the_format() {
		let with = |entry: &str| refused(&format!("{{\"a\":{entry}}}"));
		assert!(with(r#"{"dtype":"F32","shape":[0],"data_offsets":[0,0],"note":1}"#)
			.contains("unknown field `note`"));
		assert!(with(r#"{"dtype":"F32","shape":[0]}"#).contains("missing field `data_offsets`"));
		assert!(with(r#"["F32",[0],[0,0]]"#).contains("invalid type: sequence"));
		assert!(with(r#"{"dtype":"F32","shape":[0.0],"data_offsets":[0,0]}"#).contains("invalid type"));
		assert!(refused(r#"{"__metadata__":{"x":1}}"#).contains("invalid type"));
		assert!(refused(r#"{"__metadata__":null}"#).contains("invalid type"));
		assert!(refused(&format!("{{\"a\":{}", "[".repeat(60_000))).contains("end with"));
		assert!(refused(&format!("{{\"a\":{}}}", "[".repeat(60_000))).contains("invalid type"));
	}
}
