use super::{
	events::{Event, Report},
	handle::TrainingHandle,
	round_spec::RoundSpec,
	training_loop::{Settings, TrainingTask},
};
use anyhow::{ensure, Context, Result};
use descent_artifacts::{
	dataset_log::{sources, DatasetLog, LogSource},
	disk::create_directory,
	within, Artifacts,
};
use descent_dataset::{Description, Set};
use descent_protocol::{
	evaluation::DeltaSource,
	view::{GroupView, LogEntryView},
	EvaluationPolicy, RoundIndex,
};
use sp_core::H256;
use std::{
	fs,
	path::Path,
	sync::{
		mpsc::{self, Receiver, Sender},
		Arc, Mutex, PoisonError,
	},
	thread,
	time::Duration,
};

/// Longest time to fetch model and data.
const DATA_LIMIT: Duration = Duration::from_secs(6 * 3600);
/// Longest time to fetch a head.
const HEAD_LIMIT: Duration = Duration::from_secs(600);

/// What a trainer needs of its group, as far as it is here.
#[derive(Clone, Default)]
pub(crate) struct Assets {
	/// What checkpoints are measured with: for the round that is trained for, and for those that are judged.
	pub exams: Vec<Provided>,
	/// What trains, and the version of its model.
	pub learner: Option<(u32, TrainingHandle)>,
}

/// What checkpoints are measured with.
#[derive(Clone)]
pub(crate) struct Provided {
	spec: RoundSpec,
	/// The model.
	pub description: Arc<Description>,
	/// The records that evaluation sets are drawn from.
	pub set: Arc<Set>,
}

impl Assets {
	/// What checkpoints of a round of these spec are measured with.
	pub(crate) fn exam(&self, spec: &RoundSpec) -> Option<&Provided> {
		self.exams.iter().find(|exam| exam.spec.is_same_exam(spec))
	}
}

/// Brings a group's model, data and head, and keeps the training on them, on a thread of its own: neither a slow provider
/// nor a large file keeps the trainer from its rounds.
pub(crate) struct AssetLoader {
	orders: Sender<Order>,
	provisions: Arc<Mutex<Assets>>,
}

/// What is wanted.
struct Order {
	group: GroupView,
	/// What the rounds are played on in which the trainer is bound.
	bound: Vec<RoundSpec>,
}

impl AssetLoader {
	/// Starts the thread. It ends with the loader.
	pub(crate) fn start(
		artifacts: Artifacts,
		settings: Settings,
		log: impl LogSource,
		report: impl Report + Send + 'static,
	) -> Result<Self> {
		let (orders, received) = mpsc::channel();
		let provisions = Arc::new(Mutex::new(Assets::default()));
		let worker = Worker {
			artifacts,
			settings,
			log: DatasetLog::new(log),
			report,
			provisions: provisions.clone(),
			taught: None,
			head: None,
			failure: None,
		};
		thread::Builder::new().name("supply".into()).spawn(move || worker.run(&received))?;
		Ok(Self { orders, provisions })
	}

	/// Brings what the group names now, and what rounds of these spec are measured with.
	pub(crate) fn follow(&self, group: &GroupView, bound: Vec<RoundSpec>) {
		let group = group.clone();
		if self.orders.send(Order { group, bound }).is_err() {
			tracing::error!("the thread that fetches model and data has ended; start the trainer again");
		}
	}

	/// What is here.
	pub(crate) fn provisions(&self) -> Assets {
		lock(&self.provisions).clone()
	}
}

fn lock(provisions: &Mutex<Assets>) -> std::sync::MutexGuard<'_, Assets> {
	provisions.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Worker<L, R> {
	artifacts: Artifacts,
	settings: Settings,
	log: DatasetLog<L>,
	report: R,
	provisions: Arc<Mutex<Assets>>,
	/// What is learnt.
	taught: Option<RoundSpec>,
	/// The head that the learner knows.
	head: Option<H256>,
	/// The last thing that failed, so that it is said once.
	failure: Option<String>,
}

impl<L: LogSource, R: Report> Worker<L, R> {
	fn run(mut self, orders: &Receiver<Order>) {
		while let Ok(order) = orders.recv() {
			// what has come in the meantime is newer
			let order = orders.try_iter().last().unwrap_or(order);
			match self.supply(&order) {
				Ok(()) => self.failure = None,
				Err(error) => {
					let failure = format!("{error:#}");
					if self.failure.as_ref() != Some(&failure) {
						tracing::warn!("{failure}; trying again with the next block");
						self.failure = Some(failure);
					}
				}
			}
		}
	}

	fn supply(&mut self, order: &Order) -> Result<()> {
		let spec = RoundSpec::from(&order.group);
		// Deposits are at stake in the rounds that are judged: what measures their claims comes first. That it cannot be had
		// is no reason not to train.
		let mut bound = Ok(());
		for judged in &order.bound {
			bound = bound.and(self.provide(judged));
		}
		self.teach(&order.group, &spec)?;
		self.bring_head(&order.group)?;
		lock(&self.provisions).exams.retain(|exam| {
			let is_wanted = |wanted: &RoundSpec| wanted.is_same_exam(&exam.spec);
			is_wanted(&spec) || order.bound.iter().any(is_wanted)
		});
		bound
	}

	/// Brings what checkpoints are measured with in a round.
	fn provide(&mut self, spec: &RoundSpec) -> Result<()> {
		if lock(&self.provisions).exam(spec).is_some() {
			return Ok(());
		}
		let until = within(DATA_LIMIT);
		let description = self.artifacts.description(&spec.model, &spec.providers, until)?;
		let set = match spec.policy {
			EvaluationPolicy::Training { .. } => self.training(spec, &description)?,
			EvaluationPolicy::Validation { set, .. } => {
				let source = DeltaSource { delta: set, providers: Vec::new() };
				self.artifacts
					.set(&description, &[source], &spec.providers, until)
					.context("the validation set")?
			}
		};
		lock(&self.provisions).exams.push(Provided {
			spec: spec.clone(),
			description: Arc::new(description),
			set,
		});
		Ok(())
	}

	/// Builds the training set, from the latest version that is here.
	fn training(&mut self, spec: &RoundSpec, description: &Description) -> Result<Arc<Set>> {
		let entries = self.log.read(spec.dataset_version, spec.dataset_root)?;
		let set = self
			.artifacts
			.set(description, &sources(entries), &spec.providers, within(DATA_LIMIT))
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

	/// Has learnt what the spec say. While data are fetched and built, training goes on with what is here.
	fn teach(&mut self, group: &GroupView, spec: &RoundSpec) -> Result<()> {
		let learner = lock(&self.provisions).learner.clone();
		let learner =
			learner.filter(|(version, learner)| *version == spec.model_version && !learner.has_stopped());
		if learner.is_some() && self.taught.as_ref().is_some_and(|taught| taught.is_same_task(spec)) {
			return Ok(());
		}
		if learner.is_none() {
			// Whatever it learns, no round needs it.
			lock(&self.provisions).learner = None;
		}
		self.provide(spec)?;
		let exam = lock(&self.provisions).exam(spec).cloned();
		let exam = exam.context("what checkpoints are measured with is gone")?;
		let training = self.training(spec, &exam.description)?;
		tracing::info!(
			version = spec.dataset_version,
			records = training.len(),
			evaluation = exam.set.len(),
			model = exam.description.name(),
			"model and data are here"
		);
		let round = group.round.unwrap_or(group.clock.first);
		let records = training.len();
		let task = TrainingTask {
			description: exam.description.clone(),
			training,
			evaluation: exam.set,
			metric: spec.metric,
		};
		match learner {
			Some((_, learner)) => learner.teach(task)?,
			None => {
				let learner = TrainingHandle::start(task, self.settings(spec.model_version)?)?;
				lock(&self.provisions).learner = Some((spec.model_version, learner));
			}
		}
		self.head = None;
		if let Some(before) = self.taught.replace(spec.clone()) {
			self.tell(&before, spec, exam.description.name(), records, round)?;
		}
		Ok(())
	}

	/// How to train this version of the model, in a folder of its own. Those of other versions are removed.
	fn settings(&self, model_version: u32) -> Result<Settings> {
		let mut settings = self.settings.clone();
		let own = settings.directory.join(model_version.to_string());
		create_directory(&own)?;
		for entry in fs::read_dir(&settings.directory)? {
			let path = entry?.path();
			if path != own {
				remove(&path).with_context(|| format!("cannot remove {}", path.display()))?;
			}
		}
		settings.directory = own;
		Ok(settings)
	}

	/// Says what changed.
	fn tell(
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

	fn bring_head(&mut self, group: &GroupView) -> Result<()> {
		let head = group.head.as_ref();
		let Some(head) = head.filter(|head| head.model_version == group.model_version) else {
			return Ok(());
		};
		let digest = head.checkpoint.digest;
		if self.head == Some(digest) {
			return Ok(());
		}
		let provisions = lock(&self.provisions).clone();
		let Some((_, learner)) = &provisions.learner else {
			return Ok(());
		};
		let exam = provisions.exam(&RoundSpec::from(group)).context("no model")?;
		descent_evaluator::evaluation_set::check_size(&exam.description, &head.checkpoint)
			.context("the head cannot be used")?;
		let file = self
			.artifacts
			.file(&head.checkpoint, &head.providers, within(HEAD_LIMIT))
			.context("the head cannot be had")?;
		learner.meet_head(digest, file)?;
		self.head = Some(digest);
		Ok(())
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
