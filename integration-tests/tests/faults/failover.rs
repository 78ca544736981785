//! A node that dies under a trainer.

use crate::{commits, LENGTHS};
use anyhow::{ensure, Context, Result};
use descent_integration_tests::{
	candidate, ready, scenario, settled, two_clouds_group, Network, TrainerSetup,
};
use descent_protocol::Outcome;

/// A round in which the node that a trainer talks to is killed after the commitment: the reveal arrives
/// through the trainer's second node.
#[tokio::test(flavor = "multi_thread")]
async fn a_trainer_reveals_through_its_second_node() -> Result<()> {
	scenario(Network::builder().followers(1), async |network| {
		let setup = two_clouds_group(network.directory(), LENGTHS)?;
		let group = network.create_group(&setup).await?.id;
		let follower = network.nodes.len() - 1;
		let [first, second] = [follower, 0].map(|node| network.nodes[node].rpc.ws());
		let setup = TrainerSetup::new(1, "sgd", 0.001, 64).args(&["--node", &second]);
		let mut trainer = network.spawn_trainer(&first, group, setup)?;
		ready(&mut trainer.process).await?;
		network.trainers.push(trainer);

		let round = commits(network, group, 0).await?;
		network.nodes[follower].process.kill();

		let view = settled(&network.nodes[0].rpc, group, round, LENGTHS.deadline(2)).await?;
		let trainer = &network.trainers[0];
		let ended = candidate(&view, &trainer.account.id()).context("the commitment is gone")?;
		ensure!(ended.reveal.is_some() && ended.outcome == Some(Outcome::Won), "{ended:?}");
		ensure!(ended.slashed == 0, "{ended:?}");
		let told = trainer.process.standard_error()?;
		ensure!(told.contains(&format!("asking the node at {second}")), "{told}");
		Ok(())
	})
	.await
}
