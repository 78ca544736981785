//! The count of a run's events: a run without any proves nothing.

use std::collections::BTreeMap;

/// Counts of calls that succeeded and failed, and of events.
#[derive(Default)]
pub(crate) struct Tally {
	calls: BTreeMap<&'static str, (u64, u64)>,
	events: BTreeMap<&'static str, u64>,
}

impl Tally {
	/// Counts a call, as succeeded or failed.
	pub(crate) fn call(&mut self, kind: &'static str, is_ok: bool) {
		let (succeeded, failed) = self.calls.entry(kind).or_default();
		*if is_ok { succeeded } else { failed } += 1;
	}

	/// Counts an event.
	pub(crate) fn event(&mut self, kind: &'static str) {
		*self.events.entry(kind).or_default() += 1;
	}

	/// Adds the counts of another run.
	pub(crate) fn add(&mut self, other: &Self) {
		for (kind, (succeeded, failed)) in &other.calls {
			let mine = self.calls.entry(kind).or_default();
			mine.0 += succeeded;
			mine.1 += failed;
		}
		for (kind, count) in &other.events {
			*self.events.entry(kind).or_default() += count;
		}
	}

	pub(crate) fn print(&self) {
		println!("{:<32} {:>9} {:>9}", "call", "succeeded", "failed");
		for (kind, (succeeded, failed)) in &self.calls {
			println!("{kind:<32} {succeeded:>9} {failed:>9}");
		}
		println!("\n{:<32} {:>9}", "event", "times");
		for (kind, count) in &self.events {
			println!("{kind:<32} {count:>9}");
		}
	}

	/// Panics if a call never succeeded or an event never happened.
	pub(crate) fn assert_effective(&self) {
		let never: Vec<_> = super::machine::KINDS
			.iter()
			.filter(|kind| self.calls.get(*kind).is_none_or(|(succeeded, _)| *succeeded == 0))
			.chain(super::check::EXPECTED_EVENTS.iter().filter(|kind| !self.events.contains_key(*kind)))
			.collect();
		assert!(never.is_empty(), "this never happened: {never:?}");
	}
}
