//! The choice of a checkpoint to commit to.

use super::Checkpointer;
use crate::{control::Snapshot, handle::TrainingHandle, loader::EvaluationAssets, rounds::Offer};
use anyhow::{Context, Result};
use descent_artifacts::ArtifactError;
use descent_protocol::{view::GroupView, ContentRef, Score};
use std::{fs::File, path::Path};

impl Checkpointer {
	/// Compares the score of a snapshot with the head's on the same holdout. One that does not beat it is
	/// worth a commitment where the group pays for recorded work, and it is not far behind.
	///
	/// # Errors
	/// The reason for which it would not be paid.
	fn is_worth_it(&self, group: &GroupView, snapshot: &Snapshot, score: Score) -> Result<(), String> {
		let Some(head) = group.incumbent() else {
			return Ok(());
		};
		let digest = head.checkpoint.digest;
		let evaluated = snapshot.head.filter(|(evaluated, _)| *evaluated == digest);
		let known = evaluated.map(|(_, score)| score).or(self.own_scores.get(&digest).copied());
		// The score at which the head was accepted stands in for one on the holdout.
		let Some(head_score) = known.or(head.score) else {
			// A pretrained checkpoint that is not here, or has no score: the committee may not have it either.
			return Ok(());
		};
		if score.beats(head_score, group.minimum_improvement) {
			return Ok(());
		}
		let reward = group.optional_rules.recipe().and_then(|rule| rule.work_reward);
		let reward = reward.filter(|_| snapshot.recorded.is_some());
		if reward.is_some_and(|reward| reward.is_near(score, Some(head_score))) {
			return Ok(());
		}
		Err(format!(
			"the best checkpoint so far scores {score} where the head has {head_score}, and the group asks \
			 for an improvement of {}",
			Score(group.minimum_improvement)
		))
	}

	/// Measures a snapshot, and returns it if it can win, or its work be paid.
	pub(super) async fn choose(
		&mut self,
		group: &GroupView,
		path: &Path,
		snapshot: Snapshot,
		(training, evaluation): (TrainingHandle, EvaluationAssets),
	) -> Result<Offer> {
		if let Err(reason) = self.is_worth_it(group, &snapshot, snapshot.score) {
			return Ok(Offer::Nothing(reason));
		}
		let holdout = snapshot.holdout.clone();
		let score = match self.evaluate(evaluation, |_| Ok(holdout), path).await {
			Ok(score) => score,
			Err(ArtifactError::Invalid(reason) | ArtifactError::IllConditioned(reason)) => {
				training.reject()?;
				let further = match snapshot.recorded {
					None => "training goes back to weights that can be measured, and on in smaller steps",
					Some(_) => "the next round's recording begins with other weights",
				};
				return Ok(Offer::Nothing(format!(
					"a committee would call the best checkpoint so far invalid ({reason}); {further}"
				)));
			}
			Err(error) => {
				self.pending = Some((path.into(), snapshot));
				return Err(error).context("the best checkpoint could not be measured");
			}
		};
		training.accept(path.into()).await?;
		if let Err(reason) = self.is_worth_it(group, &snapshot, score) {
			return Ok(Offer::Nothing(reason));
		}
		let path = path.to_owned();
		let checkpoint = tokio::task::spawn_blocking(move || -> Result<ContentRef> {
			Ok(descent_content::address(File::open(&path)?)?)
		});
		let checkpoint = checkpoint.await??;
		self.own_scores.insert(checkpoint.digest, score);
		Ok(Offer::Checkpoint(checkpoint, snapshot.recorded))
	}
}
