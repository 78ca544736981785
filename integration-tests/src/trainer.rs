use crate::{account::Account, binaries::Binary, free_port, launch::Launch, python, repository, Process};
use anyhow::Result;
use std::{
	fs::{self, OpenOptions},
	io::Write,
	os::unix::fs::OpenOptionsExt,
	path::{Path, PathBuf},
};

/// Niceness of trainers, which train as long as they run, and would otherwise take the cores that nodes and
/// evaluators need to follow the chain.
const NICENESS: u8 = 10;
/// Niceness of trainers for which a program trains: it ends what it does, and has to be done within a round.
const PROGRAM_NICENESS: u8 = 5;

/// Parameters of a trainer.
#[derive(Clone, Debug)]
pub struct TrainerSetup {
	/// Secret URI of its account.
	pub uri: String,
	/// Name of the optimizer: `sgd`, `adam` or `adamw`.
	pub optimizer: String,
	/// Secret URI of the proxy that signs for the account; the account signs itself if there is none.
	pub proxy: Option<String>,
	/// The learning rate.
	pub learning_rate: f64,
	/// Number of records in a batch.
	pub batch: u32,
	/// Program that trains in place of the trainer's own loop; a path of this repository.
	pub program: Option<String>,
	/// Further arguments.
	pub arguments: Vec<String>,
}

impl TrainerSetup {
	/// Returns the setup of the development trainer with this number, from 1.
	pub fn new(number: usize, optimizer: &str, learning_rate: f64, batch: u32) -> Self {
		let uri = format!("//Trainer{number}");
		let (optimizer, arguments) = (optimizer.into(), Vec::new());
		Self { uri, optimizer, learning_rate, batch, proxy: None, program: None, arguments }
	}

	/// Returns the setup of the development trainer with this number, for which a Python program of this
	/// repository trains.
	pub fn own(number: usize, program: &str) -> Self {
		Self { program: Some(program.into()), ..Self::new(number, "", 0.0, 0) }
	}

	/// Has a proxy sign, whose secret URI this is. The account has to have named it.
	pub fn by_proxy(mut self, uri: &str) -> Self {
		self.proxy = Some(uri.into());
		self
	}

	/// Adds arguments.
	pub fn args(mut self, arguments: &[&str]) -> Self {
		self.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
		self
	}
}

/// A trainer's process and its account.
pub struct Trainer {
	/// Process of the trainer.
	pub process: Process,
	/// Account that the trainer commits with.
	pub account: Account,
	/// Parameters of the trainer.
	pub setup: TrainerSetup,
}

impl Trainer {
	/// Starts a trainer of a group, with its state below `directory`.
	pub(crate) fn start(
		setup: TrainerSetup,
		node: &str,
		group: u32,
		directory: &Path,
		logs: &Path,
	) -> Result<Self> {
		let account = Account::from_uri(&setup.uri)?;
		let name = setup.uri.trim_start_matches('/').to_lowercase();
		let folder = directory.join(&name);
		fs::create_dir_all(&folder)?;
		let key = write_key(&folder, setup.proxy.as_ref().unwrap_or(&setup.uri))?;
		let [seed, ..]: [u8; 32] = account.id().into();
		let launch = Launch::new(name, Binary::Worker.path()?, logs)
			.nice(if setup.program.is_some() { PROGRAM_NICENESS } else { NICENESS })
			.args(["train", "--json", "--allow-private", "--node", node, "--group", &group.to_string()])
			.arg("--key-file")
			.arg(&key)
			.arg("--data")
			.arg(folder.join("data"))
			.args(["--listen", &format!("127.0.0.1:{}", free_port()?)])
			.args(["--threads", "1", "--seed", &seed.to_string()]);
		let launch = match &setup.program {
			Some(program) => launch
				.arg("--own")
				.arg(folder.join("own"))
				.args(["--trainer-command", &command(&repository(program))?]),
			None => launch
				.args(["--optimizer", &setup.optimizer, "--learning-rate", &setup.learning_rate.to_string()])
				.args(["--batch", &setup.batch.to_string()]),
		};
		let launch = match &setup.proxy {
			Some(_) => launch.args(["--proxy-for", &account.id().to_string()]),
			None => launch,
		};
		let launch = launch.args(&setup.arguments);
		Ok(Self { process: Process::spawn(launch)?, account, setup })
	}
}

/// Writes a secret URI to a file in a folder, which only this user can read, and returns its path.
///
/// # Errors
/// Fails if it can't be written.
pub fn write_key(folder: &Path, uri: &str) -> Result<PathBuf> {
	let key = folder.join("key");
	let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&key)?;
	file.write_all(uri.as_bytes())?;
	Ok(key)
}

/// Returns the command that has the Python of the tests run a program.
fn command(program: &Path) -> Result<String> {
	let program = fs::canonicalize(program)?;
	Ok(format!("'{}' '{}'", python()?.display(), program.display()))
}
