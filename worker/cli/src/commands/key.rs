//! The commands `descent key ..`.

use crate::{args, output::Output, table::fields};
use anyhow::{Context, Result};
use clap::Subcommand;
use descent_client::Key;
use descent_console::config;
use serde::Serialize;
use std::path::PathBuf;

const GENERATE_EXAMPLES: &str = "Examples:
  descent key generate
  descent key generate --key-file ~/.descent/key

The file holds the twelve words: keep a copy, nobody can restore them. An existing file is never \
overwritten.";

const IMPORT_EXAMPLES: &str = "Examples:
  descent key import 5GrwvaEF.json
  descent key import 5GrwvaEF.json --key-file ~/.descent/key

The file is the JSON that polkadot-js and wallets like it export of an sr25519 account. Its password is \
asked for here and whenever the key signs; where there is no terminal, it is in DESCENT_KEY_PASSWORD.";

const SHOW_EXAMPLES: &str = "Examples:
  descent key show --key-file ~/.descent/key
  DESCENT_SURI=//Alice descent key show

The account is the sr25519 key, which babe and eval take in a chain specification; gran takes the ed25519 \
key.";

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
	/// Make a new key and write its phrase to a new file that only you can read
	#[command(after_help = GENERATE_EXAMPLES)]
	Generate {
		/// The new file; the one that other commands take where none is named, unless given
		#[arg(long, value_name = "FILE")]
		key_file: Option<PathBuf>,
	},
	/// Copy a key that a wallet has exported, as it is encrypted
	#[command(after_help = IMPORT_EXAMPLES)]
	Import {
		/// JSON file of the wallet
		#[arg(value_name = "JSON")]
		file: PathBuf,
		/// The new file; the one that other commands take where none is named, unless given
		#[arg(long, value_name = "FILE")]
		key_file: Option<PathBuf>,
	},
	/// Show the account of a key, and its ed25519 address
	#[command(after_help = SHOW_EXAMPLES)]
	Show {
		/// File with the key; without it DESCENT_SURI, or else the key of config.toml
		#[arg(long, value_name = "FILE")]
		key_file: Option<PathBuf>,
	},
}

/// A key without its secret.
#[derive(Debug, Serialize)]
struct Shown {
	account: String,
	public_key: String,
	/// The GRANDPA key of a validator, as a chain specification names it.
	#[serde(skip_serializing_if = "Option::is_none")]
	ed25519: Option<String>,
	#[serde(skip_serializing_if = "Option::is_none")]
	key_file: Option<PathBuf>,
}

impl Shown {
	fn new(key: &Key, key_file: Option<PathBuf>) -> Self {
		let account = key.account();
		Self {
			account: account.to_string(),
			public_key: format!("0x{}", hex::encode(&account)),
			ed25519: key.ed25519().map(|key| key.to_string()),
			key_file,
		}
	}
}

/// The file of a new key: the one given, or the user's, whose folder is made.
fn new_file(given: Option<PathBuf>) -> Result<PathBuf> {
	if let Some(file) = given {
		return Ok(file);
	}
	let file = config::default_key_file();
	let file = file.context("there is no home directory to keep the key in; name a file with --key-file")?;
	if let Some(folder) = file.parent() {
		std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
	}
	Ok(file)
}

impl KeyCommand {
	pub(crate) fn run(self, output: &Output) -> Result<()> {
		let shown = match self {
			Self::Generate { key_file } => {
				let file = new_file(key_file)?;
				Shown::new(&Key::generate(&file)?, Some(file))
			}
			Self::Import { file: from, key_file } => {
				let file = new_file(key_file)?;
				Shown::new(&Key::import(&from, &file)?, Some(file))
			}
			Self::Show { key_file } => Shown::new(&args::key(key_file.as_deref())?, key_file),
		};
		output.print(&shown, |output| {
			let mut pairs =
				vec![("account", shown.account.clone()), ("public key", shown.public_key.clone())];
			pairs.extend(shown.ed25519.iter().map(|key| ("ed25519", key.clone())));
			pairs.extend(shown.key_file.as_ref().map(|file| ("key file", file.display().to_string())));
			fields(output, &pairs)
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn shows_no_secret() {
		let shown = Shown::new(&Key::from_uri("//Alice").unwrap(), None);
		let json = serde_json::to_value(&shown).unwrap();
		let expected = serde_json::json!({
			"account": "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
			"public_key": "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d",
			"ed25519": "5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu",
		});
		assert_eq!(json, expected);
	}
}
