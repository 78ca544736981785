use crate::{
	migrations::DropTolerance, Amendment, Amendments, BalanceOf, Changes, Config, Ended, EndedAmendment,
	EndedCount, Error, Event, Groups, HoldReason, NextAmendment, Open, OpenAmendment, OpenOf, Pallet,
	PendingAyes, Stakeholders, Stakes, Summary, ENDED_KEPT,
};
use alloc::vec::Vec;
use descent_protocol::{
	is_text, majority, make_room, view::AmendmentEnding, AmendmentId, BlockNumber, GroupId, Majority,
	Pending, Stake, MAX_AMENDMENTS,
};
use descent_support::{now, release};
use frame_support::{
	defensive, ensure,
	pallet_prelude::{DispatchResult, Get},
	traits::{
		fungible::{BalancedHold, MutateHold},
		ConstU32, Imbalance, OnUnbalanced,
	},
	BoundedVec,
};
use sp_runtime::{
	traits::{Saturating, UniqueSaturatedInto, Zero},
	ArithmeticError, SaturatedConversion,
};

type OpenListOf<T> = BoundedVec<OpenOf<T>, ConstU32<MAX_AMENDMENTS>>;

/// The result of a tally of a group's open amendments.
pub(crate) struct Tallied {
	/// Number of amendments that were open.
	pub(crate) count: u32,
	/// True if some stay open.
	pub(crate) stay: bool,
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_propose(
		group: GroupId,
		account: T::AccountId,
		changes: Changes,
		summary: Summary,
	) -> DispatchResult {
		ensure!(is_text(&summary), Error::<T>::InvalidSummary);
		Self::check_changes(group, &changes)?;
		let stake = <Self as Stakeholders<_, _>>::stake(group, &account);
		ensure!(!stake.all.is_zero(), Error::<T>::NoStake);
		let mut open = Open::<T>::get(group);
		ensure!(open.iter().all(|other| other.proposer != account), Error::<T>::AlreadyProposed);
		let evicted = Self::evict(group, &mut open, stake.counted())?;
		let id = NextAmendment::<T>::get(group);
		let next = id.checked_add(1).ok_or(ArithmeticError::Overflow)?;
		let deposit = T::AmendmentDeposit::get();
		T::Currency::hold(&HoldReason::Amendment.into(), &account, deposit)?;

		let contender = OpenAmendment { id, proposer: account.clone(), ayes: Zero::zero(), lost: 0 };
		open.try_push(contender).map_err(|_| Error::<T>::TooManyAmendments)?;
		Open::<T>::insert(group, open);
		let amendment = Amendment { proposer: account.clone(), deposit, changes, summary, block: now::<T>() };
		Amendments::<T>::insert(group, id, amendment);
		NextAmendment::<T>::insert(group, next);
		if let Some(evicted) = evicted {
			Self::end(group, evicted, AmendmentEnding::Evicted);
		}
		Self::deposit_event(Event::AmendmentProposed { group, amendment: id, account: account.clone() });
		Self::alarmed_close(group).ok_or(ArithmeticError::Overflow)?;
		Self::do_vote(group, account, id, true)
	}

	/// Checks that the changes can be made to the rules as they are now.
	fn check_changes(group: GroupId, changes: &Changes) -> DispatchResult {
		ensure!(!changes.is_empty(), Error::<T>::NoChange);
		for (place, change) in changes.iter().enumerate() {
			let mut before = changes.iter().take(place);
			ensure!(!before.any(|other| other.repeats(change)), Error::<T>::RepeatedChange);
		}
		Self::revised(group, changes).map(drop)
	}

	/// Takes the least supported amendment out of a full list, for a proposer with more stake. Approvals
	/// protect no place, as one stake can approve them all. An amendment that more than half of all stake
	/// approves stays, as it is to be decided. Pending stake counts for nothing here, too.
	fn evict(
		group: GroupId,
		open: &mut OpenListOf<T>,
		stake: BalanceOf<T>,
	) -> Result<Option<OpenOf<T>>, Error<T>> {
		if !open.is_full() {
			return Ok(None);
		}
		let close = Self::closes(group).unwrap_or(BlockNumber::MAX);
		let total = Self::total_at(group, close).counted().saturated_into();
		let support = |contender: &OpenOf<T>| {
			let ayes = Self::ayes_at(group, contender, close).counted();
			if Majority::Half.is_met(ayes.saturated_into(), total) {
				return u128::MAX;
			}
			let own = <Self as Stakeholders<_, _>>::stake(group, &contender.proposer);
			own.counted().saturated_into()
		};
		let support: Vec<u128> = open.iter().map(support).collect();
		let place = make_room(&support, stake.saturated_into());
		let place = place.ok_or(Error::<T>::TooManyAmendments)?;
		Ok(Some(open.remove(place)))
	}

	pub(crate) fn do_vote(
		group: GroupId,
		account: T::AccountId,
		amendment: AmendmentId,
		aye: bool,
	) -> DispatchResult {
		let mut ledger = Stakes::<T>::get(group, &account);
		let stake = ledger.active;
		ensure!(!stake.is_zero(), Error::<T>::NoStake);
		let voting = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?.voting;
		let close = Self::next_close(&voting);
		let own = Self::stake_at(group, &account, stake, close);
		let mut open = Open::<T>::get(group);
		ledger.approvals.retain(|approved| open.iter().any(|contender| contender.id == *approved));
		let contender = open
			.iter_mut()
			.find(|contender| contender.id == amendment)
			.ok_or(Error::<T>::UnknownAmendment)?;
		ensure!(ledger.approvals.contains(&amendment) != aye, Error::<T>::VoteUnchanged);
		let none = Stake::default();
		let (before, after) = if aye {
			ledger.approvals.try_push(amendment).map_err(|_| Error::<T>::TooManyAmendments)?;
			(none, own)
		} else {
			ledger.approvals.retain(|approved| *approved != amendment);
			(own, none)
		};
		Self::recount(group, contender, close, before, after);
		Open::<T>::insert(group, open);
		Stakes::<T>::insert(group, &account, ledger);
		Self::deposit_event(Event::AmendmentVoted { group, amendment, account, aye, stake });
		Ok(())
	}

	/// Updates the votes of a changed stake.
	pub(crate) fn reweigh(
		group: GroupId,
		approvals: &[AmendmentId],
		close: BlockNumber,
		before: Stake<BalanceOf<T>>,
		after: Stake<BalanceOf<T>>,
	) {
		if approvals.is_empty() {
			return;
		}
		Open::<T>::mutate_extant(group, |open| {
			for contender in open.iter_mut().filter(|contender| approvals.contains(&contender.id)) {
				Self::recount(group, contender, close, before, after);
			}
		});
	}

	/// Replaces a stake that approves an amendment, where `close` is the group's next close.
	fn recount(
		group: GroupId,
		contender: &mut OpenOf<T>,
		close: BlockNumber,
		before: Stake<BalanceOf<T>>,
		after: Stake<BalanceOf<T>>,
	) {
		contender.ayes = contender.ayes.saturating_sub(before.all).saturating_add(after.all);
		PendingAyes::<T>::mutate_exists(group, contender.id, |sum| {
			Pending::replace_in(sum, close, before, after)
		});
	}

	/// Returns the stake that approves an amendment, where `close` is the group's next close.
	pub(crate) fn ayes_at(group: GroupId, contender: &OpenOf<T>, close: BlockNumber) -> Stake<BalanceOf<T>> {
		let pending = PendingAyes::<T>::get(group, contender.id);
		Stake { all: contender.ayes, pending: pending.map_or_else(Zero::zero, |pending| pending.at(close)) }
	}

	pub(crate) fn do_withdraw_amendment(
		group: GroupId,
		account: T::AccountId,
		amendment: AmendmentId,
	) -> DispatchResult {
		let mut open = Open::<T>::get(group);
		let place = open
			.iter()
			.position(|contender| contender.id == amendment)
			.ok_or(Error::<T>::UnknownAmendment)?;
		let contender = open.remove(place);
		ensure!(contender.proposer == account, Error::<T>::NotProposer);
		ensure!(contender.lost > 0, Error::<T>::TooEarly);
		let kept = DropTolerance::<T>::amendment(group, amendment).ok_or(Error::<T>::UnknownAmendment)?;
		let close = Self::closes(group).unwrap_or(BlockNumber::MAX);
		let ayes = Self::ayes_at(group, &contender, close).counted();
		let total = Self::total_at(group, close).counted();
		ensure!(!is_carried(&kept, ayes, total), Error::<T>::HasMajority);
		Self::put_open(group, open);
		Self::end(group, contender, AmendmentEnding::Withdrawn);
		Ok(())
	}

	/// Decides the open amendments of a group, in the order of their numbers, at the end of a voting period
	/// of `period` blocks that was to close at block `close`, with `total` stake in the group that counts.
	pub(crate) fn tally(
		group: GroupId,
		total: BalanceOf<T>,
		close: BlockNumber,
		period: BlockNumber,
	) -> Tallied {
		// Whoever wants to vote or leave has half a period's notice.
		let latest = now::<T>().checked_sub(period.div_ceil(2));
		let open = Open::<T>::get(group);
		let count = open.len().saturated_into();
		let mut left = OpenListOf::<T>::default();
		for mut contender in open {
			let ayes = Self::ayes_at(group, &contender, close).counted();
			let Some(ending) = Self::decide(group, &mut contender, (ayes, total), latest) else {
				PendingAyes::<T>::remove(group, contender.id);
				if left.try_push(contender).is_err() {
					defensive!("more amendments are left than there were");
				}
				continue;
			};
			Self::end(group, contender, ending);
		}
		let stay = !left.is_empty();
		Self::put_open(group, left);
		Tallied { count, stay }
	}

	/// Decides an amendment at the close of a voting period that decides amendments of block `latest` or
	/// before. Returns its ending; `None` if it stays open, having lost the period unless it was proposed too
	/// late for it.
	fn decide(
		group: GroupId,
		contender: &mut OpenOf<T>,
		(ayes, total): (BalanceOf<T>, BalanceOf<T>),
		latest: Option<BlockNumber>,
	) -> Option<AmendmentEnding> {
		let amendment = DropTolerance::<T>::amendment(group, contender.id)?;
		if amendment.changes.is_empty() {
			return Some(AmendmentEnding::Impossible);
		}
		if latest.is_none_or(|latest| amendment.block > latest) {
			return None;
		}
		if is_carried(&amendment, ayes, total) {
			return Some(match Self::revised(group, &amendment.changes) {
				Ok(revised) => AmendmentEnding::Adopted { from: Self::revise(group, revised) },
				Err(_) => AmendmentEnding::Impossible,
			});
		}
		contender.lost = contender.lost.saturating_add(1);
		(contender.lost >= T::AmendmentLifetime::get()).then_some(AmendmentEnding::Outvoted)
	}

	/// Ends an amendment that was taken from the open ones: returns its deposit, less the fee if it is
	/// adopted, and keeps it for readers with the ayes that counted.
	fn end(group: GroupId, mut contender: OpenOf<T>, ending: AmendmentEnding) {
		let id = contender.id;
		let close = Self::closes(group).unwrap_or(BlockNumber::MAX);
		contender.ayes = Self::ayes_at(group, &contender, close).counted();
		PendingAyes::<T>::remove(group, id);
		let Some(amendment) = DropTolerance::<T>::amendment(group, id) else {
			defensive!("an open amendment is not kept");
			return;
		};
		Amendments::<T>::remove(group, id);
		let fee = match ending {
			AmendmentEnding::Adopted { .. } => T::AdoptionFee::get().min(amendment.deposit),
			_ => Zero::zero(),
		};
		let (paid, _) = T::Currency::slash(&HoldReason::Amendment.into(), &amendment.proposer, fee);
		let rest = amendment.deposit.saturating_sub(paid.peek());
		T::Slash::on_unbalanced(paid);
		release::<_, T::Currency>(&HoldReason::Amendment.into(), &amendment.proposer, rest);
		let ended = EndedAmendment { last: contender, amendment, ending };
		EndedCount::<T>::mutate(group, |count| {
			Ended::<T>::insert(group, *count % ENDED_KEPT, ended);
			*count = count.wrapping_add(1);
		});
		Self::deposit_event(Event::AmendmentEnded { group, amendment: id, ending });
	}

	/// Ends an open amendment whose changes are all of rules that no group has any more.
	pub(crate) fn end_empty(group: GroupId, amendment: AmendmentId) {
		let mut open = Open::<T>::get(group);
		let Some(place) = open.iter().position(|contender| contender.id == amendment) else {
			defensive!("an amendment is kept that is not open");
			return;
		};
		let contender = open.remove(place);
		Self::put_open(group, open);
		Self::end(group, contender, AmendmentEnding::Impossible);
	}

	fn put_open(group: GroupId, open: OpenListOf<T>) {
		if open.is_empty() {
			Open::<T>::remove(group);
		} else {
			Open::<T>::insert(group, open);
		}
	}
}

/// Returns true if an amendment has its majority with `ayes` of `total` stake.
fn is_carried<AccountId, Balance: SaturatedConversion + UniqueSaturatedInto<u128>>(
	amendment: &Amendment<AccountId, Balance>,
	ayes: Balance,
	total: Balance,
) -> bool {
	majority(&amendment.changes).is_met(ayes.saturated_into(), total.saturated_into())
}
