use crate::{binaries::Binary, free_port, launch::Launch, Process, Rpc};
use anyhow::{ensure, Context, Result};
use std::{
	fs,
	os::unix::fs::PermissionsExt,
	path::{Path, PathBuf},
	process::{Command, Stdio},
};

/// Names of the validators, in the order of the development keys that the node has flags for.
pub(crate) const VALIDATORS: [&str; 6] = ["Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie"];

/// Role of a node in a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
	/// The node validates with a development key.
	Validator(&'static str),
	/// The node validates as soon as it has keys that are in the set. Its operator may have it make some.
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
			peer,
		})
	}

	/// Multiaddress for other nodes.
	pub(crate) fn address(&self) -> String {
		format!("/ip4/127.0.0.1/tcp/{}/p2p/{}", self.p2p_port, self.peer)
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
			.args(["--listen-addr", &format!("/ip4/127.0.0.1/tcp/{}", self.p2p_port)])
			.arg("--base-path")
			.arg(self.folder.join("chain"))
			.arg("--node-key-file")
			.arg(self.folder.join("network-key"));
		launch = match self.role {
			Role::Validator(key) => launch.arg(format!("--{}", key.to_lowercase())),
			Role::Newcomer => launch.args(["--validator", "--rpc-methods", "unsafe"]),
			Role::Follower => launch,
		};
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
		Ok(Node { process, rpc: Rpc::new(self.rpc_port), address: self.address() })
	}
}

/// Makes a network key in a file that only its owner can read, and returns the peer id.
fn network_key(file: &Path) -> Result<String> {
	let node = Binary::Node.path()?;
	let run = |arguments: &[&str]| -> Result<String> {
		let output = Command::new(&node)
			.args(["key"])
			.args(arguments)
			.arg("--file")
			.arg(file)
			.stdin(Stdio::null())
			.output()?;
		let error = String::from_utf8_lossy(&output.stderr);
		ensure!(output.status.success(), "descent-node key {} failed: {error}", arguments.join(" "));
		Ok(String::from_utf8(output.stdout)?.trim().to_owned())
	};
	run(&["generate-node-key"])?;
	fs::set_permissions(file, fs::Permissions::from_mode(0o600))?;
	run(&["inspect-node-key"]).context("the peer id of a network key is not known")
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
}
