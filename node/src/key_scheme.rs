//! The schemes of session keys. Substrate inserts a key of another scheme without a word, and nothing signs
//! with it.

use std::ffi::OsString;

/// Key types of the session keys, and their schemes.
const SCHEMES: [(&str, &str); 3] = [("babe", "sr25519"), ("gran", "ed25519"), ("eval", "sr25519")];

/// Checks the scheme of `key insert` on a command line.
///
/// # Errors
/// Names the scheme of the key type if another one is given.
pub(crate) fn check(arguments: &[OsString]) -> Result<(), String> {
	let arguments: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
	let value = |option: &str| {
		let mut pairs = arguments.iter().zip(arguments.iter().skip(1));
		let apart = pairs.find(|(name, _)| **name == option).map(|(_, value)| value.as_ref());
		let joined =
			|| arguments.iter().find_map(|argument| argument.strip_prefix(option)?.strip_prefix('='));
		apart.or_else(joined)
	};
	let (Some(key_type), Some(given)) = (value("--key-type"), value("--scheme")) else {
		return Ok(());
	};
	match SCHEMES.iter().find(|(known, _)| *known == key_type) {
		Some((_, scheme)) if !scheme.eq_ignore_ascii_case(given) => Err(format!(
			"keys of the type {key_type} are {scheme}, not {given}: nothing would sign with this one. Insert it \
			 with --scheme {scheme}"
		)),
		_ => Ok(()),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn checked(line: &str) -> Result<(), String> {
		check(&line.split(' ').map(OsString::from).collect::<Vec<_>>())
	}

	#[test]
	fn a_key_of_another_scheme_is_refused() {
		for (key_type, scheme) in SCHEMES {
			checked(&format!("key insert --key-type {key_type} --scheme {scheme} --suri f")).unwrap();
			checked(&format!("key insert --scheme={scheme} --key-type={key_type}")).unwrap();
		}
		let refusal = checked("key insert --key-type gran --scheme sr25519 --suri f").unwrap_err();
		assert!(refusal.contains("--scheme ed25519"), "{refusal}");
		assert!(checked("key insert --scheme=ed25519 --key-type=babe").unwrap_err().contains("sr25519"));
		// Substrate names what is missing, and knows other key types.
		checked("key insert --key-type gran").unwrap();
		checked("key insert --key-type audi --scheme ed25519").unwrap();
	}
}
