//! The common part of programs that measure: turns, comparisons and their table, namespaces with shaped
//! uplinks, and the way in which they end.
//!
//! # Example
//!
//! ```
//! use descent_bench::{in_turns, Comparison};
//!
//! let seconds = in_turns(3, &mut [Box::new(|| Ok(1.0)), Box::new(|| Ok(2.0))]).unwrap();
//! let comparison = Comparison::new("a sum", "another", &seconds[0], &seconds[1], Some(1.0));
//! assert_eq!(comparison.speed.median, 2.0);
//! assert!(comparison.is_kept());
//! ```

mod links;

pub use links::{Links, Shape};

use serde::{Deserialize, Serialize};
use std::{error::Error, fmt::Write, process::ExitCode};

/// A result with any error.
pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;
/// A measurement, which returns seconds.
pub type Measurement<'a> = dyn FnMut() -> Outcome<f64> + 'a;

/// The median, the least and the largest of repeated measurements.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Spread {
	/// The median.
	pub median: f64,
	/// The least.
	pub least: f64,
	/// The largest.
	pub largest: f64,
}

impl Spread {
	/// The spread of some measurements.
	///
	/// # Panics
	/// Panics if there are none.
	pub fn of(mut all: Vec<f64>) -> Self {
		all.sort_by(f64::total_cmp);
		Self { median: all[all.len() / 2], least: all[0], largest: all[all.len() - 1] }
	}
}

/// Seconds of the same work, ours and those of another program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Comparison {
	/// The work.
	pub work: String,
	/// Name of the other program.
	pub other: String,
	/// Medians of the seconds: ours, and the other's.
	pub seconds: [f64; 2],
	/// Our speed over the other's: its seconds over ours in the same turn.
	pub speed: Spread,
	/// The least speed that is promised, if any is.
	pub promised: Option<f64>,
}

impl Comparison {
	/// A comparison of the seconds of as many turns.
	pub fn new(
		work: impl Into<String>,
		other: impl Into<String>,
		ours: &[f64],
		theirs: &[f64],
		promised: Option<f64>,
	) -> Self {
		let ratios = theirs.iter().zip(ours).map(|(theirs, ours)| theirs / ours);
		Self {
			work: work.into(),
			other: other.into(),
			seconds: [ours, theirs].map(|all| Spread::of(all.to_vec()).median),
			speed: Spread::of(ratios.collect()),
			promised,
		}
	}

	/// Returns true if nothing more is promised.
	pub fn is_kept(&self) -> bool {
		self.promised.is_none_or(|promised| self.speed.median >= promised)
	}
}

/// Measures in turns. Whoever is first finds a colder processor, so each is first as often as others. Returns
/// the seconds of all turns of each.
///
/// # Errors
/// Returns the first error of a measurement.
pub fn in_turns(turns: usize, measurements: &mut [Box<Measurement>]) -> Outcome<Vec<Vec<f64>>> {
	let count = measurements.len();
	let mut seconds = vec![Vec::with_capacity(turns); count];
	for turn in 0..turns {
		for place in 0..count {
			let number = (turn + place) % count;
			seconds[number].push(measurements[number]()?);
		}
	}
	Ok(seconds)
}

/// Returns a table of comparisons.
pub fn table(comparisons: &[Comparison]) -> String {
	let mut text = format!("{:<58} {:>10} {:>10} {:>22}\n", "work", "ours, s", "other, s", "speed over it");
	for Comparison { work, other, seconds: [ours, theirs], speed, .. } in comparisons {
		let name = format!("{work}; {other}");
		let Spread { median, least, largest } = speed;
		let _ = writeln!(
			text,
			"{name:<58} {ours:>10.4} {theirs:>10.4} {median:>8.2} ({least:.2} to {largest:.2})"
		);
	}
	text
}

/// Prints comparisons, as a table or as JSON, and what is below a promise. Returns true if nothing is.
///
/// # Errors
/// Returns an error if they cannot be written as JSON.
pub fn print(comparisons: &[Comparison], json: bool) -> Outcome<bool> {
	match json {
		true => println!("{}", serde_json::to_string(comparisons)?),
		false => print!("{}", table(comparisons)),
	}
	Ok(are_kept(comparisons))
}

/// Prints what is below a promise on standard error. Returns true if nothing is.
pub fn are_kept(comparisons: &[Comparison]) -> bool {
	let slow = || comparisons.iter().filter(|comparison| !comparison.is_kept());
	for Comparison { work, other, speed, .. } in slow() {
		eprintln!("below what is promised: {work}, beside {other}, at {:.3}", speed.median);
	}
	slow().count() == 0
}

/// Returns the exit code of a program that found all promises kept, or did not, or failed.
pub fn exit_code(outcome: Outcome<bool>) -> ExitCode {
	match outcome {
		Ok(true) => ExitCode::SUCCESS,
		Ok(false) => ExitCode::FAILURE,
		Err(error) => {
			eprintln!("error: {error}");
			ExitCode::FAILURE
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_promise_is_held_against_the_median_of_the_same_turns() {
		let comparison = Comparison::new("work", "other", &[1.0, 2.0, 4.0], &[2.0, 2.0, 2.0], Some(1.0));
		let Spread { median, least, largest } = comparison.speed;
		assert_eq!((median, least, largest), (1.0, 0.5, 2.0));
		assert!(comparison.is_kept());
		let slower = Comparison { promised: Some(1.01), ..comparison };
		assert!(!slower.is_kept());
	}

	#[test]
	fn each_is_first_in_turn() {
		let order = std::cell::RefCell::new(Vec::new());
		let measurement = |name: f64| {
			let order = &order;
			Box::new(move || {
				order.borrow_mut().push(name);
				Ok(name)
			}) as Box<Measurement>
		};
		let seconds = in_turns(2, &mut [measurement(1.0), measurement(2.0)]).unwrap();
		assert_eq!(*order.borrow(), [1.0, 2.0, 2.0, 1.0]);
		assert_eq!(seconds, [[1.0, 1.0], [2.0, 2.0]]);
	}
}
