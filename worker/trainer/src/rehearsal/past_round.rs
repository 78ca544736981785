//! A past round whose hidden test set is measured on once more.

use anyhow::{bail, ensure, Context, Result};
use descent_artifacts::{joined, ArtifactError, Artifacts, SealedSource};
use descent_client::Client;
use descent_dataset::{Description, Set};
use descent_protocol::{
	evaluation::TestSetSource,
	view::{GroupView, RoundTestSetView, TestSetRelease},
	RoundIndex,
};
use sp_core::H256;
use std::{sync::Arc, time::Instant};

/// The records of a past round.
pub(super) struct PastRound {
	/// Draws the records.
	pub seed: H256,
	/// The hidden test set; absent if no key was released for the round.
	test_set: Option<TestSetSource>,
}

impl PastRound {
	/// Reads what the records of a round were drawn from.
	///
	/// # Errors
	/// Fails if the group has no hidden test sets, if the round was one of another model, or if its seed or
	/// its key is not known yet.
	pub(super) async fn read(client: &Client, group: &GroupView, round: RoundIndex) -> Result<Self> {
		ensure!(
			group.policy.series().is_some(),
			"group {} has no hidden test sets: leave --round away, which measures on draws of the set that \
			 its rounds use",
			group.id
		);
		let view = client.round(group.id, round).await?;
		ensure!(
			view.model_version == group.model_version,
			"round {round} was one of the group's model {}, and its model is {} by now",
			view.model_version,
			group.model_version
		);
		let seed = view.seed.with_context(|| format!("the records of round {round} are not drawn yet"))?;
		let test_set = client.round_test_set(group.id, round).await?;
		Ok(Self { seed, test_set: test_set.map(|view| released(view, round)).transpose()?.flatten() })
	}

	/// Opens the hidden test set; `None` where there is no sound one.
	pub(super) fn test_set(
		&self,
		artifacts: &Artifacts,
		description: &Description,
		group: &[String],
		until: Instant,
	) -> Result<Option<Arc<Set>>> {
		let Some(TestSetSource { manifest, index, key, providers }) = &self.test_set else {
			return Ok(None);
		};
		let providers = joined(providers, group);
		let source = SealedSource { manifest: *manifest, index: *index, providers, peers: Vec::new() };
		match artifacts.test_set(description, &source, key, (until, until)) {
			Ok(set) => Ok(Some(set)),
			Err(ArtifactError::Invalid(reason) | ArtifactError::IllConditioned(reason)) => {
				tracing::warn!("the round's hidden test set is broken: {reason}");
				Ok(None)
			}
			Err(error) => Err(error).context("the round's hidden test set cannot be opened"),
		}
	}
}

/// Returns a test set whose key is released; `None` where none will be.
fn released(view: RoundTestSetView, round: RoundIndex) -> Result<Option<TestSetSource>> {
	let RoundTestSetView { manifest, providers, release, state, .. } = view;
	match state {
		TestSetRelease::Released { index, key } => {
			Ok(Some(TestSetSource { manifest, index, key, providers }))
		}
		TestSetRelease::Otherwise => Ok(None),
		TestSetRelease::Awaited { .. } => {
			bail!("the key of round {round} is not released yet, and can be before block {}", release.end)
		}
	}
}

#[cfg(test)]
impl PastRound {
	pub(super) fn new(seed: H256, test_set: Option<TestSetSource>) -> Self {
		Self { seed, test_set }
	}
}
