use crate::{binaries::Binary, free_port, launch::Launch, Process, Rpc};
use anyhow::{ensure, Context, Result};
use std::{
	fs,
	os::unix::fs::PermissionsExt,
	path::{Path, PathBuf},
	process::{Command, Stdio},
};

const LOOPBACK: &str = "127.0.0.1";
/// Names of the validators: first those of the development keys that the node has flags for.
pub(crate) const VALIDATORS: [&str; 10] =
	["Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie", "Grace", "Heidi", "Ivan", "Judy"];
/// Number of the validators whose names are flags of the node. They alone have a balance in the presets.
pub(crate) const WELL_KNOWN: usize = 6;
/// Type and scheme of the key that signs blocks.
pub(crate) const BABE: (&str, &str) = ("babe", "sr25519");
/// Type and scheme of each session key.
pub(crate) const SESSION_KEYS: [(&str, &str); 3] = [BABE, ("gran", "ed25519"), ("eval", "sr25519")];

/// A network namespace, as `ip netns` has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
	/// Name of the namespace.
	pub namespace: String,
	/// IPv4 address that the others and this process reach it at.
	pub address: String,
}

/// Role of a node in a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
	/// The node validates with the keys of this name.
	Validator(&'static str),
	/// The node validates as soon as it has keys that are in the set.
	Newcomer,
	/// The node follows the chain.
	Follower,
}

/// Parameters of a node.
#[derive(Clone, Debug)]
pub(crate) struct NodeSetup {
	pub name: String,
	/// Role of the node.
	pub role: Role,
	pub rpc_port: u16,
	pub p2p_port: u16,
	/// Addresses of its evaluators, in the order in which they are asked.
	pub evaluators: Vec<String>,
	pub folder: PathBuf,
	/// Namespace that it runs in; that of this process if there is none.
	pub host: Option<Host>,
	/// Public half of the network key, in base58.
	pub peer: String,
}

impl NodeSetup {
	/// Picks ports and makes a network key.
	pub(crate) fn new(name: String, role: Role, directory: &Path) -> Result<Self> {
		let folder = directory.join(&name);
		fs::create_dir_all(&folder)?;
		let peer = network_key(&folder.join("network-key"))?;
		Ok(Self {
			name,
			role,
			rpc_port: free_port()?,
			p2p_port: free_port()?,
			evaluators: Vec::new(),
			folder,
			host: None,
			peer,
		})
	}

	/// Multiaddress for other nodes.
	pub(crate) fn address(&self) -> String {
		format!("/ip4/{}/tcp/{}/p2p/{}", self.ip(), self.p2p_port, self.peer)
	}

	/// Address that others reach it at.
	fn ip(&self) -> &str {
		self.host.as_ref().map_or(LOOPBACK, |host| &host.address)
	}

	/// Directory of its data.
	pub(crate) fn base_path(&self) -> PathBuf {
		self.folder.join("chain")
	}

	/// Starts the node with `others` as its boot nodes.
	pub(crate) fn start(
		self,
		chain: &str,
		others: &[String],
		options: &[String],
		logs: &Path,
	) -> Result<Node> {
		let mut launch = Launch::new(&self.name, Binary::Node.path()?, logs)
			.args(["--chain", chain, "--name", &self.name])
			.args(["--no-telemetry", "--no-prometheus", "--no-mdns"])
			.args(["--rpc-port", &self.rpc_port.to_string()])
			.args(["--listen-addr", &format!("/ip4/{}/tcp/{}", self.ip(), self.p2p_port)])
			.arg("--base-path")
			.arg(self.base_path())
			.arg("--node-key-file")
			.arg(self.folder.join("network-key"));
		launch = match self.role {
			Role::Validator(name) if VALIDATORS[..WELL_KNOWN].contains(&name) => {
				launch.arg(format!("--{}", name.to_lowercase()))
			}
			Role::Validator(name) => {
				insert_session_keys(chain, &self.base_path(), &format!("//{name}"), &SESSION_KEYS)?;
				launch.arg("--validator")
			}
			Role::Newcomer => launch.arg("--validator"),
			Role::Follower => launch,
		};
		if let Some(host) = &self.host {
			launch = launch.inside(&host.namespace).args(["--unsafe-rpc-external", "--rpc-cors", "all"]);
		}
		for evaluator in &self.evaluators {
			launch = launch.args(["--evaluator-url", evaluator]);
		}
		if others.is_empty() {
			// Without peers a node believes that it is offline and does not author.
			launch = launch.arg("--force-authoring");
		} else {
			launch = launch.arg("--bootnodes").args(others);
		}
		let process = Process::spawn(launch.args(options))?;
		let (rpc, address) = (Rpc::at(self.ip(), self.rpc_port), self.address());
		let base_path = self.base_path();
		Ok(Node { process, rpc, address, base_path, evaluators: self.evaluators })
	}
}

/// Makes a network key in a file that only its owner can read, and returns the peer id.
fn network_key(file: &Path) -> Result<String> {
	offline(&["key", "generate-node-key", "--file", argument(file)?])?;
	fs::set_permissions(file, fs::Permissions::from_mode(0o600))?;
	offline(&["key", "inspect-node-key", "--file", argument(file)?])
		.context("the peer id of a network key is not known")
}

/// Runs a command of `descent-node` that needs no running node, and returns its output.
pub(crate) fn offline(arguments: &[&str]) -> Result<String> {
	let output = Command::new(Binary::Node.path()?).args(arguments).stdin(Stdio::null()).output()?;
	let error = String::from_utf8_lossy(&output.stderr);
	ensure!(output.status.success(), "descent-node {} failed: {error}", arguments.join(" "));
	Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Returns a path as an argument of [`offline`].
pub(crate) fn argument(path: &Path) -> Result<&str> {
	path.to_str().with_context(|| format!("the path {} is not UTF-8", path.display()))
}

/// Puts session keys of a secret URI into the keystore below `base_path`.
pub(crate) fn insert_session_keys(
	chain: &str,
	base_path: &Path,
	uri: &str,
	keys: &[(&str, &str)],
) -> Result<()> {
	for (kind, scheme) in keys {
		let key = ["key", "insert", "--suri", uri, "--key-type", kind, "--scheme", scheme];
		let node = ["--chain", chain, "--base-path", argument(base_path)?];
		offline(&[&key[..], &node].concat())?;
	}
	Ok(())
}

/// A node of the network.
#[derive(Debug)]
pub struct Node {
	/// Process of the node.
	pub process: Process,
	/// Client of the node's RPC.
	pub rpc: Rpc,
	/// Multiaddress for other nodes.
	pub(crate) address: String,
	/// Directory of its data, `--base-path`.
	pub base_path: PathBuf,
	/// Addresses of its evaluators, in the order in which they are asked.
	pub evaluators: Vec<String>,
}
