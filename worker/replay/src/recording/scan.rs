//! Reading of `segments.jsonl` from its beginning to its end.

use super::{
	error::RecordingError,
	files,
	line::{longest, Line},
};
use descent_protocol::{trace::Segment, MAX_SEGMENTS};
use std::{
	io::{BufRead, BufReader, Read},
	path::Path,
};

/// Place of a line in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
	/// Its first byte.
	pub offset: u64,
	/// Its length in bytes, with the line break.
	pub length: usize,
}

/// The segments of a file.
pub(super) struct Scan {
	pub segments: Vec<Segment>,
	pub places: Vec<Place>,
	/// Length of all whole lines, in bytes.
	pub end: u64,
}

/// Reads the segments of a file, whose segments have this many steps, line by line. A last line without a
/// line break is left out.
pub(super) fn scan(path: &Path, steps: u16) -> Result<Scan, RecordingError> {
	let line_limit = longest(steps);
	// A torn line may follow on as many as there can be.
	let limit = line_limit.saturating_mul(u64::from(MAX_SEGMENTS).saturating_add(1));
	let (file, _) = files::open(path, limit)?;
	let mut reader = BufReader::new(file);
	let mut scan = Scan { segments: Vec::new(), places: Vec::new(), end: 0 };
	let mut bytes = Vec::new();
	loop {
		bytes.clear();
		let taken = reader.by_ref().take(line_limit.saturating_add(1)).read_until(b'\n', &mut bytes);
		let length = taken.map_err(RecordingError::io(path))?;
		let number = u16::try_from(scan.segments.len()).unwrap_or(u16::MAX);
		let malformed = |reason: String| RecordingError::malformed(path, format!("line {number}: {reason}"));
		if length as u64 > line_limit {
			return Err(malformed(format!("it has more than {line_limit} bytes")));
		}
		if bytes.last() != Some(&b'\n') {
			return Ok(scan);
		}
		if number >= MAX_SEGMENTS {
			return Err(malformed(format!("a recording has at most {MAX_SEGMENTS} segments")));
		}
		let line: Line = serde_json::from_slice(&bytes).map_err(|error| malformed(error.to_string()))?;
		line.check(number, steps).map_err(malformed)?;
		scan.segments.push(line.segment());
		scan.places.push(Place { offset: scan.end, length });
		scan.end = scan.end.saturating_add(length as u64);
	}
}
