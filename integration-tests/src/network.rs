use crate::{
	account::Account,
	binaries::Binary,
	builder::NetworkBuilder,
	chain_spec::chain,
	folder::Folder,
	free_port,
	launch::Launch,
	node::{argument, insert_session_keys, offline, Node, NodeSetup, Role, BABE, SESSION_KEYS, VALIDATORS},
	process::stop_all,
	trainer::{Trainer, TrainerSetup},
	wait_until, Process,
};
use anyhow::{ensure, Context, Result};
use std::{
	net::SocketAddr,
	path::{Path, PathBuf},
	time::Duration,
};

/// Longest time for nodes to start: compiling the runtime takes some seconds, and longer with several nodes
/// on few cores.
const STARTUP: Duration = Duration::from_secs(300);

impl NetworkBuilder {
	/// Starts the nodes and the evaluators, and waits until all of them answer and blocks are finalized.
	///
	/// # Errors
	/// Fails if one does not start, with the end of its log.
	pub async fn start(self) -> Result<Network> {
		let folder = Folder::new(self.directory.clone())?;
		let logs = folder.path().join("logs");
		std::fs::create_dir_all(&logs)?;
		let mut network = Network {
			nodes: Vec::new(),
			evaluators: Vec::new(),
			gateway: None,
			dashboard: None,
			trainers: Vec::new(),
			validators: Vec::new(),
			chain: String::new(),
			options: self.node_options.clone(),
			logs,
			failed: false,
			folder,
		};
		let started = network.launch(&self).await;
		network.note_failure(started)?;
		Ok(network)
	}
}

/// The processes of a network, each with its own data below one folder. All of them are killed when it is
/// dropped.
pub struct Network {
	/// The nodes, validators first.
	pub nodes: Vec<Node>,
	/// The evaluators of the validators, in the order of the validators.
	pub evaluators: Vec<Process>,
	/// Gateway that serves model descriptions and data, and its address. It is started on first use.
	gateway: Option<(Process, String)>,
	/// Dashboard of the first node.
	dashboard: Option<Process>,
	/// The trainers.
	pub trainers: Vec<Trainer>,
	/// The validators of genesis.
	validators: Vec<Account>,
	/// Chain spec of the nodes: a preset or a file.
	chain: String,
	options: Vec<String>,
	logs: PathBuf,
	failed: bool,
	/// The last field, so that the folder is deleted after every process that writes into it has ended.
	folder: Folder,
}

impl Network {
	/// Returns a builder of a network that by default has four validators with their evaluators.
	pub fn builder() -> NetworkBuilder {
		NetworkBuilder {
			validators: 4,
			newcomers: 0,
			followers: 0,
			evaluators: true,
			external: Vec::new(),
			machines: Vec::new(),
			dead_evaluators: Vec::new(),
			genesis_code: None,
			minimum_seats: None,
			funding_grace: None,
			node_options: Vec::new(),
			hosts: Vec::new(),
			directory: None,
		}
	}

	/// Folder of the processes' data.
	pub fn directory(&self) -> &Path {
		self.folder.path()
	}

	/// Folder of the processes' logs.
	pub fn logs(&self) -> &Path {
		&self.logs
	}

	/// Accounts of the validators that the chain begins with.
	pub fn validators(&self) -> &[Account] {
		&self.validators
	}

	async fn launch(&mut self, builder: &NetworkBuilder) -> Result<()> {
		let directory = self.directory().to_owned();
		self.chain = chain(builder, &directory)?;
		self.validators = VALIDATORS[..builder.validators]
			.iter()
			.map(|name| Account::from_uri(&format!("//{name}")))
			.collect::<Result<_>>()?;
		let roles = (0..builder.validators)
			.map(|index| Role::Validator(VALIDATORS[index]))
			.chain((0..builder.newcomers).map(|_| Role::Newcomer))
			.chain((0..builder.followers).map(|_| Role::Follower));
		let mut setups = Vec::new();
		for (index, role) in roles.enumerate() {
			let name = match role {
				Role::Validator(key) => key.to_lowercase(),
				Role::Newcomer => format!("newcomer{}", index - builder.validators),
				Role::Follower => format!("follower{}", index - builder.validators - builder.newcomers),
			};
			let mut setup = NodeSetup::new(name, role, &directory)?;
			setup.host = builder.hosts.get(index).cloned();
			let external = builder.external.iter().find(|(validator, _)| *validator == index);
			if builder.dead_evaluators.contains(&index) {
				setup.evaluators.push(format!("http://127.0.0.1:{}", free_port()?));
			}
			if let Some((_, address)) = external {
				setup.evaluators.push(address.clone());
			} else if builder.evaluators && role != Role::Follower {
				let port = free_port()?;
				setup.evaluators.push(format!("http://127.0.0.1:{port}"));
				self.evaluators.push(self.start_evaluator(builder, index, &setup.name, port)?);
			}
			setups.push(setup);
		}
		let addresses: Vec<String> = setups.iter().map(NodeSetup::address).collect();
		for (index, setup) in setups.into_iter().enumerate() {
			let mut others = addresses.clone();
			others.remove(index);
			self.nodes.push(setup.start(&self.chain, &others, &self.options, &self.logs)?);
		}
		for evaluator in &mut self.evaluators {
			ready(evaluator).await?;
		}
		for index in 0..self.nodes.len() {
			self.finalizes(index, 1, STARTUP).await?;
		}
		Ok(())
	}

	fn start_evaluator(
		&self,
		builder: &NetworkBuilder,
		index: usize,
		validator: &str,
		port: u16,
	) -> Result<Process> {
		let name = format!("{validator}-evaluator");
		let launch = Launch::new(&name, Binary::Worker.path()?, &self.logs)
			.args(["evaluate", "--json", "--threads", "1", "--allow-private"])
			.args(["--listen", &format!("127.0.0.1:{port}")])
			.arg("--data")
			.arg(self.directory().join(&name));
		Process::spawn(builder.force(index, launch))
	}

	/// Waits until a node has finalized a block of at least this number.
	///
	/// # Errors
	/// Fails if it has ended, or the deadline passes.
	pub async fn finalizes(&mut self, node: usize, number: u32, deadline: Duration) -> Result<()> {
		let Node { process, rpc, .. } = &mut self.nodes[node];
		let what = format!("{} has finalized block {number}", process.name());
		let alive = wait_until(&what, deadline, async || {
			if !process.is_running() {
				return Ok(Some(false));
			}
			Ok((rpc.finalized().await?.0 >= number).then_some(true))
		})
		.await?;
		ensure!(alive, "{} has ended:\n{}", process.name(), process.tail(20));
		Ok(())
	}

	/// Starts a second node that authors with a validator's key, which makes the validator equivocate. It has
	/// no other duty of a validator and becomes the last of the nodes.
	///
	/// # Errors
	/// Fails if there is no such validator, or the node can't be started or does not take the key.
	pub async fn start_duplicate(&mut self, validator: usize) -> Result<()> {
		let account = self.validators.get(validator).context("there is no such validator")?;
		let name = format!("{}-double", VALIDATORS[validator].to_lowercase());
		let setup = NodeSetup::new(name, Role::Newcomer, self.directory())?;
		insert_session_keys(&self.chain, &setup.base_path(), account.uri(), &[BABE])?;
		let others: Vec<String> = self.nodes.iter().map(|node| node.address.clone()).collect();
		self.nodes.push(setup.start(&self.chain, &others, &self.options, &self.logs)?);
		Ok(())
	}

	/// Makes session keys of an account in the keystore of the node whose data is in `base_path`, and returns
	/// what `descent validator keys --set` reads.
	///
	/// # Errors
	/// Fails if `descent-node session-keys` does.
	pub fn make_session_keys(&self, base_path: &Path, owner: &Account) -> Result<String> {
		let (owner, base_path) = (owner.id().to_string(), argument(base_path)?);
		offline(&["session-keys", "--chain", &self.chain, "--base-path", base_path, "--owner", &owner])
	}

	/// Puts the session keys of a secret URI into the keystore of the node whose data is in `base_path`.
	///
	/// # Errors
	/// Fails if `descent-node key insert` does.
	pub fn insert_session_keys(&self, base_path: &Path, uri: &str) -> Result<()> {
		insert_session_keys(&self.chain, base_path, uri, &SESSION_KEYS)
	}

	/// Store of the gateway. The gateway serves everything that is imported into it.
	pub fn store(&self) -> PathBuf {
		self.directory().join("gateway")
	}

	/// Returns the address of the gateway that serves models and data, and starts it on the first call.
	///
	/// # Errors
	/// Fails if it does not start.
	pub async fn provider(&mut self) -> Result<String> {
		if let Some((_, provider)) = &self.gateway {
			return Ok(provider.clone());
		}
		let address = SocketAddr::from(([127, 0, 0, 1], free_port()?));
		let launch = Launch::new("gateway", Binary::Cli.path()?, &self.logs)
			.args(["--json", "content", "serve", "--listen", &address.to_string(), "--store"])
			.arg(self.store());
		let provider = format!("http://{address}");
		let (gateway, _) = self.gateway.insert((Process::spawn(launch)?, provider.clone()));
		ready(gateway).await?;
		Ok(provider)
	}

	/// Returns the address of the gateway, which was started before.
	///
	/// # Errors
	/// Fails if it was not.
	pub fn started_provider(&self) -> Result<String> {
		let (_, address) = self.gateway.as_ref().context("the gateway was not started")?;
		Ok(address.clone())
	}

	/// The gateway, if it was started.
	pub fn gateway(&mut self) -> Option<&mut Process> {
		self.gateway.as_mut().map(|(gateway, _)| gateway)
	}

	/// Starts a trainer of a group that follows a node at this address, without waiting for it. It is not one
	/// of [`Self::trainers`].
	///
	/// # Errors
	/// Fails if it can't be started.
	pub fn spawn_trainer(&self, node: &str, group: u32, setup: TrainerSetup) -> Result<Trainer> {
		Trainer::start(setup, node, group, self.folder.path(), &self.logs)
	}

	/// Starts a trainer of a group and waits until it is ready.
	///
	/// # Errors
	/// Fails if it does not get ready.
	pub async fn start_trainer(&mut self, group: u32, setup: TrainerSetup) -> Result<()> {
		let node = self.nodes.first().context("there is no node")?.rpc.ws();
		let trainer = Trainer::start(setup, &node, group, self.folder.path(), &self.logs)?;
		self.trainers.push(trainer);
		if let Some(trainer) = self.trainers.last_mut() {
			ready(&mut trainer.process).await?;
		}
		Ok(())
	}

	/// Starts a dashboard of the first node, and returns its address.
	///
	/// # Errors
	/// Fails if it does not get ready.
	pub async fn dashboard(&mut self) -> Result<String> {
		let node = self.nodes.first().context("there is no node")?.rpc.ws();
		let launch = Launch::new("dashboard", Binary::Cli.path()?, &self.logs).args([
			"dashboard",
			"--json",
			"--listen",
			"127.0.0.1:0",
			"--node",
			&node,
		]);
		let dashboard = self.dashboard.insert(Process::spawn(launch)?);
		ready(dashboard).await
	}

	/// Returns the result. If it is an error, the ends of all logs are printed when the network is dropped.
	///
	/// # Errors
	/// Those of the result.
	pub fn note_failure<T>(&mut self, result: Result<T>) -> Result<T> {
		self.failed |= result.is_err();
		result
	}

	/// Returns every process.
	pub fn processes(&mut self) -> impl Iterator<Item = &mut Process> {
		let trainers = self.trainers.iter_mut().map(|trainer| &mut trainer.process);
		let nodes = self.nodes.iter_mut().map(|node| &mut node.process);
		trainers
			.chain(self.gateway.iter_mut().map(|(gateway, _)| gateway))
			.chain(&mut self.dashboard)
			.chain(&mut self.evaluators)
			.chain(nodes)
	}

	/// Asks all processes to end and waits for them.
	///
	/// # Errors
	/// Names the processes that had to be killed.
	pub async fn stop(&mut self) -> Result<()> {
		stop_all(self.processes()).await
	}

	/// Copies the logs to a folder that outlives the network, and prints their ends.
	fn report(&mut self) {
		let kept = std::env::var_os("DESCENT_LOGS").map(PathBuf::from);
		let mut report = String::new();
		for process in self.processes() {
			let state = if process.is_running() { "running" } else { "not running" };
			report += &format!("--- {} ({state})\n{}\n", process.name(), process.tail(12));
		}
		if let Some(kept) = kept {
			let kept = kept.join(format!("{}", std::process::id()));
			report += &match copy(&self.logs, &kept) {
				Ok(()) => format!("--- the whole logs are in {}\n", kept.display()),
				Err(error) => format!("--- the logs could not be kept: {error}\n"),
			};
		}
		eprintln!("{report}");
	}
}

impl Drop for Network {
	fn drop(&mut self) {
		if self.failed || std::thread::panicking() {
			self.report();
		}
	}
}

/// Waits until a process has printed that it is ready, and returns the address in that event.
///
/// # Errors
/// Fails if it ends instead, with the end of its log.
pub async fn ready(process: &mut Process) -> Result<String> {
	let what = format!("{} is ready", process.name());
	wait_until(&what, STARTUP, async || match process.ready() {
		Ok(address) => Ok(address.map(Ok)),
		Err(ended) => Ok(Some(Err(ended))),
	})
	.await?
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
	std::fs::create_dir_all(to)?;
	for entry in std::fs::read_dir(from)? {
		let entry = entry?;
		std::fs::copy(entry.path(), to.join(entry.file_name()))?;
	}
	Ok(())
}
