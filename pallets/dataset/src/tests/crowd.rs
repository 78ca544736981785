//! Random crowds: whatever proposers, stakeholders and members do, in whatever order, the state stays
//! consistent.

use super::{
	announce, attest_call, delta, open_call, other_model, pass, propose_announced, valid, DUPLICATE,
	MALFORMED,
};
use crate::{
	mock::{
		apply, build_and_execute, check_state, model, run_to, signed, start_session, Dataset, Groups,
		Observed, Paid, Payment, Test,
	},
	Open, OpenChecks,
};
use descent_protocol::{Change, DeltaVerdict, Performance, ProposalId};
use frame_support::storage::with_storage_layer;
use proptest::{collection::vec, prelude::*};

/// A call of an account, or another act. Accounts are 1 to 8. Many of these calls fail.
#[derive(Clone, Debug)]
enum Act {
	Stake(u8, u128),
	Unstake(u8, u128),
	Announce(u8, u32),
	/// Proposes the announced delta, for the current version or the one before.
	Propose(u8, u32, bool),
	Vote(u8, ProposalId),
	WithdrawVote(u8),
	WithdrawProposal(u8, ProposalId),
	/// The committee attests or opens its verdict on every open proposal, as the phase requires.
	Check,
	Session(u8),
	/// One of two models.
	Fork(u8, bool),
	Pass(u32),
	Close,
}

fn acts() -> impl Strategy<Value = Act> {
	let who = || 1..9u8;
	prop_oneof![
		4 => (who(), 10..90u128).prop_map(|(who, amount)| Act::Stake(who, amount)),
		2 => (who(), 1..90u128).prop_map(|(who, amount)| Act::Unstake(who, amount)),
		2 => (who(), 1..20u32).prop_map(|(who, delta)| Act::Announce(who, delta)),
		6 => (who(), 1..20u32, any::<bool>()).prop_map(|(who, delta, anew)| Act::Propose(who, delta, anew)),
		6 => (who(), 0..3u32).prop_map(|(who, id)| Act::Vote(who, id)),
		1 => who().prop_map(Act::WithdrawVote),
		2 => (who(), 0..6u32).prop_map(|(who, id)| Act::WithdrawProposal(who, id)),
		16 => Just(Act::Check),
		1 => (200..203u8).prop_map(Act::Session),
		1 => (who(), any::<bool>()).prop_map(|(who, other)| Act::Fork(who, other)),
		8 => (1..7u32).prop_map(Act::Pass),
		1 => Just(Act::Close),
	]
}

/// Returns the verdict of a member, which is mostly that of the others.
fn verdict(id: ProposalId, version: u32, attempt: u32, member: u32) -> DeltaVerdict {
	match (id + version + attempt, member) {
		(_, 3) => DeltaVerdict::Unavailable,
		(mixed, _) if mixed % 5 == 3 => DeltaVerdict::Invalid(DUPLICATE),
		(mixed, _) if mixed % 7 == 4 => DeltaVerdict::Unavailable,
		(mixed, 2) if mixed % 3 == 1 => MALFORMED,
		_ => valid(u64::from(id)),
	}
}

fn check_all() {
	for id in Open::<Test>::get(0) {
		for member in 0..4 {
			let Some(check) = OpenChecks::<Test>::get(0, id) else {
				break;
			};
			let Some(phase) = check.phase(crate::mock::System::block_number()) else {
				break;
			};
			let verdict = verdict(id, check.version, phase.attempt, member);
			let call = match phase.is_attesting {
				true => attest_call(id, phase.attempt, member, &verdict),
				false => open_call(id, phase.attempt, member, &verdict),
			};
			if let Ok(done) = apply(call) {
				done.expect("what is admitted succeeds");
			}
		}
	}
}

fn act(act: Act) {
	let told = (Paid::get(), Observed::get());
	// What fails changes nothing, as in a block.
	let done = with_storage_layer(|| match act {
		Act::Stake(who, amount) => Groups::stake(signed(who), 0, amount),
		Act::Unstake(who, amount) => Groups::unstake(signed(who), 0, amount),
		Act::Announce(who, number) => announce(who, delta(number)),
		Act::Propose(who, number, anew) => {
			if anew {
				announce(who, delta(number))?;
				pass(1);
			}
			propose_announced(who, delta(number))
		}
		Act::Vote(who, id) => Dataset::vote(signed(who), 0, newest(id)),
		Act::WithdrawVote(who) => Dataset::withdraw_vote(signed(who), 0),
		Act::WithdrawProposal(who, id) => Dataset::withdraw_proposal(signed(who), 0, newest(id)),
		Act::Check => {
			check_all();
			Ok(())
		}
		Act::Session(first) => {
			start_session(first..204);
			Ok(())
		}
		Act::Fork(who, other) => {
			let model = if other { other_model() } else { model() };
			let changes = vec![Change::Model { model }].try_into().unwrap();
			Groups::propose_amendment(signed(who), 0, changes, b"fork".to_vec().try_into().unwrap())
		}
		Act::Pass(blocks) => {
			pass(blocks);
			Ok(())
		}
		Act::Close => {
			run_to(Groups::closes(0).unwrap());
			Ok(())
		}
	});
	if done.is_err() {
		Paid::set(told.0);
		Observed::set(told.1);
	}
}

/// One of the newest proposals.
fn newest(back: u32) -> ProposalId {
	crate::NextProposal::<Test>::get(0).saturating_sub(back + 1)
}

/// OpenChecks that the members who decided each check were reported, and that only applied deltas were paid
/// for.
fn assert_told_once() {
	let mut observed = Observed::get().into_iter();
	let mut applied = 0;
	for told in Paid::get() {
		match told {
			Payment::Applied(_, _) => applied += 1,
			Payment::Checked(_, members) => {
				let committee = observed.next().unwrap();
				let sound = committee.iter().filter(|(_, performance)| *performance == Performance::Sound);
				assert!(sound.map(|(member, _)| member).eq(&members));
				assert!(!members.is_empty() && committee.is_sorted_by(|one, next| one.0 < next.0));
			}
		}
	}
	assert_eq!((applied, observed.next()), (Dataset::version(0) - 1, None));
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(150))]

	#[test]
	fn the_state_stays_consistent(crowd in vec(acts(), 1..160)) {
		build_and_execute(|| {
			for next in crowd {
				act(next);
				check_state();
			}
			assert_told_once();
		});
	}
}

/// The crowds above get as far as they should: deltas are applied, refused and lost among them.
#[test]
fn crowds_are_busy() {
	use proptest::{strategy::ValueTree, test_runner::TestRunner};
	let mut runner = TestRunner::deterministic();
	let (mut applied, mut ended) = (0, 0);
	for _ in 0..40 {
		let crowd = vec(acts(), 150).new_tree(&mut runner).unwrap().current();
		build_and_execute(|| {
			crowd.into_iter().for_each(act);
			applied += Dataset::version(0) - 1;
			ended += super::ended();
		});
	}
	assert!(applied >= 5 && ended >= 20, "{applied} of {ended}");
}
