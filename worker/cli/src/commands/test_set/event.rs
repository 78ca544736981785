//! The lines that `descent test-set release` prints.

use super::releaser::End;
use crate::output::Output;
use anyhow::Result;
use descent_client::H256;
use descent_protocol::RoundIndex;
use serde::Serialize;

/// A thing that happens while keys are released.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub(super) enum Event {
	/// The series is followed from now on.
	Following { series: H256, sets: u16, left: u16 },
	/// A key was sent for a round, or without one so that its set is given up.
	Sent { set: u16, round: Option<RoundIndex> },
	/// The chain has the key of a set. The set measures a round or none.
	Released { set: u16, round: Option<RoundIndex>, left: u16 },
	/// Something failed, and is tried again.
	Failed { reason: String },
	/// There is nothing more to do.
	Ended { reason: &'static str },
}

/// The reason that there is nothing more to do, in words.
pub(super) fn reason(end: End) -> &'static str {
	match end {
		End::UsedUp => "all keys of the series are released",
		End::NoBond => "nothing is left of the bond, and no round waits for the series any more",
		End::Once => "the key of one round is released",
	}
}

/// Prints an event, a line for each.
pub(super) fn print(output: &Output, event: &Event) -> Result<()> {
	output.print(event, |_| sentence(event))
}

fn sentence(event: &Event) -> String {
	match event {
		Event::Following { series, sets, left } => {
			format!("Following the series {series:?}: {left} of {sets} keys are left.")
		}
		Event::Sent { set, round: Some(round) } => format!("Sent the key of set {set} for round {round}."),
		Event::Sent { set, round: None } => format!(
			"Sent the key of set {set}, which measures no round: it came too late, or rounds wait for the \
			 series again after it."
		),
		Event::Released { set, round: Some(round), left } => {
			format!("Round {round} is measured on set {set}; {left} keys are left.")
		}
		Event::Released { set, round: None, left } => {
			format!("Set {set} is used up and measures no round of now; {left} keys are left.")
		}
		Event::Failed { reason } => format!("Trying again: {reason}"),
		Event::Ended { reason } => format!("Ended: {reason}."),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_happens_is_a_line() {
		let sent = Event::Sent { set: 3, round: Some(7) };
		assert_eq!(serde_json::to_string(&sent).unwrap(), r#"{"event":"sent","set":3,"round":7}"#);
		assert_eq!(sentence(&sent), "Sent the key of set 3 for round 7.");
		let released = Event::Released { set: 3, round: None, left: 2 };
		assert!(sentence(&released).contains("measures no round"));
		let ended = Event::Ended { reason: reason(End::UsedUp) };
		assert_eq!(sentence(&ended), "Ended: all keys of the series are released.");
	}
}
