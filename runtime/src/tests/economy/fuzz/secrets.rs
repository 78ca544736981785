//! What the actors know that the chain does not: what hides behind hashes, and how good a file really is.

use descent_protocol::{Ballot, ContentRef, DeltaVerdict, Salt, Score};
use sp_core::H256;
use std::collections::HashMap;

/// How a delta really is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
	Valid,
	Junk,
	Unserved,
}

/// All that is kept off chain, by hash.
#[derive(Default)]
pub struct Secrets {
	files: u64,
	/// What each checkpoint scores.
	pub scores: HashMap<H256, Score>,
	/// What each delta is.
	pub deltas: HashMap<H256, Quality>,
	/// What is committed to, or announced.
	pub contents: HashMap<H256, (ContentRef, Salt)>,
	/// What is attested to of rounds.
	pub ballots: HashMap<H256, (Ballot, Salt)>,
	/// What is attested to of deltas.
	pub verdicts: HashMap<H256, (DeltaVerdict, Salt)>,
}

impl Secrets {
	/// Another file that nobody has seen.
	pub fn file(&mut self) -> ContentRef {
		self.files += 1;
		ContentRef::raw(&self.files.to_le_bytes()).expect("a small file")
	}
}
