//! The format of sealed files, which sealing and opening have in common.

use chacha20poly1305::{ChaCha20Poly1305, Key};
use sp_core::H256;
use std::io::{self, Read};

/// Length of a piece of a test set, in bytes. The last piece may be shorter.
pub const PIECE_BYTES: u64 = 1 << 20;
/// Length of the tag behind each piece, in bytes.
pub(crate) const TAG_BYTES: u64 = 16;
/// The name of the format.
pub(crate) const MAGIC: &[u8; 16] = b"descent-test-set";
/// The version of the format.
pub(crate) const VERSION: u8 = 1;
/// The first bytes of a sealed file: the name of the format and its version. They are the associated data of
/// every piece.
pub(crate) const HEADER: [u8; 17] = *b"descent-test-set\x01";

const _: () = assert!(HEADER[16] == VERSION, "the header ends with the version");

/// The cipher of the pieces.
pub(crate) type Cipher = ChaCha20Poly1305;

/// A key as the cipher takes it.
pub(crate) fn cipher_key(key: &H256) -> &Key {
	key.as_fixed_bytes().into()
}

/// The length of the sealed file of a test set with `size` bytes, in bytes.
pub fn sealed_bytes(size: u64) -> u64 {
	let pieces = size.div_ceil(PIECE_BYTES).max(1);
	let header = u64::try_from(HEADER.len()).unwrap_or(u64::MAX);
	header.saturating_add(size).saturating_add(pieces.saturating_mul(TAG_BYTES))
}

/// Reads `limit` bytes, or as many as there are, in place of what `buffer` holds.
pub(crate) fn fill(reader: &mut impl Read, buffer: &mut Vec<u8>, limit: u64) -> io::Result<()> {
	buffer.clear();
	reader.by_ref().take(limit).read_to_end(buffer).map(drop)
}

/// An empty buffer that holds a piece and its tag without growing.
pub(crate) fn buffer() -> Vec<u8> {
	let bytes = PIECE_BYTES.saturating_add(TAG_BYTES);
	Vec::with_capacity(usize::try_from(bytes).unwrap_or_default())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_header_is_the_name_and_the_version() {
		assert_eq!(HEADER[..16], MAGIC[..]);
	}

	#[test]
	fn lengths_are_those_of_the_pieces() {
		assert_eq!(sealed_bytes(0), 17 + 16);
		assert_eq!(sealed_bytes(1), 17 + 16 + 1);
		assert_eq!(sealed_bytes(PIECE_BYTES), 17 + 16 + PIECE_BYTES);
		assert_eq!(sealed_bytes(PIECE_BYTES + 1), 17 + 32 + PIECE_BYTES + 1);
		assert_eq!(sealed_bytes(u64::MAX), u64::MAX);
	}
}
