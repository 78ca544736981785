use crate::{ending, launch::Launch};
use anyhow::{bail, ensure, Context, Result};
use serde_json::Value;
use std::{
	fs::File,
	io::{self, Read, Seek, SeekFrom},
	path::{Path, PathBuf},
	process::{Child, Command, ExitStatus},
	sync::{mpsc, LazyLock},
	time::{Duration, Instant},
};

/// Longest time that a process may take to end after SIGTERM or SIGINT.
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

/// A child process that can be killed, paused and restarted. It is killed when dropped.
#[derive(Debug)]
pub struct Process {
	launch: Launch,
	child: Option<Child>,
	/// Length in bytes of the output file when the process was last started.
	started_at: u64,
	/// Length in bytes of the log file when the process was last started.
	logged_at: u64,
}

impl Process {
	/// Starts a process.
	///
	/// # Errors
	/// Fails if it cannot be started.
	pub fn spawn(launch: Launch) -> Result<Self> {
		let mut process = Self { launch, child: None, started_at: 0, logged_at: 0 };
		process.start()?;
		Ok(process)
	}

	fn start(&mut self) -> Result<()> {
		let command = self.launch.command()?;
		self.started_at = self.launch.open("out")?.metadata()?.len();
		self.logged_at = self.launch.open("log")?.metadata()?.len();
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

	/// Id of the process, or `None` if it was killed from here.
	pub fn id(&self) -> Option<u32> {
		self.child.as_ref().map(Child::id)
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

	/// Asks the process to end (SIGTERM), waits for it, and checks that it ended cleanly.
	///
	/// # Errors
	/// Fails if it does not end in time, upon which it is killed, if its exit status is one of a failure, or
	/// if it printed a panic or the like.
	pub async fn stop(&mut self) -> Result<()> {
		self.signal("TERM")?;
		self.ended(GRACE).await
	}

	/// Asks the process to end as Ctrl-C does (SIGINT), and goes on as [`Self::stop`].
	///
	/// # Errors
	/// Those of [`Self::stop`].
	pub async fn interrupt(&mut self) -> Result<()> {
		self.signal("INT")?;
		self.ended(GRACE).await
	}

	/// Waits until the process has ended by itself, and checks it as [`Self::stop`] does.
	///
	/// # Errors
	/// Those of [`Self::stop`].
	pub async fn finishes(&mut self, deadline: Duration) -> Result<()> {
		self.ended(deadline).await
	}

	/// Waits until a process that is about to end has ended, and checks how.
	async fn ended(&mut self, deadline: Duration) -> Result<()> {
		let start = Instant::now();
		while self.is_running() {
			if start.elapsed() > deadline {
				self.kill();
				bail!("{} did not end within {} s and was killed", self.name(), deadline.as_secs());
			}
			tokio::time::sleep(POLL).await;
		}
		self.check_end()?;
		self.child = None;
		Ok(())
	}

	/// Checks that the process, if it has ended, did so cleanly.
	fn check_end(&mut self) -> Result<()> {
		let Some(status) = self.exit_status() else { return Ok(()) };
		ending::check(self.name(), status, &self.standard_error()?)
	}

	/// Returns what the process has written to its standard error since it was last started.
	///
	/// # Errors
	/// Fails if the file cannot be read.
	pub fn standard_error(&self) -> Result<String> {
		let mut file = File::open(self.log())?;
		file.seek(SeekFrom::Start(self.logged_at))?;
		let mut bytes = Vec::new();
		file.read_to_end(&mut bytes)?;
		Ok(String::from_utf8_lossy(&bytes).into_owned())
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

	/// Starts the process again as [`Self::restart`] does, with changed arguments.
	///
	/// # Errors
	/// Fails if it cannot be started.
	pub fn restart_as(&mut self, change: impl FnOnce(Launch) -> Launch) -> Result<()> {
		self.launch = change(self.launch.clone());
		self.restart()
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

/// Asks processes to end, all at once, and waits for them. Those that have ended by themselves are checked
/// like those that are asked to.
///
/// # Errors
/// Names the processes that had to be killed or did not end cleanly.
pub(crate) async fn stop_all(processes: impl IntoIterator<Item = &mut Process>) -> Result<()> {
	let mut stopping = Vec::new();
	let mut errors = Vec::new();
	for process in processes {
		if process.is_running() {
			process.signal("CONT")?;
			process.signal("TERM")?;
			stopping.push(process);
		} else {
			errors.extend(process.check_end().err().map(|error| error.to_string()));
		}
	}
	for process in stopping {
		errors.extend(process.ended(GRACE).await.err().map(|error| error.to_string()));
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
mod tests;
