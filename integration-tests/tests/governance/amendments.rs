//! Stakeholders that change the rules of their group.

use anyhow::{ensure, Context, Result};
use descent_integration_tests::{
	governance::{amendment, Stakeholder},
	settled, synthetic, two_clouds_group, wait_until, Account, Network, RoundLengths, Rpc, TrainerSetup,
	BLOCK_DEADLINE,
};
use descent_protocol::{
	view::{AmendmentEnding, AmendmentView, GroupView},
	AmendmentId, GroupId,
};
use serde_json::json;

/// Voting period at first, in blocks.
const VOTING_PERIOD: u32 = 24;
/// Voting period after the amendment, in blocks: the shortest that the chain admits.
const SHORTER: u32 = 20;
/// Account that owns the group. Its stake is 100 NRN.
const FOUNDER: &str = "//Dave";

/// Creates the group and starts its trainer. Returns the group's id.
pub(crate) async fn start(network: &mut Network) -> Result<GroupId> {
	let mut setup = two_clouds_group(network.directory(), RoundLengths::SHORT)?;
	setup.voting_period = VOTING_PERIOD;
	let group = network.create_group_of(&Account::from_uri(FOUNDER)?, &setup).await?.id;
	network.start_trainer(group, TrainerSetup::new(3, "sgd", 0.001, 64)).await?;
	Ok(group)
}

/// Shortens the voting period, and then forks the model.
pub(crate) async fn a_majority_shortens_the_period_and_two_thirds_fork_the_model(
	network: &Network,
	group: GroupId,
) -> Result<()> {
	let stakeholders = [
		Stakeholder::stranger(FOUNDER, group)?,
		Stakeholder::join(network, "//Bob", group, 120).await?,
		Stakeholder::join(network, "//Charlie", group, 80).await?,
	];
	the_period_is_shortened_by_a_majority_alone(network, group, &stakeholders).await?;
	let rpc = network.nodes[0].rpc.clone();
	wait_until("there is a head", RoundLengths::SHORT.deadline(3), async || {
		Ok(rpc.group(group, None).await?.head)
	})
	.await?;
	two_thirds_fork_the_model(network, group, &stakeholders).await
}

/// Checks that 100 of 300 are no majority and 220 are.
async fn the_period_is_shortened_by_a_majority_alone(
	network: &Network,
	group: GroupId,
	[founder, second, _]: &[Stakeholder; 3],
) -> Result<()> {
	let rpc = &network.nodes[0].rpc;
	let shorter = SHORTER.to_string();
	let minority = founder.amend(network, &["--voting-period", &shorter]).await?;
	let lost = decided(rpc, group, minority).await?;
	ensure!(lost.ending.is_none() && lost.lost == 1, "{lost:?}");
	ensure!(rpc.group(group, None).await?.voting_period == VOTING_PERIOD);

	second.approve(network, minority).await?;
	let closes = rpc.group(group, None).await?.closes;
	let adopted = decided(rpc, group, minority).await?;
	ensure!(matches!(adopted.ending, Some(AmendmentEnding::Adopted { .. })), "{adopted:?}");
	let view = rpc.group(group, None).await?;
	ensure!(view.voting_period == SHORTER, "{view:?}");
	ensure!(view.closes == closes + SHORTER, "closed at {closes}, and then {view:?}");
	Ok(())
}

/// Checks that 180 of 300 are a majority, but not enough for another model, and that all of them are. The
/// next round trains the new model, on the same data and from the start.
async fn two_thirds_fork_the_model(
	network: &Network,
	group: GroupId,
	[founder, second, third]: &[Stakeholder; 3],
) -> Result<()> {
	let provider = network.started_provider()?;
	let rpc = network.nodes[0].rpc.clone();
	let before = rpc.group(group, None).await?;
	let model = synthetic::write_wider_model(network.directory())?;
	let store = network.store();
	let changes = [
		"--model",
		model.to_str().context("a path is not UTF-8")?,
		"--store",
		store.to_str().context("a path is not UTF-8")?,
		"--provider",
		&provider,
		"--allow-private",
	];
	let fork = founder.amend(network, &changes).await?;
	third.approve(network, fork).await?;
	let lost = decided(&rpc, group, fork).await?;
	ensure!(lost.ending.is_none() && lost.ayes * 2 > before.stake, "{lost:?}");

	second.approve(network, fork).await?;
	let adopted = decided(&rpc, group, fork).await?;
	let Some(AmendmentEnding::Adopted { from }) = adopted.ending else {
		anyhow::bail!("{adopted:?}");
	};
	let deadline = RoundLengths::SHORT.deadline(3);
	let old = settled(&rpc, group, from - 1, deadline).await?;
	ensure!(old.model_version == 0, "{old:?}");
	let head = wait_until("the new model has a head", deadline, async || {
		let view: GroupView = rpc.group(group, None).await?;
		Ok((view.model_version == 1).then_some(view.head).flatten())
	})
	.await?;
	ensure!(head.model_version == 1 && head.round >= from, "{head:?}");
	let view = rpc.group(group, None).await?;
	ensure!(view.model != before.model && view.dataset_root == before.dataset_root, "{view:?}");
	let retired: serde_json::Value = rpc.call("training_retiredHeads", json!([group])).await?;
	ensure!(retired[0]["model_version"] == 0, "{retired}");
	Ok(())
}

/// Waits for the close that decides on an open amendment, and returns the amendment as it is then. An
/// amendment that has not been open for half a period is decided by the close after the next.
async fn decided(rpc: &Rpc, group: GroupId, id: AmendmentId) -> Result<AmendmentView> {
	let before = amendment(rpc, group, id).await?.lost;
	wait_until("a close decides on the amendment", BLOCK_DEADLINE * 3 * VOTING_PERIOD, async || {
		let view = amendment(rpc, group, id).await?;
		Ok((view.lost > before || view.ending.is_some()).then_some(view))
	})
	.await
}
