use super::{
	orders::{free_after, start, win, ORDER},
	settle,
};
use crate::{
	mock::{
		account, build_and_execute, pot, revise, run_to, signed, stake, terms, Balances, Emission, EraLength,
		RuntimeEvent, System, Test, CLOCK, ISSUANCE, PERIOD, PROPOSERS, PROPOSERS_PERIOD, SHARES, TRAINERS,
	},
	Minted, Pots, Streams,
};
use descent_protocol::{
	view::{ChainEvent, FundingView, OrderView, RewardsView},
	Score, Stream,
};
use frame_support::assert_ok;
use pallet_groups::Rewards;
use sp_io::hashing::blake2_256;

#[test]
fn emission_is_shown_as_if_it_was_minted_in_this_block() {
	build_and_execute(|| {
		stake(0, 1, 100);
		stake(1, 2, 300);
		run_to(PERIOD + 3);
		let stored = Streams::<Test>::get();
		let view = Emission::emission_view();
		assert_eq!(Streams::<Test>::get(), stored);
		assert_eq!(Minted::<Test>::get(), TRAINERS + PROPOSERS / 5);
		assert!(view.minted > Minted::<Test>::get());
		Emission::advance();
		assert_eq!(view.minted, Minted::<Test>::get());
		assert_eq!(view.issuance, Balances::total_issuance());
		assert_eq!((view.block, view.era, view.next_halving), (PERIOD + 3, 0, Some(1_000_000)));
		assert_eq!((view.genesis, view.burned, view.stake), (ISSUANCE, 0, 400));
		let [trainers, proposers] = &view.streams[..] else {
			panic!("two streams");
		};
		assert_eq!((trainers.stream, proposers.stream), (Stream::Trainers, Stream::Proposers));
		assert_eq!((trainers.period, trainers.since), (PERIOD, PERIOD));
		assert_eq!((proposers.period, proposers.since), (PROPOSERS_PERIOD, 0));
		assert_eq!((trainers.emission, trainers.flown), (1_000_010, 300_003));
		assert_eq!((proposers.emission, proposers.flown), (PROPOSERS, PROPOSERS * 13 / 50));
	});
}

#[test]
fn the_next_halving() {
	EraLength::set(60);
	build_and_execute(|| {
		let halving = || {
			let view = Emission::emission_view();
			(view.era, view.next_halving)
		};
		assert_eq!(halving(), (0, Some(60)));
		run_to(60);
		assert_eq!(halving(), (1, Some(120)));
		EraLength::set(u32::MAX);
		assert_eq!(halving(), (0, Some(u32::MAX)));
		EraLength::set(40);
		frame_system::Pallet::<Test>::set_block_number(u32::MAX);
		assert_eq!(halving().1, None);
		frame_system::Pallet::<Test>::set_block_number(60);
	});
}

#[test]
fn a_pot_is_shown_as_it_would_pay() {
	build_and_execute(|| {
		stake(0, 1, 100);
		stake(1, 2, 300);
		assert_ok!(Emission::fund(signed(10), 0, 5_000, 1_000, terms(0)));
		assert_ok!(Emission::fund(signed(11), 0, 5_000, 2_000, terms(0)));
		run_to(CLOCK.start);
		assert_ok!(Emission::stop_funding(signed(11), 0));
		let state = || {
			blake2_256(&frame_support::storage::unhashed::get_raw(&Pots::<Test>::hashed_key_for(0)).unwrap())
		};
		let before = state();
		run_to(PERIOD + 2);
		let view = Emission::pot_view(0, SHARES).unwrap();
		assert_eq!(state(), before);
		assert_eq!((view.stake, view.shares), (100, SHARES));
		assert_eq!(view.emission, 1_000_010 / 4);
		assert_eq!(view.proposer, pot(0).proposer);
		assert_eq!(
			view.fundings,
			[
				FundingView { client: account(10), left: 5_000, per_round: 1_000, free: None, paused: false },
				FundingView {
					client: account(11),
					left: 5_000,
					per_round: 2_000,
					free: Some(CLOCK.windows(0).unwrap().settle + 7),
					paused: false,
				},
			]
		);
		let winner = settle(0, 0, SHARES, Some(1), &[]);
		assert_eq!(view.winner, winner);
		assert_eq!((view.validators, view.keepers), (pot(0).validators, pot(0).keepers));
		// A funding that could be taken back does not count.
		run_to(CLOCK.windows(0).unwrap().settle + 7);
		let with = Emission::pot_view(0, SHARES).unwrap().winner;
		assert_ok!(Emission::refund(signed(11), 0));
		assert_eq!(Emission::pot_view(0, SHARES).unwrap().winner, with);
		assert_eq!(Emission::pot_view(9, SHARES), None);
		let empty = Emission::pot_view(2, SHARES).unwrap();
		assert_eq!((empty.stake, empty.emission, empty.winner), (0, 0, 0));
	});
}

#[test]
fn orders_are_shown_with_what_is_left_and_when_it_is_free() {
	build_and_execute(|| {
		assert!(Emission::orders_view(0).is_empty());
		run_to(start(0));
		assert_ok!(ORDER.place());
		win(1, 280, None);
		let view = OrderView {
			client: account(10),
			left: 4_800,
			price: 10,
			bonus: 500,
			target: Score(200),
			mark: Score(280),
			since: 1,
			until: 51,
			free: free_after(50),
			paused: false,
		};
		assert_eq!(Emission::orders_view(0), std::slice::from_ref(&view));
		assert!(Emission::orders_view(1).is_empty());
		// What orders pay depends on the score: the next winner is not promised it.
		assert_eq!(Emission::pot_view(0, SHARES).unwrap().winner, 0);
		run_to(start(1));
		revise(0, 1);
		let paused = OrderView { until: 2, free: free_after(1), paused: true, ..view };
		assert_eq!(Emission::orders_view(0), [paused]);
	});
}

/// Returns the events of orders that clients see, and forgets all events.
fn told() -> Vec<ChainEvent> {
	let events = System::events().into_iter().filter_map(|record| match record.event {
		RuntimeEvent::Emission(event) => event.view(),
		_ => None,
	});
	let told = events.collect();
	System::reset_events();
	told
}

#[test]
fn clients_are_told_of_orders() {
	build_and_execute(|| {
		let (group, account) = (0, account(10));
		run_to(start(0));
		assert_ok!(Emission::fund(signed(11), 0, 5_000, 1_000, terms(0)));
		assert!(told().is_empty());
		assert_ok!(ORDER.place());
		let placed = |until| ChainEvent::Ordered {
			group,
			account: account.clone(),
			amount: 5_000,
			price: 10,
			bonus: 500,
			from: Score(300),
			target: Score(200),
			until,
		};
		assert_eq!(told(), [placed(51)]);
		win(1, 280, None);
		let paid = ChainEvent::OrderPaid {
			group,
			round: 1,
			account: account.clone(),
			gain: 20,
			amount: 200,
			bonus: 0,
			left: 4_800,
		};
		assert_eq!(told(), [paid]);
		run_to(start(3));
		revise(0, 1);
		let (until, free) = (4, free_after(3));
		assert_eq!(told(), [ChainEvent::OrderPaused { group, account: account.clone(), until, free }]);
		run_to(free);
		assert_ok!(Emission::refund_order(signed(1), 0, account.clone()));
		let refunded = ChainEvent::OrderRefunded { group, account: account.clone(), amount: 4_800 };
		assert_eq!(told(), [refunded]);
		assert_ok!(ORDER.place());
		assert_ok!(Emission::cancel_order(signed(10), 0));
		let order = &crate::Orders::<Test>::get(0)[0];
		let (until, free) = (order.end.until, order.end.free);
		let cancelled = ChainEvent::OrderCancelled { group, account: account.clone(), until, free };
		assert_eq!(told(), [placed(until + 50), cancelled]);
	});
}

#[test]
fn clients_are_told_how_orders_end() {
	build_and_execute(|| {
		let (group, account) = (0, account(10));
		run_to(1);
		assert_ok!(ORDER.place());
		win(0, 200, None);
		let refunded = 3_500;
		let fulfilled = ChainEvent::OrderFulfilled { group, account: account.clone(), refunded };
		assert_eq!(told().last(), Some(&fulfilled));
		assert_ok!(super::orders::NewOrder { amount: 2_000, price: 2_000, bonus: 0, ..ORDER }.place());
		win(1, 299, None);
		assert_eq!(told().last(), Some(&ChainEvent::OrderSpent { group, account }));
	});
}

#[test]
fn rewards_are_what_accrued_and_was_claimed() {
	build_and_execute(|| {
		let view = || Emission::rewards_view(&account(9));
		assert_eq!(view(), RewardsView { accrued: 0, claimed: 0 });
		stake(0, 1, 100);
		run_to(PROPOSERS_PERIOD);
		<Emission as Rewards<_, u128>>::delta_applied(0, &account(9));
		assert_eq!(view(), RewardsView { accrued: PROPOSERS, claimed: 0 });
		assert_ok!(Emission::claim(signed(9)));
		assert_eq!(view(), RewardsView { accrued: 0, claimed: PROPOSERS });
	});
}
