//! The state that an upgrade of the runtime must not change.

use crate::Rpc;
use anyhow::{ensure, Context, Result};
use descent_client::AccountId;
use descent_protocol::{
	view::{GroupView, HeadView, PotView, RewardsView, RoundView, ValidatorView},
	BlockNumber, GroupId, Windows,
};
use serde_json::{json, Value};
use sp_core::H256;
use subxt::{dynamic::storage, OnlineClient, SubstrateConfig};

/// Returns the finalized block that took a runtime of another version than `version`, which is the last block
/// that the old one made. Returns `None` while there is none.
///
/// # Errors
/// Fails if the node can't be read.
pub async fn upgrade_block(rpc: &Rpc, version: u32) -> Result<Option<BlockNumber>> {
	let (mut number, head) = rpc.finalized().await?;
	if rpc.spec_version(head).await? == version {
		return Ok(None);
	}
	loop {
		let before = number.checked_sub(1).context("the chain began with it")?;
		let hash = rpc.block_hash(before).await?.context("a block is gone")?;
		if rpc.spec_version(hash).await? == version {
			return Ok(Some(number));
		}
		number = before;
	}
}

/// Returns the first finalized block, after the one that took another runtime, at which no migration is left.
///
/// # Errors
/// Fails if the node can't be read.
pub async fn migrated(
	chain: &OnlineClient<SubstrateConfig>,
	rpc: &Rpc,
	taken: BlockNumber,
) -> Result<Option<BlockNumber>> {
	let (last, _) = rpc.finalized().await?;
	for number in taken + 1..=last {
		let at = chain.at_block(number).await?;
		let cursor = storage::<(), subxt::dynamic::Value>("Migrations", "Cursor");
		if at.storage().try_fetch(cursor, ()).await?.is_none() {
			return Ok(Some(number));
		}
	}
	Ok(None)
}

/// Outcome of migrations that take several blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Migrations {
	/// Number of migrations that were completed.
	pub completed: u32,
	/// Number of migrations that failed.
	pub failed: u32,
}

/// Counts the migrations that ended between two blocks, the first one not included.
///
/// # Errors
/// Fails if the node can't be read.
pub async fn migrations(
	chain: &OnlineClient<SubstrateConfig>,
	after: BlockNumber,
	last: BlockNumber,
) -> Result<Migrations> {
	let mut migrations = Migrations::default();
	for number in after + 1..=last {
		for event in chain.at_block(number).await?.events().fetch().await?.iter() {
			let event = event?;
			match (event.pallet_name(), event.event_name()) {
				("Migrations", "MigrationCompleted") => migrations.completed += 1,
				("Migrations", "MigrationFailed" | "UpgradeFailed") => migrations.failed += 1,
				_ => {}
			}
		}
	}
	Ok(migrations)
}

/// Holdings of accounts in a group and in the validator set, at one block.
#[derive(Clone, Debug)]
pub struct Holdings {
	group: GroupView,
	rounds: Vec<RoundView>,
	pot: PotView,
	stakes: Vec<Value>,
	rewards: Vec<RewardsView>,
	validators: Vec<ValidatorView>,
}

impl Holdings {
	/// Reads the holdings of these accounts at a block.
	///
	/// # Errors
	/// Fails if the node can't be read.
	pub async fn read(rpc: &Rpc, group: GroupId, at: H256, accounts: &[AccountId]) -> Result<Self> {
		let view = rpc.group(group, Some(at)).await?;
		let mut rounds = Vec::new();
		for round in 0..=view.round.unwrap_or_default() {
			rounds.push(rpc.round(group, round, Some(at)).await?);
		}
		let (mut stakes, mut rewards) = (Vec::new(), Vec::new());
		for account in accounts {
			stakes.push(rpc.call("training_stake", json!([group, account, at])).await?);
			rewards.push(rpc.rewards(account, Some(at)).await?);
		}
		Ok(Self {
			group: view,
			rounds,
			pot: rpc.pot(group, Some(at)).await?,
			stakes,
			rewards,
			validators: rpc.validators(Some(at)).await?,
		})
	}

	/// Checks that the holdings are all there some blocks later: the same group with the same stakes, bonds,
	/// commitments and ended rounds, and no less in its pot and in anyone's rewards, unless the pot has paid
	/// in the meantime.
	///
	/// # Errors
	/// Names the holding that is lost.
	pub fn are_kept_in(&self, later: &Self) -> Result<()> {
		let group = GroupView {
			block: later.group.block,
			round: later.group.round,
			settled: later.group.settled,
			closes: later.group.closes,
			head: later.group.head.clone(),
			..self.group.clone()
		};
		ensure!(group == later.group, "{:?} became {:?}", self.group, later.group);
		ensure!(self.stakes == later.stakes, "{:?} became {:?}", self.stakes, later.stakes);
		for (before, after) in self.rounds.iter().zip(&later.rounds) {
			rounds_agree(before, after)?;
		}
		for before in &self.validators {
			let after = later.validators.iter().find(|after| after.account == before.account);
			let is_kept = after.is_some_and(|after| {
				(after.bond, &after.unbonding, after.keys, after.strikes)
					== (before.bond, &before.unbonding, before.keys, before.strikes)
			});
			ensure!(is_kept, "{before:?} became {after:?}");
		}
		ensure!(self.pot.stake == later.pot.stake, "{:?} became {:?}", self.pot, later.pot);
		ensure!(self.pot.fundings == later.pot.fundings, "{:?} became {:?}", self.pot, later.pot);
		if self.group.settled == later.group.settled {
			// Heads of the runtime before did not tell what they were measured on.
			let unmeasured =
				|group: &GroupView| group.head.clone().map(|head| HeadView { measured_on: None, ..head });
			let heads = [&self.group, &later.group].map(unmeasured);
			ensure!(heads[0] == heads[1], "{:?} became {:?}", self.group, later.group);
			ensure!(self.rewards == later.rewards, "{:?} became {:?}", self.rewards, later.rewards);
			let parts = |pot: &PotView| [pot.winner, pot.validators, pot.keepers, pot.proposer];
			let has_grown =
				parts(&self.pot).into_iter().zip(parts(&later.pot)).all(|(before, after)| before <= after);
			ensure!(has_grown, "{:?} became {:?}", self.pot, later.pot);
		}
		Ok(())
	}
}

/// Checks that a settled round is the same but for its committee, which is forgotten, and that an open one
/// has lost no commitment, reveal or attestation.
fn rounds_agree(before: &RoundView, after: &RoundView) -> Result<()> {
	if before.settled {
		// A runtime with the gap before the seed shows it in rounds that were committed to without it, too.
		let commit = before.windows.commit.start..after.windows.commit.end;
		let windows = Windows { commit, ..before.windows.clone() };
		let expected = RoundView { block: after.block, committee: Vec::new(), windows, ..before.clone() };
		ensure!(expected == *after, "{before:?} became {after:?}");
		return Ok(());
	}
	for candidate in &before.candidates {
		let kept = after.candidates.iter().any(|kept| {
			(&kept.account, kept.commitment, kept.deposit)
				== (&candidate.account, candidate.commitment, candidate.deposit)
				&& (candidate.reveal.is_none() || kept.reveal == candidate.reveal)
		});
		ensure!(kept, "{before:?} became {after:?}");
	}
	if after.settled {
		return Ok(());
	}
	for member in &before.committee {
		let kept = after.committee.iter().any(|kept| {
			kept.account == member.account && kept.attested >= member.attested && kept.opened >= member.opened
		});
		ensure!(kept, "{before:?} became {after:?}");
	}
	Ok(())
}
