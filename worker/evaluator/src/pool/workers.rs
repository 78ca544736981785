//! The children of one kind, and the order in which jobs get them.

use super::process::{Fault, Killer, Process};
use crate::child::{Answer, Isolation, Job, Setup};
use anyhow::{anyhow, Result};
use std::{
	collections::{BTreeSet, HashMap},
	path::PathBuf,
	sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
	thread,
	time::{Duration, Instant},
};

/// Pause after a child that could not be started.
const PAUSE: Duration = Duration::from_secs(1);

/// Description of the children of one kind.
#[derive(Clone, Debug)]
pub(super) struct Kind {
	/// The program and its arguments.
	pub program: PathBuf,
	pub arguments: Vec<String>,
	/// Number of children.
	pub processes: usize,
	/// Threads that compute in a child that has the machine to itself.
	pub threads: usize,
	/// Folders that they may read.
	pub readable: Vec<PathBuf>,
	/// Folder in which each gets a folder of its own to write to.
	pub scratch: PathBuf,
	/// True if they evaluate checkpoints.
	pub computes: bool,
	/// Number of the GPU that measures, if one is asked for.
	pub gpu: Option<usize>,
}

/// Children of one kind. A thread of its own starts them, because the kernel ends a child together with the
/// thread that started it.
#[derive(Debug)]
pub(super) struct Workers {
	kind: Kind,
	state: Mutex<State>,
	changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
	idle: Vec<Process>,
	/// Number of children that are idle, that work, or that are being started.
	live: usize,
	/// Number of children that work.
	busy: usize,
	killers: HashMap<u32, Killer>,
	/// Jobs that wait for a child, the one whose time ends first in front.
	waiting: BTreeSet<(Instant, u64)>,
	next_ticket: u64,
	next_folder: u64,
	isolation: Option<Isolation>,
	/// The reason that the GPU measures nothing, since a child with it could not be started.
	gpu_refused: Option<String>,
	/// The reason that the last child could not be started, until one is.
	error: Option<String>,
	closed: bool,
}

impl Workers {
	/// Starts the children, and waits for the first one.
	pub(super) fn start(kind: Kind) -> Result<Arc<Self>> {
		let workers = Arc::new(Self { kind, state: Mutex::default(), changed: Condvar::new() });
		let own = Arc::downgrade(&workers);
		thread::Builder::new().name("processes".into()).spawn(move || {
			// The reference is given up between two children, so that the last other one ends this thread.
			while let Some(workers) = own.upgrade() {
				if !workers.keep_up() {
					return;
				}
			}
		})?;
		let mut state = workers.lock();
		while state.isolation.is_none() && state.error.is_none() {
			state = workers.wait(state, PAUSE);
		}
		match state.error.take() {
			Some(error) => {
				state.closed = true;
				Err(anyhow!(error))
			}
			None => {
				drop(state);
				Ok(workers)
			}
		}
	}

	/// Returns the limits that are in force.
	pub(super) fn isolation(&self) -> Option<Isolation> {
		self.lock().isolation
	}

	/// Returns the number of the GPU that measures, if one does.
	///
	/// # Errors
	/// Fails, with the reason, if one was asked for and does not measure.
	pub(super) fn gpu(&self) -> Result<Option<usize>, String> {
		match self.lock().gpu_refused.clone() {
			Some(reason) => Err(reason),
			None => Ok(self.kind.gpu),
		}
	}

	/// Returns the process ids of the children.
	pub(super) fn ids(&self) -> Vec<u32> {
		self.lock().killers.keys().copied().collect()
	}

	/// Ends all children, those that work included.
	pub(super) fn close(&self) {
		let mut state = self.lock();
		state.closed = true;
		state.killers.values().for_each(Killer::kill);
		let idle = std::mem::take(&mut state.idle);
		self.changed.notify_all();
		drop(state);
		drop(idle);
	}

	/// Waits for a child until `until`. `fresh` asks for one that has had no job.
	pub(super) fn acquire(self: &Arc<Self>, until: Instant, fresh: bool) -> Result<Worker> {
		let mut state = self.lock();
		let ticket = (until, state.next_ticket);
		state.next_ticket += 1;
		state.waiting.insert(ticket);
		let process = loop {
			if state.closed {
				break Err(anyhow!("the evaluator is ending"));
			}
			if let Some(error) = state.error.as_ref().filter(|_| state.live == 0) {
				break Err(anyhow!("no process that evaluates can be started: {error}"));
			}
			if state.waiting.first() == Some(&ticket) {
				match state.take(fresh) {
					Some(process) => break Ok(process),
					None => self.changed.notify_all(),
				}
			}
			let left = until.saturating_duration_since(Instant::now());
			if left.is_zero() {
				break Err(anyhow!("the time ran out before a process was free: see --processes"));
			}
			state = self.wait(state, left.min(PAUSE));
		};
		state.waiting.remove(&ticket);
		self.changed.notify_all();
		let process = process?;
		state.busy += 1;
		let threads = (self.kind.threads / state.busy).max(1);
		drop(state);
		Ok(Worker { workers: self.clone(), process: Some(process), healthy: true, threads })
	}

	/// Starts a child if one is missing, or waits a moment. Returns false once the workers are closed.
	fn keep_up(&self) -> bool {
		let mut state = self.lock();
		if state.closed {
			return false;
		}
		if state.live >= self.kind.processes {
			drop(self.wait(state, PAUSE));
			return true;
		}
		state.live += 1;
		let setup = Setup {
			parent: std::process::id(),
			threads: self.kind.threads,
			readable: self.kind.readable.clone(),
			writable: self.kind.scratch.join(state.next_folder.to_string()),
			computes: self.kind.computes,
			gpu: self.kind.gpu.filter(|_| state.gpu_refused.is_none()),
		};
		state.next_folder += 1;
		drop(state);
		let started = Process::start(&self.kind.program, &self.kind.arguments, &setup);
		let mut state = self.lock();
		match started {
			Ok((process, isolation)) => {
				state.isolation = Some(Isolation { processes: self.kind.processes, ..isolation });
				state.error = None;
				state.killers.insert(process.id(), process.killer());
				state.idle.push(process);
				if state.closed {
					state.idle.clear();
				}
				self.changed.notify_all();
			}
			Err(error) if setup.gpu.is_some() => {
				let error = format!("{error:#}");
				tracing::warn!("the GPU measures nothing, and the CPU does in its place: {error}");
				state.gpu_refused = Some(error);
				state.live -= 1;
			}
			Err(error) => {
				let error = format!("{error:#}");
				tracing::warn!("{error}");
				state.error = Some(error);
				state.live -= 1;
				self.changed.notify_all();
				drop(self.wait(state, PAUSE));
			}
		}
		true
	}

	/// Takes back a child, which is of use to others only if it is `healthy`.
	fn release(&self, process: Process, healthy: bool) {
		let mut state = self.lock();
		state.busy -= 1;
		if healthy && !state.closed {
			state.idle.push(process);
			self.changed.notify_all();
			return;
		}
		state.live -= 1;
		state.killers.remove(&process.id());
		self.changed.notify_all();
		drop(state);
		drop(process);
	}

	fn wait<'a>(&self, state: MutexGuard<'a, State>, time: Duration) -> MutexGuard<'a, State> {
		self.changed.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner).0
	}

	fn lock(&self) -> MutexGuard<'_, State> {
		// every critical section leaves the state valid at each step
		self.state.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

impl State {
	/// Takes an idle child, and drops those that have ended. If a fresh one is asked for and there is none, a
	/// used one makes way for it.
	fn take(&mut self, fresh: bool) -> Option<Process> {
		while let Some(process) = self.idle.pop() {
			if process.is_alive() && !(fresh && process.jobs > 0) {
				return Some(process);
			}
			self.live -= 1;
			self.killers.remove(&process.id());
		}
		None
	}
}

/// A child that works for one job. It goes back when this is dropped.
pub(super) struct Worker {
	workers: Arc<Workers>,
	process: Option<Process>,
	/// False once the child is of no use to others.
	healthy: bool,
	/// Threads that it may compute with.
	pub threads: usize,
}

impl Worker {
	/// Returns the folder that the child writes to.
	pub(super) fn writable(&self) -> PathBuf {
		self.process.as_ref().map(|process| process.writable().to_owned()).unwrap_or_default()
	}

	/// Has a job done.
	pub(super) fn run(&mut self, job: &Job, until: Instant) -> Result<Answer, Fault> {
		let Some(process) = self.process.as_mut() else {
			return Err(Fault::Ended("it has ended before".into()));
		};
		let reply = process.run(job, until);
		self.healthy = reply.as_ref().is_ok_and(|reply| !reply.retire);
		reply.map(|reply| reply.answer)
	}
}

impl Drop for Worker {
	fn drop(&mut self) {
		if let Some(process) = self.process.take() {
			self.workers.release(process, self.healthy);
		}
	}
}
