//! Tokenizers of Hugging Face.

use anyhow::{anyhow, ensure, Context, Result};
use descent_dataset::Tokenizer;
use std::{fs, path::Path};

/// Most bytes of a tokenizer's file: the largest known ones have 35 MB.
const MAX_BYTES: u64 = 256 << 20;

/// A tokenizer that was read from a file `tokenizer.json`.
pub(super) struct Loaded(tokenizers::Tokenizer);

impl Loaded {
	/// Reads a file.
	///
	/// # Errors
	/// Fails if it is too large or no tokenizer.
	pub(super) fn read(path: &Path) -> Result<Self> {
		let size = fs::metadata(path).with_context(|| format!("reading {}", path.display()))?.len();
		ensure!(size <= MAX_BYTES, "{} has more than {MAX_BYTES} bytes", path.display());
		let read = tokenizers::Tokenizer::from_file(path);
		read.map(Self).map_err(|error| {
			anyhow!("{} is no tokenizer.json as Hugging Face writes it: {error}", path.display())
		})
	}
}

impl Tokenizer for Loaded {
	fn vocabulary(&self) -> u64 {
		let largest = self.0.get_vocab(true).into_values().max();
		largest.map_or(0, |largest| u64::from(largest).saturating_add(1))
	}

	fn encode(&self, text: &str) -> Result<Vec<u32>, String> {
		let encoded = self.0.encode_fast(text, false).map_err(|error| error.to_string())?;
		Ok(encoded.get_ids().to_vec())
	}
}

/// A tokenizer of pairs of bytes in "low lower".
#[cfg(test)]
pub(super) const PAIRS: &str = r#"{"version":"1.0","truncation":null,"padding":null,
	"added_tokens":[{"id":8,"content":"<end>","single_word":false,"lstrip":false,"rstrip":false,
		"normalized":false,"special":true}],
	"normalizer":null,"post_processor":null,
	"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},
	"decoder":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},
	"model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,
		"end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,
		"vocab":{"l":0,"o":1,"w":2,"e":3,"r":4,"\u0120":5,"lo":6,"low":7},
		"merges":[["l","o"],["lo","w"]]}}"#;

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_file_of_hugging_face_makes_tokens() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("tokenizer.json");
		fs::write(&path, PAIRS).unwrap();
		let tokenizer = Loaded::read(&path).unwrap();
		assert_eq!(tokenizer.vocabulary(), 9, "with those that were added");
		assert_eq!(tokenizer.encode("low lower").unwrap(), [7, 5, 7, 3, 4]);
		assert_eq!(tokenizer.encode("lo<end>").unwrap(), [6, 8]);
		fs::write(&path, "{}").unwrap();
		let error = Loaded::read(&path).map(|_| ()).unwrap_err().to_string();
		assert!(error.contains("is no tokenizer.json as Hugging Face writes it"), "{error}");
	}

	/// Trains tokenizers on a text, and prints its ids.
	const ENCODE: &str = "
import json, sys, tokenizers
text = open(sys.argv[1], encoding='utf-8').read()
made = {'bytes': tokenizers.ByteLevelBPETokenizer(), 'words': tokenizers.BertWordPieceTokenizer()}
for name, tokenizer in made.items():
    tokenizer.train_from_iterator([text], vocab_size=500, show_progress=False)
    tokenizer.save(f'{sys.argv[2]}/{name}.json')
    print(json.dumps([tokenizer.get_vocab_size(), tokenizer.encode(text, add_special_tokens=False).ids]))
";

	#[test]
	fn tokens_are_those_of_hugging_face() {
		let folder = tempfile::tempdir().unwrap();
		let text = folder.path().join("text");
		let license = include_str!("../../../../../LICENSE").get(..8000).unwrap();
		fs::write(&text, format!("{license}\n\n\tÄpfel, 日本語 and 🦀\n")).unwrap();
		let python =
			std::env::var_os("DESCENT_PYTHON").expect("`. scripts/env` names the Python of the tests");
		let mut command = std::process::Command::new(python);
		let output = command.args(["-c", ENCODE]).arg(&text).arg(folder.path()).output().unwrap();
		let said = String::from_utf8(output.stdout).unwrap();
		let lines: Vec<(u64, Vec<u32>)> =
			said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
		assert_eq!(lines.len(), 2, "{}", String::from_utf8_lossy(&output.stderr));
		let text = fs::read_to_string(text).unwrap();
		for (name, (vocabulary, ids)) in ["bytes", "words"].into_iter().zip(lines) {
			let tokenizer = Loaded::read(&folder.path().join(format!("{name}.json"))).unwrap();
			assert_eq!(
				(tokenizer.vocabulary(), tokenizer.encode(&text).unwrap()),
				(vocabulary, ids),
				"{name}"
			);
		}
	}
}
