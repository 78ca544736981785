use crate::{
	BalanceOf, Call, Commitment, CommitmentOf, Config, Error, Event, HoldReason, Pallet, PalletsOriginOf,
	RoundOf, Rounds, Unsettled,
};
use codec::Encode;
use descent_protocol::{BlockNumber, GroupId, Phase, RoundIndex, MAX_CANDIDATES};
use frame_support::{
	defensive, ensure,
	pallet_prelude::DispatchResult,
	traits::{
		fungible::MutateHold,
		schedule::{v3::Named, DispatchTime},
		tokens::Precision,
		Bounded,
	},
	BoundedVec,
};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_groups::GroupRules;
use sp_core::{ConstU32, H256};
use sp_io::hashing::blake2_256;

/// Where the scheduler has no room at the block of a settlement, the blocks after it are tried, this many in all.
const ALARM_ATTEMPTS: BlockNumber = 5;
/// How alarms rank among what the scheduler does in a block: before what users schedule by default.
const ALARM_PRIORITY: u8 = 63;

type Commitments<T> = BoundedVec<CommitmentOf<T>, ConstU32<MAX_CANDIDATES>>;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_commit(
		group: GroupId,
		round: RoundIndex,
		account: T::AccountId,
		hash: H256,
		deposit: BalanceOf<T>,
	) -> DispatchResult {
		let rules = T::Groups::rules(group).ok_or(Error::<T>::UnknownGroup)?;
		let windows = rules.clock.windows(round).ok_or(Error::<T>::WrongPhase)?;
		ensure!(
			windows.phase(Self::now()) == Phase::Commit,
			Error::<T>::WrongPhase
		);
		ensure!(deposit >= rules.deposit, Error::<T>::DepositTooSmall);
		let mut entered: RoundOf<T> = Rounds::<T>::get(group, round).unwrap_or_default();
		let commitments = &mut entered.commitments;
		ensure!(
			commitments.iter().all(|other| other.account != account),
			Error::<T>::AlreadyCommitted
		);
		let displaced = Self::make_room(commitments, deposit)?;
		let is_first = commitments.is_empty();
		let mut unsettled = Unsettled::<T>::get(group);
		if is_first {
			unsettled
				.try_push(round)
				.map_err(|_| Error::<T>::SettlementOverdue)?;
		}
		let commitment = Commitment {
			account: account.clone(),
			hash,
			deposit,
			ending: None,
		};
		commitments
			.try_push(commitment)
			.map_err(|_| Error::<T>::RoundFull)?;
		T::Currency::hold(&HoldReason::Commitment.into(), &account, deposit)?;

		Rounds::<T>::insert(group, round, entered);
		Self::deposit_event(Event::Committed {
			group,
			round,
			account,
		});
		if let Some(displaced) = displaced {
			Self::release(&displaced.account, displaced.deposit);
			Self::deposit_event(Event::Displaced {
				group,
				round,
				account: displaced.account,
			});
		}
		if is_first {
			Unsettled::<T>::insert(group, unsettled);
			if !Self::set_alarm(group, round, windows.settle) {
				Self::deposit_event(Event::AlarmMissing { group, round });
			}
		}
		Ok(())
	}

	/// Takes the commitment with the smallest deposit, the latest among equals, out of a full round.
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
		let released = T::Currency::release(
			&HoldReason::Commitment.into(),
			account,
			amount,
			Precision::BestEffort,
		);
		if released != Ok(amount) {
			defensive!("a deposit was not on hold");
		}
	}

	/// Has Root settle a round when it is due, or soon after. Whether that is possible.
	fn set_alarm(group: GroupId, round: RoundIndex, settle: BlockNumber) -> bool {
		let call = <T as frame_system::Config>::RuntimeCall::from(Call::settle { group, round });
		let Ok(call) = BoundedVec::try_from(call.encode()) else {
			return false;
		};
		let name = blake2_256(&(b"descent/settle/v1", group, round).encode());
		(0..ALARM_ATTEMPTS)
			.filter_map(|delay| settle.checked_add(delay))
			.any(|block| {
				T::Scheduler::schedule_named(
					name,
					DispatchTime::At(BlockNumberFor::<T>::from(block)),
					None,
					ALARM_PRIORITY,
					PalletsOriginOf::<T>::from(frame_system::RawOrigin::Root),
					Bounded::Inline(call.clone()),
				)
				.is_ok()
			})
	}
}
