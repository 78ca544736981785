//! Races of a leader with others, with the chain's own ranking and rule of a win.

use descent_protocol::{rank, Score};

/// Micro-units of loss. The head's score only has to stay above zero.
const FIRST_HEAD: u64 = 1_000_000_000;
/// Rounds that the others play before the leader comes, so that the pot is what it usually is.
pub(crate) const BEFORE: u32 = 2_000;
/// Parts of what a round mints for its winner.
pub(crate) const ROUND: u64 = 1_000_000;

/// Most steps that a winner is paid for: a step is an improvement by the group's minimum. A win by `n` steps
/// takes `n` of so many parts of the pot, at most all of it, and as many payments of each client. With 1 that
/// is the chain's rule: the whole pot and one payment for any win.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Steps(pub u64);

impl Steps {
	/// The steps that an improvement is paid for.
	fn paid(self, improvement: u64, minimum: u64) -> u64 {
		(improvement / minimum.max(1)).clamp(1, self.0)
	}
}

/// A leader's use of a checkpoint that is better than those of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strategy {
	/// It reveals it in the first round.
	AtOnce,
	/// It reveals so many times the minimum improvement in each round.
	Drip(u64),
	/// It commits to many checkpoints in each round, sees what the others reveal, and reveals the worst that
	/// wins.
	Least,
	/// Likewise, but only where another would win otherwise.
	Answer,
}

impl Strategy {
	/// Returns true if the leader has to commit to a better checkpoint than it reveals, to be able to answer.
	fn is_seeing(self) -> bool {
		matches!(self, Self::Least | Self::Answer)
	}
}

/// A race.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Race {
	/// The group's minimum improvement, in micro-units.
	pub minimum: u64,
	/// The leader's improvement of the head in its first round, in micro-units.
	pub lead: u64,
	/// Number of other trainers.
	pub others: usize,
	/// The improvement that a trainer makes in a round on the average, in micro-units: any from none to twice
	/// as much, with the same probability.
	pub pace: u64,
	/// Most steps that a winner is paid for.
	pub steps: Steps,
	/// Rounds from the first in which the leader takes part.
	pub rounds: u32,
}

/// The leader's results, as sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
	/// Rounds that it won.
	pub wins: u64,
	/// Payments of each client that it got.
	pub payments: u64,
	/// Its part of emission, in parts of a round, see [`ROUND`].
	pub emission: u64,
	/// Rounds until its lead was used up or passed.
	pub duration: u64,
	/// Commitments that it made and did not reveal, at least.
	pub withheld: u64,
}

impl std::ops::AddAssign for Sum {
	fn add_assign(&mut self, other: Self) {
		self.wins += other.wins;
		self.payments += other.payments;
		self.emission += other.emission;
		self.duration += other.duration;
		self.withheld += other.withheld;
	}
}

/// Numbers that look random: splitmix64.
struct Draws(u64);

impl Draws {
	fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		mixed ^ (mixed >> 31)
	}

	/// A number from 0 to `most`.
	fn up_to(&mut self, most: u64) -> u64 {
		self.next() % (most + 1)
	}
}

/// The state of a race.
struct State {
	race: Race,
	strategy: Strategy,
	head: Score,
	/// The improvement of the head that each trainer has: the others', and the leader's behind them.
	ahead: Vec<u64>,
	pot: u64,
	/// True once the leader trains and reveals like the others.
	is_equal: bool,
}

impl State {
	fn new(race: Race, strategy: Strategy) -> Self {
		let ahead = vec![0; race.others + 1];
		Self { race, strategy, head: Score(FIRST_HEAD), ahead, pot: 0, is_equal: false }
	}

	/// The checkpoint that the leader reveals, as an improvement of the head.
	fn offer(&self) -> Option<u64> {
		let (leader, others) = self.ahead.split_last()?;
		let best = others.iter().copied().max().unwrap_or_default();
		let minimum = self.race.minimum;
		// Of equal claims the one that was committed to before is first, which here is another's.
		let least = minimum.max(best + 1);
		match self.strategy {
			_ if self.is_equal => Some(*leader),
			Strategy::AtOnce => Some(*leader),
			Strategy::Drip(steps) => Some((*leader).min(steps * minimum)),
			Strategy::Least => (least <= *leader).then_some(least),
			Strategy::Answer => (best >= minimum && least <= *leader).then_some(least),
		}
	}

	/// Plays a round. Returns the place of the winner, if there is one, its payments and its emission.
	fn play(&mut self, draws: &mut Draws, takes_part: bool) -> Option<(usize, u64, u64)> {
		let leader = self.race.others;
		let improvements: Vec<_> = self.ahead.iter().map(|_| draws.up_to(2 * self.race.pace)).collect();
		for (place, (ahead, improvement)) in self.ahead.iter_mut().zip(improvements).enumerate() {
			// While it is ahead, the leader need not train.
			if place != leader || self.is_equal {
				*ahead += improvement;
			}
		}
		self.pot += ROUND;
		let mut offers: Vec<_> = self.ahead.iter().copied().map(Some).collect();
		offers[leader] = if takes_part { self.offer() } else { None };
		let claims: Vec<_> = offers.iter().map(|offer| Some(Score(self.head.0 - (*offer)?))).collect();
		let winner = *rank(&claims).first()?;
		let score = claims[winner].filter(|score| score.beats(self.head, self.race.minimum))?;
		let improvement = self.head.0 - score.0;
		self.head = score;
		for ahead in &mut self.ahead {
			*ahead = ahead.saturating_sub(improvement);
		}
		let steps = self.race.steps.paid(improvement, self.race.minimum);
		let paid = self.pot * steps / self.race.steps.0;
		self.pot -= paid;
		Some((winner, steps, paid))
	}
}

/// Lets the leader play. Every strategy meets the same others, as long as the number is the same.
pub(crate) fn run(race: Race, strategy: Strategy, number: u64) -> Sum {
	let mut draws = Draws(number);
	let mut state = State::new(race, strategy);
	for _ in 0..BEFORE {
		state.play(&mut draws, false);
	}
	state.ahead[race.others] = race.lead;
	let mut result = Sum::default();
	for _ in 0..race.rounds {
		let won = state.play(&mut draws, true);
		if let Some((_, payments, emission)) = won.filter(|(winner, ..)| *winner == race.others) {
			result.wins += 1;
			result.payments += payments;
			result.emission += emission;
		}
		result.duration += u64::from(!state.is_equal);
		result.withheld += u64::from(!state.is_equal && strategy.is_seeing());
		state.is_equal |= state.ahead[race.others] < race.minimum;
	}
	result
}

/// The sums of so many runs.
pub(crate) fn total(race: Race, strategy: Strategy, runs: u64) -> Sum {
	let mut sum = Sum::default();
	for number in 0..runs {
		sum += run(race, strategy, number);
	}
	sum
}
