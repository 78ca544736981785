//! The tokens of a text, read one after the other.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result};

/// Number of bytes after which a piece of text that is encoded at once ends with the line.
const PIECE: usize = 1 << 20;
/// Number of bytes after which it ends within a line.
const LONGEST: usize = 4 * PIECE;

/// A tokenizer, which makes token ids of text.
pub trait Tokenizer {
	/// Number of ids: the largest one and 1.
	fn vocabulary(&self) -> u64;

	/// Returns the ids of a text, without those of a begin or an end.
	///
	/// # Errors
	/// Returns the reason in a sentence.
	fn encode(&self, text: &str) -> std::result::Result<Vec<u32>, String>;
}

/// Tokens of a file.
pub(super) struct Tokens {
	reader: BufReader<File>,
	/// The tokenizer; without one each byte is a token.
	tokenizer: Option<Box<dyn Tokenizer>>,
	/// Tokens of the piece that was encoded last.
	ready: VecDeque<u32>,
	/// Bytes of a character that the last piece cut off.
	rest: Vec<u8>,
	/// Number of bytes that were read.
	read: u64,
}

impl Tokens {
	pub(super) fn new(file: File, tokenizer: Option<Box<dyn Tokenizer>>) -> Self {
		Self { reader: BufReader::new(file), tokenizer, ready: VecDeque::new(), rest: Vec::new(), read: 0 }
	}

	/// Number of bytes of the file that were read.
	pub(super) fn read(&self) -> u64 {
		self.read
	}

	/// Passes over tokens, or to the end.
	pub(super) fn skip(&mut self, count: usize) -> Result<()> {
		if self.tokenizer.is_none() {
			let skipped = self.reader.by_ref().take(count as u64);
			self.read += std::io::copy(&mut { skipped }, &mut std::io::sink())?;
			return Ok(());
		}
		let mut left = count;
		while left > self.ready.len() {
			left -= self.ready.len();
			self.ready.clear();
			if !self.encode()? {
				return Ok(());
			}
		}
		self.ready.drain(..left);
		Ok(())
	}

	/// Appends so many tokens. Returns false if the file ends before.
	pub(super) fn append(&mut self, count: usize, tokens: &mut Vec<u32>) -> Result<bool> {
		if self.tokenizer.is_none() {
			let before = tokens.len();
			let mut bytes = Vec::with_capacity(count);
			self.reader.by_ref().take(count as u64).read_to_end(&mut bytes)?;
			self.read += bytes.len() as u64;
			tokens.extend(bytes.into_iter().map(u32::from));
			return Ok(tokens.len() == before + count);
		}
		while self.ready.len() < count {
			if !self.encode()? {
				return Ok(false);
			}
		}
		tokens.extend(self.ready.drain(..count));
		Ok(true)
	}

	/// Encodes the next piece. Returns false at the end of the file.
	fn encode(&mut self) -> Result<bool> {
		let Some(tokenizer) = &self.tokenizer else { return Ok(false) };
		let mut bytes = std::mem::take(&mut self.rest);
		let kept = bytes.len();
		while bytes.len() < PIECE {
			let limit = (LONGEST - bytes.len()) as u64;
			if self.reader.by_ref().take(limit).read_until(b'\n', &mut bytes)? == 0 {
				break;
			}
		}
		self.read += (bytes.len() - kept) as u64;
		if bytes.is_empty() {
			return Ok(false);
		}
		let text = match std::str::from_utf8(&bytes) {
			Ok(text) => text,
			// A long line was cut within a character.
			Err(error) if error.error_len().is_none() && bytes.len() >= LONGEST => {
				let (text, rest) = bytes.split_at(error.valid_up_to());
				self.rest = rest.to_vec();
				std::str::from_utf8(text).unwrap_or_default()
			}
			Err(error) => {
				let at = self.read - (bytes.len() - error.valid_up_to()) as u64;
				let reason = format!("byte {at} is not UTF-8, and a tokenizer takes text; save it as UTF-8");
				return Err(Error::new(ErrorKind::InvalidData, reason));
			}
		};
		let ids = tokenizer.encode(text).map_err(|reason| {
			Error::new(ErrorKind::InvalidData, format!("the tokenizer failed: {reason}"))
		})?;
		self.ready.extend(ids);
		Ok(true)
	}
}
