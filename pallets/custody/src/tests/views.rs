//! The views that clients see.

use super::*;
use crate::mock::{build_and_execute, Pot, ATTEST, DEPOSIT, OPEN};
use descent_protocol::view::{ChainEvent, CustodyCheckView, Page};

#[test]
fn keepers_and_the_check_are_shown() {
	build_and_execute(|| {
		assert_eq!(Custody::custody_view(9), None);
		assert_ok!(keep(1, 300));
		let task = open();
		assert_ok!(Custody::leave(signed(1), 0));
		let view = Custody::custody_view(0).unwrap();
		assert_eq!((view.group, view.checks, view.due, view.deposit), (0, 1, Pot::get(), DEPOSIT));
		let [keeper] = &view.keepers[..] else {
			panic!("{view:?}");
		};
		assert_eq!((keeper.account.clone(), keeper.deposit, keeper.since), (account(1), 300, 1));
		assert_eq!((keeper.missed, keeper.leaving), (0, true));
		let (attest, open) = (4..4 + ATTEST, 4 + ATTEST..4 + ATTEST + OPEN);
		assert_eq!(view.check, Some(CustodyCheckView { number: 1, attest, open }));
		answer(task, [Some(&[Some(1)]); 4]);
		assert_eq!(Custody::custody_view(0).unwrap().check, None);
	});
}

#[test]
fn what_is_kept_is_shown_page_by_page() {
	build_and_execute(|| {
		let sizes = |from, limit| {
			let kept = Custody::kept_content(0, Page { from, limit });
			kept.iter().map(|kept| kept.content.size).collect::<Vec<_>>()
		};
		assert_eq!(sizes(0, 100), [500, 5 << 20]);
		assert_eq!(sizes(1, 100), [5 << 20]);
		assert_eq!(sizes(0, 1), [500]);
		assert!(Custody::kept_content(9, Page::ALL).is_empty());
	});
}

#[test]
fn events_are_shown() {
	build_and_execute(|| {
		assert_ok!(keep(1, 300));
		checked(&[None]);
		let shown: Vec<_> = events().into_iter().filter_map(Event::view).collect();
		let (group, check) = (0, 1);
		let expected = [
			ChainEvent::KeeperJoined { group, account: account(1), deposit: 300 },
			ChainEvent::CustodyCheckOpened { group, check },
			ChainEvent::CustodyCheckMissed { group, check, account: account(1), missed: 1 },
			ChainEvent::CustodyChecked { group, check, served: 0, each: 0 },
		];
		assert_eq!(shown, expected);
	});
}
