//! Windows of a text for language models.

mod tokens;

pub use tokens::Tokenizer;

use super::error::BuildError;
use super::number::append;
use super::{Progress, Source, Step};
use crate::schema::{Column, Schema};
use std::fs::File;
use std::path::{Path, PathBuf};
use tokens::Tokens;

/// Number of values of a byte.
const BYTES: u64 = 256;

/// A file that is cut into windows. Its tokens are those of a tokenizer, or its bytes. The input of a record
/// is a window of `T` tokens; its target is the token that follows each of them, or the one that follows the
/// last if the target is a single label.
///
/// A tokenizer encodes a piece of text at a time, which ends with the first line end after a MiB, so that
/// memory does not grow with the file.
pub struct Text {
	path: PathBuf,
	tokens: Tokens,
	/// Size of the file in bytes, as it was when it was opened.
	size: u64,
	/// True if each byte is a token.
	is_bytes: bool,
	input: Column,
	target: Column,
	/// Number of tokens from the begin of a window to that of the next one.
	stride: usize,
	/// Tokens from the begin of the window on: `T + 1`, or fewer at the end of the file.
	window: Vec<u32>,
	/// Number of windows that were read.
	read: u64,
}

impl Text {
	/// Opens a file. A window begins every `stride` tokens; every `T` if it is `None`, so that windows do not
	/// overlap. Without a tokenizer each byte is a token.
	///
	/// # Errors
	/// Fails if the schema is not that of a language model over these tokens, or if the file is shorter than
	/// one record of bytes.
	pub fn open(
		path: &Path,
		schema: &Schema,
		stride: Option<u64>,
		tokenizer: Option<Box<dyn Tokenizer>>,
	) -> Result<Self, BuildError> {
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
			return Err(unfit("a text makes tokens, so input and target have to be integers"));
		}
		let (vocabulary, whose) = match &tokenizer {
			Some(tokenizer) => (tokenizer.vocabulary(), "those of the tokenizer"),
			None => (BYTES, "the bytes of a text"),
		};
		let bounds = [input.bound, target.bound].into_iter().flatten();
		if let Some(bound) = bounds.min().filter(|bound| *bound < vocabulary) {
			let reason = format!(
				"its tokens are {whose}, below {vocabulary}, and the description has {bound} of them"
			);
			return Err(BuildError::unfit(path, reason));
		}
		let file = File::open(path).map_err(|error| BuildError::io(path, error))?;
		let size = file.metadata().map_err(|error| BuildError::io(path, error))?.len();
		let is_bytes = tokenizer.is_none();
		if is_bytes && size <= *length {
			return Err(BuildError::unfit(
				path,
				format!("it has {size} bytes, and a record needs {}", length + 1),
			));
		}
		let stride = stride.unwrap_or(*length).max(1);
		let stride = usize::try_from(stride).map_err(|_| unfit("the stride is too large"))?;
		let (input, target) = (input.clone(), target.clone());
		let tokens = Tokens::new(file, tokenizer);
		let (path, window) = (path.into(), Vec::new());
		Ok(Self { path, tokens, size, is_bytes, input, target, stride, window, read: 0 })
	}

	/// Number of tokens of an input.
	fn length(&self) -> usize {
		self.input.values()
	}

	/// Fills the window up to one token more than an input has. Returns false if the file ends before.
	fn fill(&mut self) -> Result<bool, BuildError> {
		let mut skip = if self.read == 0 { 0 } else { self.stride };
		let kept = self.window.len().saturating_sub(skip);
		skip -= self.window.len() - kept;
		self.window.drain(..self.window.len() - kept);
		let missing = self.length() + 1 - self.window.len();
		let filled = self.tokens.skip(skip).and_then(|()| self.tokens.append(missing, &mut self.window));
		filled.map_err(|error| BuildError::io(&self.path, error))
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
		let token = window.saturating_mul(self.stride as u64);
		let unit = if self.is_bytes { "byte" } else { "token" };
		format!("window {window} of {} ({unit} {token})", self.path.display())
	}

	fn progress(&self) -> Progress {
		Progress { done: self.tokens.read(), total: self.size }
	}

	fn records(&self) -> Option<u64> {
		let last = self.size.checked_sub(self.length() as u64 + 1).filter(|_| self.is_bytes)?;
		Some(last / self.stride as u64 + 1)
	}
}
