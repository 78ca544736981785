//! The pay of recorded work, beside who wins: five trainers of different speed over sixty rounds.

use super::{
	actor::actor,
	lies::scenario::{ballot, measure_and_settle, ok, on_a_chain_with, to, windows, Strategy},
	recorded::{Training, RULE},
};
use crate::{
	constants::NRN,
	tests::{content, new_group},
	AccountId, Rounds, Runtime,
};
use descent_protocol::{
	commitment_hash,
	trace::{RecipeRule, WorkReward},
	Clock, ContentRef, Measurement, OptionalRule, OptionalRules, Outcome, RoundIndex, Score, Share, Verdict,
};
use pallet_groups::NewGroup;
use pallet_rounds::{Heads, RoundOf};
use sp_core::H256;

const ROUNDS: RoundIndex = 60;
const SALT: [u8; 32] = [9; 32];
const WORK: WorkReward = WorkReward { share: Share::percent(40), deposit: NRN, draws: 4, margin: Share::ALL };
/// The trainers and their speeds: segments a round, in units of five, the fewest that the smallest deposit
/// declares. The first one has one more idea than the others, and wins every round.
const TRAINERS: [(&str, u16); 6] = [
	("//Trainer7", 1),
	("//Trainer2", 1),
	("//Trainer3", 2),
	("//Trainer4", 3),
	("//Trainer5", 4),
	("//Trainer6", 10),
];

fn account(trainer: usize) -> AccountId {
	actor(TRAINERS[trainer].0).account.clone()
}

/// The checkpoint of a trainer in a round, its score, and the training that was recorded with it.
fn made(trainer: usize, round: RoundIndex) -> (ContentRef, Score, Training) {
	let number = u64::from(round) * 8 + u64::try_from(trainer).expect("it is small") + 1;
	let checkpoint = ContentRef { digest: H256::from_low_u64_be(number), ..content(1) };
	let score = match trainer {
		0 => 5_000 - u64::from(round),
		trainer => 6_000 + u64::try_from(trainer).expect("it is small"),
	};
	let segments = TRAINERS[trainer].1 * 5;
	let rule = RecipeRule { work_reward: None, ..RULE };
	(checkpoint, Score(score), Training::new(rule, segments, checkpoint.digest))
}

fn measured(trainer: usize, round: RoundIndex) -> Measurement {
	let (checkpoint, score, _) = made(trainer, round);
	Measurement { score, root: checkpoint.digest }
}

/// Plays a round in which everybody is honest, and returns it.
fn play(round: RoundIndex) -> RoundOf<Runtime> {
	to(windows(round).commit.start);
	for (trainer, (name, speed)) in TRAINERS.into_iter().enumerate() {
		let (checkpoint, _, training) = made(trainer, round);
		let submission = training.submission(checkpoint.digest);
		let commitment = commitment_hash(Rounds::genesis(), 0, round, &account(trainer), submission, &SALT);
		let deposit = WORK.deposit_for(speed * 5);
		ok(name, pallet_rounds::Call::commit { group: 0, round, commitment, deposit });
	}
	to(windows(round).reveal.start);
	let seed = Rounds::seed_of(0, round).expect("it is drawn");
	for (trainer, (name, _)) in TRAINERS.into_iter().enumerate() {
		let (checkpoint, claim, training) = made(trainer, round);
		let recording = training.recording(checkpoint.digest, seed);
		let (group, salt, providers) = (0, SALT, Default::default());
		let call = pallet_rounds::Call::reveal_recorded {
			group,
			round,
			checkpoint,
			salt,
			claim,
			providers,
			recording,
		};
		ok(name, call);
	}
	let head = Heads::<Runtime>::get(0, 0).map(|_| measured(0, round - 1));
	let all = (0..TRAINERS.len()).map(|trainer| Verdict::Match(measured(trainer, round)));
	let ballot = ballot(head, all.collect());
	measure_and_settle(round, [(); 4].map(|()| Strategy::Attests(ballot.clone())));
	pallet_rounds::Rounds::<Runtime>::get(0, round).expect("it is kept")
}

#[test]
fn trainers_that_never_win_are_paid_for_their_segments() {
	let mut rules = OptionalRules::default();
	rules.set(OptionalRule::Recipe { recipe: RecipeRule { work_reward: Some(WORK), ..RULE } });
	on_a_chain_with(
		|| {
			let clock = Clock { first: 0, start: 0, length: 20, reveal: 3, attest: 5, open: 3 };
			let group = NewGroup { clock, optional_rules: rules, ..new_group("paid") };
			ok("//Trainer1", pallet_groups::Call::create { group });
		},
		|| {
			let (mut draws, mut paid) = ([0u32; 6], [0u128; 6]);
			for index in 0..ROUNDS {
				let round = play(index);
				let deposits: Vec<_> = round.commitments.iter().map(|made| made.deposit).collect();
				let drawn = WORK.draw(round.seed.expect("it is known"), &deposits);
				let endings = round.commitments.iter().map(|made| made.ending.expect("it is settled"));
				let endings: Vec<_> = endings.collect();
				let each = drawn.iter().find(|trainer| **trainer > 0).map(|trainer| {
					let times = drawn.iter().filter(|other| *other == trainer).count();
					endings[*trainer].reward / u128::try_from(times).expect("it is small")
				});
				for (trainer, ending) in endings.iter().enumerate().skip(1) {
					let times = drawn.iter().filter(|drawn| **drawn == trainer).count();
					let times = u32::try_from(times).expect("it is small");
					assert_eq!(ending.outcome, Outcome::Outranked);
					assert_eq!(ending.reward, each.unwrap_or_default() * u128::from(times));
					draws[trainer] += times;
					paid[trainer] += ending.reward;
				}
				assert!(each.is_none_or(|each| each > 0 && endings[0].reward > each), "who wins has most");
			}
			let (all, total) = (draws.iter().sum::<u32>(), paid.iter().sum::<u128>());
			println!("{:<12} {:>6} {:>6} {:>24} {:>7}", "trainer", "speed", "draws", "paid, NRN", "part");
			for (trainer, (name, speed)) in TRAINERS.into_iter().enumerate().skip(1) {
				let part = paid[trainer] * 1_000 / total;
				let whole = paid[trainer] / NRN;
				println!("{name:<12} {speed:>6} {:>6} {whole:>24} {:>6}%", draws[trainer], part / 10);
				// Three standard deviations of a binomial distribution.
				let speed = u32::from(speed);
				let (expected, variance) = (all * speed / 20, all * speed * (20 - speed) / 400);
				let off = draws[trainer].abs_diff(expected);
				assert!(off * off <= 9 * variance, "{name}: {} instead of {expected}", draws[trainer]);
			}
		},
	);
}
