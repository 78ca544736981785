//! Vectors of every hash, sample and score: what `protocol/vectors.json` holds, by which clients in other
//! languages check themselves. `WRITE_VECTORS=1` writes the file anew.

#[path = "vectors/checkers.rs"]
mod checkers;
#[path = "vectors/custody.rs"]
mod custody;
#[path = "vectors/draws.rs"]
mod draws;
#[path = "vectors/hashes.rs"]
mod hashes;
#[path = "vectors/jobs.rs"]
mod jobs;
#[path = "vectors/scene.rs"]
mod scene;
#[path = "vectors/scores.rs"]
mod scores;
#[path = "vectors/test_sets.rs"]
mod test_sets;
#[path = "vectors/traces.rs"]
mod traces;

use codec::Encode;
use serde_json::Value;
use sp_core::H256;
use std::{
	env, fs,
	path::{Path, PathBuf},
	sync::Once,
};

/// The vectors of a function.
struct Function {
	name: &'static str,
	definition: &'static str,
	vectors: Vec<Vector>,
}

/// A result of a function and all that it depends on.
struct Vector {
	/// The arguments by name, in the order in which a hash binds them.
	input: Vec<(&'static str, Value)>,
	/// The bytes that are hashed first, where the function hashes an encoding.
	encoded: Option<Vec<u8>>,
	result: Value,
}

impl Vector {
	/// A vector of a hash over `prefix` and the encoding of all that is bound.
	fn of_hash(prefix: &str, input: Vec<(&'static str, Value)>, bound: impl Encode, result: H256) -> Self {
		let encoded = encoding(prefix, bound);
		assert_eq!(sp_crypto_hashing::blake2_256(&encoded), result.0, "{prefix}: {input:?}");
		Self { input, encoded: Some(encoded), result: hex(result) }
	}
}

fn encoding(prefix: &str, bound: impl Encode) -> Vec<u8> {
	[prefix.as_bytes(), &bound.encode()].concat()
}

fn hex(bytes: impl AsRef<[u8]>) -> Value {
	let digits: String = bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
	format!("0x{digits}").into()
}

/// Decimal digits: a double, which many readers of JSON take numbers for, is exact up to 2^53 only.
fn decimal(number: impl ToString) -> Value {
	number.to_string().into()
}

fn functions() -> Vec<Function> {
	let files = [
		hashes::functions(),
		jobs::functions(),
		draws::functions(),
		scores::functions(),
		test_sets::functions(),
		custody::functions(),
		traces::functions(),
	];
	files.into_iter().flatten().collect()
}

/// The file's text: a line for each input, encoding and result, so that a change is seen as one.
fn text(functions: &[Function]) -> String {
	let functions: Vec<_> = functions.iter().map(function_text).collect();
	format!("{{\n{}\n}}\n", functions.join(",\n"))
}

fn function_text(function: &Function) -> String {
	let vectors: Vec<_> = function.vectors.iter().map(vector_text).collect();
	let (name, definition) = (Value::from(function.name), Value::from(function.definition));
	let vectors = vectors.join(",\n");
	format!("  {name}: {{\n    \"definition\": {definition},\n    \"vectors\": [\n{vectors}\n    ]\n  }}")
}

fn vector_text(vector: &Vector) -> String {
	let fields: Vec<_> = vector.input.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
	let mut lines = vec![format!("\"input\": {{{}}}", fields.join(", "))];
	lines.extend(vector.encoded.as_ref().map(|encoded| format!("\"encoded\": {}", hex(encoded))));
	lines.push(format!("\"result\": {}", vector.result));
	format!("      {{\n        {}\n      }}", lines.join(",\n        "))
}

fn folder() -> &'static Path {
	Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The path of the file, which is written before any test reads it where that is asked for.
fn file() -> PathBuf {
	static WRITTEN: Once = Once::new();
	let path = folder().join("vectors.json");
	WRITTEN.call_once(|| {
		if env::var_os("WRITE_VECTORS").is_some_and(|value| value == "1") {
			fs::write(&path, text(&functions())).unwrap();
		}
	});
	path
}

#[test]
fn the_file_holds_what_the_functions_compute() {
	let written: Value = serde_json::from_str(&fs::read_to_string(file()).unwrap()).unwrap();
	let functions = functions();
	let computed: Value = serde_json::from_str(&text(&functions)).unwrap();
	for Function { name, .. } in &functions {
		assert_eq!(
			written[name]["definition"], computed[name]["definition"],
			"{name}: WRITE_VECTORS=1 writes it"
		);
		let vectors = |all: &Value| all[name]["vectors"].as_array().cloned().unwrap_or_default();
		assert_eq!(vectors(&written).len(), vectors(&computed).len(), "{name}: WRITE_VECTORS=1 writes it");
		for (place, (written, computed)) in vectors(&written).iter().zip(&vectors(&computed)).enumerate() {
			assert_eq!(written, computed, "{name}, vector {place}: clients that follow the file would break");
		}
	}
	assert_eq!(written, computed, "a function is gone");
}
