//! Votes of stakeholders.

use crate::{BalanceOf, Config, Error, Event, Pallet, Proposals, Votes};
use descent_protocol::{GroupId, ProposalId};
use frame_support::{ensure, pallet_prelude::DispatchResult};
use pallet_groups::Stakeholders;
use sp_runtime::traits::{Saturating, Zero};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_vote(group: GroupId, account: T::AccountId, proposal: ProposalId) -> DispatchResult {
		ensure!(Proposals::<T>::contains_key(group, proposal), Error::<T>::UnknownProposal);
		let stake = T::Groups::stake(group, &account);
		ensure!(!stake.is_zero(), Error::<T>::NoStake);
		Self::cast(group, account, proposal, stake);
		Ok(())
	}

	pub(crate) fn do_withdraw_vote(group: GroupId, account: T::AccountId) -> DispatchResult {
		let voted = Self::vote_of(group, &account).ok_or(Error::<T>::NoVote)?;
		let stake = T::Groups::stake(group, &account);
		Self::reweigh(group, voted, stake, Zero::zero());
		Votes::<T>::remove(group, &account);
		Self::deposit_event(Event::Voted { group, account, proposal: None, stake: Zero::zero() });
		Ok(())
	}

	/// Returns the open proposal for which an account votes.
	pub fn vote_of(group: GroupId, account: &T::AccountId) -> Option<ProposalId> {
		Votes::<T>::get(group, account).filter(|voted| Proposals::<T>::contains_key(group, voted))
	}

	/// Moves an account's vote to an open proposal.
	pub(crate) fn cast(group: GroupId, account: T::AccountId, proposal: ProposalId, stake: BalanceOf<T>) {
		if let Some(before) = Votes::<T>::get(group, &account) {
			Self::reweigh(group, before, stake, Zero::zero());
		}
		Self::reweigh(group, proposal, Zero::zero(), stake);
		Votes::<T>::insert(group, &account, proposal);
		Self::deposit_event(Event::Voted { group, account, proposal: Some(proposal), stake });
	}

	/// Makes the vote of an account count with its present stake. Without stake, the vote is removed.
	pub(crate) fn follow_stake(
		group: GroupId,
		account: &T::AccountId,
		before: BalanceOf<T>,
		after: BalanceOf<T>,
	) {
		let Some(proposal) = Votes::<T>::get(group, account) else {
			return;
		};
		let is_open = Self::reweigh(group, proposal, before, after);
		if !is_open || after.is_zero() {
			Votes::<T>::remove(group, account);
		}
		if is_open {
			Self::deposit_event(Event::Voted {
				group,
				account: account.clone(),
				proposal: Some(proposal).filter(|_| !after.is_zero()),
				stake: after,
			});
		}
	}

	/// Replaces the stake `before` that is counted for a proposal by `after`. Returns true if the proposal is
	/// open.
	fn reweigh(group: GroupId, proposal: ProposalId, before: BalanceOf<T>, after: BalanceOf<T>) -> bool {
		Proposals::<T>::mutate_exists(group, proposal, |proposal| {
			let Some(proposal) = proposal else {
				return false;
			};
			proposal.ayes = proposal.ayes.saturating_sub(before).saturating_add(after);
			true
		})
	}
}
