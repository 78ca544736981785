use anyhow::{bail, ensure, Context, Result};
use serde_json::Value;
use std::{
	ffi::OsString,
	fs::{File, OpenOptions},
	io::{self, Read, Seek, SeekFrom},
	os::unix::process::CommandExt,
	path::{Path, PathBuf},
	process::{Child, Command, ExitStatus, Stdio},
	sync::{mpsc, LazyLock},
	time::{Duration, Instant},
};

/// Longest time that a process may take to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);

type Job = (Command, mpsc::SyncSender<io::Result<Child>>);

/// Children must die with this process, but the system ties them to the *thread* that spawned them. So one
/// thread that lives as long as this process spawns them all.
static SPAWNER: LazyLock<mpsc::Sender<Job>> = LazyLock::new(|| {
	let (sender, jobs) = mpsc::channel::<Job>();
	std::thread::spawn(move || {
		for (mut command, reply) in jobs {
			// The caller may have been dropped. Then the child's handle is too, and its output is not read.
			let _ = reply.send(command.spawn());
		}
	});
	sender
});

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

	/// Sets the niceness, from 0 to 19. A nicer process gives way to others.
	pub fn nice(mut self, niceness: u8) -> Self {
		self.niceness = niceness;
		self
	}

	/// Sets an environment variable.
	pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
		self.environment.push((name.into(), value.into()));
		self
	}

	fn file(&self, extension: &str) -> PathBuf {
		self.logs.join(format!("{}.{extension}", self.name))
	}

	fn open(&self, extension: &str) -> Result<File> {
		let path = self.file(extension);
		let file = OpenOptions::new().create(true).append(true).open(&path);
		file.with_context(|| format!("{} cannot be written", path.display()))
	}

	/// Builds the command. `setpriv` makes the system kill the child when this process ends in any way.
	fn command(&self) -> Result<Command> {
		let mut command = Command::new("setpriv");
		command
			.args(["--pdeathsig", "KILL", "nice", "-n", &self.niceness.to_string()])
			.arg(&self.program)
			.args(&self.arguments);
		command.envs(self.environment.iter().map(|(name, value)| (name, value)));
		command.stdin(Stdio::null()).stdout(self.open("out")?).stderr(self.open("log")?);
		// The child has a process group of its own, so that Ctrl-C reaches this process only, which then
		// stops the children in order.
		command.process_group(0);
		Ok(command)
	}
}

/// A child process that can be killed, paused and restarted. It is killed when dropped.
#[derive(Debug)]
pub struct Process {
	launch: Launch,
	child: Option<Child>,
	/// Length in bytes of the output file when the process was last started.
	started_at: u64,
}

impl Process {
	/// Starts a process.
	///
	/// # Errors
	/// Fails if it cannot be started.
	pub fn spawn(launch: Launch) -> Result<Self> {
		let mut process = Self { launch, child: None, started_at: 0 };
		process.start()?;
		Ok(process)
	}

	fn start(&mut self) -> Result<()> {
		let command = self.launch.command()?;
		self.started_at = self.launch.open("out")?.metadata()?.len();
		let (reply, answer) = mpsc::sync_channel(1);
		SPAWNER.send((command, reply)).ok().context("the spawning thread is gone")?;
		let child = answer.recv().context("the spawning thread is gone")?;
		self.child = Some(child.with_context(|| {
			format!(
				"{} cannot be started through setpriv: are util-linux and coreutils installed?",
				self.launch.program.display()
			)
		})?);
		Ok(())
	}

	/// Name of the process.
	pub fn name(&self) -> &str {
		&self.launch.name
	}

	/// Path of the file with its standard error.
	pub fn log(&self) -> PathBuf {
		self.launch.file("log")
	}

	/// Returns true if the process runs or is paused.
	pub fn is_running(&mut self) -> bool {
		self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
	}

	/// Returns the exit status, or `None` while it runs or if it was killed from here.
	pub fn exit_status(&mut self) -> Option<ExitStatus> {
		self.child.as_mut().and_then(|child| child.try_wait().ok().flatten())
	}

	/// Kills the process at any instruction (SIGKILL).
	pub fn kill(&mut self) {
		if let Some(mut child) = self.child.take() {
			// Killing fails only for a process that has ended already.
			let _ = child.kill();
			let _ = child.wait();
		}
	}

	/// Asks the process to end (SIGTERM) and waits for it.
	///
	/// # Errors
	/// Fails if it does not end in time; it is then killed.
	pub async fn stop(&mut self) -> Result<()> {
		self.signal("TERM")?;
		self.ended().await
	}

	/// Waits until a process that was asked to end has ended.
	async fn ended(&mut self) -> Result<()> {
		let start = Instant::now();
		while self.is_running() {
			if start.elapsed() > GRACE {
				self.kill();
				bail!("{} did not end within {} s of SIGTERM and was killed", self.name(), GRACE.as_secs());
			}
			tokio::time::sleep(POLL).await;
		}
		self.child = None;
		Ok(())
	}

	/// Freezes the process (SIGSTOP).
	///
	/// # Errors
	/// Fails if it does not run.
	pub fn pause(&mut self) -> Result<()> {
		self.signal("STOP")
	}

	/// Resumes the process (SIGCONT).
	///
	/// # Errors
	/// Fails if it does not run.
	pub fn resume(&mut self) -> Result<()> {
		self.signal("CONT")
	}

	/// Starts the process again with the same arguments, in the same folders and on the same ports. If it
	/// still runs, it is killed first.
	///
	/// # Errors
	/// Fails if it cannot be started.
	pub fn restart(&mut self) -> Result<()> {
		self.kill();
		self.start()
	}

	fn signal(&mut self, signal: &str) -> Result<()> {
		ensure!(self.is_running(), "{} does not run", self.name());
		let id = self.child.as_ref().map(Child::id).context("it does not run")?;
		let status = Command::new("sh").args(["-c", &format!("kill -s {signal} {id}")]).status()?;
		ensure!(status.success(), "signal {signal} could not be sent to {}", self.name());
		Ok(())
	}

	/// Returns the lines of JSON that the process has written to its standard output since it was last
	/// started.
	///
	/// # Errors
	/// Fails if the file cannot be read.
	pub fn events(&self) -> Result<Vec<Value>> {
		let mut file = File::open(self.launch.file("out"))?;
		file.seek(SeekFrom::Start(self.started_at))?;
		let mut output = String::new();
		file.read_to_string(&mut output)?;
		Ok(output.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
	}

	/// Returns the address in the `ready` event, or `None` while there is none.
	///
	/// # Errors
	/// Fails if the process has ended instead.
	pub fn ready(&mut self) -> Result<Option<String>> {
		let address = self.events()?.into_iter().find(|event| event["event"] == "ready");
		if address.is_none() && !self.is_running() {
			bail!("{} has ended:\n{}", self.name(), self.tail(20));
		}
		Ok(address.map(|event| event["address"].as_str().unwrap_or_default().to_owned()))
	}

	/// Returns the last lines of the log.
	pub fn tail(&self, lines: usize) -> String {
		tail(&self.log(), lines).unwrap_or_else(|error| format!("(no log: {error})"))
	}
}

impl Drop for Process {
	fn drop(&mut self) {
		self.kill();
	}
}

/// Asks processes to end, all at once, and waits for them.
///
/// # Errors
/// Names the processes that had to be killed.
pub(crate) async fn stop_all(processes: impl IntoIterator<Item = &mut Process>) -> Result<()> {
	let mut stopping = Vec::new();
	for process in processes {
		if process.is_running() {
			process.signal("CONT")?;
			process.signal("TERM")?;
			stopping.push(process);
		}
	}
	let mut errors = Vec::new();
	for process in stopping {
		errors.extend(process.ended().await.err().map(|error| error.to_string()));
	}
	ensure!(errors.is_empty(), "{}", errors.join("; "));
	Ok(())
}

/// Returns the last lines of a file, from its last 64 KiB at most.
fn tail(path: &Path, lines: usize) -> Result<String> {
	const MOST: u64 = 64 * 1024;
	let mut file = File::open(path)?;
	let length = file.metadata()?.len();
	file.seek(SeekFrom::Start(length.saturating_sub(MOST)))?;
	let mut bytes = Vec::new();
	file.read_to_end(&mut bytes)?;
	let text = String::from_utf8_lossy(&bytes);
	let all: Vec<&str> = text.lines().collect();
	Ok(all[all.len().saturating_sub(lines)..].join("\n"))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::wait_until;

	fn shell(folder: &Path, script: &str) -> Process {
		Process::spawn(Launch::new("shell", "/bin/sh".into(), folder).args(["-c", script])).unwrap()
	}

	fn state(process: &Process) -> Result<Option<char>> {
		let id = process.child.as_ref().context("it does not run")?.id();
		let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
		Ok(stat.rsplit(") ").next().and_then(|rest| rest.chars().next()))
	}

	#[tokio::test]
	async fn is_paused_resumed_stopped_and_restarted() {
		let folder = tempfile::tempdir().unwrap();
		let script =
			r#"trap 'exit 0' TERM; echo '{"event":"ready","address":"here"}'; while :; do sleep 0.05; done"#;
		let mut process = shell(folder.path(), script);
		let deadline = Duration::from_secs(20);
		for _ in 0..2 {
			let mut address = String::new();
			while address.is_empty() {
				address = process.ready().unwrap().unwrap_or_default();
			}
			assert_eq!(address, "here");
			assert_eq!(process.events().unwrap().len(), 1);
			process.restart().unwrap();
		}
		process.pause().unwrap();
		let paused = async || Ok((state(&process)? == Some('T')).then_some(()));
		wait_until("it is paused", deadline, paused).await.unwrap();
		process.resume().unwrap();
		let runs = async || Ok((state(&process)? != Some('T')).then_some(()));
		wait_until("it runs", deadline, runs).await.unwrap();
		process.stop().await.unwrap();
		assert!(!process.is_running());
		assert!(process.pause().is_err());
	}

	#[tokio::test]
	async fn an_early_end_is_told_with_the_log() {
		let folder = tempfile::tempdir().unwrap();
		let mut process = shell(folder.path(), "echo 'no such chain' >&2; exit 3");
		let error = loop {
			match process.ready() {
				Ok(ready) => assert_eq!(ready, None),
				Err(error) => break error.to_string(),
			}
		};
		assert!(error.contains("no such chain"), "{error}");
		assert_eq!(process.exit_status().and_then(|status| status.code()), Some(3));
	}
}
