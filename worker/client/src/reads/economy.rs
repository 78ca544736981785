//! Reads of money: emission, rewards, validators, governance.

use crate::{Client, Result};
use descent_protocol::{
	view::{EmissionView, GovernanceView, OrderView, PotView, RewardsView, ValidatorRules, ValidatorView},
	GroupId,
};
use sp_core::crypto::AccountId32;
use subxt::rpcs::client::rpc_params;

impl Client {
	/// The state of emission.
	///
	/// # Errors
	/// Where the node can't be asked.
	pub async fn emission(&self) -> Result<EmissionView> {
		self.request("training_emission", rpc_params![]).await
	}

	/// The means that a group pays its rounds with.
	///
	/// # Errors
	/// [`crate::Error::Refused`] where there is no such group.
	pub async fn pot(&self, group: GroupId) -> Result<PotView> {
		self.request("training_pot", rpc_params![group]).await
	}

	/// The orders of improvement of a group's model, the oldest first.
	///
	/// # Errors
	/// [`crate::Error::Refused`] where there is no such group, [`crate::Error::Unsupported`] by a node from
	/// before orders.
	pub async fn orders(&self, group: GroupId) -> Result<Vec<OrderView>> {
		self.request("training_orders", rpc_params![group]).await
	}

	/// The rewards of an account.
	///
	/// # Errors
	/// Where the node can't be asked.
	pub async fn rewards(&self, account: &AccountId32) -> Result<RewardsView> {
		self.request("training_rewards", rpc_params![account.to_string()]).await
	}

	/// The validators of this session and all candidates.
	///
	/// # Errors
	/// Where the node can't be asked.
	pub async fn validators(&self) -> Result<Vec<ValidatorView>> {
		self.request("training_validators", rpc_params![]).await
	}

	/// An account as a validator; `None` for one that has nothing bonded and is none.
	///
	/// # Errors
	/// Where the node can't be asked.
	pub async fn validator(&self, account: &AccountId32) -> Result<Option<ValidatorView>> {
		self.request("training_validator", rpc_params![account.to_string()]).await
	}

	/// The base address of the gateway at which a validator serves what it has fetched to the others; `None`
	/// if it named none.
	///
	/// # Errors
	/// Where the node can't be asked, or its chain has no gateways yet.
	pub async fn gateway(&self, account: &AccountId32) -> Result<Option<String>> {
		self.request("training_gateway", rpc_params![account.to_string()]).await
	}

	/// The rules of the set of validators.
	///
	/// # Errors
	/// Where the node can't be asked.
	pub async fn validator_rules(&self) -> Result<ValidatorRules> {
		self.request("training_validatorRules", rpc_params![]).await
	}

	/// The governing bodies and the motions before them.
	///
	/// # Errors
	/// Where the node can't be asked.
	pub async fn governance(&self) -> Result<GovernanceView> {
		self.request("training_governance", rpc_params![]).await
	}
}
