//! Work of operators: they find faults by `descent doctor`, sign by proxies, look before they sign, and use
//! keys of wallets.

mod doctor;
mod keys;

use anyhow::{ensure, Context, Result};
use descent_integration_tests::{scenario, Binary, Network};
use serde_json::{json, Value};
use std::{
	path::{Path, PathBuf},
	process::Stdio,
	time::Duration,
};

/// Longest time of a command.
const LIMIT: Duration = Duration::from_secs(120);

/// A user of this machine, with a home directory of its own.
struct User {
	home: PathBuf,
	environment: Vec<(&'static str, String)>,
}

/// The output of a command.
struct Printed {
	status: i32,
	json: Value,
	errors: String,
}

impl User {
	fn new(home: PathBuf) -> Result<Self> {
		std::fs::create_dir_all(home.join(".config/descent"))?;
		Ok(Self { home, environment: Vec::new() })
	}

	/// The same user, with a variable set.
	fn with(&self, name: &'static str, value: impl Into<String>) -> Self {
		let mut environment = self.environment.clone();
		environment.push((name, value.into()));
		Self { home: self.home.clone(), environment }
	}

	/// Path of a file in the folder of the configuration.
	fn configuration(&self, name: &str) -> PathBuf {
		self.home.join(".config/descent").join(name)
	}

	/// Runs `descent --json` with nothing in its environment but the user's home and variables.
	async fn descent(&self, arguments: &[&str]) -> Result<Printed> {
		let command = tokio::process::Command::new(Binary::Cli.path()?)
			.arg("--json")
			.args(arguments)
			.env_clear()
			.env("HOME", &self.home)
			.envs(self.environment.iter().map(|(name, value)| (name, value)))
			.stdin(Stdio::null())
			.kill_on_drop(true)
			.output();
		let output = tokio::time::timeout(LIMIT, command).await.context("descent did not end")??;
		Ok(Printed {
			status: output.status.code().context("descent was killed")?,
			json: serde_json::from_slice(&output.stdout).unwrap_or_default(),
			errors: String::from_utf8_lossy(&output.stderr).into_owned(),
		})
	}
}

/// Writes a file that its owner alone can read.
fn write_secret(path: &Path, text: &str) -> Result<()> {
	use std::os::unix::fs::PermissionsExt;
	std::fs::write(path, text)?;
	Ok(std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?)
}

/// Checks that a validator started as ever refuses its callers on loopback what would change it: a page in a
/// browser beside it is one of them.
async fn no_page_of_a_browser_changes_a_node(network: &Network) -> Result<()> {
	let rpc = &network.nodes[0].rpc;
	let account = json!([format!("0x{}", "07".repeat(32))]);
	for (method, parameters) in [
		("author_rotateKeys", json!([])),
		("author_rotateKeysWithOwner", account),
		("author_insertKey", json!(["babe", "//Mallory", "0x00"])),
		("offchain_localStorageSet", json!(["PERSISTENT", "0x00", "0x00"])),
		("system_addReservedPeer", json!(["/ip4/127.0.0.1/tcp/1"])),
	] {
		let answer = rpc.call::<Value>(method, parameters).await;
		let error = answer.err().with_context(|| format!("{method} was carried out"))?;
		ensure!(error.to_string().contains("unsafe"), "{method}: {error}");
	}
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_find_faults_and_keep_their_keys_apart() -> Result<()> {
	scenario(Network::builder().validators(2).followers(1), async |network| {
		no_page_of_a_browser_changes_a_node(network).await?;
		let user = User::new(network.directory().join("operator"))?;
		keys::session_keys_are_set_by_their_owner_from_their_keystore(network, &user).await?;
		keys::a_proxy_bonds_for_a_cold_account_and_does_nothing_else(network, &user).await?;
		keys::a_dry_run_tells_the_costs_and_sends_nothing(network, &user).await?;
		keys::a_key_of_a_wallet_signs_with_its_password(network, &user).await?;
		doctor::faults_are_found_with_their_remedies(network, &user).await
	})
	.await
}
