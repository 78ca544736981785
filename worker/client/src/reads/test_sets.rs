//! Reads of hidden test sets.

use crate::{Client, Error, Result};
use descent_protocol::{
	view::{RoundTestSetView, TestSetSeriesView},
	GroupId, RoundIndex,
};
use sp_core::H256;
use subxt::{dynamic, rpcs::client::rpc_params};

impl Client {
	/// A series of hidden test sets; `None` if it is not open.
	///
	/// # Errors
	/// [`Error::Unsupported`] for a node that is older than hidden test sets.
	pub async fn test_set_series(&self, series: H256) -> Result<Option<TestSetSeriesView>> {
		self.request("training_testSetSeries", rpc_params![series]).await
	}

	/// The hidden test set of a round; `None` if the rules of the round name no series that is open.
	///
	/// # Errors
	/// [`Error::Refused`] where there is no such group, [`Error::Unsupported`] for a node that is older than
	/// hidden test sets.
	pub async fn round_test_set(
		&self,
		group: GroupId,
		round: RoundIndex,
	) -> Result<Option<RoundTestSetView>> {
		self.round_test_set_at(group, round, None).await
	}

	/// The hidden test set of a round as it stood at a block, or at the best block.
	///
	/// # Errors
	/// Those of [`Self::round_test_set`], and [`Error::Refused`] where the state of the block is forgotten.
	pub async fn round_test_set_at(
		&self,
		group: GroupId,
		round: RoundIndex,
		at: Option<H256>,
	) -> Result<Option<RoundTestSetView>> {
		self.request("training_roundTestSet", rpc_params![group, round, at]).await
	}

	/// The bond of a series with so many sets, in the token's smallest unit.
	///
	/// # Errors
	/// Where the node can't be asked, or its chain has no hidden test sets.
	pub async fn test_set_bond(&self, sets: u16) -> Result<u128> {
		let at = self.at(self.best_block().await?.hash).await?;
		let constant = |name: &str| {
			let found = at.constants().entry(dynamic::constant::<u128>("TestSets", name));
			found.map_err(|error| Error::Answer(error.to_string()))
		};
		Ok(constant("SeriesBond")?.saturating_add(constant("SetBond")?.saturating_mul(sets.into())))
	}
}
