//! Trainers that say something false about how their checkpoints were made, each in its own way and all in
//! one round, and one that is honest. All of them train by hand, without the workers' code.

use crate::{recipe_options, Stage, WAIT};
use anyhow::{bail, ensure, Context, Result};
use descent_client::Error;
use descent_integration_tests::{
	candidate, reached, settled, Account, Batches, Commitment, Linear, Records, RoundLengths, Rpc,
	ScriptedRecording, ScriptedTrainer,
};
use descent_protocol::{
	trace::{Base, BatchOrder, Precision, Recipe, RecipeOptimizer},
	view::{GroupView, RoundView},
	Outcome, Phase, RoundIndex, Score,
};
use sp_core::H256;

/// Lengths of a round in which eight candidates are fetched, measured and replayed.
const LENGTHS: RoundLengths = RoundLengths { round: 22, reveal: 6, attest: 11, open: 4 };
/// Number of blocks until the first round begins.
const LEAD: u32 = 5;
/// The round of the lies.
pub(crate) const ROUND: RoundIndex = 0;
/// Number of segments of each training, and the one that ends with the checkpoint.
const SEGMENTS: u16 = 3;
const LAST: u16 = SEGMENTS - 1;
/// Learning rate that all of them name, in billionths.
const RATE: u32 = 100_000_000;
/// Seed of the initial weights.
const SEED: u64 = 5;
/// Trainers without an endowment, and those that give them one.
const FUNDED: [(&str, &str); 3] =
	[("//Trainer9", "//Alice"), ("//Trainer10", "//Bob"), ("//Trainer11", "//Charlie")];
/// Money that they get, in NRN.
const FUNDS: u128 = 1_000;

/// A false statement about a training, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
	/// All is as the recording says.
	None,
	/// Each step took the first half of its batch.
	HalfBatches,
	/// The batches are those of another block: the training was made before the round.
	TrainedAhead,
	/// The records are others than those of the data set.
	OtherData,
	/// The recording is that of another trainer, which gave it away before the reveals.
	SharedTrace,
	/// Every other step was left out.
	SkippedSteps,
	/// The steps were twice as large as the recording says.
	LargerSteps,
	/// The weights at the end of each segment are those of another, better model.
	StolenModel,
	/// The states of the segments are served by nobody, but for the last one.
	UnservedStates,
}

impl Lie {
	const ALL: [Self; 9] = [
		Self::None,
		Self::HalfBatches,
		Self::TrainedAhead,
		Self::OtherData,
		Self::SharedTrace,
		Self::SkippedSteps,
		Self::LargerSteps,
		Self::StolenModel,
		Self::UnservedStates,
	];

	/// The precision that the recording names. In f64 a replay shows any difference. In f32 it shows those
	/// that are larger than a part of the way, so that the lies in f32 are the larger ones.
	fn precision(self) -> Precision {
		match self {
			Self::SkippedSteps | Self::LargerSteps | Self::StolenModel => Precision::F32,
			_ => Precision::F64,
		}
	}

	/// The outcome that it has to have.
	pub(crate) fn outcome(self) -> Outcome {
		match self {
			Self::None => Outcome::Won,
			Self::UnservedStates => Outcome::Refuted,
			_ => Outcome::Departed,
		}
	}
}

/// A trainer and its recorded training.
pub(crate) struct Player {
	pub(crate) lie: Lie,
	pub(crate) trainer: ScriptedTrainer,
	recording: ScriptedRecording,
	/// The segment that ends with its checkpoint.
	last: u16,
}

/// The round of the lies as it ended. The trainers go on serving what they have served.
pub(crate) struct Found {
	pub(crate) group: GroupView,
	pub(crate) players: Vec<Player>,
}

/// What all trainings of the round have in common.
struct Common {
	order: BatchOrder,
	/// Order of a training that was made before the round.
	early: H256,
	records: Records,
	validation: Records,
}

/// Number of deposits that are lost in half units: all of each liar, and half of the one that could not
/// reveal.
pub(crate) fn lost_halves() -> u128 {
	let liars = Lie::ALL.len() as u128 - 1;
	2 * liars + 1
}

/// Gives money to the trainers that have none.
pub(crate) async fn fund(stage: &Stage<'_>) -> Result<()> {
	for (uri, from) in FUNDED {
		let (to, amount) = (Account::from_uri(uri)?.id().to_string(), FUNDS.to_string());
		let from = Account::from_uri(from)?;
		stage.network.descent(&from, &["transfer", "--to", &to, "--amount", &amount]).await?;
	}
	Ok(())
}

/// Plays the first round of a group of the linear model, and checks what each lie came to.
pub(crate) async fn are_found(stage: &Stage<'_>) -> Result<Found> {
	let start = (stage.rpc.best().await? + LEAD).to_string();
	let setup = crate::setup(stage, "lies", LENGTHS);
	let options = recipe_options(&[("--winners", "8"), ("--start", &start)]);
	let group = stage.network.create_group_with(&Account::from_uri("//Ferdie")?, &setup, &options).await?;
	let common = common(stage, &group).await?;
	let players = train(stage, &common).await?;
	let refused = refused_trainer(stage).await?;

	let commitments = commit(&players, &group).await?;
	let honest = players.first().context("there is an honest trainer")?;
	let own = refused.commit_recorded(&group, ROUND, &tiny_steps(&common, &refused)?, LAST).await?;
	let seed = reached(&stage.rpc, group.id, ROUND, Phase::Reveal, WAIT).await?.seed.context("no seed")?;
	reveal(&players, &commitments, seed).await?;
	refusals(&refused, &own, &tiny_steps(&common, &refused)?, honest, seed).await?;

	let view = settled(&stage.rpc, group.id, ROUND, WAIT).await?;
	verify(&players, &group, &view)?;
	let silent = candidate(&view, &refused.account().id()).context("a commitment is gone")?;
	ensure!(silent.outcome == Some(Outcome::Unrevealed), "{silent:?}");
	ensure!(silent.slashed == group.deposit / 2, "{silent:?}");
	explanations(&stage.rpc, &players, &group).await?;
	Ok(Found { group, players })
}

/// Waits until the first block of the round is final, and returns what follows from it.
async fn common(stage: &Stage<'_>, group: &GroupView) -> Result<Common> {
	let first = stage.rpc.round(group.id, ROUND, None).await?.windows.commit.start;
	descent_integration_tests::wait_until("the first block of the round is final", WAIT, async || {
		Ok((stage.rpc.finalized().await?.0 >= first).then_some(()))
	})
	.await?;
	let hash = async |number| -> Result<H256> {
		stage.rpc.block_hash(number).await?.with_context(|| format!("no block {number}"))
	};
	let account = Account::from_uri("//Trainer4")?.id();
	let (genesis, link) = (stage.client.genesis(), hash(first).await?);
	Ok(Common {
		order: BatchOrder { genesis, group: group.id, round: ROUND, link, account },
		early: hash(first.saturating_sub(1)).await?,
		records: Records::read(&stage.files.dataset)?,
		validation: Records::read(&stage.files.validation)?,
	})
}

fn recipe(precision: Precision) -> Recipe {
	let optimizer = RecipeOptimizer::Sgd { momentum: 0, nesterov: false, weight_decay: 0 };
	Recipe {
		base: Base::Initial { seed: SEED },
		optimizer,
		precision,
		steps: crate::STEPS,
		batch: crate::BATCH,
	}
}

/// Makes all trainings, and publishes their states.
async fn train(stage: &Stage<'_>, common: &Common) -> Result<Vec<Player>> {
	let accounts = [
		"//Trainer4",
		"//Trainer5",
		"//Trainer6",
		"//Trainer7",
		"//Trainer8",
		"//Liar",
		"//Eve",
		"//Trainer9",
		"//Trainer10",
	];
	let folder = stage.network.directory().join("scripted");
	let mut players: Vec<Player> = Vec::new();
	for (lie, uri) in Lie::ALL.into_iter().zip(accounts) {
		let trainer = ScriptedTrainer::new(stage.client.clone(), uri, &folder).await?;
		let shared = players.first().filter(|_| lie == Lie::SharedTrace);
		let (recording, last) = match shared {
			// Another state than the owner's is its checkpoint, as nobody reveals the same twice.
			Some(owner) => (owner.recording.clone(), LAST - 1),
			None => (trained(lie, common, &trainer)?, LAST),
		};
		for number in 0..SEGMENTS {
			if lie != Lie::UnservedStates || number == last {
				trainer.publish(recording.state(number)?.tensors()).await?;
			}
		}
		players.push(Player { lie, trainer, recording, last });
	}
	Ok(players)
}

/// Trains as the recording says, or not.
fn trained(lie: Lie, common: &Common, trainer: &ScriptedTrainer) -> Result<ScriptedRecording> {
	let recipe = recipe(lie.precision());
	let order = BatchOrder { account: trainer.account().id(), ..common.order.clone() };
	let honest = Batches { order: order.clone(), records: &common.records, recipe };
	let early = Batches {
		order: BatchOrder { link: common.early, ..order.clone() },
		records: &common.records,
		recipe,
	};
	let other = Batches { order, records: &common.validation, recipe };
	ScriptedRecording::new(recipe, RATE, Linear::initial(SEED), SEGMENTS, |number, at| match lie {
		Lie::None | Lie::UnservedStates | Lie::SharedTrace => honest.segment(number, at, RATE),
		Lie::HalfBatches => {
			let half = |batch: Vec<u64>| batch[..batch.len() / 2].to_vec();
			let batches: Vec<_> = honest.positions(number).into_iter().map(half).collect();
			honest.train(at, &batches, RATE)
		}
		Lie::TrainedAhead => early.segment(number, at, RATE),
		Lie::OtherData => other.segment(number, at, RATE),
		Lie::SkippedSteps => {
			let batches: Vec<_> = honest.positions(number).into_iter().step_by(2).collect();
			honest.train(at, &batches, RATE)
		}
		Lie::LargerSteps => honest.segment(number, at, 2 * RATE),
		Lie::StolenModel => Ok(Linear::separating(3.0 + f32::from(number))),
	})
}

async fn commit(players: &[Player], group: &GroupView) -> Result<Vec<Commitment>> {
	let all = players.iter().map(|player| {
		let Player { trainer, recording, last, .. } = player;
		trainer.commit_recorded(group, ROUND, recording, *last)
	});
	futures::future::try_join_all(all).await
}

async fn reveal(players: &[Player], commitments: &[Commitment], seed: H256) -> Result<()> {
	let all = players.iter().zip(commitments).map(async |(player, commitment)| -> Result<()> {
		let Player { lie, trainer, recording, last } = player;
		let (claim, shown) = (recording.state(*last)?.score(seed), recording.shown(*last, seed)?);
		let revealed = trainer.reveal_recorded(commitment, claim, trainer.provider(), &shown).await;
		revealed.with_context(|| format!("{lie:?}"))
	});
	futures::future::try_join_all(all).await.map(drop)
}

fn verify(players: &[Player], group: &GroupView, round: &RoundView) -> Result<()> {
	for Player { lie, trainer, .. } in players {
		let ended = candidate(round, &trainer.account().id()).context("a commitment is gone")?;
		ensure!(ended.outcome == Some(lie.outcome()), "{lie:?}: {ended:?}");
		let claim = ended.reveal.as_ref().map(|reveal| reveal.claim);
		let lost = if *lie == Lie::None { 0 } else { group.deposit };
		ensure!(ended.slashed == lost, "{lie:?}: {ended:?}");
		ensure!((ended.reward > 0) == (*lie == Lie::None), "{lie:?}: {ended:?}");
		// All but one are as good as they claim: it is the replay alone that finds them.
		ensure!(*lie == Lie::UnservedStates || ended.measured == claim, "{lie:?}: {ended:?}");
		let tally = ended.tally.context("it was not looked at")?;
		let said = [tally.matches, tally.mismatches, tally.unavailable, tally.invalid, tally.ill_conditioned];
		let agreed = match lie {
			Lie::None => tally.matches,
			Lie::UnservedStates => tally.unavailable,
			_ => tally.mismatches,
		};
		ensure!(
			agreed >= 3 && agreed == said.iter().sum::<u32>(),
			"{lie:?}: the members disagree: {tally:?}"
		);
	}
	let honest = players.first().context("there is an honest trainer")?;
	ensure!(round.winner == Some(honest.trainer.account().id()), "{:?} won", round.winner);
	Ok(())
}

/// Returns a trainer whose reveals the chain refuses.
async fn refused_trainer(stage: &Stage<'_>) -> Result<ScriptedTrainer> {
	let folder = stage.network.directory().join("scripted");
	ScriptedTrainer::new(stage.client.clone(), "//Trainer11", &folder).await
}

/// Makes a training whose steps are smaller than the group takes them: work that leads nowhere.
fn tiny_steps(common: &Common, trainer: &ScriptedTrainer) -> Result<ScriptedRecording> {
	let (recipe, tiny) = (recipe(Precision::F64), crate::SMALLEST_RATE - 1);
	let order = BatchOrder { account: trainer.account().id(), ..common.order.clone() };
	let batches = Batches { order, records: &common.records, recipe };
	let start = Linear::initial(SEED);
	ScriptedRecording::new(recipe, tiny, start, SEGMENTS, |number, at| batches.segment(number, at, tiny))
}

/// Checks that the chain takes no reveal without a recording, none with somebody else's, none that shows
/// another segment than the drawn one, and none against the rule.
async fn refusals(
	trainer: &ScriptedTrainer,
	commitment: &Commitment,
	recording: &ScriptedRecording,
	honest: &Player,
	seed: H256,
) -> Result<()> {
	let (claim, provider) = (Score(1), trainer.provider());
	is_refused(trainer.reveal(commitment, claim, provider).await, "RecordingMissing")?;
	let shown = recording.shown(LAST, seed)?;
	let revealed = trainer.reveal_recorded(commitment, claim, provider, &shown).await;
	is_refused(revealed, "AgainstRecipe")?;
	let other = honest.recording.shown(LAST, seed)?;
	let revealed = trainer.reveal_recorded(commitment, claim, provider, &other).await;
	is_refused(revealed, "CommitmentMismatch")
}

fn is_refused(revealed: Result<(), Error>, name: &str) -> Result<()> {
	match revealed {
		Err(Error::Call(error)) if error.is_any("Rounds", &[name]) => Ok(()),
		// A node that knew no block with the commitment took it in, and dropped it later.
		Err(Error::Expired { .. }) => Ok(()),
		other => bail!("it should be refused as {name}: {other:?}"),
	}
}

/// Checks that the chain explains in one sentence why a trainer lost its deposit.
async fn explanations(rpc: &Rpc, players: &[Player], group: &GroupView) -> Result<()> {
	for Player { lie, trainer, .. } in players {
		let says = match lie.outcome() {
			Outcome::Departed => "does not lead to the weights that were recorded",
			Outcome::Refuted => "could not fetch the checkpoint",
			_ => "Paid",
		};
		let sentence = rpc.explain(group.id, ROUND, &trainer.account().id()).await?.sentence;
		ensure!(sentence.contains(says), "{lie:?}: '{sentence}' does not say '{says}'");
	}
	Ok(())
}
