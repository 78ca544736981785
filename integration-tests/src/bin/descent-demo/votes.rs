//! Three stakeholders vote on two deltas while the trainers train.

use anyhow::{ensure, Result};
use descent_integration_tests::{
	governance::{ended, found_valid, Stakeholder},
	mnist::{Mnist, PROPOSED},
	wait_until, Account, Network, BLOCK_DEADLINE,
};
use descent_protocol::{view::ProposalEnding, GroupId};
use tokio::sync::mpsc::UnboundedSender;

/// Stake of the founder, in NRN.
pub(crate) const FOUNDER: u32 = 100;
/// Voting period in blocks: two minutes, which are enough to stake, propose, see the checks and change votes.
pub(crate) const PERIOD: u32 = 40;
/// Stakeholders that join: their keys, names and stakes in NRN.
const JOINING: [(&str, &str, u32); 2] = [("//Eve", "Eve", 150), ("//Trainer8", "Mallory", 120)];

/// Returns the stakeholders and their names.
pub(crate) fn names() -> Result<Vec<(Account, String)>> {
	let mut names = vec![(Account::from_uri("//Ferdie")?, "Ferdie".to_owned())];
	for (uri, name, _) in JOINING {
		names.push((Account::from_uri(uri)?, name.to_owned()));
	}
	Ok(names)
}

/// Votes until the group's data set has grown, and sends a line about each action.
///
/// # Errors
/// Fails if the better delta does not win.
pub(crate) async fn vote(
	network: &Network,
	group: GroupId,
	mnist: &Mnist,
	provider: &str,
	tell: UnboundedSender<String>,
) -> Result<()> {
	// No receiver is left if the demo has failed.
	let tell = |text: String| drop(tell.send(text));
	let founder = Stakeholder::stranger("//Ferdie", group)?;
	let [(eve, _, stake), (mallory, _, more)] = JOINING;
	let eve = Stakeholder::join(network, eve, group, stake).await?;
	let mallory = Stakeholder::join(network, mallory, group, more).await?;
	tell(format!("Ferdie, Eve and Mallory hold {FOUNDER}, {stake} and {more} NRN of stake in the group"));
	let wrong = mallory.propose(network, &mnist.mislabelled, "more digits", provider).await?;
	let right = eve.propose(network, &mnist.more, "more digits, labelled rightly", provider).await?;
	tell(format!(
		"Mallory proposes {PROPOSED} mislabelled images, Eve the same images with their labels; \
		 the committee checks both"
	));
	founder.vote(network, wrong).await?;
	tell("Ferdie votes for Mallory's delta".into());
	let rpc = &network.nodes[0].rpc;
	for proposal in [wrong, right] {
		found_valid(rpc, group, proposal, BLOCK_DEADLINE * 60).await?;
	}
	founder.vote(network, right).await?;
	tell("both are valid Parquet; Ferdie has looked at the pictures and votes for Eve's".into());
	let ending = ended(rpc, group, right, BLOCK_DEADLINE * 3 * PERIOD).await?;
	ensure!(
		matches!(ending, ProposalEnding::Applied { .. }),
		"the majority's delta was not applied: {ending:?}"
	);
	let round = wait_until("a round is played with the new version", BLOCK_DEADLINE * 60, async || {
		let (_, head) = rpc.finalized().await?;
		let view = rpc.group(group, Some(head)).await?;
		Ok(view.round.filter(|_| view.dataset_version == 2))
	})
	.await?;
	tell(format!("from round {round} on everybody trains on {PROPOSED} more images"));
	Ok(())
}
