use super::{
	conductor::{reached, Offer, Workshop},
	learner::Rest,
	provision::Supplier,
	terms::Terms,
};
use crate::{
	exam::{self, Exam},
	materials::within,
	stock::{Hold, Stock},
};
use anyhow::{ensure, Context, Result};
use descent_protocol::{view::GroupView, ContentRef, Score};
use sp_core::H256;
use std::{collections::HashMap, fs::File, path::Path, time::Duration};

/// Longest time to measure a claim.
const CLAIM_LIMIT: Duration = Duration::from_secs(3600);

/// Where this trainer's checkpoints come from, are measured and are served.
pub struct Studio {
	supplier: Supplier,
	stock: Stock,
	/// Where others fetch from the stock.
	address: String,
	/// What model, validation set and head are, for the round that is trained for and for those that are judged.
	_named: Hold,
	/// Own checkpoints that are served.
	served: Vec<Hold>,
	/// What own checkpoints score on the holdout: one of them may have become the head a moment ago.
	offered: HashMap<H256, Score>,
	/// While there is nothing to train for.
	rest: Option<Rest>,
}

impl Studio {
	/// A studio that serves `stock` at `address`, among it the own checkpoints `served`.
	pub fn new(supplier: Supplier, stock: Stock, address: String, served: Vec<ContentRef>) -> Self {
		Self {
			supplier,
			_named: stock.hold(Vec::new()),
			served: vec![stock.hold(served)],
			stock,
			address,
			offered: HashMap::new(),
			rest: None,
		}
	}

	/// Keeps data set, model and head current, in the background, and what rounds of these terms are measured with.
	pub fn follow(&mut self, group: &GroupView, bound: Vec<Terms>) {
		let mut named = Terms::from(group).named();
		named.extend(bound.iter().flat_map(Terms::named));
		named.extend(group.head.iter().map(|head| head.checkpoint));
		self._named = self.stock.hold(named);
		self.supplier.follow(group, bound);
		if reached(group).is_none() {
			self.rest = None;
		} else if self.rest.is_none() {
			let learner = self.supplier.provisions().learner;
			self.rest = learner.map(|(_, learner)| learner.rest());
		}
	}

	/// What there is to show of the training.
	pub fn progress(&self) -> Option<String> {
		let (_, learner) = self.supplier.provisions().learner?;
		Some(learner.status().to_string())
	}
}

impl Workshop for Studio {
	async fn offer(&mut self, group: &GroupView, path: &Path) -> Result<Offer> {
		let provisions = self.supplier.provisions();
		// Whoever commits to what it can't measure when the time has come loses the deposit.
		let is_measurable = provisions.exam(&Terms::from(group)).is_some();
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

	async fn measure(&mut self, terms: &Terms, path: &Path, seed: H256) -> Result<Score> {
		let provisions = self.supplier.provisions();
		let exam = provisions.exam(terms).cloned();
		let exam = exam.context("the round's model and data are not here yet")?;
		let path = path.to_owned();
		let (records, metric) = (terms.policy.records(), terms.metric);
		let rest = provisions.learner.map(|(_, learner)| learner.rest());
		let measured = tokio::task::spawn_blocking(move || -> Result<Score> {
			let model = exam::load(&exam.description, &path)?;
			let evaluation =
				Exam::draw(exam.set, seed, records, metric)?.take(&model, within(CLAIM_LIMIT))?;
			drop(rest);
			Ok(evaluation.score)
		});
		measured.await?
	}

	async fn publish(&mut self, path: &Path, checkpoint: &ContentRef) -> Result<Vec<String>> {
		self.served.push(self.stock.hold(vec![*checkpoint]));
		let (stock, path, checkpoint) = (self.stock.clone(), path.to_owned(), *checkpoint);
		let published = tokio::task::spawn_blocking(move || -> Result<()> {
			let store = stock.store();
			if store.pins().contains(&checkpoint) && store.is_complete(&checkpoint)? {
				return Ok(());
			}
			let _room = stock.reserve(&checkpoint, 0)?;
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
		self.served = vec![self.stock.hold(checkpoints)];
		let stock = self.stock.clone();
		tokio::task::spawn_blocking(move || stock.clear()).await??;
		Ok(())
	}
}
