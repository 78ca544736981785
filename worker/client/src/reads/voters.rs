//! Reads of who votes.

use super::PAGE;
use crate::{Client, Error, Result};
use descent_protocol::{
	view::{VoterView, VotersView},
	AmendmentId, GroupId, ProposalId,
};
use sp_core::crypto::AccountId32;
use subxt::rpcs::client::rpc_params;

impl Client {
	/// All accounts that vote for an open delta proposal, as of one block.
	///
	/// # Errors
	/// [`Error::Refused`] where there is no such group or the proposal is not open.
	pub async fn voters(&self, group: GroupId, proposal: ProposalId) -> Result<Vec<VoterView>> {
		self.all_voters("training_voters", group, proposal).await
	}

	/// All accounts that approve an open amendment, as of one block.
	///
	/// # Errors
	/// [`Error::Refused`] where there is no such group or the amendment is not open.
	pub async fn amendment_voters(&self, group: GroupId, amendment: AmendmentId) -> Result<Vec<VoterView>> {
		self.all_voters("training_amendmentVoters", group, amendment).await
	}

	async fn all_voters(&self, method: &str, group: GroupId, item: u32) -> Result<Vec<VoterView>> {
		let block = self.best_block().await?.hash;
		let (mut voters, mut from) = (Vec::new(), None::<AccountId32>);
		loop {
			let account = from.as_ref().map(ToString::to_string);
			let params = rpc_params![group, item, account, PAGE, block];
			let page: VotersView = self.request(method, params).await?;
			voters.extend(page.voters);
			if page.next.is_none() {
				return Ok(voters);
			}
			if page.next == from {
				return Err(Error::Answer(format!("{method} names a page as the one after it")));
			}
			from = page.next;
		}
	}
}
