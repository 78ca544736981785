//! One child process, as its parent sees it.

use crate::child::{Answer, Isolation, Job, Reply, Setup, MAX_LINE};
use anyhow::{bail, Context, Result};
use descent_kernels::{Instructions, INSTRUCTIONS_VARIABLE};
use serde::Serialize;
use std::{
	collections::VecDeque,
	io::{BufRead, BufReader, Read, Write},
	os::unix::process::ExitStatusExt,
	path::{Path, PathBuf},
	process::{Child, ChildStdin, Command, ExitStatus, Stdio},
	sync::{
		mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
		Arc, Mutex, PoisonError,
	},
	thread,
	time::{Duration, Instant},
};

/// Longest time in which a child has to be ready.
const START: Duration = Duration::from_secs(120);
/// Longest time that a child has to end once its output is closed.
const END: Duration = Duration::from_secs(5);
/// Number of lines of a child's error output that are kept, and the length of each.
const LINES: usize = 20;
const LINE: u64 = 1000;

/// Variables of the environment that a child gets, where they are set.
const INHERITED: [&str; 5] =
	["CUDA_DEVICE_ORDER", "CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "RUST_BACKTRACE", "RUST_LOG"];
/// Variables that make libtorch compute a replay in one way on all processors of one kind, with one thread:
/// Intel MKL and libtorch would choose their code by the maker and the instructions of each.
const REPLAYS: [(&str, &str); 3] =
	[("ATEN_CPU_CAPABILITY", "default"), ("MKL_CBWR", "COMPATIBLE"), ("OMP_NUM_THREADS", "1")];
/// Variables that a child with a GPU gets: no cache of compiled code on disk, and one order of sums.
const GPU: [(&str, &str); 2] = [("CUDA_CACHE_DISABLE", "1"), ("CUBLAS_WORKSPACE_CONFIG", ":4096:8")];

/// Reason that a child gave no answer.
#[derive(Debug)]
pub(super) enum Fault {
	/// It ended by a fault of its own: an abort, a segmentation fault, memory beyond its limit.
	Crashed(String),
	/// It ended for another reason, such as a signal of the operator or of a machine without memory.
	Ended(String),
	/// Its time was over.
	Late,
}

/// A running child. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Process {
	child: Arc<Mutex<Child>>,
	input: ChildStdin,
	replies: Receiver<Vec<u8>>,
	errors: Arc<Mutex<VecDeque<String>>>,
	writable: PathBuf,
	/// Number of jobs that it has had.
	pub jobs: u64,
}

impl Process {
	/// Starts a child and waits until it is ready.
	pub(super) fn start(program: &Path, arguments: &[String], setup: &Setup) -> Result<(Self, Isolation)> {
		std::fs::create_dir_all(&setup.writable)
			.with_context(|| format!("cannot create {}", setup.writable.display()))?;
		let inherited = INHERITED.iter().filter_map(|name| Some((*name, std::env::var_os(name)?)));
		let mut child = Command::new(program)
			.args(arguments)
			.env_clear()
			.envs(inherited)
			.envs(REPLAYS)
			.envs(setup.gpu.map(|_| GPU).into_iter().flatten())
			.env("TMPDIR", &setup.writable)
			.env(INSTRUCTIONS_VARIABLE, Instructions::chosen().name())
			.current_dir("/")
			.stdin(Stdio::piped())
			.stdout(Stdio::piped())
			.stderr(Stdio::piped())
			.spawn()
			.with_context(|| format!("cannot start {}", program.display()))?;
		let (Some(input), Some(output), Some(error)) =
			(child.stdin.take(), child.stdout.take(), child.stderr.take())
		else {
			bail!("a process without streams");
		};
		let (sender, replies) = mpsc::sync_channel(1);
		let errors = Arc::<Mutex<VecDeque<String>>>::default();
		let kept = errors.clone();
		thread::Builder::new()
			.name("replies".into())
			.spawn(move || forward(BufReader::new(output), &sender))?;
		thread::Builder::new().name("errors".into()).spawn(move || collect(BufReader::new(error), &kept))?;
		let child = Arc::new(Mutex::new(child));
		let mut process = Self { child, input, replies, errors, writable: setup.writable.clone(), jobs: 0 };
		match process.exchange(setup, Instant::now() + START) {
			Ok(Reply { answer: Answer::Ready(isolation), .. }) => Ok((process, isolation)),
			Ok(Reply { answer: Answer::NoGpu(reason), .. }) => bail!(reason),
			Ok(other) => bail!("the process that evaluates answered {other:?} at its start"),
			Err(Fault::Late) => bail!("the process that evaluates was not ready in {} s", START.as_secs()),
			Err(Fault::Crashed(reason) | Fault::Ended(reason)) => {
				bail!("the process that evaluates ended at its start: {reason}")
			}
		}
	}

	/// Returns a handle to end the child with, from any thread.
	pub(super) fn killer(&self) -> Killer {
		Killer(self.child.clone())
	}

	/// Returns the folder that the child may write to.
	pub(super) fn writable(&self) -> &Path {
		&self.writable
	}

	/// Returns the process id.
	pub(super) fn id(&self) -> u32 {
		lock(&self.child).id()
	}

	/// Returns true if the child has not ended.
	pub(super) fn is_alive(&self) -> bool {
		matches!(lock(&self.child).try_wait(), Ok(None))
	}

	/// Has a job done, at the latest until `until`. After an error the child is of no use any more.
	pub(super) fn run(&mut self, job: &Job, until: Instant) -> Result<Reply, Fault> {
		self.jobs += 1;
		self.exchange(job, until)
	}

	fn exchange(&mut self, request: &impl Serialize, until: Instant) -> Result<Reply, Fault> {
		let mut line = serde_json::to_vec(request).map_err(|error| Fault::Ended(error.to_string()))?;
		line.push(b'\n');
		if line.len() as u64 > MAX_LINE {
			return Err(Fault::Ended(format!("a request of more than {MAX_LINE} bytes")));
		}
		// A child that does not read would block this for ever; it reads as soon as it is idle.
		if self.input.write_all(&line).and_then(|()| self.input.flush()).is_err() {
			return Err(self.ended());
		}
		let left = until.saturating_duration_since(Instant::now());
		match self.replies.recv_timeout(left) {
			Ok(line) => serde_json::from_slice(&line).map_err(|error| {
				self.killer().kill();
				Fault::Ended(format!("it answered what is no answer: {error}"))
			}),
			Err(RecvTimeoutError::Timeout) => {
				self.killer().kill();
				Err(Fault::Late)
			}
			Err(RecvTimeoutError::Disconnected) => Err(self.ended()),
		}
	}

	/// Returns the reason that the child ended.
	fn ended(&self) -> Fault {
		let until = Instant::now() + END;
		let status = loop {
			match lock(&self.child).try_wait() {
				Ok(Some(status)) => break Some(status),
				Ok(None) if Instant::now() < until => {}
				_ => break None,
			}
			thread::sleep(Duration::from_millis(5));
		};
		let said = lock(&self.errors).make_contiguous().join(" | ");
		match status {
			Some(status) if is_own_fault(status) => Fault::Crashed(format!("{status}: {said}")),
			Some(status) => Fault::Ended(format!("{status}: {said}")),
			None => Fault::Ended(format!("it closed its output: {said}")),
		}
	}
}

impl Drop for Process {
	fn drop(&mut self) {
		let mut child = lock(&self.child);
		let _ = child.kill();
		let _ = child.wait();
		drop(child);
		let _ = std::fs::remove_dir_all(&self.writable);
	}
}

/// Ends a child.
#[derive(Clone, Debug)]
pub(super) struct Killer(Arc<Mutex<Child>>);

impl Killer {
	/// Ends the child at once, unless it has ended.
	pub(super) fn kill(&self) {
		let _ = lock(&self.0).kill();
	}
}

/// Returns true for an end that the child's own computation may have caused. SIGKILL comes from the operator
/// or from a machine without memory, SIGBUS from a disk, SIGILL from another processor than the code's, and
/// SIGXCPU from a slow one.
fn is_own_fault(status: ExitStatus) -> bool {
	let own = [libc::SIGABRT, libc::SIGSEGV, libc::SIGFPE, libc::SIGXFSZ, libc::SIGSYS];
	status.signal().is_some_and(|signal| own.contains(&signal))
}

/// Forwards the lines of a child's output until it ends or breaks the protocol.
fn forward(mut output: impl BufRead, replies: &SyncSender<Vec<u8>>) {
	loop {
		let mut line = Vec::new();
		let read = Read::by_ref(&mut output).take(MAX_LINE).read_until(b'\n', &mut line);
		if read.is_err() || line.last() != Some(&b'\n') || replies.send(line).is_err() {
			return;
		}
	}
}

/// Logs the lines of a child's error output and keeps the last ones.
fn collect(mut output: impl BufRead, kept: &Mutex<VecDeque<String>>) {
	loop {
		let mut line = Vec::new();
		match Read::by_ref(&mut output).take(LINE).read_until(b'\n', &mut line) {
			Ok(read) if read > 0 => {}
			_ => return,
		}
		let text = String::from_utf8_lossy(&line).trim_end().to_owned();
		tracing::debug!("a process that evaluates says: {text}");
		let mut kept = lock(kept);
		if kept.len() == LINES {
			kept.pop_front();
		}
		kept.push_back(text);
	}
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
	// every critical section leaves the value valid at each step
	mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
