use crate::format::{buffer, cipher_key, fill, Cipher, HEADER, MAGIC, PIECE_BYTES, TAG_BYTES, VERSION};
use chacha20poly1305::aead::stream::DecryptorBE32;
use sp_core::H256;
use std::{
	io::{self, Read, Write},
	mem,
};

/// A reason that a sealed test set was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
	/// The file is no test set that was sealed with this key. All who open it find the same.
	#[error("the sealed test set is broken: {0}")]
	Broken(String),
	/// The machine failed, not the file.
	#[error("reading or writing a test set failed: {0}")]
	Io(#[from] io::Error),
}

fn broken<T>(reason: impl Into<String>) -> Result<T, OpenError> {
	Err(OpenError::Broken(reason.into()))
}

/// Opens a sealed test set with its key. Returns the number of bytes that it has.
///
/// Each piece is checked before it is written. A file whose end is missing is therefore written in part: what
/// was written before an error is of no use.
///
/// # Errors
/// [`OpenError::Broken`] for another key, a file that was changed, cut or prolonged, and a test set of more
/// than `max_bytes`; [`OpenError::Io`] where the file can't be read or the test set can't be written.
pub fn open(
	sealed: &mut impl Read,
	plain: &mut impl Write,
	key: &H256,
	max_bytes: u64,
) -> Result<u64, OpenError> {
	let (mut piece, mut following) = (buffer(), buffer());
	read_header(sealed, &mut piece)?;
	let mut cipher = DecryptorBE32::<Cipher>::new(cipher_key(key), &Default::default());
	let (mut total, mut number) = (0u64, 0u64);
	let wrong = |number: u64| {
		let reason = format!("piece {number} is damaged, is missing, or was sealed with another key");
		OpenError::Broken(reason)
	};
	let sealed_piece = PIECE_BYTES.saturating_add(TAG_BYTES);
	fill(sealed, &mut piece, sealed_piece)?;
	loop {
		fill(sealed, &mut following, sealed_piece)?;
		if following.is_empty() {
			cipher.decrypt_last_in_place(&HEADER, &mut piece).map_err(|_| wrong(number))?;
			if piece.is_empty() && number > 0 {
				return broken("its last piece is empty");
			}
			return write(plain, &piece, total, max_bytes);
		}
		cipher.decrypt_next_in_place(&HEADER, &mut piece).map_err(|_| wrong(number))?;
		total = write(plain, &piece, total, max_bytes)?;
		number = number.saturating_add(1);
		mem::swap(&mut piece, &mut following);
	}
}

/// Reads the bytes before the pieces.
fn read_header(sealed: &mut impl Read, buffer: &mut Vec<u8>) -> Result<(), OpenError> {
	fill(sealed, buffer, u64::try_from(HEADER.len()).unwrap_or_default())?;
	match buffer.strip_prefix(MAGIC) {
		Some([VERSION]) => Ok(()),
		Some([version]) => broken(format!("it has version {version} of the format, and not {VERSION}")),
		_ => broken("it does not begin as a sealed test set"),
	}
}

/// Writes a piece. Returns the number of bytes that are written with it.
fn write(plain: &mut impl Write, piece: &[u8], before: u64, max_bytes: u64) -> Result<u64, OpenError> {
	let total = before.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
	if total > max_bytes {
		return broken(format!("it has more than the {max_bytes} bytes that it may have"));
	}
	plain.write_all(piece)?;
	Ok(total)
}
