use crate::{
	Accrued, Burned, Claimed, Config, Event, FundingOf, Fundings, GenesisIssuance, Minted, OrderOf, Orders,
	Pallet, Pots, Streams, TotalStake,
};
use alloc::vec::Vec;
use descent_protocol::{
	era,
	view::{ChainEvent, EmissionView, FundingView, OrderView, PotView, RewardsView, StreamView},
	Accumulator, BlockNumber, GroupId, Mark, Shares, Stream,
};
use descent_support::now;
use frame_support::{pallet_prelude::Get, traits::fungible::Inspect};
use pallet_groups::{GroupRules, Stakeholders};
use sp_core::crypto::AccountId32;

/// Returns the part of a stake of an amount that is divided among all stake.
fn part(amount: u128, stake: u128, total: u128) -> u128 {
	let mut accumulator = Accumulator::default();
	if accumulator.distribute(amount, total) {
		Mark::default().earn(&accumulator, stake)
	} else {
		0
	}
}

impl<T: Config> Pallet<T> {
	/// Returns the emission as of this block, with what has flown and is not minted yet.
	pub fn emission_view() -> EmissionView {
		let advanced = Self::advanced(Streams::<T>::get());
		let streams = Stream::ALL.into_iter().zip(advanced.streams);
		let streams = streams.map(|(stream, state)| StreamView {
			stream,
			period: Self::period(stream),
			since: state.since,
			emission: state.emission,
			flown: state.flown,
		});
		let era = era(now::<T>(), T::EraLength::get());
		EmissionView {
			block: now::<T>(),
			era,
			next_halving: Self::halving(era),
			issuance: T::Currency::total_issuance().saturating_add(advanced.minted),
			genesis: GenesisIssuance::<T>::get(),
			minted: Minted::<T>::get().saturating_add(advanced.minted),
			burned: Burned::<T>::get(),
			stake: TotalStake::<T>::get(),
			streams: streams.collect(),
		}
	}

	/// Returns the block with which an era ends.
	fn halving(era: u32) -> Option<BlockNumber> {
		let halving = era.checked_add(1)?.checked_mul(T::EraLength::get())?;
		(halving > 0).then_some(halving)
	}

	/// Returns the earnings of an account.
	pub fn rewards_view(account: &T::AccountId) -> RewardsView {
		RewardsView { accrued: Accrued::<T>::get(account), claimed: Claimed::<T>::get(account) }
	}
}

impl<T: Config> Pallet<T>
where
	T::AccountId: Into<AccountId32>,
{
	/// Returns the tokens that a group has to pay with in this block, for a round that is played with these
	/// shares, without what orders pay for improvement. `None` if there is no such group.
	pub fn pot_view(group: GroupId, shares: Shares) -> Option<PotView> {
		T::Groups::exists(group).then_some(())?;
		let advanced = Self::advanced(Streams::<T>::get());
		let [trainers, _] = advanced.streams;
		let mut pot = Pots::<T>::get(group);
		pot.credit(&advanced.accumulators);
		pot.divide(shares);
		let fundings = Fundings::<T>::get(group);
		let now = now::<T>();
		let round = T::Groups::current_round(group, now);
		let funded = fundings
			.iter()
			.filter(|funding| !funding.is_free(now) && round.is_none_or(|round| funding.pays_for(round)))
			.fold(0u128, |sum, funding| sum.saturating_add(funding.payment()));
		pot.add(shares.split(funded));
		Some(PotView {
			stake: pot.stake,
			emission: part(trainers.emission, pot.stake, TotalStake::<T>::get()),
			shares,
			winner: pot.winner,
			validators: pot.validators,
			keepers: pot.keepers,
			proposer: pot.proposer,
			terms: T::Groups::terms(group)?,
			fundings: fundings.into_iter().map(|funding| funding_view::<T>(group, funding)).collect(),
		})
	}

	/// Returns the orders of a group, the oldest first.
	pub fn orders_view(group: GroupId) -> Vec<OrderView> {
		Orders::<T>::get(group).into_iter().map(|order| order_view::<T>(group, order)).collect()
	}
}

impl<T: Config<AccountId: Into<AccountId32>>> Event<T> {
	/// Returns the event as clients see it: those of orders.
	pub fn view(self) -> Option<ChainEvent> {
		Some(match self {
			Self::Ordered { group, client, amount, price, bonus, from, target, until } => {
				let account = client.into();
				ChainEvent::Ordered { group, account, amount, price, bonus, from, target, until }
			}
			Self::OrderPaid { group, round, client, gain, amount, bonus, left } => {
				ChainEvent::OrderPaid { group, round, account: client.into(), gain, amount, bonus, left }
			}
			Self::OrderCancelled { group, client, until, free } => {
				ChainEvent::OrderCancelled { group, account: client.into(), until, free }
			}
			Self::OrderPaused { group, client, until, free } => {
				ChainEvent::OrderPaused { group, account: client.into(), until, free }
			}
			Self::OrderDisplaced { group, client, until, free } => {
				ChainEvent::OrderDisplaced { group, account: client.into(), until, free }
			}
			Self::OrderSpent { group, client } => ChainEvent::OrderSpent { group, account: client.into() },
			Self::OrderFulfilled { group, client, refunded } => {
				ChainEvent::OrderFulfilled { group, account: client.into(), refunded }
			}
			Self::OrderRefunded { group, client, amount } => {
				ChainEvent::OrderRefunded { group, account: client.into(), amount }
			}
			_ => return None,
		})
	}
}

fn funding_view<T: Config<AccountId: Into<AccountId32>>>(
	group: GroupId,
	funding: FundingOf<T>,
) -> FundingView {
	let paused = funding.notice.is_some_and(|notice| Pallet::<T>::is_paused(group, notice));
	FundingView {
		paused,
		client: funding.client.into(),
		left: funding.left,
		per_round: funding.per_round,
		free: funding.notice.map(|notice| notice.free),
	}
}

fn order_view<T: Config<AccountId: Into<AccountId32>>>(group: GroupId, order: OrderOf<T>) -> OrderView {
	OrderView {
		paused: Pallet::<T>::is_paused(group, order.end),
		client: order.client.into(),
		left: order.left,
		price: order.terms.price,
		bonus: order.terms.bonus,
		target: order.terms.target,
		mark: order.terms.mark,
		since: order.since,
		until: order.end.until,
		free: order.end.free,
	}
}
