//! The client's shell: commands are printed as a user types them, and are run.

use crate::report::Report;
use anyhow::{bail, ensure, Context, Result};
use descent_integration_tests::{Account, Binary};
use std::{
	fs::{self, OpenOptions},
	io::Write,
	os::unix::fs::OpenOptionsExt,
	path::{Path, PathBuf},
	process::Stdio,
	time::Duration,
};
use tokio::process::Command;

/// Longest time that a command may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// Name of the file with the client's key.
pub(super) const KEY: &str = "client.key";

/// A folder to type commands in, and the environment of the commands.
#[derive(Clone, Debug)]
pub(super) struct Shell {
	folder: PathBuf,
	environment: [(&'static str, String); 2],
}

impl Shell {
	/// Makes the folder, with the key of a client in it. Commands ask a node at this address.
	///
	/// # Errors
	/// Fails if the folder can't be made, or has a key already.
	pub(super) fn new(folder: PathBuf, node: &str, client: &Account) -> Result<Self> {
		fs::create_dir_all(&folder)?;
		let mut key = OpenOptions::new().create_new(true).write(true).mode(0o600).open(folder.join(KEY))?;
		key.write_all(client.uri().as_bytes())?;
		let environment = [("DESCENT_NODE", node.to_owned()), ("DESCENT_ALLOW_PRIVATE", "1".to_owned())];
		Ok(Self { folder, environment })
	}

	/// Path of a file in the folder.
	pub(super) fn file(&self, name: impl AsRef<Path>) -> PathBuf {
		self.folder.join(name)
	}

	/// Prints the commands with which a user gets where this shell is.
	pub(super) fn enter(&self, report: &mut Report) {
		report.command(&format!("cd {}", self.folder.display()));
		let variables = self.environment.iter().map(|(name, value)| format!("{name}={value}"));
		report.command(&format!("export {}", variables.collect::<Vec<_>>().join(" ")));
	}

	/// Prints a command, runs it, and prints what it says. Returns its standard output.
	///
	/// # Errors
	/// Fails if the command fails, with its error output.
	pub(super) async fn run(&self, report: &mut Report, command: &str) -> Result<String> {
		let (output, notes) = self.start(report, command).await?;
		report.output(&format!("{notes}{output}"));
		Ok(output)
	}

	/// Prints a command and runs it as [`Self::run`] does, and does not print what it says.
	///
	/// # Errors
	/// Those of [`Self::run`].
	pub(super) async fn run_silently(&self, report: &mut Report, command: &str) -> Result<()> {
		self.start(report, command).await.map(drop)
	}

	/// Prints a command and runs it. Returns its standard output and its standard error.
	async fn start(&self, report: &mut Report, command: &str) -> Result<(String, String)> {
		report.command(command);
		let mut words = command.split_whitespace();
		let program = match words.next() {
			Some("descent") => Binary::Cli,
			Some("descent-worker") => Binary::Worker,
			_ => bail!("'{command}' is none of our programs"),
		};
		let variables = self.environment.iter().map(|(name, value)| (*name, value.as_str()));
		let run = Command::new(program.path()?)
			.args(words)
			.current_dir(&self.folder)
			.envs(variables)
			.stdin(Stdio::null())
			.kill_on_drop(true)
			.output();
		let ended = tokio::time::timeout(PATIENCE, run).await;
		let ended = ended.with_context(|| format!("'{command}' did not end"))??;
		let [output, error] = [&ended.stdout, &ended.stderr].map(|bytes| String::from_utf8_lossy(bytes));
		ensure!(ended.status.success(), "'{command}' failed: {}", error.trim());
		Ok((output.into_owned(), error.into_owned()))
	}
}
