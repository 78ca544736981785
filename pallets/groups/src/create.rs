use crate::{
	BalanceOf, Config, Error, Event, Group, GroupObserver, Groups, HoldReason, NewGroup, NextGroup, Pallet,
	Revisions, Rules, TestSets, Voting,
};
use descent_protocol::{
	are_addresses, is_text, BlockNumber, Clock, ContentRef, EvaluationPolicy, GroupId, Share,
};
use descent_support::now;
use frame_support::{
	ensure,
	pallet_prelude::{DispatchResult, Get},
	traits::fungible::MutateHold,
};
use sp_runtime::SaturatedConversion;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_create(owner: T::AccountId, new: NewGroup<BalanceOf<T>>) -> DispatchResult {
		ensure!(is_content(&new.dataset), Error::<T>::InvalidContent);
		ensure!(is_text(&new.name), Error::<T>::InvalidName);
		ensure!(are_addresses(&new.providers), Error::<T>::InvalidProvider);
		let rules = Self::first_rules(&new);
		Self::check_rules(&rules)?;
		Self::check_voting(new.voting_period, new.quorum)?;
		T::Currency::hold(&HoldReason::Group.into(), &owner, T::GroupDeposit::get())?;
		let (dataset, stake) = (new.dataset, new.stake);
		let group = Self::put_new(owner.clone(), T::GroupDeposit::get(), new, rules.clone())?;
		if let Some(series) = rules.policy.series() {
			ensure!(T::TestSets::bind(series, group, &owner), Error::<T>::UnknownTestSets);
		}
		Self::deposit_event(Event::Created { group, owner: owner.clone() });
		T::Observer::created(group, &owner, dataset, &rules.providers);
		Self::do_stake(group, owner, stake)
	}

	/// Returns the rules that a group begins with. Its first round starts with the next block at the
	/// earliest.
	pub(crate) fn first_rules(new: &NewGroup<BalanceOf<T>>) -> Rules<BalanceOf<T>> {
		Rules {
			model: new.model,
			model_version: 0,
			providers: new.providers.clone(),
			metric: new.metric,
			policy: new.policy,
			minimum_improvement: new.minimum_improvement,
			target: new.target,
			clock: Clock { first: 0, start: new.clock.start.max(now::<T>().saturating_add(1)), ..new.clock },
			deposit: new.deposit,
			shares: new.shares,
			optional_rules: new.optional_rules.clone(),
		}
	}

	/// Stores a new group. Returns its number.
	pub(crate) fn put_new(
		owner: T::AccountId,
		held: BalanceOf<T>,
		new: NewGroup<BalanceOf<T>>,
		rules: Rules<BalanceOf<T>>,
	) -> Result<GroupId, Error<T>> {
		let id = NextGroup::<T>::get();
		let next = id.checked_add(1).ok_or(Error::<T>::TooManyGroups)?;
		let group = Group {
			owner,
			held,
			name: new.name,
			revision: 0,
			voting: Voting {
				period: new.voting_period,
				quorum: new.quorum,
				since: now::<T>(),
				closing: None,
				notice: None,
			},
		};
		Groups::<T>::insert(id, group);
		Revisions::<T>::insert(id, 0, rules);
		NextGroup::<T>::put(next);
		Ok(id)
	}

	/// Checks that rounds can be played by these rules. Providers are checked where they come in: those that
	/// the chain took by an older rule stay.
	pub(crate) fn check_rules(rules: &Rules<BalanceOf<T>>) -> Result<(), Error<T>> {
		ensure!(is_content(&rules.model) && has_content(&rules.policy), Error::<T>::InvalidContent);
		let records = 1..=T::MaxEvaluationRecords::get();
		ensure!(records.contains(&rules.policy.records()), Error::<T>::InvalidRecords);
		ensure!(rules.deposit >= T::MinimumCommitmentDeposit::get(), Error::<T>::DepositTooSmall);
		ensure!(rules.minimum_improvement > 0, Error::<T>::ImprovementTooSmall);
		ensure!(rules.shares.are_valid(), Error::<T>::InvalidShares);
		let fewest_seats = T::MinimumCommitteeSeats::get();
		ensure!(rules.optional_rules.are_valid(fewest_seats), Error::<T>::InvalidOptionalRule);
		let clock = rules.clock;
		ensure!(clock.check().is_ok(), Error::<T>::InvalidClock);
		ensure!(clock.windows(clock.first).is_some(), Error::<T>::InvalidClock);
		ensure!(clock.length <= T::MaximumRoundLength::get(), Error::<T>::RoundTooLong);
		let windows = [clock.reveal, clock.attest, clock.open];
		ensure!(windows.iter().all(|window| *window >= T::MinimumWindow::get()), Error::<T>::WindowTooShort);
		ensure!(clock.reveal <= T::MaxReveal::get(), Error::<T>::RevealTooLong);
		if rules.optional_rules.recipe().is_some() {
			// Evaluators are told the hash of the round's first block while they measure.
			let kept = T::BlockHashCount::get().saturated_into::<BlockNumber>();
			ensure!(clock.duration().is_some_and(|blocks| blocks < kept), Error::<T>::RoundTooLong);
		}
		Ok(())
	}

	/// Checks that stakeholders can vote in periods of this length with this quorum.
	pub(crate) fn check_voting(period: BlockNumber, quorum: Share) -> Result<(), Error<T>> {
		let periods = T::MinimumVotingPeriod::get()..=T::MaximumVotingPeriod::get();
		ensure!(periods.contains(&period), Error::<T>::InvalidVotingPeriod);
		ensure!(quorum.is_part() && quorum != Share(0), Error::<T>::InvalidQuorum);
		Ok(())
	}

	/// Panics if no group could be valid by the configuration.
	#[cfg(feature = "std")]
	pub(crate) fn check_constants() {
		let shortest = T::MinimumWindow::get().saturating_mul(3).saturating_add(1);
		assert!(T::MaximumRoundLength::get() >= shortest, "no round could have the shortest windows");
		assert!(
			(1..=descent_protocol::DEFAULT_COMMITTEE_SEATS).contains(&T::MinimumCommitteeSeats::get()),
			"a committee could have no seats, or more than it has unless a group asks for another number"
		);
		assert!(T::MaxReveal::get() > 0, "no group could have a reveal window");
		assert!(T::MaxEvaluationRecords::get() > 0, "no group could be measured on anything");
		assert!(
			(1..=T::MaximumVotingPeriod::get()).contains(&T::MinimumVotingPeriod::get()),
			"no voting period could be chosen, or one without a block"
		);
		assert!(T::AmendmentLifetime::get() > 0, "no amendment could be adopted");
		assert!(
			T::AdoptionFee::get() <= T::AmendmentDeposit::get(),
			"a revision has to be paid with the deposit"
		);
	}
}

fn is_content(content: &ContentRef) -> bool {
	content.size > 0 && content.is_canonical()
}

fn has_content(policy: &EvaluationPolicy) -> bool {
	match policy {
		EvaluationPolicy::Training { .. } => true,
		EvaluationPolicy::Validation { set, .. } | EvaluationPolicy::Hidden { otherwise: set, .. } => {
			is_content(set)
		}
	}
}
