use crate::format::{buffer, cipher_key, fill, Cipher, HEADER, PIECE_BYTES};
use chacha20poly1305::aead::stream::EncryptorBE32;
use sp_core::H256;
use std::{
	io::{self, Read, Write},
	mem,
};

/// Seals a test set with a key. Returns the number of bytes that the test set has.
///
/// `progress` is told after each piece how many bytes are sealed. A key seals one test set and never another:
/// from two files that are sealed with the same key, anybody computes parts of both.
///
/// # Errors
/// Where the test set can't be read, or the sealed file can't be written.
pub fn seal(
	plain: &mut impl Read,
	sealed: &mut impl Write,
	key: &H256,
	progress: &mut dyn FnMut(u64),
) -> io::Result<u64> {
	let mut cipher = EncryptorBE32::<Cipher>::new(cipher_key(key), &Default::default());
	let failed = |_| io::Error::other("the test set has more pieces than can be numbered");
	sealed.write_all(&HEADER)?;
	let (mut piece, mut following, mut total) = (buffer(), buffer(), 0u64);
	fill(plain, &mut piece, PIECE_BYTES)?;
	loop {
		fill(plain, &mut following, PIECE_BYTES)?;
		total = total.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
		if following.is_empty() {
			cipher.encrypt_last_in_place(&HEADER, &mut piece).map_err(failed)?;
			sealed.write_all(&piece)?;
			progress(total);
			return Ok(total);
		}
		cipher.encrypt_next_in_place(&HEADER, &mut piece).map_err(failed)?;
		sealed.write_all(&piece)?;
		progress(total);
		mem::swap(&mut piece, &mut following);
	}
}
