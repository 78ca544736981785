//! Checkpoints for the round machine, from the training and the content cache.

use crate::{
	control::Pause,
	loader::AssetLoader,
	round_spec::RoundSpec,
	rounds::{reached_target, CheckpointSource, Offer},
};
use anyhow::{ensure, Context, Result};
use descent_artifacts::{within, ContentCache, PinGuard};
use descent_evaluator::evaluation_set::{self, EvaluationSet};
use descent_protocol::{view::GroupView, ContentRef, Rounding, Score};
use sp_core::H256;
use std::{collections::HashMap, fs::File, path::Path, time::Duration};

/// Longest time to measure a claim.
const CLAIM_LIMIT: Duration = Duration::from_secs(3600);

/// Takes checkpoints from the training, measures them and serves them.
pub(crate) struct Checkpointer {
	loader: AssetLoader,
	cache: ContentCache,
	/// URL of the gateway that serves the cache.
	address: String,
	/// Pins models, validation sets and head of the current round and of open rounds.
	_pins: PinGuard,
	/// Own checkpoints that are served.
	served: Vec<PinGuard>,
	/// Scores of own checkpoints on the holdout: one of them may have become the head a moment ago.
	own_scores: HashMap<H256, Score>,
	/// Pauses the training while the target is reached.
	pause: Option<Pause>,
}

impl Checkpointer {
	/// Makes a checkpointer whose `cache` is served at `address`, with the own checkpoints `served` in it.
	pub(crate) fn new(
		loader: AssetLoader,
		cache: ContentCache,
		address: String,
		served: Vec<ContentRef>,
	) -> Self {
		Self {
			loader,
			_pins: cache.hold(Vec::new()),
			served: vec![cache.hold(served)],
			cache,
			address,
			own_scores: HashMap::new(),
			pause: None,
		}
	}

	/// Loads the assets of the group's current round and of open rounds with these specs, in the background.
	/// Pauses the training while the target is reached.
	pub(crate) fn follow(&mut self, group: &GroupView, open: Vec<RoundSpec>) {
		let mut content = RoundSpec::from(group).content();
		content.extend(open.iter().flat_map(RoundSpec::content));
		content.extend(group.head.iter().map(|head| head.checkpoint));
		self._pins = self.cache.hold(content);
		self.loader.follow(group, open);
		if reached_target(group).is_none() {
			self.pause = None;
		} else if self.pause.is_none() {
			let training = self.loader.assets().training;
			self.pause = training.map(|(_, training)| training.pause());
		}
	}

	/// Returns the status of the training in words, if it runs.
	pub(crate) fn progress(&self) -> Option<String> {
		let (_, training) = self.loader.assets().training?;
		Some(training.status().to_string())
	}
}

impl CheckpointSource for Checkpointer {
	async fn offer(&mut self, group: &GroupView, path: &Path) -> Result<Offer> {
		let assets = self.loader.assets();
		// A trainer that cannot measure its checkpoint in the reveal window loses the deposit.
		let is_measurable = assets.evaluation(&RoundSpec::from(group)).is_some();
		let training = assets.training.filter(|_| is_measurable);
		let Some((_, training)) = training.filter(|(version, _)| *version == group.model_version) else {
			return Ok(Offer::Nothing("the group's model and data are not here yet".into()));
		};
		let Some(snapshot) = training.snapshot(path.into()).await? else {
			return Ok(Offer::Nothing("nothing has been learnt yet".into()));
		};
		if let Some(head) = &group.head {
			let digest = head.checkpoint.digest;
			let evaluated = snapshot.head.filter(|(evaluated, _)| *evaluated == digest);
			let known = evaluated.map(|(_, score)| score).or(self.own_scores.get(&digest).copied());
			// The score at which the head was accepted stands in for one on the holdout.
			let head_score = known.unwrap_or(head.score);
			if snapshot.score >= head_score {
				return Ok(Offer::Nothing(format!(
					"the best checkpoint so far scores {} where the head has {head_score}",
					snapshot.score
				)));
			}
		}
		let path = path.to_owned();
		let checkpoint = tokio::task::spawn_blocking(move || -> Result<ContentRef> {
			Ok(descent_content::address(File::open(&path)?)?)
		});
		let checkpoint = checkpoint.await??;
		self.own_scores.insert(checkpoint.digest, snapshot.score);
		Ok(Offer::Checkpoint(checkpoint))
	}

	async fn measure(
		&mut self,
		spec: &RoundSpec,
		path: &Path,
		seed: H256,
		rounding: Rounding,
	) -> Result<Score> {
		let assets = self.loader.assets();
		let evaluation = assets.evaluation(spec).cloned();
		let evaluation = evaluation.context("the round's model and data are not here yet")?;
		let path = path.to_owned();
		let (records, metric) = (spec.policy.records(), spec.metric);
		let pause = assets.training.map(|(_, training)| training.pause());
		let measured = tokio::task::spawn_blocking(move || -> Result<Score> {
			let model = evaluation_set::load(&evaluation.description, &path)?;
			let set = EvaluationSet::draw(evaluation.set, seed, records, metric)?.with_rounding(rounding);
			let score = set.evaluate(&model, within(CLAIM_LIMIT))?.score;
			drop(pause);
			Ok(score)
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
			let _reservation = cache.reserve(&checkpoint, 0)?;
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
