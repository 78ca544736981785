//! Knowledge of the actors that the chain does not have: the preimages of hashes, and the true quality of
//! files.

use crate::tests::economy::recorded::Training;
use descent_protocol::{Answer, ContentRef, Salt, Score};
use sp_core::H256;
use std::collections::{HashMap, HashSet};

/// The true quality of a delta.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quality {
	Valid,
	Junk,
	Unserved,
}

/// Data that is kept off chain, by hash.
#[derive(Default)]
pub(crate) struct Secrets {
	files: u64,
	/// True score of each checkpoint.
	pub(crate) scores: HashMap<H256, Score>,
	/// True quality of each delta.
	pub(crate) deltas: HashMap<H256, Quality>,
	/// Preimages of commitments and announcements.
	pub(crate) contents: HashMap<H256, (ContentRef, Salt)>,
	/// The recorded trainings that commitments bind.
	pub(crate) trainings: HashMap<H256, Training>,
	/// Commitments that can't be revealed, as what they bind is against the rules of their groups.
	pub(crate) broken: HashSet<H256>,
	/// True for each checkpoint whose recorded training is not how it was made.
	pub(crate) departs: HashMap<H256, bool>,
	/// Values of the hash chain of each series of hidden test sets.
	pub(crate) series: HashMap<H256, Vec<H256>>,
	/// Preimages of attestations.
	pub(crate) answers: HashMap<H256, (Answer, Salt)>,
}

impl Secrets {
	/// Returns a new file.
	pub(crate) fn file(&mut self) -> ContentRef {
		self.files += 1;
		ContentRef::raw(&self.files.to_le_bytes()).expect("a small file")
	}
}
