//! Views that several tests print.

use descent_client::{AccountId, UNIT};
use descent_protocol::{
	trace::{Base, Precision, Recipe, RecipeOptimizer, Trace},
	view::{AmendmentView, CheckView, GroupView, ProposalView, RecordingView},
	Change, Clock, ContentRef, DeltaReport, DeltaVerdict, EvaluationPolicy, Majority, Metric, Share,
};

/// A group whose name tries to steer the terminal.
pub(crate) fn group() -> GroupView {
	let content = ContentRef::raw(b"x").unwrap();
	GroupView {
		id: 7,
		owner: AccountId::new([0; 32]),
		name: "mnist\u{7}".into(),
		model: content,
		model_version: 0,
		dataset_version: 2,
		dataset_root: Default::default(),
		providers: vec!["http://a".into(), "http://b".into()],
		metric: Metric::Loss,
		policy: EvaluationPolicy::Validation { set: content, records: 512 },
		minimum_improvement: 1000,
		target: None,
		clock: Clock { first: 0, start: 5, length: 20, reveal: 4, attest: 8, open: 4 },
		deposit: 10_000_000_000_000,
		shares: Default::default(),
		head: None,
		voting_period: 100,
		quorum: Share::percent(20),
		stake: 1_500_000_000_000_000,
		closes: 105,
		block: 70,
		round: Some(3),
		settled: None,
		optional_rules: Default::default(),
	}
}

/// A training in f32 from the initial weights of a seed, of which a segment in its midst is drawn.
pub(crate) fn recording() -> RecordingView {
	let optimizer = RecipeOptimizer::Adam { betas: (900_000, 999_000), weight_decay: 0 };
	let base = Base::Initial { seed: 5 };
	RecordingView {
		recipe: Recipe { base, optimizer, precision: Precision::F32, steps: 200, batch: 64 },
		trace: Trace { root: Default::default(), segments: 140 },
		number: 17,
		rate: 1_000_000,
		start: None,
		end: ContentRef::raw(b"weights").unwrap(),
	}
}

/// An open delta proposal whose check is under way.
pub(crate) fn proposal() -> ProposalView {
	ProposalView {
		group: 7,
		id: 3,
		proposer: AccountId::new([1; 32]),
		delta: ContentRef { size: 12_400_000, ..ContentRef::raw(b"x").unwrap() },
		providers: vec![],
		summary: "digits\u{1b}[2J".into(),
		deposit: 50 * UNIT,
		base: 2,
		block: 60,
		ayes: 500 * UNIT,
		lost: 0,
		check: Some(CheckView {
			version: 2,
			attempt: Some(0),
			until: Some(120),
			decided: None,
			verdicts: vec![],
			committee: 4,
		}),
		ending: None,
	}
}

/// The check of a delta that was found valid.
pub(crate) fn valid() -> CheckView {
	let report = DeltaReport { added: 5_000, removed: 0, records: 9, root: Default::default() };
	let verdict = DeltaVerdict::Valid(report);
	CheckView {
		version: 2,
		attempt: Some(0),
		until: Some(120),
		decided: Some(verdict),
		verdicts: vec![(verdict, 3)],
		committee: 4,
	}
}

/// An amendment whose summary tries to steer the terminal.
pub(crate) fn amendment() -> AmendmentView {
	AmendmentView {
		group: 7,
		id: 2,
		proposer: AccountId::new([1; 32]),
		changes: vec![Change::VotingPeriod { blocks: 20 }, Change::Quorum { share: Share::percent(30) }],
		summary: "faster\u{1b}[2J".into(),
		deposit: UNIT,
		block: 50,
		ayes: 600 * UNIT,
		majority: Majority::Half,
		lost: 1,
		ending: None,
	}
}
