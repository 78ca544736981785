//! The program of an own training, started, restarted and ended by the worker.

use anyhow::{Context, Result};
use nix::{
	sys::signal::{killpg, Signal},
	unistd::Pid,
};
use std::{
	path::{Path, PathBuf},
	process::{ExitStatus, Stdio},
	time::Duration,
};
use tokio::{
	io::{AsyncRead, AsyncReadExt},
	process::{Child, Command},
	sync::oneshot,
	task::JoinHandle,
	time::Instant,
};

/// First wait before a restart. It doubles with each.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// Longest wait before a restart.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// A program that ran for so long is restarted after the first wait again.
const STEADY: Duration = Duration::from_secs(60);
/// Time from the request to end until the program is killed.
const END_LIMIT: Duration = Duration::from_secs(5);
/// Longest line of the program that is logged whole, in bytes.
const LINE: usize = 4096;
/// Environment variables that the program does not see, as they hold the key of the account.
const SECRETS: [&str; 1] = ["DESCENT_SURI"];

/// A program that trains, for as long as this is there.
pub(crate) struct Program {
	command: Vec<String>,
	folder: PathBuf,
	running: Option<Running>,
}

/// The program for one version of the model.
struct Running {
	model_version: u32,
	stop: oneshot::Sender<()>,
	supervisor: JoinHandle<()>,
}

impl Program {
	/// A program, its name and arguments, that works in the folder of an own training.
	pub(crate) fn new(command: Vec<String>, folder: &Path) -> Result<Self> {
		let folder = std::path::absolute(folder)?;
		Ok(Self { command, folder, running: None })
	}

	/// Starts the program, once the folder is there for this version of the model; restarts it if it runs
	/// for another one.
	pub(crate) fn follow(&mut self, model_version: u32) {
		if self.running.as_ref().is_some_and(|running| running.model_version == model_version) {
			return;
		}
		let before = self.running.take().map(Running::stop);
		let (stop, stopped) = oneshot::channel();
		let (command, folder) = (self.command.clone(), self.folder.clone());
		let supervisor = tokio::spawn(async move {
			if let Some(before) = before {
				ended(before).await;
			}
			supervise(command, folder, stopped).await;
		});
		self.running = Some(Running { model_version, stop, supervisor });
	}

	/// Ends the program, within [`END_LIMIT`] if it does not by itself.
	pub(crate) async fn stop(&mut self) {
		if let Some(running) = self.running.take() {
			ended(running.stop()).await;
		}
	}
}

impl Running {
	/// Tells the supervisor to end the program.
	fn stop(self) -> JoinHandle<()> {
		drop(self.stop);
		self.supervisor
	}
}

async fn ended(supervisor: JoinHandle<()>) {
	if let Err(error) = supervisor.await {
		tracing::error!("the supervisor of the training program failed: {error}");
	}
}

/// Keeps the program running until the sender of `stopped` is dropped, or it ends without an error.
async fn supervise(command: Vec<String>, folder: PathBuf, mut stopped: oneshot::Receiver<()>) {
	let mut wait = FIRST_WAIT;
	loop {
		let began = Instant::now();
		match run(&command, &folder, &mut stopped).await {
			Ok(None) => return,
			Ok(Some(status)) if status.success() => {
				tracing::info!("the training program has ended; it is started again for another model");
				return;
			}
			Ok(Some(status)) => tracing::warn!("the training program has failed ({status})"),
			Err(error) => tracing::warn!("the training program cannot be run: {error:#}"),
		}
		if began.elapsed() >= STEADY {
			wait = FIRST_WAIT;
		}
		tracing::info!("it is started again in {} s", wait.as_secs());
		tokio::select! {
			_ = &mut stopped => return,
			() = tokio::time::sleep(wait) => {}
		}
		wait = wait.saturating_mul(2).min(LONGEST_WAIT);
	}
}

/// Runs the program until it ends. Returns `None` if it was told to.
async fn run(
	command: &[String],
	folder: &Path,
	stopped: &mut oneshot::Receiver<()>,
) -> Result<Option<ExitStatus>> {
	let mut child = spawn(command, folder)?;
	let output = child.stdout.take().map(|stdout| tokio::spawn(relay(stdout)));
	let errors = child.stderr.take().map(|stderr| tokio::spawn(relay(stderr)));
	let ended = tokio::select! {
		status = child.wait() => Some(status?),
		_ = stopped => None,
	};
	if ended.is_none() {
		end(&mut child).await?;
	}
	for relay in [output, errors].into_iter().flatten() {
		// A grandchild may hold the pipe open.
		if tokio::time::timeout(Duration::from_secs(1), relay).await.is_err() {
			tracing::debug!("a process of the training program goes on");
		}
	}
	Ok(ended)
}

fn spawn(command: &[String], folder: &Path) -> Result<Child> {
	let (name, arguments) = command.split_first().context("it has no name")?;
	let mut child = Command::new(name);
	child.args(arguments).env("DESCENT_OWN", folder);
	for (variable, file) in [
		("DESCENT_OWN_DESCRIPTION", "description.json"),
		("DESCENT_OWN_TRAIN", "train.parquet"),
		("DESCENT_OWN_HOLDOUT", "holdout.parquet"),
		("DESCENT_OWN_HEAD", "head.safetensors"),
		("DESCENT_OWN_STATE", "state.json"),
		("DESCENT_OWN_INBOX", "inbox"),
		("DESCENT_OWN_RESULTS", "results"),
	] {
		child.env(variable, folder.join(file));
	}
	for secret in SECRETS {
		child.env_remove(secret);
	}
	// A group of its own: its processes end with it, and the terminal's Ctrl-C is for the worker.
	child.process_group(0).kill_on_drop(true);
	child.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
	child.spawn().with_context(|| format!("{name:?} cannot be started"))
}

/// Ends a program and the processes of its group.
async fn end(child: &mut Child) -> Result<()> {
	let Some(id) = child.id() else {
		return Ok(());
	};
	let group = Pid::from_raw(i32::try_from(id)?);
	// One that has ended meanwhile takes no signal.
	let _ = killpg(group, Signal::SIGTERM);
	if tokio::time::timeout(END_LIMIT, child.wait()).await.is_err() {
		tracing::warn!("the training program does not end, and is killed");
		let _ = killpg(group, Signal::SIGKILL);
		child.wait().await?;
	}
	Ok(())
}

/// Logs what the program writes, line by line.
async fn relay(mut output: impl AsyncRead + Unpin) {
	let (mut line, mut piece) = (Vec::new(), [0; LINE]);
	while let Ok(read @ 1..) = output.read(&mut piece).await {
		for byte in &piece[..read] {
			match byte {
				// A progress bar ends its lines with a carriage return.
				b'\n' | b'\r' => log(&mut line),
				byte => line.push(*byte),
			}
			if line.len() >= LINE {
				log(&mut line);
			}
		}
	}
	log(&mut line);
}

fn log(line: &mut Vec<u8>) {
	if !line.is_empty() {
		tracing::info!(program = true, "{}", String::from_utf8_lossy(line));
		line.clear();
	}
}
