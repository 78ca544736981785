//! Candidates whose work is paid for.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn who_is_drawn_is_replayed_behind_the_winner() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = start(&fixture).await;
	let recipe = Recipe { steps: 5, ..RECIPE };
	let honest = |account| Recorded::honest(&fixture, account, recipe).drawn(&fixture, 1);
	let lazy = Recorded::train(&fixture, 4, recipe, None, half).drawn(&fixture, 1);
	let request = recorded(&fixture, vec![honest(1), honest(2), honest(3), lazy, honest(5)]);
	let ballot = async |drawn: &[u8]| {
		let replays = request.replays.clone().map(|replays| Replays { drawn: drawn.to_vec(), ..replays });
		client.ballot(&EvaluationRequest { replays, ..request.clone() }).await
	};
	let behind = ballot(&[2, 3]).await.verdicts;
	let [Verdict::Match(_), Verdict::Abstained, Verdict::Match(_), Verdict::Departed(_)] = behind.as_slice()
	else {
		panic!("{behind:?}");
	};
	let alone = ballot(&[]).await.verdicts;
	assert_eq!(alone.as_slice(), &behind[..1], "nobody else is looked at");
	assert_eq!(ballot(&[0]).await.verdicts, alone, "the winner's work is looked at once");
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_drawn_who_is_not_there() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = start(&fixture).await;
	let recipe = Recipe { steps: 5, ..RECIPE };
	let request = recorded(&fixture, vec![Recorded::honest(&fixture, 1, recipe).drawn(&fixture, 1)]);
	for drawn in [vec![1], vec![0; 5]] {
		let replays = request.replays.clone().map(|replays| Replays { drawn, ..replays });
		let response = client.post(&EvaluationRequest { replays, ..request.clone() }).await;
		assert_eq!(response.status(), 422);
	}
	client.evaluator.stop().await.unwrap();
}
