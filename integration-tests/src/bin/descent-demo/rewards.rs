//! Rewards of all accounts, and the claim of one of them.

use crate::{names::Names, report::Role};
use anyhow::{Context, Result};
use descent_client::{format_amount, AccountId};
use descent_integration_tests::{economy, Account, Audit, Network};
use descent_protocol::GroupId;

/// Makes the trainer with most wins claim its rewards. Returns its name and the amount.
///
/// # Errors
/// Fails if there is no winner, or if the chain refuses the claim.
pub(crate) async fn claim(network: &Network, group: GroupId, names: &Names) -> Result<(String, String)> {
	let standings = network.nodes[0].rpc.leaderboard(group).await?;
	let best = standings.iter().max_by_key(|standing| standing.wins).context("nobody has trained")?;
	let trainers = network.trainers.iter().map(|trainer| &trainer.account);
	let trainer: &Account = trainers
		.into_iter()
		.find(|account| account.id() == best.account)
		.context("a stranger has won most")?;
	let claimed = economy::claim(network, trainer).await?;
	Ok((names.of(&best.account), format_amount(claimed)))
}

/// Returns the rewards that each paid account has earned, claimed or not.
pub(crate) fn earned(network: &Network, audit: &Audit, names: &Names) -> Vec<(Role, Vec<(String, String)>)> {
	let named = |accounts: &mut dyn Iterator<Item = AccountId>| -> Vec<(String, String)> {
		accounts
			.filter_map(|account| {
				let earned = audit.earned.get(&account)?;
				Some((names.of(&account), format_amount(*earned)))
			})
			.collect()
	};
	let mut trainers = network.trainers.iter().map(|trainer| trainer.account.id());
	let mut proposers = audit.proposers.keys().cloned();
	let mut validators = network.validators().iter().map(Account::id);
	vec![
		(Role::Trainers, named(&mut trainers)),
		(Role::Proposers, named(&mut proposers)),
		(Role::Validators, named(&mut validators)),
	]
}
