//! The close of a voting period, and the end of proposals.

use crate::{
	BalanceOf, Check, Config, Ended, EndedCount, EndedProposal, Event, HoldReason, Open, OpenChecks, Pallet,
	PendingAyes, ProposalOf, Proposals, WeightInfo, MAX_ENDED,
};
use alloc::vec::Vec;
use descent_protocol::{view::ProposalEnding, Contender, ContentRef, GroupId, ProposalId, Share};
use frame_support::{defensive, pallet_prelude::Get};
use pallet_groups::{Closed, GroupRules, Rewards};
use sp_runtime::{
	traits::{Saturating, Zero},
	SaturatedConversion,
};

impl<T: Config> Pallet<T> {
	/// Returns the model for which deltas of a group are checked: that of the first round that would be
	/// played with them.
	pub(crate) fn model(group: GroupId) -> Option<ContentRef> {
		let rules = T::Groups::rules(group, T::Groups::boundary(group)?)?;
		Some(rules.model)
	}

	/// Tallies the open proposals at the end of a voting period, with `total` stake in the group that counts.
	pub(crate) fn close(group: GroupId, total: BalanceOf<T>, quorum: Share) -> Closed {
		let open = Self::open_proposals(group);
		let weight = T::WeightInfo::period_closed(open.len().saturated_into())
			.saturating_add(T::Rewards::delta_applied_weight());
		let Some(model) = Self::model(group) else {
			defensive!("only the period of a group closes");
			return Closed { stay: false, weight };
		};
		let version = Self::version(group);
		let contenders: Vec<_> = open
			.iter()
			.map(|(id, proposal)| Contender {
				id: *id,
				ayes: Self::ayes(group, *id, proposal).counted().saturated_into(),
				is_valid: proposal.report_on(version, &model).is_some(),
			})
			.collect();
		let winner = descent_protocol::winner(&contenders, total.saturated_into(), quorum);
		let applied = open.iter().find(|(id, _)| Some(*id) == winner).and_then(|(id, proposal)| {
			let report = proposal.report_on(version, &model)?;
			Some((*id, Self::apply(group, proposal, report)?))
		});
		for (id, proposal) in open {
			match applied {
				Some((winner, version)) if id == winner => {
					Self::end(group, id, ProposalEnding::Applied { version });
				}
				_ => Self::lose_period(group, id, proposal, &model),
			}
		}
		let stay = Open::<T>::contains_key(group);
		Closed { stay, weight }
	}

	/// Keeps a proposal that has not won for another period, unless it has lost as many as it may. A period
	/// in which its check did not end does not count as lost, so that the proposer of junk can't get its
	/// deposit back before the committee has decided. The proposal is checked again if the data set or the
	/// model have changed, or no attempts are left.
	fn lose_period(group: GroupId, id: ProposalId, mut proposal: ProposalOf<T>, model: &ContentRef) {
		let check = OpenChecks::<T>::get(group, id);
		// A check that is not migrated yet begins anew.
		let is_running = check.as_ref().is_none_or(Check::is_running);
		if !is_running {
			proposal.lost = proposal.lost.saturating_add(1);
			Proposals::<T>::insert(group, id, &proposal);
		}
		let goes_on = check.is_some_and(|check| {
			let is_same = (check.version, check.model) == (Self::version(group), *model);
			is_same && (check.is_decided || is_running)
		});
		if proposal.lost >= T::ProposalLifetime::get() {
			Self::end(group, id, ProposalEnding::Outvoted);
			return;
		}
		PendingAyes::<T>::remove(group, id);
		if !goes_on {
			Self::begin_check(group, id, &proposal, *model);
		}
	}

	/// Begins the check of a delta on the current data set, for a model. An earlier verdict for the same two
	/// stands.
	pub(crate) fn begin_check(group: GroupId, id: ProposalId, proposal: &ProposalOf<T>, model: ContentRef) {
		let version = Self::version(group);
		let before = OpenChecks::<T>::get(group, id).filter(|before| before.version == version);
		let first_attempt = before.map_or(0, |before| before.next_attempt());
		let check = Check {
			version,
			model,
			first_attempt,
			attempt: first_attempt,
			since: Self::now(),
			size: proposal.delta.size,
			is_decided: proposal.report_on(version, &model).is_some(),
		};
		Self::put_check(group, id, check);
	}

	/// Returns the open proposals of a group, in order.
	pub(crate) fn open_proposals(group: GroupId) -> Vec<(ProposalId, ProposalOf<T>)> {
		let open = Open::<T>::get(group).into_iter();
		open.filter_map(|id| Some((id, Proposals::<T>::get(group, id)?))).collect()
	}

	/// Ends an open proposal. Its deposit is returned, less the fee if it was applied, or slashed. Its
	/// proposer is paid if it was applied. It is kept for a while among the ended proposals. Votes for it
	/// count for nothing from now on.
	pub(crate) fn end(group: GroupId, id: ProposalId, ending: ProposalEnding) {
		let Some(mut proposal) = Proposals::<T>::take(group, id) else {
			defensive!("only an open proposal ends");
			return;
		};
		proposal.ayes = Self::ayes(group, id, &proposal).counted();
		PendingAyes::<T>::remove(group, id);
		OpenChecks::<T>::remove(group, id);
		let mut open = Open::<T>::get(group);
		open.retain(|other| *other != id);
		// Off-chain workers walk over the groups that have open proposals, and over no others.
		if open.is_empty() {
			Open::<T>::remove(group);
		} else {
			Open::<T>::insert(group, open);
		}
		let account = proposal.proposer.clone();
		let slashed = match ending {
			ProposalEnding::Invalid { .. } => Self::slash(HoldReason::Proposal, &account, proposal.deposit),
			ProposalEnding::Unavailable if proposal.valid.is_none() => {
				Self::slash(HoldReason::Proposal, &account, proposal.deposit)
			}
			ProposalEnding::Applied { .. } => {
				let fee = Self::slash(HoldReason::Proposal, &account, T::LogFee::get().min(proposal.deposit));
				Self::release(HoldReason::Proposal, &account, proposal.deposit.saturating_sub(fee));
				Zero::zero()
			}
			ProposalEnding::Unavailable
			| ProposalEnding::Conflict { .. }
			| ProposalEnding::Copied
			| ProposalEnding::Outvoted
			| ProposalEnding::Withdrawn
			| ProposalEnding::Evicted => {
				Self::release(HoldReason::Proposal, &account, proposal.deposit);
				Zero::zero()
			}
		};
		let reward = match ending {
			ProposalEnding::Applied { .. } => T::Rewards::delta_applied(group, &account),
			_ => Zero::zero(),
		};
		Self::keep_ended(group, EndedProposal { id, proposal, ending });
		Self::deposit_event(Event::ProposalEnded { group, proposal: id, account, ending, reward, slashed });
	}

	/// Stores an ended proposal in the place of the one that ended longest ago.
	fn keep_ended(group: GroupId, ended: EndedProposal<T::AccountId, BalanceOf<T>>) {
		let count = EndedCount::<T>::get(group);
		EndedCount::<T>::insert(group, count.saturating_add(1));
		Ended::<T>::insert(group, Self::slot_of(count), ended);
	}

	/// Returns the place in the ring of the proposal that ended as the `count`th, from 0.
	pub(crate) fn slot_of(count: u32) -> u32 {
		count.checked_rem(MAX_ENDED).unwrap_or_default()
	}
}
