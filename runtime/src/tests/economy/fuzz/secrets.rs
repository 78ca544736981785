//! Knowledge of the actors that the chain does not have: the preimages of hashes, and the true quality of
//! files.

use descent_protocol::{Answer, ContentRef, Salt, Score};
use sp_core::H256;
use std::collections::HashMap;

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
