use alloc::vec::Vec;

/// A part of a list that has an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
	/// The place of its first item in the list, from 0.
	pub from: u32,
	/// The most items that it has.
	pub limit: u32,
}

impl Page {
	/// The whole list.
	pub const ALL: Self = Self { from: 0, limit: u32::MAX };

	/// Returns the items of a list that are on the page. Items behind it are not made.
	pub fn of<T>(&self, list: impl IntoIterator<Item = T>) -> Vec<T> {
		let [from, limit] = [self.from, self.limit].map(|count| usize::try_from(count).unwrap_or(usize::MAX));
		list.into_iter().skip(from).take(limit).collect()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_page_is_a_part_of_a_list() {
		let page = |from, limit| Page { from, limit }.of(0..5);
		assert_eq!(page(0, 2), [0, 1]);
		assert_eq!(page(3, 100), [3, 4]);
		for nothing in [page(5, u32::MAX), page(u32::MAX, 1), page(0, 0)] {
			assert!(nothing.is_empty());
		}
		assert_eq!(Page::ALL.of(0..5), [0, 1, 2, 3, 4]);
	}
}
