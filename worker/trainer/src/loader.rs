//! Model, data and head of a group, loaded in the background.

use crate::{
	awaited::{named, Awaited},
	control::{Terms, TrainingSettings, TrainingTask},
	events::{Event, Report},
	handle::TrainingHandle,
	recorded::{Plan, Recordings},
	round_spec::RoundSpec,
};
use anyhow::{ensure, Context, Result};
use descent_artifacts::{
	dataset_log::{sources, DatasetLog, LogSource},
	disk::create_directory,
	joined, within, Artifacts,
};
use descent_dataset::{Description, Set};
use descent_evaluator::evaluation_set;
use descent_protocol::{
	evaluation::DeltaSource,
	view::{GroupView, LogEntryView},
	EvaluationPolicy, RoundIndex,
};
use std::{
	collections::HashMap,
	fs,
	path::{Path, PathBuf},
	sync::{
		atomic::{AtomicBool, Ordering},
		mpsc::{self, Receiver, RecvTimeoutError, Sender},
		Arc, Mutex, MutexGuard, PoisonError,
	},
	thread::{self, JoinHandle},
	time::{Duration, Instant},
};

/// Longest time to fetch model and data.
const DATA_LIMIT: Duration = Duration::from_secs(6 * 3600);
/// Longest time to fetch a head.
const HEAD_LIMIT: Duration = Duration::from_secs(600);
/// Longest time until the thread notices that it is to end, if it has nothing to do.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// Longest wait for the threads at the end.
const END_LIMIT: Duration = Duration::from_secs(5);

/// A group's model and data, as far as they are loaded.
#[derive(Clone, Default)]
pub(crate) struct Assets {
	/// Evaluation assets of the current round and of open rounds.
	pub evaluations: Vec<EvaluationAssets>,
	/// The running training, and the version of its model.
	pub training: Option<(u32, TrainingHandle)>,
	/// What is being waited for.
	pub awaited: Option<Awaited>,
	/// Trainings of models before, which may still compute.
	retired: Vec<TrainingHandle>,
}

/// Model and records to evaluate the checkpoints of a round with.
#[derive(Clone)]
pub(crate) struct EvaluationAssets {
	spec: RoundSpec,
	pub description: Arc<Description>,
	/// The records that evaluation sets are drawn from.
	pub set: Arc<Set>,
}

impl Assets {
	/// Returns the assets that evaluate the checkpoints of a round with this spec.
	pub(crate) fn evaluation(&self, spec: &RoundSpec) -> Option<&EvaluationAssets> {
		self.evaluations.iter().find(|loaded| loaded.spec.has_same_evaluation(spec))
	}
}

/// Loads a group's model, data and head, and starts and redirects the training, on a thread of its own:
/// neither a slow provider nor a large file keeps the trainer from its rounds.
pub(crate) struct AssetLoader {
	requests: Sender<Request>,
	assets: Arc<Mutex<Assets>>,
	recordings: Recordings,
	ending: Arc<AtomicBool>,
	thread: JoinHandle<()>,
}

/// The group to follow, and the specs of the rounds in which the trainer has a commitment.
struct Request {
	group: GroupView,
	open: Vec<RoundSpec>,
}

impl AssetLoader {
	/// Starts the thread, which ends when the loader is dropped. Weights are kept below `directory`.
	/// `recordings` are those of recorded trainings.
	pub(crate) fn start(
		artifacts: Arc<Artifacts>,
		settings: TrainingSettings,
		directory: PathBuf,
		recordings: Recordings,
		log: impl LogSource,
		report: impl Report + Clone + Send + 'static,
	) -> Result<Self> {
		let (requests, received) = mpsc::channel();
		let assets = Arc::new(Mutex::new(Assets::default()));
		let ending = Arc::new(AtomicBool::new(false));
		let thread = LoaderThread {
			artifacts,
			settings,
			directory,
			recordings: recordings.clone(),
			log: DatasetLog::new(log),
			report,
			assets: assets.clone(),
			trained: None,
			failure: None,
			waits: HashMap::new(),
			ending: ending.clone(),
		};
		let thread = thread::Builder::new().name("loader".into()).spawn(move || thread.run(&received))?;
		Ok(Self { requests, assets, recordings, ending, thread })
	}

	/// Ends the thread and all trainings. Returns false if one of them still computes after
	/// [`END_LIMIT`]: libtorch must not be unloaded then.
	pub(crate) async fn end(&self) -> bool {
		self.ending.store(true, Ordering::Relaxed);
		let until = Instant::now() + END_LIMIT;
		while !self.has_ended() {
			if Instant::now() >= until {
				return false;
			}
			tokio::time::sleep(Duration::from_millis(10)).await;
		}
		true
	}

	/// Asks all trainings to end. Returns true once they and the thread have.
	fn has_ended(&self) -> bool {
		let Assets { training, mut retired, .. } = self.assets();
		retired.extend(training.map(|(_, training)| training));
		retired.iter().for_each(TrainingHandle::end);
		self.thread.is_finished() && retired.iter().all(TrainingHandle::has_ended)
	}

	/// Asks for the assets of the group's current round, and of open rounds with these specs.
	pub(crate) fn follow(&self, group: &GroupView, open: Vec<RoundSpec>) {
		let group = group.clone();
		if self.requests.send(Request { group, open }).is_err() {
			tracing::error!("the thread that fetches model and data has ended; start the trainer again");
		}
	}

	/// Returns the recordings of recorded trainings.
	pub(crate) fn recordings(&self) -> &Recordings {
		&self.recordings
	}

	/// Returns the assets that are loaded.
	pub(crate) fn assets(&self) -> Assets {
		lock(&self.assets).clone()
	}
}

fn lock(assets: &Mutex<Assets>) -> MutexGuard<'_, Assets> {
	assets.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for AssetLoader {
	/// Ends the threads if that was not asked for: libtorch must not be unloaded while they compute.
	fn drop(&mut self) {
		if self.ending.swap(true, Ordering::Relaxed) {
			return;
		}
		let until = Instant::now() + END_LIMIT;
		while !self.has_ended() && Instant::now() < until {
			thread::sleep(Duration::from_millis(1));
		}
	}
}

struct LoaderThread<L, R> {
	artifacts: Arc<Artifacts>,
	settings: TrainingSettings,
	directory: PathBuf,
	recordings: Recordings,
	log: DatasetLog<L>,
	report: R,
	assets: Arc<Mutex<Assets>>,
	/// The spec that the training has its task from.
	trained: Option<RoundSpec>,
	/// The last failure, so that it is logged once.
	failure: Option<String>,
	/// Start of the wait for each thing that is not here yet.
	waits: HashMap<String, Instant>,
	ending: Arc<AtomicBool>,
}

impl<L: LogSource, R: Report + Clone + Send + 'static> LoaderThread<L, R> {
	fn run(mut self, requests: &Receiver<Request>) {
		loop {
			let request = match requests.recv_timeout(POLL_INTERVAL) {
				_ if self.is_ending() => return,
				Ok(request) => request,
				Err(RecvTimeoutError::Timeout) => continue,
				Err(RecvTimeoutError::Disconnected) => return,
			};
			// later requests replace it
			let request = requests.try_iter().last().unwrap_or(request);
			match self.load(&request) {
				Ok(()) => {
					self.failure = None;
					self.waits.clear();
					lock(&self.assets).awaited = None;
				}
				Err(_) if self.is_ending() => return,
				Err(error) => {
					let failure = format!("{error:#}");
					if let Some(awaited) = &mut lock(&self.assets).awaited {
						awaited.failure = Some(failure.clone());
					}
					if self.failure.as_ref() != Some(&failure) {
						tracing::warn!("{failure}; trying again with the next block");
						self.failure = Some(failure);
					}
				}
			}
		}
	}

	fn is_ending(&self) -> bool {
		self.ending.load(Ordering::Relaxed)
	}

	/// Notes what is being waited for. Fails if the thread is to end.
	fn wait_for(&mut self, what: String) -> Result<()> {
		ensure!(!self.is_ending(), "the trainer ends");
		let since = *self.waits.entry(what.clone()).or_insert_with(Instant::now);
		lock(&self.assets).awaited = Some(Awaited { what, since, failure: self.failure.clone() });
		Ok(())
	}

	fn load(&mut self, request: &Request) -> Result<()> {
		let spec = RoundSpec::from(&request.group);
		// Deposits are at stake in open rounds, so their assets come first. Training goes on without them.
		let mut open = Ok(());
		for judged in &request.open {
			open = open.and(self.load_evaluation(judged));
		}
		self.train(&request.group, &spec)?;
		self.load_head(&request.group)?;
		lock(&self.assets).evaluations.retain(|loaded| {
			let is_needed = |needed: &RoundSpec| needed.has_same_evaluation(&loaded.spec);
			is_needed(&spec) || request.open.iter().any(is_needed)
		});
		open
	}

	/// Loads model and records to evaluate checkpoints of a round with.
	fn load_evaluation(&mut self, spec: &RoundSpec) -> Result<()> {
		if lock(&self.assets).evaluation(spec).is_some() {
			return Ok(());
		}
		let until = within(DATA_LIMIT);
		self.wait_for(named("the model description", &[spec.model], &spec.providers))?;
		let description = self.artifacts.description(&spec.model, &spec.providers, until)?;
		let set = match spec.policy {
			EvaluationPolicy::Training { .. } => self.training_set(spec, &description)?,
			// Rounds without a sound hidden test set are measured on the public one, and weights are compared
			// on it.
			EvaluationPolicy::Validation { set, .. } | EvaluationPolicy::Hidden { otherwise: set, .. } => {
				let source = DeltaSource { delta: set, providers: Vec::new() };
				self.wait_for(named("the validation set", &[set], &spec.providers))?;
				self.artifacts
					.set(&description, &[source], &spec.providers, until)
					.context("the validation set")?
			}
		};
		lock(&self.assets).evaluations.push(EvaluationAssets {
			spec: spec.clone(),
			description: Arc::new(description),
			set,
		});
		Ok(())
	}

	/// Builds the training set from the latest version on disk.
	fn training_set(&mut self, spec: &RoundSpec, description: &Description) -> Result<Arc<Set>> {
		self.wait_for(format!("the log of the data set up to version {}", spec.dataset_version))?;
		let sources = sources(self.log.read(spec.dataset_version, spec.dataset_root)?);
		let deltas: Vec<_> = sources.iter().map(|source| source.delta).collect();
		let providers =
			sources.iter().fold(spec.providers.clone(), |all, source| joined(&all, &source.providers));
		let what = format!("version {} of the data set", spec.dataset_version);
		self.wait_for(named(&what, &deltas, &providers))?;
		let set = self
			.artifacts
			.set(description, &sources, &spec.providers, within(DATA_LIMIT))
			.with_context(|| format!("version {} of the data set", spec.dataset_version))?;
		ensure!(
			set.root() == spec.dataset_root,
			"version {} of the data set has the root {:?}, but on chain it is {:?}",
			spec.dataset_version,
			set.root(),
			spec.dataset_root
		);
		Ok(set)
	}

	/// Starts the training, or gives it another task, if the spec asks for one. While data are fetched and
	/// built, training goes on with the task that it has.
	fn train(&mut self, group: &GroupView, spec: &RoundSpec) -> Result<()> {
		let running = lock(&self.assets).training.clone();
		let is_recorded = |spec: &RoundSpec| spec.recipe.is_some();
		let is_same_kind =
			self.trained.as_ref().is_none_or(|trained| is_recorded(trained) == is_recorded(spec));
		let running = running.filter(|(version, handle)| {
			*version == spec.model_version && !handle.has_stopped() && is_same_kind
		});
		if running.is_some() && self.trained.as_ref().is_some_and(|trained| trained.has_same_task(spec)) {
			return Ok(());
		}
		if running.is_none() {
			// No round needs the weights of another model.
			let mut assets = lock(&self.assets);
			assets.retired.retain(|training| !training.has_ended());
			if let Some((_, training)) = assets.training.take() {
				training.end();
				assets.retired.push(training);
			}
		}
		let task = self.load_task(spec)?;
		let (description, records) = (task.description.clone(), task.training.len());
		match running {
			Some((_, handle)) => handle.set_task(task)?,
			None => {
				ensure!(!self.is_ending(), "the trainer ends");
				let handle = self.start_training(spec, task)?;
				handle.set_terms(Terms::from(group));
				lock(&self.assets).training = Some((spec.model_version, handle));
			}
		}
		if let Some(before) = self.trained.replace(spec.clone()) {
			let round = group.round.unwrap_or(group.clock.first);
			self.report_changes(&before, spec, description.name(), records, round)?;
		}
		Ok(())
	}

	fn start_training(&self, spec: &RoundSpec, task: TrainingTask) -> Result<TrainingHandle> {
		let settings = self.settings.clone();
		let directory = self.make_directory(spec.model_version)?;
		let report = self.report.clone();
		let tell = Box::new(move |event| report.event(event));
		let Some(rule) = spec.recipe else {
			return TrainingHandle::start(task, settings, directory, tell);
		};
		if settings.own.is_none() {
			Plan::new(rule, &settings)?;
		}
		TrainingHandle::start_recorded(task, settings, directory, self.recordings.clone(), tell)
	}

	fn load_task(&mut self, spec: &RoundSpec) -> Result<TrainingTask> {
		self.load_evaluation(spec)?;
		let loaded = lock(&self.assets).evaluation(spec).cloned();
		let EvaluationAssets { description, set, .. } = loaded.context("the evaluation assets are gone")?;
		let training = self.training_set(spec, &description)?;
		tracing::info!(
			version = spec.dataset_version,
			records = training.len(),
			evaluation = set.len(),
			model = description.name(),
			"model and data are here"
		);
		Ok(TrainingTask { description, training, evaluation: set, metric: spec.metric })
	}

	/// Makes the directory for the weights of this version of the model, and removes those of other versions.
	fn make_directory(&self, model_version: u32) -> Result<PathBuf> {
		let own = self.directory.join(model_version.to_string());
		create_directory(&own)?;
		for entry in fs::read_dir(&self.directory)? {
			let path = entry?.path();
			if path != own {
				remove(&path).with_context(|| format!("cannot remove {}", path.display()))?;
			}
		}
		Ok(own)
	}

	/// Reports another model or another version of the data set.
	fn report_changes(
		&mut self,
		before: &RoundSpec,
		spec: &RoundSpec,
		name: &str,
		records: u64,
		round: RoundIndex,
	) -> Result<()> {
		if before.model_version != spec.model_version {
			self.report.event(Event::Model { version: spec.model_version, name: name.into(), round });
		}
		if before.dataset_root == spec.dataset_root {
			return Ok(());
		}
		let entries = self.log.read(spec.dataset_version, spec.dataset_root)?;
		let known = usize::try_from(before.dataset_version)?;
		let reports = entries.get(known..).unwrap_or_default();
		let reports = reports.iter().filter_map(|entry: &LogEntryView| entry.report);
		let (added, removed) = reports.fold((0u64, 0u64), |(added, removed), report| {
			(added.saturating_add(report.added), removed.saturating_add(report.removed))
		});
		self.report.event(Event::Dataset { version: spec.dataset_version, records, added, removed, round });
		Ok(())
	}

	fn load_head(&mut self, group: &GroupView) -> Result<()> {
		let Some(head) = group.incumbent() else {
			return Ok(());
		};
		let assets = lock(&self.assets).clone();
		let Some((_, training)) = &assets.training else {
			return Ok(());
		};
		let digest = head.checkpoint.digest;
		if training.status().head.is_some_and(|known| known.digest == digest) {
			return Ok(());
		}
		let evaluation = assets.evaluation(&RoundSpec::from(group)).context("no model")?;
		evaluation_set::check_size(&evaluation.description, &head.checkpoint)
			.context("the head cannot be used")?;
		self.wait_for(named("the head", &[head.checkpoint], head.providers))?;
		let file = self
			.artifacts
			.file(&head.checkpoint, head.providers, within(HEAD_LIMIT))
			.context("the head cannot be had")?;
		training.set_head(digest, file)
	}
}

fn remove(path: &Path) -> std::io::Result<()> {
	if path.is_dir() {
		fs::remove_dir_all(path)
	} else {
		fs::remove_file(path)
	}
}

#[cfg(test)]
#[path = "loader_tests.rs"]
mod tests;
