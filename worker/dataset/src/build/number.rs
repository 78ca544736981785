//! Converts numbers to values of a dtype, exactly or not at all.

use crate::schema::Dtype;
use std::fmt::Display;

/// A number in a source.
pub(super) trait Number: Copy + Display {
	/// Returns the equal integer, if there is one that a dtype may hold.
	fn integer(self) -> Option<i64>;
	/// Returns the equal `f32`, if there is one. A number that is not finite stays so, and the delta's writer
	/// refuses it.
	fn float(self) -> Option<f32>;
}

macro_rules! integers {
	($($type:ty),*) => {$(
		impl Number for $type {
			fn integer(self) -> Option<i64> {
				i64::try_from(self).ok()
			}

			fn float(self) -> Option<f32> {
				let float = self as f32;
				// i128 holds every value that a rounded u64 can become, where `as u64` would saturate.
				(float as i128 == i128::from(self)).then_some(float)
			}
		}
	)*};
}

integers!(u8, i8, u16, i16, u32, i32, u64, i64);

impl Number for f64 {
	fn integer(self) -> Option<i64> {
		let integer = self as i64;
		// 2^63 saturates to a number that rounds back to it.
		(integer as f64 == self && integer != i64::MAX).then_some(integer)
	}

	fn float(self) -> Option<f32> {
		let float = self as f32;
		(f64::from(float) == self || self.is_nan()).then_some(float)
	}
}

impl Number for f32 {
	fn integer(self) -> Option<i64> {
		f64::from(self).integer()
	}

	fn float(self) -> Option<f32> {
		Some(self)
	}
}

/// Appends values in the dtype, little-endian. The error is the text of the first value that the dtype cannot
/// hold.
pub(super) fn append<T: Number>(values: &[T], dtype: Dtype, record: &mut Vec<u8>) -> Result<(), String> {
	fn each<T: Number, const N: usize>(
		values: &[T],
		record: &mut Vec<u8>,
		bytes: impl Fn(T) -> Option<[u8; N]>,
	) -> Result<(), String> {
		record.reserve(values.len().saturating_mul(N));
		values.iter().try_for_each(|value| {
			record.extend(bytes(*value).ok_or_else(|| value.to_string())?);
			Ok(())
		})
	}
	match dtype {
		Dtype::U8 => each(values, record, |v| Some([u8::try_from(v.integer()?).ok()?])),
		Dtype::U16 => each(values, record, |v| Some(u16::try_from(v.integer()?).ok()?.to_le_bytes())),
		Dtype::I32 => each(values, record, |v| Some(i32::try_from(v.integer()?).ok()?.to_le_bytes())),
		Dtype::I64 => each(values, record, |v| Some(v.integer()?.to_le_bytes())),
		Dtype::F32 => each(values, record, |v| Some(v.float()?.to_le_bytes())),
	}
}

/// Appends pixels. As `f32` they are divided by 255, so that they lie in `[0, 1]`.
pub(super) fn append_pixels(pixels: &[u8], dtype: Dtype, record: &mut Vec<u8>) {
	match dtype {
		Dtype::U8 => record.extend(pixels),
		Dtype::U16 => pixels.iter().for_each(|p| record.extend(u16::from(*p).to_le_bytes())),
		Dtype::I32 => pixels.iter().for_each(|p| record.extend(i32::from(*p).to_le_bytes())),
		Dtype::I64 => pixels.iter().for_each(|p| record.extend(i64::from(*p).to_le_bytes())),
		Dtype::F32 => pixels.iter().for_each(|p| record.extend((f32::from(*p) / 255.0).to_le_bytes())),
	}
}

/// Parses a number and appends it. Blanks, digits after an integer's point, and names of infinity are not
/// numbers.
pub(super) fn parse(text: &[u8], dtype: Dtype, record: &mut Vec<u8>) -> Option<()> {
	let text = std::str::from_utf8(text).ok()?;
	match dtype {
		Dtype::U8 => record.push(text.parse().ok()?),
		Dtype::U16 => record.extend(text.parse::<u16>().ok()?.to_le_bytes()),
		Dtype::I32 => record.extend(text.parse::<i32>().ok()?.to_le_bytes()),
		Dtype::I64 => record.extend(text.parse::<i64>().ok()?.to_le_bytes()),
		Dtype::F32 => {
			let value = text.parse::<f32>().ok().filter(|value| value.is_finite())?;
			record.extend(value.to_le_bytes());
		}
	}
	Some(())
}

#[cfg(test)]
mod tests {
	use super::*;

	fn cast<T: Number>(value: T, dtype: Dtype) -> Option<Vec<u8>> {
		let mut record = Vec::new();
		append(&[value], dtype, &mut record).ok().map(|()| record)
	}

	#[test]
	fn what_is_exact_is_cast() {
		assert_eq!(cast(255i64, Dtype::U8), Some(vec![255]));
		assert_eq!(cast(-1i8, Dtype::I64), Some((-1i64).to_le_bytes().to_vec()));
		assert_eq!(cast(3.0f64, Dtype::U8), Some(vec![3]));
		assert_eq!(cast(0.5f64, Dtype::F32), Some(0.5f32.to_le_bytes().to_vec()));
		assert_eq!(cast(1u64 << 63, Dtype::F32), Some(9_223_372_036_854_775_808f32.to_le_bytes().to_vec()));
		assert_eq!(cast(i64::MIN as f64, Dtype::I64), Some(i64::MIN.to_le_bytes().to_vec()));
		assert_eq!(cast(f64::INFINITY, Dtype::F32), Some(f32::INFINITY.to_le_bytes().to_vec()));
	}

	#[test]
	fn what_is_not_exact_is_refused() {
		assert_eq!(cast(256u16, Dtype::U8), None);
		assert_eq!(cast(65_535i64, Dtype::U16), Some(vec![255, 255]));
		assert_eq!(cast(65_536i64, Dtype::U16), None);
		assert_eq!(cast(-1i32, Dtype::U8), None);
		assert_eq!(cast(0.1f64, Dtype::F32), None);
		assert_eq!(cast(1e300f64, Dtype::F32), None);
		assert_eq!(cast(0.5f32, Dtype::I32), None);
		assert_eq!(cast((1i64 << 24) + 1, Dtype::F32), None);
		assert_eq!(cast(i64::MAX, Dtype::F32), None);
		assert_eq!(cast(u64::MAX, Dtype::I64), None);
		assert_eq!(cast(9_223_372_036_854_775_808f64, Dtype::I64), None);
		assert_eq!(cast(f32::NAN, Dtype::I64), None);
	}

	#[test]
	fn texts_are_read_strictly() {
		let read = |text: &str, dtype| {
			let mut record = Vec::new();
			parse(text.as_bytes(), dtype, &mut record).map(|()| record)
		};
		assert_eq!(read("255", Dtype::U8), Some(vec![255]));
		assert_eq!(read("258", Dtype::U16), Some(vec![2, 1]));
		assert_eq!(read("-7", Dtype::I32), Some((-7i32).to_le_bytes().to_vec()));
		assert_eq!(read("-2.5e-1", Dtype::F32), Some((-0.25f32).to_le_bytes().to_vec()));
		for text in ["", " 1", "1 ", "256", "-1", "1.0", "0x1", "1_000", "\u{663}"] {
			assert_eq!(read(text, Dtype::U8), None, "{text}");
		}
		for text in ["", "nan", "inf", "-Infinity", "1e39", "1,5", "0x1p0"] {
			assert_eq!(read(text, Dtype::F32), None, "{text}");
		}
	}

	#[test]
	fn pixels_become_the_quotient_by_255() {
		let pixels = |dtype| {
			let mut record = Vec::new();
			append_pixels(&[0, 51, 255], dtype, &mut record);
			record
		};
		assert_eq!(pixels(Dtype::U8), [0, 51, 255]);
		let floats = [0f32, 0.2, 1.0];
		assert_eq!(
			pixels(Dtype::F32),
			floats.map(f32::to_le_bytes).concat(),
			"51 / 255 rounds to the f32 next to a fifth"
		);
		assert_eq!(pixels(Dtype::I32), [0i32, 51, 255].map(i32::to_le_bytes).concat());
	}
}
