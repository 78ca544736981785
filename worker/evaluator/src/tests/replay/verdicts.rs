//! What is said of trainings that were made as they say, and of others.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_training_matches_with_a_root_that_only_a_replay_knows() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = start(&fixture).await;
	for precision in [Precision::F64, Precision::F32] {
		let training = Recorded::honest(&fixture, 1, Recipe { precision, ..RECIPE });
		for number in 0..SEGMENTS {
			let request = recorded(&fixture, vec![training.drawn(&fixture, number)]);
			let plain = measurement(&client, &request).await;
			let root = replay_root(plain.root, &training.losses(&fixture, number));
			let verdicts = client.ballot(&request).await.verdicts;
			let expected = Verdict::Match(Measurement { root, ..plain });
			assert_eq!(verdicts.as_slice(), [expected], "{precision} {number}");
			assert_ne!(root, plain.root);
		}
	}
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_on_half_of_the_records_departs_and_is_no_winner() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = start(&fixture).await;
	for precision in [Precision::F64, Precision::F32] {
		let recipe = Recipe { precision, ..RECIPE };
		let cheat = Recorded::train(&fixture, 1, recipe, None, half);
		let honest = Recorded::honest(&fixture, 2, recipe);
		let unseen = Recorded::honest(&fixture, 3, recipe);
		let drawn = vec![cheat.drawn(&fixture, 1), honest.drawn(&fixture, 1), unseen.drawn(&fixture, 1)];
		let request = recorded(&fixture, drawn);
		let plain = measurement(&client, &request).await;
		let verdicts = client.ballot(&request).await.verdicts;
		let [Verdict::Departed(departed), Verdict::Match(_)] = verdicts.as_slice() else {
			panic!("{precision}: {verdicts:?}");
		};
		let root = replay_root(plain.root, &cheat.losses(&fixture, 1));
		assert_eq!(*departed, Measurement { root, ..plain }, "{precision}");
	}
	let metrics = client.get("/metrics").await.text().await.unwrap();
	assert!(metrics.contains(r#"descent_evaluator_verdicts_total{verdict="departed"} 2"#), "{metrics}");
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_training_of_another_account_or_segment_or_round_departs() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = start(&fixture).await;
	let training = Recorded::honest(&fixture, 1, RECIPE);
	let (candidate, source) = training.drawn(&fixture, 1);
	let account = AccountId32::new([2; 32]);
	let exact = Recipe { precision: Precision::F64, ..RECIPE };
	for copied in [
		ReplaySource { account, ..source.clone() },
		ReplaySource { number: 2, ..source.clone() },
		ReplaySource { rate: RATE * 2, ..source.clone() },
		// One in f32 is none in f64.
		ReplaySource { recipe: exact, ..source.clone() },
		// It says that it went nowhere.
		ReplaySource { end: source.start.unwrap(), ..source.clone() },
	] {
		let request = recorded(&fixture, vec![(candidate.clone(), copied.clone())]);
		let verdicts = client.ballot(&request).await.verdicts;
		assert!(matches!(verdicts.as_slice(), [Verdict::Departed(_)]), "{copied:?}: {verdicts:?}");
	}
	for (round, link) in [(4, LINK), (3, H256::repeat_byte(8))] {
		let mut request = recorded(&fixture, vec![(candidate.clone(), source.clone())]);
		request.round = round;
		request.replays.as_mut().unwrap().link = link;
		let verdicts = client.ballot(&request).await.verdicts;
		assert!(matches!(verdicts.as_slice(), [Verdict::Departed(_)]), "{round} {link:?}: {verdicts:?}");
	}
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_false_claim_is_not_replayed() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = start(&fixture).await;
	let training = Recorded::honest(&fixture, 1, RECIPE);
	let (mut candidate, _) = training.drawn(&fixture, 1);
	let source = training.source(1, |state| withhold(&fixture, &changed(state)));
	let request = recorded(&fixture, vec![(candidate.clone(), source.clone())]);
	let plain = measurement(&client, &request).await;
	candidate.claim.0 -= 1;
	let request = recorded(&fixture, vec![(candidate, source)]);
	let verdicts = client.ballot(&request).await.verdicts;
	assert_eq!(verdicts.as_slice(), [Verdict::Mismatch(plain)]);
	client.evaluator.stop().await.unwrap();
}

/// Returns a checkpoint that is a little different.
fn changed(checkpoint: &Checkpoint) -> Checkpoint {
	let mut tensors = checkpoint.tensors().to_vec();
	tensors[0][0] += 1.0;
	Checkpoint::from_values(checkpoint.description(), tensors).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_diverges_departs_with_its_losses_so_far() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = start(&fixture).await;
	// Each step multiplies the weights by 4,000.
	let optimizer = RecipeOptimizer::Sgd { momentum: 0, nesterov: false, weight_decay: 4_000_000_000 };
	let end = Checkpoint::initial(&fixture.description, 8);
	let recipe = Recipe { optimizer, ..RECIPE };
	let lie = Recorded { account: 1, recipe, rate: 1_000_000_000, base: None, states: vec![end] };
	let request = recorded(&fixture, vec![lie.drawn(&fixture, 0)]);
	let losses = lie.losses(&fixture, 0);
	assert!((2..10).contains(&losses.len()), "{losses:?}");
	let plain = measurement(&client, &request).await;
	let root = replay_root(plain.root, &losses);
	let departed = Verdict::Departed(Measurement { root, ..plain });
	assert_eq!(client.ballot(&request).await.verdicts.as_slice(), [departed]);
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_draws_at_random_makes_every_recording_invalid() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = start(&fixture).await;
	let training = Recorded::honest(&fixture, 1, RECIPE);
	let json = descent_testing::description_json(16)
		.replace(r#"{"type": "relu"}"#, r#"{"type": "relu"}, {"type": "dropout", "p": 0.1}"#);
	fixture.description = descent_dataset::Description::parse(json.as_bytes()).unwrap();
	fixture.model = fixture.store.import(json.as_bytes()).unwrap();
	let checkpoint = Checkpoint::initial(&fixture.description, 8);
	let candidate = candidate(&fixture, publish(&fixture, &checkpoint), score(&fixture, &checkpoint));
	let source = training.source(1, |state| withhold(&fixture, &changed(state)));
	let request = recorded(&fixture, vec![(candidate, source)]);
	measurement(&client, &request).await;
	assert_eq!(client.ballot(&request).await.verdicts.as_slice(), [Verdict::Invalid]);
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_takes_the_records_of_the_data_set_whatever_is_measured_on() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = start(&fixture).await;
	let training = Recorded::honest(&fixture, 1, Recipe { precision: Precision::F64, ..RECIPE });
	let (file, set) = fixture.hidden(2, 350);
	let validation = fixture.store.import(file.as_slice()).unwrap();
	let drawn = EvaluationSet::draw(set, SEED, RECORDS, Metric::Loss).unwrap();
	let until = Instant::now() + Duration::from_secs(60);
	let claim = drawn.evaluate(training.states.last().unwrap(), until).unwrap().score;
	let (candidate, source) = training.drawn(&fixture, 1);
	assert_ne!(candidate.claim, claim);
	let mut request = recorded(&fixture, vec![(CandidateSource { claim, ..candidate }, source)]);
	request.policy = EvaluationPolicy::Validation { set: validation, records: RECORDS };
	let verdicts = client.ballot(&request).await.verdicts;
	assert!(matches!(verdicts.as_slice(), [Verdict::Match(_)]), "{verdicts:?}");
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_is_too_long_says_nothing_of_the_candidate() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let json = descent_testing::description_json(4096);
	fixture.description = descent_dataset::Description::parse(json.as_bytes()).unwrap();
	fixture.model = fixture.store.import(json.as_bytes()).unwrap();
	let mut options = options(&fixture.directory.path().join("evaluator"));
	options.job_limit = Duration::from_secs(4);
	let client = Client::of(Evaluator::start_in_process(&options).await.unwrap());
	let recipe = Recipe { steps: 1_000, batch: 65_536, ..RECIPE };
	let end = Checkpoint::initial(&fixture.description, 8);
	let long = Recorded { account: 1, recipe, rate: RATE, base: None, states: vec![end] };
	let began = Instant::now();
	let reason = client.failure(&recorded(&fixture, vec![long.drawn(&fixture, 0)])).await;
	assert!(reason.contains("replay") && reason.contains("--job-limit"), "{reason}");
	assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
	client.evaluator.stop().await.unwrap();
}
