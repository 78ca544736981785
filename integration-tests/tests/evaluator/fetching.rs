//! Gateways that are slow, silent or gone.

use crate::group::{heavy, heavy_group, untrained};
use anyhow::{ensure, Context, Result};
use descent_content::BlockId;
use descent_integration_tests::{
	dripping, free_port,
	offline::{candidate_at, Group, SEED},
	Evaluator, Gateway, Wider,
};
use descent_protocol::{
	evaluation::{CandidateSource, CheckpointSource, EvaluationRequest},
	ContentRef, Measurement, Score, Verdict,
};
use sp_core::H256;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// Number of candidates of a full round.
const CANDIDATES: u8 = 64;
/// Time for fetching candidates where it is waited for. The attest window is twice as long.
const FETCH: Duration = Duration::from_secs(10);
/// Longest wait for an answer.
const WAIT: Duration = Duration::from_secs(120);

fn is_match(verdict: &Verdict, claim: Score) -> bool {
	matches!(verdict, Verdict::Match(Measurement { score, .. }) if *score == claim)
}

/// Returns a base URL on whose port nothing listens.
fn closed() -> Result<String> {
	Ok(format!("http://127.0.0.1:{}", free_port()?))
}

/// The candidates together have twice the bytes that the evaluator may keep of candidates.
#[tokio::test(flavor = "multi_thread")]
async fn sixty_three_dripping_candidates_take_nothing_from_a_good_one() -> Result<()> {
	let group = heavy_group(128).await?;
	let folder = group.folder.path();
	let mut evaluator =
		Evaluator::start("evaluator", folder, |launch| launch.args(["--max-content", "1"])).await?;
	let good = group.candidate(heavy(0.0), untrained()?).await?;
	// The length of the first block, so that nobody is found out by it.
	let first_block =
		format!("{}/ipfs/{}?format=raw", group.gateway.address(), BlockId::from(&good.checkpoint));
	let length = reqwest::get(first_block).await?.error_for_status()?.bytes().await?.len();
	let mut drips = Vec::new();
	for number in 1..CANDIDATES {
		let checkpoint = ContentRef { digest: H256::repeat_byte(number), ..good.checkpoint };
		let providers = vec![dripping(length as u64).await?];
		drips.push(CandidateSource { checkpoint, providers, claim: Score(number.into()) });
	}
	let fetch_ms = FETCH.as_millis() as u64;
	let asked = async |round, candidates: Vec<CandidateSource>| -> Result<(Vec<Verdict>, Duration)> {
		let request = EvaluationRequest { fetch_ms, ..group.request(round, candidates) };
		let begun = Instant::now();
		let ballot = evaluator.ballot(&request, WAIT).await?;
		Ok((ballot.verdicts.to_vec(), begun.elapsed()))
	};

	let (verdicts, took) = asked(1, [&[good.clone()][..], &drips].concat()).await?;
	ensure!(verdicts.len() == 1 && is_match(&verdicts[0], good.claim), "{verdicts:?}");
	ensure!(took < FETCH, "the first candidate was measured after {took:?}");

	let (verdicts, took) = asked(2, [&drips[..], &[good.clone()][..]].concat()).await?;
	let (last, others) = verdicts.split_last().context("an empty ballot")?;
	ensure!(verdicts.len() == usize::from(CANDIDATES) && is_match(last, good.claim), "{verdicts:?}");
	ensure!(others.iter().all(|verdict| *verdict == Verdict::Unavailable), "{verdicts:?}");
	ensure!(took < 2 * FETCH, "the window of {:?} was over: {took:?}", 2 * FETCH);
	ensure!(took > FETCH.mul_f64(0.9), "given up before the deadline, after {took:?}");
	evaluator.process.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_provider_beside_a_good_one_costs_seconds() -> Result<()> {
	const BOUND: Duration = Duration::from_secs(10);
	let group = Group::wider().await?;
	let mut evaluator = Evaluator::start("evaluator", group.folder.path(), |launch| launch).await?;
	// The system takes the connections, and nobody answers.
	let listener = TcpListener::bind("127.0.0.1:0").await?;
	let hanging = format!("http://{}", listener.local_addr()?);
	let mut good = group.honest(&Wider::separating(0.5)).await?;
	let mut head = group.honest(&Wider::separating(0.25)).await?;
	for providers in [&mut good.providers, &mut head.providers] {
		providers.insert(0, hanging.clone());
	}
	let mut request = group.request(1, vec![good.clone()]);
	request.providers.insert(0, hanging);
	request.head = Some(CheckpointSource { checkpoint: head.checkpoint, providers: head.providers });
	let begun = Instant::now();
	let ballot = evaluator.ballot(&request, WAIT).await?;
	let took = begun.elapsed();
	ensure!(ballot.verdicts.len() == 1 && is_match(&ballot.verdicts[0], good.claim), "{ballot:?}");
	ensure!(ballot.baseline.is_some_and(|baseline| baseline.score == head.claim), "{ballot:?}");
	ensure!(took < BOUND, "it took {took:?}");
	evaluator.process.stop().await
}

/// The model and the data are in the cache, so that only candidates and the head are left to fetch.
#[tokio::test(flavor = "multi_thread")]
async fn an_evaluator_without_a_network_fails_and_one_with_a_network_says_unavailable() -> Result<()> {
	let group = Group::wider().await?;
	let folder = group.folder.path();
	let mut evaluator = Evaluator::start("evaluator", folder, |launch| launch).await?;
	let trainer = Gateway::start(&folder.join("trainer")).await?;
	let publish = async |strength| -> Result<CandidateSource> {
		let parameters = Wider::separating(strength);
		candidate_at(&trainer, parameters.tensors(), parameters.score(SEED)).await
	};
	let [first, mut gone, mut head] = [publish(0.1).await?, publish(0.2).await?, publish(0.3).await?];
	let ballot = evaluator.ballot(&group.request(1, vec![first.clone()]), WAIT).await?;
	ensure!(is_match(&ballot.verdicts[0], first.claim), "{ballot:?}");
	trainer.stop().await?;

	gone.providers = vec![closed()?];
	head.providers = vec![closed()?];
	let mut request = EvaluationRequest { fetch_ms: 4_000, ..group.request(2, vec![gone]) };
	let ballot = evaluator.ballot(&request, WAIT).await?;
	ensure!(ballot.verdicts[..] == [Verdict::Unavailable], "the group's gateway answers, but {ballot:?}");

	let Group { gateway, folder, .. } = group;
	let served = gateway.address();
	gateway.stop().await?;
	request.round = 3;
	request.head = Some(CheckpointSource { checkpoint: head.checkpoint, providers: head.providers });
	let reason = evaluator.failure(&request, WAIT).await?;
	ensure!(reason.to_lowercase().contains("network"), "{served} is gone, and the reason is: {reason}");

	let gateway = Gateway::start(&folder.path().join("again")).await?;
	let parameters = Wider::separating(0.4);
	let back = candidate_at(&gateway, parameters.tensors(), parameters.score(SEED)).await?;
	let claim = back.claim;
	let request =
		EvaluationRequest { round: 4, head: None, candidates: vec![back], fetch_ms: 20_000, ..request };
	let ballot = evaluator.ballot(&request, WAIT).await?;
	ensure!(is_match(&ballot.verdicts[0], claim), "the network is back, but {ballot:?}");
	evaluator.process.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_of_the_committee_serves_what_it_has_verified() -> Result<()> {
	let group = Group::wider().await?;
	let folder = group.folder.path();
	let share = format!("127.0.0.1:{}", free_port()?);
	let mut first =
		Evaluator::start("first", folder, |launch| launch.args(["--share", share.as_str()])).await?;
	let mut second = Evaluator::start("second", folder, |launch| launch).await?;
	let trainer = Gateway::start(&folder.join("trainer")).await?;
	let parameters = Wider::separating(0.5);
	let candidate = candidate_at(&trainer, parameters.tensors(), parameters.score(SEED)).await?;
	let request = EvaluationRequest { fetch_ms: 6_000, ..group.request(1, vec![candidate.clone()]) };
	let expected = first.ballot(&request, WAIT).await?;
	ensure!(is_match(&expected.verdicts[0], candidate.claim), "{expected:?}");
	trainer.stop().await?;

	let alone = second.ballot(&request, WAIT).await?;
	ensure!(alone.verdicts[..] == [Verdict::Unavailable], "without peers: {alone:?}");
	let peers = vec![closed()?, format!("http://{share}")];
	// Peers are no part of a job's id, so it is another round.
	let request = EvaluationRequest { round: 2, ..request };
	let expected = first.ballot(&request, WAIT).await?;
	let ballot = second.ballot(&EvaluationRequest { peers, ..request }, WAIT).await?;
	ensure!(ballot == expected, "with peers: {ballot:?}");
	second.process.stop().await?;
	first.process.stop().await
}
