//! Values of a column, as text and as JSON.

use crate::schema::{Column, Dtype};
use serde_json::Value;

impl Column {
	/// Returns one record's values as JSON numbers, in row-major order. Values that no JSON number can be, as
	/// NaN, are null; a checked record has none.
	pub fn numbers(&self, bytes: &[u8]) -> Vec<Value> {
		match self.dtype {
			Dtype::U8 => bytes.iter().map(|byte| (*byte).into()).collect(),
			Dtype::U16 => bytes.as_chunks().0.iter().map(|word| u16::from_le_bytes(*word).into()).collect(),
			Dtype::I32 => bytes.as_chunks().0.iter().map(|word| i32::from_le_bytes(*word).into()).collect(),
			Dtype::I64 => bytes.as_chunks().0.iter().map(|word| i64::from_le_bytes(*word).into()).collect(),
			Dtype::F32 => bytes.as_chunks().0.iter().map(|word| f32::from_le_bytes(*word).into()).collect(),
		}
	}

	/// Returns one record's values as text: the first `most`, and their number where there are more.
	pub fn text(&self, bytes: &[u8], most: usize) -> String {
		let shown = bytes.get(..most.saturating_mul(self.dtype.bytes())).unwrap_or(bytes);
		let number = |value: Value| match value.as_f64() {
			Some(float) if self.dtype == Dtype::F32 => short(float),
			_ => value.to_string(),
		};
		let text: Vec<_> = self.numbers(shown).into_iter().map(number).collect();
		let mut text = text.join(" ");
		if shown.len() < bytes.len() {
			text.push_str(&format!(" … ({} values)", self.values()));
		}
		text
	}

	/// Returns the integers of one record: labels or tokens. Empty for a column of other values.
	pub(super) fn integers(&self, bytes: &[u8]) -> Vec<i64> {
		self.numbers(bytes).iter().filter_map(Value::as_i64).collect()
	}
}

/// A number with few digits.
fn short(value: f64) -> String {
	if value == 0.0 || (1e-3..1e6).contains(&value.abs()) {
		let text = format!("{value:.4}");
		text.trim_end_matches('0').trim_end_matches('.').to_string()
	} else {
		format!("{value:.3e}")
	}
}
