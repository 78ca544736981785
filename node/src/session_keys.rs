//! The command `descent-node session-keys`, which makes the keys that a validator's node signs with. It
//! writes them into the keystore itself, so that no caller of the node's RPC has to be allowed to.

use clap::Args;
use codec::Encode;
use descent_runtime::{AccountId, SessionKeys};
use sc_cli::{CliConfiguration, KeystoreParams, SharedParams, SubstrateCli};
use sc_service::{
	config::{BasePath, KeystoreConfig},
	KeystoreContainer,
};
use serde::Serialize;
use sp_core::{Bytes, H256};
use sp_keystore::{KeystoreExt, KeystorePtr};
use sp_state_machine::BasicExternalities;
use std::{
	fs,
	os::unix::fs::MetadataExt,
	path::{Path, PathBuf},
};

const EXAMPLES: &str = "\
Example:
  descent-node session-keys --chain chain.json --base-path /var/lib/descent/node --owner 5Grw.. >keys.json
  descent validator keys --set keys.json --key-file validator.key

The node may run meanwhile, and needs no restart. Run this as the user of the node, with the same --chain \
and --base-path.";

/// Arguments of `descent-node session-keys`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SessionKeysCmd {
	/// The validator's account, for which the keys prove that they are its own
	#[arg(long, value_name = "ACCOUNT")]
	owner: AccountId,

	#[command(flatten)]
	shared: SharedParams,

	#[command(flatten)]
	keystore: KeystoreParams,
}

impl CliConfiguration for SessionKeysCmd {
	fn shared_params(&self) -> &SharedParams {
		&self.shared
	}

	fn keystore_params(&self) -> Option<&KeystoreParams> {
		Some(&self.keystore)
	}
}

/// Public keys that were made, and the proof that somebody has their secrets: the owner's account, signed
/// with each of them.
#[derive(Debug, Serialize)]
struct Made {
	owner: AccountId,
	babe: H256,
	grandpa: H256,
	evaluator: H256,
	proof: Bytes,
}

impl SessionKeysCmd {
	/// Makes keys, and prints the public ones as JSON.
	///
	/// # Errors
	/// Fails if the chain or its keystore can't be read, or the keystore belongs to another user.
	pub(crate) fn run<C: SubstrateCli>(&self, cli: &C) -> sc_cli::Result<()> {
		let base = self.base_path()?.unwrap_or_else(|| BasePath::from_project("", "", &C::executable_name()));
		let chain = self.chain_id(self.shared.is_dev())?;
		let config_dir = base.config_dir(cli.load_spec(&chain)?.id());
		let config = self.keystore_config(&config_dir)?;
		let path = config.path().map(PathBuf::from).unwrap_or_default();
		is_own(&path, fs::metadata("/proc/self")?.uid()).map_err(sc_cli::Error::Input)?;
		let made = make(keystore(&config)?, &self.owner);
		println!("{}", serde_json::to_string_pretty(&made).map_err(|error| error.to_string())?);
		eprintln!("The secrets are in {}.", path.display());
		Ok(())
	}
}

fn keystore(config: &KeystoreConfig) -> sc_cli::Result<KeystorePtr> {
	Ok(KeystoreContainer::new(config)?.keystore())
}

/// Checks that a keystore, if it is there, belongs to this user. A node can't read the keys of another.
fn is_own(keystore: &Path, user: u32) -> Result<(), String> {
	match fs::metadata(keystore) {
		Ok(folder) if folder.uid() != user => Err(format!(
			"{} belongs to the user {}, whose node could not read keys of the user {user}: run this as that \
			 user, e.g. with sudo -u",
			keystore.display(),
			folder.uid()
		)),
		_ => Ok(()),
	}
}

/// Makes keys in a keystore.
fn make(keystore: KeystorePtr, owner: &AccountId) -> Made {
	let mut externalities = BasicExternalities::default();
	externalities.register_extension(KeystoreExt::from(keystore));
	let generated = externalities.execute_with(|| SessionKeys::generate(&owner.encode(), None));
	let SessionKeys { babe, grandpa, evaluator } = generated.keys;
	let public = |key: &[u8]| H256::from_slice(key);
	Made {
		owner: owner.clone(),
		babe: public(babe.as_ref()),
		grandpa: public(grandpa.as_ref()),
		evaluator: public(evaluator.as_ref()),
		proof: Bytes(generated.proof.encode()),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_core::crypto::KeyTypeId;
	use sp_runtime::traits::OpaqueKeys;

	const OWNER: [u8; 32] = [7; 32];

	#[test]
	fn the_secrets_are_in_the_keystore_and_the_proof_is_the_owners() {
		let folder = tempfile::tempdir().unwrap();
		let config = KeystoreConfig::Path { path: folder.path().join("keystore"), password: None };
		let keystore = keystore(&config).unwrap();
		let made = make(keystore.clone(), &OWNER.into());
		let parts = [(made.babe, *b"babe"), (made.grandpa, *b"gran"), (made.evaluator, *b"eval")];
		let secrets: Vec<_> =
			parts.iter().map(|(key, kind)| (key.as_bytes().to_vec(), KeyTypeId(*kind))).collect();
		assert!(keystore.has_keys(&secrets));
		let keys = parts.map(|(key, _)| key.0).concat();
		let keys = <SessionKeys as codec::Decode>::decode(&mut &keys[..]).unwrap();
		assert!(keys.ownership_proof_is_valid(&OWNER, &made.proof));
		assert!(!keys.ownership_proof_is_valid(&[8; 32], &made.proof), "it proves nothing to anybody else");
		assert_ne!(make(keystore, &OWNER.into()).babe, made.babe, "each call makes new ones");
	}

	#[test]
	fn a_keystore_of_another_user_is_refused() {
		let folder = tempfile::tempdir().unwrap();
		let user = fs::metadata(folder.path()).unwrap().uid();
		is_own(folder.path(), user).unwrap();
		is_own(&folder.path().join("absent"), user + 1).unwrap();
		assert!(is_own(folder.path(), user + 1).unwrap_err().contains("sudo -u"));
	}
}
