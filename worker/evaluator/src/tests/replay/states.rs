//! States that are not to be had, or are not what they should be, and what is kept of them.

use super::*;
use crate::tests::answers::dripping;
use descent_content::Store;
use descent_protocol::Codec;

/// A gateway of its own, and its address.
async fn gateway(fixture: &Fixture, name: &str) -> (Store, Vec<String>) {
	let store = Store::open(fixture.directory.path().join(name), 1 << 24).unwrap();
	let any = "127.0.0.1:0".parse().unwrap();
	let (address, _) = descent_content::serve(any, store.clone(), std::future::pending()).await.unwrap();
	(store, vec![format!("http://{address}")])
}

#[tokio::test(flavor = "multi_thread")]
async fn states_that_nobody_serves_are_unavailable_in_time() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = start(&fixture).await;
	let training = Recorded::honest(&fixture, 1, RECIPE);
	let nowhere = |number: u64| ContentRef { digest: H256::from_low_u64_be(number), ..fixture.publish(7) };
	let drawn = |number: u64, is_start: bool, providers: Option<Vec<String>>| {
		let (mut candidate, mut source) = training.drawn(&fixture, 1);
		if let Some(providers) = providers {
			candidate.providers.extend(providers);
		}
		match is_start {
			true => source.start = Some(nowhere(number)),
			false => source.end = nowhere(number),
		}
		(candidate, source)
	};
	let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
	let silent = vec![format!("http://{}", silent.local_addr().unwrap())];
	let dripping = dripping().await;
	let mut all = vec![drawn(1, true, None), drawn(2, false, None)];
	for number in (3..40).step_by(2) {
		all.push(drawn(number, number % 4 == 1, Some(silent.clone())));
		all.push(drawn(number + 1, number % 4 == 3, Some(dripping.clone())));
	}
	let refused = all.len();
	all.push(training.drawn(&fixture, 1));
	let began = Instant::now();
	let verdicts = client.ballot(&recorded(&fixture, all)).await.verdicts;
	assert_eq!(verdicts[..refused], vec![Verdict::Unavailable; refused]);
	assert!(matches!(verdicts[refused..], [Verdict::Match(_)]), "{verdicts:?}");
	// One after the other they would take more than 40 seconds.
	assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn states_that_are_no_checkpoints_of_the_model_are_invalid() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = start(&fixture).await;
	let training = Recorded::honest(&fixture, 1, RECIPE);
	let whole = std::fs::read(write(&fixture, &training.states[1])).unwrap();
	let cut = fixture.store.import(&whole[..whole.len() - 4]).unwrap();
	let rubbish = fixture.store.import(vec![7; whole.len()].as_slice()).unwrap();
	let foreign = Checkpoint::initial(&descent_testing::description(20), 7);
	let foreign = publish(&fixture, &foreign);
	let mut nan = whole.clone();
	let end = nan.len() - 4;
	nan[end..].copy_from_slice(&f32::NAN.to_le_bytes());
	let nan = fixture.store.import(nan.as_slice()).unwrap();
	let huge = ContentRef { digest: H256::repeat_byte(3), codec: Codec::UnixFs, size: 1 << 30 };
	for state in [cut, rubbish, foreign, nan, huge] {
		let (candidate, source) = training.drawn(&fixture, 1);
		let start = ReplaySource { start: Some(state), ..source.clone() };
		let end = ReplaySource { end: state, ..source };
		for source in [start, end] {
			let request = recorded(&fixture, vec![(candidate.clone(), source.clone())]);
			let verdicts = client.ballot(&request).await.verdicts;
			assert_eq!(verdicts.as_slice(), [Verdict::Invalid], "{source:?}");
		}
	}
	// The chain names a state with the size of the candidate, and no file of another size is that.
	let (candidate, source) = training.drawn(&fixture, 1);
	let end = ContentRef { size: candidate.checkpoint.size, ..cut };
	let request = recorded(&fixture, vec![(candidate, ReplaySource { end, ..source })]);
	let verdicts = client.ballot(&request).await.verdicts;
	assert_eq!(verdicts.as_slice(), [Verdict::Invalid]);
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_may_begin_with_the_head_whoever_serves_it() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = start(&fixture).await;
	let head = Checkpoint::initial(&fixture.description, 1);
	let checkpoint = withhold(&fixture, &head);
	let recipe = Recipe { base: Base::Checkpoint { checkpoint }, ..RECIPE };
	let training = Recorded::train(&fixture, 1, recipe, Some(head.clone()), |positions| positions);
	let (own, own_address) = gateway(&fixture, "own").await;
	let (heads, heads_address) = gateway(&fixture, "heads").await;
	let last = training.states.last().unwrap();
	let claim = score(&fixture, last);
	let publish = |state: &Checkpoint| own.import_path(write(&fixture, state)).unwrap();
	let candidate = CandidateSource { checkpoint: publish(last), providers: own_address, claim };
	let source = training.source(0, |state| match state.tensors() == head.tensors() {
		true => checkpoint,
		false => publish(state),
	});
	assert_eq!(source.start, Some(checkpoint));
	let mut request = recorded(&fixture, vec![(candidate, source)]);
	request.head = Some(CheckpointSource { checkpoint, providers: heads_address });
	let ballot = client.ballot(&request).await;
	assert_eq!((ballot.baseline, ballot.verdicts.as_slice()), (None, &[Verdict::Unavailable][..]));
	for (round, store) in [(3, &heads), (4, &own)] {
		store.import_path(write(&fixture, &head)).unwrap();
		let data = fixture.directory.path().join(round.to_string());
		let client = Client::start(&data).await;
		let ballot = client.ballot(&request).await;
		assert_eq!(ballot.baseline.unwrap().score, score(&fixture, &head));
		assert!(matches!(ballot.verdicts.as_slice(), [Verdict::Match(_)]), "{ballot:?}");
		client.evaluator.stop().await.unwrap();
		store.remove(&checkpoint).unwrap();
	}
	// A segment may end with what it began with, or with the head, too.
	let replays = request.replays.as_mut().unwrap();
	heads.import_path(write(&fixture, &head)).unwrap();
	replays.segments[0].end = checkpoint;
	let ballot = client.ballot(&request).await;
	assert!(matches!(ballot.verdicts.as_slice(), [Verdict::Departed(_)]), "{ballot:?}");
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn states_are_dropped_and_head_and_winner_stay() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = start(&fixture).await;
	let head = Checkpoint::initial(&fixture.description, 1);
	let base = publish(&fixture, &head);
	let begun = Recipe { base: Base::Checkpoint { checkpoint: base }, ..RECIPE };
	let begun = Recorded::train(&fixture, 1, begun, Some(head), |positions| positions);
	let (first, first_source) = begun.drawn(&fixture, 0);
	let lie =
		CandidateSource { claim: Score(1), ..Recorded::honest(&fixture, 2, RECIPE).drawn(&fixture, 1).0 };
	let lied = Recorded::honest(&fixture, 2, RECIPE).drawn(&fixture, 1).1;
	let ended = Recorded::honest(&fixture, 3, RECIPE);
	// This one's drawn segment ends with the checkpoint itself.
	let (last, last_source) = ended.drawn(&fixture, 2);
	assert_eq!(last_source.end, last.checkpoint);
	let drawn =
		vec![(lie.clone(), lied), (first.clone(), first_source.clone()), (last.clone(), last_source.clone())];
	let mut request = EvaluationRequest { winners: 2, ..recorded(&fixture, drawn) };
	request.head = Some(CheckpointSource { checkpoint: base, providers: providers(&fixture) });
	let ballot = client.ballot(&request).await;
	let [Verdict::Mismatch(_), Verdict::Match(_), Verdict::Match(_)] = ballot.verdicts.as_slice() else {
		panic!("{ballot:?}");
	};
	// From now on there is nothing to be fetched.
	let (_, nothing) = gateway(&fixture, "nothing").await;
	// A state of a lie may be written after its fetch is given up. It goes as soon as its room is needed.
	let gone = [lie.checkpoint, first_source.end, last_source.start.unwrap()];
	let kept = [base, first.checkpoint, last.checkpoint];
	let later = |checkpoint| CandidateSource { checkpoint, providers: nothing.clone(), claim: Score(1) };
	let candidates = gone.into_iter().chain(kept).map(later).collect();
	let providers = nothing.clone();
	let later = EvaluationRequest { head: None, replays: None, candidates, providers, round: 9, ..request };
	let verdicts = client.ballot(&later).await.verdicts;
	assert_eq!(verdicts[..gone.len()], [Verdict::Unavailable; 3]);
	assert!(
		verdicts[gone.len()..].iter().all(|verdict| matches!(verdict, Verdict::Mismatch(_))),
		"{verdicts:?}"
	);
	assert_eq!(verdicts.len(), gone.len() + kept.len());
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_of_recordings_shares_the_room_of_a_few() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let mut options = options(&fixture.directory.path().join("evaluator"));
	options.max_content = 96 << 10;
	options.fetch_timeout = Duration::from_secs(20);
	let client = Client::of(Evaluator::start_in_process(&options).await.unwrap());
	let recipe = Recipe { steps: 5, ..RECIPE };
	let drawn: Vec<_> = (0..30).map(|account| Recorded::honest(&fixture, account, recipe)).collect();
	let drawn: Vec<_> = drawn.iter().map(|training| training.drawn(&fixture, 1)).collect();
	assert!(drawn[0].0.checkpoint.size * 3 * 30 > options.max_content / 2, "not all have room");
	let request = EvaluationRequest { winners: 8, ..recorded(&fixture, drawn) };
	let verdicts = client.ballot(&request).await.verdicts;
	assert_eq!(verdicts.len(), 8);
	assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Match(_))), "{verdicts:?}");
	client.evaluator.stop().await.unwrap();
}
