//! Proposals of deltas.

use crate::{
	Applied, BalanceOf, Config, Error, Event, HoldReason, NextProposal, Open, OpenChecks, Pallet, Proposal,
	ProposalOf, Proposals,
};
use alloc::vec::Vec;
use descent_protocol::{
	are_addresses, is_text, make_room, view::ProposalEnding, BlockNumber, CheckWindows, ContentRef, GroupId,
	ProposalId, Providers, Salt, MAX_DELTA_SIZE, MAX_LOG, MAX_PROPOSALS,
};
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, DispatchResult, Get},
	traits::fungible::MutateHold,
};
use pallet_groups::{Stakeholders, Summary};
use sp_core::H256;
use sp_runtime::{
	traits::{Saturating, Zero},
	SaturatedConversion,
};

/// Number of bytes for which a deposit grows by [`Config::MebibyteDeposit`].
const MEBIBYTE: u64 = 1 << 20;

/// An open proposal whose place a new one takes.
#[derive(Clone, Copy)]
struct Displaced {
	id: ProposalId,
	place: u32,
	ending: ProposalEnding,
}

impl<T: Config> Pallet<T> {
	#[allow(clippy::too_many_arguments, reason = "those of the call")]
	pub(crate) fn do_propose(
		group: GroupId,
		proposer: T::AccountId,
		base: u32,
		delta: ContentRef,
		providers: Providers,
		summary: Summary,
		salt: Salt,
	) -> DispatchResult {
		let model = Self::model(group).ok_or(Error::<T>::UnknownGroup)?;
		let period = T::Groups::period(group).ok_or(Error::<T>::UnknownGroup)?;
		ensure!(base == Self::version(group), Error::<T>::StaleBase);
		ensure!(base < MAX_LOG, Error::<T>::LogFull);
		ensure!(is_delta(&delta), Error::<T>::InvalidContent);
		ensure!(first_attempt(delta.size) < period, Error::<T>::PeriodTooShort);
		ensure!(are_addresses(&providers), Error::<T>::InvalidProvider);
		ensure!(is_text(&summary), Error::<T>::InvalidSummary);
		ensure!(!Applied::<T>::contains_key(group, delta.digest), Error::<T>::AlreadyApplied);
		let announced = Self::take_announcement(group, &proposer, delta.digest, &salt)?;
		let stake = T::Groups::stake(group, &proposer);
		let open = Self::open_proposals(group);
		ensure!(open.iter().all(|(_, other)| other.proposer != proposer), Error::<T>::HasProposal);
		let displaced = Self::make_place(group, &open, delta.digest, announced, stake.counted())?;
		let place = displaced.map_or_else(|| free_place(&open), |displaced| displaced.place);
		if let Some(Displaced { id, ending, .. }) = displaced {
			Self::end(group, id, ending);
		}

		let id = NextProposal::<T>::get(group);
		let next = id.checked_add(1).ok_or(Error::<T>::OutOfNumbers)?;
		let proposal = Proposal {
			proposer: proposer.clone(),
			delta,
			providers,
			summary,
			deposit: Self::deposit_for(delta.size),
			base,
			model,
			announced,
			block: Self::now(),
			place,
			ayes: Zero::zero(),
			lost: 0,
			valid: None,
		};
		T::Currency::hold(&HoldReason::Proposal.into(), &proposer, proposal.deposit)?;
		NextProposal::<T>::insert(group, next);
		Open::<T>::try_append(group, id).map_err(|_| Error::<T>::TooManyProposals)?;
		Self::begin_check(group, id, &proposal, model);
		Proposals::<T>::insert(group, id, proposal);
		T::Groups::expect_close(group);
		Self::deposit_event(Event::Proposed { group, proposal: id, account: proposer.clone(), delta });
		if !stake.all.is_zero() {
			Self::cast(group, proposer, id, stake);
		}
		Ok(())
	}

	/// Returns the open proposal that has to end for a new one, or `None` if there is a free place. The error
	/// says why no proposal makes room.
	fn make_place(
		group: GroupId,
		open: &[(ProposalId, ProposalOf<T>)],
		digest: H256,
		announced: BlockNumber,
		stake: BalanceOf<T>,
	) -> Result<Option<Displaced>, DispatchError> {
		let displace = |(id, other): &(ProposalId, ProposalOf<T>), ending| Displaced {
			id: *id,
			place: other.place,
			ending,
		};
		if let Some(same) = open.iter().find(|(_, other)| other.delta.digest == digest) {
			ensure!(announced < same.1.announced, Error::<T>::AlreadyProposed);
			return Ok(Some(displace(same, ProposalEnding::Copied)));
		}
		if open.len() < MAX_PROPOSALS.saturated_into() {
			return Ok(None);
		}
		let support: Vec<_> = open
			.iter()
			.map(|(id, other)| {
				let own = T::Groups::stake(group, &other.proposer);
				Self::ayes(group, *id, other).counted().max(own.counted())
			})
			.map(SaturatedConversion::saturated_into)
			.collect();
		let least = make_room(&support, stake.saturated_into())
			.and_then(|position| open.get(position))
			.ok_or(Error::<T>::TooManyProposals)?;
		Ok(Some(displace(least, ProposalEnding::Evicted)))
	}

	/// Returns the deposit for a delta of this size in bytes.
	pub fn deposit_for(size: u64) -> BalanceOf<T> {
		let mebibytes: BalanceOf<T> = size.div_ceil(MEBIBYTE).saturated_into();
		let by_size = T::MebibyteDeposit::get().saturating_mul(mebibytes);
		T::ProposalDeposit::get().saturating_add(by_size)
	}

	pub(crate) fn do_withdraw_proposal(
		group: GroupId,
		account: T::AccountId,
		id: ProposalId,
	) -> DispatchResult {
		let proposal = Proposals::<T>::get(group, id).ok_or(Error::<T>::UnknownProposal)?;
		ensure!(proposal.proposer == account, Error::<T>::NotProposer);
		let check = OpenChecks::<T>::get(group, id).ok_or(Error::<T>::UnknownProposal)?;
		ensure!(!check.is_running(), Error::<T>::BeingChecked);
		ensure!(proposal.lost > 0, Error::<T>::TooEarly);
		Self::end(group, id, ProposalEnding::Withdrawn);
		Ok(())
	}
}

/// Returns the number of blocks of the first attempt at the check of a delta of this size in bytes.
fn first_attempt(size: u64) -> BlockNumber {
	let windows = CheckWindows::new(0, size);
	windows.attest.saturating_add(windows.open)
}

/// Returns true if a reference can be one to a delta.
fn is_delta(content: &ContentRef) -> bool {
	content.size > 0 && content.size <= MAX_DELTA_SIZE && content.is_canonical()
}

/// Returns the first place that no open proposal has.
fn free_place<AccountId, Balance>(open: &[(ProposalId, Proposal<AccountId, Balance>)]) -> u32 {
	(0..MAX_PROPOSALS).find(|place| open.iter().all(|(_, other)| other.place != *place)).unwrap_or_default()
}
