//! What those do who earn or bond, with the program `descent`.

use crate::{wait_until, Account, Network, Rpc, BLOCK_TIME};
use anyhow::{ensure, Result};
use descent_client::AccountId;
use descent_protocol::view::ValidatorView;
use sp_core::H256;
use std::time::Duration;
use subxt::{dynamic::storage, utils::AccountId32, OnlineClient, SubstrateConfig};

/// How long a session is, which is an epoch.
pub const SESSION: Duration = BLOCK_TIME.saturating_mul(40);
/// Within how long what was done is final.
const FINAL: Duration = BLOCK_TIME.saturating_mul(40);

/// Bonds so many NRN of an account and gives it session keys of a node of its own, so that it validates when its bond is
/// among the largest: from the session after the next on.
///
/// # Errors
/// Where the chain refuses it.
pub async fn bond(network: &Network, node: usize, account: &Account, amount: u32) -> Result<()> {
	let amount = amount.to_string();
	network.descent_at(node, account, &["validator", "bond", &amount]).await?;
	network.descent_at(node, account, &["validator", "keys", "--set"]).await?;
	Ok(())
}

/// Waits until a validator stands as it should, and says how it does at that block.
///
/// # Errors
/// After the deadline, with what it was waited for.
pub async fn stands(
	rpc: &Rpc,
	account: &AccountId,
	what: &str,
	deadline: Duration,
	mut as_it_should: impl FnMut(&ValidatorView) -> bool,
) -> Result<ValidatorView> {
	wait_until(what, deadline, async || {
		let view = rpc.validator(account, None).await?;
		Ok(view.filter(|view| as_it_should(view)))
	})
	.await
}

/// The validators of the session that a block is in.
///
/// # Errors
/// Where the node can't be read.
pub async fn session(chain: &OnlineClient<SubstrateConfig>, block: H256) -> Result<Vec<AccountId>> {
	let at = chain.at_block(block).await?;
	let address = storage::<(), Vec<AccountId32>>("Session", "Validators");
	let validators = at.storage().fetch(address, ()).await?.decode()?;
	Ok(validators.into_iter().map(|account| AccountId::new(account.0)).collect())
}

/// Claims all that an account has earned and waits until that is final. How much it was.
///
/// # Errors
/// Where it has earned nothing, or the chain refuses it.
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
