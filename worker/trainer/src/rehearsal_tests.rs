use super::*;
use descent_protocol::{evaluation::TestSetSource, view::HeadView, Clock, ContentRef, Metric, Share};
use descent_testing::{sealing_key, FakeLog, Fixture, SealedFixture};
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
		let measurer = Measurer::fetch(&artifacts, log, &group, None).unwrap();
		assert_eq!(measurer.drawn_from, RecordSource::Training);
		let mine = evaluation_set::load(&measurer.description, &fixture.checkpoint(2)).unwrap();
		measurer.draws(&mine, &seeds).unwrap()
	});
	for (draw, seed) in draws.iter().zip(seeds) {
		assert_eq!(draw.mine, fixture.score(2, seed, RECORDS));
		assert_eq!(draw.head, Some(fixture.score(1, seed, RECORDS)));
	}
	let wins = draws.iter().filter(|draw| draw.head.is_some_and(|head| draw.mine < head)).count();
	let rehearsal =
		|group: &GroupView| Rehearsal::new(group, RecordSource::Training, draws.clone(), Vec::new());
	assert_eq!(rehearsal(&group).won, wins);
	group.minimum_improvement = u64::MAX;
	assert_eq!(rehearsal(&group).won, 0, "more is asked than it gains");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_past_round_is_measured_on_its_hidden_test_set_if_its_key_is_released() {
	let mut fixture = Fixture::new(300);
	let (mut group, log) = group(&mut fixture, 1).await;
	let series = H256::repeat_byte(3);
	group.policy = EvaluationPolicy::Hidden { series, records: RECORDS, otherwise: fixture.delta };
	let (file, set) = fixture.hidden(2, 60);
	let sealed = SealedFixture::new(&fixture.store, &[file]);
	let folder = fixture.directory.path().join("cache");
	let quota = Quota { content: 1 << 24, candidates: 0, data: 1 << 24, allow_private: true };
	let artifacts = Artifacts::open(&folder, quota, Handle::current()).unwrap();
	let seed = H256::repeat_byte(5);
	let past = |key| {
		let test_set =
			TestSetSource { manifest: sealed.manifest, index: 0, key, providers: group.providers.clone() };
		PastRound::new(seed, Some(test_set))
	};
	let public = (RecordSource::Otherwise, fixture.score(2, seed, RECORDS));
	for (past, expected) in [
		(Some(past(sealing_key(0))), (RecordSource::Hidden, fixture.score_on(&set, 2, seed, RECORDS))),
		(Some(past(sealing_key(1))), public),
		(Some(PastRound::new(seed, None)), public),
		(None, public),
	] {
		let measured = tokio::task::block_in_place(|| {
			let measurer = Measurer::fetch(&artifacts, log.clone(), &group, past.as_ref()).unwrap();
			let mine = evaluation_set::load(&measurer.description, &fixture.checkpoint(2)).unwrap();
			(measurer.drawn_from, measurer.draws(&mine, &[seed]).unwrap()[0].mine)
		});
		assert_eq!(measured, expected);
	}
}

#[test]
fn a_rehearsal_is_told_in_sentences() {
	let draw = |mine, head| Draw { seed: H256::zero(), mine: Score(mine), head: Some(Score(head)) };
	let rehearsal = |draws: Vec<Draw>| {
		let won = draws.iter().filter(|draw| draw.wins(100)).count();
		let winners = vec![Winner { round: 9, score: Score(71_600), baseline: Some(Score(72_000)) }];
		let drawn_from = RecordSource::Validation;
		Rehearsal { records: 50, drawn_from, minimum_improvement: 100, draws, won, winners }
	};
	let told = |draws| rehearsal(draws).to_string();
	for (drawn_from, words) in [
		(RecordSource::Otherwise, "the public validation set; rounds of this group are measured on hidden"),
		(RecordSource::Hidden, "a past round's hidden test set"),
	] {
		let text = Rehearsal { drawn_from, ..rehearsal(vec![draw(1, 2)]) }.to_string();
		assert!(text.contains(words), "{text}");
	}
	let text = told(vec![draw(70_100, 71_600)]);
	assert_eq!(
		text,
		"mine 0.070100, head 0.071600, asked 0.000100: would win\n\
		 round 9 was won with 0.071600 against 0.072000, on other records\n\
		 It would have won in 1 of 1 draws of 50 records, if no other candidate were better."
	);
	let text = told(vec![draw(70_100, 71_600), draw(71_550, 71_600)]);
	assert!(text.contains("asked 0.000100: would not win") && text.contains("in 1 of 2 draws"), "{text}");
	assert!(told(vec![draw(2, 1)]).ends_with("in 0 of 1 draws of 50 records."));
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
