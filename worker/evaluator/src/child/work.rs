//! The answers to requests.

use super::{from_exact, probe, Answer, BaseSet, DeltaJob, EvaluateJob, Job, ReplayJob, Request, Setup};
use crate::evaluation_set::{self, EvaluationSet};
use descent_artifacts::ArtifactError;
use descent_dataset::{DeltaError, DeltaLimits, DeltaReader, Description, Limits, Set};
use descent_model::{Device, Engine};
use descent_protocol::{DeltaVerdict, Metric};
use sp_core::H256;
use std::{
	panic::{catch_unwind, AssertUnwindSafe},
	path::PathBuf,
	time::{Duration, Instant},
};

/// Answers requests, and keeps what the next one may need again.
pub(super) struct Worker {
	writable: PathBuf,
	/// The records that were drawn last: a round's checkpoints are all evaluated on the same.
	drawn: Option<(BaseSet, H256, u32, Metric, EvaluationSet)>,
	/// The threads that compute.
	threads: Option<rayon::ThreadPool>,
	/// The GPU that measures, if one does.
	gpu: Option<usize>,
}

impl Worker {
	pub(super) fn new(setup: &Setup) -> Self {
		let mut worker =
			Self { writable: setup.writable.clone(), drawn: None, threads: None, gpu: setup.gpu };
		if setup.computes {
			worker.set_threads(setup.threads);
		}
		worker
	}

	/// Starts as many threads as a job may use, unless there are so many.
	fn set_threads(&mut self, count: usize) {
		if self.threads.as_ref().is_none_or(|threads| threads.current_num_threads() != count) {
			// Without threads of its own a job is computed by this one.
			self.threads = rayon::ThreadPoolBuilder::new().num_threads(count).build().ok();
		}
	}

	/// Answers a request. A panic is an answer as well.
	pub(super) fn answer(&mut self, job: Job) -> Answer {
		let until = Instant::now() + Duration::from_millis(job.time_ms);
		let answer = AssertUnwindSafe(|| match job.request {
			Request::Evaluate(evaluate) => {
				self.set_threads(job.threads);
				let gpu = self.gpu.filter(|_| !job.spares_gpu).map(Device::Cuda);
				self.evaluate(*evaluate, gpu.map_or(Engine::Kernels, Engine::Libtorch), until)
			}
			Request::Replay(job) => replay(*job, until),
			Request::Count(delta) => count(&delta),
			Request::Check(delta) => self.check(&delta),
			Request::Build { delta, digest } => self.build(&delta, digest),
			Request::Probe(probe) => Answer::Tried(probe::run(&probe, &self.writable)),
		});
		catch_unwind(answer).unwrap_or_else(|panic| {
			let text = panic.downcast_ref::<String>().map(String::as_str);
			let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("no reason is known");
			Answer::Crashed(bounded(text))
		})
	}

	fn evaluate(&mut self, job: EvaluateJob, engine: Engine, until: Instant) -> Answer {
		let set = match self.draw(&job) {
			Ok(set) => set.with_rounding(job.rounding()),
			Err(answer) => return answer,
		};
		let description = match description(job.description) {
			Ok(description) => description,
			Err(answer) => return answer,
		};
		let evaluate = || {
			let checkpoint = evaluation_set::load(&description, &job.checkpoint)?;
			set.evaluate_on(engine, &checkpoint, until)
		};
		let evaluated = match &self.threads {
			Some(threads) => threads.install(evaluate),
			None => evaluate(),
		};
		match evaluated {
			Ok(evaluation) => Answer::Evaluated {
				score: evaluation.score,
				transcript: evaluation.transcript,
				records: evaluation.records,
				condition: evaluation.condition,
			},
			Err(error) => refused(error),
		}
	}

	fn draw(&mut self, job: &EvaluateJob) -> Result<EvaluationSet, Answer> {
		if let Some((set, seed, records, metric, drawn)) = &self.drawn {
			if (set, *seed, *records, *metric) == (&job.set, job.seed, job.records, job.metric) {
				return Ok(drawn.clone());
			}
		}
		// The version that was read last may be removed from disk once it is closed.
		self.drawn = None;
		let set = job.set.open()?;
		let drawn = EvaluationSet::draw(set, job.seed, job.records, job.metric)
			.map_err(|error| Answer::Failed(format!("{error:#}")))?;
		self.drawn = Some((job.set.clone(), job.seed, job.records, job.metric, drawn.clone()));
		Ok(drawn)
	}

	fn check(&self, delta: &DeltaJob) -> Answer {
		let base = match delta.base.as_ref().map(BaseSet::open).transpose() {
			Ok(base) => base,
			Err(answer) => return answer,
		};
		let limits = DeltaLimits::default();
		let checked =
			descent_dataset::check(&self.writable, base.as_deref(), &delta.file, &delta.schema, &limits);
		checked.map_or_else(faulty, Answer::from)
	}

	fn build(&self, delta: &DeltaJob, digest: H256) -> Answer {
		let base = match delta.base.as_ref().map(BaseSet::open).transpose() {
			Ok(base) => base,
			Err(answer) => return answer,
		};
		let limits = DeltaLimits::default();
		let (file, schema) = (&delta.file, &delta.schema);
		let built = Set::apply(&self.writable, base.as_deref(), file, digest, schema, &limits);
		built.map_or_else(faulty, |_| Answer::Built)
	}
}

/// Returns the model description of a job.
fn description(document: serde_json::Value) -> Result<Description, Answer> {
	let document = from_exact(document).map_err(|error| error.to_string());
	let checked = document.and_then(|document| {
		Description::check(document, &Limits::default()).map_err(|error| error.to_string())
	});
	checked.map_err(|error| Answer::Failed(bounded(&error)))
}

fn replay(job: ReplayJob, until: Instant) -> Answer {
	let opened = description(job.description).and_then(|description| Ok((description, job.set.open()?)));
	let (description, set) = match opened {
		Ok(opened) => opened,
		Err(answer) => return answer,
	};
	job.segment.replay(&description, &set, until).map_or_else(refused, Answer::Replayed)
}

/// Returns the answer to what has no result.
fn refused(error: ArtifactError) -> Answer {
	match error {
		ArtifactError::Invalid(reason) => Answer::Invalid(bounded(&reason)),
		ArtifactError::IllConditioned(reason) => Answer::IllConditioned(bounded(&reason)),
		error => Answer::Failed(bounded(&format!("{error:#}"))),
	}
}

fn count(delta: &DeltaJob) -> Answer {
	let reader = DeltaReader::open(&delta.file, &delta.schema, &DeltaLimits::default());
	reader.map_or_else(faulty, |reader| Answer::Counted(reader.len()))
}

fn faulty(error: DeltaError) -> Answer {
	let reason = bounded(&error.to_string());
	match error.fault() {
		Some(fault) => Answer::Faulty(DeltaVerdict::Invalid(fault), reason),
		None => Answer::Failed(reason),
	}
}

/// Returns the first 2,000 characters.
fn bounded(text: &str) -> String {
	text.chars().take(2000).collect()
}
