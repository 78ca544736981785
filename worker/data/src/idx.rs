//! The IDX format, in which MNIST and its kin are published: a magic of two zero bytes, the type of the
//! values, the number of dimensions; then the dimensions and the values, big-endian
//! (<http://yann.lecun.com/exdb/mnist/>).

use crate::delta::{DeltaError, DeltaWriter, Problem};
use crate::description::Description;
use crate::schema::{Column, Dtype};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::ops::Range;
use std::path::Path;

/// Why an IDX file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdxError {
	/// The file cannot be read, or ends too early.
	#[error("reading the IDX file failed: {0}")]
	Io(#[from] std::io::Error),
	/// Not an IDX file.
	#[error("not an IDX file: it begins with {0:02x?}")]
	Magic([u8; 4]),
	/// A type that no dtype stands for.
	#[error(
		"the IDX file holds values of type {0:#04x}; supported are 0x08 (u8), 0x0c (i32) and 0x0d (f32)"
	)]
	Type(u8),
	/// The items are not what the description's column holds.
	#[error("column '{column}' holds {expected} {shape:?}, but the IDX file's items are {found} {item:?}")]
	Mismatch {
		/// The column.
		column: String,
		/// Its dtype.
		expected: Dtype,
		/// Its shape.
		shape: Vec<u64>,
		/// The dtype in the file.
		found: Dtype,
		/// The shape of one item in the file.
		item: Vec<u64>,
	},
	/// The files do not have so many items.
	#[error("records {start}..{end} were asked for, but there are {images} inputs and {labels} targets")]
	Range {
		/// First record.
		start: u64,
		/// Behind the last record.
		end: u64,
		/// Items in the input's file.
		images: u64,
		/// Items in the target's file.
		labels: u64,
	},
	/// Writing the delta failed.
	#[error(transparent)]
	Delta(#[from] DeltaError),
}

/// An IDX file, plain or compressed with gzip, read item by item.
pub struct IdxFile {
	reader: Box<dyn Read>,
	dtype: Dtype,
	items: u64,
	shape: Vec<u64>,
}

impl IdxFile {
	/// Opens a file and reads its header.
	pub fn open(path: &Path) -> Result<Self, IdxError> {
		let mut file = File::open(path)?;
		let mut start = [0; 2];
		file.read_exact(&mut start)?;
		file.rewind()?;
		let mut reader: Box<dyn Read> = match start {
			[0x1f, 0x8b] => Box::new(BufReader::new(MultiGzDecoder::new(file))),
			_ => Box::new(BufReader::new(file)),
		};
		let mut magic = [0; 4];
		reader.read_exact(&mut magic)?;
		let [0, 0, kind, dimensions @ 1..=5] = magic else {
			return Err(IdxError::Magic(magic));
		};
		let dtype = match kind {
			0x08 => Dtype::U8,
			0x0c => Dtype::I32,
			0x0d => Dtype::F32,
			other => return Err(IdxError::Type(other)),
		};
		let mut sizes = Vec::new();
		for _ in 0..dimensions {
			let mut size = [0; 4];
			reader.read_exact(&mut size)?;
			sizes.push(u64::from(u32::from_be_bytes(size)));
		}
		let items = sizes.remove(0);
		Ok(Self {
			reader,
			dtype,
			items,
			shape: sizes,
		})
	}

	/// Number of items that the header declares.
	pub fn items(&self) -> u64 {
		self.items
	}

	/// Shape of one item.
	pub fn shape(&self) -> &[u64] {
		&self.shape
	}

	/// Type of the values.
	pub fn dtype(&self) -> Dtype {
		self.dtype
	}

	/// Refuses a file whose items are not the column's values. Dimensions of one do not count, so that
	/// images of `[28, 28]` are a column of `[1, 28, 28]`.
	fn expect(&self, column: &Column) -> Result<(), IdxError> {
		let squeezed = |shape: &[u64]| shape.iter().copied().filter(|d| *d != 1).collect::<Vec<_>>();
		if self.dtype == column.dtype && squeezed(&self.shape) == squeezed(&column.shape) {
			return Ok(());
		}
		Err(IdxError::Mismatch {
			column: column.name.clone(),
			expected: column.dtype,
			shape: column.shape.clone(),
			found: self.dtype,
			item: self.shape.clone(),
		})
	}

	/// Reads the next item's values, little-endian. `item` must have the item's length in bytes.
	fn read(&mut self, item: &mut [u8]) -> Result<(), IdxError> {
		self.reader.read_exact(item)?;
		match self.dtype.bytes() {
			1 => {}
			width => item.chunks_exact_mut(width).for_each(<[u8]>::reverse),
		}
		Ok(())
	}
}

/// Writes a delta that adds the records `range` of a pair of IDX files; `out` is the delta's path. Records that
/// occur twice are added once. Returns the number of rows.
pub fn convert(
	inputs: &Path,
	targets: &Path,
	range: Range<u64>,
	description: &Description,
	out: &Path,
) -> Result<u64, IdxError> {
	let schema = description.schema();
	let mut files = [IdxFile::open(inputs)?, IdxFile::open(targets)?];
	for (file, column) in files.iter().zip(&schema.columns) {
		file.expect(column)?;
	}
	let [images, labels] = [files[0].items, files[1].items];
	if range.start > range.end || range.end > images.min(labels) || images != labels {
		return Err(IdxError::Range {
			start: range.start,
			end: range.end,
			images,
			labels,
		});
	}
	let mut writer = DeltaWriter::create(out, &schema)?;
	let mut record = vec![0; schema.record_bytes()];
	for position in 0..range.end {
		let mut rest = record.as_mut_slice();
		for (file, column) in files.iter_mut().zip(&schema.columns) {
			let (item, tail) = rest.split_at_mut(column.bytes());
			file.read(item)?;
			rest = tail;
		}
		if range.contains(&position) {
			match writer.add(&record) {
				Err(DeltaError::Row {
					problem: Problem::Repeated(_),
					..
				}) => {}
				other => drop(other?),
			}
		}
	}
	Ok(writer.finish()?)
}
