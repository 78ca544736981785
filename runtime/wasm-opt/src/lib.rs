//! The part of the crate `wasm-opt` that `substrate-wasm-builder` calls, without Binaryen.
//!
//! Compiling Binaryen (C++) took an eighth of a cold build of this workspace, and the builder asks it for two
//! things only: to strip debug sections, and to lower instructions that are not in WebAssembly 1.0. The
//! target `wasm32v1-none` emits no such instruction, so here the module is validated against WebAssembly 1.0,
//! and a module that has one is refused. `[patch.crates-io]` in the workspace's manifest puts this crate in
//! place of the original.
//!
//! ```
//! use wasm_opt::{OptimizationOptions, Pass};
//! # let folder = tempfile::tempdir()?;
//! # let (bloaty, compact) = (folder.path().join("a.wasm"), folder.path().join("b.wasm"));
//! std::fs::write(&bloaty, b"\0asm\x01\0\0\0")?;
//! OptimizationOptions::new_opt_level_0()
//!     .mvp_features_only()
//!     .add_pass(Pass::StripDwarf)
//!     .add_pass(Pass::SignextLowering)
//!     .run(&bloaty, &compact)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::{
	fs, io,
	path::{Path, PathBuf},
};
use wasmparser::{BinaryReaderError, Encoding, Parser, Payload, Validator, WasmFeatures};

/// A transformation of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
	/// Removes custom sections whose name begins with `.debug`.
	StripDwarf,
	/// Nothing: a module that has sign extensions is refused.
	SignextLowering,
}

/// A reason that a module could not be processed.
#[derive(Debug, thiserror::Error)]
pub enum OptimizationError {
	/// A file that cannot be read or written.
	#[error("{path}: {error}")]
	Io {
		/// The file.
		path: PathBuf,
		/// The reason.
		error: io::Error,
	},
	/// A module that is not WebAssembly 1.0.
	#[error("{path} is not WebAssembly 1.0: {error}; build the runtime for the target wasm32v1-none")]
	Invalid {
		/// The module.
		path: PathBuf,
		/// The reason, with the offset in bytes.
		error: BinaryReaderError,
	},
}

/// Options of a run.
#[derive(Clone, Debug, Default)]
pub struct OptimizationOptions {
	passes: Vec<Pass>,
}

impl OptimizationOptions {
	/// Options without a transformation.
	pub fn new_opt_level_0() -> Self {
		Self::default()
	}

	/// Restricts modules to WebAssembly 1.0, which is always done.
	pub fn mvp_features_only(&mut self) -> &mut Self {
		self
	}

	/// Keeps the section of names, which is always done.
	pub fn debug_info(&mut self, _keep: bool) -> &mut Self {
		self
	}

	/// Adds a transformation.
	pub fn add_pass(&mut self, pass: Pass) -> &mut Self {
		self.passes.push(pass);
		self
	}

	/// Reads a module, validates it, applies the transformations and writes the result.
	///
	/// # Errors
	/// [`OptimizationError`], and nothing is written.
	pub fn run(&self, input: impl AsRef<Path>, output: impl AsRef<Path>) -> Result<(), OptimizationError> {
		let (input, output) = (input.as_ref(), output.as_ref());
		let io = |path: &Path| {
			let path = path.to_path_buf();
			|error| OptimizationError::Io { path, error }
		};
		let module = fs::read(input).map_err(io(input))?;
		let invalid = |error| OptimizationError::Invalid { path: input.into(), error };
		Validator::new_with_features(WasmFeatures::WASM1).validate_all(&module).map_err(invalid)?;
		let stripped = if self.passes.contains(&Pass::StripDwarf) {
			strip_debug(&module).map_err(invalid)?
		} else {
			module
		};
		fs::write(output, stripped).map_err(io(output))
	}
}

/// A copy of a module without its `.debug` sections.
fn strip_debug(module: &[u8]) -> Result<Vec<u8>, BinaryReaderError> {
	let mut kept = Vec::with_capacity(module.len());
	let mut copied = 0;
	for payload in Parser::new(0).parse_all(module) {
		match payload? {
			Payload::Version { encoding: Encoding::Module, range, .. } => copied = range.start,
			// A section's range is that of its content; its header lies between it and the section before.
			Payload::CustomSection(section) if section.name().starts_with(".debug") => {
				copied = section.range().end;
				continue;
			}
			Payload::CustomSection(section) => {
				kept.extend_from_slice(&module[copied..section.range().end]);
				copied = section.range().end;
				continue;
			}
			payload => {
				if let Some((_, range)) = payload.as_section() {
					kept.extend_from_slice(&module[copied..range.end]);
					copied = range.end;
				}
			}
		}
	}
	Ok(kept)
}

#[cfg(test)]
mod tests {
	use super::*;

	const HEADER: &[u8] = b"\0asm\x01\0\0\0";

	fn custom(name: &str, content: &[u8]) -> Vec<u8> {
		let length = u8::try_from(1 + name.len() + content.len()).unwrap();
		[&[0, length, u8::try_from(name.len()).unwrap()], name.as_bytes(), content].concat()
	}

	/// A module with one function of type `i32 -> i32` with these instructions.
	fn module(instructions: &[u8]) -> Vec<u8> {
		let body = [&[0, 0x20, 0][..], instructions, &[0x0b]].concat();
		let length = u8::try_from(body.len()).unwrap();
		let code = [&[10, length + 2, 1, length][..], &body].concat();
		[HEADER, &[1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f], &[3, 2, 1, 0], &code].concat()
	}

	fn run(module: &[u8]) -> Result<Vec<u8>, OptimizationError> {
		let folder = tempfile::tempdir().unwrap();
		let (input, output) = (folder.path().join("in.wasm"), folder.path().join("out.wasm"));
		fs::write(&input, module).unwrap();
		OptimizationOptions::new_opt_level_0().add_pass(Pass::StripDwarf).run(&input, &output)?;
		Ok(fs::read(output).unwrap())
	}

	#[test]
	fn debug_sections_go_and_all_other_bytes_stay() {
		let code = module(&[]);
		let (debug, name) = (custom(".debug_info", b"abc"), custom("runtime_version", b"xyz"));
		assert_eq!(run(&[&code[..], &debug, &name, &debug].concat()).unwrap(), [&code[..], &name].concat());
		assert_eq!(run(&code).unwrap(), code);
	}

	#[test]
	fn sign_extensions_are_refused() {
		let extend = module(&[0xc0]);
		assert!(matches!(run(&extend), Err(OptimizationError::Invalid { .. })));
		assert!(run(b"\0asm").is_err());
	}
}
