use super::*;
use descent_protocol::{view::HeadView, Clock, ContentRef, Metric, Share};
use descent_testing::{FakeLog, Fixture};
use sp_core::crypto::AccountId32;

const RECORDS: u32 = 50;

/// A group that asks for nothing in particular.
fn view(model: ContentRef) -> GroupView {
	GroupView {
		id: 1,
		owner: AccountId32::new([1; 32]),
		name: "test".into(),
		model,
		model_version: 0,
		dataset_version: 0,
		dataset_root: H256::zero(),
		providers: Vec::new(),
		metric: Metric::Loss,
		policy: EvaluationPolicy::Training { records: RECORDS },
		minimum_improvement: 0,
		target: None,
		clock: Clock { first: 0, start: 0, length: 12, reveal: 4, attest: 4, open: 2 },
		deposit: 1,
		head: None,
		voting_period: 100,
		quorum: Share(1),
		shares: Default::default(),
		stake: 1,
		closes: 100,
		block: 1,
		round: Some(6),
		settled: None,
		optional_rules: Default::default(),
	}
}

/// A group on a fixture's records, with a head of initial weights.
async fn group(fixture: &mut Fixture, head: u64) -> (GroupView, FakeLog) {
	let gateway = fixture.serve().await;
	let log = FakeLog::default();
	let mut group = view(fixture.model);
	(group.dataset_version, group.dataset_root) = log.push(fixture.delta, vec![], None);
	group.providers = vec![gateway.clone()];
	group.head = Some(HeadView {
		model_version: 0,
		round: 1,
		account: AccountId32::new([8; 32]),
		checkpoint: fixture.publish(head),
		score: Score(1),
		measured_on: None,
		providers: vec![gateway],
	});
	(group, log)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_is_measured_as_a_committee_does() {
	let mut fixture = Fixture::new(300);
	let (mut group, log) = group(&mut fixture, 1).await;
	let folder = fixture.directory.path().join("cache");
	let quota = Quota { content: 1 << 24, candidates: 0, data: 1 << 24, allow_private: true };
	let artifacts = Artifacts::open(&folder, quota, Handle::current()).unwrap();
	let seeds = [1, 2].map(H256::repeat_byte);
	let draws = tokio::task::block_in_place(|| {
		let measurer = Measurer::fetch(&artifacts, log, &group).unwrap();
		let mine = evaluation_set::load(&measurer.description, &fixture.checkpoint(2)).unwrap();
		measurer.draws(&mine, &seeds).unwrap()
	});
	for (draw, seed) in draws.iter().zip(seeds) {
		assert_eq!(draw.mine, fixture.score(2, seed, RECORDS));
		assert_eq!(draw.head, Some(fixture.score(1, seed, RECORDS)));
	}
	let wins = draws.iter().filter(|draw| draw.head.is_some_and(|head| draw.mine < head)).count();
	assert_eq!(Rehearsal::new(&group, draws.clone(), Vec::new()).won, wins);
	group.minimum_improvement = u64::MAX;
	assert_eq!(Rehearsal::new(&group, draws, Vec::new()).won, 0, "more is asked than it gains");
}

#[test]
fn a_rehearsal_is_told_in_sentences() {
	let draw = |mine, head| Draw { seed: H256::zero(), mine: Score(mine), head: Some(Score(head)) };
	let rehearsal = |draws: Vec<Draw>| {
		let won = draws.iter().filter(|draw| draw.wins(100)).count();
		let winners = vec![Winner { round: 9, score: Score(71_600), baseline: Some(Score(72_000)) }];
		Rehearsal { records: 50, minimum_improvement: 100, draws, won, winners }.to_string()
	};
	let text = rehearsal(vec![draw(70_100, 71_600)]);
	assert_eq!(
		text,
		"mine 0.070100, head 0.071600, asked 0.000100: would win\n\
		 round 9 was won with 0.071600 against 0.072000, on other records\n\
		 It would have won in 1 of 1 draws of 50 records, if no other candidate were better."
	);
	let text = rehearsal(vec![draw(70_100, 71_600), draw(71_550, 71_600)]);
	assert!(text.contains("asked 0.000100: would not win") && text.contains("in 1 of 2 draws"), "{text}");
	assert!(rehearsal(vec![draw(2, 1)]).ends_with("in 0 of 1 draws of 50 records."));
}

#[test]
fn winners_are_those_of_this_model() {
	let winner = |score| descent_protocol::view::WinnerView {
		account: AccountId32::new([1; 32]),
		checkpoint: ContentRef::raw(b"weights").unwrap(),
		score: Score(score),
		reward: 1,
	};
	let round = |round, model_version, score: Option<u64>| RoundSummary {
		round,
		model_version,
		dataset_version: 1,
		commitments: 1,
		reveals: 1,
		baseline: None,
		winner: score.map(winner),
	};
	let mut group = view(ContentRef::raw(b"model").unwrap());
	group.model_version = 1;
	let history = [round(0, 0, Some(9)), round(1, 1, Some(8)), round(2, 1, None), round(3, 1, Some(7))];
	let found: Vec<_> = winners(&group, &history).iter().map(|won| (won.round, won.score.0)).collect();
	assert_eq!(found, [(3, 7), (1, 8)]);
}
