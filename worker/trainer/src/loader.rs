use super::{
	course::{Lesson, Settings},
	learner::Learner,
	log::{sources, Log, LogBook},
	report::{Event, Report},
	terms::Terms,
};
use crate::{
	disk::create_directory,
	materials::{within, Materials},
};
use anyhow::{ensure, Context, Result};
use descent_data::{Description, Set};
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
pub struct Provisions {
	/// What checkpoints are measured with: for the round that is trained for, and for those that are judged.
	pub exams: Vec<Provided>,
	/// What trains, and the version of its model.
	pub learner: Option<(u32, Learner)>,
}

/// What checkpoints are measured with.
#[derive(Clone)]
pub struct Provided {
	terms: Terms,
	/// The model.
	pub description: Arc<Description>,
	/// The records that evaluation sets are drawn from.
	pub set: Arc<Set>,
}

impl Provisions {
	/// What checkpoints of a round of these terms are measured with.
	pub fn exam(&self, terms: &Terms) -> Option<&Provided> {
		self.exams.iter().find(|exam| exam.terms.is_same_exam(terms))
	}
}

/// Brings a group's model, data and head, and keeps the training on them, on a thread of its own: neither a slow provider
/// nor a large file keeps the trainer from its rounds.
pub struct Supplier {
	orders: Sender<Order>,
	provisions: Arc<Mutex<Provisions>>,
}

/// What is wanted.
struct Order {
	group: GroupView,
	/// What the rounds are played on in which the trainer is bound.
	bound: Vec<Terms>,
}

impl Supplier {
	/// Starts the thread. It ends with the supplier.
	pub fn start(
		materials: Materials,
		settings: Settings,
		log: impl Log,
		report: impl Report + Send + 'static,
	) -> Result<Self> {
		let (orders, received) = mpsc::channel();
		let provisions = Arc::new(Mutex::new(Provisions::default()));
		let worker = Worker {
			materials,
			settings,
			log: LogBook::new(log),
			report,
			provisions: provisions.clone(),
			taught: None,
			head: None,
			failure: None,
		};
		thread::Builder::new().name("supply".into()).spawn(move || worker.run(&received))?;
		Ok(Self { orders, provisions })
	}

	/// Brings what the group names now, and what rounds of these terms are measured with.
	pub fn follow(&self, group: &GroupView, bound: Vec<Terms>) {
		let group = group.clone();
		if self.orders.send(Order { group, bound }).is_err() {
			tracing::error!("the thread that fetches model and data has ended; start the trainer again");
		}
	}

	/// What is here.
	pub fn provisions(&self) -> Provisions {
		lock(&self.provisions).clone()
	}
}

fn lock(provisions: &Mutex<Provisions>) -> std::sync::MutexGuard<'_, Provisions> {
	provisions.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Worker<L, R> {
	materials: Materials,
	settings: Settings,
	log: LogBook<L>,
	report: R,
	provisions: Arc<Mutex<Provisions>>,
	/// What is learnt.
	taught: Option<Terms>,
	/// The head that the learner knows.
	head: Option<H256>,
	/// The last thing that failed, so that it is said once.
	failure: Option<String>,
}

impl<L: Log, R: Report> Worker<L, R> {
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
		let terms = Terms::from(&order.group);
		// Deposits are at stake in the rounds that are judged: what measures their claims comes first. That it cannot be had
		// is no reason not to train.
		let mut bound = Ok(());
		for judged in &order.bound {
			bound = bound.and(self.provide(judged));
		}
		self.teach(&order.group, &terms)?;
		self.bring_head(&order.group)?;
		lock(&self.provisions).exams.retain(|exam| {
			let is_wanted = |wanted: &Terms| wanted.is_same_exam(&exam.terms);
			is_wanted(&terms) || order.bound.iter().any(is_wanted)
		});
		bound
	}

	/// Brings what checkpoints are measured with in a round.
	fn provide(&mut self, terms: &Terms) -> Result<()> {
		if lock(&self.provisions).exam(terms).is_some() {
			return Ok(());
		}
		let until = within(DATA_LIMIT);
		let description = self.materials.description(&terms.model, &terms.providers, until)?;
		let set = match terms.policy {
			EvaluationPolicy::Training { .. } => self.training(terms, &description)?,
			EvaluationPolicy::Validation { set, .. } => {
				let source = DeltaSource { delta: set, providers: Vec::new() };
				self.materials
					.set(&description, &[source], &terms.providers, until)
					.context("the validation set")?
			}
		};
		lock(&self.provisions).exams.push(Provided {
			terms: terms.clone(),
			description: Arc::new(description),
			set,
		});
		Ok(())
	}

	/// Builds the training set, from the latest version that is here.
	fn training(&mut self, terms: &Terms, description: &Description) -> Result<Arc<Set>> {
		let entries = self.log.read(terms.dataset_version, terms.dataset_root)?;
		let set = self
			.materials
			.set(description, &sources(entries), &terms.providers, within(DATA_LIMIT))
			.with_context(|| format!("version {} of the data set", terms.dataset_version))?;
		ensure!(
			set.root() == terms.dataset_root,
			"version {} of the data set has the root {:?}, but on chain it is {:?}",
			terms.dataset_version,
			set.root(),
			terms.dataset_root
		);
		Ok(set)
	}

	/// Has learnt what the terms say. While data are fetched and built, training goes on with what is here.
	fn teach(&mut self, group: &GroupView, terms: &Terms) -> Result<()> {
		let learner = lock(&self.provisions).learner.clone();
		let learner =
			learner.filter(|(version, learner)| *version == terms.model_version && !learner.has_stopped());
		if learner.is_some() && self.taught.as_ref().is_some_and(|taught| taught.is_same_lesson(terms)) {
			return Ok(());
		}
		if learner.is_none() {
			// Whatever it learns, no round needs it.
			lock(&self.provisions).learner = None;
		}
		self.provide(terms)?;
		let exam = lock(&self.provisions).exam(terms).cloned();
		let exam = exam.context("what checkpoints are measured with is gone")?;
		let training = self.training(terms, &exam.description)?;
		tracing::info!(
			version = terms.dataset_version,
			records = training.len(),
			evaluation = exam.set.len(),
			model = exam.description.name(),
			"model and data are here"
		);
		let round = group.round.unwrap_or(group.clock.first);
		let records = training.len();
		let lesson = Lesson {
			description: exam.description.clone(),
			training,
			evaluation: exam.set,
			metric: terms.metric,
		};
		match learner {
			Some((_, learner)) => learner.teach(lesson)?,
			None => {
				let learner = Learner::start(lesson, self.settings(terms.model_version)?)?;
				lock(&self.provisions).learner = Some((terms.model_version, learner));
			}
		}
		self.head = None;
		if let Some(before) = self.taught.replace(terms.clone()) {
			self.tell(&before, terms, exam.description.name(), records, round)?;
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
		before: &Terms,
		terms: &Terms,
		name: &str,
		records: u64,
		round: RoundIndex,
	) -> Result<()> {
		if before.model_version != terms.model_version {
			self.report.event(Event::Model { version: terms.model_version, name: name.into(), round });
		}
		if before.dataset_root == terms.dataset_root {
			return Ok(());
		}
		let entries = self.log.read(terms.dataset_version, terms.dataset_root)?;
		let known = usize::try_from(before.dataset_version)?;
		let reports = entries.get(known..).unwrap_or_default();
		let reports = reports.iter().filter_map(|entry: &LogEntryView| entry.report);
		let (added, removed) = reports.fold((0u64, 0u64), |(added, removed), report| {
			(added.saturating_add(report.added), removed.saturating_add(report.removed))
		});
		self.report.event(Event::Dataset { version: terms.dataset_version, records, added, removed, round });
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
		let exam = provisions.exam(&Terms::from(group)).context("no model")?;
		crate::exam::check_size(&exam.description, &head.checkpoint).context("the head cannot be used")?;
		let file = self
			.materials
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
#[path = "provision_tests.rs"]
mod tests;
