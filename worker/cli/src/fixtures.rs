//! Views that several tests print.

use descent_client::AccountId;
use descent_protocol::{view::GroupView, Clock, ContentRef, EvaluationPolicy, Metric, Share};

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
