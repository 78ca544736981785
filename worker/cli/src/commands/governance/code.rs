//! The code of a runtime.

use anyhow::{ensure, Context, Result};
use blake2::{digest::consts::U32, Blake2b, Digest};
use descent_client::H256;
use std::{fs::File, io::Read, path::Path};

/// Size of the largest code that a chain takes, in bytes.
const LARGEST: u64 = 16 << 20;
/// First bytes of plain WebAssembly.
const WASM: &[u8] = b"\0asm";
/// First bytes of compressed WebAssembly.
const COMPRESSED: &[u8] = &[82, 188, 83, 118, 70, 219, 142, 5];

/// Reads a runtime's code, plain or compressed.
///
/// # Errors
/// Where the file can't be read or is no WebAssembly.
pub(super) fn read(file: &Path) -> Result<Vec<u8>> {
	let shown = file.display();
	let opened = File::open(file).with_context(|| format!("opening {shown}"))?;
	let mut code = Vec::new();
	opened
		.take(LARGEST.saturating_add(1))
		.read_to_end(&mut code)
		.with_context(|| format!("reading {shown}"))?;
	let too_long = u64::try_from(code.len()).map_or(true, |length| length > LARGEST);
	ensure!(!too_long, "{shown} has more than {LARGEST} bytes, which no chain takes");
	ensure!(
		code.starts_with(WASM) || code.starts_with(COMPRESSED),
		"{shown} is no runtime: give the .compact.compressed.wasm that building the runtime makes"
	);
	Ok(code)
}

/// The hash that a chain has of code: BLAKE2b with 256 bits.
pub(super) fn hash(code: &[u8]) -> H256 {
	H256(Blake2b::<U32>::digest(code).into())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn only_web_assembly_is_code() {
		let folder = tempfile::tempdir().unwrap();
		let file = folder.path().join("runtime.wasm");
		let write = |content: &[u8]| {
			std::fs::write(&file, content).unwrap();
			read(&file)
		};
		assert_eq!(write(b"\0asm\x01").unwrap(), b"\0asm\x01");
		assert!(write(COMPRESSED).is_ok());
		for content in [b"".as_slice(), b"\0as", b"#!/bin/sh"] {
			let error = write(content).unwrap_err().to_string();
			assert!(error.contains("is no runtime"), "{error}");
		}
		let error = read(&folder.path().join("nowhere")).unwrap_err().to_string();
		assert!(error.starts_with("opening "), "{error}");
	}
}
