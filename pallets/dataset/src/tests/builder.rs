//! Helpers that propose, vote for and check deltas, all in group 0.

use crate::{
	mock::{
		account, apply, evaluator, model, run_to, signed, Dataset, Groups, RuntimeCall, RuntimeEvent, System,
		Test, PROPOSAL_DEPOSIT,
	},
	Check, Ended, EndedCount, Event, OpenChecks, ProposalOf, Proposals,
};
use codec::Encode;
use descent_protocol::{
	announcement_hash, answer_hash, view::ProposalEnding, Answer, Change, ContentRef, DeltaFault,
	DeltaReport, DeltaVerdict, ProposalId, RowProblem, Salt, TaskId,
};
use frame_support::{assert_ok, pallet_prelude::InvalidTransaction, storage::with_storage_layer};
use pallet_evaluators::{report_payload, Attest, Opening, Report, Tasks};
use sp_core::{Pair, H256};
use sp_runtime::DispatchResult;

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

pub(crate) fn check_of(id: ProposalId) -> Check {
	OpenChecks::<Test>::get(0, id).expect("the proposal is open")
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

/// The task of an attempt at the check that there is.
pub(crate) fn task(id: ProposalId, attempt: u32) -> TaskId {
	let version = OpenChecks::<Test>::get(0, id).map_or(1, |check| check.version);
	TaskId::Delta { group: 0, proposal: id, version, attempt }
}

/// The report with which a validator attests to a verdict at its place in a committee, or opens it.
pub(crate) fn report_by(
	validator: u8,
	task: TaskId,
	member: u32,
	verdict: &DeltaVerdict,
	is_attesting: bool,
) -> RuntimeCall {
	let (pair, answer) = (evaluator(validator), Answer::Delta(*verdict));
	let mut report = Report::new(System::block_number());
	if is_attesting {
		let subject = Dataset::subject(&task).unwrap_or_default();
		let hash = answer_hash(Dataset::genesis(), &task, subject, &pair.public(), &answer, &SALT);
		report.attestations.try_push(Attest { task, member, hash }).unwrap();
	} else {
		report.openings.try_push(Opening { task, member, answer, salt: SALT }).unwrap();
	}
	let signature = pair.sign(&report_payload(Dataset::genesis(), &report));
	pallet_evaluators::Call::report { key: pair.public(), report, signature }.into()
}

pub(crate) fn attest_call(id: ProposalId, attempt: u32, member: u32, verdict: &DeltaVerdict) -> RuntimeCall {
	report_by(validator(member), task(id, attempt), member, verdict, true)
}

pub(crate) fn open_call(id: ProposalId, attempt: u32, member: u32, verdict: &DeltaVerdict) -> RuntimeCall {
	report_by(validator(member), task(id, attempt), member, verdict, false)
}

/// Checks that neither the pool nor a block admits a call, and that it has no effect.
pub(crate) fn refuses(call: RuntimeCall, reason: InvalidTransaction) {
	assert_eq!(crate::mock::validate(call.clone()), Err(reason.into()));
	let attestations = || pallet_evaluators::Attestations::<Test>::iter().collect::<Vec<_>>();
	let before = attestations();
	assert_eq!(apply(call), Err(reason.into()));
	assert_eq!(attestations(), before);
}

/// Goes to the attest window of an attempt, or to its open window, unless the chain is there.
pub(crate) fn go_to_window(id: ProposalId, attempt: u32, is_attesting: bool) {
	let check = OpenChecks::<Test>::get(0, id).unwrap();
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

/// Members attest and open in an attempt, which is decided then.
pub(crate) fn checks_in(id: ProposalId, attempt: u32, verdicts: &[Option<DeltaVerdict>]) {
	attests(id, attempt, verdicts);
	opens(id, attempt, verdicts);
	decides(id, attempt);
}

/// Members open their attestations.
pub(crate) fn opens(id: ProposalId, attempt: u32, verdicts: &[Option<DeltaVerdict>]) {
	go_to_window(id, attempt, false);
	for (member, verdict) in (0..).zip(verdicts) {
		if let Some(verdict) = verdict {
			assert_eq!(apply(open_call(id, attempt, member, verdict)), Ok(Ok(())));
		}
	}
}

/// Goes to the block in which the alarm has an attempt decided.
pub(crate) fn decides(id: ProposalId, attempt: u32) {
	let windows = || OpenChecks::<Test>::get(0, id).and_then(|check| check.windows(attempt));
	let Some(due) = windows().map(|windows| windows.open.end) else {
		return;
	};
	// An alarm for which a block has no room rings in one of the next.
	for delay in 0..5 {
		if windows().is_some() {
			run_to((due + delay).max(System::block_number()));
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
	}
	for id in ids {
		decides(*id, 0);
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
