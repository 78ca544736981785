//! The file with a user's defaults: the networks by name, and the key to sign with.

use anyhow::{anyhow, bail, ensure, Context, Result};
use etcetera::{base_strategy::Xdg, BaseStrategy};
use serde::{Deserialize, Deserializer};
use std::{
	collections::BTreeMap,
	env,
	fs::File,
	io::{ErrorKind, Read},
	path::{Path, PathBuf},
};

/// Variable of the environment with addresses of nodes, and commas between them.
const NODE_VARIABLE: &str = "DESCENT_NODE";
/// Variable of the environment with the name of a network.
const NETWORK_VARIABLE: &str = "DESCENT_NETWORK";
/// Variable of the environment with a secret URI, which is taken before the key file of the configuration.
const SURI_VARIABLE: &str = "DESCENT_SURI";
/// The largest configuration file that is read, in bytes.
const LARGEST_FILE: u64 = 1 << 16;

/// A user's configuration, `config.toml` in `$XDG_CONFIG_HOME/descent` or `~/.config/descent`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
	/// Name of the network that is asked where the command names none.
	pub network: Option<String>,
	/// File with the key that signs where the command names none. `~/` is the home directory.
	pub key_file: Option<PathBuf>,
	/// The networks by their names.
	#[serde(default)]
	pub networks: BTreeMap<String, Network>,
}

/// A network as the configuration names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
	/// Addresses of its nodes, which are asked in turn.
	pub nodes: Vec<String>,
	/// Hash of its first block: nodes of another chain are refused.
	#[serde(default, deserialize_with = "genesis")]
	pub genesis: Option<[u8; 32]>,
}

/// Nodes to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nodes {
	/// Their addresses, at least one, which are asked in turn.
	pub urls: Vec<String>,
	/// Hash of the first block of the chain that they have to be of, if it is known.
	pub genesis: Option<[u8; 32]>,
}

/// The nodes or the network that the environment names.
#[derive(Debug, Default)]
struct Environment {
	nodes: Option<String>,
	network: Option<String>,
}

fn genesis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<[u8; 32]>, D::Error> {
	let text = String::deserialize(deserializer)?;
	let mut bytes = [0; 32];
	let digits = text.strip_prefix("0x").unwrap_or(&text);
	match hex::decode_to_slice(digits, &mut bytes) {
		Ok(()) => Ok(Some(bytes)),
		Err(_) => Err(serde::de::Error::custom("a genesis is 0x and 64 hexadecimal digits")),
	}
}

/// Returns the folder of the user's configuration; `None` where there is no home directory.
#[must_use]
pub fn folder() -> Option<PathBuf> {
	Xdg::new().ok().map(|directories| directories.config_dir().join("descent"))
}

impl Config {
	/// Returns the path of the file, which need not exist; `None` where there is no home directory.
	#[must_use]
	pub fn path() -> Option<PathBuf> {
		folder().map(|folder| folder.join("config.toml"))
	}

	/// Reads the file. One that does not exist is an empty one.
	///
	/// # Errors
	/// Fails if it can't be read, or holds what a configuration does not have.
	pub fn load() -> Result<Self> {
		match Self::path() {
			None => Ok(Self::default()),
			Some(path) => Self::read(&path),
		}
	}

	fn read(path: &Path) -> Result<Self> {
		let name = path.display();
		let file = match File::open(path) {
			Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
			file => file.with_context(|| format!("configuration {name}"))?,
		};
		let mut text = String::new();
		let bound = LARGEST_FILE.saturating_add(1);
		file.take(bound).read_to_string(&mut text).with_context(|| format!("configuration {name}"))?;
		ensure!(
			text.len() < usize::try_from(bound)?,
			"configuration {name} is larger than {LARGEST_FILE} bytes"
		);
		// The text itself is not repeated: a secret may have been written into the wrong file.
		let config: Self = toml::from_str(&text).map_err(|error| {
			let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
			let line = before.matches('\n').count().saturating_add(1);
			anyhow!("configuration {name}, line {line}: {}", error.message())
		})?;
		let empty = config.networks.iter().find(|(_, network)| network.nodes.is_empty());
		if let Some((network, _)) = empty {
			bail!("configuration {name}: the network {network} has no nodes; write nodes = [\"wss://..\"]");
		}
		Ok(config)
	}

	/// Returns the nodes to ask: those given; or those of the network that is given, that the environment
	/// names, or that is the default; or the one at the address `default`.
	fn nodes(
		&self,
		given: &[String],
		network: Option<&str>,
		environment: &Environment,
		default: &str,
	) -> Result<Nodes> {
		let addresses = |urls: Vec<String>| Ok(Nodes { urls, genesis: None });
		match (given, network) {
			([_, ..], Some(_)) => {
				bail!("give the nodes with --node, or the network with --network, not both")
			}
			(given @ [_, ..], None) => return addresses(given.to_vec()),
			([], Some(name)) => return self.network(name),
			([], None) => {}
		}
		if let Some(nodes) = environment.nodes.as_deref().filter(|nodes| !nodes.is_empty()) {
			return addresses(nodes.split(',').map(|node| node.trim().to_owned()).collect());
		}
		match environment.network.as_deref().or(self.network.as_deref()) {
			Some(name) => self.network(name),
			None => addresses(vec![default.to_owned()]),
		}
	}

	fn network(&self, name: &str) -> Result<Nodes> {
		let Some(network) = self.networks.get(name) else {
			let known: Vec<_> = self.networks.keys().map(String::as_str).collect();
			let path = Self::path().unwrap_or_else(|| "config.toml".into());
			bail!(
				"there is no network {name} in {}; its networks: {}",
				path.display(),
				if known.is_empty() { "none".into() } else { known.join(", ") }
			);
		};
		Ok(Nodes { urls: network.nodes.clone(), genesis: network.genesis })
	}
}

/// Returns the nodes to ask: those given by `--node`; or those of the network given by `--network`, in
/// `DESCENT_NODE`, of the network in `DESCENT_NETWORK`, or of the configuration's default network; or the one
/// at the address `default`.
///
/// # Errors
/// Fails if nodes and a network are given, if the network is not in the configuration, or if that can't be
/// read.
pub fn nodes(given: &[String], network: Option<&str>, default: &str) -> Result<Nodes> {
	// An empty variable is none.
	let variable = |name: &str| env::var(name).ok().filter(|text| !text.is_empty());
	let environment = Environment { nodes: variable(NODE_VARIABLE), network: variable(NETWORK_VARIABLE) };
	let named = network.is_some() || environment.network.is_some();
	// What the file holds is of no account where the nodes are named.
	let config = match (given, &environment.nodes) {
		([_, ..], _) => Config::default(),
		(_, Some(_)) if !named => Config::default(),
		_ => Config::load()?,
	};
	config.nodes(given, network, &environment, default)
}

/// Returns the file of the key to sign with: the one given, or that of the configuration, or `key` in the
/// configuration's folder; `None` where there is none, or the environment has a key in `DESCENT_SURI`.
///
/// # Errors
/// Fails if the configuration can't be read.
pub fn key_file(given: Option<&Path>) -> Result<Option<PathBuf>> {
	if given.is_some() || env::var_os(SURI_VARIABLE).is_some() {
		return Ok(given.map(Path::to_path_buf));
	}
	if let Some(file) = Config::load()?.key_file {
		return Ok(Some(expanded(file)));
	}
	Ok(default_key_file().filter(|file| file.exists()))
}

/// Returns the file of a user's key where the configuration names none; `None` where there is no home
/// directory.
#[must_use]
pub fn default_key_file() -> Option<PathBuf> {
	folder().map(|folder| folder.join("key"))
}

/// Returns a path whose `~/` is the home directory.
fn expanded(path: PathBuf) -> PathBuf {
	match (path.strip_prefix("~"), etcetera::home_dir()) {
		(Ok(rest), Ok(home)) => home.join(rest),
		_ => path,
	}
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
