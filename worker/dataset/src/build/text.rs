//! Windows of a text, of which the tokens are its bytes, for language models.

use super::error::BuildError;
use super::number::append;
use super::{Progress, Source, Step};
use crate::schema::{Column, Schema};
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Number of values of a byte.
const BYTES: u64 = 256;

/// A file that is cut into windows. The input of a record is a window of `T` bytes; its target is the byte
/// that follows each of them, or the one that follows the last if the target is a single label.
pub struct Text {
	path: PathBuf,
	reader: BufReader<File>,
	/// Size of the file in bytes, as it was when it was opened.
	size: u64,
	input: Column,
	target: Column,
	/// Number of bytes from the begin of a window to that of the next one.
	stride: usize,
	/// Bytes from the begin of the window on: `T + 1`, or fewer at the end of the file.
	window: Vec<u8>,
	/// Number of windows that were read.
	read: u64,
}

impl Text {
	/// Opens a file. A window begins every `stride` bytes; every `T` if it is `None`, so that windows do not
	/// overlap.
	///
	/// # Errors
	/// Fails if the schema is not that of a language model over bytes, or if the file is shorter than one
	/// record.
	pub fn open(path: &Path, schema: &Schema, stride: Option<u64>) -> Result<Self, BuildError> {
		let unfit = |reason: &str| BuildError::unfit(path, reason);
		let [input, target] = schema.columns.as_slice() else {
			return Err(unfit("a text makes one input and one target"));
		};
		let ([length], true) =
			(input.shape.as_slice(), target.shape.is_empty() || target.shape == input.shape)
		else {
			return Err(unfit(
				"a text makes inputs of a shape [T], and targets of the same shape or of a single label: see \
				 `descent model new gpt`",
			));
		};
		if !input.dtype.is_integer() || !target.dtype.is_integer() {
			return Err(unfit("the bytes of a text are tokens, so input and target have to be integers"));
		}
		if let Some(bound) = [input.bound, target.bound].into_iter().flatten().find(|bound| *bound < BYTES) {
			return Err(BuildError::unfit(
				path,
				format!("the bytes of a text are tokens below 256, and the description has {bound} of them"),
			));
		}
		let file = File::open(path).map_err(|error| BuildError::io(path, error))?;
		let size = file.metadata().map_err(|error| BuildError::io(path, error))?.len();
		if size <= *length {
			return Err(BuildError::unfit(
				path,
				format!("it has {size} bytes, and a record needs {}", length + 1),
			));
		}
		let stride = stride.unwrap_or(*length).max(1);
		let stride = usize::try_from(stride).map_err(|_| unfit("the stride is too large"))?;
		let (input, target) = (input.clone(), target.clone());
		let reader = BufReader::new(file);
		Ok(Self { path: path.into(), reader, size, input, target, stride, window: Vec::new(), read: 0 })
	}

	/// Number of bytes of an input.
	fn length(&self) -> usize {
		self.input.values()
	}

	/// Fills the window up to one byte more than an input has. Returns false if the file ends before.
	fn fill(&mut self) -> Result<bool, BuildError> {
		let mut skip = if self.read == 0 { 0 } else { self.stride };
		let kept = self.window.len().saturating_sub(skip);
		skip -= self.window.len() - kept;
		self.window.drain(..self.window.len() - kept);
		let failed = |error| BuildError::io(&self.path, error);
		let skipped = self.reader.by_ref().take(skip as u64);
		std::io::copy(&mut { skipped }, &mut std::io::sink()).map_err(failed)?;
		let start = self.window.len();
		self.window.resize(self.length() + 1, 0);
		match self.reader.read_exact(&mut self.window[start..]) {
			Ok(()) => Ok(true),
			Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
			Err(error) => Err(failed(error)),
		}
	}
}

impl Source for Text {
	fn read(&mut self, record: &mut Vec<u8>) -> Result<Step, BuildError> {
		if !self.fill()? {
			return Ok(Step::End);
		}
		self.read += 1;
		record.clear();
		let (inputs, following) = (&self.window[..self.length()], &self.window[1..]);
		let targets = &following[following.len() - self.target.values()..];
		for (tokens, column) in [(inputs, &self.input), (targets, &self.target)] {
			append(tokens, column.dtype, record).map_err(|value| {
				BuildError::unfit(&self.path, format!("{} cannot hold {value}", column.dtype))
			})?;
		}
		Ok(Step::Add)
	}

	fn position(&self) -> String {
		let window = self.read.saturating_sub(1);
		let byte = window.saturating_mul(self.stride as u64);
		format!("window {window} of {} (byte {byte})", self.path.display())
	}

	fn progress(&self) -> Progress {
		Progress { done: self.read, total: self.records().unwrap_or(0) }
	}

	fn records(&self) -> Option<u64> {
		let last = self.size.checked_sub(self.length() as u64 + 1)?;
		Some(last / self.stride as u64 + 1)
	}
}
