//! Trainers that lie, each in its own way and all in one round, and one that does not.

use anyhow::{ensure, Context, Result};
use descent_client::{Client, Error};
use descent_integration_tests::{
	audit, candidate,
	checkpoint::{two_clouds, Tensor},
	free_port, reached, scenario, settled, two_clouds_group, Audit, Commitment, Competitor, Network,
	RoundLengths,
};
use descent_protocol::{
	view::{CandidateView, GroupView, RoundView},
	Outcome, Phase, Score,
};
use std::time::Duration;
use tokio::net::TcpListener;

/// Eight candidates are fetched and measured, some of them from gateways that never answer.
const LENGTHS: RoundLengths = RoundLengths { round: 21, reveal: 6, attest: 10, open: 4 };
/// The loss of a model without weights: ln 2.
const CLUELESS: Score = Score(693_147);
const WAIT: Duration = Duration::from_secs(180);

/// Everybody in the round. All but the honest one claim less than they have, so that they are looked at first.
struct Cast {
	honest: Competitor,
	boaster: Competitor,
	copycat: Competitor,
	silent: Competitor,
	nan: Competitor,
	misshapen: Competitor,
	giant: Competitor,
	unserved: Competitor,
	stalling: Competitor,
	/// Takes connections and never answers.
	mute: TcpListener,
}

impl Cast {
	async fn assemble(client: &Client, network: &Network) -> Result<Self> {
		let join = async |uri: &str| Competitor::new(client.clone(), uri, network.directory()).await;
		Ok(Self {
			honest: join("//Trainer1").await?,
			boaster: join("//Liar").await?,
			copycat: join("//Trainer2").await?,
			silent: join("//Trainer3").await?,
			nan: join("//Trainer4").await?,
			misshapen: join("//Trainer5").await?,
			giant: join("//Trainer6").await?,
			unserved: join("//Trainer7").await?,
			stalling: join("//Trainer8").await?,
			mute: TcpListener::bind("127.0.0.1:0").await?,
		})
	}
}

/// What the actors are bound to.
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
		let cast = Cast::assemble(&client, network).await?;

		let commitments = commit(&cast, &group).await?;
		reached(&rpc, group.id, 0, Phase::Reveal, WAIT).await?;
		reveal(&cast, &commitments).await?;

		let round = settled(&rpc, group.id, 0, WAIT).await?;
		verify(&cast, &group, &round)?;
		let head = rpc.group(group.id, None).await?.head.context("there is no head")?;
		ensure!(head.account == cast.honest.account().id() && head.score == CLUELESS, "{head:?}");
		let (_, block) = rpc.finalized().await?;
		let audit = audit(&rpc, block).await?;
		audit.check()?;
		ensure!(audit.slashed == group.deposit * 7, "{audit:?}");
		lying_does_not_pay(&cast, &audit)?;
		explanations(&cast, network, &group).await
	})
	.await
}

async fn commit(cast: &Cast, group: &GroupView) -> Result<Commitments> {
	let honest = cast.honest.publish(two_clouds(0.0, 0.0)).await?;
	// Bound to the same file: somebody may have had it beforehand.
	let copied = honest;
	let boasted = cast.boaster.publish(two_clouds(0.0, 1.0)).await?;
	let hidden = cast.silent.publish(two_clouds(0.0, 2.0)).await?;
	let mut nan = two_clouds(0.0, 3.0);
	nan[0].values[2] = f32::NAN;
	let nan = cast.nan.publish(nan).await?;
	let mut misshapen = two_clouds(0.0, 4.0);
	misshapen[0] = Tensor::new("layers.0.weight", &[2, 3], &[0.0; 6]);
	let misshapen = cast.misshapen.publish(misshapen).await?;
	let mut giant = two_clouds(0.0, 5.0);
	giant.push(Tensor::new("ballast", &[1 << 28], &[]));
	let giant = cast.giant.publish(giant).await?;
	ensure!(giant.size > 1 << 30, "{giant:?}");
	let unserved = cast.unserved.publish(two_clouds(0.0, 6.0)).await?;
	let stalling = cast.stalling.publish(two_clouds(0.0, 7.0)).await?;
	let (honest, boaster, copycat, _, nan, misshapen, giant, unserved, stalling) = tokio::try_join!(
		cast.honest.commit(group, 0, honest),
		cast.boaster.commit(group, 0, boasted),
		cast.copycat.commit(group, 0, copied),
		cast.silent.commit(group, 0, hidden),
		cast.nan.commit(group, 0, nan),
		cast.misshapen.commit(group, 0, misshapen),
		cast.giant.commit(group, 0, giant),
		cast.unserved.commit(group, 0, unserved),
		cast.stalling.commit(group, 0, stalling),
	)?;
	Ok(Commitments { honest, boaster, copycat, nan, misshapen, giant, unserved, stalling })
}

async fn reveal(cast: &Cast, commitments: &Commitments) -> Result<()> {
	let nobody = format!("http://127.0.0.1:{}", free_port()?);
	let mute = format!("http://{}", cast.mute.local_addr()?);
	cast.honest.reveal(&commitments.honest, CLUELESS, cast.honest.provider()).await?;
	tokio::try_join!(
		cast.boaster.reveal(&commitments.boaster, Score(100_000), cast.boaster.provider()),
		cast.nan.reveal(&commitments.nan, Score(100_001), cast.nan.provider()),
		cast.misshapen.reveal(&commitments.misshapen, Score(100_002), cast.misshapen.provider()),
		cast.giant.reveal(&commitments.giant, Score(100_003), cast.giant.provider()),
		cast.unserved.reveal(&commitments.unserved, Score(100_004), &nobody),
		cast.stalling.reveal(&commitments.stalling, Score(100_005), &mute),
	)?;
	let copied = cast.copycat.reveal(&commitments.copycat, Score(100_006), cast.copycat.provider()).await;
	let Err(Error::Call(error)) = copied else { anyhow::bail!("a copied digest was admitted: {copied:?}") };
	ensure!(error.pallet == "Rounds" && error.name.contains("Digest"), "refused, but as {error:?}");
	let moved = Commitment { checkpoint: commitments.giant.checkpoint, ..commitments.copycat.clone() };
	let moved = cast.copycat.reveal(&moved, Score(100_006), cast.copycat.provider()).await;
	ensure!(
		matches!(moved, Err(Error::Call(_))),
		"something else than was committed to was admitted: {moved:?}"
	);
	Ok(())
}

fn verify(cast: &Cast, group: &GroupView, round: &RoundView) -> Result<()> {
	let of = |competitor: &Competitor| -> Result<&CandidateView> {
		candidate(round, &competitor.account().id()).context("a commitment is gone")
	};
	ensure!(round.winner == Some(cast.honest.account().id()), "{:?} won", round.winner);
	let honest = of(&cast.honest)?;
	ensure!(honest.outcome == Some(Outcome::Won) && honest.slashed == 0 && honest.reward > 0, "{honest:?}");
	for (liar, lie) in [
		(&cast.boaster, "a claim too low"),
		(&cast.nan, "NaN"),
		(&cast.misshapen, "a wrong shape"),
		(&cast.giant, "1 GB"),
		(&cast.unserved, "a checkpoint that nobody serves"),
		(&cast.stalling, "a gateway that never answers"),
	] {
		let ended = of(liar)?;
		ensure!(ended.outcome == Some(Outcome::Refuted), "{lie}: {ended:?}");
		ensure!(ended.slashed == group.deposit && ended.reward == 0, "{lie}: {ended:?}");
	}
	let boaster = of(&cast.boaster)?;
	ensure!(boaster.measured == Some(CLUELESS), "the committee measured {:?}", boaster.measured);
	for silent in [of(&cast.silent)?, of(&cast.copycat)?] {
		ensure!(silent.outcome == Some(Outcome::Unrevealed), "{silent:?}");
		ensure!(silent.slashed == group.deposit / 2, "{silent:?}");
	}
	Ok(())
}

/// All began with the same, and each of the liars ends with less than the honest one.
fn lying_does_not_pay(cast: &Cast, audit: &Audit) -> Result<()> {
	let has = |competitor: &Competitor| audit.wealth(&competitor.account().id());
	for (liar, lie) in [
		(&cast.boaster, "a claim too low"),
		(&cast.copycat, "a copy"),
		(&cast.silent, "silence"),
		(&cast.nan, "NaN"),
		(&cast.misshapen, "a wrong shape"),
		(&cast.giant, "1 GB"),
		(&cast.unserved, "a checkpoint that nobody serves"),
		(&cast.stalling, "a gateway that never answers"),
	] {
		ensure!(has(liar) < has(&cast.honest), "{lie} has paid");
	}
	Ok(())
}

/// The chain says in one sentence why somebody was not paid.
async fn explanations(cast: &Cast, network: &Network, group: &GroupView) -> Result<()> {
	let rpc = &network.nodes[0].rpc;
	for (competitor, says) in [
		(&cast.honest, "Paid"),
		(&cast.boaster, "claimed 0.1"),
		(&cast.silent, "was not revealed"),
		(&cast.nan, "4 found that it is no checkpoint of the group's model"),
		(&cast.unserved, "4 could not fetch the checkpoint"),
	] {
		let sentence = rpc.explain(group.id, 0, &competitor.account().id()).await?.sentence;
		ensure!(sentence.contains(says), "'{sentence}' does not say '{says}'");
	}
	Ok(())
}
