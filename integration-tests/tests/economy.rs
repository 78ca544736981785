//! A validator that joins and lies, one that equivocates, and those who earn honestly.

use anyhow::{ensure, Context, Result};
use descent_client::AccountId;
use descent_integration_tests::{
	audit,
	economy::{bond, claim, session, stands, SESSION},
	scenario, two_clouds_group, wait_until, Account, Audit, Liar, Network, RoundLengths, Rpc, Slash,
	TrainerSetup, BLOCK_TIME,
};
use descent_protocol::{
	flown, slash_fraction,
	view::{RoundView, ValidatorStanding, ValidatorView},
	BlockNumber, GroupId, MINIMUM_SLASH,
};
use std::time::Duration;

/// One neuron.
const NRN: u128 = 1_000_000_000_000;
/// What every account begins with.
const ENDOWMENT: u128 = 1_000_000 * NRN;
/// What the validators of genesis have bonded, in NRN.
const GENESIS_BOND: u128 = 100_000;
/// What the newcomer bonds, in NRN.
const BOND: u32 = 50_000;
/// The node that equivocates, and the one that joins.
const DAVE: usize = 3;
const NEWCOMER: usize = 4;
/// For two rounds to be judged.
const TWO_ROUNDS: Duration = BLOCK_TIME.saturating_mul(80);

#[tokio::test(flavor = "multi_thread")]
async fn honest_work_is_paid_and_a_liar_and_an_equivocator_lose_bond_and_seat() -> Result<()> {
	let liar = Liar::listen().await?;
	let builder = Network::builder()
		.newcomers(1)
		.strange_evaluator(NEWCOMER, liar.address())
		.node_option("--state-pruning=archive");
	scenario(builder, async |network| {
		let (eve, dave) = (Account::from_uri("//Eve")?, Account::from_uri("//Dave")?);
		let rpc = network.nodes[0].rpc.clone();
		joins(network, &eve).await?;
		network.double(DAVE).await?;
		let setup = two_clouds_group(network.directory(), RoundLengths::SHORT)?;
		let group = network.create_group(&setup).await?.id;
		network.start_trainer(group, TrainerSetup::new(1, "sgd", 0.000_2, 64)).await?;
		equivocates(network, &dave).await?;

		validates(&rpc, &eve).await?;
		lies_twice(&rpc, &eve).await?;
		liar.fall_silent();
		ensure!(liar.asked() > 1, "the liar was never asked");
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

/// Bonds, has its own node make keys, and waits for a seat.
async fn joins(network: &Network, eve: &Account) -> Result<()> {
	bond(network, NEWCOMER, eve, BOND).await?;
	let rpc = &network.nodes[NEWCOMER].rpc;
	let view = stands(rpc, &eve.id(), "the newcomer has keys", SESSION, |view| view.keys.is_some()).await?;
	ensure!(view.bond == u128::from(BOND) * NRN && view.is_candidate && view.rank == Some(4), "{view:?}");
	ensure!(view.standing == ValidatorStanding::Waiting, "{view:?}");
	Ok(())
}

/// A second node with the same key authors in the same slots until somebody has reported it.
async fn equivocates(network: &mut Network, dave: &Account) -> Result<()> {
	let rpc = network.nodes[0].rpc.clone();
	let slashed = |view: &ValidatorView| view.bond < GENESIS_BOND * NRN;
	let view = stands(&rpc, &dave.id(), "an equivocation is punished", SESSION * 3, slashed).await?;
	network.nodes.pop().context("there is no second node")?.process.stop().await?;
	ensure!(matches!(view.standing, ValidatorStanding::Jailed { .. }) && !view.is_candidate, "{view:?}");
	Ok(())
}

/// Takes its seat with the second session from now at the latest.
async fn validates(rpc: &Rpc, eve: &Account) -> Result<()> {
	let is_active = |view: &ValidatorView| view.standing == ValidatorStanding::Active;
	stands(rpc, &eve.id(), "the newcomer validates", SESSION * 3, is_active).await.map(drop)
}

/// The first lie is held against it, and costs nothing; the second one does.
async fn lies_twice(rpc: &Rpc, eve: &Account) -> Result<()> {
	let is_struck = |view: &ValidatorView| view.strikes > 0 || view.bond < u128::from(BOND) * NRN;
	let struck = stands(rpc, &eve.id(), "the first lie is noticed", TWO_ROUNDS, is_struck).await?;
	ensure!(struck.strikes == 1 && struck.bond == u128::from(BOND) * NRN, "{struck:?}");
	ensure!(struck.standing == ValidatorStanding::Active, "{struck:?}");
	let is_slashed = |view: &ValidatorView| view.bond < u128::from(BOND) * NRN;
	let slashed = stands(rpc, &eve.id(), "the second lie is punished", TWO_ROUNDS, is_slashed).await?;
	ensure!(slashed.strikes == 0 && !slashed.is_candidate && slashed.rank.is_none(), "{slashed:?}");
	ensure!(matches!(slashed.standing, ValidatorStanding::Jailed { .. }), "{slashed:?}");
	Ok(())
}

/// Who is jailed can't become a candidate.
async fn the_jailed_stay_out(network: &Network, eve: &Account) -> Result<()> {
	let refused = network.descent(eve, &["validator", "validate"]).await;
	let refusal = refused.err().context("a jailed validator became a candidate")?;
	ensure!(refusal.to_string().to_lowercase().contains("jail"), "{refusal:#}");
	Ok(())
}

/// Claims what it has earned and gives all of it to somebody who has nothing. How much that was.
async fn is_paid(network: &Network, account: &Account, heir: &str) -> Result<u128> {
	let claimed = claim(network, account).await?;
	let heir = Account::from_uri(heir)?.id().to_string();
	let amount = format!("{claimed}p");
	network.descent(account, &["transfer", "--to", &heir, "--amount", &amount, "--finalized"]).await?;
	let has = network.descent(account, &["balance", &heir]).await?;
	ensure!(has["free"] == claimed.to_string(), "{claimed} were claimed, {has} spent");
	Ok(claimed)
}

/// Neither is in a session any more.
async fn left(rpc: &Rpc, offenders: &[AccountId]) -> Result<()> {
	let chain = rpc.chain().await?;
	wait_until("the offenders are out of the set", SESSION * 3, async || {
		let (_, head) = rpc.finalized().await?;
		let set = session(&chain, head).await?;
		Ok((!set.iter().any(|validator| offenders.contains(validator))).then_some(()))
	})
	.await
}

/// All rounds in which the liar had a say were won by an honest trainer, who lost nothing.
async fn honest_rounds_were_won(network: &Network, group: GroupId, liar: &AccountId) -> Result<()> {
	let rpc = &network.nodes[0].rpc;
	let trainer = network.trainers[0].account.id();
	let current = rpc.group(group, None).await?.round.unwrap_or_default();
	let mut lied_in = 0;
	for round in 0..current {
		let view: RoundView = rpc.round(group, round, None).await?;
		let has_lied = view.committee.iter().any(|member| member.account == *liar && member.opened);
		if !view.settled || !has_lied {
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

/// Each offence cost what the schedule says of a single offender in the set of its day. What is left of the bond.
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

/// What is minted is the published part of what was sold, for each block in which somebody had a stake.
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
