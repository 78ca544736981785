//! Lengths of strings in the encodings of Parquet's version 2, read before they are decoded.
//!
//! `DELTA_LENGTH_BYTE_ARRAY` holds the lengths of a page's strings and then their bytes. `DELTA_BYTE_ARRAY`
//! holds the lengths that each string shares with the one before, and then the rest of each in that way. The
//! lengths are integers in `DELTA_BINARY_PACKED`:
//! <https://parquet.apache.org/docs/file-format/data-pages/encodings/>.
//!
//! The decoder takes memory for as many lengths as a page declares, and a length in a block of equal
//! differences takes no space in the file. So the lengths are counted, and none may be longer than a string
//! may be.

use super::levels::varint;
use parquet::basic::Encoding;
use parquet::column::page::Page;

/// Number of bytes that the decoder takes for one length.
const LENGTH_BYTES: u64 = 4;

const UNREADABLE: &str = "holds lengths of strings that cannot be decoded";
const TOO_LONG: &str = "holds strings that are too long";
const TOO_MANY: &str = "holds lengths of more strings than its page has values";

/// Returns the number of bytes that the decoder takes for the lengths of a page's strings, none of which has
/// more than `most` bytes, or one shared with the string before and `most` others. `is_optional` is true if
/// the column has definition levels. Other encodings have no such lengths.
pub(super) fn bytes(page: &Page, is_optional: bool, most: i32) -> Result<u64, &'static str> {
	let series = match page.encoding() {
		Encoding::DELTA_LENGTH_BYTE_ARRAY => 1,
		Encoding::DELTA_BYTE_ARRAY => 2,
		_ => return Ok(0),
	};
	let mut rest = values(page, is_optional).ok_or(UNREADABLE)?;
	let mut total = 0u64;
	for _ in 0..series {
		let count = follow(&mut rest, u64::from(page.num_values()), most)?;
		total = total.saturating_add(count.saturating_mul(LENGTH_BYTES));
	}
	Ok(total)
}

/// Returns the bytes of a page behind its levels. The column is no list.
fn values(page: &Page, is_optional: bool) -> Option<&[u8]> {
	match page {
		Page::DataPage { buf, .. } if !is_optional => Some(buf),
		Page::DataPage { buf, def_level_encoding: Encoding::RLE, .. } => {
			let (length, rest) = buf.split_first_chunk::<4>()?;
			rest.get(usize::try_from(u32::from_le_bytes(*length)).ok()?..)
		}
		Page::DataPageV2 { buf, rep_levels_byte_len, def_levels_byte_len, .. } => {
			buf.get(usize::try_from(rep_levels_byte_len.checked_add(*def_levels_byte_len)?).ok()?..)
		}
		_ => None,
	}
}

/// Decodes one series of lengths and moves behind it. Returns their number.
fn follow(rest: &mut &[u8], values: u64, most: i32) -> Result<u64, &'static str> {
	let header = (varint(rest), varint(rest), varint(rest), zigzag(rest));
	let (Some(block), Some(parts), Some(count), Some(first)) = header else {
		return Err(UNREADABLE);
	};
	if count > values {
		return Err(TOO_MANY);
	}
	let parts = usize::try_from(parts).ok().filter(|parts| *parts > 0).ok_or(UNREADABLE)?;
	let part = usize::try_from(block).ok().filter(|block| block % parts == 0).ok_or(UNREADABLE)? / parts;
	if part == 0 || part % 32 != 0 {
		return Err(UNREADABLE);
	}
	let in_bounds = |length: i32| if (0..=most).contains(&length) { Ok(()) } else { Err(TOO_LONG) };
	if count > 0 {
		in_bounds(first)?;
	}
	let mut last = first;
	let mut left = count.saturating_sub(1);
	while left > 0 {
		let least = zigzag(rest).ok_or(UNREADABLE)?;
		let (widths, packed) = rest.split_at_checked(parts).ok_or(UNREADABLE)?;
		*rest = packed;
		for width in widths {
			if left == 0 {
				break;
			}
			if *width > 32 {
				return Err(UNREADABLE);
			}
			let bytes = part.checked_mul(usize::from(*width)).ok_or(UNREADABLE)? / 8;
			let (packed, behind) = rest.split_at_checked(bytes).ok_or(UNREADABLE)?;
			*rest = behind;
			let taken = left.min(part as u64);
			left -= taken;
			for position in 0..taken as usize {
				let difference = unpack(packed, position, usize::from(*width));
				last = last.wrapping_add(least).wrapping_add(difference);
				in_bounds(last)?;
			}
		}
	}
	Ok(count)
}

/// Returns the integer of `width` bits at a position, as the bits of an `i32`.
fn unpack(packed: &[u8], position: usize, width: usize) -> i32 {
	let first = position * width;
	let bytes = packed.iter().skip(first / 8).take(5).enumerate();
	let window = bytes.fold(0u64, |window, (at, byte)| window | u64::from(*byte) << (8 * at));
	let bits = window >> (first % 8) & ((1u64 << width) - 1);
	bits as u32 as i32
}

fn zigzag(rest: &mut &[u8]) -> Option<i32> {
	let bits = varint(rest)?;
	let value = (bits >> 1) as i64;
	i32::try_from(if bits & 1 == 0 { value } else { -value - 1 }).ok()
}

#[cfg(test)]
mod tests {
	use super::*;
	use bytes::Bytes;

	fn page(encoding: Encoding, num_values: u32, bytes: &[u8]) -> Page {
		Page::DataPage {
			buf: Bytes::copy_from_slice(bytes),
			num_values,
			encoding,
			def_level_encoding: Encoding::RLE,
			rep_level_encoding: Encoding::RLE,
			statistics: None,
		}
	}

	fn lengths(num_values: u32, series: &[u8]) -> Result<u64, &'static str> {
		bytes(&page(Encoding::DELTA_LENGTH_BYTE_ARRAY, num_values, series), false, 64)
	}

	/// Blocks of 128 lengths in 4 parts, a number of lengths, and the first of them.
	fn header(count: u8, first: u8) -> Vec<u8> {
		vec![0x80, 1, 4, count, first << 1 | 0x80, first >> 6]
	}

	#[test]
	fn lengths_are_bounded() {
		assert_eq!(lengths(1, &header(1, 32)), Ok(4));
		assert_eq!(lengths(1, &header(1, 65)), Err(TOO_LONG));
		assert_eq!(lengths(0, &header(0, 65)), Ok(0));
		// Each is one longer than the one before; zero bits hold each difference.
		let rising = |count| [header(count, 62), vec![2, 0, 0, 0, 0]].concat();
		assert_eq!(lengths(9, &rising(3)), Ok(12));
		assert_eq!(lengths(9, &rising(4)), Err(TOO_LONG));
		// The lengths fall by one; four bits hold how much less: 3, then 1, then 2.
		let falling = |first| [header(4, first), vec![1, 4, 0, 0, 0, 0x13, 2], vec![0; 14]].concat();
		assert_eq!(lengths(4, &falling(60)), Ok(16));
		assert_eq!(
			lengths(4, &falling(62)),
			Err(TOO_LONG),
			"62 - 1 + 3 is 64, and then 64 - 1 + 1, 64 - 1 + 2"
		);
		assert_eq!(lengths(3, &[header(3, 0), vec![1, 0, 0, 0, 0]].concat()), Err(TOO_LONG), "negative");
	}

	#[test]
	fn a_page_has_no_more_lengths_than_values() {
		let equal = |count: &[u8]| [&[0x80, 1, 4], count, &[0, 0, 0, 0, 0, 0]].concat();
		assert_eq!(lengths(100, &equal(&[100])), Ok(400));
		assert_eq!(lengths(99, &equal(&[100])), Err(TOO_MANY));
		assert_eq!(lengths(u32::MAX, &equal(&[0xff, 0xff, 0xff, 0xff, 0x7f])), Err(TOO_MANY));
	}

	#[test]
	fn lengths_that_end_early_are_refused() {
		let whole = [header(40, 1), vec![0, 2, 1, 9, 9], vec![0x55; 12]].concat();
		assert_eq!(lengths(40, &whole), Ok(160));
		for end in 0..whole.len() {
			assert_eq!(lengths(40, &whole[..end]), Err(UNREADABLE), "{end}");
		}
		let mut wide = whole.clone();
		wide[7] = 33;
		assert_eq!(lengths(40, &wide), Err(UNREADABLE));
		for head in [[0x80, 1, 0], [0x80, 1, 3], [0x80, 1, 8], [0, 0, 4]] {
			let bad = [&head[..], &whole[3..]].concat();
			assert_eq!(lengths(40, &bad), Err(UNREADABLE), "{head:?}");
		}
	}

	#[test]
	fn levels_are_passed_over_and_both_series_count() {
		let two = [header(2, 1), vec![0, 0, 0, 0, 0], header(2, 9), vec![0, 0, 0, 0, 0]].concat();
		let count = |page: &Page, optional| bytes(page, optional, 64);
		assert_eq!(count(&page(Encoding::DELTA_BYTE_ARRAY, 2, &two), false), Ok(16));
		assert_eq!(count(&page(Encoding::DELTA_BYTE_ARRAY, 2, &two[..11]), false), Err(UNREADABLE));
		let mut long = two.clone();
		long[16] = 65 >> 6;
		assert_eq!(count(&page(Encoding::DELTA_BYTE_ARRAY, 2, &long), false), Err(TOO_LONG));
		let levels = [&[2, 0, 0, 0, 4, 1][..], &two].concat();
		assert_eq!(count(&page(Encoding::DELTA_BYTE_ARRAY, 2, &levels), true), Ok(16));
		let second = Page::DataPageV2 {
			buf: Bytes::from([&[4, 1][..], &two].concat()),
			num_values: 2,
			encoding: Encoding::DELTA_BYTE_ARRAY,
			num_nulls: 0,
			num_rows: 2,
			def_levels_byte_len: 2,
			rep_levels_byte_len: 0,
			is_compressed: false,
			statistics: None,
		};
		assert_eq!(count(&second, true), Ok(16));
		assert_eq!(count(&page(Encoding::PLAIN, 2, &[]), true), Ok(0));
	}
}
