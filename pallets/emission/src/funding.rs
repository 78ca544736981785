use crate::{Config, Entrusted, Error, Event, Funding, FundingOf, Fundings, FundingsOf, Notice, Pallet};
use descent_protocol::{make_room, BlockNumber, GroupId, RoundIndex};
use descent_support::now;
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, DispatchResult, Get},
	traits::{fungible::Mutate, tokens::Preservation},
};
use pallet_groups::GroupRules;
use sp_core::H256;
use sp_runtime::ArithmeticError;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_fund(
		group: GroupId,
		client: T::AccountId,
		amount: u128,
		per_round: u128,
		terms: H256,
	) -> DispatchResult {
		let newest = T::Groups::terms(group).ok_or(Error::<T>::UnknownGroup)?;
		ensure!(terms == newest, Error::<T>::TermsChanged);
		ensure!(per_round >= T::MinimumFundingPerRound::get(), Error::<T>::PerRoundTooSmall);
		let mut fundings = Fundings::<T>::get(group);
		let mut displaced = None;
		let left = match fundings.iter_mut().find(|funding| funding.client == client) {
			Some(funding) => {
				ensure!(per_round >= funding.per_round, Error::<T>::PerRoundLowered);
				funding.left = funding.left.checked_add(amount).ok_or(ArithmeticError::Overflow)?;
				funding.per_round = per_round;
				funding.notice = None;
				funding.left
			}
			None => {
				ensure!(amount >= per_round, Error::<T>::AmountTooSmall);
				if fundings.is_full() {
					// The rounds that the one before would have paid for have begun: one is judged, one takes
					// commitments.
					ensure!(amount >= per_round.saturating_mul(2), Error::<T>::AmountTooSmall);
					displaced = Some(Self::displace(&mut fundings, per_round)?);
				}
				let funding = Funding { client: client.clone(), left: amount, per_round, notice: None };
				fundings.try_push(funding).map_err(|_| Error::<T>::TooManyFundings)?;
				amount
			}
		};
		T::Currency::transfer(&client, &Self::account_id(), amount, Preservation::Preserve)?;
		Entrusted::<T>::mutate(|entrusted| *entrusted = entrusted.saturating_add(amount));
		Self::put_fundings(group, fundings);
		Self::deposit_event(Event::Funded { group, client, amount, left, per_round });
		if let Some(funding) = displaced {
			Self::refund_funding(group, funding);
		}
		Ok(())
	}

	/// Takes the funding that pays least for a round out of a full list, the latest among equals, if it pays
	/// less than `per_round`. Fundings that may be taken back count as paying nothing.
	fn displace(fundings: &mut FundingsOf<T>, per_round: u128) -> Result<FundingOf<T>, Error<T>> {
		let now = now::<T>();
		let worth = |funding: &FundingOf<T>| {
			if funding.is_free(now) {
				0
			} else {
				funding.payment()
			}
		};
		let support: alloc::vec::Vec<_> = fundings.iter().map(worth).collect();
		let place = make_room(&support, per_round).ok_or(Error::<T>::TooManyFundings)?;
		Ok(fundings.remove(place))
	}

	pub(crate) fn do_stop_funding(group: GroupId, client: T::AccountId) -> DispatchResult {
		let mut fundings = Fundings::<T>::get(group);
		let funding =
			fundings.iter_mut().find(|funding| funding.client == client).ok_or(Error::<T>::UnknownFunding)?;
		ensure!(funding.notice.is_none(), Error::<T>::AlreadyStopped);
		let notice = Self::notice(group)?;
		funding.notice = Some(notice);
		Self::put_fundings(group, fundings);
		Self::deposit_event(Event::FundingStopped { group, client, free: notice.free });
		Ok(())
	}

	/// Gives notice for all clients that have not, as the first round that has not begun is played by other
	/// rules than they pay for. Rounds that have begun are played by those rules, and are still paid for.
	pub(crate) fn pause_fundings(group: GroupId) {
		let mut fundings = Fundings::<T>::get(group);
		if fundings.iter().all(|funding| funding.notice.is_some()) {
			return;
		}
		let notice = Self::pause(group);
		for funding in fundings.iter_mut().filter(|funding| funding.notice.is_none()) {
			funding.notice = Some(notice);
			let client = funding.client.clone();
			Self::deposit_event(Event::FundingPaused { group, client, free: notice.free });
		}
		Self::put_fundings(group, fundings);
	}

	/// Returns true if payments end because the rules change, and not because their client wants it: other
	/// rules begin with the first round that is not paid for.
	pub(crate) fn is_paused(group: GroupId, end: Notice) -> bool {
		let terms = |round| T::Groups::rules(group, round).map(|rules| rules.terms());
		let change = end.until.checked_sub(1).and_then(|last| Some((terms(last)?, terms(end.until)?)));
		change.is_some_and(|(before, after)| before != after)
	}

	/// Returns the end of payments whose notice is given now: rounds that have begun are still paid for.
	pub(crate) fn notice(group: GroupId) -> Result<Notice, DispatchError> {
		let until = T::Groups::boundary(group).ok_or(Error::<T>::UnknownGroup)?;
		Self::end_before(group, until)
	}

	/// Returns the end of payments for a group whose rules change now. Where it lies beyond the last block
	/// number, the rest is free at once.
	pub(crate) fn pause(group: GroupId) -> Notice {
		Self::notice(group).unwrap_or_else(|_| Notice {
			until: T::Groups::boundary(group).unwrap_or_default(),
			free: now::<T>(),
		})
	}

	/// Returns the end of payments for the rounds before `until`.
	pub(crate) fn end_before(group: GroupId, until: RoundIndex) -> Result<Notice, DispatchError> {
		let free = match until.checked_sub(1) {
			None => now::<T>(),
			Some(last) => Self::settles(group, last)
				.and_then(|settle| settle.checked_add(T::FundingGrace::get()))
				.ok_or(ArithmeticError::Overflow)?,
		};
		Ok(Notice { until, free })
	}

	/// Returns the first block in which a round can be settled.
	fn settles(group: GroupId, round: RoundIndex) -> Option<BlockNumber> {
		let windows = T::Groups::rules(group, round)?.clock.windows(round)?;
		Some(windows.settle)
	}

	pub(crate) fn do_refund(group: GroupId, client: T::AccountId) -> DispatchResult {
		let mut fundings = Fundings::<T>::get(group);
		let place =
			fundings.iter().position(|funding| funding.client == client).ok_or(Error::<T>::UnknownFunding)?;
		let funding = fundings.remove(place);
		ensure!(funding.notice.is_some(), Error::<T>::NotStopped);
		ensure!(funding.is_free(now::<T>()), Error::<T>::TooEarly);
		Self::put_fundings(group, fundings);
		Self::refund_funding(group, funding);
		Ok(())
	}

	/// Returns the rest of a funding to its client.
	fn refund_funding(group: GroupId, funding: FundingOf<T>) {
		let Funding { client, left, .. } = funding;
		Self::give_back(&client, left);
		Self::deposit_event(Event::Refunded { group, client, amount: left });
	}

	pub(crate) fn put_fundings(group: GroupId, fundings: FundingsOf<T>) {
		if fundings.is_empty() {
			Fundings::<T>::remove(group);
		} else {
			Fundings::<T>::insert(group, fundings);
		}
	}
}
