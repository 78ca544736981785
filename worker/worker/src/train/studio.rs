use super::{
	conductor::{Offer, Workshop},
	provision::Supplier,
};
use crate::{
	exam::{self, Exam},
	materials::within,
};
use anyhow::{bail, ensure, Result};
use descent_content::Store;
use descent_protocol::{view::GroupView, ContentRef, EvaluationPolicy, Score};
use sp_core::H256;
use std::{collections::HashMap, fs::File, path::Path, time::Duration};

/// Longest time to measure a claim.
const CLAIM_LIMIT: Duration = Duration::from_secs(3600);

/// Where this trainer's checkpoints come from, are measured and are served.
pub struct Studio {
	supplier: Supplier,
	store: Store,
	/// Where others fetch from the store.
	address: String,
	/// What is named by the group as it was last seen.
	named: Vec<ContentRef>,
	/// What own checkpoints score on the holdout: one of them may have become the head a moment ago.
	offered: HashMap<H256, Score>,
}

impl Studio {
	/// A studio that serves `store` at `address`.
	pub fn new(supplier: Supplier, store: Store, address: String) -> Self {
		Self {
			supplier,
			store,
			address,
			named: Vec::new(),
			offered: HashMap::new(),
		}
	}

	/// Keeps data set, model and head current, in the background.
	pub fn follow(&mut self, group: &GroupView) {
		self.named = named(group);
		self.supplier.follow(group);
	}

	/// What there is to show of the training.
	pub fn progress(&self) -> Option<String> {
		let provisions = self.supplier.provisions();
		let learner = provisions.learner?;
		Some(learner.status().to_string())
	}
}

impl Workshop for Studio {
	async fn offer(&mut self, group: &GroupView, path: &Path) -> Result<Offer> {
		let Some(learner) = self.supplier.provisions().learner else {
			return Ok(Offer::Nothing(
				"the group's model and data are not here yet".into(),
			));
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

	async fn measure(&mut self, group: &GroupView, path: &Path, seed: H256) -> Result<Score> {
		let provisions = self.supplier.provisions();
		let (Some(description), Some(set)) = (provisions.description, provisions.evaluation) else {
			bail!("the group's model and data are not here yet");
		};
		let path = path.to_owned();
		let (records, metric) = (group.policy.records(), group.metric);
		let rest = provisions.learner.map(|learner| learner.rest());
		let measured = tokio::task::spawn_blocking(move || -> Result<Score> {
			let model = exam::load(&description, &path)?;
			let evaluation = Exam::draw(set, seed, records, metric)?.take(&model, within(CLAIM_LIMIT))?;
			drop(rest);
			Ok(evaluation.score)
		});
		measured.await?
	}

	async fn publish(&mut self, path: &Path, checkpoint: &ContentRef) -> Result<Vec<String>> {
		let (store, path, checkpoint) = (self.store.clone(), path.to_owned(), *checkpoint);
		let published = tokio::task::spawn_blocking(move || -> Result<()> {
			if store.pins().contains(&checkpoint) && store.is_complete(&checkpoint)? {
				return Ok(());
			}
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
		let kept: Vec<_> = self.named.iter().copied().chain(checkpoints).collect();
		let store = self.store.clone();
		tokio::task::spawn_blocking(move || store.retain(&kept)).await??;
		Ok(())
	}
}

/// All content that a group names.
fn named(group: &GroupView) -> Vec<ContentRef> {
	let mut named = vec![group.model];
	named.extend(&group.deltas);
	if let EvaluationPolicy::Validation { set, .. } = &group.policy {
		named.push(*set);
	}
	named.extend(group.head.iter().map(|head| head.checkpoint));
	named
}
