use crate::{binaries::Binary, free_port, process::Launch, Process, Rpc};
use anyhow::{ensure, Context, Result};
use std::{
	fs,
	os::unix::fs::PermissionsExt,
	path::{Path, PathBuf},
	process::{Command, Stdio},
};

/// The validators, in the order of the development keys that the node has flags for.
pub(crate) const VALIDATORS: [&str; 6] = ["Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie"];

/// How a node takes part in a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
	/// It validates with a development key.
	Validator(&'static str),
	/// It validates as soon as somebody gives it keys that are in the set: its operator may have it make some.
	Newcomer,
	/// It follows the chain.
	Follower,
}

/// What a node is started with.
#[derive(Clone, Debug)]
pub(crate) struct NodeSetup {
	pub name: String,
	/// How it takes part.
	pub role: Role,
	pub rpc_port: u16,
	pub p2p_port: u16,
	pub evaluator: Option<String>,
	pub folder: PathBuf,
	/// Base58 of its network key's public half.
	pub peer: String,
}

impl NodeSetup {
	/// Picks ports and makes a network key.
	pub(crate) fn new(name: String, role: Role, directory: &Path) -> Result<Self> {
		let folder = directory.join(&name);
		fs::create_dir_all(&folder)?;
		let peer = network_key(&folder.join("network-key"))?;
		Ok(Self { name, role, rpc_port: free_port()?, p2p_port: free_port()?, evaluator: None, folder, peer })
	}

	/// Where others find it.
	pub(crate) fn address(&self) -> String {
		format!("/ip4/127.0.0.1/tcp/{}/p2p/{}", self.p2p_port, self.peer)
	}

	/// Starts it; `others` are the nodes that it is told of.
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
		if let Some(evaluator) = &self.evaluator {
			launch = launch.args(["--evaluator-url", evaluator]);
		}
		if others.is_empty() {
			// Without peers a node believes that it is offline, and does not author.
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
	/// Its process.
	pub process: Process,
	/// Its RPC.
	pub rpc: Rpc,
	/// Where other nodes find it.
	pub(crate) address: String,
}
