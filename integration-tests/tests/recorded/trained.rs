//! Trainers as people run them, in the three precisions and with a program of their own, and what everybody
//! can see of their trainings.

use crate::{recipe_options, Stage, RATES, WAIT};
use anyhow::{ensure, Context, Result};
use descent_integration_tests::{candidate, over, wait_until, Account, RoundLengths, Trainer, TrainerSetup};
use descent_protocol::{
	trace::Precision,
	view::{GroupView, RecordingView, RoundView},
	Outcome, RoundIndex,
};
use serde_json::{json, Value};
use std::collections::BTreeSet;

/// Lengths of a round. Trainings begin once its first block is final, and a round is settled before the next
/// one closes, so that a training may begin with its winner.
const LENGTHS: RoundLengths = RoundLengths { round: 25, reveal: 5, attest: 7, open: 4 };
/// Number of rounds that have to be won.
const WINS: u32 = 2;
/// Number of rounds in which that has to happen.
const ROUNDS: u32 = 12;
/// The account for which the program trains.
const EVE: &str = "//Eve";
/// The trainers of the worker: precision, optimizer and learning rate. The rates are so small that the loss
/// is not next to nothing after a round, as each is to be won by something better.
const TRAINERS: [(&str, &str, f64); 3] =
	[("f32", "sgd", 0.000_2), ("bf16", "adam", 0.000_1), ("f64", "adamw", 0.000_1)];
/// The program that trains and records in f32, beside a worker.
const PROGRAM: &str = "integration-tests/own/train_recorded.py";
/// The largest deposit of each trainer, which declares 30 segments.
const LARGEST_DEPOSIT: [&str; 2] = ["--max-deposit", "60"];

/// The reward for recorded work, as options.
const WORK: [(&str, &str); 4] =
	[("--work-share", "40%"), ("--work-deposit", "2"), ("--work-draws", "4"), ("--work-margin", "100%")];

/// The group, its trainers, and the rounds that somebody has won.
pub(crate) struct Played {
	pub(crate) group: GroupView,
	/// Each with the precision that it records in.
	pub(crate) trainers: Vec<(&'static str, Trainer)>,
	pub(crate) won: Vec<RoundIndex>,
}

/// Creates the group and starts the trainer whose program trains. It is the first one, as it has the fewest
/// steps where many processes share few cores: nothing that it makes later may be better than the head.
pub(crate) async fn begin(stage: &Stage<'_>) -> Result<Played> {
	let setup = crate::setup(stage, "recorded", LENGTHS);
	let options = recipe_options(&[&[("--winners", "2")][..], &WORK].concat());
	let owner = Account::from_uri("//Ferdie")?;
	let group = stage.network.create_group_with(&owner, &setup, &options).await?;
	let rule = group.optional_rules.recipe().context("the group has no rule for recordings")?;
	ensure!((rule.steps, rule.batch, rule.exact) == (crate::STEPS, crate::BATCH, false), "{rule:?}");
	let mut played = Played { group, trainers: Vec::new(), won: Vec::new() };
	// The other trainers lie, in another group.
	played.start(stage, "f32", TrainerSetup { uri: EVE.into(), ..TrainerSetup::own(1, PROGRAM) })?;
	Ok(played)
}

impl Played {
	fn start(&mut self, stage: &Stage<'_>, precision: &'static str, setup: TrainerSetup) -> Result<()> {
		let setup = setup.args(&LARGEST_DEPOSIT);
		let trainer = stage.network.spawn_trainer(&stage.rpc.ws(), self.group.id, setup)?;
		self.trainers.push((precision, trainer));
		Ok(())
	}

	/// Starts the trainers of the worker.
	fn start_workers(&mut self, stage: &Stage<'_>) -> Result<()> {
		for ((precision, optimizer, rate), number) in TRAINERS.into_iter().zip(1..) {
			ensure!((RATES.0..=RATES.1).contains(&rate), "{rate} is no rate of the group");
			let setup = TrainerSetup::new(number, optimizer, rate, crate::BATCH);
			self.start(stage, precision, setup.args(&["--precision", precision]))?;
		}
		Ok(())
	}

	/// Waits until two rounds are won, and each trainer's checkpoint was replayed and confirmed. The trainers
	/// of the worker are started once the other one's was.
	pub(crate) async fn play(&mut self, stage: &Stage<'_>) -> Result<()> {
		let (mut confirmed, mut round) = (BTreeSet::new(), self.first_commitment(stage).await?);
		let end = round + ROUNDS;
		while confirmed.len() <= TRAINERS.len() || self.won.len() < WINS as usize {
			ensure!(round < end, "until round {round}, {confirmed:?} were confirmed and {:?} won", self.won);
			let view = over(&stage.rpc, self.group.id, round, WAIT).await?;
			for (precision, trainer) in &self.trainers {
				if is_confirmed(stage, trainer, precision, &view).await? {
					confirmed.insert(trainer.setup.uri.clone());
				}
			}
			if confirmed.contains(EVE) && self.trainers.len() == 1 {
				self.start_workers(stage)?;
			}
			self.won.extend(view.winner.map(|_| round));
			round += 1;
		}
		Ok(())
	}

	/// Returns the first round with a commitment.
	async fn first_commitment(&self, stage: &Stage<'_>) -> Result<RoundIndex> {
		wait_until("somebody commits", WAIT, async || {
			let current = stage.rpc.group(self.group.id, None).await?.round.unwrap_or_default();
			for round in 0..=current {
				if !stage.rpc.round(self.group.id, round, None).await?.candidates.is_empty() {
					return Ok(Some(round));
				}
			}
			Ok(None)
		})
		.await
	}

	/// Returns the ends of the trainers' logs.
	pub(crate) fn logs(&self) -> String {
		let processes = self.trainers.iter().map(|(_, trainer)| &trainer.process);
		processes.map(|process| format!("--- {}\n{}\n", process.name(), process.tail(12))).collect()
	}

	/// Asks the trainers to end.
	pub(crate) async fn end(&mut self) -> Result<()> {
		for (_, trainer) in &mut self.trainers {
			trainer.process.stop().await?;
		}
		Ok(())
	}
}

/// Returns true if a trainer's checkpoint of a round was replayed and confirmed.
///
/// # Errors
/// Fails if an honest trainer lost anything, or a member of the committee found something else.
async fn is_confirmed(
	stage: &Stage<'_>,
	trainer: &Trainer,
	precision: &str,
	view: &RoundView,
) -> Result<bool> {
	let account = trainer.account.id();
	let Some(own) = candidate(view, &account) else { return Ok(false) };
	ensure!(own.slashed == 0, "an honest trainer has lost: {own:?}");
	let call = json!([view.group, view.round, account.to_string()]);
	let recording: Option<RecordingView> = stage.rpc.call("training_recording", call).await?;
	let recording = recording.with_context(|| format!("{precision}: no recording came with {own:?}"))?;
	ensure!(recording.recipe.precision.to_string() == precision, "{recording:?}");
	ensure!(recording.number < recording.trace.segments, "{recording:?}");
	let work = crate::work(stage, view.group).await?;
	let declared = work.segments(own.deposit);
	ensure!(declared > 0 && declared <= recording.trace.segments, "{own:?} declares too much: {recording:?}");
	match own.outcome {
		Some(Outcome::Won | Outcome::Placed | Outcome::NotBetter) => {
			let tally = own.tally.context("it was confirmed by nobody")?;
			let refusals = tally.mismatches + tally.unavailable + tally.invalid + tally.ill_conditioned;
			ensure!(tally.matches >= 3 && refusals == 0, "{precision}: the members disagree: {tally:?}");
			Ok(true)
		}
		Some(Outcome::Outranked) => {
			let deposits: Vec<_> = view.candidates.iter().map(|candidate| candidate.deposit).collect();
			let place = view.candidates.iter().position(|candidate| candidate.account == account);
			let drawn = work.draw(view.seed.context("the round has no seed")?, &deposits);
			let is_drawn = place.is_some_and(|place| drawn.contains(&place));
			ensure!((own.reward > 0) == is_drawn, "{precision}: {own:?} is paid for {drawn:?}");
			Ok(is_drawn)
		}
		other => anyhow::bail!("{precision} ended as {other:?}: {view:?}"),
	}
}

/// Checks that the command line tells how the head was made, back to initial weights, and what was replayed.
pub(crate) async fn provenance_is_told(stage: &Stage<'_>, played: &Played) -> Result<()> {
	let (anybody, group) = (Account::from_uri("//Alice")?, played.group.id.to_string());
	let ask = async |more: &[&str]| -> Result<Value> {
		let arguments = [&["model", "provenance", group.as_str()][..], more].concat();
		stage.network.descent(&anybody, &arguments).await
	};
	for round in &played.won {
		let told = ask(&["--round", &round.to_string()]).await?;
		ensure!(told["end"] == "initial" && told["seed"].is_u64(), "{told}");
		let trainings = told["trainings"].as_array().context("no trainings")?;
		let [newest, ..] = &trainings[..] else { anyhow::bail!("no training of round {round}: {told}") };
		ensure!(newest["round"] == *round && newest["replay"] == "matched", "{told}");
		let precision: Precision =
			serde_json::from_value(newest["recording"]["recipe"]["precision"].clone())?;
		let proof = if precision == Precision::F64 { "exact" } else { "close" };
		ensure!(newest["proof"] == proof, "{told}");
		let rounds: Vec<_> = trainings.iter().filter_map(|training| training["round"].as_u64()).collect();
		ensure!(
			rounds.len() == trainings.len() && rounds.is_sorted_by(|later, earlier| later > earlier),
			"{told}"
		);
	}
	let head = ask(&[]).await?;
	let last = played.won.last().context("no round was won")?;
	ensure!(head["trainings"][0]["round"].as_u64() >= Some(u64::from(*last)), "{head}");
	let shown = stage.network.descent(&anybody, &["round", "show", &group, &last.to_string()]).await?;
	ensure!(shown["recordings"][0]["trace"]["segments"].as_u64() > Some(0), "{shown}");
	Ok(())
}
