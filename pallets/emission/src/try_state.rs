use crate::{
	Accrued, Accumulators, Burned, Config, Entrusted, Fundings, GenesisIssuance, Minted, OrderOf, Orders,
	Pallet, Pots, Streams, TotalStake,
};
use descent_protocol::{GroupId, Stream, MAX_ENDING_ORDERS, MAX_ORDERS};
use descent_support::now;
use frame_support::{
	ensure,
	traits::{fungible::Inspect, Get},
};
use pallet_groups::{GroupRules, Stakeholders};
use sp_runtime::{SaturatedConversion, TryRuntimeError};

impl<T: Config> Pallet<T> {
	/// Checks what must hold of the pallet's storage between any two calls:
	///
	/// - all that is issued is what was at genesis, and what was minted since, less what was burned, exactly;
	/// - every pot has the stake of its group, and all of them together all stake;
	/// - the pallet's account has what is entrusted to it, which is what it owes, and for each pot but one
	///   less than a unit of each stream;
	/// - no more of a period has flown than it mints, every period begins where it should, and less is due
	///   than an account can exist with;
	/// - every client has one funding in a group, of which something is left;
	/// - every client has one order of a group, whose target is not reached and whose bonus is there, and no
	///   group has more than it may.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let expected = GenesisIssuance::<T>::get()
			.checked_add(Minted::<T>::get())
			.and_then(|issued| issued.checked_sub(Burned::<T>::get()));
		ensure!(
			Some(T::Currency::total_issuance()) == expected,
			"what is issued is not what was at genesis and minted since, less what was burned"
		);
		Self::try_stake()?;
		Self::try_streams()?;
		Self::try_fundings()?;
		Self::try_orders()?;
		Self::try_owed()
	}

	fn try_stake() -> Result<(), TryRuntimeError> {
		let mut sum = 0u128;
		for (group, pot) in Pots::<T>::iter() {
			ensure!(pot.stake == T::Groups::total(group), "a pot has another stake than its group");
			sum = sum.saturating_add(pot.stake);
		}
		ensure!(sum == TotalStake::<T>::get(), "the pots' stakes do not add up to all stake");
		Ok(())
	}

	fn try_streams() -> Result<(), TryRuntimeError> {
		let now = now::<T>();
		let mut due = 0u128;
		for (stream, state) in Stream::ALL.into_iter().zip(Streams::<T>::get()) {
			ensure!(state.flown <= state.emission, "more has flown than the period mints");
			let over = state.since.checked_rem(Self::period(stream));
			ensure!(over == Some(0) && state.since <= now, "a period begins where it should not");
			due = due.saturating_add(state.due);
		}
		ensure!(
			due < T::Currency::minimum_balance(),
			"something is due that the pallet's account could have received"
		);
		Ok(())
	}

	fn try_fundings() -> Result<(), TryRuntimeError> {
		for (group, fundings) in Fundings::<T>::iter() {
			ensure!(!fundings.is_empty(), "a group without fundings is kept among those with");
			ensure!(T::Groups::exists(group), "a group is funded that is not");
			for (place, funding) in fundings.iter().enumerate() {
				ensure!(funding.left > 0, "a funding is kept of which nothing is left");
				ensure!(
					funding.per_round >= T::MinimumFundingPerRound::get(),
					"a round is worth less to a client than it may be"
				);
				let mut later = fundings.iter().skip(place.saturating_add(1));
				ensure!(later.all(|other| other.client != funding.client), "a client funds a group twice");
			}
		}
		Ok(())
	}

	fn try_orders() -> Result<(), TryRuntimeError> {
		for group in Orders::<T>::iter_keys() {
			ensure!(T::Groups::exists(group), "a group has orders that is not");
			let count: u32 = Orders::<T>::decode_len(group).unwrap_or_default().saturated_into();
			ensure!(count > 0, "a group without orders is kept among those with");
			ensure!(
				count <= MAX_ORDERS.saturating_add(MAX_ENDING_ORDERS),
				"a group has more orders than it may"
			);
			let orders = Orders::<T>::get(group);
			for (place, order) in orders.iter().enumerate() {
				Self::try_order(group, order)?;
				let mut later = orders.iter().skip(place.saturating_add(1));
				ensure!(later.all(|other| other.client != order.client), "a client orders twice of a group");
			}
		}
		Ok(())
	}

	fn try_order(group: GroupId, order: &OrderOf<T>) -> Result<(), TryRuntimeError> {
		ensure!(order.left > 0, "an order is kept of which nothing is left");
		ensure!(order.left >= order.terms.bonus, "the bonus of an order is not there");
		ensure!(order.terms.price > 0, "an order pays nothing for improvement");
		ensure!(!order.terms.is_fulfilled(), "an order is kept whose target is reached");
		ensure!(order.since <= order.end.until, "an order ends before it begins");
		let boundary = T::Groups::boundary(group);
		ensure!(
			boundary.is_some_and(|boundary| order.since <= boundary),
			"an order begins with a later round than the next"
		);
		Ok(())
	}

	fn try_owed() -> Result<(), TryRuntimeError> {
		let entrusted = Entrusted::<T>::get();
		ensure!(
			T::Currency::balance(&Self::account_id()) >= entrusted,
			"the pallet's account has less than is entrusted to it"
		);
		ensure!(
			Accrued::<T>::iter_values().all(|accrued| accrued > 0),
			"an account is kept that has earned nothing"
		);
		let accumulators = Accumulators::<T>::get();
		let pots = Pots::<T>::iter_values().map(|mut pot| {
			pot.credit(&accumulators);
			pot.amount()
		});
		let fundings = Fundings::<T>::iter_values().flatten().map(|funding| funding.left);
		let orders = Orders::<T>::iter_values().flatten().map(|order| order.left);
		let paid_in = fundings.chain(orders);
		let owed = pots.chain(paid_in).chain(Accrued::<T>::iter_values()).fold(0, u128::saturating_add);
		let others: u128 = Pots::<T>::iter_keys().count().saturating_sub(1).saturated_into();
		let fractions = entrusted.checked_sub(owed);
		ensure!(
			fractions.is_some_and(|fractions| fractions <= others.saturating_mul(2)),
			"what is entrusted is not what is owed"
		);
		Ok(())
	}
}
