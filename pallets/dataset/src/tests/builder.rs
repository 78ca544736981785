//! Helpers that propose, vote for and check deltas, all in group 0.

use crate::{
	attest_payload,
	mock::{
		account, apply, evaluator, model, run_to, signed, Dataset, Groups, RuntimeEvent, System, Test,
		PROPOSAL_DEPOSIT,
	},
	open_payload, Call, Check, Checks, Ended, EndedCount, Event, ProposalOf, Proposals,
};
use codec::Encode;
use descent_protocol::{
	announcement_hash, check_hash, view::ProposalEnding, Change, ContentRef, DeltaFault, DeltaReport,
	DeltaVerdict, ProposalId, RowProblem, Salt,
};
use frame_support::{assert_ok, pallet_prelude::InvalidTransaction, storage::with_storage_layer};
use sp_core::{Pair, H256};
use sp_runtime::{AccountId32, DispatchResult};

/// Everybody's salt.
pub(crate) const SALT: Salt = [7; 32];
/// The deposit of a small delta.
pub(crate) const DEPOSIT: u128 = PROPOSAL_DEPOSIT + 7;
pub(crate) const MALFORMED: DeltaVerdict = DeltaVerdict::Invalid(DeltaFault::Malformed);
pub(crate) const DUPLICATE: DeltaFault = DeltaFault::Row { row: 3, problem: RowProblem::Duplicate };

/// A delta.
pub(crate) fn delta(number: u32) -> ContentRef {
	ContentRef::raw(&number.encode()).unwrap()
}

pub(crate) fn report(added: u64) -> DeltaReport {
	DeltaReport { added, removed: 0, records: 100 + added, root: H256::from_low_u64_be(added) }
}

pub(crate) fn valid(added: u64) -> DeltaVerdict {
	DeltaVerdict::Valid(report(added))
}

/// Returns the valid verdict of the committee on a proposal, for the first model.
pub(crate) fn found(version: u32, added: u64) -> Option<(u32, ContentRef, DeltaReport)> {
	Some((version, model(), report(added)))
}

pub(crate) fn other_model() -> ContentRef {
	ContentRef::raw(b"other").unwrap()
}

/// Proposes and approves another model, which the group has after the next close if that is by more than 2/3
/// of all stake.
pub(crate) fn forks(number: u8, model: ContentRef) {
	let changes = vec![Change::Model { model }].try_into().unwrap();
	let summary = b"fork".to_vec().try_into().unwrap();
	assert_ok!(Groups::propose_amendment(signed(number), 0, changes, summary));
}

pub(crate) fn stake(number: u8, amount: u128) {
	assert_ok!(Groups::stake(signed(number), 0, amount));
}

pub(crate) fn unstake(number: u8, amount: u128) {
	assert_ok!(Groups::unstake(signed(number), 0, amount));
}

/// Lets blocks pass.
pub(crate) fn pass(blocks: u32) {
	run_to(System::block_number() + blocks);
}

pub(crate) fn announcement(number: u8, delta: ContentRef) -> H256 {
	announcement_hash(Dataset::genesis(), 0, &account(number), delta.digest, &SALT)
}

pub(crate) fn announce(number: u8, delta: ContentRef) -> DispatchResult {
	let hash = announcement(number, delta);
	with_storage_layer(|| Dataset::announce(signed(number), 0, hash))
}

/// Proposes what was announced before, on the version that there is.
pub(crate) fn propose_announced(number: u8, delta: ContentRef) -> DispatchResult {
	propose_on(number, Dataset::version(0), delta)
}

pub(crate) fn propose_on(number: u8, base: u32, delta: ContentRef) -> DispatchResult {
	let provider = b"http://10.0.0.1".to_vec().try_into().unwrap();
	let providers = vec![provider].try_into().unwrap();
	let summary = b"more of it".to_vec().try_into().unwrap();
	with_storage_layer(|| Dataset::propose(signed(number), 0, base, delta, providers, summary, SALT))
}

/// Announces a delta in this block and proposes it in the next.
pub(crate) fn propose(number: u8, delta: ContentRef) -> ProposalId {
	assert_ok!(announce(number, delta));
	pass(1);
	assert_ok!(propose_announced(number, delta));
	crate::NextProposal::<Test>::get(0) - 1
}

pub(crate) fn vote(number: u8, proposal: ProposalId) {
	assert_ok!(Dataset::vote(signed(number), 0, proposal));
}

pub(crate) fn proposal(id: ProposalId) -> ProposalOf<Test> {
	Proposals::<Test>::get(0, id).expect("the proposal is open")
}

pub(crate) fn check_of(id: ProposalId) -> Check<AccountId32> {
	Checks::<Test>::get(0, id).expect("the proposal is open")
}

pub(crate) fn ayes(id: ProposalId) -> u128 {
	proposal(id).ayes
}

/// Returns the ending of a proposal, or `None` while it is open.
pub(crate) fn ending(id: ProposalId) -> Option<ProposalEnding> {
	let mut ended = Ended::<Test>::iter_prefix_values(0);
	let ending = ended.find(|ended| ended.id == id).map(|ended| ended.ending);
	assert_ne!(ending.is_some(), Proposals::<Test>::contains_key(0, id));
	ending
}

/// Returns the number of ended proposals.
pub(crate) fn ended() -> u32 {
	EndedCount::<Test>::get(0)
}

/// Returns the reward and the loss of the proposer of an ended proposal.
pub(crate) fn costs(id: ProposalId) -> (u128, u128) {
	let events = System::events().into_iter().rev();
	let mut costs = events.filter_map(|record| match record.event {
		RuntimeEvent::Dataset(Event::ProposalEnded { proposal, reward, slashed, .. }) if proposal == id => {
			Some((reward, slashed))
		}
		_ => None,
	});
	let found = costs.next().expect("the proposal has ended in this block");
	assert_eq!(costs.next(), None, "a proposal ends once");
	found
}

/// The validator that has a place in the committee.
fn validator(member: u32) -> u8 {
	u8::try_from(200 + member).unwrap()
}

/// The hash of a member's verdict in an attempt of the check that there is.
pub(crate) fn hash_of(id: ProposalId, attempt: u32, member: u32, verdict: &DeltaVerdict) -> H256 {
	let version = Checks::<Test>::get(0, id).map_or(1, |check| check.version);
	let key = evaluator(validator(member)).public();
	check_hash(Dataset::genesis(), 0, id, version, attempt, &key, verdict, &SALT)
}

pub(crate) fn attest_call(id: ProposalId, attempt: u32, member: u32, verdict: &DeltaVerdict) -> Call<Test> {
	let hash = hash_of(id, attempt, member, verdict);
	let version = Checks::<Test>::get(0, id).map_or(1, |check| check.version);
	let payload = attest_payload(Dataset::genesis(), 0, id, version, attempt, member, hash);
	Call::attest {
		group: 0,
		proposal: id,
		attempt,
		member,
		hash,
		signature: evaluator(validator(member)).sign(&payload),
	}
}

pub(crate) fn open_call(id: ProposalId, attempt: u32, member: u32, verdict: &DeltaVerdict) -> Call<Test> {
	let hash = hash_of(id, attempt, member, verdict);
	let version = Checks::<Test>::get(0, id).map_or(1, |check| check.version);
	let payload = open_payload(Dataset::genesis(), 0, id, version, attempt, member, hash);
	Call::open {
		group: 0,
		proposal: id,
		attempt,
		member,
		verdict: *verdict,
		salt: SALT,
		signature: evaluator(validator(member)).sign(&payload),
	}
}

/// Checks that neither the pool nor a block admits a call, and that it has no effect.
pub(crate) fn refuses(call: Call<Test>, reason: InvalidTransaction) {
	assert_eq!(crate::mock::validate(call.clone()), Err(reason.into()));
	let checks = || Checks::<Test>::iter().collect::<Vec<_>>();
	let before = checks();
	assert_eq!(apply(call), Err(reason.into()));
	assert_eq!(checks(), before);
}

/// Goes to the attest window of an attempt, or to its open window, unless the chain is there.
pub(crate) fn go_to_window(id: ProposalId, attempt: u32, is_attesting: bool) {
	let check = Checks::<Test>::get(0, id).unwrap();
	let is_there = |block| {
		let phase = check.phase(block);
		phase.is_some_and(|phase| (phase.attempt, phase.is_attesting) == (attempt, is_attesting))
	};
	let now = System::block_number();
	let block = (now..now + 10_000).find(|block| is_there(*block));
	run_to(block.expect("the window is yet to come"));
}

/// Members attest in an attempt, the first of them to the first verdict and so on.
pub(crate) fn attests(id: ProposalId, attempt: u32, verdicts: &[Option<DeltaVerdict>]) {
	go_to_window(id, attempt, true);
	for (member, verdict) in (0..).zip(verdicts) {
		if let Some(verdict) = verdict {
			assert_eq!(apply(attest_call(id, attempt, member, verdict)), Ok(Ok(())));
		}
	}
}

/// Members attest and open in an attempt. What comes after the decision is refused.
pub(crate) fn checks_in(id: ProposalId, attempt: u32, verdicts: &[Option<DeltaVerdict>]) {
	attests(id, attempt, verdicts);
	opens(id, attempt, verdicts);
}

/// Members open their attestations. What comes after the decision is refused.
pub(crate) fn opens(id: ProposalId, attempt: u32, verdicts: &[Option<DeltaVerdict>]) {
	go_to_window(id, attempt, false);
	for (member, verdict) in (0..).zip(verdicts) {
		let is_decided = Checks::<Test>::get(0, id).is_none_or(|check| check.is_decided);
		if let Some(verdict) = verdict {
			let opened = apply(open_call(id, attempt, member, verdict));
			assert_eq!(opened.is_err(), is_decided, "{opened:?}");
		}
	}
}

/// The four members attest and open in the first attempt.
pub(crate) fn checks(id: ProposalId, verdicts: [DeltaVerdict; 4]) {
	checks_in(id, 0, &verdicts.map(Some));
}

/// All four members find deltas valid that were proposed in the same few blocks, in the first attempt.
pub(crate) fn pass_all(ids: &[ProposalId]) {
	let verdicts = |id: ProposalId| [Some(valid(u64::from(id) + 1)); 4];
	for id in ids {
		attests(*id, 0, &verdicts(*id));
	}
	for id in ids {
		opens(*id, 0, &verdicts(*id));
		assert!(proposal(*id).report_on(Dataset::version(0), &check_of(*id).model).is_some());
	}
}

/// All four members find a delta valid in the first attempt.
pub(crate) fn passes(id: ProposalId) {
	pass_all(&[id]);
}

/// Goes to the block in which the voting period closes.
pub(crate) fn closes() {
	run_to(Groups::closes(0).unwrap());
}
