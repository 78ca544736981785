//! A validator that joins and lies, one that equivocates, and honest accounts that earn.

use anyhow::{ensure, Context, Result};
use descent_client::AccountId;
use descent_integration_tests::{
	audit,
	economy::{bond, claim, session, wait_for_validator, SESSION},
	members, scenario, two_clouds_group, wait_until, Account, Audit, ByzantineEvaluator, Network,
	RoundLengths, Rpc, Slash, TrainerSetup, BLOCK_DEADLINE,
};
use descent_protocol::{
	flown, slash_fraction,
	view::{RoundView, ValidatorStanding, ValidatorView},
	BlockNumber, GroupId, MINIMUM_SLASH,
};
use std::time::Duration;

/// One neuron (NRN), in its smallest unit.
const NRN: u128 = 1_000_000_000_000;
/// Balance of every account at genesis.
const ENDOWMENT: u128 = 1_000_000 * NRN;
/// Bond of each validator of genesis, in NRN.
const GENESIS_BOND: u128 = 100_000;
/// Bond of the newcomer, in NRN.
const BOND: u32 = 50_000;
/// Positions of the node that equivocates and of the one that joins.
const DAVE: usize = 3;
const NEWCOMER: usize = 4;
/// The account that signs for the trainer.
const PROXY: &str = "//Trainer2";
/// Time in which two rounds are settled.
const TWO_ROUNDS: Duration = BLOCK_DEADLINE.saturating_mul(80);

#[tokio::test(flavor = "multi_thread")]
async fn honest_work_is_paid_and_a_liar_and_an_equivocator_lose_bond_and_seat() -> Result<()> {
	let liar = ByzantineEvaluator::listen().await?;
	let builder = Network::builder()
		.newcomers(1)
		.external_evaluator(NEWCOMER, liar.address())
		.node_option("--state-pruning=archive");
	scenario(builder, async |network| {
		let (eve, dave) = (Account::from_uri("//Eve")?, Account::from_uri("//Dave")?);
		let rpc = network.nodes[0].rpc.clone();
		joins(network, &eve).await?;
		network.start_duplicate(DAVE).await?;
		let setup = two_clouds_group(network.directory(), RoundLengths::SHORT)?;
		let group = network.create_group(&setup).await?.id;
		let trainer = by_proxy(network, TrainerSetup::new(1, "sgd", 0.000_2, 64)).await?;
		network.start_trainer(group, trainer).await?;
		equivocates(network, &dave).await?;

		validates(&rpc, &eve).await?;
		lies_twice(&rpc, &eve).await?;
		liar.stop_answering();
		ensure!(liar.requests() > 1, "the liar was never asked");
		the_jailed_stay_out(network, &eve).await?;

		let earned = [
			is_paid(network, &network.trainers[0].account, "//TrainersHeir").await?,
			is_paid(network, &Account::from_uri("//Alice")?, "//ValidatorsHeir").await?,
		];
		ensure!(earned[0] > earned[1], "a trainer gets more than a validator: {earned:?}");
		left(&rpc, &[eve.id(), dave.id()]).await?;
		honest_rounds_were_won(network, group, &eve.id()).await?;
		adds_up(&rpc, group, &eve.id(), &dave.id()).await
	})
	.await
}

/// Bonds, makes its own node create keys, and waits until it is a validator.
async fn joins(network: &Network, eve: &Account) -> Result<()> {
	bond(network, NEWCOMER, eve, BOND).await?;
	let rpc = &network.nodes[NEWCOMER].rpc;
	let view =
		wait_for_validator(rpc, &eve.id(), "the newcomer has keys", SESSION, |view| view.keys.is_some())
			.await?;
	ensure!(view.bond == u128::from(BOND) * NRN && view.is_candidate && view.rank == Some(4), "{view:?}");
	ensure!(view.standing == ValidatorStanding::Waiting, "{view:?}");
	Ok(())
}

/// Has the account of a trainer name a proxy, whose key is the only one that the trainer has. What the
/// trainer earns is the account's.
async fn by_proxy(network: &Network, setup: TrainerSetup) -> Result<TrainerSetup> {
	let proxy = Account::from_uri(PROXY)?.id().to_string();
	let add = ["proxy", "add", &proxy, "--kind", "training"];
	network.descent(&Account::from_uri(&setup.uri)?, &add).await?;
	Ok(setup.by_proxy(PROXY))
}

/// Waits until the validator is slashed for authoring with two nodes in the same slots, and stops the second
/// one.
async fn equivocates(network: &mut Network, dave: &Account) -> Result<()> {
	let rpc = network.nodes[0].rpc.clone();
	let slashed = |view: &ValidatorView| view.bond < GENESIS_BOND * NRN;
	let view =
		wait_for_validator(&rpc, &dave.id(), "an equivocation is punished", SESSION * 3, slashed).await?;
	network.nodes.pop().context("there is no second node")?.process.stop().await?;
	ensure!(matches!(view.standing, ValidatorStanding::Jailed { .. }) && !view.is_candidate, "{view:?}");
	Ok(())
}

/// Waits until it validates, with the second session from now at the latest.
async fn validates(rpc: &Rpc, eve: &Account) -> Result<()> {
	let is_active = |view: &ValidatorView| view.standing == ValidatorStanding::Active;
	wait_for_validator(rpc, &eve.id(), "the newcomer validates", SESSION * 3, is_active).await.map(drop)
}

/// Checks that the first lie is a strike that costs nothing, and that the second one is slashed.
async fn lies_twice(rpc: &Rpc, eve: &Account) -> Result<()> {
	let is_struck = |view: &ValidatorView| view.strikes > 0 || view.bond < u128::from(BOND) * NRN;
	let struck =
		wait_for_validator(rpc, &eve.id(), "the first lie is noticed", TWO_ROUNDS, is_struck).await?;
	ensure!(struck.strikes == 1 && struck.bond == u128::from(BOND) * NRN, "{struck:?}");
	ensure!(struck.standing == ValidatorStanding::Active, "{struck:?}");
	let is_slashed = |view: &ValidatorView| view.bond < u128::from(BOND) * NRN;
	let slashed =
		wait_for_validator(rpc, &eve.id(), "the second lie is punished", TWO_ROUNDS, is_slashed).await?;
	ensure!(slashed.strikes == 0 && !slashed.is_candidate && slashed.rank.is_none(), "{slashed:?}");
	ensure!(matches!(slashed.standing, ValidatorStanding::Jailed { .. }), "{slashed:?}");
	Ok(())
}

/// Checks that a jailed validator cannot become a candidate.
async fn the_jailed_stay_out(network: &Network, eve: &Account) -> Result<()> {
	let refused = network.descent(eve, &["validator", "validate"]).await;
	let refusal = refused.err().context("a jailed validator became a candidate")?;
	ensure!(refusal.to_string().to_lowercase().contains("jail"), "{refusal:#}");
	Ok(())
}

/// Claims the rewards of an account and transfers them to an empty account. Returns the amount.
async fn is_paid(network: &Network, account: &Account, heir: &str) -> Result<u128> {
	let claimed = claim(network, account).await?;
	let heir = Account::from_uri(heir)?.id().to_string();
	let amount = format!("{claimed}p");
	network.descent(account, &["transfer", "--to", &heir, "--amount", &amount, "--finalized"]).await?;
	let has = network.descent(account, &["balance", &heir]).await?;
	ensure!(has["free"] == claimed.to_string(), "{claimed} were claimed, {has} spent");
	Ok(claimed)
}

/// Checks that neither offender is in a session.
async fn left(rpc: &Rpc, offenders: &[AccountId]) -> Result<()> {
	let chain = rpc.chain().await?;
	wait_until("the offenders are out of the set", SESSION * 3, async || {
		let (_, head) = rpc.finalized().await?;
		let set = session(&chain, head).await?;
		Ok((!set.iter().any(|validator| offenders.contains(validator))).then_some(()))
	})
	.await
}

/// Checks that every round with an attestation of the liar was won by an honest trainer, which lost nothing.
async fn honest_rounds_were_won(network: &Network, group: GroupId, liar: &AccountId) -> Result<()> {
	let rpc = &network.nodes[0].rpc;
	let trainer = network.trainers[0].account.id();
	let current = rpc.group(group, None).await?.round.unwrap_or_default();
	let mut lied_in = 0;
	for round in 0..current {
		let view: RoundView = rpc.round(group, round, None).await?;
		if !view.settled {
			continue;
		}
		let committee = members(rpc, &view).await?;
		if !committee.iter().any(|member| member.account == *liar && member.opened) {
			continue;
		}
		lied_in += 1;
		ensure!(view.winner.as_ref() == Some(&trainer), "{view:?}");
		ensure!(view.candidates.iter().all(|candidate| candidate.slashed == 0), "{view:?}");
	}
	ensure!(lied_in >= 2, "the liar lied in {lied_in} rounds");
	Ok(())
}

async fn adds_up(rpc: &Rpc, group: GroupId, eve: &AccountId, dave: &AccountId) -> Result<()> {
	let (block, head) = rpc.finalized().await?;
	let audit = audit(rpc, head).await?;
	audit.check()?;
	issued_as_published(rpc, group, &audit, block).await?;
	let (lies, equivocations): (Vec<&Slash>, Vec<_>) =
		audit.slashes.iter().partition(|slash| slash.account == *eve);
	ensure!(lies.len() == 1 && !equivocations.is_empty(), "{:?}", audit.slashes);
	ensure!(equivocations.iter().all(|slash| slash.account == *dave), "{:?}", audit.slashes);
	let rest = punished(rpc, u128::from(BOND) * NRN, &lies).await?;
	ensure!(rpc.validator(eve, Some(head)).await?.context("no bond")?.bond == rest);
	let rest = punished(rpc, GENESIS_BOND * NRN, &equivocations).await?;
	ensure!(rpc.validator(dave, Some(head)).await?.context("no bond")?.bond == rest);
	ensure!(!audit.earned.contains_key(eve), "a liar was paid");
	for honest in ["//Alice", "//Bob", "//Charlie"] {
		let honest = Account::from_uri(honest)?.id();
		ensure!(audit.earned.contains_key(&honest), "{honest} worked for nothing");
		for offender in [eve, dave] {
			ensure!(audit.wealth(offender) < ENDOWMENT - 10_000 * NRN, "{:?}", audit.slashes);
			ensure!(audit.wealth(offender) < audit.wealth(&honest), "lying has paid");
		}
	}
	Ok(())
}

/// Checks that each offence cost the scheduled fraction for a single offender in the validator set of its
/// day. Returns the rest of the bond.
async fn punished(rpc: &Rpc, bond: u128, slashes: &[&Slash]) -> Result<u128> {
	let chain = rpc.chain().await?;
	let mut rest = bond;
	for slash in slashes {
		let before = rpc.block_hash(slash.block.saturating_sub(1)).await?.context("a block is gone")?;
		let validators = u32::try_from(session(&chain, before).await?.len())?;
		let share = slash_fraction(1, validators);
		ensure!(share > MINIMUM_SLASH, "{validators} validators");
		ensure!(slash.share == share && slash.amount == share.of(rest), "{slash:?} of {rest}");
		rest -= slash.amount;
	}
	Ok(rest)
}

/// Checks that the published part of the sold tokens was minted for each block at which a group had stake.
async fn issued_as_published(rpc: &Rpc, group: GroupId, audit: &Audit, block: BlockNumber) -> Result<()> {
	let head = rpc.block_hash(block).await?;
	let view = rpc.emission(head).await?;
	ensure!(view.genesis == audit.genesis && view.era == 0, "{view:?}");
	ensure!(view.issuance == view.genesis + view.minted - view.burned, "{view:?}");
	let founded = rpc.group(group, head).await?.clock.start - 1;
	let mut minted = 0;
	for stream in &view.streams {
		ensure!(
			stream.emission == stream.stream.emission(audit.genesis, 0) && stream.since == 0,
			"{stream:?}"
		);
		minted +=
			flown(stream.emission, block, stream.period) - flown(stream.emission, founded, stream.period);
	}
	ensure!(view.minted == minted, "{minted} should have been minted: {view:?}");
	ensure!(view.minted >= audit.minted, "{view:?}, but {audit:?}");
	Ok(())
}
