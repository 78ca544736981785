//! Stakeholders that vote: on the data of one group, and on the rules and the model of another.

mod amendments;
mod votes;

use anyhow::Result;
use descent_integration_tests::{scenario, Network};

/// Both votes take minutes of waiting for blocks, so they share a network. The accounts of one have no part
/// in the other.
#[tokio::test(flavor = "multi_thread")]
async fn majorities_change_data_rules_and_models_while_rounds_run() -> Result<()> {
	let builder = Network::builder().node_option("--state-pruning=archive");
	scenario(builder, async |network| {
		let amended = amendments::start(network).await?;
		let voted = votes::start(network).await?;
		let network = &*network;
		tokio::try_join!(
			amendments::a_majority_shortens_the_period_and_two_thirds_fork_the_model(network, amended),
			votes::the_majority_s_delta_is_applied_paid_trained_on_and_lowers_the_loss(network, &voted),
		)
		.map(drop)
	})
	.await
}
