//! Checkpoints for the round machine, from the training and the content cache.

mod choice;
mod recordings;

use crate::{
	control::{Pause, Snapshot, Status, Terms},
	evaluate::Evaluate,
	events::Event,
	handle::TrainingHandle,
	loader::{AssetLoader, EvaluationAssets},
	preflight::Preflight,
	publisher::Publisher,
	recorded::{self, Recorded, RoundStart, Shown, Submission},
	round_spec::RoundSpec,
	rounds::{CheckpointSource, DrawnFrom, Offer},
	test_sets::TestSets,
};
use anyhow::{Context, Result};
use descent_artifacts::{joined, within, ArtifactError, ContentCache, PinGuard, SealedSource};
use descent_content::StoreError;
use descent_evaluator::evaluation_set::EvaluationSet;
use descent_protocol::{
	trace::Recording,
	view::{GroupView, RoundTestSetView},
	ContentRef, RoundIndex, Rounding, Score,
};
use recordings::{import, PublishedRecordings};
use sp_core::H256;
use std::{
	collections::HashMap,
	path::{Path, PathBuf},
	sync::Arc,
	time::{Duration, Instant},
};

/// Longest time to measure a claim, and a checkpoint before it is committed to.
const CLAIM_LIMIT: Duration = Duration::from_secs(3600);
/// Wait for model or data after which a warning says what is missing.
const WAIT_WARNING: Duration = Duration::from_secs(60);

/// Takes checkpoints from the training, measures them and serves them.
pub(crate) struct Checkpointer {
	loader: AssetLoader,
	cache: ContentCache,
	evaluator: Arc<dyn Evaluate>,
	/// Measures before anything is committed to; `None` if the user wants none.
	preflight: Option<Preflight>,
	/// The place from which others fetch the checkpoints.
	publisher: Publisher,
	/// The hidden test sets of the rounds.
	test_sets: TestSets,
	/// Own checkpoints that others can fetch from there.
	published: Vec<ContentRef>,
	/// Pins models, validation sets, sealed test sets and head of the current round and of open rounds.
	_pins: PinGuard,
	/// Own checkpoints that are served.
	served: Vec<PinGuard>,
	/// Scores of own checkpoints on the holdout: one of them may have become the head a moment ago.
	own_scores: HashMap<H256, Score>,
	/// A snapshot that could not be measured yet, and its file.
	pending: Option<(PathBuf, Snapshot)>,
	/// Time that the last offer took.
	offered: Duration,
	/// Pauses the training while the target is reached.
	pause: Option<Pause>,
	/// Start of the wait that was warned of last.
	warned: Option<Instant>,
	/// The start of the current round, for a recorded training.
	round: Option<RoundStart>,
	/// Recordings of own checkpoints, as far as others can fetch them.
	recordings: PublishedRecordings,
}

impl Checkpointer {
	/// Makes a checkpointer for a `cache` with the own checkpoints `served` in it.
	pub(crate) fn new(
		loader: AssetLoader,
		cache: ContentCache,
		evaluator: Arc<dyn Evaluate>,
		preflight: Option<Preflight>,
		publisher: Publisher,
		test_sets: TestSets,
		served: Vec<ContentRef>,
	) -> Self {
		let recordings =
			PublishedRecordings::new(loader.recordings().clone(), cache.clone(), publisher.clone());
		recordings.need(&served);
		Self {
			loader,
			_pins: cache.hold(Vec::new()),
			published: served.clone(),
			served: vec![cache.hold(served)],
			cache,
			evaluator,
			preflight,
			publisher,
			test_sets,
			own_scores: HashMap::new(),
			pending: None,
			offered: Duration::ZERO,
			pause: None,
			warned: None,
			round: None,
			recordings,
		}
	}

	/// Loads the assets of the group's current round and of open rounds with these specs, in the background.
	/// Pauses the training while the target is reached. Returns an event when a preflight is done.
	pub(crate) fn follow(&mut self, group: &GroupView, open: Vec<RoundSpec>) -> Option<Event> {
		let mut content = RoundSpec::from(group).content();
		content.extend(open.iter().flat_map(RoundSpec::content));
		content.extend(group.incumbent().map(|head| head.checkpoint));
		self._pins = self.cache.hold(content);
		self.loader.follow(group, open);
		let assets = self.loader.assets();
		if let Some(awaited) = assets.awaited.as_ref().filter(|awaited| self.warned != Some(awaited.since)) {
			if awaited.since.elapsed() >= WAIT_WARNING {
				tracing::warn!("{awaited}; nothing can be trained or committed without it");
				self.warned = Some(awaited.since);
			}
		}
		if let Some((_, training)) =
			assets.training.as_ref().filter(|(version, _)| *version == group.model_version)
		{
			training.set_terms(Terms::from(group));
			training.set_round(self.round.clone());
		}
		if let Some(round) = group.round {
			self.recordings.follow(round);
		}
		if group.reached_target().is_none() {
			self.pause = None;
		} else if self.pause.is_none() {
			self.pause = assets.training.as_ref().map(|(_, training)| training.pause());
		}
		self.preflight.as_mut()?.follow(group, &assets)
	}

	/// Notes the start of the current round, which a recorded training has to know.
	pub(crate) fn begin(&mut self, start: Option<RoundStart>) {
		self.round = start;
	}

	/// Returns the version of the model that is being trained, once its data are there.
	pub(crate) fn ready_model(&self) -> Option<u32> {
		self.loader.assets().training.map(|(version, _)| version)
	}

	/// Returns the reason for which nothing is committed to with this model, if the preflight found one.
	pub(crate) fn refusal(&self) -> Option<&str> {
		self.preflight.as_ref()?.verdict()?.as_ref().err().map(String::as_str)
	}

	/// Returns the status of the training.
	///
	/// # Errors
	/// The thing that it waits for, in words.
	pub(crate) fn status(&self) -> Result<Status, String> {
		let assets = self.loader.assets();
		match (assets.training, assets.awaited) {
			(Some((_, training)), _) => Ok(training.status()),
			(None, Some(awaited)) => Err(awaited.to_string()),
			(None, None) => Err("waiting for model and data".into()),
		}
	}

	/// Ends the threads that load and train. Returns false if one of them still computes.
	pub(crate) async fn end(&self) -> bool {
		self.loader.end().await
	}

	/// Returns the training of the group's model, and what to evaluate its checkpoints with; otherwise the
	/// reason that there is no checkpoint to commit to.
	fn ready(&self, group: &GroupView) -> Result<(TrainingHandle, EvaluationAssets), String> {
		let assets = self.loader.assets();
		// A trainer that cannot measure its checkpoint in the reveal window loses the deposit.
		let evaluation = assets.evaluation(&RoundSpec::from(group)).cloned();
		let training = assets.training.filter(|(version, _)| *version == group.model_version);
		let (Some((_, training)), Some(evaluation)) = (training, evaluation) else {
			let awaited = assets.awaited.map_or_else(String::new, |awaited| format!(": {awaited}"));
			return Err(format!("the group's model and data are not here yet{awaited}"));
		};
		match self.preflight.as_ref().map(Preflight::verdict) {
			Some(None) => Err("the preflight is not done yet".into()),
			Some(Some(Err(reason))) => Err(reason.clone()),
			None | Some(Some(Ok(_))) => Ok((training, evaluation)),
		}
	}

	/// Evaluates a checkpoint as a committee member does, while the training pauses.
	async fn evaluate(
		&self,
		evaluation: EvaluationAssets,
		set: impl FnOnce(&EvaluationAssets) -> Result<EvaluationSet> + Send + 'static,
		path: &Path,
	) -> Result<Score, ArtifactError> {
		let (evaluator, path) = (self.evaluator.clone(), path.to_owned());
		let pause = self.loader.assets().training.map(|(_, training)| training.pause());
		let evaluated = tokio::task::spawn_blocking(move || {
			let set = set(&evaluation).map_err(ArtifactError::Failed)?;
			let evaluated = evaluator.evaluate(&evaluation.description, &set, &path, within(CLAIM_LIMIT));
			drop(pause);
			Ok(evaluated?.score)
		});
		evaluated.await.map_err(|error| ArtifactError::Failed(error.into()))?
	}

	/// Keeps content of a file in the store, from which others fetch it, and publishes it. Recordings that
	/// nobody has to be served make room for it.
	async fn serve(&mut self, path: &Path, content: ContentRef) -> Result<()> {
		self.served.push(self.cache.hold(vec![content]));
		let full = |error: &anyhow::Error| matches!(error.downcast_ref(), Some(StoreError::Quota { .. }));
		match import(&self.cache, path.into(), content).await {
			Err(error) if full(&error) => {
				self.recordings.clear();
				import(&self.cache, path.into(), content).await?;
			}
			imported => imported?,
		}
		self.publisher.publish(self.cache.store(), &content).await?;
		if !self.published.contains(&content) {
			self.published.push(content);
			self.recordings.need(&self.published);
		}
		Ok(())
	}

	/// Takes the best checkpoint since the last one, or the one that could not be measured before.
	async fn snapshot(&mut self, training: &TrainingHandle, path: &Path) -> Result<Option<Snapshot>> {
		let pending = self.pending.take().filter(|(file, _)| file == path && path.exists());
		match pending {
			Some((_, snapshot)) => Ok(Some(snapshot)),
			None => training.snapshot(path.into()).await,
		}
	}
}

impl CheckpointSource for Checkpointer {
	fn expected(&self) -> Duration {
		let assets = self.loader.assets();
		let check = assets.training.map_or(Duration::ZERO, |(_, training)| training.status().check);
		let timings = self.preflight.as_ref().and_then(|preflight| preflight.verdict()?.as_ref().ok());
		let claim = timings.map_or(Duration::ZERO, |timings| timings.claim.saturating_add(timings.publish));
		self.offered.max(check.saturating_add(claim))
	}

	async fn offer(&mut self, group: &GroupView, path: &Path) -> Result<Offer> {
		let ready = match self.ready(group) {
			Ok(ready) => ready,
			Err(reason) => return Ok(Offer::Nothing(reason)),
		};
		let began = Instant::now();
		let Some(snapshot) = self.snapshot(&ready.0, path).await? else {
			return Ok(Offer::Nothing("nothing has been learnt yet".into()));
		};
		let offer = self.choose(group, path, snapshot, ready).await;
		self.offered = began.elapsed();
		offer
	}

	fn hold(&mut self, spec: &RoundSpec, test_set: &RoundTestSetView) -> Result<Vec<ContentRef>, String> {
		let Some(index) = test_set.index() else {
			return Ok(Vec::new());
		};
		let providers = joined(&test_set.providers, &spec.providers);
		let source = SealedSource { manifest: test_set.manifest, index, providers, peers: Vec::new() };
		self.test_sets.hold(source)
	}

	async fn measure(
		&mut self,
		spec: &RoundSpec,
		path: &Path,
		drawn_from: &DrawnFrom,
		seed: H256,
		rounding: Rounding,
	) -> Result<Score> {
		let evaluation = self.loader.assets().evaluation(spec).cloned();
		let evaluation = evaluation.context("the round's model and data are not here yet")?;
		let hidden = match drawn_from {
			DrawnFrom::Public => None,
			DrawnFrom::Hidden(test_set) => {
				let description = evaluation.description.clone();
				self.test_sets.open(description, test_set.clone(), &spec.providers).await?
			}
		};
		let (records, metric) = (spec.policy.records(), spec.metric);
		let set = move |evaluation: &EvaluationAssets| {
			let source = hidden.unwrap_or_else(|| evaluation.set.clone());
			let set = EvaluationSet::draw(source, seed, records, metric)?;
			Ok(set.with_rounding(rounding))
		};
		Ok(self.evaluate(evaluation, set, path).await?)
	}

	async fn publish(&mut self, path: &Path, checkpoint: &ContentRef) -> Result<Vec<String>> {
		self.serve(path, *checkpoint).await?;
		Ok(vec![self.publisher.address().to_owned()])
	}

	async fn show(
		&mut self,
		recorded: &Recorded,
		checkpoint: &ContentRef,
		seed: H256,
	) -> Result<(Recording, Vec<ContentRef>)> {
		let (recordings, recorded, checkpoint) = (self.loader.recordings().clone(), *recorded, *checkpoint);
		let made =
			tokio::task::spawn_blocking(move || recorded::reveal(&recordings, &recorded, checkpoint, seed));
		let Shown { recording, states } = made.await??;
		for (path, state) in &states {
			self.serve(path, *state).await?;
		}
		Ok((recording, states.into_iter().map(|(_, state)| state).collect()))
	}

	fn note(&mut self, round: RoundIndex, submission: Submission) -> Result<()> {
		self.loader.recordings().note(round, &submission)?;
		if submission.revealed {
			self.recordings.publish(round);
		}
		Ok(())
	}

	async fn keep(&mut self, checkpoints: Vec<ContentRef>) -> Result<()> {
		for checkpoint in std::mem::take(&mut self.published) {
			let is_needed = checkpoints.contains(&checkpoint);
			// What a recording has is withdrawn with the rest of it.
			let is_left = !is_needed && self.recordings.serves(&checkpoint);
			if is_needed || (!is_left && !self.publisher.withdraw(&checkpoint).await) {
				self.published.push(checkpoint);
			}
		}
		self.recordings.need(&self.published);
		self.served = vec![self.cache.hold(checkpoints)];
		let cache = self.cache.clone();
		tokio::task::spawn_blocking(move || cache.clear()).await??;
		Ok(())
	}
}
