//! A state machine that runs the whole economy at random: honest and dishonest trainers, validators,
//! proposers, stakeholders and clients, with calls that are valid and calls that are not, over blocks,
//! sessions, periods and standstills of the chain. After every step all pallets' invariants are checked, and
//! that no token was made or lost that is not accounted for.
//!
//! A run is made of episodes, each on a chain of its own with a seed of its own. A failing
//! episode prints its seed and its last calls; `DESCENT_FUZZ_SEED=<seed>` repeats it step by step.
//! `DESCENT_FUZZ_STEPS` is the number of steps in all.

mod balances;
mod check;
mod committees;
mod custody;
mod dataset;
mod groups;
mod machine;
mod rounds;
mod secrets;
mod tally;
mod test_sets;
mod trainings;
mod validators;

use crate::{genesis, tests::config_of, LOCAL_PRESET};
use machine::Machine;
use std::{
	env,
	sync::{
		atomic::{AtomicU64, Ordering},
		Mutex,
	},
	thread,
	time::Instant,
};
use tally::Tally;

/// Steps of a run of all tests.
const STEPS: u64 = 20_000;
/// Steps of an episode.
const EPISODE: u64 = 2_000;
/// Episodes that run at a time.
const THREADS: usize = 2;
/// Seed of the first episode. Later ones count on from it.
const FIRST_SEED: u64 = 30;

/// Reads a number from the environment.
fn number(name: &str) -> Option<u64> {
	let value = env::var(name).ok()?;
	Some(value.parse().unwrap_or_else(|_| panic!("{name} is a number, not {value}")))
}

/// Runs an episode on a new chain. Returns its counts.
fn play(seed: u64, steps: u64) -> Tally {
	let config = serde_json::to_vec(&config_of(LOCAL_PRESET)).expect("it is JSON");
	let mut chain = sp_state_machine::BasicExternalities::new_empty();
	chain.execute_with(|| {
		genesis::build(config).expect("the preset builds");
		let mut machine = Machine::new(seed);
		for _ in 0..steps {
			machine.step();
		}
		machine.finish()
	})
}

#[test]
fn whatever_happens_no_token_is_made_or_lost() {
	if let Some(seed) = number("DESCENT_FUZZ_SEED") {
		play(seed, number("DESCENT_FUZZ_STEPS").unwrap_or(EPISODE)).print();
		return;
	}
	let steps = number("DESCENT_FUZZ_STEPS").unwrap_or(STEPS);
	let episodes = steps.div_ceil(EPISODE);
	let (next, all) = (AtomicU64::new(0), Mutex::new(Tally::default()));
	let began = Instant::now();
	thread::scope(|scope| {
		for _ in 0..THREADS {
			scope.spawn(|| loop {
				let episode = next.fetch_add(1, Ordering::Relaxed);
				if episode >= episodes {
					break;
				}
				let tally = play(FIRST_SEED + episode, EPISODE.min(steps - episode * EPISODE));
				all.lock().expect("the other episodes went well").add(&tally);
			});
		}
	});
	let all = all.into_inner().expect("all episodes went well");
	all.print();
	println!("{steps} steps in {:.0} s", began.elapsed().as_secs_f64());
	if steps >= STEPS {
		all.assert_effective();
	}
}
