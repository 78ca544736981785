//! Lengths of a column's lists, read from its repetition levels before the values are decoded.

use parquet::basic::Encoding;
use parquet::column::page::Page;

/// Follows the repetition levels of one column through its pages: 0 begins a row, 1 continues its list.
#[derive(Default)]
pub(super) struct Lists {
	/// Number of values so far of the row that goes on in the next page.
	values: u64,
}

impl Lists {
	/// Returns the number of values of the longest list that this page holds or continues. Returns `None` if
	/// its levels cannot be decoded.
	pub(super) fn longest(&mut self, page: &Page) -> Option<u64> {
		if page.num_values() == 0 {
			return Some(0);
		}
		let (levels, count) = match page {
			Page::DataPage { buf, num_values, rep_level_encoding: Encoding::RLE, .. } => {
				let (length, rest) = buf.split_first_chunk::<4>()?;
				let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
				(rest.get(..length)?, *num_values)
			}
			Page::DataPageV2 { buf, num_values, rep_levels_byte_len, .. } => {
				(buf.get(..usize::try_from(*rep_levels_byte_len).ok()?)?, *num_values)
			}
			_ => return None,
		};
		self.follow(levels, u64::from(count))
	}

	/// Decodes `left` levels of one bit in the hybrid of runs and packed bits:
	/// <https://parquet.apache.org/docs/file-format/data-pages/encodings/>.
	fn follow(&mut self, mut levels: &[u8], mut left: u64) -> Option<u64> {
		let mut longest = 0;
		while left > 0 {
			let header = varint(&mut levels)?;
			if header & 1 == 0 {
				let run = (header >> 1).min(left);
				let (value, rest) = levels.split_first()?;
				levels = rest;
				left -= run;
				if *value & 1 == 1 {
					self.values = self.values.saturating_add(run);
				} else if run > 0 {
					longest = longest.max(self.values);
					self.values = 1;
				}
			} else {
				let packed = (header >> 1).saturating_mul(8).min(left);
				let (bytes, rest) = levels.split_at_checked(usize::try_from(packed.div_ceil(8)).ok()?)?;
				levels = rest;
				left -= packed;
				for bit in 0..packed as usize {
					if bytes[bit / 8] >> (bit % 8) & 1 == 1 {
						self.values += 1;
					} else {
						longest = longest.max(self.values);
						self.values = 1;
					}
				}
			}
		}
		Some(longest.max(self.values))
	}
}

/// Decodes an unsigned LEB128 integer of at most 35 bits, and moves behind it.
pub(super) fn varint(bytes: &mut &[u8]) -> Option<u64> {
	let mut value = 0;
	for shift in (0..35).step_by(7) {
		let (byte, rest) = bytes.split_first()?;
		*bytes = rest;
		value |= u64::from(byte & 0x7f) << shift;
		if byte & 0x80 == 0 {
			return Some(value);
		}
	}
	None
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn runs_and_packed_bits_are_followed_across_pages() {
		let mut lists = Lists::default();
		// One row begins, 63 values go on.
		assert_eq!(lists.follow(&[2, 0], 1), Some(1));
		assert_eq!(lists.follow(&[63 << 1, 1], 63), Some(64));
		// 0b0011_0110, lowest first: 0 1 1 0 1 1 0 0
		assert_eq!(lists.follow(&[3, 0b0011_0110], 8), Some(64));
		assert_eq!(lists.values, 1);
		assert_eq!(lists.follow(&[3, 0b0000_0110], 3), Some(3));
		// A run longer than the page has levels.
		assert_eq!(lists.follow(&[0xfe, 0xff, 0xff, 0xff, 0x0f, 1], 5), Some(8));
	}

	#[test]
	fn levels_that_end_early_are_refused() {
		for levels in [&[][..], &[2], &[3], &[0x80], &[0x80; 9]] {
			assert_eq!(Lists::default().follow(levels, 1), None, "{levels:?}");
		}
		// A run of no levels takes two bytes, so this ends.
		assert_eq!(Lists::default().follow(&[0, 0, 0, 0], 1), None);
	}
}
