//! Comma-separated values with a header row (RFC 4180).

use super::columns::TableColumns;
use super::error::{BuildError, Fault};
use super::{number, Progress, Source, Step};
use crate::schema::Schema;
use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder};
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Longest row in bytes: a quote that is never closed makes one row of the rest of the file.
const ROW_BYTES: u64 = 64 << 20;
/// Number of bytes read at a time.
const BUFFER_BYTES: usize = 64 << 10;
/// Most characters of a cell that an error shows.
const SHOWN: usize = 40;

/// A CSV file with a header row.
pub(super) struct Csv {
	file: PathBuf,
	reader: Reader<Bounded>,
	/// Number of bytes that the row being read may still take.
	left: Rc<Cell<u64>>,
	bytes: u64,
	header: Vec<String>,
	schema: Schema,
	/// Positions of the cells of each of the schema's columns.
	cells: Vec<Vec<usize>>,
	row: ByteRecord,
	rows: u64,
}

impl Csv {
	/// Opens a file and finds the schema's columns in its header.
	///
	/// # Errors
	/// Fails if the file cannot be read or columns are missing.
	pub(super) fn open(path: &Path, schema: &Schema, columns: &TableColumns) -> Result<Self, BuildError> {
		let mut csv = Self::raw(path)?;
		csv.cells = columns.resolve(path, schema, &csv.header, false)?;
		csv.schema = schema.clone();
		Ok(csv)
	}

	/// Opens a file whose cells are looked up by the names in its header.
	pub(super) fn raw(path: &Path) -> Result<Self, BuildError> {
		let open = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
		let (bytes, file) = open.map_err(|error| BuildError::io(path, error))?;
		let mut start = [0; 64];
		let filled = file.read_at(&mut start, 0).map_err(|error| BuildError::io(path, error))?;
		if let Some(reason) = no_csv(&start[..filled]) {
			return Err(BuildError::unfit(path, reason));
		}
		let left = Rc::new(Cell::new(ROW_BYTES));
		let bounded = Bounded { file, left: left.clone() };
		let mut reader = ReaderBuilder::new().buffer_capacity(BUFFER_BYTES).from_reader(bounded);
		let header = reader.byte_headers().map_err(|error| failed(path, 0, error))?;
		let header: Vec<String> =
			header.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
		if header.is_empty() {
			return Err(BuildError::unfit(path, "it is empty; the first row must name the columns"));
		}
		Ok(Self {
			file: path.into(),
			reader,
			left,
			bytes,
			header,
			schema: Schema { columns: Vec::new() },
			cells: Vec::new(),
			row: ByteRecord::new(),
			rows: 0,
		})
	}

	/// Returns the position of a column.
	pub(super) fn column(&self, name: &str) -> Option<usize> {
		self.header.iter().position(|column| column == name)
	}

	/// Reads the next row. Returns false at the end.
	pub(super) fn next_row(&mut self) -> Result<bool, BuildError> {
		self.left.set(ROW_BYTES);
		let more = self.reader.read_byte_record(&mut self.row);
		let more = more.map_err(|error| failed(&self.file, self.rows, error))?;
		self.rows += u64::from(more);
		Ok(more)
	}

	/// Returns a cell of the row that was read last.
	pub(super) fn cell(&self, column: usize) -> &[u8] {
		self.row.get(column).unwrap_or_default()
	}

	/// Returns the error for a cell of the row that was read last.
	pub(super) fn not_a_number(&self, column: usize, dtype: crate::schema::Dtype) -> BuildError {
		let text = String::from_utf8_lossy(self.cell(column));
		let mut shown: String = text.chars().take(SHOWN).collect();
		if shown.len() < text.len() {
			shown.push_str("..");
		}
		BuildError::Record {
			position: self.position(),
			fault: Fault::NotANumber {
				column: self.header.get(column).cloned().unwrap_or_default(),
				text: shown.escape_debug().to_string(),
				dtype,
			},
		}
	}
}

impl Source for Csv {
	fn read(&mut self, record: &mut Vec<u8>) -> Result<Step, BuildError> {
		if !self.next_row()? {
			return Ok(Step::End);
		}
		record.clear();
		for (column, cells) in self.schema.columns.iter().zip(&self.cells) {
			for cell in cells {
				number::parse(self.cell(*cell), column.dtype, record)
					.ok_or_else(|| self.not_a_number(*cell, column.dtype))?;
			}
		}
		Ok(Step::Add)
	}

	fn position(&self) -> String {
		let line = self.row.position().map_or(0, csv::Position::line);
		format!("row {} of {} (line {line})", self.rows.saturating_sub(1), self.file.display())
	}

	fn progress(&self) -> Progress {
		Progress { done: self.reader.position().byte(), total: self.bytes }
	}
}

/// Returns what a file is and what to do, if its first bytes are not those of a text in UTF-8.
fn no_csv(start: &[u8]) -> Option<&'static str> {
	match start {
		[0x1f, 0x8b, ..] => Some("it is compressed with gzip; unpack it first"),
		[0x28, 0xb5, 0x2f, 0xfd, ..] => Some("it is compressed with zstd; unpack it first"),
		[b'P', b'K', 3, 4, ..] => {
			Some("it is a ZIP archive or a workbook; unpack it, or save the sheet as CSV in UTF-8")
		}
		[0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("it is UTF-16; save it as CSV in UTF-8"),
		_ if start.contains(&0) => {
			Some("it holds NUL bytes, as UTF-16 and binary formats do; save it as CSV in UTF-8")
		}
		_ => None,
	}
}

fn failed(file: &Path, row: u64, error: csv::Error) -> BuildError {
	let line = error.position().map_or(0, csv::Position::line);
	match error.into_kind() {
		ErrorKind::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
			BuildError::unfit(file, error.to_string())
		}
		ErrorKind::Io(error) => BuildError::io(file, error),
		ErrorKind::UnequalLengths { expected_len, len, .. } => BuildError::Record {
			position: format!("row {row} of {} (line {line})", file.display()),
			fault: Fault::Unreadable(format!("it has {len} cells, the header {expected_len}")),
		},
		other => BuildError::unfit(file, format!("{other:?}")),
	}
}

/// A reader that fails if a row is longer than [`ROW_BYTES`].
struct Bounded {
	file: File,
	left: Rc<Cell<u64>>,
}

impl Read for Bounded {
	fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
		let read = self.file.read(bytes)?;
		match self.left.get().checked_sub(read as u64) {
			Some(left) => self.left.set(left),
			None => {
				return Err(io::Error::new(
					io::ErrorKind::InvalidData,
					format!("a row has more than {ROW_BYTES} bytes; is a quote not closed?"),
				))
			}
		}
		Ok(read)
	}
}
