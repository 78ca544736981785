use super::{announce, announcement, delta, pass, propose, propose_announced, DEPOSIT, SALT};
use crate::{
	mock::{
		account, build_and_execute, free, run_to, signed, Balances, Dataset, System, Test,
		ANNOUNCEMENT_DEPOSIT, ANNOUNCEMENT_LIFETIME, ENDOWMENT,
	},
	Announcements, Error, Event,
};
use frame_support::{assert_noop, assert_ok};
use sp_core::H256;

#[test]
fn an_announcement_holds_its_deposit_until_the_proposal() {
	build_and_execute(|| {
		assert_ok!(announce(1, delta(1)));
		let (group, account_1) = (0, account(1));
		System::assert_last_event(Event::Announced { group, account: account_1.clone() }.into());
		assert_eq!(free(1), ENDOWMENT - ANNOUNCEMENT_DEPOSIT);
		pass(1);
		assert_ok!(propose_announced(1, delta(1)));
		assert_eq!(free(1), ENDOWMENT - DEPOSIT);
		assert!(!Announcements::<Test>::contains_key(0, account_1));
	});
}

#[test]
fn a_proposal_follows_its_announcement_in_a_later_block_and_in_time() {
	build_and_execute(|| {
		assert_noop!(propose_announced(1, delta(1)), Error::<Test>::NotAnnounced);
		assert_ok!(announce(1, delta(1)));
		assert_noop!(propose_announced(1, delta(1)), Error::<Test>::AnnouncementTooRecent);
		pass(ANNOUNCEMENT_LIFETIME);
		assert_ok!(announce(2, delta(2)));
		pass(1);
		assert_noop!(propose_announced(1, delta(1)), Error::<Test>::AnnouncementExpired);
		pass(ANNOUNCEMENT_LIFETIME - 1);
		assert_ok!(propose_announced(2, delta(2)));
	});
}

#[test]
fn nothing_else_can_be_proposed_than_what_was_announced() {
	build_and_execute(|| {
		assert_ok!(announce(1, delta(1)));
		pass(1);
		assert_noop!(propose_announced(1, delta(2)), Error::<Test>::AnnouncementMismatch);
		let summary = || b"more".to_vec().try_into().unwrap();
		let other_salt = [0; 32];
		assert_noop!(
			Dataset::propose(signed(1), 0, 1, delta(1), Default::default(), summary(), other_salt),
			Error::<Test>::AnnouncementMismatch
		);
		assert_ok!(Dataset::announce(signed(2), 0, announcement(1, delta(1))));
		pass(1);
		assert_noop!(
			Dataset::propose(signed(2), 0, 1, delta(1), Default::default(), summary(), SALT),
			Error::<Test>::AnnouncementMismatch
		);
	});
}

#[test]
fn one_announcement_at_a_time() {
	build_and_execute(|| {
		assert_noop!(Dataset::announce(signed(1), 1, H256::zero()), Error::<Test>::UnknownGroup);
		assert_ok!(announce(1, delta(1)));
		pass(ANNOUNCEMENT_LIFETIME);
		assert_noop!(announce(1, delta(1)), Error::<Test>::AlreadyAnnounced);
		assert_ok!(propose_announced(1, delta(1)));
	});
}

#[test]
fn who_was_refused_announces_something_else_and_pays_for_the_first() {
	build_and_execute(|| {
		propose(2, delta(1));
		assert_ok!(announce(1, delta(1)));
		pass(1);
		assert_noop!(propose_announced(1, delta(1)), Error::<Test>::AlreadyProposed);
		let issuance = Balances::total_issuance();
		assert_ok!(announce(1, delta(2)));
		System::assert_has_event(
			Event::Forfeited { group: 0, account: account(1), slashed: ANNOUNCEMENT_DEPOSIT }.into(),
		);
		assert_eq!(Balances::total_issuance(), issuance - ANNOUNCEMENT_DEPOSIT);
		assert_noop!(propose_announced(1, delta(2)), Error::<Test>::AnnouncementTooRecent);
		pass(1);
		assert_ok!(propose_announced(1, delta(2)));
		assert_eq!(free(1), ENDOWMENT - ANNOUNCEMENT_DEPOSIT - DEPOSIT);
	});
}

#[test]
fn who_never_proposes_what_it_announced_pays_for_it() {
	build_and_execute(|| {
		assert_ok!(announce(1, delta(1)));
		let issuance = Balances::total_issuance();
		pass(ANNOUNCEMENT_LIFETIME + 1);
		assert_ok!(announce(1, delta(1)));
		System::assert_has_event(
			Event::Forfeited { group: 0, account: account(1), slashed: ANNOUNCEMENT_DEPOSIT }.into(),
		);
		assert_eq!(Balances::total_issuance(), issuance - ANNOUNCEMENT_DEPOSIT);
		assert_eq!(free(1), ENDOWMENT - 2 * ANNOUNCEMENT_DEPOSIT);
		pass(1);
		assert_ok!(propose_announced(1, delta(1)));
		assert_eq!(free(1), ENDOWMENT - ANNOUNCEMENT_DEPOSIT - DEPOSIT);
	});
}

#[test]
fn who_cannot_pay_announces_nothing() {
	build_and_execute(|| {
		run_to(2);
		assert!(announce(200, delta(1)).is_err());
		propose(1, delta(1));
	});
}
