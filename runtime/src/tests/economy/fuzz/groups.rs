//! Moves of owners and stakeholders of groups.

use super::{
	machine::{groups_count, now, Machine, Move},
	test_sets, trainings,
};
use crate::{
	constants::NRN,
	tests::{economy::actor::owner, new_group},
	AccountId, Runtime,
};
use descent_protocol::{
	Change, Clock, GroupId, OptionalRule, OptionalRuleKind, OptionalRules, RoundLengths, Score, Share, Shares,
};
use pallet_groups::{Call, Groups, NewGroup, Open, Stakes};
use rand::Rng;

/// Largest number of groups: the checks after every step grow with it.
const MOST: GroupId = 3;

pub(crate) fn create(machine: &mut Machine) -> Option<Move> {
	if groups_count() >= MOST {
		return None;
	}
	let otherwise = machine.secrets.file();
	let hidden = if machine.chance(0.6) { test_sets::policy(machine, otherwise) } else { None };
	let (policy, by) = match hidden {
		Some((policy, by)) => (policy, by),
		None => (new_group("digits").policy, machine.somebody()),
	};
	let pretrained = machine.chance(0.2).then(|| machine.secrets.file());
	let rng = &mut machine.rng;
	let (reveal, attest, open) = (3, rng.random_range(3..5), rng.random_range(2..5));
	let mut optional_rules = OptionalRules::default();
	if rng.random_bool(0.3) {
		optional_rules.set(committee(rng));
	}
	if rng.random_bool(0.6) {
		optional_rules.set(ranked_winners(rng));
	}
	if rng.random_bool(0.4) {
		optional_rules.set(trainings::rule(rng));
	}
	if let Some(checkpoint) = pretrained {
		optional_rules.set(OptionalRule::Pretrained { checkpoint });
	}
	let group = NewGroup {
		policy,
		shares: shares(rng),
		clock: Clock {
			first: 0,
			start: now() + rng.random_range(0..10),
			length: 1 + reveal + attest + open + rng.random_range(0..6),
			reveal,
			attest,
			open,
		},
		deposit: rng.random_range(0..5) * NRN,
		stake: rng.random_range(5..50) * NRN,
		voting_period: rng.random_range(18..60),
		quorum: Share::percent(rng.random_range(0..60)),
		optional_rules,
		..new_group("digits")
	};
	Move::signed(by, Call::<Runtime>::create { group })
}

fn ranked_winners(rng: &mut impl Rng) -> OptionalRule {
	OptionalRule::RankedWinners { winners: rng.random_range(0..10) }
}

fn committee(rng: &mut impl Rng) -> OptionalRule {
	OptionalRule::Committee { seats: rng.random_range(20..103) }
}

fn shares(rng: &mut impl Rng) -> Shares {
	Shares {
		validators: Share::percent(rng.random_range(4..41)),
		keepers: Share::percent(rng.random_range(0..41)),
	}
}

pub(crate) fn stake(machine: &mut Machine) -> Option<Move> {
	let (group, amount) = (machine.group(), machine.amount());
	Move::signed(machine.somebody(), Call::<Runtime>::stake { group, amount })
}

/// Returns an actor with a stake in some group, or one that takes it out.
pub(crate) fn stakeholder(machine: &mut Machine) -> Option<(GroupId, AccountId)> {
	let group = machine.group();
	let mut holders: Vec<_> = Stakes::<Runtime>::iter_key_prefix(group).collect();
	holders.sort();
	Some((group, machine.one_of(&holders)?))
}

pub(crate) fn unstake(machine: &mut Machine) -> Option<Move> {
	let (group, account) = stakeholder(machine)?;
	let stake = Stakes::<Runtime>::get(group, &account).active;
	let amount = match machine.rng.random_range(0..4u32) {
		0 => stake,
		1 => stake / 2,
		2 => stake.saturating_sub(10 * NRN),
		_ => machine.amount(),
	};
	Move::signed(owner(&account)?, Call::<Runtime>::unstake { group, amount })
}

pub(crate) fn withdraw(machine: &mut Machine) -> Option<Move> {
	let (group, account) = stakeholder(machine)?;
	Move::signed(owner(&account)?, Call::<Runtime>::withdraw { group })
}

fn change(machine: &mut Machine, group: GroupId) -> Change {
	let is_fork = machine.chance(0.1);
	let file = machine.secrets.file();
	if machine.chance(0.1) {
		return Change::Policy { policy: test_sets::bound_policy(machine, group, file) };
	}
	let rng = &mut machine.rng;
	if is_fork {
		return Change::Model { model: file };
	}
	match rng.random_range(0..12u32) {
		0 => Change::VotingPeriod { blocks: rng.random_range(15..80) },
		1 => Change::Quorum { share: Share::percent(rng.random_range(0..50)) },
		2 => {
			let (reveal, attest, open) = (3, rng.random_range(3..6), rng.random_range(2..5));
			let length = 1 + reveal + attest + open + rng.random_range(0..8);
			Change::Clock { lengths: RoundLengths { length, reveal, attest, open } }
		}
		4 => Change::MinimumImprovement { micros: rng.random_range(1..1_000) },
		5 => Change::Target { score: rng.random_bool(0.5).then_some(Score(1_000)) },
		6 => Change::Providers { providers: new_group("digits").providers },
		7 => Change::SetRule { rule: committee(rng) },
		3 => Change::SetRule { rule: ranked_winners(rng) },
		8 => Change::RemoveRule { rule: OptionalRuleKind::Committee },
		9 => Change::SetRule { rule: trainings::rule(rng) },
		10 => Change::RemoveRule { rule: OptionalRuleKind::Recipe },
		_ => Change::Shares { shares: shares(rng) },
	}
}

pub(crate) fn propose_amendment(machine: &mut Machine) -> Option<Move> {
	let (group, account) = stakeholder(machine)?;
	let changes: Vec<_> = (0..machine.rng.random_range(1..3)).map(|_| change(machine, group)).collect();
	let call = Call::<Runtime>::propose_amendment {
		group,
		changes: changes.try_into().ok()?,
		summary: b"for the better".to_vec().try_into().ok()?,
	};
	Move::signed(owner(&account)?, call)
}

pub(crate) fn vote_amendment(machine: &mut Machine) -> Option<Move> {
	let (group, account) = stakeholder(machine)?;
	let amendment = machine.one_of(&Open::<Runtime>::get(group))?.id;
	let approves = Stakes::<Runtime>::get(group, &account).approvals.contains(&amendment);
	let call = Call::<Runtime>::vote_amendment { group, amendment, aye: !approves };
	if approves && machine.chance(0.7) {
		return None;
	}
	Move::signed(owner(&account)?, call)
}

pub(crate) fn withdraw_amendment(machine: &mut Machine) -> Option<Move> {
	let group = machine.group();
	let open = machine.one_of(&Open::<Runtime>::get(group))?;
	let call = Call::<Runtime>::withdraw_amendment { group, amendment: open.id };
	Move::signed(owner(&open.proposer)?, call)
}

pub(crate) fn close_period(machine: &mut Machine) -> Option<Move> {
	let mut groups: Vec<_> = (0..groups_count()).collect();
	let is_anything = machine.chance(0.1);
	groups.retain(|group| {
		let closing = Groups::<Runtime>::get(group).and_then(|group| group.voting.closing);
		is_anything || closing.is_some_and(|closing| closing <= now())
	});
	let group = machine.one_of(&groups)?;
	Move::signed(machine.somebody(), Call::<Runtime>::close_period { group })
}
