use super::*;
use crate::{
	view::{AmendmentEnding, GroupViewV3, HeadView, RevealView},
	Change, Clock, ContentRef, EvaluationPolicy, Majority, Metric, OptionalRules, Outcome, Phase, Score,
	Share, Shares,
};
use alloc::{string::String, vec};
use codec::{DecodeAll, Encode};
use sp_core::H256;

const CLOCK: Clock = Clock { first: 0, start: 4, length: 12, reveal: 3, attest: 5, open: 2 };
const TOLERANCE: u64 = 0x0123_4567_89ab_cdef;

fn account(number: u8) -> AccountId32 {
	AccountId32::new([number; 32])
}

fn content() -> ContentRef {
	ContentRef::raw(b"descent").unwrap()
}

fn providers() -> Vec<String> {
	vec!["http://h".into(), "https://h:1/p".into()]
}

/// A head as versions 1 to 3 encode it.
fn head_v3(head: HeadView) -> impl Encode {
	let HeadView { model_version, round, account, checkpoint, score, measured_on: _, providers } = head;
	(model_version, round, account, checkpoint, score, providers)
}

#[test]
fn a_group_is_read_as_versions_2_and_3_wrote_it() {
	let head = HeadView {
		model_version: 1,
		round: 6,
		account: account(2),
		checkpoint: content(),
		score: Score(3),
		measured_on: None,
		providers: providers(),
	};
	let view = GroupView {
		id: 7,
		owner: account(1),
		name: "digits".into(),
		model: content(),
		model_version: 1,
		dataset_version: 2,
		dataset_root: H256::repeat_byte(3),
		providers: providers(),
		metric: Metric::Error,
		policy: EvaluationPolicy::Validation { set: content(), records: 5 },
		minimum_improvement: 1_000,
		target: Some(Score(9)),
		clock: CLOCK,
		deposit: 11,
		shares: Shares::default(),
		head: Some(head),
		voting_period: 13,
		quorum: Share::percent(20),
		stake: 15,
		closes: 16,
		block: 17,
		round: Some(18),
		settled: None,
		optional_rules: OptionalRules::default(),
	};
	let GroupView { id, owner, name, model, model_version, dataset_version, dataset_root, .. } = view.clone();
	let GroupView { providers, metric, policy, minimum_improvement, target, clock, .. } = view.clone();
	let GroupView { deposit, shares, head, voting_period, quorum, stake, closes, .. } = view.clone();
	let head = head.map(head_v3);
	let bytes = |tolerance: &[u8]| {
		[
			(id, &owner, &name, model, model_version, dataset_version, dataset_root).encode(),
			(&providers, metric, policy).encode(),
			tolerance.to_vec(),
			(minimum_improvement, target, clock).encode(),
			(deposit, shares, &head, voting_period, quorum, stake, closes).encode(),
			(view.block, view.round, view.settled).encode(),
		]
		.concat()
	};
	let version_2 = bytes(&TOLERANCE.encode());
	assert_eq!(GroupViewV2::decode_all(&mut &version_2[..]), Ok(GroupViewV2(view.clone())));
	assert_eq!(GroupViewV3::decode_all(&mut &bytes(&[])[..]), Ok(GroupViewV3(view.clone())));
}

#[test]
fn a_round_is_read_as_version_2_wrote_it() {
	let candidate = CandidateView {
		account: account(1),
		commitment: H256::repeat_byte(2),
		deposit: 3,
		reveal: Some(RevealView { checkpoint: content(), claim: Score(4), providers: providers() }),
		measured: Some(Score(5)),
		tally: Some(Tally { matches: 6, mismatches: 7, unavailable: 8, invalid: 9, ill_conditioned: 0 }),
		outcome: Some(Outcome::Refuted),
		reward: 10,
		slashed: 11,
	};
	let view = RoundView {
		group: 1,
		round: 2,
		phase: Phase::Settle,
		windows: CLOCK.windows(2).unwrap(),
		model_version: 3,
		dataset_version: 4,
		minimum_improvement: 5,
		seed: Some(H256::repeat_byte(6)),
		dithered: false,
		settled: true,
		baseline: Some(Score(7)),
		winner: Some(account(8)),
		candidates: vec![candidate.clone(), CandidateView { tally: None, ..candidate.clone() }],
		committee: vec![MemberView { account: account(9), attested: true, opened: false }],
		block: 10,
	};
	let CandidateView { account, commitment, deposit, reveal, measured, outcome, reward, slashed, .. } =
		candidate;
	let head = (account, commitment, deposit, reveal, measured).encode();
	let tail = (outcome, reward, slashed).encode();
	let tally = Some((6u32, 7u32, 8u32, 9u32)).encode();
	let candidates = [vec![2 << 2], head.clone(), tally, tail.clone(), head, vec![0], tail].concat();
	let RoundView { group, round, phase, windows, model_version, dataset_version, .. } = view.clone();
	let RoundView { minimum_improvement, seed, settled, baseline, winner, committee, block, .. } =
		view.clone();
	let bytes = [
		(group, round, phase, windows, model_version, dataset_version).encode(),
		(TOLERANCE, minimum_improvement, seed, settled, baseline, winner).encode(),
		candidates,
		(committee, block).encode(),
	];
	assert_eq!(RoundViewV2::decode_all(&mut &bytes.concat()[..]), Ok(RoundViewV2(view.clone())));
	assert_eq!(view.rounding(H256::zero()), crate::Rounding::HalfEven);
}

#[test]
fn an_amendment_is_read_as_version_2_wrote_it() {
	let view = AmendmentView {
		group: 1,
		id: 2,
		proposer: account(3),
		changes: vec![Change::Quorum { share: Share(4) }],
		summary: "stricter".into(),
		deposit: 5,
		block: 6,
		ayes: 7,
		majority: Majority::Half,
		lost: 8,
		ending: Some(AmendmentEnding::Adopted { from: 9 }),
	};
	let AmendmentView { group, id, proposer, summary, deposit, block, .. } = view.clone();
	let AmendmentView { ayes, majority, lost, ending, .. } = view.clone();
	let bytes = [
		(group, id, proposer).encode(),
		[vec![2 << 2], (3u8, TOLERANCE).encode(), (1u8, 4u32).encode()].concat(),
		(summary, deposit, block, ayes, majority, lost, ending).encode(),
	];
	assert_eq!(AmendmentViewV2::decode_all(&mut &bytes.concat()[..]), Ok(AmendmentViewV2(view)));
}
