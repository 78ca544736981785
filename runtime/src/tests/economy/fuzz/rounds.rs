//! Moves of trainers and validators in rounds.

use super::{
	committees::{self, Seats},
	machine::{groups_count, now, round_of, Machine, Move},
	test_sets, trainings,
};
use crate::{
	constants::NRN,
	tests::economy::{
		actor::{owner, Actor},
		calls::Seat,
	},
	AccountId, BlockNumber, Groups, Rounds, Runtime,
};
use descent_protocol::{
	commitment_hash, rank, Answer, Ballot, ContentRef, GroupId, HiddenBallot, Measurement, Phase, RoundIndex,
	Salt, Score, TaskId, TestSetVerdict, Verdict,
};
use pallet_groups::GroupRules;
use pallet_rounds::{Heads, Reveals, RoundOf, Unsettled};
use rand::Rng;
use sp_core::H256;

type Round = RoundOf<Runtime>;

/// A round with commitments that is not settled.
struct Open {
	group: GroupId,
	index: RoundIndex,
	round: Round,
}

/// Returns the rounds that are in a phase.
fn in_phase(phase: Phase) -> Vec<Open> {
	let rounds = (0..groups_count()).flat_map(|group| {
		let unsettled = Unsettled::<Runtime>::get(group).into_iter();
		unsettled.map(move |index| (group, index))
	});
	rounds
		.filter_map(|(group, index)| {
			let rules = <Groups as GroupRules<u128>>::rules(group, index)?;
			let windows = rules.clock.windows(index)?;
			let round = pallet_rounds::Rounds::<Runtime>::get(group, index)?;
			(windows.phase(now()) == phase).then_some(Open { group, index, round })
		})
		.collect()
}

pub(crate) fn commit(machine: &mut Machine) -> Option<Move> {
	let group = machine.group();
	let round = round_of(group).unwrap_or_default();
	let by = machine.somebody();
	let entered = pallet_rounds::Rounds::<Runtime>::get(group, round);
	let mut commitments = entered.iter().flat_map(|entered| &entered.commitments);
	if commitments.any(|commitment| commitment.account == by.account) && machine.chance(0.9) {
		return None;
	}
	let head = head(group, round).map_or(2_000_000, |(_, score)| score.0);
	let file = if machine.chance(0.03) {
		// The file may be another trainer's.
		let known: Vec<_> = machine.secrets.contents.values().map(|(file, _)| *file).collect();
		let mut known: Vec<_> = known.into_iter().map(|file| (file.digest, file)).collect();
		known.sort_by_key(|(digest, _)| *digest);
		machine.one_of(&known)?.1
	} else {
		machine.secrets.file()
	};
	let score = machine.rng.random_range(head / 2..=head + head / 8 + 1);
	machine.secrets.scores.entry(file.digest).or_insert(Score(score));
	let salt = machine.salt();
	let (training, is_broken) = trainings::training(machine, group, round, file);
	let bound = training.as_ref().map_or(file.digest, |training| training.submission(file.digest));
	let commitment = commitment_hash(Rounds::genesis(), group, round, &by.account, bound, &salt);
	machine.secrets.contents.insert(commitment, (file, salt));
	if let Some(training) = training {
		machine.secrets.trainings.insert(commitment, training);
	}
	if is_broken {
		machine.secrets.broken.insert(commitment);
	}
	let least = <Groups as GroupRules<u128>>::rules(group, round).map_or(NRN, |rules| rules.deposit);
	let deposit = match machine.rng.random_range(0..20u32) {
		0 => least.saturating_sub(1),
		1 => machine.amount(),
		_ => least + machine.rng.random_range(0..3) * NRN,
	};
	let call = pallet_rounds::Call::<Runtime>::commit { group, round, commitment, deposit };
	Move::signed(by, call)
}

/// Commits to the commitment of another trainer.
pub(crate) fn commit_copied(machine: &mut Machine) -> Option<Move> {
	let open = machine.one_of(&in_phase_pairs(Phase::Commit))?;
	let round = pallet_rounds::Rounds::<Runtime>::get(open.0, open.1)?;
	let commitment = machine.one_of(&round.commitments)?.hash;
	let call = pallet_rounds::Call::<Runtime>::commit {
		group: open.0,
		round: open.1,
		commitment,
		deposit: 20 * NRN,
	};
	Move::signed(machine.somebody(), call)
}

/// The blocks at which a group's rounds can be settled.
pub(crate) fn settles(group: GroupId) -> Vec<BlockNumber> {
	let unsettled = Unsettled::<Runtime>::get(group).into_iter();
	unsettled
		.filter_map(|round| {
			let rules = <Groups as GroupRules<u128>>::rules(group, round)?;
			Some(rules.clock.windows(round)?.settle)
		})
		.collect()
}

fn in_phase_pairs(phase: Phase) -> Vec<(GroupId, RoundIndex)> {
	let open = in_phase(phase).into_iter();
	open.map(|open| (open.group, open.index)).collect()
}

/// A commitment in a round whose reveal window is open, and what its trainer knows of it.
struct Hidden {
	group: GroupId,
	round: RoundIndex,
	by: &'static Actor,
	hash: H256,
	checkpoint: ContentRef,
	salt: Salt,
	claim: Score,
}

/// Returns a commitment that is not revealed, with a recorded training or without one.
fn hidden(machine: &mut Machine, is_recorded: bool) -> Option<Hidden> {
	let open = in_phase(Phase::Reveal);
	let hidden = open.iter().flat_map(|open| {
		let commitments = open.round.commitments.iter();
		commitments
			.filter(|commitment| {
				machine.secrets.trainings.contains_key(&commitment.hash) == is_recorded
					&& !Reveals::<Runtime>::contains_key((open.group, open.index), &commitment.account)
			})
			.map(|commitment| (open.group, open.index, commitment.account.clone(), commitment.hash))
	});
	let hidden: Vec<_> = hidden.collect();
	let (group, round, account, hash) = machine.one_of(&hidden)?;
	if machine.secrets.broken.contains(&hash) && machine.chance(0.9) {
		return None;
	}
	let (checkpoint, mut salt) = *machine.secrets.contents.get(&hash)?;
	if machine.chance(0.02) {
		salt = machine.salt();
	}
	let truth = machine.secrets.scores.get(&checkpoint.digest)?.0;
	let claim = Score(if machine.chance(0.12) { machine.rng.random_range(0..=truth) } else { truth });
	Some(Hidden { group, round, by: owner(&account)?, hash, checkpoint, salt, claim })
}

pub(crate) fn reveal(machine: &mut Machine) -> Option<Move> {
	let Hidden { group, round, by, checkpoint, salt, claim, .. } = hidden(machine, false)?;
	let providers = Default::default();
	let call = pallet_rounds::Call::<Runtime>::reveal { group, round, checkpoint, salt, claim, providers };
	Move::signed(by, call)
}

pub(crate) fn reveal_recorded(machine: &mut Machine) -> Option<Move> {
	let Hidden { group, round, by, hash, checkpoint, salt, claim } = hidden(machine, true)?;
	let training = machine.secrets.trainings.get(&hash)?.clone();
	let seed = Rounds::seed_of(group, round)?;
	let mut recording = training.recording(checkpoint.digest, seed);
	if machine.chance(0.05) {
		trainings::break_one(machine, &training, &mut recording);
	}
	let call = pallet_rounds::Call::<Runtime>::reveal_recorded {
		group,
		round,
		checkpoint,
		salt,
		claim,
		providers: Default::default(),
		recording,
	};
	Move::signed(by, call)
}

/// The seats of the committees of rounds that are in a window, with what each member attested to.
fn seats(is_attesting: bool) -> Seats {
	committees::seats(is_attesting, |task| matches!(task, TaskId::Round { .. }))
}

pub(crate) fn attest(machine: &mut Machine) -> Option<Move> {
	let seats = seats(true);
	let silent: Vec<_> = seats.iter().filter(|(_, _, said)| said.is_none()).collect();
	let (seat, account, _) = machine.one_of(&silent)?;
	let by = owner(account)?;
	let answer = answer(machine, *seat, account)?;
	let salt = machine.salt();
	let mut hash = seat.hash(by, &answer, &salt);
	machine.secrets.answers.insert(hash, (answer, salt));
	if machine.chance(0.02) {
		// The member copies another's attestation.
		let others = seats.iter().filter(|(other, _, _)| other.task == seat.task);
		let others: Vec<_> = others.filter_map(|(_, _, said)| Some(said.as_ref()?.hash)).collect();
		hash = machine.one_of(&others)?;
	}
	Move::authorized(seat.attest(by, hash))
}

pub(crate) fn open(machine: &mut Machine) -> Option<Move> {
	committees::open(machine, seats(false))
}

/// The head of the model that a round trains, and its score.
fn head(group: GroupId, round: RoundIndex) -> Option<(H256, Score)> {
	let model = <Groups as GroupRules<u128>>::rules(group, round)?.model_version;
	let head = Heads::<Runtime>::get(group, model)?;
	Some((head.checkpoint.digest, head.score))
}

/// Returns the true measurement of a checkpoint in a round.
fn measurement(machine: &Machine, round: RoundIndex, checkpoint: H256) -> Option<Measurement> {
	let score = *machine.secrets.scores.get(&checkpoint)?;
	let root = sp_io::hashing::blake2_256(&[checkpoint.as_bytes(), &round.to_le_bytes()].concat());
	Some(Measurement { score, root: H256(root) })
}

/// Returns a member's answer in a round, true or false.
fn answer(machine: &mut Machine, seat: Seat, account: &AccountId) -> Option<Answer> {
	let TaskId::Round { group, round } = seat.task else {
		return None;
	};
	let is_lying = machine.lies(account);
	Some(match test_sets::verdict(machine, group, round, is_lying) {
		Some(test_set) => {
			let ballot = match test_set {
				TestSetVerdict::Unavailable => Ballot { baseline: None, verdicts: Default::default() },
				_ => ballot(machine, seat, account)?,
			};
			Answer::Hidden(HiddenBallot { test_set, ballot })
		}
		None => Answer::Round(ballot(machine, seat, account)?),
	})
}

/// Returns a member's ballot of a round, true or false.
fn ballot(machine: &mut Machine, seat: Seat, account: &AccountId) -> Option<Ballot> {
	let TaskId::Round { group, round } = seat.task else {
		return None;
	};
	let open = in_phase(Phase::Attest).into_iter().find(|open| (open.group, open.index) == (group, round))?;
	let baseline = head(group, round).and_then(|(checkpoint, _)| measurement(machine, round, checkpoint));
	let commitments = open.round.commitments.iter();
	let reveals: Vec<_> =
		commitments.map(|commitment| Reveals::<Runtime>::get((group, round), &commitment.account)).collect();
	let claims: Vec<_> = reveals.iter().map(|reveal| Some(reveal.as_ref()?.claim)).collect();
	let is_lying = machine.lies(account);
	let mut verdicts = Vec::new();
	let winners = <Groups as GroupRules<u128>>::rules(group, round)?.optional_rules.ranked_winners();
	let mut matches = 0;
	let is_replayed = trainings::rule_of(group, round).is_some();
	let mut drawn = Vec::new();
	if let Some(request) = Rounds::evaluation_request(group, round) {
		let replayed = request.replays.as_ref().map(|replays| replays.segments.len());
		assert_eq!(replayed, is_replayed.then_some(request.candidates.len()), "all candidates are replayed");
		drawn = request.replays.map(|replays| replays.drawn).unwrap_or_default();
	}
	for (rank, place) in (0u8..).zip(rank(&claims)) {
		if matches >= winners && !drawn.contains(&rank) {
			verdicts.push(Verdict::Abstained);
			continue;
		}
		let reveal = reveals.get(place)?.as_ref()?;
		let mut found = measurement(machine, round, reveal.checkpoint.digest)?;
		if is_lying {
			match machine.rng.random_range(0..3u32) {
				0 => found.root = H256(machine.rng.random()),
				1 => found.score = Score(found.score.0 / 2),
				_ => {}
			}
		}
		let departs = is_replayed && machine.secrets.departs.get(&reveal.checkpoint.digest) == Some(&true);
		let verdict = match found.score == reveal.claim {
			true if departs => Verdict::Departed(found),
			true => Verdict::Match(found),
			false => Verdict::Mismatch(found),
		};
		verdicts.push(verdict);
		matches += u8::from(matches!(verdict, Verdict::Match(_)));
	}
	while verdicts.last() == Some(&Verdict::Abstained) {
		verdicts.pop();
	}
	if is_lying && machine.chance(0.2) {
		verdicts = vec![if machine.chance(0.5) { Verdict::Unavailable } else { Verdict::Invalid }];
	}
	Some(Ballot { baseline, verdicts: verdicts.try_into().ok()? })
}

pub(crate) fn settle(machine: &mut Machine) -> Option<Move> {
	let due = machine.one_of(&in_phase_pairs(Phase::Settle));
	let (group, round) = match due {
		Some(due) => due,
		None if machine.chance(0.9) => return None,
		None => (machine.group(), 0),
	};
	Move::signed(machine.somebody(), pallet_rounds::Call::<Runtime>::settle { group, round })
}
