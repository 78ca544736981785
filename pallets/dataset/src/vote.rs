//! Votes of stakeholders.

use crate::{BalanceOf, Config, Error, Event, Pallet, PendingAyes, ProposalOf, Proposals, Votes};
use descent_protocol::{BlockNumber, GroupId, Pending, ProposalId, Stake};
use frame_support::{ensure, pallet_prelude::DispatchResult};
use pallet_groups::Stakeholders;
use sp_runtime::traits::{Saturating, Zero};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_vote(group: GroupId, account: T::AccountId, proposal: ProposalId) -> DispatchResult {
		ensure!(Proposals::<T>::contains_key(group, proposal), Error::<T>::UnknownProposal);
		let stake = T::Groups::stake(group, &account);
		ensure!(!stake.all.is_zero(), Error::<T>::NoStake);
		Self::cast(group, account, proposal, stake);
		Ok(())
	}

	pub(crate) fn do_withdraw_vote(group: GroupId, account: T::AccountId) -> DispatchResult {
		let voted = Self::vote_of(group, &account).ok_or(Error::<T>::NoVote)?;
		let stake = T::Groups::stake(group, &account);
		Self::reweigh(group, voted, stake, Stake::default());
		Votes::<T>::remove(group, &account);
		Self::deposit_event(Event::Voted { group, account, proposal: None, stake: Zero::zero() });
		Ok(())
	}

	/// Returns the open proposal for which an account votes.
	pub fn vote_of(group: GroupId, account: &T::AccountId) -> Option<ProposalId> {
		Votes::<T>::get(group, account).filter(|voted| Proposals::<T>::contains_key(group, voted))
	}

	/// Moves an account's vote to an open proposal.
	pub(crate) fn cast(
		group: GroupId,
		account: T::AccountId,
		proposal: ProposalId,
		stake: Stake<BalanceOf<T>>,
	) {
		if let Some(before) = Votes::<T>::get(group, &account) {
			Self::reweigh(group, before, stake, Stake::default());
		}
		Self::reweigh(group, proposal, Stake::default(), stake);
		Votes::<T>::insert(group, &account, proposal);
		let stake = stake.all;
		Self::deposit_event(Event::Voted { group, account, proposal: Some(proposal), stake });
	}

	/// Makes the vote of an account count with its present stake. Without stake, the vote is removed.
	pub(crate) fn follow_stake(
		group: GroupId,
		account: &T::AccountId,
		before: Stake<BalanceOf<T>>,
		after: Stake<BalanceOf<T>>,
	) {
		let Some(proposal) = Votes::<T>::get(group, account) else {
			return;
		};
		let is_open = Self::reweigh(group, proposal, before, after);
		if !is_open || after.all.is_zero() {
			Votes::<T>::remove(group, account);
		}
		if is_open {
			Self::deposit_event(Event::Voted {
				group,
				account: account.clone(),
				proposal: Some(proposal).filter(|_| !after.all.is_zero()),
				stake: after.all,
			});
		}
	}

	/// Replaces the stake `before` that is counted for a proposal by `after`. Returns true if the proposal is
	/// open.
	fn reweigh(
		group: GroupId,
		id: ProposalId,
		before: Stake<BalanceOf<T>>,
		after: Stake<BalanceOf<T>>,
	) -> bool {
		let is_open = Proposals::<T>::mutate_exists(group, id, |proposal| {
			let Some(proposal) = proposal else {
				return false;
			};
			proposal.ayes = proposal.ayes.saturating_sub(before.all).saturating_add(after.all);
			true
		});
		if is_open {
			let close = Self::next_close(group);
			PendingAyes::<T>::mutate_exists(group, id, |sum| Pending::replace_in(sum, close, before, after));
		}
		is_open
	}

	/// Returns the stake that approves a proposal, and the part of it that does not count in the next close.
	pub(crate) fn ayes(group: GroupId, id: ProposalId, proposal: &ProposalOf<T>) -> Stake<BalanceOf<T>> {
		let pending = PendingAyes::<T>::get(group, id).unwrap_or_default();
		Stake { all: proposal.ayes, pending: pending.at(Self::next_close(group)) }
	}

	fn next_close(group: GroupId) -> BlockNumber {
		T::Groups::closes(group).unwrap_or(BlockNumber::MAX)
	}
}
