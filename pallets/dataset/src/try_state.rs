//! Checks of the pallet's storage.

use crate::{
	Announcements, Applied, BalanceOf, Config, Ended, EndedCount, HoldReason, Log, LogEntry, NextProposal,
	Open, OpenChecks, Pallet, PendingAyes, ProposalOf, Proposals, Versions, Votes, MAX_ENDED,
};
use alloc::{collections::BTreeMap, vec::Vec};
use descent_protocol::{
	dataset_root, sums, view::ProposalEnding, GroupId, ProposalId, MAX_LOG, MAX_PROPOSALS,
};
use frame_support::{
	ensure,
	traits::{fungible::InspectHold, Get},
};
use pallet_groups::Stakeholders;
use sp_core::H256;
use sp_runtime::{
	traits::{Saturating, Zero},
	SaturatedConversion, TryRuntimeError,
};

impl<T: Config> Pallet<T> {
	/// OpenChecks what must hold of the pallet's storage between any two calls:
	///
	/// - every group has a log, which has a version for each number up to its last, each the root that its
	///   deltas make, and the rounds from which versions are played with are in order;
	/// - the digests of a log, and no others, are noted as applied;
	/// - the open proposals are those that are listed, each with a number that was given, a place and a delta
	///   of its own, and a proposer that has no other in the group;
	/// - each has a check on the version and for the model that there are, decided where it is valid for
	///   both;
	/// - each is approved by exactly the stake of those who vote for it, pending or not, and only
	///   stakeholders vote;
	/// - every account has on hold exactly what its announcements, and its open proposals, add up to;
	/// - the ring holds the last proposals that have ended, and every entry of a log that was proposed has
	///   ended so.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		for (group, version) in Versions::<T>::iter() {
			Self::try_log(group, version)?;
		}
		let groups = (0..).take_while(|group| T::Groups::exists(*group));
		ensure!(groups.clone().all(|group| Self::version(group) > 0), "a group has no log");
		ensure!(groups.count() == Versions::<T>::iter_keys().count(), "there is a log without a group");
		ensure!(
			Log::<T>::iter_keys().all(|(group, version)| (1..=Self::version(group)).contains(&version)),
			"a log has more entries than versions"
		);
		for group in NextProposal::<T>::iter_keys() {
			Self::try_proposals(group)?;
			Self::try_votes(group)?;
			Self::try_ended(group)?;
		}
		ensure!(
			Proposals::<T>::iter_keys().all(|(group, id)| Open::<T>::get(group).contains(&id)),
			"a proposal is kept that is not open"
		);
		ensure!(
			OpenChecks::<T>::iter_keys().all(|(group, id)| Proposals::<T>::contains_key(group, id)),
			"a proposal is checked that is not open"
		);
		ensure!(
			PendingAyes::<T>::iter_keys().all(|(group, id)| Proposals::<T>::contains_key(group, id)),
			"pending ayes are kept of a proposal that is not open"
		);
		Self::try_deposits()
	}

	fn try_log(group: GroupId, version: u32) -> Result<(), TryRuntimeError> {
		ensure!(version <= MAX_LOG, "a log is longer than one can be");
		let mut last: Option<LogEntry<T::AccountId>> = None;
		for number in 1..=version {
			let entry = Log::<T>::get(group, number).ok_or("a version is missing in a log")?;
			let (root, from) = last.map_or((H256::zero(), 0), |last| (last.root, last.from));
			ensure!(
				entry.root == dataset_root(root, entry.delta.digest),
				"a version's root is not what its deltas make"
			);
			ensure!(entry.from >= from, "a version is played with before the one that it is made of");
			ensure!(entry.report.is_some() == (number > 1), "a delta was applied that nobody checked");
			ensure!(
				Applied::<T>::get(group, entry.delta.digest) == Some(number),
				"a delta is not noted as applied where it is"
			);
			last = Some(entry);
		}
		let applied = Applied::<T>::iter_prefix(group).count();
		ensure!(
			applied == version.saturated_into::<usize>(),
			"not as many deltas are noted as applied as there are"
		);
		Ok(())
	}

	fn try_proposals(group: GroupId) -> Result<(), TryRuntimeError> {
		let open = Self::open_proposals(group);
		ensure!(open.len() == Open::<T>::get(group).len(), "an open proposal is not kept");
		ensure!(
			!Open::<T>::contains_key(group) || !open.is_empty(),
			"a group without open proposals is kept among those with"
		);
		let is_in_order = open.windows(2).all(|pair| match pair {
			[(first, _), (second, _)] => first < second,
			_ => true,
		});
		ensure!(is_in_order, "open proposals are out of order");
		for (position, (id, proposal)) in open.iter().enumerate() {
			ensure!(*id < NextProposal::<T>::get(group), "a proposal has a number that was not given yet");
			ensure!(proposal.place < MAX_PROPOSALS, "a proposal is at a place that there is not");
			let mut later = open.iter().skip(position.saturating_add(1));
			ensure!(
				later.all(|(_, other)| {
					other.place != proposal.place
						&& other.proposer != proposal.proposer
						&& other.delta.digest != proposal.delta.digest
				}),
				"two open proposals share a place, a proposer or a delta"
			);
			Self::try_check(group, *id, proposal)?;
		}
		Ok(())
	}

	fn try_check(group: GroupId, id: ProposalId, proposal: &ProposalOf<T>) -> Result<(), TryRuntimeError> {
		let version = Self::version(group);
		let check = OpenChecks::<T>::get(group, id).ok_or("an open proposal has no check")?;
		ensure!(
			check.version == version && proposal.base <= version,
			"a proposal is checked on another version than the last"
		);
		ensure!(
			Self::model(group) == Some(check.model),
			"a proposal is checked for another model than that of the next round"
		);
		ensure!(
			check.is_decided == proposal.report_on(version, &check.model).is_some(),
			"a proposal is valid without a decision, or the other way round"
		);
		ensure!(
			!Applied::<T>::contains_key(group, proposal.delta.digest),
			"a delta is proposed that is applied"
		);
		ensure!(proposal.lost < T::ProposalLifetime::get(), "a proposal has outlived its periods");
		ensure!(
			(check.first_attempt..=check.next_attempt()).contains(&check.attempt),
			"an attempt has the number of another check's"
		);
		Ok(())
	}

	fn try_votes(group: GroupId) -> Result<(), TryRuntimeError> {
		let mut votes = Vec::<(ProposalId, u128)>::new();
		let mut pending = votes.clone();
		for (account, proposal) in Votes::<T>::iter_prefix(group) {
			let stake = T::Groups::stake(group, &account);
			ensure!(!stake.all.is_zero(), "an account votes without stake");
			ensure!(proposal < NextProposal::<T>::get(group), "an account votes for what was never proposed");
			votes.push((proposal, stake.all.saturated_into()));
			pending.push((proposal, stake.pending.saturated_into()));
		}
		let (sums, pending) = (sums(votes.into_iter()), sums(pending.into_iter()));
		for (id, proposal) in Self::open_proposals(group) {
			ensure!(
				sums.get(&id).copied().unwrap_or_default() == proposal.ayes.saturated_into::<u128>(),
				"the stake behind a proposal is not what its voters add up to"
			);
			ensure!(
				pending.get(&id).copied().unwrap_or_default()
					== Self::ayes(group, id, &proposal).pending.saturated_into::<u128>(),
				"the pending stake behind a proposal is not what its voters add up to"
			);
		}
		Ok(())
	}

	fn try_ended(group: GroupId) -> Result<(), TryRuntimeError> {
		let count = EndedCount::<T>::get(group);
		let open: u32 = Open::<T>::get(group).len().saturated_into();
		ensure!(
			NextProposal::<T>::get(group) == count.saturating_add(open),
			"a proposal is neither open nor ended"
		);
		let kept: u32 = Ended::<T>::iter_prefix(group).count().saturated_into();
		ensure!(
			kept == count.min(MAX_ENDED) && Ended::<T>::iter_key_prefix(group).all(|slot| slot < MAX_ENDED),
			"not as many ended proposals are kept as there should be"
		);
		for ended in Ended::<T>::iter_prefix_values(group) {
			ensure!(!Proposals::<T>::contains_key(group, ended.id), "a proposal is open and has ended");
			if let ProposalEnding::Applied { version } = ended.ending {
				let digest = ended.proposal.delta.digest;
				ensure!(
					Applied::<T>::get(group, digest) == Some(version),
					"a proposal has ended as applied and is not"
				);
			}
		}
		Ok(())
	}

	fn try_deposits() -> Result<(), TryRuntimeError> {
		let announced =
			Announcements::<T>::iter().map(|(_, account, announcement)| (account, announcement.deposit));
		Self::try_holds(HoldReason::Announcement, announced)?;
		let proposed = Proposals::<T>::iter_values().map(|proposal| (proposal.proposer, proposal.deposit));
		Self::try_holds(HoldReason::Proposal, proposed)
	}

	/// OpenChecks that accounts have on hold for a reason the sum of their deposits.
	fn try_holds(
		reason: HoldReason,
		deposits: impl Iterator<Item = (T::AccountId, BalanceOf<T>)>,
	) -> Result<(), TryRuntimeError> {
		let mut held: BTreeMap<_, BalanceOf<T>> =
			frame_system::Account::<T>::iter_keys().map(|account| (account, Zero::zero())).collect();
		for (account, deposit) in deposits {
			let sum = held.entry(account).or_default();
			*sum = sum.saturating_add(deposit);
		}
		let reason = reason.into();
		ensure!(
			held.into_iter().all(|(account, sum)| T::Currency::balance_on_hold(&reason, &account) == sum),
			"an account's hold is not what its deposits add up to"
		);
		Ok(())
	}
}
