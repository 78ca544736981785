//! The keystore of a node on this machine. The names of its files are a key's type and the public key, in
//! hexadecimal; the files themselves are not read.

use descent_client::H256;
use std::{
	env, fs, io,
	path::{Path, PathBuf},
};

/// Types of the session keys: babe, grandpa, evaluator.
const TYPES: [&str; 3] = ["babe", "gran", "eval"];

/// Place of session keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
	/// This keystore has all of them.
	Here(PathBuf),
	/// No keystore on this machine has all of them.
	Elsewhere,
	/// No keystore is in the folders that were looked at.
	NoKeystore,
}

/// Looks for session keys (babe, grandpa, evaluator) in the keystores of nodes whose data is in one of the
/// folders, or in its folder `node`.
///
/// # Errors
/// Fails if a keystore may not be looked at.
pub(crate) fn look(folders: &[PathBuf], keys: &[H256; 3]) -> io::Result<Place> {
	let names: Vec<_> = TYPES
		.iter()
		.zip(keys)
		.map(|(kind, key)| format!("{}{}", hex::encode(kind), hex::encode(key)))
		.collect();
	let mut place = Place::NoKeystore;
	for folder in folders.iter().flat_map(|folder| [folder.clone(), folder.join("node")]) {
		for keystore in keystores(&folder)? {
			if names.iter().all(|name| keystore.join(name).exists()) {
				return Ok(Place::Here(keystore));
			}
			place = Place::Elsewhere;
		}
	}
	Ok(place)
}

/// The keystores of a node's chains.
fn keystores(folder: &Path) -> io::Result<Vec<PathBuf>> {
	let chains = match fs::read_dir(folder.join("chains")) {
		Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
			return Ok(Vec::new())
		}
		chains => chains?,
	};
	let mut keystores = Vec::new();
	for chain in chains {
		let keystore = chain?.path().join("keystore");
		match fs::read_dir(&keystore) {
			Ok(_) => keystores.push(keystore),
			Err(error) if error.kind() == io::ErrorKind::NotFound => {}
			Err(error) => return Err(error),
		}
	}
	Ok(keystores)
}

/// The folder of the programs' data that the book names, if it is there.
pub(crate) fn default_folder() -> Option<PathBuf> {
	let home = env::var_os("HOME").map(PathBuf::from);
	home.map(|home| home.join(".local/share/descent")).filter(|folder| folder.exists())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn keys_are_found_where_all_three_are() {
		let folder = tempfile::tempdir().unwrap();
		let data = [folder.path().to_path_buf()];
		let keys = [1, 2, 3].map(H256::repeat_byte);
		assert_eq!(look(&data, &keys).unwrap(), Place::NoKeystore);
		assert_eq!(look(&[folder.path().join("absent")], &keys).unwrap(), Place::NoKeystore);
		let keystore = folder.path().join("node/chains/local/keystore");
		fs::create_dir_all(&keystore).unwrap();
		fs::create_dir_all(folder.path().join("node/chains/other")).unwrap();
		assert_eq!(look(&data, &keys).unwrap(), Place::Elsewhere);
		// As Substrate names them.
		for (at, kind) in (1u8..).zip(["62616265", "6772616e", "6576616c"]) {
			assert_eq!(look(&data, &keys).unwrap(), Place::Elsewhere);
			fs::write(keystore.join(format!("{kind}{}", format!("{at:02}").repeat(32))), "").unwrap();
		}
		assert_eq!(look(&data, &keys).unwrap(), Place::Here(keystore.clone()));
		assert_eq!(look(&[folder.path().join("node")], &keys).unwrap(), Place::Here(keystore));
		assert_eq!(look(&data, &[2, 1, 3].map(H256::repeat_byte)).unwrap(), Place::Elsewhere);
	}
}
