use crate::{
	mock::{
		account, build_and_execute, kept, pot, run_to, stake, Balances, Emission, ExistentialDeposit,
		RuntimeEvent, System, Test, ENDOWMENT, ISSUANCE, PERIOD, PROPOSERS, PROPOSERS_PERIOD, TRAINERS,
	},
	Accumulators, Entrusted, Event, GenesisIssuance, Minted, Pots, StreamState, Streams,
};
use descent_protocol::Stream;
use frame_support::traits::Hooks;
use pallet_groups::GroupObserver;

/// The emission for trainers and proposers of one block of the first period.
const PER_BLOCK: u128 = TRAINERS / PERIOD as u128;
const PER_BLOCK_PROPOSERS: u128 = PROPOSERS / PROPOSERS_PERIOD as u128;

#[test]
fn genesis_begins_both_streams() {
	build_and_execute(|| {
		assert_eq!(GenesisIssuance::<Test>::get(), ISSUANCE);
		let begun = |emission| StreamState { emission, ..Default::default() };
		assert_eq!(Streams::<Test>::get(), [begun(TRAINERS), begun(PROPOSERS)]);
	});
}

#[test]
fn flows_evenly_within_a_period() {
	build_and_execute(|| {
		stake(0, 1, 100);
		for block in 1..PERIOD {
			run_to(block);
			assert_eq!(pot(0).fresh, PER_BLOCK * u128::from(block));
			assert_eq!(pot(0).proposer, PER_BLOCK_PROPOSERS * u128::from(block));
			assert_eq!(kept(), pot(0).amount());
		}
	});
}

#[test]
fn a_hook_mints_what_nobody_asked_for_at_the_end_of_a_period_and_only_then() {
	build_and_execute(|| {
		stake(0, 1, 100);
		run_to(PERIOD - 1);
		assert_eq!(Minted::<Test>::get(), 0);
		run_to(PERIOD);
		let flown = TRAINERS + PER_BLOCK_PROPOSERS * u128::from(PERIOD);
		assert_eq!(Minted::<Test>::get(), flown);
		assert_eq!(Balances::total_issuance(), ISSUANCE + flown);
		assert_eq!((kept(), Entrusted::<Test>::get()), (flown, flown));
		let emission = (ISSUANCE + flown) / 100_000;
		System::assert_has_event(RuntimeEvent::Emission(Event::PeriodBegan {
			stream: Stream::Trainers,
			emission,
		}));
		assert_eq!(Streams::<Test>::get()[0].emission, emission);
		assert_eq!(Streams::<Test>::get()[1].since, 0);
		run_to(PROPOSERS_PERIOD);
		assert_eq!(Streams::<Test>::get()[1].since, PROPOSERS_PERIOD);
		assert_eq!(pot(0).proposer, PROPOSERS);
	});
}

#[test]
fn within_a_block_nothing_flows_twice() {
	build_and_execute(|| {
		stake(0, 1, 100);
		run_to(7);
		Emission::advance();
		let (minted, accumulators) = (Minted::<Test>::get(), Accumulators::<Test>::get());
		assert_eq!(Emission::advance(), accumulators);
		Emission::on_initialize(7);
		assert_eq!(Minted::<Test>::get(), minted);
		// Whoever asks first when a period is over begins the next.
		System::set_block_number(PERIOD);
		Emission::advance();
		let streams = Streams::<Test>::get();
		Emission::on_initialize(PERIOD);
		assert_eq!(Streams::<Test>::get(), streams);
		assert_eq!(pot(0).fresh, TRAINERS);
	});
}

#[test]
fn groups_earn_by_stake() {
	build_and_execute(|| {
		stake(0, 1, 300);
		stake(1, 2, 100);
		stake(1, 3, 100);
		run_to(PERIOD);
		assert_eq!(pot(0).fresh, TRAINERS * 3 / 5);
		assert_eq!(pot(1).fresh, TRAINERS * 2 / 5);
		assert_eq!(pot(0).proposer, PER_BLOCK_PROPOSERS * 10 * 3 / 5);
		assert_eq!(pot(2).amount(), 0);
	});
}

#[test]
fn many_groups_get_all_that_is_minted_but_for_fractions() {
	build_and_execute(|| {
		let stakes: Vec<u128> = (0..50).map(|group| 1_000 + 37 * group * group).collect();
		for (group, amount) in (0..).zip(&stakes) {
			crate::mock::create_group(group);
			stake(group, 1, *amount);
		}
		run_to(3 * PERIOD + 3);
		Emission::advance();
		let total: u128 = stakes.iter().sum();
		let minted = Minted::<Test>::get();
		let mut sum = 0;
		for (group, amount) in (0..).zip(&stakes) {
			let earned = pot(group).amount();
			sum += earned;
			let fair = minted * amount / total;
			assert!(earned.abs_diff(fair) <= 2, "group {group}: {earned} of {fair}");
		}
		assert!(sum <= minted && minted - sum < 2 * 50);
		assert_eq!(kept(), minted);
	});
}

#[test]
fn a_stake_that_changes_within_a_period_earns_for_each_block() {
	build_and_execute(|| {
		stake(0, 1, 100);
		stake(1, 2, 100);
		run_to(4);
		stake(0, 1, 300);
		run_to(8);
		stake(1, 2, 0);
		run_to(PERIOD);
		assert_eq!(pot(0).fresh, PER_BLOCK * (4 / 2 + 4 * 3 / 4 + 2));
		assert_eq!(pot(1).fresh, PER_BLOCK * (4 / 2 + 4 / 4));
		// A group without stake earns nothing more.
		let left = pot(1);
		run_to(2 * PERIOD);
		assert_eq!(pot(1).amount(), left.amount());
	});
}

#[test]
fn stake_that_is_raised_just_before_a_payout_earns_nothing_for_the_time_before() {
	build_and_execute(|| {
		stake(0, 1, 100);
		run_to(9);
		stake(1, 2, 1_000_000);
		assert_eq!(pot(1).amount(), 0);
		assert_eq!(pot(0).fresh, 9 * PER_BLOCK);
		stake(1, 2, 0);
		assert_eq!(pot(1).amount(), 0);
		run_to(PERIOD);
		assert_eq!(pot(0).fresh, TRAINERS);
	});
}

#[test]
fn without_stake_nothing_is_minted_and_nothing_is_made_up_for() {
	build_and_execute(|| {
		run_to(2 * PERIOD + 4);
		assert_eq!((Minted::<Test>::get(), kept()), (0, 0));
		assert_eq!(Balances::total_issuance(), ISSUANCE);
		stake(0, 1, 100);
		run_to(2 * PERIOD + 9);
		assert_eq!(pot(0).fresh, 5 * PER_BLOCK);
		// All leave for three blocks.
		stake(0, 1, 0);
		run_to(3 * PERIOD + 2);
		stake(0, 1, 50);
		run_to(3 * PERIOD + 3);
		assert_eq!(pot(0).fresh, 6 * PER_BLOCK);
	});
}

#[test]
fn emission_follows_what_is_issued_when_a_period_begins() {
	build_and_execute(|| {
		stake(0, 1, 100);
		run_to(PERIOD - 1);
		// A tenth is burned within a period: the next mints less.
		for number in 1..=10 {
			drop_all(number);
		}
		run_to(PERIOD);
		let issuance = ISSUANCE - 10 * (ENDOWMENT - 1) + Minted::<Test>::get();
		assert_eq!(pot(0).fresh, TRAINERS);
		assert_eq!(Streams::<Test>::get()[0].emission, issuance / 100_000);
	});
}

fn drop_all(number: u8) {
	use frame_support::traits::OnUnbalanced;
	crate::Burn::<Test>::on_unbalanced(crate::mock::take(number, ENDOWMENT - 1));
}

#[test]
fn what_is_too_little_for_an_account_is_minted_with_what_flows_next() {
	let per_block = PER_BLOCK + PER_BLOCK_PROPOSERS;
	ExistentialDeposit::set(4 * per_block);
	build_and_execute(|| {
		stake(0, 1, 100);
		run_to(3);
		assert_eq!((pot(0).amount(), kept()), (0, 0));
		run_to(4);
		assert_eq!((pot(0).amount(), kept()), (4 * per_block, 4 * per_block));
		run_to(5);
		assert_eq!(pot(0).amount(), 5 * per_block);
	});
	// A whole period is too little: it is minted with the next.
	ExistentialDeposit::set(15 * per_block);
	build_and_execute(|| {
		stake(0, 1, 100);
		run_to(PERIOD + 4);
		assert_eq!((pot(0).amount(), Minted::<Test>::get()), (0, 0));
		Emission::do_try_state().unwrap();
		run_to(2 * PERIOD);
		assert_eq!(pot(0).fresh, 2 * TRAINERS);
		assert_eq!(kept(), 20 * per_block);
	});
	// Nobody is left for whom it was.
	ExistentialDeposit::set(15 * per_block);
	build_and_execute(|| {
		stake(0, 1, 100);
		run_to(PERIOD + 4);
		stake(0, 1, 0);
		run_to(PERIOD + 5);
		stake(0, 1, 100);
		run_to(2 * PERIOD);
		assert_eq!(Minted::<Test>::get(), 0);
		run_to(2 * PERIOD + 9);
		assert_eq!(pot(0).amount(), 0);
		run_to(3 * PERIOD);
		assert_eq!(pot(0).amount(), 15 * per_block);
	});
}

#[test]
fn blocks_that_nobody_executed_mint_nothing_but_what_is_left_of_the_period() {
	build_and_execute(|| {
		stake(0, 1, 100);
		run_to(3);
		System::set_block_number(3 * PERIOD + 7);
		assert_eq!(pot(0).fresh, TRAINERS + 7 * Streams::<Test>::get()[0].emission / 10);
		assert_eq!(Streams::<Test>::get()[0].since, 3 * PERIOD);
	});
}

#[test]
fn other_news_of_groups_change_nothing() {
	build_and_execute(|| {
		let dataset = descent_protocol::ContentRef::raw(b"data").unwrap();
		<Emission as GroupObserver<_, _>>::created(0, &account(1), dataset, &Default::default());
		let closed = <Emission as GroupObserver<_, _>>::period_closed(0, 5, descent_protocol::Share::ALL);
		assert_eq!(closed, pallet_groups::Closed::default());
		assert_eq!(Pots::<Test>::iter().count(), 0);
	});
}
