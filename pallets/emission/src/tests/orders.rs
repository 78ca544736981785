use crate::{
	mock::{
		account, accrued, build_and_execute, free, kept, pot, run_to, signed, terms, Emission, RuntimeEvent,
		RuntimeOrigin, System, Test, CLOCK, ENDOWMENT, GRACE, MINIMUM_ORDER, SHARES,
	},
	Entrusted, Error, Event, Notice, OrderOf, Orders,
};
use descent_protocol::{BlockNumber, OrderTerms, Score};
use frame_support::{assert_noop, assert_ok};
use sp_core::H256;
use sp_runtime::{ArithmeticError, DispatchError, DispatchResult, TokenError};

pub(super) const CLIENT: u8 = 10;

/// An order that is to be placed in group 0.
#[derive(Clone, Copy)]
pub(super) struct NewOrder {
	pub(super) client: u8,
	pub(super) amount: u128,
	pub(super) price: u128,
	pub(super) bonus: u128,
	pub(super) from: u64,
	pub(super) target: u64,
	pub(super) rounds: u32,
}

/// The order that most tests place: of 1,500 in all for the way from 300 to 200.
pub(super) const ORDER: NewOrder =
	NewOrder { client: CLIENT, amount: 5_000, price: 10, bonus: 500, from: 300, target: 200, rounds: 50 };

impl NewOrder {
	pub(super) fn place(self) -> DispatchResult {
		self.place_for(0, terms(0))
	}

	pub(super) fn place_for(self, group: u32, terms: H256) -> DispatchResult {
		let Self { client, amount, price, bonus, from, target, rounds } = self;
		let (from, target) = (Score(from), Score(target));
		Emission::order(signed(client), group, amount, price, bonus, from, target, rounds, terms)
	}
}

/// Settles a round of group 0 that account 1 wins. Returns its reward.
pub(super) fn win(round: u32, score: u64, baseline: Option<u64>) -> u128 {
	let settled = super::Settled {
		group: 0,
		round,
		shares: SHARES,
		winners: vec![1],
		score: Some(Score(score)),
		baseline: baseline.map(Score),
		members: vec![],
	};
	settled.pay()[0]
}

pub(super) fn orders() -> Vec<OrderOf<Test>> {
	Orders::<Test>::get(0).into_inner()
}

pub(super) fn left_and_mark() -> (u128, u64) {
	(orders()[0].left, orders()[0].terms.mark.0)
}

pub(super) fn start(round: u32) -> BlockNumber {
	CLOCK.windows(round).unwrap().commit.start
}

pub(super) fn free_after(round: u32) -> BlockNumber {
	CLOCK.windows(round).unwrap().settle + GRACE
}

pub(super) fn assert_last(event: Event<Test>) {
	System::assert_last_event(RuntimeEvent::Emission(event));
}

#[test]
fn an_order_is_kept_by_the_pallet() {
	build_and_execute(|| {
		run_to(1);
		assert_ok!(ORDER.place());
		assert_eq!((free(CLIENT), kept()), (ENDOWMENT - 5_000, 5_000));
		assert_eq!(Entrusted::<Test>::get(), 5_000);
		let [order] = &orders()[..] else {
			panic!("one order");
		};
		assert_eq!((&order.client, order.left, order.since), (&account(CLIENT), 5_000, 0));
		let expected = OrderTerms { price: 10, bonus: 500, target: Score(200), mark: Score(300) };
		assert_eq!(order.terms, expected);
		assert_eq!(order.end, Notice { until: 50, free: free_after(49) });
		assert_last(Event::Ordered {
			group: 0,
			client: account(CLIENT),
			amount: 5_000,
			price: 10,
			bonus: 500,
			from: Score(300),
			target: Score(200),
			until: 50,
		});
	});
}

#[test]
fn impossible_orders_are_refused() {
	build_and_execute(|| {
		let refused = |order: NewOrder, error: Error<Test>| {
			assert_noop!(order.place(), error);
		};
		assert_noop!(ORDER.place_for(9, terms(0)), Error::<Test>::UnknownGroup);
		assert_noop!(ORDER.place_for(0, H256::zero()), Error::<Test>::TermsChanged);
		refused(NewOrder { price: 0, ..ORDER }, Error::PriceTooSmall);
		refused(NewOrder { target: 300, ..ORDER }, Error::TargetTooHigh);
		refused(NewOrder { target: 301, ..ORDER }, Error::TargetTooHigh);
		refused(NewOrder { amount: MINIMUM_ORDER - 1, ..ORDER }, Error::OrderTooSmall);
		refused(NewOrder { amount: 3_009, bonus: 3_000, ..ORDER }, Error::OrderTooSmall);
		refused(NewOrder { rounds: 0, ..ORDER }, Error::NoRounds);
		// Nobody orders with the last of what it has.
		let all = NewOrder { amount: ENDOWMENT, ..ORDER };
		assert_noop!(all.place(), TokenError::NotExpendable);
		let more = NewOrder { amount: ENDOWMENT + 1, ..ORDER };
		assert_noop!(more.place(), TokenError::FundsUnavailable);
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none()] {
			let (from, target) = (Score(2), Score(1));
			let order = Emission::order(origin.clone(), 0, 5_000, 1, 0, from, target, 1, terms(0));
			assert_noop!(order, DispatchError::BadOrigin);
			assert_noop!(Emission::cancel_order(origin.clone(), 0), DispatchError::BadOrigin);
			assert_noop!(Emission::refund_order(origin, 0, account(CLIENT)), DispatchError::BadOrigin);
		}
		assert_ok!(NewOrder { amount: 3_010, bonus: 3_000, ..ORDER }.place());
		assert_noop!(ORDER.place(), Error::<Test>::AlreadyOrdered);
	});
}

#[test]
fn the_largest_numbers_do_not_overflow() {
	build_and_execute(|| {
		let refused = |order: NewOrder, error: DispatchError| {
			assert_noop!(order.place(), error);
		};
		let dear = NewOrder { price: u128::MAX, bonus: 0, ..ORDER };
		refused(dear, Error::<Test>::OrderTooSmall.into());
		refused(NewOrder { bonus: 1, amount: u128::MAX, ..dear }, Error::<Test>::OrderTooSmall.into());
		refused(NewOrder { amount: u128::MAX, ..dear }, ArithmeticError::Underflow.into());
		refused(NewOrder { bonus: u128::MAX, ..ORDER }, Error::<Test>::OrderTooSmall.into());
		refused(NewOrder { rounds: u32::MAX, ..ORDER }, ArithmeticError::Overflow.into());
		run_to(start(0));
		refused(NewOrder { rounds: u32::MAX, ..ORDER }, ArithmeticError::Overflow.into());
		let price = ENDOWMENT / 2;
		let order = NewOrder { price, amount: price, bonus: 0, from: u64::MAX, target: 0, ..ORDER };
		assert_ok!(order.place());
		let split = SHARES.split(price);
		assert_eq!(win(1, 1, None), split.winner);
		assert!(orders().is_empty());
	});
}

#[test]
fn gains_are_paid_to_the_unit_and_the_rest_comes_back() {
	build_and_execute(|| {
		run_to(1);
		assert_ok!(ORDER.place());
		assert_eq!(win(0, 280, None), 140);
		assert_eq!(left_and_mark(), (4_800, 280));
		assert_last(Event::OrderPaid {
			group: 0,
			round: 0,
			client: account(CLIENT),
			gain: 20,
			amount: 200,
			bonus: 0,
			left: 4_800,
		});
		assert_eq!((pot(0).validators, pot(0).keepers), (40, 20));
		// A winner that is better than the head on hard records, and worse than the one before.
		assert_eq!(win(1, 285, Some(290)), 0);
		assert_eq!(left_and_mark(), (4_800, 280));
		// The gain begins at the head's score where that is lower than the mark.
		assert_eq!(win(2, 250, Some(270)), 140);
		assert_eq!(left_and_mark(), (4_600, 250));
		// The target is 200. What is below it is not paid for.
		assert_eq!(win(3, 190, Some(260)), 700);
		System::assert_has_event(RuntimeEvent::Emission(Event::OrderPaid {
			group: 0,
			round: 3,
			client: account(CLIENT),
			gain: 50,
			amount: 500,
			bonus: 500,
			left: 3_600,
		}));
		assert_last(Event::OrderFulfilled { group: 0, client: account(CLIENT), refunded: 3_600 });
		assert!(!Orders::<Test>::contains_key(0));
		assert_eq!((accrued(1), accrued(CLIENT)), (980, 3_600));
		assert_ok!(Emission::claim(signed(CLIENT)));
		assert_eq!(free(CLIENT), ENDOWMENT - 1_400);
		assert_eq!(Entrusted::<Test>::get(), 1_400);
		assert_eq!(win(4, 100, None), 0);
	});
}

#[test]
fn chance_can_not_be_farmed() {
	build_and_execute(|| {
		run_to(1);
		assert_ok!(ORDER.place());
		assert_eq!(win(0, 250, None), 350);
		for round in 1..40 {
			let (score, baseline) = if round % 2 == 0 { (250, 290) } else { (280, 299) };
			assert_eq!(win(round, score, Some(baseline)), 0, "round {round}");
		}
		assert_eq!(left_and_mark(), (4_500, 250));
	});
}

#[test]
fn rounds_without_a_winner_cost_nothing() {
	build_and_execute(|| {
		assert_ok!(ORDER.place());
		super::settle(0, 0, SHARES, None, &[2]);
		super::settle(0, 1, SHARES, Some(1), &[2]);
		assert_eq!((left_and_mark(), kept()), ((5_000, 300), 5_000));
	});
}

#[test]
fn an_order_that_is_used_up_leaves_the_list() {
	build_and_execute(|| {
		run_to(1);
		assert_ok!(NewOrder { amount: 2_000, price: 100, bonus: 0, ..ORDER }.place());
		assert_eq!(win(0, 281, None), 1_330);
		assert_eq!(left_and_mark(), (100, 281));
		assert_eq!(win(1, 270, None), 70);
		assert_last(Event::OrderSpent { group: 0, client: account(CLIENT) });
		assert!(!Orders::<Test>::contains_key(0));
	});
}

#[test]
fn the_bonus_stays_until_the_target_is_reached() {
	build_and_execute(|| {
		assert_ok!(NewOrder { amount: 2_000, price: 100, bonus: 1_500, ..ORDER }.place());
		assert_eq!(win(0, 250, None), 350);
		assert_eq!(left_and_mark(), (1_500, 250));
		assert_eq!(win(1, 220, None), 0);
		assert_eq!(left_and_mark(), (1_500, 220));
		assert_eq!(win(2, 200, None), 1_050);
		assert!(orders().is_empty());
		assert_eq!(accrued(CLIENT), 0);
	});
}

#[test]
fn orders_are_paid_by_their_own_marks_and_join_the_fundings() {
	build_and_execute(|| {
		assert_ok!(ORDER.place());
		assert_ok!(NewOrder { client: 11, price: 1, bonus: 0, from: 260, target: 100, ..ORDER }.place());
		assert_ok!(Emission::order(signed(12), 1, 5_000, 9, 0, Score(900), Score(0), 9, terms(1)));
		assert_ok!(Emission::fund(signed(13), 0, 5_000, 1_000, terms(0)));
		// 60 micro-units for one client, 20 for the other, and a round.
		assert_eq!(win(0, 240, None), SHARES.split(600 + 20 + 1_000).winner);
		let left: Vec<_> = orders().iter().map(|order| order.left).collect();
		assert_eq!(left, [4_400, 4_980]);
		assert_eq!(Orders::<Test>::get(1)[0].left, 5_000);
		// The first is fulfilled, the other goes on.
		assert_eq!(win(1, 150, None), SHARES.split(400 + 500 + 90 + 1_000).winner);
		assert_eq!(orders().len(), 1);
		assert_eq!((&orders()[0].client, left_and_mark()), (&account(11), (4_890, 150)));
		assert_eq!(accrued(CLIENT), 3_500);
	});
}

#[test]
fn a_client_that_wins_its_own_order_gains_nothing() {
	build_and_execute(|| {
		assert_ok!(NewOrder { client: 1, ..ORDER }.place());
		assert_eq!(win(0, 200, None), 1_050);
		// The order has paid 1,500, of which validators have a fifth and keepers a tenth.
		assert_eq!(free(1) + accrued(1), ENDOWMENT - 450);
		assert_eq!((pot(0).validators, pot(0).keepers), (300, 150));
	});
}
