//! Tokens as text.

use crate::schema::Column;
use serde_json::Value;
use std::collections::HashMap;

/// The longest file of a vocabulary that is read, in bytes.
pub const MAX_VOCABULARY_BYTES: u64 = 64 << 20;

/// The pieces of text that tokens stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vocabulary {
	/// Each token is a byte of UTF-8.
	Bytes,
	/// Each token has a piece of its own, by its number.
	Pieces(HashMap<i64, Vec<u8>>),
}

/// Reasons for which a file is no vocabulary.
#[derive(Debug, thiserror::Error)]
pub enum VocabularyError {
	/// It is not JSON.
	#[error("it is not JSON: {0}")]
	Json(#[from] serde_json::Error),
	/// It has no table of tokens.
	#[error(
		"it has no table of tokens: a vocabulary is the vocab.json of GPT-2, {{\"piece\": number, ..}}, or a \
		 tokenizer.json of Hugging Face with model.vocab"
	)]
	NoTable,
}

impl Vocabulary {
	/// Reads a vocabulary in JSON: a map of pieces to numbers, or a `tokenizer.json` that has one. Pieces of
	/// a byte-level encoding, as GPT-2 has it, are converted to the bytes that they stand for.
	///
	/// # Errors
	/// See [`VocabularyError`].
	pub fn parse(json: &[u8]) -> Result<Self, VocabularyError> {
		let document: Value = serde_json::from_slice(json)?;
		let table = document.pointer("/model/vocab").unwrap_or(&document);
		let table = table.as_object().filter(|table| !table.is_empty()).ok_or(VocabularyError::NoTable)?;
		let bytes = byte_characters();
		let is_byte_level = table.keys().any(|piece| piece.starts_with('Ġ'));
		let piece = |text: &str| match is_byte_level {
			true => {
				let byte = |c: char| bytes.get(&c).map_or_else(|| c.to_string().into_bytes(), |b| vec![*b]);
				text.chars().flat_map(byte).collect()
			}
			false => text.replace('▁', " ").into_bytes(),
		};
		let number = |value: &Value| value.as_i64().ok_or(VocabularyError::NoTable);
		let pieces = table.iter().map(|(text, value)| Ok((number(value)?, piece(text))));
		Ok(Self::Pieces(pieces.collect::<Result<_, VocabularyError>>()?))
	}

	/// Returns the text of one record's tokens. Tokens without a piece are written as `<7>`, bytes that are
	/// no UTF-8 as the replacement character. The text may hold control characters.
	pub fn text(&self, column: &Column, bytes: &[u8]) -> String {
		let mut text = Vec::new();
		for token in column.integers(bytes) {
			let known = match self {
				Self::Bytes => u8::try_from(token).ok().map(|byte| vec![byte]),
				Self::Pieces(pieces) => pieces.get(&token).cloned(),
			};
			text.extend(known.unwrap_or_else(|| format!("<{token}>").into_bytes()));
		}
		String::from_utf8_lossy(&text).into_owned()
	}
}

/// The characters that stand for bytes in the byte-level encoding of GPT-2 (`bytes_to_unicode`): printable
/// bytes for themselves, the others for characters from U+0100 on.
fn byte_characters() -> HashMap<char, u8> {
	let is_printable = |byte: &u8| matches!(byte, 33..=126 | 161..=172 | 174..=255);
	let printable = (0..=255u8).filter(is_printable).map(|byte| (char::from(byte), byte));
	let others = (0..=255u8).filter(|byte| !is_printable(byte)).zip(0x100u32..);
	printable.chain(others.filter_map(|(byte, code)| Some((char::from_u32(code)?, byte)))).collect()
}
