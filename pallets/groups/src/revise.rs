use crate::{
	migrations::DropTolerance, BalanceOf, Config, Error, GroupRules, Groups, Pallet, Revisions, Rules,
	TestSets, Voting,
};
use descent_protocol::{are_addresses, BlockNumber, Change, Clock, GroupId, OptionalRuleKind, RoundIndex};
use descent_support::now;
use frame_support::{ensure, pallet_prelude::DispatchError, traits::Get};
use sp_runtime::ArithmeticError;

/// The rules that a group gets by an amendment.
pub(crate) struct Revised<Balance> {
	/// The revision and its rules, if they change.
	rules: Option<(u32, Rules<Balance>)>,
	voting: Voting,
	/// The first round that is played by these rules.
	from: RoundIndex,
}

/// A revision of a group's rules.
struct Revision<Balance> {
	number: u32,
	rules: Rules<Balance>,
	/// The rules of the revision after it.
	after: Option<Rules<Balance>>,
}

/// The revision that an amendment changes: the one that has not begun, or a new one.
struct Draft<Balance> {
	revision: u32,
	/// The revision before it, if there is one.
	before: Option<Rules<Balance>>,
	rules: Rules<Balance>,
}

impl<T: Config> Pallet<T> {
	/// Returns the rules of a revision.
	pub(crate) fn revision(group: GroupId, revision: u32) -> Option<Rules<BalanceOf<T>>> {
		DropTolerance::<T>::rules(group, revision)
	}

	/// Returns the newest revision that has `begun`. Revisions begin one after the other, and the one asked
	/// for is among the newest nearly always.
	fn newest(group: GroupId, begun: impl Fn(&Clock) -> bool) -> Option<Revision<BalanceOf<T>>> {
		let mut low = Groups::<T>::get(group)?.revision;
		let mut found = Self::revision(group, low)?;
		let mut high = low;
		let mut after = None;
		let mut step = 1u32;
		while !begun(&found.clock) {
			high = low;
			low = match low {
				0 => return None,
				low => low.saturating_sub(step),
			};
			step = step.saturating_mul(2);
			after = Some(core::mem::replace(&mut found, Self::revision(group, low)?));
		}
		while high.saturating_sub(low) > 1 {
			let middle = low.midpoint(high);
			let rules = Self::revision(group, middle)?;
			if begun(&rules.clock) {
				(low, found) = (middle, rules);
			} else {
				(high, after) = (middle, Some(rules));
			}
		}
		Some(Revision { number: low, rules: found, after })
	}

	/// Returns the rules of a group with these changes, in force from the first round that has not begun.
	pub(crate) fn revised(
		group: GroupId,
		changes: &[Change],
	) -> Result<Revised<BalanceOf<T>>, DispatchError> {
		let mut voting = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?.voting;
		let Draft { revision, before, mut rules } = Self::draft(group)?;
		let unchanged = rules.clone();
		for change in changes {
			match change {
				Change::VotingPeriod { blocks } => voting.change_period(*blocks, now::<T>()),
				Change::Quorum { share } => voting.quorum = *share,
				Change::Clock { lengths } => {
					rules.clock.length = lengths.length;
					rules.clock.reveal = lengths.reveal;
					rules.clock.attest = lengths.attest;
					rules.clock.open = lengths.open;
				}
				Change::MinimumImprovement { micros } => rules.minimum_improvement = *micros,
				Change::Policy { policy } => rules.policy = *policy,
				Change::Target { score } => rules.target = *score,
				Change::Shares { shares } => rules.shares = *shares,
				Change::Providers { providers } => {
					ensure!(are_addresses(providers), Error::<T>::InvalidProvider);
					rules.providers = providers.clone();
				}
				Change::Model { model } => {
					rules.model = *model;
					rules.model_version = match &before {
						Some(before) => before.model_version.saturating_add(1),
						None => 0,
					};
					// It is a checkpoint of the model before. The amendment may set another one.
					rules.optional_rules.remove(OptionalRuleKind::Pretrained);
				}
				Change::SetRule { rule } => rules.optional_rules.set(*rule),
				Change::RemoveRule { rule } => rules.optional_rules.remove(*rule),
			}
		}
		if let Some(before) = &before {
			let clock = before.clock.succeed(rules.clock.first, rules.clock);
			rules.clock = clock.ok_or(Error::<T>::InvalidClock)?;
			// A clock that starts earlier than the one it replaces may have a start in the past.
			rules.clock.start = rules.clock.start.max(now::<T>().saturating_add(1));
		}
		Self::check_rules(&rules)?;
		// A series that rules have named already stays, whatever became of it.
		if let Some(series) = rules.policy.series().filter(|_| rules.policy != unchanged.policy) {
			ensure!(T::TestSets::is_bound(series, group), Error::<T>::UnknownTestSets);
		}
		Self::check_voting(voting.period, voting.quorum)?;
		Ok(Revised {
			voting,
			from: rules.clock.first,
			rules: (rules != unchanged).then_some((revision, rules)),
		})
	}

	/// Returns the revision that changes go into, without the changes.
	fn draft(group: GroupId) -> Result<Draft<BalanceOf<T>>, DispatchError> {
		let newest = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?.revision;
		let rules = Self::revision(group, newest).ok_or(Error::<T>::UnknownGroup)?;
		let Some(round) = rules.clock.round_at(now::<T>()) else {
			let before = newest.checked_sub(1).and_then(|before| Self::revision(group, before));
			return Ok(Draft { revision: newest, before, rules });
		};
		let first = round.checked_add(1).ok_or(ArithmeticError::Overflow)?;
		let clock = rules.clock.succeed(first, rules.clock);
		let clock = clock.ok_or(Error::<T>::InvalidClock)?;
		Ok(Draft {
			revision: newest.checked_add(1).ok_or(ArithmeticError::Overflow)?,
			rules: Rules { clock, ..rules.clone() },
			before: Some(rules),
		})
	}

	/// Puts revised rules into force. Returns the first round that is played by them.
	pub(crate) fn revise(group: GroupId, revised: Revised<BalanceOf<T>>) -> RoundIndex {
		Groups::<T>::mutate_extant(group, |kept| {
			kept.voting = revised.voting;
			if let Some((revision, rules)) = revised.rules {
				kept.revision = revision;
				Revisions::<T>::insert(group, revision, rules);
			}
		});
		revised.from
	}
}

impl<T: Config> GroupRules<BalanceOf<T>> for Pallet<T> {
	fn rules(group: GroupId, round: RoundIndex) -> Option<Rules<BalanceOf<T>>> {
		Self::newest(group, |clock| clock.first <= round).map(|found| found.rules)
	}

	fn tolerance(group: GroupId, round: RoundIndex) -> u64 {
		let found = Self::newest(group, |clock| clock.first <= round);
		found.and_then(|found| DropTolerance::<T>::tolerance(group, found.number)).unwrap_or_default()
	}

	fn round_at(group: GroupId, block: BlockNumber) -> Option<RoundIndex> {
		let Revision { rules, after, .. } = Self::newest(group, |clock| clock.start <= block)?;
		let round = rules.clock.round_at(block)?;
		after.is_none_or(|after| round < after.clock.first).then_some(round)
	}

	fn boundary(group: GroupId) -> Option<RoundIndex> {
		let newest = Self::revision(group, Groups::<T>::get(group)?.revision)?;
		match newest.clock.round_at(now::<T>()) {
			Some(round) => round.checked_add(1),
			None => Some(newest.clock.first),
		}
	}

	fn longest_reveal() -> BlockNumber {
		T::MaxReveal::get()
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn put_group(clock: Clock, deposit: BalanceOf<T>) -> GroupId {
		use crate::GroupObserver;

		let owner: T::AccountId = frame_benchmarking::whitelisted_caller();
		let mut new = crate::benchmarking::largest_group::<T>();
		new.deposit = deposit;
		let mut rules = Self::first_rules(&new);
		rules.clock = clock;
		let (dataset, providers) = (new.dataset, new.providers.clone());
		let group = Self::put_new(owner.clone(), Default::default(), new, rules);
		let Ok(group) = group else {
			panic!("a benchmark does not use up the numbers of groups");
		};
		T::Observer::created(group, &owner, dataset, &providers);
		group
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn put_rule(group: GroupId, rule: descent_protocol::OptionalRule) {
		let revision = Groups::<T>::get(group).map(|group| group.revision).unwrap_or_default();
		Revisions::<T>::mutate(group, revision, |rules| {
			if let Some(rules) = rules {
				rules.optional_rules.set(rule);
			}
		});
	}
}
