use super::{
	handle::Rest,
	loader::AssetLoader,
	round_spec::RoundSpec,
	rounds::{reached, CheckpointSource, Offer},
};
use anyhow::{ensure, Context, Result};
use descent_artifacts::{within, ContentCache, PinGuard};
use descent_evaluator::evaluation_set::{self, EvaluationSet};
use descent_protocol::{view::GroupView, ContentRef, Score};
use sp_core::H256;
use std::{collections::HashMap, fs::File, path::Path, time::Duration};

/// Longest time to measure a claim.
const CLAIM_LIMIT: Duration = Duration::from_secs(3600);

/// Where this trainer's checkpoints come from, are measured and are served.
pub(crate) struct Checkpointer {
	loader: AssetLoader,
	cache: ContentCache,
	/// Where others fetch from the cache.
	address: String,
	/// What model, validation set and head are, for the round that is trained for and for those that are judged.
	_named: PinGuard,
	/// Own checkpoints that are served.
	served: Vec<PinGuard>,
	/// What own checkpoints score on the holdout: one of them may have become the head a moment ago.
	offered: HashMap<H256, Score>,
	/// While there is nothing to train for.
	rest: Option<Rest>,
}

impl Checkpointer {
	/// A checkpointer that serves `cache` at `address`, among it the own checkpoints `served`.
	pub(crate) fn new(
		loader: AssetLoader,
		cache: ContentCache,
		address: String,
		served: Vec<ContentRef>,
	) -> Self {
		Self {
			loader,
			_named: cache.hold(Vec::new()),
			served: vec![cache.hold(served)],
			cache,
			address,
			offered: HashMap::new(),
			rest: None,
		}
	}

	/// Keeps data set, model and head current, in the background, and what rounds of these spec are measured with.
	pub(crate) fn follow(&mut self, group: &GroupView, bound: Vec<RoundSpec>) {
		let mut named = RoundSpec::from(group).named();
		named.extend(bound.iter().flat_map(RoundSpec::named));
		named.extend(group.head.iter().map(|head| head.checkpoint));
		self._named = self.cache.hold(named);
		self.loader.follow(group, bound);
		if reached(group).is_none() {
			self.rest = None;
		} else if self.rest.is_none() {
			let learner = self.loader.provisions().learner;
			self.rest = learner.map(|(_, learner)| learner.rest());
		}
	}

	/// What there is to show of the training.
	pub(crate) fn progress(&self) -> Option<String> {
		let (_, learner) = self.loader.provisions().learner?;
		Some(learner.status().to_string())
	}
}

impl CheckpointSource for Checkpointer {
	async fn offer(&mut self, group: &GroupView, path: &Path) -> Result<Offer> {
		let provisions = self.loader.provisions();
		// Whoever commits to what it can't measure when the time has come loses the deposit.
		let is_measurable = provisions.exam(&RoundSpec::from(group)).is_some();
		let learner = provisions.learner.filter(|_| is_measurable);
		let Some((_, learner)) = learner.filter(|(version, _)| *version == group.model_version) else {
			return Ok(Offer::Nothing("the group's model and data are not here yet".into()));
		};
		let Some(snapshot) = learner.snapshot(path.into()).await? else {
			return Ok(Offer::Nothing("nothing has been learnt yet".into()));
		};
		if let Some(head) = &group.head {
			let digest = head.checkpoint.digest;
			let met = snapshot.head.filter(|(met, _)| *met == digest);
			let known = met.map(|(_, score)| score).or(self.offered.get(&digest).copied());
			// Where the head is not here, the score at which it was accepted has to do.
			let bar = known.unwrap_or(head.score);
			if snapshot.score >= bar {
				return Ok(Offer::Nothing(format!(
					"the best checkpoint so far scores {} where the head has {bar}",
					snapshot.score
				)));
			}
		}
		let path = path.to_owned();
		let checkpoint = tokio::task::spawn_blocking(move || -> Result<ContentRef> {
			Ok(descent_content::address(File::open(&path)?)?)
		});
		let checkpoint = checkpoint.await??;
		self.offered.insert(checkpoint.digest, snapshot.score);
		Ok(Offer::Checkpoint(checkpoint))
	}

	async fn measure(&mut self, spec: &RoundSpec, path: &Path, seed: H256) -> Result<Score> {
		let provisions = self.loader.provisions();
		let exam = provisions.exam(spec).cloned();
		let exam = exam.context("the round's model and data are not here yet")?;
		let path = path.to_owned();
		let (records, metric) = (spec.policy.records(), spec.metric);
		let rest = provisions.learner.map(|(_, learner)| learner.rest());
		let measured = tokio::task::spawn_blocking(move || -> Result<Score> {
			let model = evaluation_set::load(&exam.description, &path)?;
			let evaluation = EvaluationSet::draw(exam.set, seed, records, metric)?
				.evaluate(&model, within(CLAIM_LIMIT))?;
			drop(rest);
			Ok(evaluation.score)
		});
		measured.await?
	}

	async fn publish(&mut self, path: &Path, checkpoint: &ContentRef) -> Result<Vec<String>> {
		self.served.push(self.cache.hold(vec![*checkpoint]));
		let (cache, path, checkpoint) = (self.cache.clone(), path.to_owned(), *checkpoint);
		let published = tokio::task::spawn_blocking(move || -> Result<()> {
			let store = cache.store();
			if store.pins().contains(&checkpoint) && store.is_complete(&checkpoint)? {
				return Ok(());
			}
			let _room = cache.reserve(&checkpoint, 0)?;
			let imported = store.import_path(&path)?;
			ensure!(
				imported == checkpoint,
				"{} is not the checkpoint that was committed to any more: it has been changed",
				path.display()
			);
			Ok(())
		});
		published.await??;
		Ok(vec![self.address.clone()])
	}

	async fn keep(&mut self, checkpoints: Vec<ContentRef>) -> Result<()> {
		self.served = vec![self.cache.hold(checkpoints)];
		let cache = self.cache.clone();
		tokio::task::spawn_blocking(move || cache.clear()).await??;
		Ok(())
	}
}
