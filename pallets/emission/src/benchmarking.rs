//! Benchmarks of the pallet's calls and hooks, and of what it does for other pallets, each in its worst case.

use crate::{Accrued, Call, Config, Fundings, Orders, Pallet, Pots, Streams};
use alloc::vec::Vec;
use descent_protocol::{
	BlockNumber, Clock, GroupId, OrderTerms, Score, Share, Shares, Stake, MAX_COMMITTEE, MAX_FUNDINGS,
	MAX_ORDERS, MAX_RANKED_WINNERS,
};
use frame_benchmarking::v2::*;
use frame_support::traits::{
	fungible::{Inspect, Mutate},
	Get,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use pallet_groups::{GroupObserver, GroupRules, Rewards, SettledRound, Stakeholders};

const CLOCK: Clock = Clock { first: 0, start: 10, length: 40, reveal: 1, attest: 10, open: 10 };
const SHARES: Shares = Shares { validators: Share::percent(20), keepers: Share::percent(10) };
/// A round that has begun.
const ROUND: u32 = 1;
/// Rounds that an order pays for, more than any benchmark begins.
const ROUNDS: u32 = 1_000;
/// A way of one micro-unit, with a bonus.
const TERMS: OrderTerms = OrderTerms { price: 1, bonus: 1, target: Score(1), mark: Score(2) };

fn go_to<T: Config>(block: BlockNumber) {
	frame_system::Pallet::<T>::set_block_number(BlockNumberFor::<T>::from(block));
}

/// The amount per round of the first client. It is more than any account must have.
fn worth<T: Config>() -> u128 {
	T::MinimumFundingPerRound::get().max(T::Currency::minimum_balance())
}

fn funded<T: Config>(number: u32) -> T::AccountId {
	let account: T::AccountId = account("client", number, 0);
	T::Currency::set_balance(&account, worth::<T>().saturating_mul(1_000));
	account
}

/// A group with stake, before block `block`, in which something has flown since the streams have been touched
/// last.
fn group<T: Config>(block: BlockNumber) -> GroupId {
	let group = T::Groups::put_group(CLOCK, 0);
	let stake = worth::<T>();
	let whale: T::AccountId = account("whale", 0, 0);
	// Enough is issued for something to flow in every block.
	T::Currency::set_balance(&whale, u128::MAX.checked_shr(8).unwrap_or_default());
	T::Groups::put_stake(group, &whale, stake);
	Streams::<T>::kill();
	Pallet::<T>::begin();
	Pallet::<T>::stake_changed(group, &whale, Stake::default(), staked(stake));
	go_to::<T>(block);
	group
}

/// As many clients as a group can have, each with money for one round.
fn fill<T: Config>(group: GroupId) -> Vec<T::AccountId> {
	(0..MAX_FUNDINGS)
		.map(|number| {
			let client = funded::<T>(number);
			let terms = T::Groups::terms(group).unwrap_or_default();
			Pallet::<T>::do_fund(group, client.clone(), worth::<T>(), worth::<T>(), terms)
				.expect("there is room for it");
			client
		})
		.collect()
}

/// The amount of an order. It is more than any account must have, and more than its terms take.
fn order_worth<T: Config>() -> u128 {
	T::MinimumOrder::get().max(T::Currency::minimum_balance()).saturating_add(2)
}

/// A client that places orders.
fn orderer<T: Config>(number: u32) -> T::AccountId {
	let account: T::AccountId = account("orderer", number, 0);
	T::Currency::set_balance(&account, order_worth::<T>().saturating_mul(1_000));
	account
}

/// As many clients as have orders of a group, for so many rounds each.
fn fill_orders<T: Config>(group: GroupId, rounds: u32) -> Vec<T::AccountId> {
	(0..MAX_ORDERS)
		.map(|number| {
			let client = orderer::<T>(number);
			let terms = T::Groups::terms(group).unwrap_or_default();
			Pallet::<T>::do_order(group, client.clone(), order_worth::<T>(), TERMS, rounds, terms)
				.expect("there is room for it");
			client
		})
		.collect()
}

/// A settled round with these winners and members, the first of whom reaches the target of orders.
fn settled<'a, T: Config>(
	group: GroupId,
	winners: &'a [T::AccountId],
	members: &'a [T::AccountId],
) -> SettledRound<'a, T::AccountId> {
	let score = Some(TERMS.target);
	SettledRound { group, round: ROUND, shares: SHARES, winners, score, baseline: None, members }
}

/// A stake that counts.
fn staked(all: u128) -> Stake<u128> {
	Stake { all, pending: 0 }
}

fn members<T: Config>(count: u32) -> Vec<T::AccountId> {
	(0..count).map(|number| account("member", number, 0)).collect()
}

fn winners<T: Config>() -> Vec<T::AccountId> {
	(0..MAX_RANKED_WINNERS).map(|number| account("winner", number.into(), 0)).collect()
}

/// The block in which periods of both streams end.
fn both<T: Config>() -> BlockNumber {
	T::EmissionPeriod::get().saturating_mul(T::VotingPeriod::get())
}

/// A block within the first period of both streams in which round 1 has begun, where there is one.
fn within<T: Config>() -> BlockNumber {
	let last = T::EmissionPeriod::get().min(T::VotingPeriod::get()).saturating_sub(1);
	last.min(CLOCK.start.saturating_add(CLOCK.length)).max(1)
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn claim() {
		let group = group::<T>(within::<T>());
		let winner: T::AccountId = account("winner", 0, 0);
		Pallet::<T>::round_settled(&settled::<T>(group, core::slice::from_ref(&winner), &[]));
		let earned = Accrued::<T>::get(&winner);

		#[extrinsic_call]
		_(RawOrigin::Signed(winner.clone()));

		assert!(T::Currency::balance(&winner) >= earned && earned > 0);
	}

	#[benchmark]
	fn fund() {
		let group = group::<T>(within::<T>());
		fill::<T>(group);
		let newcomer = funded::<T>(MAX_FUNDINGS);
		let amount = worth::<T>().saturating_mul(2);
		let terms = T::Groups::terms(group).unwrap_or_default();

		#[extrinsic_call]
		_(RawOrigin::Signed(newcomer.clone()), group, amount.saturating_mul(2), amount, terms);

		let fundings = Fundings::<T>::get(group);
		assert!(fundings.last().is_some_and(|last| last.client == newcomer));
	}

	#[benchmark]
	fn stop_funding() -> Result<(), BenchmarkError> {
		let group = group::<T>(within::<T>());
		let last = fill::<T>(group).pop().ok_or("there are clients")?;
		go_to::<T>(CLOCK.start.saturating_add(CLOCK.length));

		#[extrinsic_call]
		_(RawOrigin::Signed(last), group);

		let fundings = Fundings::<T>::get(group);
		assert!(fundings.last().is_some_and(|last| last.notice.is_some()));
		Ok(())
	}

	#[benchmark]
	fn refund() -> Result<(), BenchmarkError> {
		let group = group::<T>(within::<T>());
		let last = fill::<T>(group).pop().ok_or("there are clients")?;
		Pallet::<T>::do_stop_funding(group, last.clone())?;
		let notice = Fundings::<T>::get(group).last().and_then(|last| last.notice);
		go_to::<T>(notice.ok_or("it was given")?.free);

		#[extrinsic_call]
		_(RawOrigin::Signed(last), group);

		assert_eq!(Fundings::<T>::decode_len(group), usize::try_from(MAX_FUNDINGS.saturating_sub(1)).ok());
		Ok(())
	}

	#[benchmark]
	fn order() {
		let group = group::<T>(within::<T>());
		let first = fill_orders::<T>(group, ROUNDS).remove(0);
		let newcomer = orderer::<T>(MAX_ORDERS);
		let amount = order_worth::<T>().saturating_add(1);
		let OrderTerms { price, bonus, target, mark } = TERMS;
		let terms = T::Groups::terms(group).unwrap_or_default();

		#[extrinsic_call]
		_(RawOrigin::Signed(newcomer.clone()), group, amount, price, bonus, mark, target, ROUNDS, terms);

		let orders = Orders::<T>::get(group);
		assert!(orders.first().is_some_and(|kept| kept.client == first));
		assert!(orders.last().is_some_and(|kept| kept.client == newcomer));
	}

	#[benchmark]
	fn cancel_order() -> Result<(), BenchmarkError> {
		let group = group::<T>(within::<T>());
		let last = fill_orders::<T>(group, ROUNDS).pop().ok_or("there are clients")?;
		let end = |group: GroupId| Orders::<T>::get(group).last().map(|kept| kept.end.until);
		let before = end(group);
		go_to::<T>(CLOCK.start.saturating_add(CLOCK.length));

		#[extrinsic_call]
		_(RawOrigin::Signed(last), group);

		assert!(end(group) < before);
		Ok(())
	}

	#[benchmark]
	fn refund_order() -> Result<(), BenchmarkError> {
		let group = group::<T>(within::<T>());
		let last = fill_orders::<T>(group, 1).pop().ok_or("there are clients")?;
		let free = Orders::<T>::get(group).last().map(|kept| kept.end.free);
		go_to::<T>(free.ok_or("it is there")?);
		let sender: T::AccountId = account("sender", 0, 0);

		#[extrinsic_call]
		_(RawOrigin::Signed(sender), group, last);

		assert_eq!(Orders::<T>::decode_len(group), usize::try_from(MAX_ORDERS.saturating_sub(1)).ok());
		Ok(())
	}

	#[benchmark]
	fn on_initialize() {
		group::<T>(within::<T>());

		#[block]
		{
			assert!(!Pallet::<T>::is_period_over());
		}
	}

	#[benchmark]
	fn begin_periods() {
		group::<T>(both::<T>());

		#[block]
		{
			assert!(Pallet::<T>::is_period_over());
			Pallet::<T>::advance();
		}

		assert!(!Pallet::<T>::is_period_over());
	}

	#[benchmark]
	fn stake_changed() {
		let group = group::<T>(both::<T>());
		let whale: T::AccountId = account("whale", 0, 0);

		#[block]
		{
			Pallet::<T>::stake_changed(group, &whale, Stake::default(), staked(1));
		}

		assert_eq!(Pots::<T>::get(group).stake, worth::<T>().saturating_add(1));
	}

	#[benchmark]
	fn terms_changed() {
		let group = group::<T>(within::<T>());
		fill::<T>(group);
		fill_orders::<T>(group, ROUNDS);
		go_to::<T>(CLOCK.start.saturating_add(CLOCK.length));

		#[block]
		{
			Pallet::<T>::terms_changed(group);
		}

		let notice = Fundings::<T>::get(group).last().and_then(|last| last.notice);
		assert!(Fundings::<T>::get(group).iter().all(|funding| funding.notice == notice));
		assert!(Orders::<T>::get(group).iter().all(|kept| Some(kept.end) == notice));
	}

	#[benchmark]
	fn round_settled(m: Linear<1, MAX_COMMITTEE>) {
		// Orders pay for rounds that begin after them.
		let group = group::<T>(1);
		fill::<T>(group);
		let clients = fill_orders::<T>(group, ROUNDS);
		go_to::<T>(both::<T>());
		let (winners, members) = (winners::<T>(), members::<T>(m));
		let settled = settled::<T>(group, &winners, &members);

		#[block]
		{
			Pallet::<T>::round_settled(&settled);
		}

		assert!(winners.iter().chain(&members).chain(&clients).all(|account| Accrued::<T>::get(account) > 0));
		assert!(!Fundings::<T>::contains_key(group));
		assert!(!Orders::<T>::contains_key(group));
	}

	#[benchmark]
	fn delta_checked(m: Linear<1, MAX_COMMITTEE>) {
		let group = group::<T>(both::<T>());
		let members = members::<T>(m);

		#[block]
		{
			Pallet::<T>::delta_checked(group, &members);
		}

		assert!(members.iter().all(|member| Accrued::<T>::get(member) > 0));
	}

	#[benchmark]
	fn delta_applied() {
		let group = group::<T>(both::<T>());
		let proposer: T::AccountId = account("proposer", 0, 0);

		#[block]
		{
			Pallet::<T>::delta_applied(group, &proposer);
		}

		assert!(Accrued::<T>::get(&proposer) > 0);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
