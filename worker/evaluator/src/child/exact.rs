//! JSON in which floating-point numbers keep every bit. A model's numbers must not change on the way to the
//! process that evaluates it, and the usual parser may be off in the last digit.

use serde::{de::DeserializeOwned, Serialize};
use serde_json::{Number, Value};

/// Prefix of a string that holds the bits of an f64. No name in a description has such a character.
const PREFIX: &str = "\u{0}f64:";

/// Converts a value, with its numbers as strings of their bits.
pub(crate) fn to_exact(value: &impl Serialize) -> serde_json::Result<Value> {
	let mut value = serde_json::to_value(value)?;
	each(&mut value, &|value| match value {
		Value::Number(number) if number.is_f64() => {
			let bits = number.as_f64().unwrap_or_default().to_bits();
			Some(Value::String(format!("{PREFIX}{bits:016x}")))
		}
		_ => None,
	});
	Ok(value)
}

/// Converts back what [`to_exact`] returned.
pub(crate) fn from_exact<T: DeserializeOwned>(mut value: Value) -> serde_json::Result<T> {
	each(&mut value, &|value| {
		let bits = value.as_str()?.strip_prefix(PREFIX)?;
		let bits = u64::from_str_radix(bits, 16).ok()?;
		Number::from_f64(f64::from_bits(bits)).map(Value::Number)
	});
	serde_json::from_value(value)
}

/// Replaces each value for which `replace` returns another.
fn each(value: &mut Value, replace: &impl Fn(&Value) -> Option<Value>) {
	match value {
		Value::Array(values) => values.iter_mut().for_each(|value| each(value, replace)),
		Value::Object(fields) => fields.values_mut().for_each(|value| each(value, replace)),
		_ => {
			if let Some(new) = replace(value) {
				*value = new;
			}
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn numbers_keep_every_bit() {
		let numbers = [0.1, 1.0 / 255.0, f64::MIN_POSITIVE, 5e-324, 1.797_693_134_862_315_7e308, -0.0];
		let line = serde_json::to_vec(&to_exact(&numbers).unwrap()).unwrap();
		let read: Vec<f64> = from_exact(serde_json::from_slice(&line).unwrap()).unwrap();
		let bits = |numbers: &[f64]| numbers.iter().map(|number| number.to_bits()).collect::<Vec<_>>();
		assert_eq!(bits(&read), bits(&numbers));
	}

	#[test]
	fn a_description_arrives_as_it_was() {
		let description = descent_testing::description(16);
		let line = serde_json::to_vec(&to_exact(description.document()).unwrap()).unwrap();
		let read = from_exact(serde_json::from_slice(&line).unwrap()).unwrap();
		let limits = descent_dataset::Limits::default();
		assert_eq!(descent_dataset::Description::check(read, &limits).unwrap(), description);
	}
}
