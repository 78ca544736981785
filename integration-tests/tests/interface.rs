//! Errors of a node for requests about things that do not exist.

use anyhow::{ensure, Result};
use descent_integration_tests::{scenario, Network, RpcError};

#[tokio::test(flavor = "multi_thread")]
async fn a_single_validator_finalizes_and_refuses_unknown_groups_in_words() -> Result<()> {
	scenario(Network::builder().validators(1).without_evaluators(), async |network| {
		let rpc = &network.nodes[0].rpc;
		ensure!(network.groups().await?.is_empty());
		let refusal = match rpc.group(7, None).await {
			Err(RpcError::Refused { message, .. }) => message,
			other => anyhow::bail!("{other:?}"),
		};
		ensure!(refusal.contains('7'), "{refusal}");
		Ok(())
	})
	.await
}
