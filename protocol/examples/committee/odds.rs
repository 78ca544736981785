//! The odds of liars among drawn seats.

use descent_protocol::committee::{is_quorum, is_veto};

/// The parts of all bonds that liars have, in percent.
pub(crate) const PERCENT: [u32; 4] = [10, 20, 25, 33];
/// Numbers of seats.
pub(crate) const SEATS: [u32; 4] = [16, 22, 31, 40];

/// The odds of one committee.
pub(crate) struct Odds {
	/// The part of all bonds that liars have, in percent.
	pub percent: u32,
	/// Number of seats that are drawn.
	pub seats: u32,
	/// The probability that liars have at least two thirds of the seats: what they say is accepted.
	pub accepts_lie: f64,
	/// The probability that liars have more than a third of the seats: what is true is refused.
	pub refuses_truth: f64,
}

/// The probability of each number of seats that liars may have, from none to all. All terms are
/// positive, and products of a few factors a seat: the relative error of each, and of each sum, is below
/// `8 x seats x 2^-53`.
pub(crate) fn distribution(part: f64, seats: u32) -> Vec<f64> {
	let mut probability = (1.0 - part).powi(i32::try_from(seats).expect("there are few seats"));
	let mut distribution = vec![probability];
	for taken in 0..seats {
		let (free, next) = (f64::from(seats - taken), f64::from(taken + 1));
		probability *= free / next * (part / (1.0 - part));
		distribution.push(probability);
	}
	distribution
}

/// The odds of a committee with so many seats, if liars have so much of all bonds.
pub(crate) fn odds(percent: u32, seats: u32) -> Odds {
	let distribution = distribution(f64::from(percent) / 100.0, seats);
	let chance = |is_bad: fn(u64, u64) -> bool| {
		let counts = (0u64..).zip(&distribution);
		counts.filter(|(taken, _)| is_bad(*taken, u64::from(seats))).map(|(_, chance)| chance).sum()
	};
	Odds { percent, seats, accepts_lie: chance(is_quorum), refuses_truth: chance(is_veto) }
}

/// The odds of every part of bonds and number of seats in the table.
pub(crate) fn all_odds() -> Vec<Odds> {
	PERCENT.iter().flat_map(|percent| SEATS.map(|seats| odds(*percent, seats))).collect()
}
