use super::*;
use crate::evaluation_set::{self, EvaluationSet};
use descent_model::{Device, Engine, Evaluation, Model, EVALUATION_BATCH};
use descent_protocol::{Codec, Measurement, Verdict};

#[test]
fn a_device_that_fails_leaves_the_measurement_to_the_kernels() {
	let fixture = Fixture::new(400);
	let set = EvaluationSet::draw(fixture.set.clone(), SEED, RECORDS, Metric::Loss).unwrap();
	let checkpoint = evaluation_set::load(&fixture.description, &fixture.checkpoint(7)).unwrap();
	let until = Instant::now() + Duration::from_secs(60);
	let expected = set.evaluate(&checkpoint, until).unwrap();
	// No machine has so many GPUs.
	let absent = set.evaluate_on(Engine::Libtorch(Device::Cuda(100)), &checkpoint, until).unwrap();
	assert_eq!(absent, expected);
	let scores = |evaluation: Evaluation| (evaluation.score, evaluation.transcript);
	let libtorch = set.evaluate_on(Engine::Libtorch(Device::Cpu), &checkpoint, until).unwrap();
	assert_eq!(scores(libtorch), scores(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn looks_up_to_the_first_match() {
	let mut fixture = Fixture::new(600);
	fixture.serve().await;
	let client = Client::start(&fixture.directory.path().join("evaluator")).await;
	let lie = candidate(&fixture, fixture.publish(7), Score(1));
	let truth = honest(&fixture, 8);
	let unseen = honest(&fixture, 9);
	let mut request = request(&fixture, vec![lie, truth.clone(), unseen]);
	let head = fixture.publish(1);
	request.head = Some(CheckpointSource { checkpoint: head, providers: providers(&fixture) });
	let ballot = client.ballot(&request).await;
	let lied = fixture.score(7, SEED, RECORDS);
	let [Verdict::Mismatch(first), Verdict::Match(second)] = ballot.verdicts.as_slice() else {
		panic!("{ballot:?}");
	};
	assert_eq!(first.score, lied);
	assert_eq!(second.score, truth.claim);
	assert_eq!(ballot.baseline.unwrap().score, fixture.score(1, SEED, RECORDS));
	assert_eq!(RECORDS as usize / EVALUATION_BATCH, 1, "two batches");
	let roots: std::collections::BTreeSet<_> =
		[first.root, second.root, ballot.baseline.unwrap().root].into();
	assert_eq!(roots.len(), 3);
	let metrics = client.get("/metrics").await.text().await.unwrap();
	assert!(metrics.contains(r#"descent_evaluator_verdicts_total{verdict="mismatch"} 1"#), "{metrics}");
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn looks_on_until_there_are_as_many_matches_as_winners() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = Client::start(&fixture.directory.path().join("evaluator")).await;
	let lie = |weights| candidate(&fixture, fixture.publish(weights), Score(1));
	let candidates = vec![
		honest(&fixture, 7),
		lie(8),
		honest(&fixture, 9),
		honest(&fixture, 10),
		lie(11),
		honest(&fixture, 12),
	];
	let request = request(&fixture, candidates);
	for (winners, matches, looked) in [(1, 1, 1), (2, 2, 3), (3, 3, 4), (4, 4, 6), (8, 4, 6)] {
		let ballot = client.ballot(&EvaluationRequest { winners, ..request.clone() }).await;
		let matched = ballot.verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Match(_)));
		assert_eq!((matched.count(), ballot.verdicts.len()), (matches, looked), "{winners} winners");
	}
	// All that matched may become the head, and is here.
	let gone = EvaluationRequest { winners: 3, round: 9, providers: Vec::new(), ..request };
	let matched = [0, 2, 3].map(|position: usize| gone.candidates[position].clone());
	let nowhere = matched.map(|candidate| CandidateSource { providers: Vec::new(), ..candidate });
	let ballot = client.ballot(&EvaluationRequest { candidates: nowhere.into(), ..gone }).await;
	assert!(matches!(ballot.verdicts.as_slice(), [Verdict::Match(_), Verdict::Match(_), Verdict::Match(_)]));
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_the_measured_score_exactly() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = Client::start(&fixture.directory.path().join("evaluator")).await;
	let exact = honest(&fixture, 8);
	let (mut above, mut below) = (exact.clone(), exact.clone());
	above.claim.0 += 1;
	below.claim.0 -= 1;
	let ballot = client.ballot(&request(&fixture, vec![below, above, exact])).await;
	assert!(
		matches!(ballot.verdicts.as_slice(), [Verdict::Mismatch(_), Verdict::Mismatch(_), Verdict::Match(_)]),
		"{ballot:?}"
	);
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_of_an_older_runtime_may_be_off_by_the_tolerance_and_no_more() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = Client::start(&fixture.directory.path().join("evaluator")).await;
	let mut request = request(&fixture, vec![honest(&fixture, 8)]);
	request.tolerance = Some(10);
	// Such a round rounds half to even, so its score is not the dithered one.
	let ballot = client.ballot(&request).await;
	let Some(Verdict::Match(measured)) = ballot.verdicts.first().copied() else {
		panic!("{ballot:?}");
	};
	let claim = |below| CandidateSource { claim: Score(measured.score.0 - below), ..honest(&fixture, 8) };
	request.candidates = vec![claim(11), claim(10)];
	let ballot = client.ballot(&request).await;
	assert!(matches!(ballot.verdicts.as_slice(), [Verdict::Mismatch(_), Verdict::Match(_)]), "{ballot:?}");
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_checkpoint_of_the_model_is_invalid() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = Client::start(&fixture.directory.path().join("evaluator")).await;
	let mut nan = std::fs::read(fixture.checkpoint(7)).unwrap();
	let end = nan.len() - 4;
	nan[end..].copy_from_slice(&f32::NAN.to_le_bytes());
	let nan = fixture.store.import(nan.as_slice()).unwrap();
	let path = fixture.directory.path().join("other");
	let other = descent_testing::description(20);
	Model::new(&other, 7, Device::Cpu).unwrap().save(&path).unwrap();
	let shape = fixture.store.import_path(&path).unwrap();
	let rubbish = fixture.store.import(vec![7; 2000].as_slice()).unwrap();
	let huge = ContentRef { digest: H256::repeat_byte(3), codec: Codec::UnixFs, size: 1 << 30 };
	let impossible = ContentRef { codec: Codec::UnixFs, ..fixture.publish(7) };
	let candidates =
		[nan, shape, rubbish, huge, impossible].map(|checkpoint| candidate(&fixture, checkpoint, Score(1)));
	let began = Instant::now();
	let ballot = client.ballot(&request(&fixture, candidates.into())).await;
	assert_eq!(ballot.verdicts.as_slice(), [Verdict::Invalid; 5]);
	assert!(began.elapsed() < Duration::from_secs(20));
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_serves_is_unavailable_in_time() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = Client::start(&fixture.directory.path().join("evaluator")).await;
	let withheld = descent_content::address(std::fs::File::open(fixture.checkpoint(7)).unwrap()).unwrap();
	let mut nowhere = candidate(&fixture, withheld, Score(1));
	nowhere.providers = vec!["http://127.0.0.1:1".into(), "no address".into()];
	let candidates = vec![candidate(&fixture, withheld, Score(1)), nowhere, honest(&fixture, 8)];
	let mut request = request(&fixture, candidates);
	request.head = Some(CheckpointSource { checkpoint: withheld, providers: providers(&fixture) });
	let began = Instant::now();
	let ballot = client.ballot(&request).await;
	assert_eq!(ballot.baseline, None);
	let expected = [Verdict::Unavailable, Verdict::Unavailable];
	assert_eq!(&ballot.verdicts[..2], expected);
	assert!(matches!(ballot.verdicts[2], Verdict::Match(_)));
	assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_that_stalls_delays_nobody() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = Client::start(&fixture.directory.path().join("evaluator")).await;
	// Connections are taken by the system, and never answered.
	let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
	let mut candidates: Vec<_> = (0..60)
		.map(|number| {
			let checkpoint = ContentRef { digest: H256::from_low_u64_be(number), ..fixture.publish(7) };
			CandidateSource {
				checkpoint,
				providers: vec![format!("http://{}", silent.local_addr().unwrap())],
				claim: Score(0),
			}
		})
		.collect();
	candidates.push(honest(&fixture, 8));
	let began = Instant::now();
	let ballot = client.ballot(&request(&fixture, candidates)).await;
	assert_eq!(ballot.verdicts[..60], [Verdict::Unavailable; 60]);
	assert!(matches!(ballot.verdicts[60], Verdict::Match(_)));
	// One after the other they would take a minute.
	assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_had_no_time_because_the_job_had_none_is_not_to_blame() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let mut options = options(&fixture.directory.path().join("evaluator"));
	(options.fetch_timeout, options.job_limit) = (Duration::from_secs(60), Duration::from_secs(2));
	let client = Client::of(Evaluator::start_in_process(&options).await.unwrap());
	let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
	let candidate = CandidateSource {
		checkpoint: fixture.publish(7),
		providers: vec![format!("http://{}", silent.local_addr().unwrap())],
		claim: Score(0),
	};
	let reason = client.failure(&request(&fixture, vec![candidate])).await;
	assert!(reason.contains("candidate"), "{reason}");
	client.evaluator.stop().await.unwrap();
}

/// A candidate that names the model description cannot take it away, nor can one that is refuted take its
/// twin away.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_named_twice_stays() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = Client::start(&fixture.directory.path().join("evaluator")).await;
	let checkpoint = fixture.publish(8);
	let mut request = request(
		&fixture,
		vec![
			candidate(&fixture, fixture.model, Score(0)),
			candidate(&fixture, checkpoint, Score(1)),
			candidate(&fixture, checkpoint, Score(2)),
		],
	);
	client.ballot(&request).await;
	// The group's providers are gone, and what has been fetched has to do.
	request.round += 1;
	request.providers.clear();
	request.candidates.truncate(1);
	client.ballot(&request).await;
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_head_is_no_baseline() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = Client::start(&fixture.directory.path().join("evaluator")).await;
	let mut request = request(&fixture, vec![honest(&fixture, 8)]);
	request.head = Some(CheckpointSource {
		checkpoint: fixture.store.import(vec![7; 2000].as_slice()).unwrap(),
		providers: providers(&fixture),
	});
	assert_eq!(client.ballot(&request).await.baseline, None);
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn members_hold_the_same_ballot_whatever_they_measure_with() {
	let mut fixture = Fixture::new(3_000);
	fixture.serve().await;
	let mut request = request(&fixture, Vec::new());
	request.policy = EvaluationPolicy::Validation { set: fixture.delta, records: 2_000 };
	let claim = fixture.score(8, SEED, 2_000);
	request.candidates = vec![candidate(&fixture, fixture.publish(8), claim)];
	let mut ballots = Vec::new();
	for threads in [1, 2, 5] {
		descent_model::set_threads(threads);
		let client = Client::start(&fixture.directory.path().join(threads.to_string())).await;
		ballots.push(client.ballot(&request).await);
		client.evaluator.stop().await.unwrap();
	}
	let Verdict::Match(Measurement { score, .. }) = ballots[0].verdicts[0] else {
		panic!("{ballots:?}");
	};
	assert_eq!(score, claim);
	assert_eq!(ballots[0], ballots[1]);
	assert_eq!(ballots[0], ballots[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn data_that_cannot_be_had_is_nobodys_verdict() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let mut options = options(&fixture.directory.path().join("evaluator"));
	options.job_limit = Duration::from_secs(2);
	let client = Client::of(Evaluator::start_in_process(&options).await.unwrap());
	let candidates = vec![honest(&fixture, 8)];
	let mut requests = vec![request(&fixture, candidates); 4];
	requests[0].deltas = vec![source(ContentRef::raw(b"nobody has this").unwrap())];
	requests[1].model = fixture.store.import(b"{}".as_slice()).unwrap();
	requests[2].model.size = 1 << 30;
	requests[2].model.codec = Codec::UnixFs;
	requests[3].deltas = vec![source(fixture.store.import(b"not parquet".as_slice()).unwrap())];
	for (request, words) in requests.iter().zip(["had", "description", "description", "delta"]) {
		let reason = client.failure(request).await;
		assert!(reason.contains(words), "{reason}");
	}
	client.evaluator.stop().await.unwrap();
}
