//! Trainers that lie, each in its own way and all in one round, and one that is honest.

use anyhow::{ensure, Context, Result};
use descent_client::{Client, Error};
use descent_integration_tests::{
	candidate, checkpoint::Tensor, free_port, reached, settled, Account, Audit, Commitment, Network,
	RoundLengths, Rpc, ScriptedTrainer, Wider,
};
use descent_protocol::{
	view::{CandidateView, GroupView, RoundView},
	ContentRef, Outcome, Phase, Score,
};
use std::time::Duration;
use tokio::net::TcpListener;

/// Lengths of a round in which nine candidates are fetched and measured, some of them from gateways that
/// never answer.
pub(crate) const LENGTHS: RoundLengths = RoundLengths { round: 21, reveal: 6, attest: 10, open: 4 };
/// Number of deposits that are slashed: seven whole ones and two halves.
pub(crate) const SLASHED: u128 = 8;
const WAIT: Duration = Duration::from_secs(180);
/// One neuron (NRN), in its smallest unit.
const NRN: u128 = 1_000_000_000_000;
/// Balance of a development account at genesis.
const ENDOWMENT: u128 = 1_000_000 * NRN;
/// Balance, in NRN, that a trainer without an endowment begins with, and the account that it comes from.
const FUNDED: [(&str, u128, &str); 2] = [("//Trainer9", 1_000, "//Bob"), ("//Trainer10", 1_000, "//Charlie")];

/// All trainers of the round. All but the honest one claim a lower loss than they have, so that they are
/// measured first.
pub(crate) struct Trainers {
	honest: ScriptedTrainer,
	boaster: ScriptedTrainer,
	copycat: ScriptedTrainer,
	silent: ScriptedTrainer,
	nan: ScriptedTrainer,
	misshapen: ScriptedTrainer,
	giant: ScriptedTrainer,
	unserved: ScriptedTrainer,
	stalling: ScriptedTrainer,
	/// A trainer whose checkpoint scores differently on other processors.
	ill_conditioned: ScriptedTrainer,
	/// A listener that takes connections and never answers.
	unanswering: TcpListener,
}

impl Trainers {
	/// Creates the trainers, and gives a balance to those that have none at genesis.
	pub(crate) async fn create(client: &Client, network: &Network) -> Result<Self> {
		let folder = network.directory().join("scripted");
		let trainer = async |uri: &str| ScriptedTrainer::new(client.clone(), uri, &folder).await;
		for (uri, amount, from) in FUNDED {
			let to = Account::from_uri(uri)?.id().to_string();
			let amount = amount.to_string();
			let from = Account::from_uri(from)?;
			network.descent(&from, &["transfer", "--to", &to, "--amount", &amount]).await?;
		}
		Ok(Self {
			honest: trainer("//Trainer3").await?,
			boaster: trainer("//Liar").await?,
			copycat: trainer("//Trainer4").await?,
			silent: trainer("//Trainer5").await?,
			nan: trainer("//Trainer6").await?,
			misshapen: trainer("//Trainer7").await?,
			giant: trainer("//Trainer8").await?,
			unserved: trainer("//Eve").await?,
			stalling: trainer("//Trainer9").await?,
			ill_conditioned: trainer("//Trainer10").await?,
			unanswering: TcpListener::bind("127.0.0.1:0").await?,
		})
	}

	/// Puts the checkpoints into the trainers' stores.
	pub(crate) async fn publish(&self) -> Result<Checkpoints> {
		let untrained = |bias| Wider::untrained(bias).tensors();
		let mut nan = untrained(3.0);
		nan[2].values[2] = f32::NAN;
		let mut misshapen = untrained(4.0);
		misshapen[0] = Tensor::new("layers.0.weight", &[16, 3], &[]);
		let mut giant = untrained(5.0);
		giant.push(Tensor::new("ballast", &[1 << 28], &[]));
		let giant = self.giant.publish(giant).await?;
		ensure!(giant.size > 1 << 30, "{giant:?}");
		Ok(Checkpoints {
			honest: self.honest.publish(untrained(0.0)).await?,
			boasted: self.boaster.publish(untrained(1.0)).await?,
			hidden: self.silent.publish(untrained(2.0)).await?,
			nan: self.nan.publish(nan).await?,
			misshapen: self.misshapen.publish(misshapen).await?,
			giant,
			unserved: self.unserved.publish(untrained(6.0)).await?,
			stalling: self.stalling.publish(untrained(7.0)).await?,
			ill_conditioned: self.ill_conditioned.publish(Wider::ill_conditioned(8.0).tensors()).await?,
		})
	}
}

/// Checkpoints of the trainers.
pub(crate) struct Checkpoints {
	honest: ContentRef,
	boasted: ContentRef,
	hidden: ContentRef,
	nan: ContentRef,
	misshapen: ContentRef,
	giant: ContentRef,
	unserved: ContentRef,
	stalling: ContentRef,
	ill_conditioned: ContentRef,
}

/// Commitments of the trainers.
struct Commitments {
	honest: Commitment,
	boaster: Commitment,
	copycat: Commitment,
	nan: Commitment,
	misshapen: Commitment,
	giant: Commitment,
	unserved: Commitment,
	stalling: Commitment,
	ill_conditioned: Commitment,
}

/// Runs the first round of a group, which is of the wider model, and checks what each lie came to.
pub(crate) async fn every_lie_is_found_and_the_round_goes_on(
	rpc: &Rpc,
	trainers: &Trainers,
	checkpoints: &Checkpoints,
	group: &GroupView,
) -> Result<()> {
	let commitments = commit(trainers, checkpoints, group).await?;
	let open = reached(rpc, group.id, 0, Phase::Reveal, WAIT).await?;
	let untrained = Wider::untrained(0.0).score(open.seed.context("no seed")?);
	reveal(trainers, &commitments, untrained).await?;

	let round = settled(rpc, group.id, 0, WAIT).await?;
	verify(trainers, group, &round, untrained)?;
	let head = rpc.group(group.id, None).await?.head.context("there is no head")?;
	ensure!(head.account == trainers.honest.account().id() && head.score == untrained, "{head:?}");
	explanations(trainers, rpc, group).await
}

async fn commit(trainers: &Trainers, checkpoints: &Checkpoints, group: &GroupView) -> Result<Commitments> {
	let committed = tokio::try_join!(
		trainers.honest.commit(group, 0, checkpoints.honest),
		trainers.boaster.commit(group, 0, checkpoints.boasted),
		// The copy is bound to the same file, as if its trainer had had it beforehand.
		trainers.copycat.commit(group, 0, checkpoints.honest),
		trainers.silent.commit(group, 0, checkpoints.hidden),
		trainers.nan.commit(group, 0, checkpoints.nan),
		trainers.misshapen.commit(group, 0, checkpoints.misshapen),
		trainers.giant.commit(group, 0, checkpoints.giant),
		trainers.unserved.commit(group, 0, checkpoints.unserved),
		trainers.stalling.commit(group, 0, checkpoints.stalling),
		trainers.ill_conditioned.commit(group, 0, checkpoints.ill_conditioned),
	)?;
	let (honest, boaster, copycat, _, nan, misshapen, giant, unserved, stalling, ill_conditioned) = committed;
	Ok(Commitments { honest, boaster, copycat, nan, misshapen, giant, unserved, stalling, ill_conditioned })
}

async fn reveal(trainers: &Trainers, commitments: &Commitments, untrained: Score) -> Result<()> {
	let nobody = format!("http://127.0.0.1:{}", free_port()?);
	let unanswering = format!("http://{}", trainers.unanswering.local_addr()?);
	trainers.honest.reveal(&commitments.honest, untrained, trainers.honest.provider()).await?;
	tokio::try_join!(
		trainers.boaster.reveal(&commitments.boaster, Score(100_000), trainers.boaster.provider()),
		trainers.nan.reveal(&commitments.nan, Score(100_001), trainers.nan.provider()),
		trainers.misshapen.reveal(&commitments.misshapen, Score(100_002), trainers.misshapen.provider()),
		trainers.giant.reveal(&commitments.giant, Score(100_003), trainers.giant.provider()),
		trainers.unserved.reveal(&commitments.unserved, Score(100_004), &nobody),
		trainers.stalling.reveal(&commitments.stalling, Score(100_005), &unanswering),
		trainers.ill_conditioned.reveal(
			&commitments.ill_conditioned,
			Score(100_007),
			trainers.ill_conditioned.provider()
		),
	)?;
	let copied =
		trainers.copycat.reveal(&commitments.copycat, Score(100_006), trainers.copycat.provider()).await;
	match copied {
		Err(Error::Call(error)) => {
			ensure!(error.pallet == "Rounds" && error.name.contains("Digest"), "refused, but as {error:?}");
		}
		// A node that knew no block with the original took it in, and dropped it later.
		Err(Error::Expired { .. }) => {}
		copied => anyhow::bail!("a copied digest was admitted: {copied:?}"),
	}
	let moved = Commitment { checkpoint: commitments.giant.checkpoint, ..commitments.copycat.clone() };
	let moved = trainers.copycat.reveal(&moved, Score(100_006), trainers.copycat.provider()).await;
	ensure!(
		matches!(moved, Err(Error::Call(_))),
		"something else than was committed to was admitted: {moved:?}"
	);
	Ok(())
}

fn verify(trainers: &Trainers, group: &GroupView, round: &RoundView, untrained: Score) -> Result<()> {
	let of = |trainer: &ScriptedTrainer| -> Result<&CandidateView> {
		candidate(round, &trainer.account().id()).context("a commitment is gone")
	};
	ensure!(round.winner == Some(trainers.honest.account().id()), "{:?} won", round.winner);
	let honest = of(&trainers.honest)?;
	ensure!(honest.outcome == Some(Outcome::Won) && honest.slashed == 0 && honest.reward > 0, "{honest:?}");
	for (liar, lie) in [
		(&trainers.boaster, "a claim too low"),
		(&trainers.nan, "NaN"),
		(&trainers.misshapen, "a wrong shape"),
		(&trainers.giant, "1 GB"),
		(&trainers.unserved, "a checkpoint that nobody serves"),
		(&trainers.stalling, "a gateway that never answers"),
		(&trainers.ill_conditioned, "a checkpoint that amplifies rounding errors"),
	] {
		let ended = of(liar)?;
		ensure!(ended.outcome == Some(Outcome::Refuted), "{lie}: {ended:?}");
		ensure!(ended.slashed == group.deposit && ended.reward == 0, "{lie}: {ended:?}");
	}
	let boaster = of(&trainers.boaster)?;
	ensure!(boaster.measured == Some(untrained), "the committee measured {:?}", boaster.measured);
	for silent in [of(&trainers.silent)?, of(&trainers.copycat)?] {
		ensure!(silent.outcome == Some(Outcome::Unrevealed), "{silent:?}");
		ensure!(silent.slashed == group.deposit / 2, "{silent:?}");
	}
	Ok(())
}

/// Checks that each liar ends with less than it began with, and has gained less than the honest trainer.
pub(crate) fn lying_does_not_pay(trainers: &Trainers, audit: &Audit) -> Result<()> {
	let gain = |trainer: &ScriptedTrainer| -> Result<i128> {
		let funded = FUNDED.iter().find(|(uri, ..)| *uri == trainer.account().uri());
		let began = funded.map_or(ENDOWMENT, |(_, amount, _)| amount * NRN);
		Ok(i128::try_from(audit.wealth(&trainer.account().id()))? - i128::try_from(began)?)
	};
	let honest = gain(&trainers.honest)?;
	for (liar, lie) in [
		(&trainers.boaster, "a claim too low"),
		(&trainers.copycat, "a copy"),
		(&trainers.silent, "silence"),
		(&trainers.nan, "NaN"),
		(&trainers.misshapen, "a wrong shape"),
		(&trainers.giant, "1 GB"),
		(&trainers.unserved, "a checkpoint that nobody serves"),
		(&trainers.stalling, "a gateway that never answers"),
		(&trainers.ill_conditioned, "a checkpoint that amplifies rounding errors"),
	] {
		ensure!(gain(liar)? < honest.min(0), "{lie} has paid");
	}
	Ok(())
}

/// Checks that the chain explains in one sentence why a trainer was not paid.
async fn explanations(trainers: &Trainers, rpc: &Rpc, group: &GroupView) -> Result<()> {
	for (trainer, says) in [
		(&trainers.honest, "Paid"),
		(&trainers.boaster, "claimed 0.1"),
		(&trainers.silent, "was not revealed"),
		(&trainers.nan, "4 found that it is no checkpoint of the group's model"),
		(&trainers.unserved, "4 could not fetch the checkpoint"),
		(&trainers.ill_conditioned, "4 found that the checkpoint amplifies rounding errors"),
	] {
		let sentence = rpc.explain(group.id, 0, &trainer.account().id()).await?.sentence;
		ensure!(sentence.contains(says), "'{sentence}' does not say '{says}'");
	}
	Ok(())
}
