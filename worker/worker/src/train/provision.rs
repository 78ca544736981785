use super::{
	course::{Lesson, Settings},
	learner::Learner,
};
use crate::materials::{within, Materials};
use anyhow::{Context, Result};
use descent_data::{Description, Set};
use descent_protocol::{view::GroupView, ContentRef, EvaluationPolicy};
use sp_core::H256;
use std::{
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
	/// The model.
	pub description: Option<Arc<Description>>,
	/// The records that evaluation sets are drawn from.
	pub evaluation: Option<Arc<Set>>,
	/// What trains.
	pub learner: Option<Learner>,
}

/// Brings a group's model, data and head, and starts the training, on a thread of its own: neither a slow provider nor
/// a large file keeps the trainer from its rounds.
pub struct Supplier {
	groups: Sender<GroupView>,
	provisions: Arc<Mutex<Provisions>>,
}

impl Supplier {
	/// Starts the thread. It ends with the supplier.
	pub fn start(materials: Materials, settings: Settings) -> Result<Self> {
		let (groups, received) = mpsc::channel();
		let provisions = Arc::new(Mutex::new(Provisions::default()));
		let worker = Worker {
			materials,
			settings,
			provisions: provisions.clone(),
			sources: None,
			head: None,
			failure: None,
		};
		thread::Builder::new()
			.name("supply".into())
			.spawn(move || worker.run(&received))?;
		Ok(Self { groups, provisions })
	}

	/// Brings what the group names now.
	pub fn follow(&self, group: &GroupView) {
		if self.groups.send(group.clone()).is_err() {
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

struct Worker {
	materials: Materials,
	settings: Settings,
	provisions: Arc<Mutex<Provisions>>,
	/// What the provisions were made from.
	sources: Option<(ContentRef, Vec<ContentRef>, EvaluationPolicy)>,
	/// The head that the learner knows.
	head: Option<H256>,
	/// The last thing that failed, so that it is said once.
	failure: Option<String>,
}

impl Worker {
	fn run(mut self, groups: &Receiver<GroupView>) {
		while let Ok(group) = groups.recv() {
			// what has come in the meantime is newer
			let group = groups.try_iter().last().unwrap_or(group);
			let supplied = self.supply(&group).and_then(|()| self.bring_head(&group));
			match supplied {
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

	fn supply(&mut self, group: &GroupView) -> Result<()> {
		let sources = (group.model, group.deltas.clone(), group.policy);
		let stopped = lock(&self.provisions)
			.learner
			.as_ref()
			.is_some_and(Learner::has_stopped);
		if self.sources.as_ref() == Some(&sources) && !stopped {
			return Ok(());
		}
		let (until, providers) = (within(DATA_LIMIT), &group.providers);
		let description = Arc::new(self.materials.description(&group.model, providers, until)?);
		lock(&self.provisions).description = Some(description.clone());
		let validation = match &group.policy {
			EvaluationPolicy::Training { .. } => None,
			EvaluationPolicy::Validation { set, .. } => {
				let set = self
					.materials
					.set(&description, std::slice::from_ref(set), providers, until)
					.context("the validation set")?;
				lock(&self.provisions).evaluation = Some(set.clone());
				Some(set)
			}
		};
		let training = self
			.materials
			.set(&description, &group.deltas, providers, until)
			.context("the training set")?;
		let evaluation = validation.unwrap_or_else(|| training.clone());
		lock(&self.provisions).evaluation = Some(evaluation.clone());
		tracing::info!(
			records = training.len(),
			evaluation = evaluation.len(),
			model = description.name(),
			"model and data are here"
		);
		let lesson = Lesson {
			description,
			training,
			evaluation,
			metric: group.metric,
		};
		let learner = Learner::start(lesson, self.settings.clone())?;
		lock(&self.provisions).learner = Some(learner);
		self.sources = Some(sources);
		self.head = None;
		Ok(())
	}

	fn bring_head(&mut self, group: &GroupView) -> Result<()> {
		let Some(head) = &group.head else {
			return Ok(());
		};
		let digest = head.checkpoint.digest;
		if self.head == Some(digest) {
			return Ok(());
		}
		let Provisions {
			description: Some(description),
			learner: Some(learner),
			..
		} = lock(&self.provisions).clone()
		else {
			return Ok(());
		};
		crate::exam::check_size(&description, &head.checkpoint).context("the head cannot be used")?;
		let file = self
			.materials
			.checkpoint(&head.checkpoint, &head.providers, within(HEAD_LIMIT))
			.context("the head cannot be had")?;
		learner.meet_head(digest, file)?;
		self.head = Some(digest);
		Ok(())
	}
}
