use anyhow::{Context, Result};
use std::{
	ffi::OsString,
	fs::{File, OpenOptions},
	os::unix::process::CommandExt,
	path::{Path, PathBuf},
	process::{Command, Stdio},
};

/// Program, arguments and environment of a process, used at every start.
#[derive(Clone, Debug)]
pub struct Launch {
	/// Name of the process in messages, and the stem of its log files.
	pub name: String,
	/// Path of the executable.
	pub program: PathBuf,
	/// Arguments of the process.
	pub arguments: Vec<OsString>,
	/// Niceness of the process, from 0 to 19.
	pub niceness: u8,
	/// Network namespace of the process; that of this one if there is none.
	pub namespace: Option<String>,
	/// Environment variables that are set besides the inherited ones.
	pub environment: Vec<(String, String)>,
	/// Folder of the log files, `<name>.out` (stdout) and `<name>.log` (stderr).
	pub logs: PathBuf,
}

impl Launch {
	/// Returns the launch of a program without arguments.
	pub fn new(name: impl Into<String>, program: PathBuf, logs: &Path) -> Self {
		Self {
			name: name.into(),
			program,
			arguments: Vec::new(),
			niceness: 0,
			namespace: None,
			environment: Vec::new(),
			logs: logs.into(),
		}
	}

	/// Adds an argument.
	pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
		self.arguments.push(argument.into());
		self
	}

	/// Adds arguments.
	pub fn args<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
		self.arguments.extend(arguments.into_iter().map(Into::into));
		self
	}

	/// Sets the value of an option, in place of the one that it has.
	pub fn option(mut self, name: &str, value: impl Into<OsString>) -> Self {
		if let Some(position) = self.arguments.iter().position(|argument| argument == name) {
			self.arguments.drain(position..(position + 2).min(self.arguments.len()));
		}
		self.arg(name).arg(value)
	}

	/// Leaves out a flag.
	pub fn without(mut self, flag: &str) -> Self {
		self.arguments.retain(|argument| argument != flag);
		self
	}

	/// Sets the niceness, from 0 to 19. A nicer process gives way to others.
	pub fn nice(mut self, niceness: u8) -> Self {
		self.niceness = niceness;
		self
	}

	/// Sets the network namespace, as `ip netns` has them.
	pub fn inside(mut self, namespace: impl Into<String>) -> Self {
		self.namespace = Some(namespace.into());
		self
	}

	/// Sets an environment variable.
	pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
		self.environment.push((name.into(), value.into()));
		self
	}

	/// Path of a log file.
	pub(crate) fn file(&self, extension: &str) -> PathBuf {
		self.logs.join(format!("{}.{extension}", self.name))
	}

	/// Opens a log file to write at its end.
	pub(crate) fn open(&self, extension: &str) -> Result<File> {
		let path = self.file(extension);
		let file = OpenOptions::new().create(true).append(true).open(&path);
		file.with_context(|| format!("{} cannot be written", path.display()))
	}

	/// Builds the command. `setpriv` makes the system kill the child when this process ends in any way.
	pub(crate) fn command(&self) -> Result<Command> {
		let mut command = Command::new("setpriv");
		command.args(["--pdeathsig", "KILL"]);
		if let Some(namespace) = &self.namespace {
			command.args(["ip", "netns", "exec", namespace]);
		}
		command.args(["nice", "-n", &self.niceness.to_string()]).arg(&self.program).args(&self.arguments);
		command.envs(self.environment.iter().map(|(name, value)| (name, value)));
		command.stdin(Stdio::null()).stdout(self.open("out")?).stderr(self.open("log")?);
		// The child has a process group of its own, so that Ctrl-C reaches this process only, which then
		// stops the children in order.
		command.process_group(0);
		Ok(command)
	}
}
