//! Bounds on the pages of one column chunk.

use super::levels::Lists;
use parquet::basic::Encoding;
use parquet::column::page::Page;
use parquet::errors::{ParquetError, Result};

/// Longest string or id, in bytes.
const STRING_BYTES: usize = 64;
/// Number of bytes that cover the longest value other than a string: an id and its levels.
const VALUE_BYTES: u64 = 48;
/// Number of bytes that a page may have besides its values and levels.
const SLACK: u64 = 64 * 1024;
/// Number of values by which a list may be too long: the check that names its row then refuses it.
const SURPLUS: u64 = 16;

/// Values and bytes that one column chunk may still hold: no more than the row group's rows need.
pub(super) struct Budget {
	/// Most values in the list of one row. The decoder takes whole rows.
	list_values: u64,
	lists: Option<Lists>,
	/// Number of values that may still come.
	values: u64,
	/// Number of bytes of strings that may still come; `None` for other columns.
	string_bytes: Option<u64>,
}

impl Budget {
	/// Returns the budget for `rows` rows with at most `per_row` values each.
	pub(super) fn new(rows: u64, per_row: u64, is_list: bool, is_string: bool) -> Self {
		let list_values = per_row.saturating_add(SURPLUS);
		// A string of the longest kind with its length, levels and headers of the pages.
		let strings = rows.saturating_mul(STRING_BYTES as u64 + 8).saturating_add(SLACK);
		Self {
			list_values,
			lists: is_list.then(Lists::default),
			values: rows.saturating_mul(list_values),
			string_bytes: is_string.then_some(strings),
		}
	}

	/// Subtracts a page from the budget, or refuses the page.
	pub(super) fn spend(&mut self, page: &Page) -> Result<()> {
		let refuse = |reason: &str| Err(ParquetError::General(reason.into()));
		let bytes = page.buffer().len() as u64;
		let values = u64::from(page.num_values());
		if page.is_data_page() {
			match self.values.checked_sub(values) {
				Some(left) => self.values = left,
				None => return refuse("a column holds more values than its rows and shape allow"),
			}
			if let Some(lists) = &mut self.lists {
				match lists.longest(page) {
					Some(longest) if longest <= self.list_values => {}
					Some(_) => return refuse("a list holds more values than its shape allows"),
					None => return refuse("a page's repetition levels cannot be decoded"),
				}
			}
		} else if values.saturating_mul(4) > bytes {
			// The decoder takes memory for as many values as the header declares.
			return refuse("a dictionary holds fewer values than it declares");
		}
		let Some(left) = self.string_bytes else {
			return match bytes > values.saturating_mul(VALUE_BYTES).saturating_add(SLACK) {
				true => refuse("a page is longer than its values need"),
				false => Ok(()),
			};
		};
		// Of the encodings for strings, only these hold each string at full length.
		let allowed = [Encoding::PLAIN, Encoding::RLE_DICTIONARY, Encoding::PLAIN_DICTIONARY];
		if !allowed.contains(&page.encoding()) {
			return refuse("strings must be encoded plainly or with a dictionary");
		}
		match left.checked_sub(bytes) {
			Some(left) => self.string_bytes = Some(left),
			None => return refuse("a column's strings are too long"),
		}
		if page.is_dictionary_page() {
			let mut rest: &[u8] = page.buffer();
			while let Some((length, tail)) = rest.split_first_chunk::<4>() {
				let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
				if length > STRING_BYTES || length > tail.len() {
					return refuse("a column's strings are too long");
				}
				rest = &tail[length..];
			}
		}
		Ok(())
	}
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

	fn refused(mut budget: Budget, page: Page) -> String {
		budget.spend(&page).unwrap_err().to_string()
	}

	#[test]
	fn rows_bound_the_values_of_all_pages_together() {
		let mut budget = Budget::new(10, 1, false, false);
		budget.spend(&data(vec![0; 400], 100, Encoding::PLAIN)).unwrap();
		budget.spend(&data(vec![0; 280], 70, Encoding::PLAIN)).unwrap();
		let error = budget.spend(&data(vec![0; 4], 1, Encoding::PLAIN)).unwrap_err();
		assert!(error.to_string().contains("more values than its rows"), "{error}");
	}

	#[test]
	fn a_dictionary_cannot_declare_more_than_it_has() {
		let budget = || Budget::new(1 << 30, 1, false, false);
		budget().spend(&dictionary(400, 100)).unwrap();
		assert!(refused(budget(), dictionary(400, 1 << 30)).contains("than it declares"));
	}

	#[test]
	fn pages_hold_nothing_but_values() {
		let budget = || Budget::new(1 << 20, 1, false, false);
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
		let budget = || Budget::new(1 << 20, 4, true, false);
		budget().spend(&page(19)).unwrap();
		assert!(refused(budget(), page(20)).contains("than its shape allows"));
		assert!(
			refused(budget(), data(vec![9, 0, 0, 0, 2, 0], 1, Encoding::PLAIN)).contains("repetition levels")
		);
	}
}
