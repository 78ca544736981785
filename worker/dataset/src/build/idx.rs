//! The IDX format of MNIST and similar data sets: two zero bytes, the type of the values and the number of
//! dimensions; then the dimensions and the values, big-endian (<http://yann.lecun.com/exdb/mnist/>).

use super::error::{BuildError, Fault};
use super::number::{append, append_pixels};
use super::{Progress, Source, Step};
use crate::schema::{Column, Dtype, Schema};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};

/// A pair of IDX files, plain or compressed with gzip: inputs and targets.
pub struct Idx {
	inputs: IdxFile,
	targets: IdxFile,
	read: u64,
}

impl Idx {
	/// Opens both files. Their items must have the shapes of the schema's columns; dimensions of one may be
	/// left out. Inputs of type `u8` are pixels and are divided by 255 if the column is `f32`.
	///
	/// # Errors
	/// Fails if a file is not IDX or has other shapes, or if the files differ in length.
	pub fn open(inputs: &Path, targets: &Path, schema: &Schema) -> Result<Self, BuildError> {
		let [input, target] = schema.columns.as_slice() else {
			return Err(BuildError::unfit(inputs, "IDX files make one input and one target"));
		};
		let (inputs, targets) = (IdxFile::open(inputs, input)?, IdxFile::open(targets, target)?);
		if inputs.items != targets.items {
			let reason = format!("it has {} items, but there are {} inputs", targets.items, inputs.items);
			return Err(BuildError::unfit(&targets.path, reason));
		}
		Ok(Self { inputs, targets, read: 0 })
	}
}

impl Source for Idx {
	fn read(&mut self, record: &mut Vec<u8>) -> Result<Step, BuildError> {
		if self.read == self.inputs.items {
			return Ok(Step::End);
		}
		self.read += 1;
		record.clear();
		for (file, is_input) in [(&mut self.inputs, true), (&mut self.targets, false)] {
			file.next_item()?;
			file.append(is_input, record).map_err(|value| BuildError::Record {
				position: format!("item {} of {}", self.read - 1, file.path.display()),
				fault: Fault::Inexact { column: file.column.name.clone(), value, dtype: file.column.dtype },
			})?;
		}
		Ok(Step::Add)
	}

	fn position(&self) -> String {
		format!(
			"item {} of {} and {}",
			self.read.saturating_sub(1),
			self.inputs.path.display(),
			self.targets.path.display()
		)
	}

	fn progress(&self) -> Progress {
		Progress { done: self.read, total: self.inputs.items }
	}

	fn records(&self) -> Option<u64> {
		Some(self.inputs.items)
	}
}

/// One file, read item by item.
struct IdxFile {
	path: PathBuf,
	reader: Box<dyn Read>,
	column: Column,
	dtype: Dtype,
	items: u64,
	/// Bytes of the item that was read last, as in the file.
	item: Vec<u8>,
}

impl IdxFile {
	fn open(path: &Path, column: &Column) -> Result<Self, BuildError> {
		let failed = |error| failed(path, error);
		let mut reader = reader(path).map_err(failed)?;
		let mut magic = [0; 4];
		reader.read_exact(&mut magic).map_err(failed)?;
		let [0, 0, kind, dimensions @ 1..=5] = magic else {
			return Err(BuildError::unfit(path, format!("not an IDX file: it begins with {magic:02x?}")));
		};
		let dtype = match kind {
			0x08 => Dtype::U8,
			0x0c => Dtype::I32,
			0x0d => Dtype::F32,
			other => {
				let reason = format!(
					"it holds values of type {other:#04x}; supported are 0x08 (u8), 0x0c (i32) and 0x0d (f32)"
				);
				return Err(BuildError::unfit(path, reason));
			}
		};
		let mut shape = Vec::new();
		for _ in 0..dimensions {
			let mut size = [0; 4];
			reader.read_exact(&mut size).map_err(failed)?;
			shape.push(u64::from(u32::from_be_bytes(size)));
		}
		let items = shape.remove(0);
		let squeezed = |shape: &[u64]| shape.iter().copied().filter(|d| *d != 1).collect::<Vec<_>>();
		if squeezed(&shape) != squeezed(&column.shape) {
			let reason = format!(
				"its items have the shape {shape:?}, but column '{}' has {:?}",
				column.name, column.shape
			);
			return Err(BuildError::unfit(path, reason));
		}
		Ok(Self {
			path: path.into(),
			reader,
			// The shapes are equal, so this is bounded as the description is.
			item: vec![0; column.values().saturating_mul(dtype.bytes())],
			column: column.clone(),
			dtype,
			items,
		})
	}

	fn next_item(&mut self) -> Result<(), BuildError> {
		let read = self.reader.read_exact(&mut self.item);
		read.map_err(|error| failed(&self.path, error))
	}

	fn append(&self, is_input: bool, record: &mut Vec<u8>) -> Result<(), String> {
		let dtype = self.column.dtype;
		match self.dtype {
			Dtype::U8 if is_input => {
				append_pixels(&self.item, dtype, record);
				Ok(())
			}
			Dtype::U8 => append(&self.item, dtype, record),
			Dtype::I32 => append(&words(&self.item, i32::from_be_bytes), dtype, record),
			_ => append(&words(&self.item, f32::from_be_bytes), dtype, record),
		}
	}
}

fn words<T>(bytes: &[u8], word: fn([u8; 4]) -> T) -> Vec<T> {
	bytes.chunks_exact(4).map(|b| word([b[0], b[1], b[2], b[3]])).collect()
}

fn reader(path: &Path) -> io::Result<Box<dyn Read>> {
	let mut file = File::open(path)?;
	let mut start = [0; 2];
	file.read_exact(&mut start)?;
	file.rewind()?;
	Ok(match start {
		[0x1f, 0x8b] => Box::new(BufReader::new(MultiGzDecoder::new(BufReader::new(file)))),
		_ => Box::new(BufReader::new(file)),
	})
}

fn failed(path: &Path, error: io::Error) -> BuildError {
	match error.kind() {
		ErrorKind::UnexpectedEof => BuildError::unfit(path, "the file is cut off"),
		ErrorKind::InvalidInput | ErrorKind::InvalidData => {
			BuildError::unfit(path, format!("not a readable gzip file: {error}"))
		}
		_ => BuildError::io(path, error),
	}
}
