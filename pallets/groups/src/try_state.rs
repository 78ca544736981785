use crate::{
	migrations::AddOptionalRules, Amendments, BalanceOf, Config, Ended, EndedCount, Groups, HoldReason,
	NextAmendment, NextGroup, Open, Pallet, PendingAyes, PendingStakes, Revisions, Stakeholders, Stakes,
	Tolerances, TotalStake, Voting, ENDED_KEPT,
};
use alloc::{collections::BTreeMap, vec::Vec};
use descent_protocol::{is_text, sums, BlockNumber, GroupId, Stake};
use descent_support::now;
use frame_support::{
	ensure,
	traits::{fungible::InspectHold, Get},
};
use sp_runtime::{
	traits::{Saturating, Zero},
	SaturatedConversion, TryRuntimeError,
};

impl<T: Config> Pallet<T> {
	/// Checks what must hold of the pallet's storage between any two calls:
	///
	/// - groups are numbered without gaps from 0, and their revisions too; each begins after the one before,
	///   with rules that rounds can be played by, and providers that can be shown; what is kept of a
	///   tolerance belongs to a revision;
	/// - every account has on hold exactly what its groups, its stake in all groups and its amendments add up
	///   to;
	/// - all stake in a group is what its accounts have staked, and so is all that is pending in it; nobody
	///   has more pending than staked;
	/// - every open amendment is approved by the stake of the accounts that approve it, pending or not, is
	///   kept and will be closed;
	/// - no more than the last few ended amendments are kept.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::try_groups()?;
		Self::try_stakes()?;
		Self::try_amendments()?;
		Self::try_ended()
	}

	fn try_groups() -> Result<(), TryRuntimeError> {
		let mut held = BTreeMap::new();
		let mut count = 0u32;
		let mut revisions = 0u32;
		for (id, group) in Groups::<T>::iter() {
			ensure!(id < NextGroup::<T>::get(), "a group has a number that was not given yet");
			let Voting { period, quorum, .. } = group.voting;
			ensure!(Self::check_voting(period, quorum).is_ok(), "stakeholders of a group cannot vote");
			ensure!(
				Self::check_voting(group.voting.lock(now::<T>()), quorum).is_ok(),
				"stake is held for longer than a period can be"
			);
			Self::try_revisions(id, group.revision)?;
			add::<T>(&mut held, group.owner, group.held);
			count = count.saturating_add(1);
			revisions = revisions.saturating_add(group.revision).saturating_add(1);
		}
		ensure!(count == NextGroup::<T>::get(), "a group's number is missing");
		ensure!(
			revisions == Revisions::<T>::iter_keys().count().saturated_into::<u32>(),
			"a revision is kept that no group has"
		);
		ensure!(
			Tolerances::<T>::iter_keys()
				.all(|(group, revision)| Revisions::<T>::contains_key(group, revision)),
			"a tolerance is kept of no revision"
		);
		Self::try_holds(HoldReason::Group, held)
	}

	fn try_revisions(group: GroupId, newest: u32) -> Result<(), TryRuntimeError> {
		let revisions: Vec<_> =
			(0..=newest).map_while(|revision| AddOptionalRules::<T>::rules(group, revision)).collect();
		ensure!(
			newest.saturating_add(1) == revisions.len().saturated_into::<u32>(),
			"a revision of a group is missing"
		);
		ensure!(
			revisions.iter().all(|rules| {
				Self::check_rules(rules).is_ok() && rules.providers.iter().all(|provider| is_text(provider))
			}),
			"rounds cannot be played by a group's rules"
		);
		let first = revisions.first().map(|rules| (rules.clock.first, rules.model_version));
		ensure!(first == Some((0, 0)), "a group does not begin with its first round and model");
		for (before, after) in revisions.iter().zip(revisions.iter().skip(1)) {
			ensure!(
				before.clock.first < after.clock.first && before.clock.start < after.clock.start,
				"a revision does not begin after the one before"
			);
			let last = after.clock.first.checked_sub(1).and_then(|last| before.clock.windows(last));
			let next = after.clock.windows(after.clock.first);
			ensure!(
				last.zip(next).is_some_and(
					|(last, next)| last.commit.end <= next.commit.start && last.settle <= next.seed
				),
				"a revision's first round begins before its predecessor closes, or both are judged at a time"
			);
			let versions = after.model_version.checked_sub(before.model_version);
			ensure!(
				matches!(versions, Some(0 | 1)) && (versions == Some(1) || before.model == after.model),
				"a group's model does not have the version that follows"
			);
		}
		Ok(())
	}

	fn try_stakes() -> Result<(), TryRuntimeError> {
		let mut held = BTreeMap::new();
		let mut totals = BTreeMap::new();
		let mut pending = BTreeMap::new();
		for (group, account, ledger) in Stakes::<T>::iter() {
			let stake = <Self as Stakeholders<_, _>>::stake(group, &account);
			ensure!(stake.pending <= stake.all, "an account has more pending than staked");
			let sum = pending.entry(group).or_insert_with(Zero::zero);
			*sum = stake.pending.saturating_add(*sum);
			ensure!(Groups::<T>::contains_key(group), "somebody has staked in a group that does not exist");
			ensure!(!ledger.active.is_zero() || !ledger.unstaking.is_empty(), "an empty ledger is kept");
			ensure!(
				!ledger.active.is_zero() || ledger.approvals.is_empty(),
				"an account without stake approves something"
			);
			for (place, (amount, until)) in ledger.unstaking.iter().enumerate() {
				let mut others = ledger.unstaking.iter().take(place);
				ensure!(
					!amount.is_zero() && others.all(|(_, other)| other != until),
					"nothing is being taken out, or two amounts for the same block"
				);
				add::<T>(&mut held, account.clone(), *amount);
			}
			add::<T>(&mut held, account, ledger.active);
			let total = totals.entry(group).or_insert_with(Zero::zero);
			*total = ledger.active.saturating_add(*total);
		}
		totals.retain(|_, total| !total.is_zero());
		let kept: BTreeMap<_, _> = TotalStake::<T>::iter().filter(|(_, total)| !total.is_zero()).collect();
		ensure!(kept == totals, "all stake in a group is not what its accounts have staked");
		ensure!(
			PendingStakes::<T>::iter_keys().all(|(group, who)| Stakes::<T>::contains_key(group, who)),
			"an account without a ledger has something pending"
		);
		for group in Groups::<T>::iter_keys() {
			let close = Self::closes(group).unwrap_or(BlockNumber::MAX);
			let sum = pending.remove(&group).unwrap_or_default();
			ensure!(
				Self::total_at(group, close).pending == sum,
				"all that is pending in a group is not what its accounts have pending"
			);
		}
		Self::try_holds(HoldReason::Stake, held)
	}

	fn try_amendments() -> Result<(), TryRuntimeError> {
		let mut held = BTreeMap::new();
		let mut count = 0u32;
		for (group, open) in Open::<T>::iter() {
			ensure!(!open.is_empty(), "an empty list of amendments is kept");
			let closing = Groups::<T>::get(group).and_then(|group| group.voting.closing);
			ensure!(closing.is_some(), "amendments are open that no close will decide");
			let approved = |part: fn(Stake<BalanceOf<T>>) -> BalanceOf<T>| {
				let ledgers = Stakes::<T>::iter_prefix(group);
				sums(ledgers.flat_map(move |(account, ledger)| {
					let stake = part(<Self as Stakeholders<_, _>>::stake(group, &account)).saturated_into();
					let approvals = ledger.approvals.into_iter();
					approvals.map(move |id| (id, stake)).collect::<Vec<_>>()
				}))
			};
			let ayes = approved(|stake| stake.all);
			let pending = approved(|stake| stake.pending);
			let close = Self::closes(group).unwrap_or(BlockNumber::MAX);
			for (place, contender) in open.iter().enumerate() {
				let mut before = open.iter().take(place);
				ensure!(
					before.all(|other| other.id < contender.id && other.proposer != contender.proposer),
					"amendments are out of order, or an account has proposed two"
				);
				ensure!(
					ayes.get(&contender.id).copied().unwrap_or_default() == contender.ayes.saturated_into(),
					"an amendment's ayes are not the stake of those who approve it"
				);
				ensure!(
					pending.get(&contender.id).copied().unwrap_or_default()
						== Self::ayes_at(group, contender, close).pending.saturated_into(),
					"an amendment's pending ayes are not those of the accounts that approve it"
				);
				ensure!(
					contender.lost < T::AmendmentLifetime::get(),
					"an amendment has lost more periods than it may"
				);
				ensure!(
					contender.id < NextAmendment::<T>::get(group),
					"an amendment has a number that was not given yet"
				);
				let amendment = Amendments::<T>::get(group, contender.id)
					.ok_or(TryRuntimeError::Other("an open amendment is not kept"))?;
				ensure!(amendment.proposer == contender.proposer, "an amendment has two proposers");
				add::<T>(&mut held, amendment.proposer, amendment.deposit);
				count = count.saturating_add(1);
			}
		}
		ensure!(
			count == Amendments::<T>::iter_keys().count().saturated_into::<u32>(),
			"an amendment is kept that is not open"
		);
		ensure!(
			PendingAyes::<T>::iter_keys().all(|(group, id)| Amendments::<T>::contains_key(group, id)),
			"pending ayes are kept of an amendment that is not open"
		);
		Self::try_holds(HoldReason::Amendment, held)
	}

	fn try_ended() -> Result<(), TryRuntimeError> {
		let mut counts = BTreeMap::<GroupId, u32>::new();
		for (group, slot, ended) in Ended::<T>::iter() {
			ensure!(slot < ENDED_KEPT, "an ended amendment lies beside the ring");
			ensure!(
				ended.last.id < NextAmendment::<T>::get(group)
					&& !Amendments::<T>::contains_key(group, ended.last.id),
				"an amendment has ended that is open, or was never proposed"
			);
			let count = counts.entry(group).or_default();
			*count = count.saturating_add(1);
		}
		ensure!(
			EndedCount::<T>::iter()
				.all(|(group, count)| counts.remove(&group) == Some(count.min(ENDED_KEPT)))
				&& counts.is_empty(),
			"not as many ended amendments are kept as there should be"
		);
		Ok(())
	}

	/// Checks that accounts have on hold exactly the amounts expected, and that no other account has
	/// anything.
	fn try_holds(
		reason: HoldReason,
		held: BTreeMap<T::AccountId, BalanceOf<T>>,
	) -> Result<(), TryRuntimeError> {
		let reason = reason.into();
		for account in frame_system::Account::<T>::iter_keys() {
			let sum = held.get(&account).copied().unwrap_or_default();
			ensure!(
				T::Currency::balance_on_hold(&reason, &account) == sum,
				"what an account has on hold is not what it should be"
			);
		}
		Ok(())
	}
}

fn add<T: Config>(
	held: &mut BTreeMap<T::AccountId, BalanceOf<T>>,
	account: T::AccountId,
	amount: BalanceOf<T>,
) {
	let sum = held.entry(account).or_default();
	*sum = sum.saturating_add(amount);
}
