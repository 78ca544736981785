//! Rounds of drawn committees: seven seats for ten validators, of which two lie and one is silent.

use crate::predicted::open_round;
use anyhow::{ensure, Context, Result};
use descent_client::{AccountId, Client};
use descent_integration_tests::{
	audit, candidate, free_port, members, reached, scenario, settled, synthetic, two_clouds_group, Account,
	ByzantineEvaluator, Network, RoundLengths, Rpc, ScriptedTrainer, Wider,
};
use descent_protocol::{
	view::{GroupView, RoundView, ValidatorStanding},
	Outcome, Phase, RoundIndex, Score, MAX_STRIKES,
};
use sp_core::H256;
use std::collections::BTreeMap;
use subxt::{
	dynamic::{storage, Value},
	ext::scale_decode::DecodeAsType,
	utils::AccountId32,
	OnlineClient, SubstrateConfig,
};

const VALIDATORS: usize = 10;
const SEATS: u32 = 7;
/// Number of seats that have an answer accepted: two thirds.
const ACCEPTING: u64 = 5;
/// Number of seats that refuse a checkpoint: more than one third.
const REFUSING: u64 = 3;
/// Positions of the validators that lie, and of the one that has no evaluator.
const LIARS: [usize; 2] = [7, 8];
const SILENT: usize = 9;
/// Trainers that predict their scores, each in a group of its own. None of them is a validator.
const TRAINERS: [&str; 5] = ["//Trainer1", "//Trainer2", "//Trainer3", "//Trainer4", "//Trainer5"];
/// Number of rounds of each group: twenty in all.
const ROUNDS: u32 = 4;
const _: () = assert!(ROUNDS as usize * TRAINERS.len() == 20);
/// Lengths with time to measure for ten nodes and seven evaluators on two cores.
const LENGTHS: RoundLengths = RoundLengths { round: 17, reveal: 4, attest: 8, open: 4 };
/// One seat in so many may be of an honest member that the machine kept from answering in time.
const LATE: u64 = 10;

/// Seven seats are few, so that the draw gives two liars of ten more than a third of them in one round of
/// seven, and the honest less than two thirds in one of three. What becomes of a round follows from its draw;
/// no result is false unless one liar alone holds two thirds of the seats, as in one of 3,000 rounds: the
/// liars don't agree.
#[ignore = "takes seven minutes: scripts/test --run-ignored only -E 'test(seven_seats)'"]
#[tokio::test(flavor = "multi_thread")]
async fn twenty_rounds_of_seven_seats_end_as_their_draws_say_and_only_liars_pay() -> Result<()> {
	let liars = [ByzantineEvaluator::listen().await?, ByzantineEvaluator::listen().await?];
	let mut builder = Network::builder()
		.validators(VALIDATORS)
		.minimum_seats(SEATS)
		.node_option("--state-pruning=archive")
		.external_evaluator(SILENT, format!("http://127.0.0.1:{}", free_port()?));
	for (position, liar) in LIARS.into_iter().zip(&liars) {
		builder = builder.external_evaluator(position, liar.address());
	}
	scenario(builder, async |network| {
		let rpc = network.nodes[0].rpc.clone();
		let client = Client::connect(&rpc.ws()).await?;
		let folder = network.directory().join("scripted");
		let boaster = ScriptedTrainer::new(client.clone(), "//Liar", &folder).await?;
		let mut setup = two_clouds_group(network.directory(), LENGTHS)?;
		setup.model = synthetic::write_wider_model(network.directory())?;
		setup.seats = Some(SEATS);
		let mut groups = Vec::new();
		for uri in TRAINERS {
			setup.name = format!("group of {uri}");
			let trainer = ScriptedTrainer::new(client.clone(), uri, &folder).await?;
			groups.push((trainer, network.create_group(&setup).await?));
		}
		let played = groups.iter().map(|(trainer, group)| play(&rpc, trainer, &boaster, group));
		let played = futures::future::try_join_all(played).await?;

		let chain = rpc.chain().await?;
		let mut counts = Counts::default();
		for ((trainer, group), rounds) in groups.iter().zip(&played) {
			for round in rounds {
				let view = settled(&rpc, group.id, round.index, LENGTHS.deadline(2)).await?;
				let draw = Draw::of(network, &chain, &view).await?;
				counts.add(&draw, &view);
				round.verify(&view, &draw, &trainer.account().id(), &boaster.account().id())?;
			}
		}
		println!("{counts:?}");
		ensure!(counts.late * LATE <= counts.honest, "too many honest members said nothing: {counts:?}");
		everybody_gets_its_due(network, &chain, &counts).await
	})
	.await
}

/// A round with two candidates: one with a claim as the test computes it, and one with a claim too low.
struct Played {
	index: RoundIndex,
	seed: H256,
	parameters: Wider,
}

/// Lets a trainer take part in one round after the other, each with a better checkpoint, beside one that
/// claims more than it has.
async fn play(
	rpc: &Rpc,
	trainer: &ScriptedTrainer,
	boaster: &ScriptedTrainer,
	group: &GroupView,
) -> Result<Vec<Played>> {
	let mut played = Vec::new();
	let mut from = 0;
	for step in 1..=ROUNDS {
		let parameters = Wider::separating(step as f32 / 16.0);
		let checkpoint = trainer.publish(parameters.tensors()).await?;
		let boasted = Wider::untrained((group.id * ROUNDS + step) as f32);
		let boasted = boaster.publish(boasted.tensors()).await?;
		let index = open_round(rpc, group, from).await?;
		let (committed, boast) = tokio::try_join!(
			trainer.commit(group, index, checkpoint),
			boaster.commit(group, index, boasted),
		)?;
		let opened = reached(rpc, group.id, index, Phase::Reveal, LENGTHS.deadline(2)).await?;
		let seed = opened.seed.context("no seed")?;
		tokio::try_join!(
			trainer.reveal(&committed, parameters.score(seed), trainer.provider()),
			boaster.reveal(&boast, Score(100_000), boaster.provider()),
		)?;
		played.push(Played { index, seed, parameters });
		from = index + 1;
	}
	Ok(played)
}

/// Part that a validator plays.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
	Honest,
	Liar,
	Silent,
}

/// Returns the part of a validator.
fn part(network: &Network, account: &AccountId) -> Result<Part> {
	let position = network.validators().iter().position(|validator| validator.id() == *account);
	Ok(match position.context("a member is no validator")? {
		SILENT => Part::Silent,
		position if LIARS.contains(&position) => Part::Liar,
		_ => Part::Honest,
	})
}

/// A member of a committee, as far as this test reads it.
#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Member {
	account: AccountId32,
	weight: u64,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Committee {
	members: Vec<Member>,
}

/// A committee as it was drawn, with each member's part, its seats, and whether it was heard.
#[derive(Debug)]
struct Draw(Vec<(AccountId, Part, u64, bool)>);

impl Draw {
	/// Reads the committee of a settled round from the last block before its settlement.
	async fn of(network: &Network, chain: &OnlineClient<SubstrateConfig>, round: &RoundView) -> Result<Self> {
		let at = chain.at_block(round.windows.settle - 1).await?;
		let task =
			[("group", round.group), ("round", round.round)].map(|(name, id)| (name, Value::u128(id.into())));
		let address = storage::<(Value,), Committee>("Evaluators", "Committees");
		let entry = at.storage().try_fetch(address, (Value::named_variant("Round", task),)).await?;
		let drawn = entry.context("nobody has attested")?.decode()?;
		let heard = members(&network.nodes[0].rpc, round).await?;
		ensure!(heard.len() == drawn.members.len(), "{heard:?}");
		let member = |(Member { account, weight }, heard): (Member, _)| {
			let account = AccountId::new(account.0);
			Ok((account.clone(), part(network, &account)?, weight, heard))
		};
		let heard = heard.into_iter().map(|member| member.opened);
		let draw = Self(drawn.members.into_iter().zip(heard).map(member).collect::<Result<_>>()?);
		ensure!(draw.seats(|_, _| true) == u64::from(SEATS), "{draw:?}");
		Ok(draw)
	}

	/// Returns the number of seats of the members that satisfy a condition.
	fn seats(&self, condition: impl Fn(Part, bool) -> bool) -> u64 {
		let members = self.0.iter().filter(|(_, part, _, heard)| condition(*part, *heard));
		members.map(|(_, _, seats, _)| seats).sum()
	}

	/// Returns true if the honest members that were heard decide the round.
	fn is_honest(&self) -> bool {
		self.seats(|part, heard| part == Part::Honest && heard) >= ACCEPTING
	}

	/// Returns true if one liar decides the round.
	fn is_in_one_hand(&self) -> bool {
		self.0.iter().any(|(_, part, seats, heard)| *part == Part::Liar && *heard && *seats >= ACCEPTING)
	}

	/// Returns the outcome of a checkpoint with a true or a false claim.
	fn outcome(&self, is_true: bool) -> Outcome {
		let refusals = self.seats(|part, heard| heard && (part == Part::Liar || !is_true));
		match (is_true && self.is_honest(), refusals >= REFUSING) {
			(true, _) => Outcome::Won,
			(false, true) => Outcome::Refuted,
			(false, false) => Outcome::NoQuorum,
		}
	}
}

impl Played {
	/// Checks that a round ended as its draw says.
	fn verify(&self, view: &RoundView, draw: &Draw, trainer: &AccountId, boaster: &AccountId) -> Result<()> {
		if draw.is_in_one_hand() {
			println!("round {} of group {} was in one liar's hand: {draw:?}", view.round, view.group);
			return Ok(());
		}
		let ended = |account| candidate(view, account).context("a commitment is gone");
		let (own, boast) = (ended(trainer)?, ended(boaster)?);
		let (score, boasted) = (self.parameters.score(self.seed), Wider::untrained(0.0).score(self.seed));
		// No number is taken for the score but the true one, and nothing wins but the true best.
		ensure!(
			own.measured.is_none_or(|measured| measured == score),
			"{score} was to be measured: {view:?}"
		);
		ensure!(
			boast.measured.is_none_or(|measured| measured == boasted),
			"{boasted} was to be measured: {view:?}"
		);
		ensure!(view.winner.as_ref().is_none_or(|winner| winner == trainer), "{view:?}");
		let outcomes = [draw.outcome(true), draw.outcome(false)].map(Some);
		ensure!([own.outcome, boast.outcome] == outcomes, "{outcomes:?} by {draw:?}, but {view:?}");
		if draw.is_honest() {
			ensure!(own.measured == Some(score) && boast.measured == Some(boasted), "{view:?}");
			ensure!(own.slashed == 0 && own.reward > 0 && boast.slashed == boast.deposit, "{view:?}");
		}
		Ok(())
	}
}

/// The counts of all rounds.
#[derive(Debug, Default)]
struct Counts {
	won: u32,
	/// Rounds that one liar decided.
	in_one_hand: u32,
	/// Number of memberships of honest validators, and of those in which they were not heard.
	honest: u64,
	late: u64,
	/// Amount that was slashed of deposits.
	slashed: u128,
	/// For each validator, the number of rounds that the honest decided in which it was seated and heard, or
	/// seated and not heard.
	judged: BTreeMap<(AccountId, bool), u32>,
}

impl Counts {
	fn add(&mut self, draw: &Draw, view: &RoundView) {
		self.won += u32::from(view.winner.is_some());
		self.in_one_hand += u32::from(draw.is_in_one_hand());
		self.slashed += view.candidates.iter().map(|candidate| candidate.slashed).sum::<u128>();
		for (account, part, _, heard) in &draw.0 {
			if *part == Part::Honest {
				self.honest += 1;
				self.late += u64::from(!heard);
			}
			if draw.is_honest() {
				*self.judged.entry((account.clone(), *heard)).or_default() += 1;
			}
		}
	}

	fn judged(&self, account: &AccountId, heard: bool) -> u32 {
		self.judged.get(&(account.clone(), heard)).copied().unwrap_or_default()
	}
}

/// A row of absences of a validator.
#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Incidents {
	count: u32,
}

/// Checks that liars are struck and slashed, that the silent validator's absence is counted, and that honest
/// ones lose nothing and have earned.
async fn everybody_gets_its_due(
	network: &Network,
	chain: &OnlineClient<SubstrateConfig>,
	counts: &Counts,
) -> Result<()> {
	let rpc = &network.nodes[0].rpc;
	let (block, head) = rpc.finalized().await?;
	let audit = audit(rpc, head).await?;
	audit.check()?;
	ensure!(audit.slashed == counts.slashed, "{} were slashed of deposits, not {counts:?}", audit.slashed);
	for account in network.validators().iter().map(Account::id) {
		let view = rpc.validator(&account, Some(head)).await?.context("a validator has gone")?;
		let slashes = audit.slashes.iter().filter(|slash| slash.account == account).count();
		let (heard, missed) = (counts.judged(&account, true), counts.judged(&account, false));
		let has_earned = audit.earned.contains_key(&account);
		let is_due = match part(network, &account)? {
			Part::Honest if counts.in_one_hand > 0 => true,
			Part::Honest => slashes == 0 && view.strikes == 0 && has_earned == (heard > 0),
			Part::Liar if heard >= MAX_STRIKES => {
				let is_jailed = matches!(view.standing, ValidatorStanding::Jailed { .. });
				slashes > 0 && is_jailed && !view.is_candidate && !has_earned
			}
			Part::Liar => slashes == 0 && view.strikes == heard && !has_earned,
			Part::Silent => {
				let at = chain.at_block(block).await?;
				let address = storage::<(AccountId32,), Incidents>("Validators", "Absences");
				let raw: [u8; 32] = account.clone().into();
				let absences = at.storage().try_fetch(address, (AccountId32(raw),)).await?;
				let count = absences.map(|entry| entry.decode()).transpose()?.map_or(0, |row| row.count);
				slashes == 0 && view.strikes == 0 && !has_earned && (count > 0) == (missed > 0)
			}
		};
		ensure!(is_due, "{slashes} slashes, earned: {has_earned}; {view:?} after {counts:?}");
	}
	Ok(())
}
