//! Bounds on the pages of one column chunk.

use super::lengths;
use super::levels::Lists;
use parquet::basic::{Encoding, Type};
use parquet::column::page::Page;

/// Longest string or id, in bytes.
const STRING_BYTES: usize = 64;
/// Number of bytes that cover the longest value other than a string: an id and its levels.
const VALUE_BYTES: u64 = 48;
/// Number of bytes that a page may have besides its values and levels.
const SLACK: u64 = 64 * 1024;
const TOO_LONG: &str = "holds strings that are too long";
/// Number of values by which a list may be too long: the check that names its row then refuses it.
const SURPLUS: u64 = 16;

/// What a budget has to know of a column.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
	/// Name of the column.
	pub(super) name: String,
	/// Type of the stored values.
	pub(super) stored: Type,
	/// Most values of one row.
	pub(super) per_row: u64,
	/// True for the values of lists.
	pub(super) is_list: bool,
	/// True if there are definition levels.
	pub(super) is_optional: bool,
}

impl Leaf {
	/// Encodings whose decoder takes no more memory than a budget allows.
	fn encodings(&self) -> &'static [Encoding] {
		use Encoding::*;
		match self.stored {
			Type::BYTE_ARRAY => {
				&[PLAIN, RLE_DICTIONARY, PLAIN_DICTIONARY, DELTA_LENGTH_BYTE_ARRAY, DELTA_BYTE_ARRAY]
			}
			Type::FIXED_LEN_BYTE_ARRAY => {
				&[PLAIN, RLE_DICTIONARY, PLAIN_DICTIONARY, DELTA_BYTE_ARRAY, BYTE_STREAM_SPLIT]
			}
			Type::INT32 | Type::INT64 => {
				&[PLAIN, RLE_DICTIONARY, PLAIN_DICTIONARY, DELTA_BINARY_PACKED, BYTE_STREAM_SPLIT]
			}
			_ => &[PLAIN, RLE_DICTIONARY, PLAIN_DICTIONARY, BYTE_STREAM_SPLIT],
		}
	}
}

/// Values and bytes that one column chunk may still hold: no more than the row group's rows need.
pub(super) struct Budget {
	leaf: Leaf,
	/// Most values in the list of one row. The decoder takes whole rows.
	list_values: u64,
	lists: Option<Lists>,
	/// Number of values that may still come.
	values: u64,
	/// Number of bytes of strings that may still come; `None` for other columns.
	string_bytes: Option<u64>,
}

impl Budget {
	/// Returns the budget for `rows` rows of a column.
	pub(super) fn new(rows: u64, leaf: Leaf) -> Self {
		let list_values = leaf.per_row.saturating_add(SURPLUS);
		// A string of the longest kind with its length, levels and headers of the pages.
		let strings = rows.saturating_mul(STRING_BYTES as u64 + 8).saturating_add(SLACK);
		Self {
			list_values,
			lists: leaf.is_list.then(Lists::default),
			values: rows.saturating_mul(list_values),
			string_bytes: (leaf.stored == Type::BYTE_ARRAY).then_some(strings),
			leaf,
		}
	}

	/// Subtracts a page from the budget, or refuses the page with a reason. Returns the number of bytes that
	/// the decoder takes for the page beside its own.
	pub(super) fn spend(&mut self, page: &Page) -> Result<u64, String> {
		let named = |reason: &dyn std::fmt::Display| format!("column '{}' {reason}", self.leaf.name);
		if !self.leaf.encodings().contains(&page.encoding()) {
			let known: Vec<_> = self.leaf.encodings().iter().map(Encoding::to_string).collect();
			let found = page.encoding();
			return Err(named(&format_args!("is encoded as {found}, not as one of {}", known.join(", "))));
		}
		let is_optional = self.leaf.is_optional;
		let extra = match page.is_data_page() {
			true => {
				lengths::bytes(page, is_optional, STRING_BYTES as i32).map_err(|reason| named(&reason))?
			}
			false => 0,
		};
		let name = self.leaf.name.clone();
		self.count(page).map_err(|reason| format!("column '{name}' {reason}"))?;
		Ok(extra)
	}

	/// Counts a page's values and bytes.
	fn count(&mut self, page: &Page) -> Result<(), &'static str> {
		let bytes = page.buffer().len() as u64;
		let values = u64::from(page.num_values());
		if page.is_data_page() {
			self.values =
				self.values.checked_sub(values).ok_or("holds more values than its rows and shape allow")?;
			if let Some(lists) = &mut self.lists {
				match lists.longest(page) {
					Some(longest) if longest <= self.list_values => {}
					Some(_) => return Err("has a list that holds more values than its shape allows"),
					None => return Err("has repetition levels that cannot be decoded"),
				}
			}
		} else if values.saturating_mul(4) > bytes {
			// The decoder takes memory for as many values as the header declares.
			return Err("has a dictionary that holds fewer values than it declares");
		}
		let Some(left) = &mut self.string_bytes else {
			return match bytes > values.saturating_mul(VALUE_BYTES).saturating_add(SLACK) {
				true => Err("has a page that is longer than its values need"),
				false => Ok(()),
			};
		};
		*left = left.checked_sub(bytes).ok_or(TOO_LONG)?;
		if page.is_dictionary_page() {
			return check_dictionary(page.buffer());
		}
		Ok(())
	}
}

/// Refuses a dictionary with a string that is too long: each can be taken many times.
fn check_dictionary(mut rest: &[u8]) -> Result<(), &'static str> {
	while let Some((length, tail)) = rest.split_first_chunk::<4>() {
		let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
		rest = tail.get(length..).filter(|_| length <= STRING_BYTES).ok_or(TOO_LONG)?;
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use bytes::Bytes;

	fn data(bytes: Vec<u8>, num_values: u32, encoding: Encoding) -> Page {
		Page::DataPage {
			buf: Bytes::from(bytes),
			num_values,
			encoding,
			def_level_encoding: Encoding::RLE,
			rep_level_encoding: Encoding::RLE,
			statistics: None,
		}
	}

	fn dictionary(bytes: usize, num_values: u32) -> Page {
		Page::DictionaryPage {
			buf: Bytes::from(vec![0; bytes]),
			num_values,
			encoding: Encoding::PLAIN,
			is_sorted: false,
		}
	}

	fn budget(rows: u64, per_row: u64, is_list: bool, stored: Type) -> Budget {
		Budget::new(rows, Leaf { name: "c".into(), stored, per_row, is_list, is_optional: false })
	}

	fn refused(mut budget: Budget, page: Page) -> String {
		budget.spend(&page).unwrap_err()
	}

	#[test]
	fn rows_bound_the_values_of_all_pages_together() {
		let mut budget = budget(10, 1, false, Type::INT32);
		budget.spend(&data(vec![0; 400], 100, Encoding::PLAIN)).unwrap();
		budget.spend(&data(vec![0; 280], 70, Encoding::PLAIN)).unwrap();
		let error = budget.spend(&data(vec![0; 4], 1, Encoding::PLAIN)).unwrap_err();
		assert!(error.starts_with("column 'c' holds more values than its rows"), "{error}");
	}

	#[test]
	fn a_dictionary_cannot_declare_more_than_it_has() {
		let budget = || budget(1 << 30, 1, false, Type::INT32);
		budget().spend(&dictionary(400, 100)).unwrap();
		assert!(refused(budget(), dictionary(400, 1 << 30)).contains("than it declares"));
	}

	#[test]
	fn pages_hold_nothing_but_values() {
		let budget = || budget(1 << 20, 1, false, Type::INT32);
		budget().spend(&data(vec![0; 48 << 10], 1 << 10, Encoding::PLAIN)).unwrap();
		assert!(
			refused(budget(), data(vec![0; 1 << 20], 10, Encoding::PLAIN)).contains("longer than its values")
		);
		assert!(refused(budget(), dictionary(1 << 20, 10)).contains("longer than its values"));
	}

	#[test]
	fn a_list_is_bounded_however_many_rows_there_are() {
		// The levels: a run of one 0, a run of 1s.
		let page =
			|ones: u8| data(vec![4, 0, 0, 0, 2, 0, ones << 1, 1], u32::from(ones) + 1, Encoding::PLAIN);
		let budget = || budget(1 << 20, 4, true, Type::INT32);
		budget().spend(&page(19)).unwrap();
		assert!(refused(budget(), page(20)).contains("than its shape allows"));
		assert!(
			refused(budget(), data(vec![9, 0, 0, 0, 2, 0], 1, Encoding::PLAIN)).contains("repetition levels")
		);
	}

	#[test]
	fn an_encoding_without_a_bound_is_refused_by_name() {
		let page = |encoding| data(vec![0; 8], 1, encoding);
		let error = refused(budget(9, 1, false, Type::FLOAT), page(Encoding::DELTA_BINARY_PACKED));
		assert!(
			error.starts_with("column 'c' is encoded as DELTA_BINARY_PACKED, not as one of PLAIN"),
			"{error}"
		);
		let error = refused(budget(9, 1, false, Type::BYTE_ARRAY), page(Encoding::RLE));
		assert!(error.contains("encoded as RLE") && error.contains("DELTA_LENGTH_BYTE_ARRAY"), "{error}");
	}

	#[test]
	fn lengths_of_strings_are_memory_as_well() {
		// Three strings of one byte: blocks of 128 lengths in 4 parts, three equal lengths.
		let page = data(b"\x80\x01\x04\x03\x02\0\0\0\0\0abc".to_vec(), 3, Encoding::DELTA_LENGTH_BYTE_ARRAY);
		assert_eq!(budget(9, 1, false, Type::BYTE_ARRAY).spend(&page), Ok(12));
		let long = data(b"\x80\x01\x04\x01\x82\x01".to_vec(), 1, Encoding::DELTA_LENGTH_BYTE_ARRAY);
		assert_eq!(
			refused(budget(9, 1, false, Type::BYTE_ARRAY), long),
			"column 'c' holds strings that are too long"
		);
	}
}
