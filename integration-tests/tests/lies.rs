//! Trainers that lie, each in its own way and all in one round, and one that is honest.

use anyhow::{ensure, Context, Result};
use descent_client::{Client, Error};
use descent_integration_tests::{
	audit, candidate,
	checkpoint::{two_clouds, Tensor},
	free_port, reached, scenario, settled, two_clouds_group, Audit, Commitment, Network, RoundLengths,
	ScriptedTrainer,
};
use descent_protocol::{
	view::{CandidateView, GroupView, RoundView},
	Outcome, Phase, Score,
};
use std::time::Duration;
use tokio::net::TcpListener;

/// Lengths of a round in which eight candidates are fetched and measured, some of them from gateways that
/// never answer.
const LENGTHS: RoundLengths = RoundLengths { round: 21, reveal: 6, attest: 10, open: 4 };
/// Loss of a model without training: ln 2.
const UNTRAINED: Score = Score(693_147);
const WAIT: Duration = Duration::from_secs(180);

/// All trainers of the round. All but the honest one claim a lower loss than they have, so that they are
/// measured first.
struct Trainers {
	honest: ScriptedTrainer,
	boaster: ScriptedTrainer,
	copycat: ScriptedTrainer,
	silent: ScriptedTrainer,
	nan: ScriptedTrainer,
	misshapen: ScriptedTrainer,
	giant: ScriptedTrainer,
	unserved: ScriptedTrainer,
	stalling: ScriptedTrainer,
	/// A listener that takes connections and never answers.
	unanswering: TcpListener,
}

impl Trainers {
	async fn create(client: &Client, network: &Network) -> Result<Self> {
		let trainer = async |uri: &str| ScriptedTrainer::new(client.clone(), uri, network.directory()).await;
		Ok(Self {
			honest: trainer("//Trainer1").await?,
			boaster: trainer("//Liar").await?,
			copycat: trainer("//Trainer2").await?,
			silent: trainer("//Trainer3").await?,
			nan: trainer("//Trainer4").await?,
			misshapen: trainer("//Trainer5").await?,
			giant: trainer("//Trainer6").await?,
			unserved: trainer("//Trainer7").await?,
			stalling: trainer("//Trainer8").await?,
			unanswering: TcpListener::bind("127.0.0.1:0").await?,
		})
	}
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
}

#[tokio::test(flavor = "multi_thread")]
async fn every_lie_is_found_and_paid_for_and_the_round_goes_on() -> Result<()> {
	scenario(Network::builder().node_option("--state-pruning=archive"), async |network| {
		let setup = two_clouds_group(network.directory(), LENGTHS)?;
		let group = network.create_group(&setup).await?;
		let rpc = network.nodes[0].rpc.clone();
		let client = Client::connect(&rpc.ws()).await?;
		let trainers = Trainers::create(&client, network).await?;

		let commitments = commit(&trainers, &group).await?;
		reached(&rpc, group.id, 0, Phase::Reveal, WAIT).await?;
		reveal(&trainers, &commitments).await?;

		let round = settled(&rpc, group.id, 0, WAIT).await?;
		verify(&trainers, &group, &round)?;
		let head = rpc.group(group.id, None).await?.head.context("there is no head")?;
		ensure!(head.account == trainers.honest.account().id() && head.score == UNTRAINED, "{head:?}");
		let (_, block) = rpc.finalized().await?;
		let audit = audit(&rpc, block).await?;
		audit.check()?;
		ensure!(audit.slashed == group.deposit * 7, "{audit:?}");
		lying_does_not_pay(&trainers, &audit)?;
		explanations(&trainers, network, &group).await
	})
	.await
}

async fn commit(trainers: &Trainers, group: &GroupView) -> Result<Commitments> {
	let honest = trainers.honest.publish(two_clouds(0.0, 0.0)).await?;
	// The copy is bound to the same file, as if its trainer had had it beforehand.
	let copied = honest;
	let boasted = trainers.boaster.publish(two_clouds(0.0, 1.0)).await?;
	let hidden = trainers.silent.publish(two_clouds(0.0, 2.0)).await?;
	let mut nan = two_clouds(0.0, 3.0);
	nan[0].values[2] = f32::NAN;
	let nan = trainers.nan.publish(nan).await?;
	let mut misshapen = two_clouds(0.0, 4.0);
	misshapen[0] = Tensor::new("layers.0.weight", &[2, 3], &[0.0; 6]);
	let misshapen = trainers.misshapen.publish(misshapen).await?;
	let mut giant = two_clouds(0.0, 5.0);
	giant.push(Tensor::new("ballast", &[1 << 28], &[]));
	let giant = trainers.giant.publish(giant).await?;
	ensure!(giant.size > 1 << 30, "{giant:?}");
	let unserved = trainers.unserved.publish(two_clouds(0.0, 6.0)).await?;
	let stalling = trainers.stalling.publish(two_clouds(0.0, 7.0)).await?;
	let (honest, boaster, copycat, _, nan, misshapen, giant, unserved, stalling) = tokio::try_join!(
		trainers.honest.commit(group, 0, honest),
		trainers.boaster.commit(group, 0, boasted),
		trainers.copycat.commit(group, 0, copied),
		trainers.silent.commit(group, 0, hidden),
		trainers.nan.commit(group, 0, nan),
		trainers.misshapen.commit(group, 0, misshapen),
		trainers.giant.commit(group, 0, giant),
		trainers.unserved.commit(group, 0, unserved),
		trainers.stalling.commit(group, 0, stalling),
	)?;
	Ok(Commitments { honest, boaster, copycat, nan, misshapen, giant, unserved, stalling })
}

async fn reveal(trainers: &Trainers, commitments: &Commitments) -> Result<()> {
	let nobody = format!("http://127.0.0.1:{}", free_port()?);
	let unanswering = format!("http://{}", trainers.unanswering.local_addr()?);
	trainers.honest.reveal(&commitments.honest, UNTRAINED, trainers.honest.provider()).await?;
	tokio::try_join!(
		trainers.boaster.reveal(&commitments.boaster, Score(100_000), trainers.boaster.provider()),
		trainers.nan.reveal(&commitments.nan, Score(100_001), trainers.nan.provider()),
		trainers.misshapen.reveal(&commitments.misshapen, Score(100_002), trainers.misshapen.provider()),
		trainers.giant.reveal(&commitments.giant, Score(100_003), trainers.giant.provider()),
		trainers.unserved.reveal(&commitments.unserved, Score(100_004), &nobody),
		trainers.stalling.reveal(&commitments.stalling, Score(100_005), &unanswering),
	)?;
	let copied =
		trainers.copycat.reveal(&commitments.copycat, Score(100_006), trainers.copycat.provider()).await;
	let Err(Error::Call(error)) = copied else { anyhow::bail!("a copied digest was admitted: {copied:?}") };
	ensure!(error.pallet == "Rounds" && error.name.contains("Digest"), "refused, but as {error:?}");
	let moved = Commitment { checkpoint: commitments.giant.checkpoint, ..commitments.copycat.clone() };
	let moved = trainers.copycat.reveal(&moved, Score(100_006), trainers.copycat.provider()).await;
	ensure!(
		matches!(moved, Err(Error::Call(_))),
		"something else than was committed to was admitted: {moved:?}"
	);
	Ok(())
}

fn verify(trainers: &Trainers, group: &GroupView, round: &RoundView) -> Result<()> {
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
	] {
		let ended = of(liar)?;
		ensure!(ended.outcome == Some(Outcome::Refuted), "{lie}: {ended:?}");
		ensure!(ended.slashed == group.deposit && ended.reward == 0, "{lie}: {ended:?}");
	}
	let boaster = of(&trainers.boaster)?;
	ensure!(boaster.measured == Some(UNTRAINED), "the committee measured {:?}", boaster.measured);
	for silent in [of(&trainers.silent)?, of(&trainers.copycat)?] {
		ensure!(silent.outcome == Some(Outcome::Unrevealed), "{silent:?}");
		ensure!(silent.slashed == group.deposit / 2, "{silent:?}");
	}
	Ok(())
}

/// Checks that each liar ends with less than the honest trainer, while all began with the same.
fn lying_does_not_pay(trainers: &Trainers, audit: &Audit) -> Result<()> {
	let has = |trainer: &ScriptedTrainer| audit.wealth(&trainer.account().id());
	for (liar, lie) in [
		(&trainers.boaster, "a claim too low"),
		(&trainers.copycat, "a copy"),
		(&trainers.silent, "silence"),
		(&trainers.nan, "NaN"),
		(&trainers.misshapen, "a wrong shape"),
		(&trainers.giant, "1 GB"),
		(&trainers.unserved, "a checkpoint that nobody serves"),
		(&trainers.stalling, "a gateway that never answers"),
	] {
		ensure!(has(liar) < has(&trainers.honest), "{lie} has paid");
	}
	Ok(())
}

/// Checks that the chain explains in one sentence why a trainer was not paid.
async fn explanations(trainers: &Trainers, network: &Network, group: &GroupView) -> Result<()> {
	let rpc = &network.nodes[0].rpc;
	for (trainer, says) in [
		(&trainers.honest, "Paid"),
		(&trainers.boaster, "claimed 0.1"),
		(&trainers.silent, "was not revealed"),
		(&trainers.nan, "4 found that it is no checkpoint of the group's model"),
		(&trainers.unserved, "4 could not fetch the checkpoint"),
	] {
		let sentence = rpc.explain(group.id, 0, &trainer.account().id()).await?.sentence;
		ensure!(sentence.contains(says), "'{sentence}' does not say '{says}'");
	}
	Ok(())
}
