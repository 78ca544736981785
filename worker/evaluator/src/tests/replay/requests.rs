//! Requests with replays, as they are read.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn requests_to_replay_what_nobody_could_are_refused() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = start(&fixture).await;
	let training = Recorded::honest(&fixture, 1, RECIPE);
	let good = recorded(&fixture, vec![training.drawn(&fixture, 0), training.drawn(&fixture, 1)]);
	let with = |change: fn(&mut ReplaySource)| {
		let mut request = good.clone();
		change(&mut request.replays.as_mut().unwrap().segments[0]);
		request
	};
	let mut few = good.clone();
	few.replays.as_mut().unwrap().segments.pop();
	let mut none = good.clone();
	none.replays.as_mut().unwrap().segments.clear();
	let without_data = EvaluationRequest {
		deltas: Vec::new(),
		policy: EvaluationPolicy::Validation { set: fixture.delta, records: RECORDS },
		..good.clone()
	};
	let endless = RecipeOptimizer::Sgd { momentum: 1_000_000, nesterov: false, weight_decay: 0 };
	let refused = [
		(few, "2 candidates have as many segments to replay, not 1"),
		(none, "2 candidates have as many segments to replay, not 0"),
		(without_data, "no delta"),
		(with(|segment| segment.recipe.steps = 0), "1 to 1000 steps, not 0"),
		(with(|segment| segment.recipe.steps = 1_001), "1 to 1000 steps, not 1001"),
		(with(|segment| segment.recipe.batch = 0), "1 to 65536 records, not 0"),
		(with(|segment| segment.recipe.batch = 65_537), "1 to 65536 records, not 65537"),
		(with(|segment| segment.rate = 0), "billionths, not 0"),
		(with(|segment| segment.rate = 1_000_000_001), "billionths, not 1000000001"),
		(
			with(|segment| {
				let nothing = ContentRef::raw(b"nothing").unwrap();
				segment.recipe.base = Base::Checkpoint { checkpoint: nothing };
			}),
			"begins with a checkpoint",
		),
	];
	for (request, words) in refused {
		let response = client.post(&request).await;
		assert_eq!(response.status(), 422, "{words}");
		let reason = response.text().await.unwrap();
		assert!(reason.contains(words), "{reason}: {words}");
	}
	let mut endlessly = good.clone();
	endlessly.replays.as_mut().unwrap().segments[1].recipe.optimizer = endless;
	assert_eq!(client.post(&endlessly).await.status(), 422);
	let nobody = EvaluationRequest { candidates: Vec::new(), ..recorded(&fixture, Vec::new()) };
	assert_eq!(client.post(&nobody).await.status(), 202);
	assert_eq!(client.post(&good).await.status(), 202);
	// A bad reference is the candidate's own fault, and the others are measured all the same.
	let empty = with(|segment| segment.end.size = 0);
	let verdicts = client.ballot(&EvaluationRequest { round: 3, ..empty }).await.verdicts;
	assert!(matches!(verdicts.as_slice(), [Verdict::Invalid, Verdict::Match(_)]), "{verdicts:?}");
	client.evaluator.stop().await.unwrap();
}

#[test]
fn states_are_pinned_once_each() {
	let fixture = Fixture::new(1);
	let content = |number: u8| ContentRef::raw(&[number]).unwrap();
	let [own, head, start, end] = [1, 2, 3, 4].map(content);
	let source = |start: Option<ContentRef>, end: ContentRef| ReplaySource {
		account: AccountId32::new([1; 32]),
		recipe: RECIPE,
		number: 1,
		rate: RATE,
		start,
		end,
	};
	let named = |source: ReplaySource| {
		let mut request = recorded(&fixture, vec![(candidate(&fixture, own, Score(1)), source)]);
		request.head = Some(CheckpointSource { checkpoint: head, providers: Vec::new() });
		let named = Request::named(&request);
		assert_eq!(named[..3], [fixture.model, head, own]);
		named[3..].to_vec()
	};
	assert_eq!(named(source(Some(start), end)), [start, end]);
	assert_eq!(named(source(None, end)), [end]);
	assert_eq!(named(source(Some(start), own)), [start]);
	assert_eq!(named(source(Some(head), end)), [end]);
	assert_eq!(named(source(Some(end), end)), [end]);
	assert_eq!(named(source(Some(head), own)), []);
}
