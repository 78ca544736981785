//! Moves of requesters of hidden test sets, and what committees find of the sets.

use super::machine::{now, Machine, Move};
use crate::{
	tests::economy::actor::{owner, Actor},
	Groups, Rounds, Runtime, TestSets,
};
use descent_protocol::{
	hash_chain, test_set_series, view::TestSetRelease, ContentRef, EvaluationPolicy, GroupId, RoundIndex,
	TestSetVerdict,
};
use pallet_groups::{GroupRules, TestSets as _};
use pallet_test_sets::{Call, Series};
use rand::Rng;
use sp_core::H256;

/// Largest number of series that are open at a time.
const MOST: usize = 4;

pub(crate) fn open_series(machine: &mut Machine) -> Option<Move> {
	if Series::<Runtime>::iter().count() >= MOST {
		return None;
	}
	let (by, manifest) = (machine.somebody(), machine.secrets.file());
	let sets = machine.rng.random_range(0..12u16);
	let values = hash_chain(H256(machine.rng.random()), sets.max(1))?;
	let anchor = *values.first()?;
	let id = test_set_series(Rounds::genesis(), &by.account, manifest, anchor);
	machine.secrets.series.insert(id, values);
	let group = machine.chance(0.3).then(|| machine.group());
	let call = Call::<Runtime>::open_series { manifest, providers: Default::default(), anchor, sets, group };
	Move::signed(by, call)
}

/// Returns a series that no group has, with its requester.
fn unbound(machine: &mut Machine) -> Option<(H256, &'static Actor)> {
	let mut unbound: Vec<_> = Series::<Runtime>::iter()
		.filter(|(_, series)| series.group.is_none())
		.map(|(id, series)| (id, series.requester))
		.collect();
	unbound.sort();
	let (id, requester) = machine.one_of(&unbound)?;
	Some((id, owner(&requester)?))
}

/// Returns a policy for a new group, and its owner.
pub(crate) fn policy(
	machine: &mut Machine,
	otherwise: ContentRef,
) -> Option<(EvaluationPolicy, &'static Actor)> {
	let (series, requester) = unbound(machine)?;
	// Somebody may try to use a stranger's series.
	let by = if machine.chance(0.1) { machine.somebody() } else { requester };
	Some((EvaluationPolicy::Hidden { series, records: 10, otherwise }, by))
}

/// Returns a policy for a group that the requester of a series has named.
pub(crate) fn bound_policy(machine: &mut Machine, group: GroupId, otherwise: ContentRef) -> EvaluationPolicy {
	let mut bound: Vec<_> = Series::<Runtime>::iter()
		.filter(|(_, series)| series.group == Some(group))
		.map(|(id, _)| id)
		.collect();
	bound.sort();
	match machine.one_of(&bound) {
		Some(series) => EvaluationPolicy::Hidden { series, records: 10, otherwise },
		None => EvaluationPolicy::Training { records: 100 },
	}
}

pub(crate) fn release(machine: &mut Machine) -> Option<Move> {
	let is_anything = machine.chance(0.002);
	let mut due: Vec<_> = Series::<Runtime>::iter()
		.filter(|(_, series)| is_anything || series.group.is_some_and(|group| waiting(group).is_some()))
		.collect();
	due.sort_by_key(|(id, _)| *id);
	let (id, series) = machine.one_of(&due)?;
	// Some requesters are not there.
	if machine.chance(0.3) {
		return None;
	}
	let values = machine.secrets.series.get(&id)?.clone();
	let next = usize::from(series.sets - series.left) + 1;
	let next = if machine.chance(0.05) { machine.rng.random_range(0..=next + 1) } else { next };
	Move::authorized(Call::<Runtime>::release { series: id, value: *values.get(next)? }.into())
}

/// Returns the round of a group for which a key can be released now.
fn waiting(group: GroupId) -> Option<RoundIndex> {
	let boundary = <Groups as GroupRules<u128>>::boundary(group)?;
	(1..=2).filter_map(|back| boundary.checked_sub(back)).find(|round| {
		let rules = <Groups as GroupRules<u128>>::rules(group, *round);
		let windows = rules.and_then(|rules| rules.clock.windows(*round));
		windows.is_some_and(|windows| windows.release().contains(&now()))
			&& pallet_rounds::Rounds::<Runtime>::contains_key(group, *round)
			&& rules_name_a_series(group, *round)
	})
}

fn rules_name_a_series(group: GroupId, round: RoundIndex) -> bool {
	let rules = <Groups as GroupRules<u128>>::rules(group, round);
	let series = rules.and_then(|rules| rules.policy.series());
	series.is_some_and(|series| {
		matches!(TestSets::release_of(series, group, round), TestSetRelease::Awaited { .. })
	})
}

pub(crate) fn close_series(machine: &mut Machine) -> Option<Move> {
	let mut open: Vec<_> = Series::<Runtime>::iter().collect();
	open.sort_by_key(|(id, _)| *id);
	let (id, series) = machine.one_of(&open)?;
	let by = if machine.chance(0.1) { machine.somebody() } else { owner(&series.requester)? };
	Move::signed(by, Call::<Runtime>::close_series { series: id })
}

/// Returns what a member says of the hidden test set of a round; `None` if it is on no such set. The value of
/// the key decides whether the set is sound.
pub(crate) fn verdict(
	machine: &mut Machine,
	group: GroupId,
	round: RoundIndex,
	is_lying: bool,
) -> Option<TestSetVerdict> {
	let series = <Groups as GroupRules<u128>>::rules(group, round)?.policy.series()?;
	let TestSetRelease::Released { key, .. } = TestSets::release_of(series, group, round) else {
		return None;
	};
	let truth = match key.as_bytes()[0] {
		0..100 => TestSetVerdict::Broken,
		100..140 => TestSetVerdict::Unavailable,
		_ => TestSetVerdict::Sound,
	};
	let lies = [TestSetVerdict::Broken, TestSetVerdict::Unavailable, TestSetVerdict::Sound];
	if is_lying && machine.chance(0.3) {
		return machine.one_of(&lies);
	}
	Some(truth)
}

/// Counts of the pallet's events.
pub(crate) fn kinds(event: &pallet_test_sets::Event<Runtime>) -> Vec<&'static str> {
	use pallet_test_sets::Event;

	match event {
		Event::KeyReleased { .. } => vec!["key released"],
		Event::SetSkipped { .. } => vec!["test set skipped"],
		Event::RoundMissed { .. } => vec!["release missed"],
		Event::SeriesSlashed { .. } => vec!["series slashed"],
		Event::SeriesBound { .. } => vec!["series bound"],
		_ => vec![],
	}
}
