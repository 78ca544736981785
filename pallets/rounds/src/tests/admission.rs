//! The transactions for which blocks keep room, and what makes them valid.

use super::{builder::SALT, checkpoint, Round};
use crate::{
	mock::{account, build_and_execute, run_to, Rounds as Pallet, Test, DEPOSIT},
	Call, Error,
};
use codec::Encode;
use descent_protocol::{ContentRef, Salt, Score};
use frame_support::{
	assert_ok,
	dispatch::{DispatchClass, GetDispatchInfo},
	pallet_prelude::{InvalidTransaction, TransactionValidity},
};

fn reveal(number: u8, checkpoint: ContentRef, salt: Salt) -> TransactionValidity {
	let (claim, providers) = (Score(70), Default::default());
	let call = Call::reveal { group: 0, round: 0, checkpoint, salt, claim, providers };
	assert_eq!(call.get_dispatch_info().class, DispatchClass::Operational);
	Pallet::validity(&account(number), &call)
}

fn settle(group: u32, round: u32) -> TransactionValidity {
	let call = Call::<Test>::settle { group, round };
	assert_eq!(call.get_dispatch_info().class, DispatchClass::Operational);
	Pallet::validity(&account(9), &call)
}

fn refused(reason: InvalidTransaction) -> TransactionValidity {
	Err(reason.into())
}

/// The refusal of a call that would fail, which names the error.
fn fails(error: Error<Test>) -> TransactionValidity {
	refused(InvalidTransaction::Custom(error.encode()[0]))
}

#[test]
fn a_reveal_is_valid_once_in_its_window_for_whom_has_committed_to_it() {
	build_and_execute(|| {
		let own = || reveal(1, checkpoint(1, 0), SALT);
		let round = Round::new().commits(&[1, 2]);
		assert_eq!(own(), fails(Error::WrongPhase));
		run_to(22);
		assert_eq!(own(), fails(Error::WrongPhase));
		run_to(23);
		let valid = own().unwrap();
		assert_eq!((valid.longevity, valid.provides.len()), (3, 1));
		assert_ne!(valid.provides, reveal(2, checkpoint(2, 0), SALT).unwrap().provides);
		for (junk, error) in [
			(reveal(1, checkpoint(2, 0), SALT), Error::CommitmentMismatch),
			(reveal(1, checkpoint(1, 0), [8; 32]), Error::CommitmentMismatch),
			(reveal(3, checkpoint(3, 0), SALT), Error::NotCommitted),
			(reveal(3, checkpoint(1, 0), SALT), Error::NotCommitted),
		] {
			assert_eq!(junk, fails(error));
		}
		assert_ok!(round.reveal(1, 70));
		assert_eq!(own(), fails(Error::AlreadyRevealed));
		run_to(25);
		assert_eq!(reveal(2, checkpoint(2, 0), SALT).unwrap().longevity, 1);
		run_to(26);
		assert_eq!(reveal(2, checkpoint(2, 0), SALT), fails(Error::WrongPhase));
	});
}

#[test]
fn a_valid_reveal_succeeds() {
	build_and_execute(|| {
		let round = Round::new().commits(&[1, 2]).at(|windows| windows.reveal.start);
		for number in [1, 2] {
			assert_ok!(reveal(number, checkpoint(number, 0), SALT));
			assert_ok!(round.reveal(number, 70));
		}
	});
}

#[test]
fn a_settlement_is_valid_while_a_round_is_due() {
	build_and_execute(|| {
		let round = Round::new().commits(&[1]);
		super::commit::fill_agenda(33);
		super::commit::fill_agenda(34);
		assert_eq!(settle(0, 0), fails(Error::WrongPhase));
		run_to(32);
		assert_eq!(settle(0, 0), fails(Error::WrongPhase));
		run_to(33);
		assert_eq!((settle(0, 1), settle(1, 0)), (fails(Error::NotUnsettled), fails(Error::UnknownGroup)));
		if round.stored().settled.is_none() {
			assert_ok!(settle(0, 0));
			assert_ok!(round.nudge(9));
		}
		assert_eq!(
			settle(0, 0),
			fails(Error::NotUnsettled),
			"another trainer was faster, and this one pays nothing"
		);
	});
}

#[test]
fn other_calls_are_none_of_these() {
	build_and_execute(|| {
		run_to(10);
		let commitment = Round::new().commitment(1);
		let commit = Call::commit { group: 0, round: 0, commitment, deposit: DEPOSIT };
		assert_eq!(commit.get_dispatch_info().class, DispatchClass::Normal);
		assert_eq!(Pallet::validity(&account(1), &commit), refused(InvalidTransaction::Call));
	});
}
