//! Reads of keepers.

use crate::{Client, Result};
use descent_protocol::{
	view::{CustodyView, KeptView},
	GroupId,
};
use subxt::rpcs::client::rpc_params;

/// Contents asked for at a time.
const PAGE: usize = 500;

impl Client {
	/// The keepers of a group, and the check of what they serve; `None` by a chain from before keepers.
	///
	/// # Errors
	/// [`Error::Refused`](crate::Error::Refused) where there is no such group,
	/// [`Error::Unsupported`](crate::Error::Unsupported) by a node from before keepers.
	pub async fn custody(&self, group: GroupId) -> Result<Option<CustodyView>> {
		self.request("training_custody", rpc_params![group]).await
	}

	/// All that the keepers of a group keep.
	///
	/// # Errors
	/// Those of [`Self::custody`].
	pub async fn kept_content(&self, group: GroupId) -> Result<Vec<KeptView>> {
		let mut kept = Vec::new();
		loop {
			let params = rpc_params![group, kept.len(), PAGE];
			let page: Vec<KeptView> = self.request("training_keptContent", params).await?;
			let is_last = page.len() < PAGE;
			kept.extend(page);
			if is_last {
				return Ok(kept);
			}
		}
	}
}
