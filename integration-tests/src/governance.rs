//! Actions of stakeholders and proposers, through the program `descent`.

use crate::{wait_until, Account, Network, Rpc};
use anyhow::{bail, Context, Result};
use descent_protocol::{
	view::{AmendmentView, ProposalEnding, ProposalView},
	AmendmentId, DeltaVerdict, GroupId, ProposalId,
};
use serde_json::json;
use std::{path::Path, time::Duration};

/// A member of a group that stakes, proposes and votes.
#[derive(Clone, Debug)]
pub struct Stakeholder {
	account: Account,
	group: GroupId,
}

impl Stakeholder {
	/// Stakes `stake` NRN in a group from a development account.
	///
	/// # Errors
	/// Fails if the chain refuses it.
	pub async fn join(network: &Network, uri: &str, group: GroupId, stake: u32) -> Result<Self> {
		let stakeholder = Self::stranger(uri, group)?;
		let stake = stake.to_string();
		stakeholder.descent(network, &["stake", "add", "--amount", &stake]).await?;
		Ok(stakeholder)
	}

	/// Returns an account without staking, which may have staked before.
	///
	/// # Errors
	/// Fails if it is not a secret URI.
	pub fn stranger(uri: &str, group: GroupId) -> Result<Self> {
		Ok(Self { account: Account::from_uri(uri)?, group })
	}

	/// Account of the stakeholder.
	pub fn account(&self) -> &Account {
		&self.account
	}

	/// Proposes a delta that the network's gateway serves.
	///
	/// # Errors
	/// Fails if the chain refuses it.
	pub async fn propose(
		&self,
		network: &Network,
		delta: &Path,
		summary: &str,
		provider: &str,
	) -> Result<ProposalId> {
		let (store, data) = (network.store(), network.directory().join("announcements"));
		let mut arguments = vec!["dataset", "propose", "--delta", text(delta)?, "--store", text(&store)?];
		arguments.extend(["--data", text(&data)?, "--provider", provider, "--summary", summary]);
		self.descent(network, &arguments).await?;
		let rpc = &network.nodes[0].rpc;
		let own = self.account.id();
		wait_until("the proposal is on the chain", Duration::from_secs(30), async || {
			let proposals = proposals(rpc, self.group).await?;
			let newest =
				proposals.iter().filter(|proposal| proposal.proposer == own).map(|proposal| proposal.id);
			Ok(newest.max())
		})
		.await
	}

	/// Votes for a delta.
	///
	/// # Errors
	/// Fails if the chain refuses it.
	pub async fn vote(&self, network: &Network, proposal: ProposalId) -> Result<()> {
		let proposal = proposal.to_string();
		self.descent(network, &["dataset", "vote", "--proposal", &proposal]).await
	}

	/// Proposes an amendment and approves it.
	///
	/// # Errors
	/// Fails if the chain refuses it.
	pub async fn amend(&self, network: &Network, changes: &[&str]) -> Result<AmendmentId> {
		let known = amendments(&network.nodes[0].rpc, self.group).await?;
		let mut arguments = vec!["amend", "propose", "--summary", "a test's amendment"];
		arguments.extend(changes);
		self.descent(network, &arguments).await?;
		let next = known.iter().map(|amendment| amendment.id + 1).max().unwrap_or_default();
		amendment(&network.nodes[0].rpc, self.group, next).await.map(|amendment| amendment.id)
	}

	/// Approves an amendment.
	///
	/// # Errors
	/// Fails if the chain refuses it.
	pub async fn approve(&self, network: &Network, amendment: AmendmentId) -> Result<()> {
		let amendment = amendment.to_string();
		self.descent(network, &["amend", "vote", "--amendment", &amendment]).await
	}

	async fn descent(&self, network: &Network, arguments: &[&str]) -> Result<()> {
		let group = self.group.to_string();
		let arguments = [arguments, &["--group", &group]].concat();
		network.descent(&self.account, &arguments).await.map(drop)
	}
}

fn text(path: &Path) -> Result<&str> {
	path.to_str().context("a path is not UTF-8")
}

/// Returns the delta proposals of a group: open ones, and the last that ended.
///
/// # Errors
/// Fails if the node does not answer.
pub async fn proposals(rpc: &Rpc, group: GroupId) -> Result<Vec<ProposalView>> {
	Ok(rpc.call("training_proposals", json!([group])).await?)
}

/// Returns a delta proposal.
///
/// # Errors
/// Fails if there is no such proposal.
pub async fn proposal(rpc: &Rpc, group: GroupId, id: ProposalId) -> Result<ProposalView> {
	let mut proposals = proposals(rpc, group).await?.into_iter();
	proposals.find(|proposal| proposal.id == id).with_context(|| format!("there is no proposal {id}"))
}

/// Returns the amendments of a group: open ones, and the last that ended.
///
/// # Errors
/// Fails if the node does not answer.
pub async fn amendments(rpc: &Rpc, group: GroupId) -> Result<Vec<AmendmentView>> {
	Ok(rpc.call("training_amendments", json!([group])).await?)
}

/// Returns an amendment.
///
/// # Errors
/// Fails if there is no such amendment.
pub async fn amendment(rpc: &Rpc, group: GroupId, id: AmendmentId) -> Result<AmendmentView> {
	let mut amendments = amendments(rpc, group).await?.into_iter();
	amendments.find(|amendment| amendment.id == id).with_context(|| format!("there is no amendment {id}"))
}

/// Waits until the committee has found a proposal valid.
///
/// # Errors
/// Fails after the deadline, and as soon as the proposal ended otherwise.
pub async fn found_valid(
	rpc: &Rpc,
	group: GroupId,
	id: ProposalId,
	deadline: Duration,
) -> Result<ProposalView> {
	let view = wait_until(&format!("proposal {id} is checked"), deadline, async || {
		let view = proposal(rpc, group, id).await?;
		let decided = view.check.as_ref().is_some_and(|check| check.decided.is_some());
		Ok((decided || view.ending.is_some()).then_some(view))
	})
	.await?;
	match view.check.as_ref().and_then(|check| check.decided) {
		Some(DeltaVerdict::Valid(_)) => Ok(view),
		_ => bail!("proposal {id} was not found valid: {view:?}"),
	}
}

/// Waits until a proposal has ended, and returns its ending.
///
/// # Errors
/// Fails after the deadline.
pub async fn ended(rpc: &Rpc, group: GroupId, id: ProposalId, deadline: Duration) -> Result<ProposalEnding> {
	wait_until(&format!("proposal {id} ends"), deadline, async || Ok(proposal(rpc, group, id).await?.ending))
		.await
}
