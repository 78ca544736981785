//! Lines of a CSV file whose columns are known.

use anyhow::{bail, ensure, Context, Result};
use csv::{Reader, ReaderBuilder, StringRecord};
use std::{fs::File, io::Read, path::Path};

/// The largest file that is read.
const LARGEST: u64 = 256 << 20;

/// A line and its number in the file.
pub(super) struct Line {
	pub number: u64,
	cells: StringRecord,
}

impl Line {
	/// The cell of a column, if it is there and not empty.
	pub(super) fn cell(&self, column: usize) -> Option<&str> {
		self.cells.get(column).filter(|cell| !cell.is_empty())
	}

	/// The cell of a column.
	///
	/// # Errors
	/// Where it is empty.
	pub(super) fn required(&self, column: usize, name: &str) -> Result<&str> {
		self.cell(column).with_context(|| format!("{name} is missing"))
	}
}

/// Opens a file of a size that is read.
///
/// # Errors
/// Where it can't be opened or is too large.
pub(super) fn open(file: &Path) -> Result<File> {
	let shown = file.display();
	let opened = File::open(file).with_context(|| format!("opening {shown}"))?;
	let length = opened.metadata().with_context(|| format!("opening {shown}"))?.len();
	ensure!(length <= LARGEST, "{shown} has {length} bytes; at most {LARGEST} are read");
	Ok(opened)
}

/// Reads all lines below the header, which has to be one of those known.
///
/// # Errors
/// For another header, for a line with more or fewer cells than it, for text that is not UTF-8, and where
/// `each` refuses a line. All of them name the line's number.
pub(super) fn read(
	input: impl Read,
	headers: &[&[&str]],
	mut each: impl FnMut(&Line) -> Result<()>,
) -> Result<()> {
	let input = input.take(LARGEST);
	let mut reader = ReaderBuilder::new().has_headers(false).from_reader(input);
	let header = next(&mut reader)?.context("the file is empty: it begins with a header")?;
	check_header(&header.cells, headers).with_context(|| format!("line {}", header.number))?;
	while let Some(line) = next(&mut reader)? {
		each(&line).with_context(|| format!("line {}", line.number))?;
	}
	Ok(())
}

fn next(reader: &mut Reader<impl Read>) -> Result<Option<Line>> {
	let mut cells = StringRecord::new();
	// The position of an error within the file, in words of the library, names the line.
	if !reader.read_record(&mut cells)? {
		return Ok(None);
	}
	let number = cells.position().map_or(0, |position| position.line());
	Ok(Some(Line { number, cells }))
}

fn check_header(cells: &StringRecord, headers: &[&[&str]]) -> Result<()> {
	if headers.iter().any(|header| cells.iter().eq(header.iter().copied())) {
		return Ok(());
	}
	let known = |cell: &str| headers.iter().any(|header| header.contains(&cell));
	let wanted: Vec<_> = headers.iter().map(|header| header.join(",")).collect();
	let wanted = wanted.join(" or ");
	match cells.iter().find(|cell| !known(cell)) {
		Some(unknown) => {
			bail!("the column `{}` is unknown; the header is {wanted}", crate::output::plain(unknown))
		}
		None => bail!("the columns are in another order, or some are missing; the header is {wanted}"),
	}
}
