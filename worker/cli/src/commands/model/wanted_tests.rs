use super::*;
use crate::fixtures;
use descent_client::AccountId;
use descent_protocol::{
	view::{CandidateView, RevealView},
	Phase, Score, Windows,
};

fn account(byte: u8) -> AccountId {
	AccountId::new([byte; 32])
}

/// The round 2 of the fixtures' group, which account 1 has won with the content `weights`.
pub(in crate::commands::model) fn round() -> RoundView {
	let reveal = |byte: u8, content: &[u8]| CandidateView {
		account: account(byte),
		commitment: Default::default(),
		deposit: 0,
		reveal: Some(RevealView {
			checkpoint: ContentRef::raw(content).unwrap(),
			claim: Score(71_234),
			providers: vec!["http://trainer".into(), "http://b".into()],
		}),
		measured: Some(Score(71_234)),
		tally: None,
		outcome: None,
		reward: 0,
		slashed: 0,
	};
	RoundView {
		group: 7,
		round: 2,
		phase: Phase::Settle,
		windows: Windows { commit: 0..1, seed: 1, reveal: 1..2, attest: 2..3, open: 3..4, settle: 4 },
		model_version: 0,
		dataset_version: 2,
		minimum_improvement: 0,
		seed: None,
		dithered: true,
		settled: true,
		baseline: None,
		winner: Some(account(1)),
		candidates: vec![reveal(2, b"others"), reveal(1, b"weights")],
		committee: Vec::new(),
		block: 70,
	}
}

/// The winner of [`round`] as the head of the fixtures' group.
pub(in crate::commands::model) fn wanted() -> Wanted {
	let group = fixtures::group();
	let head = winner(&group, &round()).unwrap();
	Wanted { group, head, round: Some(round()), providers: vec!["http://mine".into()], allow_private: false }
}

#[test]
fn the_winner_of_a_round_is_what_its_committee_measured() {
	let head = winner(&fixtures::group(), &round()).unwrap();
	assert_eq!((head.checkpoint, head.round), (ContentRef::raw(b"weights").unwrap(), 2));
	assert_eq!((head.score, head.account), (Score(71_234), account(1)));
	let refused = |round: RoundView| winner(&fixtures::group(), &round).unwrap_err().to_string();
	assert!(refused(RoundView { settled: false, ..round() }).contains("not settled yet"));
	assert!(refused(RoundView { winner: None, ..round() }).contains("nobody has won round 2"));
	let other = refused(RoundView { model_version: 1, ..round() });
	let reference = Reference::from(head.checkpoint).to_string();
	assert!(other.contains("was about model 1") && other.contains(&reference), "{other}");
}

#[test]
fn the_trainer_is_asked_first() {
	let providers = wanted().providers();
	assert_eq!(providers, ["http://trainer", "http://b", "http://a", "http://mine"]);
}
