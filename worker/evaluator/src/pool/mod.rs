//! Processes that evaluate checkpoints and read deltas, apart from the one that asks for it.

mod deltas;
mod process;
mod replay;
mod workers;

use crate::{
	child::{Answer, BaseSet, EvaluateJob, Isolation, Job, Probe, Request, Trial},
	evaluation_set::{self, EvaluationSet},
};
use anyhow::{anyhow, bail, Context, Result};
use descent_artifacts::ArtifactError;
use descent_dataset::Description;
use descent_model::{evaluation_memory, Evaluation};
use descent_protocol::Rounding;
use process::Fault;
use std::{
	path::{Path, PathBuf},
	sync::Arc,
	time::{Duration, Instant},
};
use workers::{Kind, Worker, Workers};

pub use deltas::DeltaCheck;

/// Arguments of the program that make it a child.
const ARGUMENT: &str = "child";
/// Time that a child has beyond a job's, to say that the time is over.
const GRACE: Duration = Duration::from_millis(500);
/// Processes that read deltas. One of them may be busy for hours with a check, one with a version that a
/// round needs.
const READERS: usize = 3;

/// Options of an [`EvaluationPool`].
#[derive(Clone, Debug)]
pub struct PoolOptions {
	/// Program that becomes a child when it is started with the argument `child` alone, as `descent-worker`
	/// does.
	pub program: PathBuf,
	/// Number of processes that evaluate side by side.
	pub processes: usize,
	/// Threads that compute, all processes together; one for each core if absent.
	pub threads: Option<usize>,
	/// Folders that the processes read: those of checkpoints and data sets.
	pub readable: Vec<PathBuf>,
	/// Folder for what they write. Data sets are moved from here, so it is on the disk that holds them.
	pub scratch: PathBuf,
	/// True if processes that read deltas are needed, too.
	pub deltas: bool,
	/// Number of the GPU that measures, if its self-test passes; else the CPU does.
	pub gpu: Option<usize>,
}

impl PoolOptions {
	/// Returns options for this program's own file, one process, and a directory that holds all data.
	///
	/// # Errors
	/// Fails if the program's file is not known.
	pub fn new(directory: &Path) -> Result<Self> {
		let program = std::env::current_exe().context("the program does not know its own file")?;
		let directory = std::path::absolute(directory)?;
		Ok(Self {
			program,
			processes: 1,
			threads: None,
			scratch: directory.join("scratch").join("processes"),
			readable: vec![directory],
			deltas: false,
			gpu: None,
		})
	}
}

/// A pool of processes that evaluate checkpoints. Cheap to clone; the processes end with the last clone, with
/// [`EvaluationPool::stop`], and whenever this process ends.
#[derive(Clone, Debug)]
pub struct EvaluationPool {
	mode: Mode,
}

#[derive(Clone, Debug)]
enum Mode {
	/// Nothing is apart, which is for tests.
	InProcess,
	Children(Arc<Children>),
}

#[derive(Debug)]
struct Children {
	evaluators: Arc<Workers>,
	readers: Option<Arc<Workers>>,
}

impl Drop for Children {
	fn drop(&mut self) {
		self.close();
	}
}

impl Children {
	fn close(&self) {
		self.evaluators.close();
		self.readers.iter().for_each(|readers| readers.close());
	}
}

impl EvaluationPool {
	/// Starts the processes, and waits for the first one. Blocks for a second or so.
	///
	/// # Errors
	/// Fails if a process cannot be started or limited.
	pub fn start(options: &PoolOptions) -> Result<Self> {
		let cores = || std::thread::available_parallelism().map_or(1, Into::into);
		let kind = |computes: bool, processes: usize| Kind {
			program: options.program.clone(),
			arguments: vec![ARGUMENT.into()],
			processes: processes.max(1),
			threads: options.threads.unwrap_or_else(cores).max(1),
			readable: options.readable.clone(),
			scratch: options.scratch.join(if computes { "evaluators" } else { "readers" }),
			computes,
			gpu: options.gpu.filter(|_| computes),
		};
		if options.scratch.exists() {
			std::fs::remove_dir_all(&options.scratch)
				.with_context(|| format!("cannot remove {}", options.scratch.display()))?;
		}
		let readers = options.deltas.then(|| Workers::start(kind(false, READERS))).transpose()?;
		let evaluators = Workers::start(kind(true, options.processes))?;
		let pool = Self { mode: Mode::Children(Arc::new(Children { evaluators, readers })) };
		let Isolation { processes, memory, landlock, seccomp } = pool.isolation();
		let state =
			|is: bool| if is { "in force" } else { "not in force: this kernel lacks it or refuses it" };
		tracing::info!(
			processes,
			memory = if memory { "in force" } else { "not in force: a GPU measures" },
			landlock = state(landlock),
			seccomp = state(seccomp),
			"checkpoints and deltas are read by processes of their own"
		);
		Ok(pool)
	}

	/// Returns a pool that evaluates in this process, without any limit. It is for tests.
	#[doc(hidden)]
	pub fn in_process() -> Self {
		Self { mode: Mode::InProcess }
	}

	/// Returns the limits that are in force.
	pub fn isolation(&self) -> Isolation {
		let none = Isolation { processes: 0, memory: false, landlock: false, seccomp: false };
		match &self.mode {
			Mode::InProcess => none,
			Mode::Children(children) => children.evaluators.isolation().unwrap_or(none),
		}
	}

	/// Returns the number of the GPU that measures, if one does.
	///
	/// # Errors
	/// Fails, with the reason, if one was asked for and does not measure.
	pub fn gpu(&self) -> Result<Option<usize>, String> {
		match &self.mode {
			Mode::InProcess => Ok(None),
			Mode::Children(children) => children.evaluators.gpu(),
		}
	}

	/// Ends all processes. What they work on fails.
	pub fn stop(&self) {
		if let Mode::Children(children) = &self.mode {
			children.close();
		}
	}

	/// Evaluates the checkpoint in a file, at the latest until `until`.
	///
	/// # Errors
	/// [`ArtifactError::Invalid`] and [`ArtifactError::IllConditioned`] are the checkpoint's fault,
	/// [`ArtifactError::Failed`] is this machine's. A checkpoint at which two processes crash, the second one
	/// a fresh one, is invalid. One that takes too long is not.
	pub fn evaluate(
		&self,
		description: &Description,
		set: &EvaluationSet,
		checkpoint: &Path,
		until: Instant,
	) -> Result<Evaluation, ArtifactError> {
		let Mode::Children(children) = &self.mode else {
			return set.evaluate(&evaluation_set::load(description, checkpoint)?, until);
		};
		let request = || -> Result<Request> {
			Ok(Request::Evaluate(Box::new(EvaluateJob {
				description: crate::child::to_exact(description.document())?,
				checkpoint: std::path::absolute(checkpoint)?,
				set: BaseSet::from(set.set()),
				seed: set.seed(),
				records: u32::try_from(set.records().len())?,
				metric: set.metric(),
				dithered: set.rounding() != Rounding::HalfEven,
			})))
		};
		let limits = JobLimits { memory: evaluation_memory(description), file: 0, until };
		match in_child(&children.evaluators, limits, request, |_, answer| Ok(answer)) {
			Ok(Answer::Evaluated { score, transcript, records, condition }) => {
				Ok(Evaluation { score, transcript, records, condition })
			}
			Ok(Answer::Invalid(reason)) => Err(ArtifactError::Invalid(reason)),
			Ok(Answer::IllConditioned(reason)) => Err(ArtifactError::IllConditioned(reason)),
			Ok(other) => Err(ArtifactError::Failed(unexpected(other))),
			Err(Failure::Crashes(reason)) => {
				Err(ArtifactError::Invalid(format!("two processes crashed evaluating it: {reason}")))
			}
			Err(Failure::Other(error)) => Err(ArtifactError::Failed(error)),
		}
	}

	/// Has a child do something forbidden or faulty, within `memory` bytes, to test that its limits hold.
	///
	/// # Errors
	/// Fails if the child ended, once for each of two children.
	#[doc(hidden)]
	pub fn probe(&self, probe: &Probe, memory: u64, until: Instant) -> Result<Vec<Trial>> {
		let Mode::Children(children) = &self.mode else {
			bail!("there are no processes");
		};
		let request = || Ok(Request::Probe(probe.clone()));
		let limits = JobLimits { memory, file: 1 << 20, until };
		match in_child(&children.evaluators, limits, request, |_, answer| Ok(answer)) {
			Ok(Answer::Tried(trials)) => Ok(trials),
			Ok(other) => Err(unexpected(other)),
			Err(Failure::Crashes(reason)) => bail!("two processes crashed: {reason}"),
			Err(Failure::Other(error)) => Err(error),
		}
	}

	/// Returns the ids of the processes that evaluate.
	#[doc(hidden)]
	pub fn process_ids(&self) -> Vec<u32> {
		match &self.mode {
			Mode::InProcess => Vec::new(),
			Mode::Children(children) => children.evaluators.ids(),
		}
	}
}

/// Limits of a job.
#[derive(Clone, Copy)]
struct JobLimits {
	/// Bytes of memory.
	memory: u64,
	/// Bytes of the largest file that is written.
	file: u64,
	/// End of its time.
	until: Instant,
}

/// Reason that a job has no answer.
enum Failure {
	/// Two children crashed at it, the second a fresh one of its own.
	Crashes(String),
	/// This machine is at fault.
	Other(anyhow::Error),
}

/// Has a job done by a child; if that one ends, once more by a fresh one. `take` gets the answer before the
/// child goes back.
fn in_child<T>(
	workers: &Arc<Workers>,
	limits: JobLimits,
	request: impl Fn() -> Result<Request>,
	take: impl Fn(&Worker, Answer) -> Result<T>,
) -> Result<T, Failure> {
	let mut first = None;
	loop {
		let mut worker = workers.acquire(limits.until, first.is_some()).map_err(Failure::Other)?;
		let left = limits.until.saturating_duration_since(Instant::now());
		let job = Job {
			memory: limits.memory,
			file: limits.file,
			time_ms: u64::try_from(left.as_millis()).unwrap_or(u64::MAX),
			threads: worker.threads,
			spares_gpu: first.is_some(),
			request: request().map_err(Failure::Other)?,
		};
		let fault = match worker.run(&job, limits.until + GRACE) {
			Ok(Answer::Crashed(reason)) => Fault::Crashed(reason),
			Ok(Answer::Failed(reason)) => return Err(Failure::Other(anyhow!(reason))),
			Ok(answer) => return take(&worker, answer).map_err(Failure::Other),
			Err(fault) => fault,
		};
		drop(worker);
		match (fault, &first) {
			(Fault::Late, _) => {
				return Err(Failure::Other(anyhow!(
					"the process was ended because the time ran out: measure on a faster machine"
				)))
			}
			(Fault::Crashed(reason), Some(true)) => return Err(Failure::Crashes(reason)),
			(Fault::Crashed(reason) | Fault::Ended(reason), Some(_)) => {
				return Err(Failure::Other(anyhow!("the process ended twice, lastly: {reason}")))
			}
			(Fault::Crashed(reason), None) => {
				tracing::warn!("a process crashed, and a fresh one tries again: {reason}");
				first = Some(true);
			}
			(Fault::Ended(reason), None) => {
				tracing::warn!("a process ended, and a fresh one tries again: {reason}");
				first = Some(false);
			}
		}
	}
}

fn unexpected(answer: Answer) -> anyhow::Error {
	anyhow!("the process answered something else than was asked: {answer:?}")
}
