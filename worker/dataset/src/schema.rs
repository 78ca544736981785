//! Columns, their dtypes and shapes, and the canonical bytes of a record.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Type of a column's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dtype {
	/// Unsigned 8-bit integer.
	U8,
	/// Unsigned 16-bit integer.
	U16,
	/// Signed 32-bit integer.
	I32,
	/// Signed 64-bit integer.
	I64,
	/// IEEE 754 binary32.
	F32,
}

impl Dtype {
	/// Number of bytes of one value.
	pub const fn bytes(self) -> usize {
		match self {
			Dtype::U8 => 1,
			Dtype::U16 => 2,
			Dtype::I32 | Dtype::F32 => 4,
			Dtype::I64 => 8,
		}
	}

	/// Returns true if values are integers.
	pub const fn is_integer(self) -> bool {
		!matches!(self, Dtype::F32)
	}
}

impl fmt::Display for Dtype {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Dtype::U8 => "u8",
			Dtype::U16 => "u16",
			Dtype::I32 => "i32",
			Dtype::I64 => "i64",
			Dtype::F32 => "f32",
		})
	}
}

/// One column of a data set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
	/// The column's name in delta files.
	pub name: String,
	/// Type of the values.
	pub dtype: Dtype,
	/// Shape of one record's value, row-major. Empty for a scalar.
	pub shape: Vec<u64>,
	/// Exclusive upper bound of class labels and tokens, which must lie in `0..bound`; `None` for other
	/// values.
	pub bound: Option<u64>,
}

/// Reasons for which a value in a record is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
	/// The value is NaN or infinite. One such record would make every loss NaN.
	#[error("holds a value that is not finite")]
	NotFinite,
	/// A label or token is outside the description's bound.
	#[error("holds {value}, which is outside 0..{bound}")]
	OutOfBound {
		/// The value in the record.
		value: i64,
		/// The exclusive bound.
		bound: u64,
	},
}

impl Column {
	/// Number of values in one record. Descriptions bound it, so the product cannot overflow there; elsewhere
	/// it saturates.
	pub fn values(&self) -> usize {
		self.shape.iter().fold(1usize, |n, d| n.saturating_mul(usize::try_from(*d).unwrap_or(usize::MAX)))
	}

	/// Number of bytes of the column in one record.
	pub fn bytes(&self) -> usize {
		self.values().saturating_mul(self.dtype.bytes())
	}

	/// Checks one record's values, little-endian. Floats must be finite and integers within the bound.
	pub fn check(&self, bytes: &[u8]) -> Result<(), ValueError> {
		if self.dtype == Dtype::F32 {
			let finite = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]).is_finite();
			return if bytes.chunks_exact(4).all(finite) { Ok(()) } else { Err(ValueError::NotFinite) };
		}
		let Some(bound) = self.bound else { return Ok(()) };
		let refused = |value: i64| u64::try_from(value).map_or(true, |v| v >= bound);
		let bad = match self.dtype {
			Dtype::U8 => bytes.iter().map(|b| i64::from(*b)).find(|v| refused(*v)),
			Dtype::U16 => bytes
				.chunks_exact(2)
				.map(|b| i64::from(u16::from_le_bytes([b[0], b[1]])))
				.find(|v| refused(*v)),
			Dtype::I32 => bytes
				.chunks_exact(4)
				.map(|b| i64::from(i32::from_le_bytes([b[0], b[1], b[2], b[3]])))
				.find(|v| refused(*v)),
			_ => bytes
				.chunks_exact(8)
				.map(|b| i64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]))
				.find(|v| refused(*v)),
		};
		bad.map_or(Ok(()), |value| Err(ValueError::OutOfBound { value, bound }))
	}
}

/// The columns of a group's data set, in canonical order: inputs, then target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
	/// The columns.
	pub columns: Vec<Column>,
}

impl Schema {
	/// Number of a record's canonical bytes.
	pub fn record_bytes(&self) -> usize {
		self.columns.iter().fold(0usize, |n, c| n.saturating_add(c.bytes()))
	}

	/// Splits a record's canonical bytes into its columns. `record` must have [`Self::record_bytes`] bytes.
	pub fn split<'a>(&'a self, record: &'a [u8]) -> impl Iterator<Item = (&'a Column, &'a [u8])> {
		let mut rest = record;
		self.columns.iter().map(move |column| {
			let (head, tail) = rest.split_at(column.bytes().min(rest.len()));
			rest = tail;
			(column, head)
		})
	}

	/// Checks a record's values. The error names the column.
	pub fn check<'a>(&'a self, record: &'a [u8]) -> Result<(), (&'a str, ValueError)> {
		self.split(record).try_for_each(|(c, bytes)| c.check(bytes).map_err(|e| (c.name.as_str(), e)))
	}
}

/// Id of a record: blake2b-256 of its canonical bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId(pub [u8; 32]);

impl RecordId {
	/// Returns the id of the record with these canonical bytes.
	pub fn of(record: &[u8]) -> Self {
		// A data set has millions of records, so this is not `blake2`: see `scripts/bench hash`.
		let hash = blake2b_simd::Params::new().hash_length(32).hash(record);
		let mut id = [0; 32];
		id.copy_from_slice(hash.as_bytes());
		Self(id)
	}
}

impl fmt::Display for RecordId {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(&hex::encode(self.0))
	}
}

impl fmt::Debug for RecordId {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		fmt::Display::fmt(self, f)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn schema() -> Schema {
		let column = |name: &str, dtype, shape: &[u64], bound| Column {
			name: name.into(),
			dtype,
			shape: shape.to_vec(),
			bound,
		};
		Schema { columns: vec![column("x", Dtype::F32, &[2], None), column("y", Dtype::U8, &[], Some(10))] }
	}

	#[test]
	fn canonical_bytes_and_id_match_the_documented_vector() {
		let mut record = Vec::new();
		record.extend(1.0f32.to_le_bytes());
		record.extend((-2.5f32).to_le_bytes());
		record.push(3);
		assert_eq!(hex::encode(&record), "0000803f000020c003");
		assert_eq!(record.len(), schema().record_bytes());
		assert_eq!(
			RecordId::of(&record).to_string(),
			"3869cf954a800f2137f0895fb17839c3a30e125ba0e68da6897409b495627992"
		);
	}

	#[test]
	fn values_out_of_range_are_refused() {
		let schema = schema();
		let record = |x: f32, y: u8| [&x.to_le_bytes()[..], &0f32.to_le_bytes(), &[y]].concat();
		assert_eq!(schema.check(&record(1.0, 9)), Ok(()));
		assert_eq!(schema.check(&record(f32::NAN, 9)), Err(("x", ValueError::NotFinite)));
		assert_eq!(schema.check(&record(f32::NEG_INFINITY, 9)), Err(("x", ValueError::NotFinite)));
		assert_eq!(
			schema.check(&record(1.0, 10)),
			Err(("y", ValueError::OutOfBound { value: 10, bound: 10 }))
		);
		let token = Column { name: "t".into(), dtype: Dtype::I64, shape: vec![2], bound: Some(5) };
		let tokens = |a: i64, b: i64| [a.to_le_bytes(), b.to_le_bytes()].concat();
		assert_eq!(token.check(&tokens(0, 4)), Ok(()));
		assert_eq!(token.check(&tokens(0, -1)), Err(ValueError::OutOfBound { value: -1, bound: 5 }));
		let token = Column { dtype: Dtype::U16, bound: Some(50_257), ..token };
		let tokens = |a: u16, b: u16| [a.to_le_bytes(), b.to_le_bytes()].concat();
		assert_eq!(token.check(&tokens(0, 50_256)), Ok(()));
		assert_eq!(
			token.check(&tokens(0, u16::MAX)),
			Err(ValueError::OutOfBound { value: 65_535, bound: 50_257 })
		);
	}
}
