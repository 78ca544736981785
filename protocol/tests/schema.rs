//! The file `schema.json` against the types that it is made of, and against what they are as JSON. With
//! `WRITE_SCHEMA=1` the file is written anew.

use descent_protocol::{
	schema,
	trace::{Base, Precision, Recipe, RecipeOptimizer, RecipeRule, Trace},
	view::{
		Alarm, AmendmentEnding, AmendmentView, BlockEvents, CandidateView, ChainEvent, CheckView,
		CustodyCheckView, CustodyView, EmissionView, EventTopic, Explanation, FundingView, GovernanceView,
		GroupView, HeadView, KeeperView, KeptKind, KeptView, LogEntryView, MemberView, MotionView, OrderView,
		PotView, ProposalEnding, ProposalView, RecordingView, RevealView, RewardsView, RoundSummary,
		RoundTestSetView, RoundView, StakeView, StandingView, StreamView, TestSetRelease, TestSetSeriesView,
		Unbonding, UnstakingView, ValidatorRules, ValidatorStanding, ValidatorView, Versions, VoterView,
		VotersView, WinnerView,
	},
	Change, Clock, Codec, ContentRef, DeltaFault, DeltaReport, DeltaVerdict, EvaluationPolicy, Majority,
	MeasuredOn, Metric, OptionalRule, OptionalRuleKind, OptionalRules, Outcome, Phase, RoundLengths,
	RowProblem, Score, Share, Shares, Stream, Tally,
};
use jsonschema::Validator;
use serde::Serialize;
use serde_json::{json, Value};
use sp_core::{crypto::AccountId32, H256};
use std::{
	env, fs,
	path::{Path, PathBuf},
};

fn file() -> PathBuf {
	Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.json")
}

#[test]
fn the_file_is_current() {
	let mut current = schema::document();
	if env::var_os("WRITE_SCHEMA").is_some() {
		current.sort_all_objects();
		fs::write(file(), serde_json::to_string_pretty(&current).unwrap() + "\n").unwrap();
	}
	let kept: Value =
		serde_json::from_str(&fs::read_to_string(file()).unwrap_or_default()).unwrap_or_default();
	assert!(kept == current, "schema.json is not current: run this test with WRITE_SCHEMA=1 to write it");
}

/// Returns a validator of a schema within the document.
fn validator(schema: &Value) -> Validator {
	let mut whole = schema::document();
	whole["allOf"] = json!([schema]);
	jsonschema::draft202012::new(&whole).expect("the document is a schema")
}

/// Returns the schema of a method's result.
fn result(method: &str) -> Validator {
	validator(&schema::document()["methods"][method]["result"])
}

fn assert_valid(validator: &Validator, value: &impl Serialize) {
	let value = serde_json::to_value(value).unwrap();
	let errors: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
	assert!(errors.is_empty(), "{value:#}\n{errors:#?}");
}

fn account() -> AccountId32 {
	AccountId32::new([7; 32])
}

fn hash() -> H256 {
	H256::repeat_byte(0xab)
}

fn content() -> ContentRef {
	ContentRef::raw(b"descent").unwrap()
}

const POLICIES: [EvaluationPolicy; 3] = [
	EvaluationPolicy::Training { records: 10 },
	EvaluationPolicy::Validation {
		set: ContentRef { digest: H256::zero(), codec: Codec::UnixFs, size: u64::MAX },
		records: 10,
	},
	EvaluationPolicy::Hidden {
		series: H256::zero(),
		records: 10,
		otherwise: ContentRef { digest: H256::zero(), codec: Codec::UnixFs, size: u64::MAX },
	},
];

fn faults() -> Vec<DeltaFault> {
	use RowProblem::*;
	let problems = [Op, IdLength, WrongId, Null, NotNull, Shape, Value, Repeated, Duplicate, Absent];
	let rows = problems.map(|problem| DeltaFault::Row { row: 7, problem });
	[DeltaFault::Malformed, DeltaFault::TooLarge, DeltaFault::Columns, DeltaFault::Empty]
		.into_iter()
		.chain(rows)
		.collect()
}

fn report() -> DeltaReport {
	DeltaReport { added: 5_000, removed: 0, records: u64::MAX, root: hash() }
}

fn verdicts() -> Vec<DeltaVerdict> {
	let invalid = faults().into_iter().map(DeltaVerdict::Invalid);
	[DeltaVerdict::Valid(report()), DeltaVerdict::Unavailable].into_iter().chain(invalid).collect()
}

fn proposal_endings() -> Vec<ProposalEnding> {
	use ProposalEnding::*;
	let faulty = faults().into_iter().flat_map(|fault| [Invalid { fault }, Conflict { fault }]);
	[Applied { version: 2 }, Unavailable, Copied, Outvoted, Withdrawn, Evicted]
		.into_iter()
		.chain(faulty)
		.collect()
}

fn amendment_endings() -> [AmendmentEnding; 5] {
	use AmendmentEnding::*;
	[Adopted { from: 3 }, Impossible, Outvoted, Withdrawn, Evicted]
}

fn head(policy: Option<EvaluationPolicy>) -> HeadView {
	HeadView {
		model_version: 0,
		round: 1,
		account: account(),
		checkpoint: content(),
		score: Score(67_036),
		measured_on: policy.map(|policy| MeasuredOn { policy, dataset_version: 1 }),
		providers: vec!["http://127.0.0.1:9001".into()],
	}
}

const RECIPE: OptionalRule = OptionalRule::Recipe {
	recipe: RecipeRule {
		steps: 200,
		batch: 64,
		smallest_rate: 1,
		largest_rate: u32::MAX,
		exact: true,
		work_reward: None,
	},
};

fn group(policy: EvaluationPolicy, metric: Metric, rules: OptionalRules) -> GroupView {
	let has_begun = metric == Metric::Loss;
	GroupView {
		id: 0,
		owner: account(),
		name: "digits".into(),
		model: content(),
		model_version: 0,
		dataset_version: 1,
		dataset_root: hash(),
		providers: vec![],
		metric,
		policy,
		minimum_improvement: u64::MAX,
		target: has_begun.then_some(Score(70_000)),
		clock: Clock { first: 0, start: 1, length: 10, reveal: 3, attest: 3, open: 3 },
		deposit: u128::MAX,
		shares: Shares::default(),
		head: has_begun.then(|| head(Some(policy))),
		voting_period: 100,
		quorum: Share::percent(20),
		stake: 0,
		closes: 100,
		block: 5,
		round: has_begun.then_some(0),
		settled: has_begun.then_some(0),
		optional_rules: rules,
	}
}

#[test]
fn groups_are_as_it_says() {
	let mut rules = OptionalRules::default();
	rules.set(OptionalRule::Committee { seats: 41 });
	rules.set(OptionalRule::RankedWinners { winners: 3 });
	rules.set(RECIPE);
	rules.set(OptionalRule::Pretrained { checkpoint: content() });
	let groups = [
		group(POLICIES[0], Metric::Loss, OptionalRules::default()),
		group(POLICIES[1], Metric::Error, rules),
	];
	assert_valid(&result("training_groups"), &groups);
	assert_valid(&result("training_group"), &groups[0]);
	assert_valid(&result("training_retiredHeads"), &[head(None), head(Some(POLICIES[0]))]);
	assert_valid(&result("training_version"), &Versions { node: "1".into(), training_api: 5 });
}

fn candidate(outcome: Outcome) -> CandidateView {
	let is_revealed = outcome != Outcome::Unrevealed;
	CandidateView {
		account: account(),
		commitment: hash(),
		deposit: 3,
		reveal: is_revealed.then(|| RevealView {
			checkpoint: content(),
			claim: Score(5),
			providers: vec!["http://a".into()],
		}),
		measured: is_revealed.then_some(Score(5)),
		tally: is_revealed.then(Tally::default),
		outcome: Some(outcome),
		reward: 0,
		slashed: u128::MAX,
	}
}

const OUTCOMES: [Outcome; 8] = [
	Outcome::Won,
	Outcome::Outranked,
	Outcome::NotBetter,
	Outcome::Refuted,
	Outcome::Unrevealed,
	Outcome::NoQuorum,
	Outcome::Placed,
	Outcome::Departed,
];

#[test]
fn rounds_are_as_it_says() {
	let clock = Clock { first: 0, start: 1, length: 10, reveal: 3, attest: 3, open: 3 };
	use Phase::*;
	for phase in [Waiting, Commit, Seed, Reveal, Attest, Open, Settle] {
		let round = RoundView {
			group: 0,
			round: 0,
			phase,
			windows: clock.windows(0).unwrap(),
			model_version: 0,
			dataset_version: 1,
			dithered: true,
			minimum_improvement: 1,
			seed: (phase == Settle).then(hash),
			settled: true,
			baseline: Some(Score(5)),
			winner: (phase == Settle).then(account),
			candidates: OUTCOMES.map(candidate).to_vec(),
			committee: vec![MemberView { account: account(), attested: true, opened: false }],
			block: 5,
		};
		assert_valid(&result("training_round"), &round);
	}
	let winner = WinnerView { account: account(), checkpoint: content(), score: Score(7), reward: 1 };
	let summary = |winner| RoundSummary {
		round: 1,
		model_version: 0,
		dataset_version: 0,
		commitments: 2,
		reveals: 1,
		baseline: None,
		winner,
	};
	assert_valid(&result("training_history"), &[summary(None), summary(Some(winner))]);
	let standing =
		StandingView { account: account(), rounds: 1, wins: 0, best: None, earned: 0, slashed: u128::MAX };
	assert_valid(&result("training_leaderboard"), &[standing]);
	for outcome in OUTCOMES.map(Some).into_iter().chain([None]) {
		let sentence = "Not paid.".into();
		let explanation = Explanation { group: 0, round: 1, account: account(), outcome, sentence };
		assert_valid(&result("training_explain"), &explanation);
	}
}

#[test]
fn recordings_are_as_it_says() {
	let checkpoint = content();
	let bases = [Base::Initial { seed: u64::MAX }, Base::Checkpoint { checkpoint }];
	let (betas, weight_decay) = ((900_000, 999_000), u32::MAX);
	let optimizers = [
		RecipeOptimizer::Sgd { momentum: 0, nesterov: false, weight_decay },
		RecipeOptimizer::Adam { betas, weight_decay },
		RecipeOptimizer::AdamW { betas, weight_decay },
	];
	for (base, start) in bases.into_iter().zip([None, Some(content())]) {
		for optimizer in optimizers {
			for precision in [Precision::F64, Precision::F32, Precision::Bf16] {
				let recording = RecordingView {
					recipe: Recipe { base, optimizer, precision, steps: 200, batch: 64 },
					trace: Trace { root: hash(), segments: u16::MAX },
					number: 3,
					rate: u32::MAX,
					start,
					end: content(),
				};
				assert_valid(&result("training_recording"), &Some(recording));
			}
		}
	}
	assert_valid(&result("training_recording"), &None::<RecordingView>);
}

fn proposal(check: Option<CheckView>, ending: Option<ProposalEnding>) -> ProposalView {
	ProposalView {
		group: 0,
		id: 3,
		proposer: account(),
		delta: content(),
		providers: vec![],
		summary: "more".into(),
		deposit: 1,
		base: 1,
		block: 4,
		ayes: 2,
		lost: 0,
		check,
		ending,
	}
}

fn changes() -> Vec<Change> {
	let shared = [
		Change::VotingPeriod { blocks: 50 },
		Change::Quorum { share: Share::percent(20) },
		Change::Clock { lengths: RoundLengths { length: 20, reveal: 4, attest: 6, open: 3 } },
		Change::MinimumImprovement { micros: 100 },
		Change::Target { score: None },
		Change::Target { score: Some(Score(5)) },
		Change::Shares { shares: Shares::default() },
		Change::Providers { providers: vec![b"http://a".to_vec().try_into().unwrap()].try_into().unwrap() },
		Change::Model { model: content() },
		Change::SetRule { rule: OptionalRule::Committee { seats: 41 } },
		Change::SetRule { rule: OptionalRule::RankedWinners { winners: 3 } },
		Change::SetRule { rule: RECIPE },
		Change::SetRule { rule: OptionalRule::Pretrained { checkpoint: content() } },
		Change::RemoveRule { rule: OptionalRuleKind::Committee },
	];
	shared.into_iter().chain(POLICIES.map(|policy| Change::Policy { policy })).collect()
}

#[test]
fn proposals_are_as_it_says() {
	let open = verdicts().into_iter().map(|verdict| {
		let check = CheckView {
			version: 1,
			attempt: None,
			until: Some(76),
			decided: Some(verdict),
			verdicts: vec![(verdict, 2)],
			committee: 4,
		};
		proposal(Some(check), None)
	});
	let ended = proposal_endings().into_iter().map(|ending| proposal(None, Some(ending)));
	assert_valid(&result("training_proposals"), &open.chain(ended).collect::<Vec<_>>());
	let entry = |report| LogEntryView {
		version: 1,
		delta: content(),
		providers: vec![],
		root: hash(),
		from: 0,
		report,
		proposer: account(),
		block: 1,
	};
	assert_valid(&result("training_datasetLog"), &[entry(None), entry(Some(report()))]);
	let voters =
		|next| VotersView { voters: vec![VoterView { account: account(), stake: 5, pending: 0 }], next };
	for method in ["training_voters", "training_amendmentVoters"] {
		assert_valid(&result(method), &voters(None));
		assert_valid(&result(method), &voters(Some(account())));
	}
}

#[test]
fn amendments_are_as_it_says() {
	let amendment = |(majority, ending)| AmendmentView {
		group: 0,
		id: 0,
		proposer: account(),
		changes: changes(),
		summary: "as discussed".into(),
		deposit: 1,
		block: 4,
		ayes: 2,
		majority,
		lost: 0,
		ending,
	};
	let ended = amendment_endings().map(|ending| (Majority::TwoThirds, Some(ending)));
	let all = ended.into_iter().chain([(Majority::Half, None)]).map(amendment);
	assert_valid(&result("training_amendments"), &all.collect::<Vec<_>>());
	let stake = StakeView {
		group: 0,
		account: account(),
		stake: 5,
		pending: 1,
		total: 9,
		unstaking: vec![UnstakingView { amount: 1, until: 9 }],
		delta: Some(3),
		amendments: vec![0],
	};
	assert_valid(&result("training_stake"), &stake);
}

#[test]
fn money_is_as_it_says() {
	let stream = |stream| StreamView { stream, period: 1_200, since: 0, emission: u128::MAX, flown: 5 };
	let emission = EmissionView {
		block: 5,
		era: 0,
		next_halving: None,
		issuance: 11,
		genesis: 10,
		minted: 2,
		burned: 1,
		stake: 30,
		streams: vec![stream(Stream::Trainers), stream(Stream::Proposers)],
	};
	assert_valid(&result("training_emission"), &emission);
	let funding = |free| FundingView { client: account(), left: 5, per_round: 1, free, paused: false };
	let pot = PotView {
		stake: 30,
		emission: 10,
		shares: Shares::default(),
		winner: 3,
		validators: 1,
		keepers: 0,
		proposer: 2,
		terms: hash(),
		fundings: vec![funding(None), funding(Some(77))],
	};
	assert_valid(&result("training_pot"), &pot);
	let order = |paused| OrderView {
		client: account(),
		left: u128::MAX,
		price: 4,
		bonus: 0,
		target: Score(200),
		mark: Score(u64::MAX),
		since: 1,
		until: 51,
		free: 700,
		paused,
	};
	assert_valid(&result("training_orders"), &[order(false), order(true)]);
	assert_valid(&result("training_rewards"), &RewardsView { accrued: u128::MAX, claimed: 0 });
}

#[test]
fn keepers_are_as_it_says() {
	let keeper = KeeperView {
		account: account(),
		deposit: u128::MAX,
		providers: vec!["http://203.0.113.7:8080".into()],
		since: 4,
		missed: 2,
		leaving: false,
	};
	let check = CustodyCheckView { number: 4, attest: 10..30, open: 30..40 };
	let mut custody = CustodyView {
		group: 0,
		keepers: vec![keeper],
		checks: 4,
		check: Some(check),
		due: 7,
		least: 5,
		deposit: 6,
	};
	assert_valid(&result("training_custody"), &custody);
	custody.check = None;
	assert_valid(&result("training_custody"), &custody);
	use KeptKind::*;
	let kept = [Model, Delta, ValidationSet, Manifest, Head].map(|kind| KeptView {
		content: content(),
		kind,
		providers: vec!["http://203.0.113.7:8080".into()],
	});
	assert_valid(&result("training_keptContent"), &kept);
}

#[test]
fn validators_and_governance_are_as_it_says() {
	let rules = ValidatorRules {
		minimum_bond: 1,
		seats: 100,
		unbonding: 9,
		jail: 8,
		minimum_penalty: Share::percent(10),
	};
	assert_valid(&result("training_validatorRules"), &rules);
	use ValidatorStanding::*;
	let views = [Active, Waiting, Chilled, Jailed { until: 88 }].map(|standing| ValidatorView {
		account: account(),
		bond: 1,
		unbonding: vec![Unbonding { amount: 1, free: 99 }],
		standing,
		is_candidate: false,
		keys: (standing == Active).then(|| [hash(); 3]),
		strikes: 1,
		rank: (standing == Active).then_some(0),
	});
	assert_valid(&result("training_validators"), &views);
	assert_valid(&result("training_validator"), &views[0]);
	assert_valid(&result("training_validator"), &None::<ValidatorView>);
	assert_valid(&result("training_gateway"), &Some("http://203.0.113.7:8081"));
	assert_valid(&result("training_gateway"), &None::<String>);
	assert_valid(&result("training_testSetSeries"), &Some(test_set_series()));
	assert_valid(&result("training_testSetSeries"), &None::<TestSetSeriesView>);
	let releases = [
		TestSetRelease::Awaited { index: 3 },
		TestSetRelease::Released { index: 3, key: hash() },
		TestSetRelease::Otherwise,
	];
	for state in releases {
		let view = RoundTestSetView {
			series: hash(),
			manifest: content(),
			providers: vec!["http://203.0.113.7:8080".into()],
			release: 40..43,
			state,
		};
		assert_valid(&result("training_roundTestSet"), &Some(view));
	}
	let motion = MotionView {
		hash: hash(),
		index: 0,
		call: vec![0, 0xff],
		summary: "system.remark".into(),
		threshold: 1,
		ayes: vec![account()],
		nays: vec![],
		end: 100,
	};
	let governance = GovernanceView {
		members: vec![account()],
		motions: vec![motion],
		treasury: 7,
		authorized_upgrade: Some(hash()),
		spec_version: 2,
	};
	assert_valid(&result("training_governance"), &governance);
}

fn test_set_series() -> TestSetSeriesView {
	TestSetSeriesView {
		series: hash(),
		requester: account(),
		group: Some(1),
		manifest: content(),
		providers: vec!["http://203.0.113.7:8080".into()],
		sets: 5,
		left: 4,
		latest: hash(),
		bond: 105_000_000_000_000,
		misses: 0,
		suspended: false,
	}
}

fn events() -> Vec<ChainEvent> {
	use ChainEvent::*;
	let (group, round, account, proposal, amendment) = (0, 1, account(), 3, 2);
	let mut events = vec![
		Committed { group, round, account: account.clone() },
		Displaced { group, round, account: account.clone() },
		Revealed { group, round, account: account.clone(), checkpoint: content(), claim: Score(5) },
		Attested { group, round, member: 0 },
		Opened { group, round, member: 0 },
		AlarmMissing { group, alarm: Alarm::Settlement { round } },
		AlarmMissing { group, alarm: Alarm::PeriodClose { close: 9 } },
		Settled { group, round, winner: None, score: None, baseline: Some(Score(5)) },
		Staked { group, account: account.clone(), stake: 5, total: u128::MAX },
		Proposed { group, proposal, account: account.clone(), delta: content() },
		Voted { group, account: account.clone(), proposal: None, stake: 0 },
		AmendmentProposed { group, amendment, account: account.clone() },
		AmendmentVoted { group, amendment, account: account.clone(), aye: true, stake: 5 },
		PeriodClosed { group, next: 9 },
	];
	events.extend(events_of_orders());
	events.extend(OUTCOMES.map(|outcome| Ended {
		group,
		round,
		account: account.clone(),
		outcome,
		measured: Some(Score(5)),
		reward: 1,
		slashed: 0,
	}));
	events.extend(verdicts().into_iter().map(|verdict| Checked { group, proposal, version: 1, verdict }));
	events.extend(proposal_endings().into_iter().map(|ending| ProposalEnded {
		group,
		proposal,
		account: account.clone(),
		ending,
		reward: 1,
		slashed: 0,
	}));
	events.extend(amendment_endings().map(|ending| AmendmentEnded { group, amendment, ending }));
	events
}

fn events_of_orders() -> [ChainEvent; 8] {
	use ChainEvent::*;
	let (group, round, account, until, free) = (0, 1, account(), 5, 77);
	let (from, target) = (Score(300), Score(200));
	[
		Ordered { group, account: account.clone(), amount: 9, price: 1, bonus: 0, from, target, until },
		OrderPaid { group, round, account: account.clone(), gain: 5, amount: 5, bonus: 0, left: 4 },
		OrderCancelled { group, account: account.clone(), until, free },
		OrderPaused { group, account: account.clone(), until, free },
		OrderDisplaced { group, account: account.clone(), until, free },
		OrderSpent { group, account: account.clone() },
		OrderFulfilled { group, account: account.clone(), refunded: 0 },
		OrderRefunded { group, account, amount: u128::MAX },
	]
}

#[test]
fn messages_are_as_it_says() {
	let subscriptions = &schema::document()["subscriptions"];
	for name in ["training_subscribeEvents", "training_subscribeVotes"] {
		let validator = validator(&subscriptions[name]["message"]);
		// One event at a time, so that a failure names it.
		for event in events() {
			assert_valid(&validator, &BlockEvents { block: 5, hash: hash(), events: vec![event] });
		}
	}
	let topic = validator(&subscriptions["training_subscribeEvents"]["params"]);
	let topics = [EventTopic::Rounds, EventTopic::Votes, EventTopic::Orders, EventTopic::All];
	for topics in topics.map(Some).into_iter().chain([None]) {
		assert_valid(&topic, &json!({ "group": 0, "finalized": null, "topic": topics }));
	}
	assert!(!topic.is_valid(&json!({ "topic": "none" })));
}

#[test]
fn what_no_node_answers_is_refused() {
	let validator = result("training_stake");
	let stake = json!({
		"group": 0, "account": account(), "stake": "5", "pending": "0", "total": "9", "unstaking": [],
		"delta": null, "amendments": [],
	});
	assert_valid(&validator, &stake);
	let with = |name: &str, value: Value| {
		let mut changed = stake.clone();
		changed[name] = value;
		changed
	};
	assert!(validator.is_valid(&with("added", json!(1))), "fields are added");
	for wrong in [
		with("stake", json!(5)),
		with("stake", json!("-5")),
		with("account", json!("0x0707")),
		with("delta", json!("3")),
		with("group", json!(-1)),
		with("amendments", json!(null)),
	] {
		assert!(!validator.is_valid(&wrong), "{wrong}");
	}
	let mut lacking = stake.clone();
	lacking.as_object_mut().unwrap().remove("delta");
	assert!(!validator.is_valid(&lacking));
	let verdict = json!([{ "verdict": "valid", "added": 1 }]);
	let mut proposals = serde_json::to_value([proposal(None, None)]).unwrap();
	let proposal_validator = result("training_proposals");
	assert!(proposal_validator.is_valid(&proposals));
	proposals[0]["check"] = verdict;
	assert!(!proposal_validator.is_valid(&proposals));
	let round = validator_of_params("training_round");
	assert!(round.is_valid(&json!({ "group": 0, "round": 3 })));
	assert!(!round.is_valid(&json!({ "group": 0 })));
	assert!(!round.is_valid(&json!({ "group": 0, "round": 3, "at": "best" })));
}

fn validator_of_params(method: &str) -> Validator {
	validator(&schema::document()["methods"][method]["params"])
}
