//! Enums that earlier runtimes encoded with other indices.

use codec::{Error, Input};

/// An index that was read already, or stands for another one, and the bytes after it.
pub(crate) struct Indexed<'a, I> {
	index: Option<u8>,
	rest: &'a mut I,
}

impl<'a, I> Indexed<'a, I> {
	/// An index in front of the bytes that are left.
	pub(crate) fn new(index: u8, rest: &'a mut I) -> Self {
		Self { index: Some(index), rest }
	}
}

impl<I: Input> Input for Indexed<'_, I> {
	fn remaining_len(&mut self) -> Result<Option<usize>, Error> {
		let read = usize::from(self.index.is_some());
		Ok(self.rest.remaining_len()?.map(|length| length.saturating_add(read)))
	}

	fn read(&mut self, into: &mut [u8]) -> Result<(), Error> {
		match (self.index, into) {
			(Some(index), [first, others @ ..]) => {
				self.index = None;
				*first = index;
				self.rest.read(others)
			}
			(_, into) => self.rest.read(into),
		}
	}
}
