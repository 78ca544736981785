//! Recorded trainings of trainers, sound and broken.

use super::machine::Machine;
use crate::{
	constants::NRN,
	tests::economy::recorded::{Training, RULE},
	Groups, Runtime,
};
use descent_protocol::{
	trace::{Base, RecipeRule, Recording, WorkReward},
	ContentRef, GroupId, OptionalRule, RoundIndex, Share,
};
use pallet_groups::GroupRules;
use pallet_rounds::Heads;
use rand::Rng;
use sp_core::H256;

/// Returns a rule for recordings, sometimes one that no group can have.
pub(crate) fn rule(rng: &mut impl Rng) -> OptionalRule {
	let work_reward = rng.random_bool(0.5).then(|| WorkReward {
		share: Share::percent(rng.random_range(0..60)),
		deposit: NRN * rng.random_range(1..4),
		draws: rng.random_range(0..6),
		margin: Share::percent(rng.random_range(0..100)),
	});
	OptionalRule::Recipe { recipe: RecipeRule { steps: rng.random_range(19..22), work_reward, ..RULE } }
}

/// Returns the rule of a round for recordings.
pub(crate) fn rule_of(group: GroupId, round: RoundIndex) -> Option<RecipeRule> {
	<Groups as GroupRules<u128>>::rules(group, round)?.optional_rules.recipe()
}

/// Returns the training that a trainer commits to with a checkpoint, where its group asks for one, sometimes
/// one that is against the rule, and sometimes with the opposite of what is asked for; and true if it can't
/// be revealed.
pub(crate) fn training(
	machine: &mut Machine,
	group: GroupId,
	round: RoundIndex,
	checkpoint: ContentRef,
) -> (Option<Training>, bool) {
	let rule = rule_of(group, round);
	let is_opposite = machine.chance(0.03);
	if rule.is_some() == is_opposite {
		return (None, is_opposite);
	}
	let count = machine.rng.random_range(1..9);
	let mut training = Training::new(rule.unwrap_or(RULE), count, checkpoint.digest);
	let model = <Groups as GroupRules<u128>>::rules(group, round).map(|rules| rules.model_version);
	let head = model.and_then(|model| Heads::<Runtime>::get(group, model));
	if let Some(head) = head.filter(|_| machine.chance(0.5)) {
		training.recipe.base = Base::Checkpoint { checkpoint: head.checkpoint };
	}
	let segments = &mut training.segments;
	let kind = machine.rng.random_range(0..60u32);
	match kind {
		0 => training.recipe.steps += 1,
		1 => training.recipe.base = Base::Checkpoint { checkpoint: machine.secrets.file() },
		2 => training.recipe.base = Base::Checkpoint { checkpoint },
		3 => segments.iter_mut().for_each(|segment| segment.rate = 0),
		4 => segments.iter_mut().for_each(|segment| segment.from = Some(count - 1)),
		5 => segments.iter_mut().for_each(|segment| segment.state = H256::zero()),
		// Going back is no fault.
		6 => segments.iter_mut().for_each(|segment| segment.from = None),
		_ => {}
	}
	// What the committee finds, if it is asked to replay a segment.
	let departs = machine.chance(0.3);
	machine.secrets.departs.insert(checkpoint.digest, departs);
	(Some(training), is_opposite || kind < 6)
}

/// Breaks a recording.
pub(crate) fn break_one(machine: &mut Machine, training: &Training, recording: &mut Recording) {
	let segments = recording.trace.segments;
	match machine.rng.random_range(0..8u32) {
		0 => recording.drawn = training.proof((recording.drawn.number + 1) % segments),
		1 => recording.last.number = segments,
		2 => recording.last.segment.state = H256::zero(),
		3 => recording.drawn.segment.rate += 1,
		4 => recording.trace.segments = 0,
		5 => recording.start = Some(recording.last.clone()),
		6 => {
			let _ = recording.drawn.path.try_push(H256::zero());
		}
		_ => recording.recipe.batch += 1,
	}
}
