//! Commitments of trainers.

use crate::{
	BalanceOf, Call, Commitment, CommitmentOf, Config, Error, Event, Heads, HoldReason, Pallet, Round,
	RoundOf, Rounds, Unsettled,
};
use codec::Encode;
use descent_protocol::{
	has_reached_target, slot_fee, BlockNumber, GroupId, MeasuredOn, Phase, RoundIndex, MAX_CANDIDATES,
};
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{
		fungible::{Balanced, MutateHold},
		tokens::{Fortitude, Precision, Preservation},
		Get, OnUnbalanced,
	},
	BoundedVec,
};
use pallet_groups::{set_alarm, DatasetLog, GroupRules};
use sp_core::{ConstU32, H256};
use sp_io::hashing::blake2_256;
use sp_runtime::{
	traits::{Saturating, Zero},
	SaturatedConversion,
};

/// Priority of settlements in the scheduler. In a block they come before the closes of voting periods, and
/// before all that users schedule by default.
const PRIORITY: u8 = 63;

type Commitments<T> = BoundedVec<CommitmentOf<T>, ConstU32<MAX_CANDIDATES>>;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_commit(
		group: GroupId,
		round: RoundIndex,
		account: T::AccountId,
		hash: H256,
		deposit: BalanceOf<T>,
	) -> DispatchResult {
		let rules = T::Groups::rules(group, round).ok_or(Error::<T>::UnknownGroup)?;
		let windows = rules.clock.windows(round).ok_or(Error::<T>::WrongPhase)?;
		ensure!(windows.phase(Self::now()) == Phase::Commit, Error::<T>::WrongPhase);
		ensure!(deposit >= rules.deposit, Error::<T>::DepositTooSmall);
		let mut entered = Self::round_of(group, round, rules.model_version);
		if rules.target.is_some() {
			let head = Heads::<T>::get(group, rules.model_version).map(|head| (head.score, head.measured()));
			let measured = MeasuredOn { policy: rules.policy, dataset_version: entered.dataset_version };
			ensure!(!has_reached_target(rules.target, head, &measured), Error::<T>::TargetReached);
		}
		let commitments = &mut entered.commitments;
		ensure!(commitments.iter().all(|other| other.account != account), Error::<T>::AlreadyCommitted);
		let taken = commitments.len();
		let displaced = Self::make_room(commitments, deposit)?;
		let is_first = commitments.is_empty();
		let mut unsettled = Unsettled::<T>::get(group);
		if is_first {
			unsettled.try_push(round).map_err(|_| Error::<T>::SettlementOverdue)?;
		}
		let commitment = Commitment { account: account.clone(), hash, deposit, ending: None };
		commitments.try_push(commitment).map_err(|_| Error::<T>::RoundFull)?;
		let committee_fee =
			if is_first { Self::committee_fee(rules.committee_seats()) } else { Zero::zero() };
		let slot_fee = Self::slot_fee(taken.saturated_into(), deposit);
		Self::take_fee(&account, slot_fee.saturating_add(committee_fee))?;
		T::Currency::hold(&HoldReason::Commitment.into(), &account, deposit)?;

		Rounds::<T>::insert(group, round, entered);
		Self::deposit_event(Event::Committed { group, round, account });
		if let Some(displaced) = displaced {
			Self::release(&displaced.account, displaced.deposit);
			Self::deposit_event(Event::Displaced { group, round, account: displaced.account });
		}
		if is_first {
			Unsettled::<T>::insert(group, unsettled);
			if !Self::set_alarm(group, round, windows.settle) {
				Self::deposit_event(Event::AlarmMissing { group, round });
			}
		}
		Ok(())
	}

	/// Returns the slot fee of a commitment with this deposit, in a round in which `taken` slots are taken.
	fn slot_fee(taken: u32, deposit: BalanceOf<T>) -> BalanceOf<T> {
		slot_fee(taken).of(deposit.saturated_into()).saturated_into()
	}

	/// Returns the fee of a committee with this number of seats. The first commitment of a round pays it:
	/// from then on the round has a committee.
	fn committee_fee(seats: u32) -> BalanceOf<T> {
		T::SeatFee::get().saturating_mul(seats.into())
	}

	/// Takes the commitment fee and what a commitment costs beside it.
	fn take_fee(account: &T::AccountId, extra: BalanceOf<T>) -> DispatchResult {
		let fee = T::CommitmentFee::get().saturating_add(extra);
		let (precision, fortitude) = (Precision::Exact, Fortitude::Polite);
		let paid = T::Currency::withdraw(account, fee, precision, Preservation::Preserve, fortitude)?;
		T::Slash::on_unbalanced(paid);
		Ok(())
	}

	/// Returns a round as it is stored, or as the first commitment finds it.
	pub(crate) fn round_of(group: GroupId, round: RoundIndex, model_version: u32) -> RoundOf<T> {
		Rounds::<T>::get(group, round)
			.unwrap_or_else(|| Round::new(model_version, T::Dataset::version_at(group, round)))
	}

	/// Removes the commitment with the smallest deposit, the latest among equals, from a full round. Returns
	/// it.
	fn make_room(
		commitments: &mut Commitments<T>,
		deposit: BalanceOf<T>,
	) -> Result<Option<CommitmentOf<T>>, Error<T>> {
		if !commitments.is_full() {
			return Ok(None);
		}
		let smallest = commitments
			.iter()
			.enumerate()
			.rev()
			.min_by_key(|(_, commitment)| commitment.deposit)
			.filter(|(_, commitment)| commitment.deposit < deposit)
			.map(|(position, _)| position)
			.ok_or(Error::<T>::RoundFull)?;
		Ok(Some(commitments.remove(smallest)))
	}

	/// Returns what an account put at stake.
	pub(crate) fn release(account: &T::AccountId, amount: BalanceOf<T>) {
		descent_support::release::<_, T::Currency>(&HoldReason::Commitment.into(), account, amount);
	}

	/// Schedules the settlement of a round for when it is due, or soon after. Returns false if that is not
	/// possible.
	fn set_alarm(group: GroupId, round: RoundIndex, settle: BlockNumber) -> bool {
		let call = Call::settle { group, round };
		let name = blake2_256(&(b"descent/settle/v1", group, round).encode());
		set_alarm::<T, T::Scheduler>(PRIORITY, name, call.into(), settle)
	}
}
