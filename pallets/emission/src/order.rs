use crate::{Config, Entrusted, Error, Event, Notice, Order, OrderOf, Orders, OrdersOf, Pallet};
use alloc::vec::Vec;
use descent_protocol::{make_room, GroupId, OrderTerms, RoundIndex, MAX_ORDERS};
use descent_support::now;
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, DispatchResult, Get},
	traits::{fungible::Mutate, tokens::Preservation},
};
use pallet_groups::{GroupRules, SettledRound};
use sp_core::H256;
use sp_runtime::{ArithmeticError, SaturatedConversion};

/// The order that makes way for another and is returned, and the client whose order ends for it, with the
/// end.
type MadeWay<T> = (Option<OrderOf<T>>, Option<(<T as frame_system::Config>::AccountId, Notice)>);

impl<T: Config> Pallet<T> {
	pub(crate) fn do_order(
		group: GroupId,
		client: T::AccountId,
		amount: u128,
		terms: OrderTerms,
		rounds: u32,
		named: H256,
	) -> DispatchResult {
		let newest = T::Groups::terms(group).ok_or(Error::<T>::UnknownGroup)?;
		ensure!(named == newest, Error::<T>::TermsChanged);
		Self::check_order(amount, &terms)?;
		ensure!(rounds > 0, Error::<T>::NoRounds);
		let since = T::Groups::boundary(group).ok_or(Error::<T>::UnknownGroup)?;
		let until = since.checked_add(rounds).ok_or(ArithmeticError::Overflow)?;
		let end = Self::end_before(group, until)?;
		let mut orders = Orders::<T>::get(group);
		let (over, displaced) = Self::make_way(group, &mut orders, &client, (amount, since))?;
		let order = Order { client: client.clone(), left: amount, terms, since, end };
		orders.try_push(order).map_err(|_| Error::<T>::TooManyOrders)?;
		T::Currency::transfer(&client, &Self::account_id(), amount, Preservation::Preserve)?;
		Entrusted::<T>::mutate(|entrusted| *entrusted = entrusted.saturating_add(amount));
		Self::put_orders(group, orders);
		let OrderTerms { price, bonus, target, mark: from } = terms;
		Self::deposit_event(Event::Ordered { group, client, amount, price, bonus, from, target, until });
		if let Some((client, Notice { until, free })) = displaced {
			Self::deposit_event(Event::OrderDisplaced { group, client, until, free });
		}
		if let Some(order) = over {
			Self::return_rest(group, order);
		}
		Ok(())
	}

	/// Checks that an order can pay, and that there is something that it pays for.
	fn check_order(amount: u128, terms: &OrderTerms) -> Result<(), Error<T>> {
		ensure!(terms.price > 0, Error::<T>::PriceTooSmall);
		ensure!(terms.target < terms.mark, Error::<T>::TargetTooHigh);
		let is_enough = terms.bonus.checked_add(terms.price).is_some_and(|least| amount >= least);
		ensure!(is_enough && amount >= T::MinimumOrder::get(), Error::<T>::OrderTooSmall);
		Ok(())
	}

	/// Makes way for a new order of `client` with `amount`, for rounds from `since` on. Returns the order
	/// that is to be returned: the client's own, if it is over, or else one of a full list that is over or
	/// that pays for no round that has begun. In a full list the order with the least money left gives way,
	/// the latest among equals, if it has less than `amount`. One that pays for rounds that have begun stays
	/// for them: nobody can take it away from trainers that have shown what they have. Its client and its end
	/// are returned beside.
	fn make_way(
		group: GroupId,
		orders: &mut OrdersOf<T>,
		client: &T::AccountId,
		(amount, since): (u128, RoundIndex),
	) -> Result<MadeWay<T>, DispatchError> {
		let now = now::<T>();
		if let Some(place) = orders.iter().position(|order| order.client == *client) {
			let own = orders.remove(place);
			ensure!(own.is_free(now), Error::<T>::AlreadyOrdered);
			return Ok((Some(own), None));
		}
		let standing = |order: &&OrderOf<T>| order.end.until > since;
		let standing_now: u32 = orders.iter().filter(standing).count().saturated_into();
		let kept: u32 = orders.len().saturated_into();
		if standing_now < MAX_ORDERS {
			let over =
				if kept < MAX_ORDERS { None } else { orders.iter().position(|order| order.is_free(now)) };
			ensure!(over.is_some() || !orders.is_full(), Error::<T>::TooManyOrders);
			return Ok((over.map(|place| orders.remove(place)), None));
		}
		// Orders that end anyway do not give way.
		let money = |order: &OrderOf<T>| if standing(&order) { order.left } else { u128::MAX };
		let support: Vec<_> = orders.iter().map(money).collect();
		let place = make_room(&support, amount).ok_or(Error::<T>::TooManyOrders)?;
		let order = orders.get_mut(place).ok_or(Error::<T>::TooManyOrders)?;
		if order.since >= since {
			return Ok((Some(orders.remove(place)), None));
		}
		let notice = Self::notice(group)?;
		order.end_by(notice);
		let displaced = (order.client.clone(), notice);
		let over = orders.iter().position(|order| order.is_free(now)).map(|place| orders.remove(place));
		ensure!(!orders.is_full(), Error::<T>::TooManyOrders);
		Ok((over, Some(displaced)))
	}

	pub(crate) fn do_cancel_order(group: GroupId, client: T::AccountId) -> DispatchResult {
		let mut orders = Orders::<T>::get(group);
		let order = orders.iter_mut().find(|order| order.client == client).ok_or(Error::<T>::UnknownOrder)?;
		let notice = Self::notice(group)?;
		ensure!(order.end_by(notice), Error::<T>::NothingToCancel);
		Self::put_orders(group, orders);
		let Notice { until, free } = notice;
		Self::deposit_event(Event::OrderCancelled { group, client, until, free });
		Ok(())
	}

	/// Ends all orders of a group with the rounds that have begun, as the next is played by other rules than
	/// the clients pay for.
	pub(crate) fn pause_orders(group: GroupId) {
		let mut orders = Orders::<T>::get(group);
		if orders.is_empty() {
			return;
		}
		let notice = Self::pause(group);
		let Notice { until, free } = notice;
		for order in orders.iter_mut() {
			if order.end_by(notice) {
				let client = order.client.clone();
				Self::deposit_event(Event::OrderPaused { group, client, until, free });
			}
		}
		Self::put_orders(group, orders);
	}

	pub(crate) fn do_refund_order(group: GroupId, client: T::AccountId) -> DispatchResult {
		let mut orders = Orders::<T>::get(group);
		let place = orders.iter().position(|order| order.client == client).ok_or(Error::<T>::UnknownOrder)?;
		let order = orders.remove(place);
		ensure!(order.is_free(now::<T>()), Error::<T>::TooEarly);
		Self::put_orders(group, orders);
		Self::return_rest(group, order);
		Ok(())
	}

	/// Returns the rest of an order to its client.
	fn return_rest(group: GroupId, order: OrderOf<T>) {
		let Order { client, left, .. } = order;
		Self::give_back(&client, left);
		Self::deposit_event(Event::OrderRefunded { group, client, amount: left });
	}

	/// Takes from a group's orders the payments for a round that was won. Returns their sum.
	pub(crate) fn take_orders(settled: &SettledRound<T::AccountId>) -> u128 {
		let (group, round) = (settled.group, settled.round);
		let Some(score) = settled.score else {
			return 0;
		};
		let mut orders = Orders::<T>::get(group);
		let (mut taken, mut is_changed) = (0u128, false);
		for order in orders.iter_mut().filter(|order| order.pays_for(round)) {
			let payment = order.terms.payment(order.left, score, settled.baseline);
			if payment.mark == order.terms.mark {
				continue;
			}
			is_changed = true;
			order.terms.mark = payment.mark;
			let paid = payment.total();
			if paid > 0 {
				order.left = order.left.saturating_sub(paid);
				taken = taken.saturating_add(paid);
				Self::deposit_event(Event::OrderPaid {
					group,
					round,
					client: order.client.clone(),
					gain: payment.gain,
					amount: payment.amount,
					bonus: payment.bonus,
					left: order.left,
				});
			}
		}
		if is_changed {
			orders.retain(|order| Self::goes_on(group, order));
			Self::put_orders(group, orders);
		}
		taken
	}

	/// Returns true if an order stays. The rest of one that is fulfilled accrues to its client: a settlement
	/// pays nobody out.
	fn goes_on(group: GroupId, order: &OrderOf<T>) -> bool {
		let Order { client, left, terms, .. } = order;
		if terms.is_fulfilled() {
			Self::accrue(client, *left);
			let client = client.clone();
			Self::deposit_event(Event::OrderFulfilled { group, client, refunded: *left });
			return false;
		}
		if *left == 0 {
			Self::deposit_event(Event::OrderSpent { group, client: client.clone() });
		}
		*left > 0
	}

	fn put_orders(group: GroupId, orders: OrdersOf<T>) {
		if orders.is_empty() {
			Orders::<T>::remove(group);
		} else {
			Orders::<T>::insert(group, orders);
		}
	}
}
