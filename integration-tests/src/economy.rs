//! Actions of validators and of accounts that earn rewards, through the program `descent`.

use crate::{wait_until, Account, Network, Rpc, BLOCK_DEADLINE};
use anyhow::{ensure, Context, Result};
use descent_client::AccountId;
use descent_protocol::view::ValidatorView;
use sp_core::H256;
use std::{fs, time::Duration};
use subxt::{dynamic::storage, utils::AccountId32, OnlineClient, SubstrateConfig};

/// Longest time for a session, which is an epoch.
pub const SESSION: Duration = BLOCK_DEADLINE.saturating_mul(40);
/// Longest time until a transaction is finalized.
const FINAL: Duration = BLOCK_DEADLINE.saturating_mul(40);

/// Bonds `amount` NRN of an account and gives it session keys of a node of its own. If its bond is among the
/// largest, it validates from the session after the next on.
///
/// # Errors
/// Fails if the chain refuses it.
pub async fn bond(network: &Network, node: usize, account: &Account, amount: u32) -> Result<()> {
	let amount = amount.to_string();
	network.descent_at(node, account, &["validator", "bond", &amount]).await?;
	let data = &network.nodes.get(node).context("there is no such node")?.base_path;
	let keys = network.directory().join(format!("node{node}-keys.json"));
	fs::write(&keys, network.make_session_keys(data, account)?)?;
	let [keys, data] = [&keys, data].map(|path| path.display().to_string());
	let set = ["validator", "keys", "--set", &keys, "--data", &data];
	let told = network.descent_at(node, account, &set).await?;
	ensure!(told["in_node"] == true, "the node does not have its keys: {told}");
	Ok(())
}

/// Waits until a validator satisfies a condition, and returns its view at that block.
///
/// # Errors
/// Fails after the deadline, with the condition.
pub async fn wait_for_validator(
	rpc: &Rpc,
	account: &AccountId,
	what: &str,
	deadline: Duration,
	mut condition: impl FnMut(&ValidatorView) -> bool,
) -> Result<ValidatorView> {
	wait_until(what, deadline, async || {
		let view = rpc.validator(account, None).await?;
		Ok(view.filter(|view| condition(view)))
	})
	.await
}

/// Returns the validators of the session that a block is in.
///
/// # Errors
/// Fails if the node can't be read.
pub async fn session(chain: &OnlineClient<SubstrateConfig>, block: H256) -> Result<Vec<AccountId>> {
	let at = chain.at_block(block).await?;
	let address = storage::<(), Vec<AccountId32>>("Session", "Validators");
	let validators = at.storage().fetch(address, ()).await?.decode()?;
	Ok(validators.into_iter().map(|account| AccountId::new(account.0)).collect())
}

/// Claims all rewards of an account, waits until the claim is finalized, and returns the amount.
///
/// # Errors
/// Fails if the account has earned nothing or the chain refuses the claim.
pub async fn claim(network: &Network, account: &Account) -> Result<u128> {
	let rpc = &network.nodes[0].rpc;
	let before = rpc.rewards(&account.id(), None).await?;
	network.descent(account, &["rewards", "claim"]).await?;
	let claimed = wait_until("the claim is final", FINAL, async || {
		let (_, head) = rpc.finalized().await?;
		let after = rpc.rewards(&account.id(), Some(head)).await?;
		Ok(Some(after.claimed - before.claimed).filter(|claimed| *claimed > 0))
	})
	.await?;
	ensure!(claimed >= before.accrued, "{} had {} to claim and got {claimed}", account.uri(), before.accrued);
	Ok(claimed)
}
