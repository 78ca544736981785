//! Trainers whose scores are known without an evaluator.

use crate::{Stage, WAIT};
use anyhow::{Context, Result};
use descent_integration_tests::{reached, Commitment, ScriptedTrainer, Wider};
use descent_protocol::{view::GroupView, Phase, RoundIndex, Score};

/// Returns a trainer that commits to what a test tells it to.
pub(crate) async fn trainer(stage: &Stage<'_>, uri: &str) -> Result<ScriptedTrainer> {
	ScriptedTrainer::new(stage.client.clone(), uri, &stage.network.directory().join("scripted")).await
}

/// Commits to a checkpoint as soon as a round takes commitments.
pub(crate) async fn commit(
	stage: &Stage<'_>,
	trainer: &ScriptedTrainer,
	group: &GroupView,
	round: RoundIndex,
	parameters: &Wider,
) -> Result<Commitment> {
	let checkpoint = trainer.publish(parameters.tensors()).await?;
	reached(&stage.rpc, group.id, round, Phase::Commit, WAIT).await?;
	Ok(trainer.commit(group, round, checkpoint).await?)
}

/// Reveals a checkpoint as soon as its round takes reveals, and claims its score on the public validation
/// set. Returns the claim.
pub(crate) async fn reveal(
	stage: &Stage<'_>,
	trainer: &ScriptedTrainer,
	commitment: &Commitment,
	parameters: &Wider,
) -> Result<Score> {
	let Commitment { group, round, .. } = *commitment;
	let view = reached(&stage.rpc, group, round, Phase::Reveal, WAIT).await?;
	let claim = parameters.score(view.seed.context("no seed")?);
	trainer.reveal(commitment, claim, trainer.provider()).await?;
	Ok(claim)
}
