use crate::encrypted;
use rand::{rngs::OsRng, TryRngCore};
use sp_core::{
	crypto::{AccountId32, Pair},
	ed25519,
};
use std::{
	fmt, io,
	path::{Path, PathBuf},
	str::FromStr,
};
use subxt::{
	utils::{AccountId32 as SubxtAccountId, MultiSignature},
	SubstrateConfig,
};
use subxt_signer::{
	bip39::{self, Mnemonic},
	sr25519::{self, Keypair},
	SecretUri,
};
use zeroize::Zeroizing;

/// The environment variable that holds a secret URI where no key file is given.
pub const SURI_VARIABLE: &str = "DESCENT_SURI";
/// The environment variable that holds the password of an encrypted key.
pub const PASSWORD_VARIABLE: &str = "DESCENT_KEY_PASSWORD";

/// The largest key file that is read, in bytes: a phrase of 24 words with path and password is a tenth of it.
const LARGEST_FILE: u64 = 4096;

/// A reason that there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
	/// The text is no secret URI.
	#[error(
		"{source_name} holds no secret URI: write a phrase of 12 to 24 words, a seed as 0x and 64 hex \
		 digits, or a development key as //Alice"
	)]
	Malformed {
		/// The source of the text.
		source_name: String,
	},
	/// The text has the form of a phrase, but is none.
	#[error("{source_name} holds words that are no phrase: {reason}")]
	Phrase {
		/// The source of the text.
		source_name: String,
		/// The fault, which does not repeat a word.
		reason: String,
	},
	/// An encrypted key can't be opened.
	#[error("{source_name}: {reason}")]
	Encrypted {
		/// The source of the text.
		source_name: String,
		/// The reason, and a remedy.
		reason: &'static str,
	},
	/// A secret was given in place of the name of a file.
	#[error(
		"a secret was given in place of a key file's name: write it to a file that only you can read, and \
		 take another key if it is in your shell's history"
	)]
	NotAName,
	/// The file can't be read or written.
	#[error("key file {path}: {source}", path = path.display())]
	File {
		/// The file.
		path: PathBuf,
		/// The failure.
		source: io::Error,
	},
	/// The file for a new key exists, and may hold a key.
	#[error("{path} exists, and a key is never overwritten: name another file", path = .0.display())]
	Exists(PathBuf),
	/// Neither a file nor the environment variable were given.
	#[error(
		"no key to sign with: name a file with --key-file, set DESCENT_SURI, or make one: descent key \
		 generate"
	)]
	Absent,
	/// The system gave no random bytes.
	#[error("the system's random generator failed: {0}")]
	Random(String),
}

/// An account's key, sr25519. Printing it shows the account only, and its memory is overwritten when it is
/// dropped.
#[derive(Clone)]
pub struct Key {
	pair: Keypair,
	ed25519: Option<[u8; 32]>,
	acts_for: Option<AccountId32>,
}

impl fmt::Debug for Key {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		f.debug_tuple("Key").field(&self.account().to_string()).finish()
	}
}

impl Key {
	/// The key of a secret URI: a BIP-39 phrase or a seed as `0x` and 64 hex digits, then derivations
	/// (`//hard`, `/soft`) and `///password`; without phrase or seed, a well-known development key such as
	/// `//Alice`.
	///
	/// # Errors
	/// [`KeyError::Malformed`] and [`KeyError::Phrase`], which do not repeat the text.
	pub fn from_uri(uri: &str) -> Result<Self, KeyError> {
		Self::parse(uri, "the text")
	}

	fn parse(uri: &str, source_name: &str) -> Result<Self, KeyError> {
		let malformed = || KeyError::Malformed { source_name: source_name.into() };
		let uri = uri.trim();
		// Nothing at all would be the development phrase itself, which everybody knows.
		if uri.is_empty() {
			return Err(malformed());
		}
		let secret = SecretUri::from_str(uri).map_err(|_| malformed())?;
		let pair = Keypair::from_uri(&secret).map_err(|error| match error {
			sr25519::Error::Phrase(fault) => phrase_error(&fault, source_name),
			_ => malformed(),
		})?;
		let ed25519 = ed25519::Pair::from_string(uri, None).ok();
		Ok(Self { pair, ed25519: ed25519.map(|pair| pair.public().0), acts_for: None })
	}

	/// The key in a file that holds a secret URI, or a key as polkadot-js exports it: encrypted, and opened
	/// with the password in [`PASSWORD_VARIABLE`], or that the terminal is asked for. Warns when others can
	/// read the file.
	///
	/// # Errors
	/// [`KeyError::File`], [`KeyError::Malformed`], [`KeyError::Phrase`], [`KeyError::Encrypted`];
	/// [`KeyError::NotAName`] if there is no such file, and its name looks like a secret.
	pub fn from_file(path: impl AsRef<Path>) -> Result<Self, KeyError> {
		let path = path.as_ref();
		let text = Self::read(path)?;
		let name = path.display().to_string();
		match encrypted::is_encrypted(&text) {
			true => Self::open(&text, &name),
			false => Self::parse(&text, &name),
		}
	}

	/// Opens a key as polkadot-js exports it, with the password that is asked for.
	fn open(text: &str, name: &str) -> Result<Self, KeyError> {
		let password = encrypted::password(name)?;
		let pair = encrypted::open(text, &password, name)?;
		Ok(Self { pair, ed25519: None, acts_for: None })
	}

	/// Copies a key as polkadot-js exports it to a new file that only its owner can read, once its password
	/// has opened it. The copy is encrypted as the original is.
	///
	/// # Errors
	/// [`KeyError::Encrypted`] for a file that is no such key, or whose password is wrong;
	/// [`KeyError::Exists`], [`KeyError::File`].
	pub fn import(from: &Path, to: &Path) -> Result<Self, KeyError> {
		let text = Self::read(from)?;
		let name = from.display().to_string();
		if !encrypted::is_encrypted(&text) {
			let reason =
				"it is no key as polkadot-js exports it, a JSON file; a phrase is a key file as it is";
			return Err(KeyError::Encrypted { source_name: name, reason });
		}
		let key = Self::open(&text, &name)?;
		create(to, &text)?;
		Ok(key)
	}

	/// Reads a key file.
	fn read(path: &Path) -> Result<Zeroizing<String>, KeyError> {
		let failed = |source| match looks_secret(path) {
			true => KeyError::NotAName,
			false => KeyError::File { path: path.into(), source },
		};
		let metadata = std::fs::metadata(path).map_err(failed)?;
		if !metadata.is_file() || metadata.len() > LARGEST_FILE {
			return Err(KeyError::Malformed { source_name: path.display().to_string() });
		}
		if is_exposed(path) {
			tracing::warn!(file = %path.display(), "others can read this key file; make it yours alone with chmod 600");
		}
		std::fs::read_to_string(path).map(Zeroizing::new).map_err(failed)
	}

	/// The key in `file`, or else in the environment variable [`SURI_VARIABLE`].
	///
	/// # Errors
	/// [`KeyError::Absent`] where there is neither; see also [`Self::from_file`].
	pub fn from_file_or_environment(file: Option<&Path>) -> Result<Self, KeyError> {
		match (file, std::env::var(SURI_VARIABLE)) {
			(Some(file), _) => Self::from_file(file),
			(None, Ok(uri)) => Self::parse(&Zeroizing::new(uri), SURI_VARIABLE),
			(None, Err(_)) => Err(KeyError::Absent),
		}
	}

	/// Makes a new key, with a phrase of 12 words, and writes the phrase to a new file that only its owner
	/// can read.
	///
	/// # Errors
	/// [`KeyError::Exists`]: a key is never overwritten; [`KeyError::File`]; [`KeyError::NotAName`] if the name
	/// looks like a secret.
	pub fn generate(path: impl AsRef<Path>) -> Result<Self, KeyError> {
		let path = path.as_ref();
		if looks_secret(path) {
			return Err(KeyError::NotAName);
		}
		let mut entropy = [0; 16];
		OsRng.try_fill_bytes(&mut entropy).map_err(|error| KeyError::Random(error.to_string()))?;
		let phrase = Mnemonic::from_entropy(&entropy).map_err(|error| KeyError::Random(error.to_string()))?;
		let phrase = Zeroizing::new(phrase.to_string());
		let key = Self::from_uri(&phrase)?;
		create(path, &Zeroizing::new(format!("{}\n", *phrase)))?;
		Ok(key)
	}

	/// The account that calls are made for: the key's own, or the one whose proxy it is.
	pub fn account(&self) -> AccountId32 {
		self.acts_for.clone().unwrap_or_else(|| self.signer())
	}

	/// The account whose key it is, which pays the fees.
	pub fn signer(&self) -> AccountId32 {
		AccountId32::new(self.pair.public_key().0)
	}

	/// The account for which it makes calls as a proxy; `None` for the key's own.
	pub fn acts_for(&self) -> Option<&AccountId32> {
		self.acts_for.as_ref()
	}

	/// The same key, making calls for another account, whose proxy its own account is.
	#[must_use]
	pub fn acting_for(self, account: Option<AccountId32>) -> Self {
		Self { acts_for: account, ..self }
	}

	/// Signs a text. It should have the frame `<Bytes>…</Bytes>`, so that it is never a transaction.
	pub fn sign_text(&self, text: &str) -> [u8; 64] {
		self.pair.sign(text.as_bytes()).0
	}

	/// The ed25519 public key of the same secret, as an address: what a chain specification names as the key
	/// that votes on finality. `None` for secrets with a `/soft` derivation, which ed25519 does not have.
	pub fn ed25519(&self) -> Option<AccountId32> {
		self.ed25519.map(AccountId32::new)
	}
}

/// Returns true if the signature of a text is the account's, sr25519.
pub fn verify_text(account: &[u8; 32], text: &str, signature: &[u8; 64]) -> bool {
	sr25519::verify(&sr25519::Signature(*signature), text, &sr25519::PublicKey(*account))
}

impl subxt::tx::Signer<SubstrateConfig> for Key {
	fn account_id(&self) -> SubxtAccountId {
		SubxtAccountId(self.pair.public_key().0)
	}

	fn sign(&self, payload: &[u8]) -> MultiSignature {
		MultiSignature::Sr25519(self.pair.sign(payload).0)
	}
}

/// Fewest words of a phrase.
const PHRASE_WORDS: usize = 12;
/// Fewest hex digits that look like a seed.
const SEED_DIGITS: usize = 32;

/// Returns true if the name of a file looks like a phrase, or like a seed in hex, with or without
/// derivations.
fn looks_secret(path: &Path) -> bool {
	let name = path.to_string_lossy();
	let name = name.trim();
	let words = name.split("//").next().unwrap_or_default().split_whitespace();
	let is_phrase = words.clone().count() >= PHRASE_WORDS
		&& words.clone().all(|word| word.bytes().all(|byte| byte.is_ascii_alphabetic()));
	let digits =
		name.strip_prefix("0x").map_or(0, |seed| seed.bytes().take_while(u8::is_ascii_hexdigit).count());
	is_phrase || digits >= SEED_DIGITS
}

/// Converts the fault of a phrase, which names words by their positions only.
fn phrase_error(fault: &bip39::Error, source_name: &str) -> KeyError {
	let reason = match fault {
		bip39::Error::InvalidChecksum => {
			"its check sum is wrong; a word is another one or stands in another place".into()
		}
		bip39::Error::UnknownWord(position) => {
			format!("word {} is not in the list of English BIP-39 words", position.saturating_add(1))
		}
		bip39::Error::BadWordCount(count) => {
			format!("it has {count} words, and a phrase has 12, 15, 18, 21 or 24")
		}
		_ => return KeyError::Malformed { source_name: source_name.into() },
	};
	KeyError::Phrase { source_name: source_name.into(), reason }
}

/// Returns true if others than its owner can read a key file. One that systemd shows to a single service is
/// nobody else's, whatever its mode says.
pub fn is_exposed(path: &Path) -> bool {
	let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").filter(|folder| !folder.is_empty());
	let is_credential = credentials.is_some_and(|folder| path.starts_with(folder));
	!is_credential && path.metadata().is_ok_and(|metadata| readable_by_others(&metadata))
}

#[cfg(unix)]
fn readable_by_others(metadata: &std::fs::Metadata) -> bool {
	use std::os::unix::fs::PermissionsExt;
	metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn readable_by_others(_: &std::fs::Metadata) -> bool {
	false
}

/// Writes a key file that did not exist.
fn create(path: &Path, content: &str) -> Result<(), KeyError> {
	write_new(path, content).map_err(|source| match source.kind() {
		io::ErrorKind::AlreadyExists => KeyError::Exists(path.into()),
		_ => KeyError::File { path: path.into(), source },
	})
}

/// Writes a file that did not exist, readable by its owner only from the first moment.
fn write_new(path: &Path, content: &str) -> io::Result<()> {
	use io::Write;
	let mut options = std::fs::OpenOptions::new();
	options.write(true).create_new(true);
	#[cfg(unix)]
	std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
	let mut file = options.open(path)?;
	file.write_all(content.as_bytes())?;
	file.sync_all()
}

#[cfg(test)]
mod tests {
	use super::*;

	const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
	const PHRASE: &str = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";

	#[test]
	fn all_kinds_of_secret_uris() {
		let seed = "0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a";
		for uri in ["//Alice", " //Alice\n", &format!("{PHRASE}//Alice"), seed] {
			assert_eq!(Key::from_uri(uri).unwrap().account().to_string(), ALICE, "{uri}");
		}
		assert_ne!(
			Key::from_uri("//Trainer1").unwrap().account(),
			Key::from_uri("//Trainer2").unwrap().account()
		);
	}

	#[test]
	fn the_same_secret_in_ed25519() {
		let address = |uri: &str| Key::from_uri(uri).unwrap().ed25519().map(|key| key.to_string());
		let alice = Some("5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu".to_string());
		assert_eq!(address("//Alice"), alice);
		assert_eq!(address(&format!("{PHRASE}//Alice")), alice);
		assert_eq!(address("//Alice/soft"), None);
	}

	#[test]
	fn what_is_no_secret_is_refused_and_not_repeated() {
		for uri in ["", " ", "hunter2", "0x1234", "bottom drive obey", "0xzz", "{\"a\":1}"] {
			let error = Key::from_uri(uri).unwrap_err();
			assert!(matches!(error, KeyError::Malformed { .. } | KeyError::Phrase { .. }), "{uri}");
			assert!(uri.trim().is_empty() || !format!("{error} {error:?}").contains(uri), "{uri}");
		}
	}

	#[test]
	fn the_fault_of_a_phrase_is_told_without_its_words() {
		let told = |phrase: &str| {
			let error = Key::from_uri(phrase).unwrap_err().to_string();
			assert!(!phrase.split(' ').any(|word| word.len() > 4 && error.contains(word)), "{error}");
			error
		};
		assert!(told(&PHRASE.replace("walk", "bottom")).contains("check sum is wrong"));
		assert!(told(&format!("{}//Alice", PHRASE.replace("walk", "drive"))).contains("check sum is wrong"));
		assert!(told(&PHRASE.replace("curtain", "curtains")).contains("word 5 is not in the list"));
		assert!(told("bottom drive obey").contains("it has 3 words"));
	}

	#[test]
	fn a_secret_in_place_of_a_name_is_not_repeated() {
		let seed = "0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a";
		let long = [PHRASE; 2].join(" ");
		for secret in [PHRASE, &format!("{PHRASE}//Alice///pass"), seed, &long] {
			for error in [Key::from_file(secret).unwrap_err(), Key::generate(secret).unwrap_err()] {
				assert!(matches!(error, KeyError::NotAName), "{error}");
				assert!(!format!("{error} {error:?}").contains(&secret[..20]));
			}
		}
		for name in ["key", "my keys/the key of mine", "0xabc", "/absent/key.json"] {
			assert!(matches!(Key::from_file(name), Err(KeyError::File { .. })), "{name}");
		}
	}

	#[test]
	fn a_text_is_signed_for_one_account() {
		let (alice, bob) = (Key::from_uri("//Alice").unwrap(), Key::from_uri("//Bob").unwrap());
		let signature = alice.sign_text("<Bytes>a</Bytes>");
		let account = |key: &Key| -> [u8; 32] { key.account().into() };
		assert!(verify_text(&account(&alice), "<Bytes>a</Bytes>", &signature));
		assert!(!verify_text(&account(&alice), "<Bytes>b</Bytes>", &signature));
		assert!(!verify_text(&account(&bob), "<Bytes>a</Bytes>", &signature));
		assert!(!verify_text(&[0xff; 32], "<Bytes>a</Bytes>", &[0xff; 64]));
	}

	#[test]
	fn printing_shows_no_secret() {
		let shown = format!("{:?}", Key::from_uri(&format!("{PHRASE}//Alice")).unwrap());
		assert_eq!(shown, format!("Key({ALICE:?})"));
	}

	#[test]
	fn a_generated_key_is_in_its_file_and_nobody_else_s() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("key");
		let key = Key::generate(&path).unwrap();
		assert_eq!(Key::from_file(&path).unwrap().account(), key.account());
		assert!(!readable_by_others(&std::fs::metadata(&path).unwrap()));
		assert_eq!(std::fs::read_to_string(&path).unwrap().split_whitespace().count(), 12);
		let before = std::fs::read(&path).unwrap();
		assert!(matches!(Key::generate(&path), Err(KeyError::Exists(_))));
		assert_eq!(std::fs::read(&path).unwrap(), before);
		assert_ne!(Key::generate(directory.path().join("other")).unwrap().account(), key.account());
	}

	#[test]
	fn key_files_are_bounded_and_named_in_errors() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("key");
		assert!(matches!(Key::from_file(&path), Err(KeyError::File { .. })));
		std::fs::write(&path, "x".repeat(5000)).unwrap();
		assert!(Key::from_file(&path).unwrap_err().to_string().contains("key holds no secret URI"));
		assert!(matches!(Key::from_file(directory.path()), Err(KeyError::Malformed { .. })));
	}

	#[cfg(unix)]
	#[test]
	fn a_file_that_others_can_read_is_noticed() {
		use std::os::unix::fs::PermissionsExt;
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("key");
		std::fs::write(&path, "//Alice").unwrap();
		for (mode, noticed) in [(0o600, false), (0o640, true), (0o604, true)] {
			std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
			assert_eq!(readable_by_others(&std::fs::metadata(&path).unwrap()), noticed);
		}
	}
}
