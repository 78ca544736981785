use super::{
	announce, closes, delta, ending, found, pass, passes, proposal, propose, propose_announced, propose_on,
	stake, vote, DEPOSIT, SALT,
};
use crate::{
	mock::{
		account, build_and_execute, first_delta, free, model, run_to, signed, Dataset, Groups, System, Test,
		ENDOWMENT,
	},
	Error, Event, Log, LogEntry, NextProposal, OpenChecks, Versions,
};
use descent_protocol::{view::ProposalEnding, Codec, ContentRef, MAX_DELTA_SIZE, MAX_LOG};
use frame_support::{assert_noop, assert_ok};
use pallet_groups::Summary;
use sp_core::H256;

#[test]
fn a_proposal_is_kept_and_its_check_begins() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		let kept = proposal(id);
		assert_eq!((id, kept.proposer, kept.delta), (0, account(1), delta(1)));
		assert_eq!((kept.base, kept.announced, kept.block), (1, 1, 2));
		assert_eq!((kept.ayes, kept.lost, kept.valid), (0, 0, None));
		assert_eq!(free(1), ENDOWMENT - DEPOSIT);
		System::assert_has_event(
			Event::Proposed { group: 0, proposal: 0, account: account(1), delta: delta(1) }.into(),
		);
		let check = OpenChecks::<Test>::get(0, id).unwrap();
		assert_eq!((check.version, check.since), (1, 2));
		assert_eq!(Groups::closes(0), Some(61));
		assert_eq!(propose(2, delta(2)), 1);
		assert_eq!(proposal(1).place, 1);
	});
}

#[test]
fn a_larger_delta_takes_a_larger_deposit() {
	build_and_execute(|| {
		let content = |size| ContentRef { digest: H256::repeat_byte(9), codec: Codec::UnixFs, size };
		propose(1, content((1 << 20) + 1));
		assert_eq!(free(1), ENDOWMENT - 1_000 - 2 * 7);
		assert_eq!(Dataset::deposit_for(MAX_DELTA_SIZE), 1_000 + 7 * (16 << 10));
	});
}

#[test]
fn a_delta_has_to_be_of_a_size_that_can_be_checked_within_a_period() {
	build_and_execute(|| {
		let content = |blocks: u64| ContentRef {
			digest: H256::repeat_byte(9),
			codec: Codec::UnixFs,
			size: blocks * (2 << 20),
		};
		// With the ten blocks of a small one's attest window, and five in which it is opened, 60 in all.
		assert_ok!(announce(1, content(45)));
		run_to(61);
		assert_noop!(propose_announced(1, content(45)), Error::<Test>::PeriodTooShort);
		let close = Groups::closes(0).unwrap();
		assert_ok!(propose_announced(1, content(44)));
		let check = OpenChecks::<Test>::get(0, 0).unwrap();
		assert_eq!((check.since, close), (61, 121));
		assert_eq!(check.phase(close - 1).unwrap().attempt, 0);
		assert_eq!(check.phase(close).unwrap().attempt, 1);
	});
}

#[test]
fn only_a_delta_on_the_last_version_can_be_proposed() {
	build_and_execute(|| {
		assert_ok!(announce(1, delta(1)));
		pass(1);
		for base in [0, 2] {
			assert_noop!(propose_on(1, base, delta(1)), Error::<Test>::StaleBase);
		}
		stake(2, 100);
		let id = propose(2, delta(2));
		passes(id);
		closes();
		assert_eq!(Versions::<Test>::get(0), 2);
		assert_noop!(propose_on(1, 1, delta(1)), Error::<Test>::StaleBase);
		assert_ok!(propose_on(1, 2, delta(1)));
	});
}

#[test]
fn malformed_proposals_are_refused() {
	build_and_execute(|| {
		let summary = |text: &[u8]| Summary::truncate_from(text.to_vec());
		let (ok, origin) = (summary(b"more"), || signed(1));
		let propose = |group, delta, provider: &[u8], text: &Summary| {
			let providers = vec![provider.to_vec().try_into().unwrap()].try_into().unwrap();
			Dataset::propose(origin(), group, 1, delta, providers, text.clone(), SALT)
		};
		let provider = &b"http://10.0.0.1"[..];
		assert_noop!(propose(1, delta(1), provider, &ok), Error::<Test>::UnknownGroup);
		let empty = ContentRef { size: 0, ..delta(1) };
		let huge = ContentRef { size: MAX_DELTA_SIZE + 1, codec: Codec::UnixFs, ..delta(1) };
		let foreign = ContentRef { codec: Codec::UnixFs, ..delta(1) };
		for content in [empty, huge, foreign] {
			assert_noop!(propose(0, content, provider, &ok), Error::<Test>::InvalidContent);
		}
		for provider in [&b""[..], b"http://a b", b"\xff", b"http://\x1b[31m", b"ftp://a", b"http://"] {
			assert_noop!(propose(0, delta(1), provider, &ok), Error::<Test>::InvalidProvider);
		}
		for text in [&b""[..], b"\xff", b"\x1b[31m"] {
			assert_noop!(propose(0, delta(1), provider, &summary(text)), Error::<Test>::InvalidSummary);
		}
	});
}

#[test]
fn one_open_proposal_per_account() {
	build_and_execute(|| {
		propose(1, delta(1));
		assert_ok!(announce(1, delta(2)));
		pass(1);
		assert_noop!(propose_announced(1, delta(2)), Error::<Test>::HasProposal);
	});
}

#[test]
fn what_is_applied_cannot_be_proposed_again() {
	build_and_execute(|| {
		assert_ok!(announce(1, first_delta()));
		pass(1);
		assert_noop!(propose_announced(1, first_delta()), Error::<Test>::AlreadyApplied);
	});
}

#[test]
fn a_delta_that_has_ended_can_be_proposed_anew_under_another_number() {
	build_and_execute(|| {
		let first = propose(1, delta(1));
		passes(first);
		closes();
		assert_ok!(Dataset::withdraw_proposal(signed(1), 0, first));
		let second = propose(2, delta(1));
		assert!(second > first);
		assert_eq!(proposal(second).place, 0);
	});
}

#[test]
fn who_cannot_pay_the_deposit_proposes_nothing() {
	build_and_execute(|| {
		assert_ok!(announce(1, delta(1)));
		stake(1, ENDOWMENT - DEPOSIT + 1);
		pass(1);
		assert_noop!(propose_announced(1, delta(1)), sp_runtime::TokenError::FundsUnavailable);
		assert_eq!(NextProposal::<Test>::get(0), 0);
	});
}

#[test]
fn a_full_log_takes_nothing_more() {
	build_and_execute(|| {
		stake(1, 100);
		let id = propose(1, delta(1));
		passes(id);
		let first = Log::<Test>::get(0, 1).unwrap();
		Log::<Test>::insert(0, MAX_LOG, LogEntry { from: 3, ..first.clone() });
		Versions::<Test>::insert(0, MAX_LOG);
		assert_ok!(announce(2, delta(2)));
		pass(1);
		assert_noop!(propose_on(2, MAX_LOG, delta(2)), Error::<Test>::LogFull);
		// One that was proposed while there was room, and found valid on the last version.
		crate::Proposals::<Test>::mutate(0, id, |proposal| {
			let proposal = proposal.as_mut().unwrap();
			proposal.valid = found(MAX_LOG, 1);
		});
		closes();
		assert_eq!(Versions::<Test>::get(0), MAX_LOG);
		assert_eq!(proposal(id).lost, 1);
		crate::Proposals::<Test>::mutate(0, id, |proposal| {
			proposal.as_mut().unwrap().valid = found(1, 1);
		});
		// The state is not consistent with a log that has holes.
		Versions::<Test>::insert(0, 1);
		Log::<Test>::remove(0, MAX_LOG);
		Dataset::begin_check(0, id, &proposal(id), model());
	});
}

#[test]
fn a_proposal_can_be_taken_back_once_it_has_lost_a_period() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		stake(2, 10);
		stake(3, 100);
		vote(2, id);
		passes(id);
		assert_noop!(Dataset::withdraw_proposal(signed(1), 0, id), Error::<Test>::TooEarly);
		run_to(60);
		assert_noop!(Dataset::withdraw_proposal(signed(1), 0, id), Error::<Test>::TooEarly);
		run_to(61);
		assert_noop!(Dataset::withdraw_proposal(signed(2), 0, id), Error::<Test>::NotProposer);
		assert_ok!(Dataset::withdraw_proposal(signed(1), 0, id));
		assert_eq!(ending(id), Some(ProposalEnding::Withdrawn));
		assert_eq!((super::costs(id), free(1)), ((0, 0), ENDOWMENT));
		assert_noop!(Dataset::withdraw_proposal(signed(1), 0, id), Error::<Test>::UnknownProposal);
	});
}
