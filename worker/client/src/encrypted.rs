//! Keys as polkadot-js exports them: JSON with the secret encrypted by a password.

use crate::{KeyError, PASSWORD_VARIABLE};
use serde::Deserialize;
use std::io::{stdin, IsTerminal};
use subxt_signer::{polkadot_js_compat, sr25519::Keypair};
use zeroize::Zeroizing;

/// Fewest characters of the encrypted part: its salt, parameters and nonce are 68 bytes in base64, and the
/// secret follows.
const SHORTEST: usize = 96;

/// The part of the file that is looked at before it is opened.
#[derive(Deserialize)]
struct Exported {
	encoded: String,
}

/// Returns true if the text of a key file has the form of an encrypted key.
pub(crate) fn is_encrypted(text: &str) -> bool {
	text.trim_start().starts_with('{')
}

/// Returns the password of an encrypted key: from the environment, or asked for on the terminal.
pub(crate) fn password(source_name: &str) -> Result<Zeroizing<String>, KeyError> {
	let failed = |reason| KeyError::Encrypted { source_name: source_name.into(), reason };
	if let Ok(password) = std::env::var(PASSWORD_VARIABLE) {
		return Ok(Zeroizing::new(password));
	}
	if !stdin().is_terminal() {
		return Err(failed(
			"it is encrypted: set DESCENT_KEY_PASSWORD, or run this in a terminal, which asks for it",
		));
	}
	let asked = rpassword::prompt_password(format!("Password of {source_name}: "));
	asked.map(Zeroizing::new).map_err(|_| failed("no password was given"))
}

/// Opens an encrypted key.
pub(crate) fn open(text: &str, password: &str, source_name: &str) -> Result<Keypair, KeyError> {
	let failed = |reason| KeyError::Encrypted { source_name: source_name.into(), reason };
	let other = "it is no key as polkadot-js exports it: an sr25519 key with a password, in JSON";
	let exported: Exported = serde_json::from_str(text).map_err(|_| failed(other))?;
	// A shorter one would be indexed beyond its end.
	if exported.encoded.len() < SHORTEST {
		return Err(failed(other));
	}
	polkadot_js_compat::decrypt_json(text, password).map_err(|error| match error {
		polkadot_js_compat::Error::Secretbox(_) => failed("the password is wrong, or the file is damaged"),
		_ => failed(other),
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::Key;

	/// The key of Alice as polkadot-js exports it, with the password `correct horse`.
	const ALICE: &str = include_str!("../fixtures/alice.json");
	const ADDRESS: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

	#[test]
	fn a_key_is_opened_with_its_password_alone() {
		let pair = open(ALICE, "correct horse", "k").unwrap();
		assert_eq!(sp_core::crypto::AccountId32::new(pair.public_key().0).to_string(), ADDRESS);
		let error = open(ALICE, "wrong horse", "k").err().unwrap().to_string();
		assert!(error.starts_with("k: the password is wrong") && !error.contains("wrong horse"), "{error}");
	}

	#[test]
	fn what_is_no_such_key_is_refused() {
		let value: serde_json::Value = serde_json::from_str(ALICE).unwrap();
		let with = |field: &str, new: serde_json::Value| {
			let mut value = value.clone();
			value[field] = new;
			value.to_string()
		};
		let encoded = value["encoded"].as_str().unwrap();
		for text in [
			"{}".into(),
			"{".into(),
			with("encoded", "AAAA".into()),
			with("encoded", "!".repeat(200).into()),
			with("encoded", encoded[..SHORTEST].into()),
			with("encoded", "f".repeat(200).into()),
			with(
				"encoding",
				serde_json::json!({ "content": ["pkcs8", "ed25519"], "type": ["none"], "version": "3" }),
			),
			with("address", "x".into()),
		] {
			assert!(matches!(open(&text, "correct horse", "k"), Err(KeyError::Encrypted { .. })), "{text}");
		}
	}

	#[test]
	fn a_file_that_is_no_such_key_is_not_copied() {
		let folder = tempfile::tempdir().unwrap();
		let (from, to) = (folder.path().join("alice.json"), folder.path().join("key"));
		std::fs::write(&from, ALICE).unwrap();
		let refused = Key::import(&folder.path().join("absent"), &to);
		assert!(matches!(refused, Err(KeyError::File { .. })) && !to.exists());
		std::fs::write(folder.path().join("phrase"), "//Alice").unwrap();
		let refused = Key::import(&folder.path().join("phrase"), &to);
		assert!(matches!(refused, Err(KeyError::Encrypted { .. })) && !to.exists());
		assert!(is_encrypted(ALICE) && !is_encrypted("//Alice"));
	}
}
