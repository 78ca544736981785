//! One row group of the file. Its pages may hold no more than its rows need.

use super::budget::{Budget, Leaf};
use super::error::DeltaError;
use super::file::BoundedFile;
use parquet::arrow::arrow_reader::RowGroups;
use parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use parquet::errors::Result;
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::serialized_reader::SerializedPageReader;
use std::sync::{Arc, Mutex, PoisonError};

/// One row group of the file, as the Arrow decoder takes it.
pub(super) struct Group {
	pub(super) file: Arc<BoundedFile>,
	pub(super) metadata: Arc<ParquetMetaData>,
	pub(super) index: usize,
	/// Most values that one row of each leaf column may have.
	pub(super) values_per_row: Vec<u64>,
	/// Bytes of all columns' pages that are in memory at the same time, with their limit.
	pub(super) held: Arc<Held>,
}

/// Number of bytes of the pages in memory: of each column a dictionary and a page.
pub(super) struct Held {
	left: Mutex<u64>,
	limit: u64,
}

impl Held {
	pub(super) fn new(limit: u64) -> Arc<Self> {
		Arc::new(Self { left: Mutex::new(limit), limit })
	}

	/// Releases `old` bytes and takes `new` ones.
	fn exchange(&self, old: u64, new: u64) -> std::result::Result<(), DeltaError> {
		let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
		let free = left.saturating_add(old);
		*left = free.checked_sub(new).ok_or(DeltaError::TooLarge {
			what: "bytes in the pages and dictionaries of its columns",
			found: self.limit.saturating_sub(free).saturating_add(new),
			limit: self.limit,
			remedy: "write smaller pages (pyarrow: data_page_size) and row groups",
		})?;
		Ok(())
	}
}

impl RowGroups for Group {
	fn num_rows(&self) -> usize {
		usize::try_from(self.metadata.row_group(self.index).num_rows()).unwrap_or(0)
	}

	fn column_chunks(&self, column: usize) -> Result<Box<dyn PageIterator>> {
		let group = self.metadata.row_group(self.index);
		let rows = u64::try_from(group.num_rows())?;
		let chunk = group.column(column);
		let reader = SerializedPageReader::new(self.file.clone(), chunk, self.num_rows(), None)?;
		let descriptor = chunk.column_descr();
		let leaf = Leaf {
			name: descriptor.path().parts().first().cloned().unwrap_or_default(),
			stored: chunk.column_type(),
			per_row: self.values_per_row.get(column).copied().unwrap_or(0),
			is_list: descriptor.max_rep_level() > 0,
			is_optional: descriptor.max_def_level() > 0,
		};
		Ok(Box::new(Once(Some(Ok(Box::new(BoundedPages {
			reader,
			file: self.file.clone(),
			held: self.held.clone(),
			page: 0,
			dictionary: 0,
			budget: Budget::new(rows, leaf),
		}))))))
	}

	fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
		Box::new(std::iter::once(self.metadata.row_group(self.index)))
	}

	fn metadata(&self) -> &ParquetMetaData {
		&self.metadata
	}
}

struct Once(Option<Result<Box<dyn PageReader>>>);

impl Iterator for Once {
	type Item = Result<Box<dyn PageReader>>;

	fn next(&mut self) -> Option<Self::Item> {
		self.0.take()
	}
}

impl PageIterator for Once {}

/// Pages of one column chunk that hold no more than the row group's rows can.
struct BoundedPages {
	reader: SerializedPageReader<BoundedFile>,
	file: Arc<BoundedFile>,
	held: Arc<Held>,
	/// Number of bytes of the page that the decoder holds, and of what it unpacks beside it.
	page: u64,
	/// Number of bytes of the dictionary that the decoder holds.
	dictionary: u64,
	budget: Budget,
}

impl BoundedPages {
	fn hold(&mut self, page: &Page, extra: u64) -> Result<()> {
		let slot = match page.is_dictionary_page() {
			true => &mut self.dictionary,
			false => &mut self.page,
		};
		let bytes = (page.buffer().len() as u64).saturating_add(extra);
		self.held.exchange(*slot, bytes).map_err(|error| self.file.refuse(error))?;
		*slot = bytes;
		Ok(())
	}
}

impl Drop for BoundedPages {
	fn drop(&mut self) {
		// A release always fits.
		drop(self.held.exchange(self.page.saturating_add(self.dictionary), 0));
	}
}

impl PageReader for BoundedPages {
	fn get_next_page(&mut self) -> Result<Option<Page>> {
		let page = self.reader.get_next_page()?;
		if let Some(page) = &page {
			let extra = self.budget.spend(page);
			let extra = extra.map_err(|reason| self.file.refuse(DeltaError::malformed(reason)))?;
			self.hold(page, extra)?;
		}
		Ok(page)
	}

	fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
		self.reader.peek_next_page()
	}

	fn skip_next_page(&mut self) -> Result<()> {
		self.reader.skip_next_page()
	}

	fn at_record_boundary(&mut self) -> Result<bool> {
		self.reader.at_record_boundary()
	}
}

impl Iterator for BoundedPages {
	type Item = Result<Page>;

	fn next(&mut self) -> Option<Self::Item> {
		self.get_next_page().transpose()
	}
}
