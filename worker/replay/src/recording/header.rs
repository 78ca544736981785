//! `recording.json`: all that the segments of a recording have in common.

use super::error::RecordingError;
use descent_protocol::{
	trace::{BatchOrder, Recipe},
	GroupId, RoundIndex,
};
use serde::{Deserialize, Serialize};
use sp_core::{crypto::AccountId32, H256};
use std::path::Path;

/// Number of the form of the folder.
const FORM: u32 = 1;
/// Largest size of the file in bytes.
pub(super) const LARGEST: u64 = 64 << 10;
/// The most steps of a segment.
pub const MAX_STEPS: u16 = 1_000;
/// The most records of a batch.
pub const MAX_BATCH: u32 = 65_536;

/// All that the segments of a recording have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingHeader {
	/// The recipe.
	pub recipe: Recipe,
	/// The order of the records.
	pub order: BatchOrder,
	/// Digest of the model description's file.
	pub model: H256,
	/// The version of the data set.
	pub dataset: DatasetVersion,
}

/// A version of a group's data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetVersion {
	/// Number of its deltas.
	pub version: u32,
	/// Its root.
	pub root: H256,
}

/// Content of `recording.json`.
#[derive(Serialize, Deserialize)]
struct Content {
	version: u32,
	recipe: Recipe,
	order: Order,
	model: H256,
	dataset: DatasetVersion,
}

/// Content of a file of any form.
#[derive(Deserialize)]
struct Form {
	version: u32,
}

#[derive(Serialize, Deserialize)]
struct Order {
	genesis: H256,
	group: GroupId,
	round: RoundIndex,
	link: H256,
	account: AccountId32,
}

impl RecordingHeader {
	/// Returns the header as JSON.
	pub(super) fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
		let BatchOrder { genesis, group, round, link, account } = self.order.clone();
		serde_json::to_vec_pretty(&Content {
			version: FORM,
			recipe: self.recipe,
			order: Order { genesis, group, round, link, account },
			model: self.model,
			dataset: self.dataset,
		})
	}

	/// Reads a header of JSON, whose file is named in errors.
	pub(super) fn parse(path: &Path, json: &[u8]) -> Result<Self, RecordingError> {
		let malformed = |error| RecordingError::malformed(path, error);
		let Form { version } = serde_json::from_slice(json).map_err(malformed)?;
		if version > FORM {
			return Err(RecordingError::Newer { found: version, known: FORM });
		}
		let Content { recipe, order, model, dataset, .. } =
			serde_json::from_slice(json).map_err(malformed)?;
		let Order { genesis, group, round, link, account } = order;
		let order = BatchOrder { genesis, group, round, link, account };
		let header = Self { recipe, order, model, dataset };
		header.check().map_err(|reason| RecordingError::malformed(path, reason))?;
		Ok(header)
	}

	/// Checks that the recipe is one that can be recorded.
	///
	/// # Errors
	/// The reason for which it is not.
	pub fn check(&self) -> Result<(), String> {
		let Recipe { optimizer, steps, batch, .. } = &self.recipe;
		if !optimizer.is_valid() {
			return Err("momentum and decay rates of the optimizer have to be below 1".into());
		}
		if !(1..=MAX_STEPS).contains(steps) {
			return Err(format!("a segment has 1 to {MAX_STEPS} steps, not {steps}"));
		}
		if !(1..=MAX_BATCH).contains(batch) {
			return Err(format!("a batch has 1 to {MAX_BATCH} records, not {batch}"));
		}
		Ok(())
	}
}
