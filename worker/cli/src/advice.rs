//! What to do about calls that fail.

mod economy;

use descent_client::{CallError, Error};
use std::fmt;

/// A call that failed in its block, with what helps.
#[derive(Debug)]
struct Failed {
	error: CallError,
	advice: Option<&'static str>,
}

impl fmt::Display for Failed {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		let text = self.error.to_string();
		match self.advice {
			None => f.write_str(&text),
			Some(advice) => write!(f, "{}. {advice}", text.trim_end_matches('.')),
		}
	}
}

impl std::error::Error for Failed {}

/// An error with what to do about it, where there is something to do.
pub(crate) fn advised(error: Error) -> anyhow::Error {
	match error {
		Error::Call(error) => carried(error),
		error => error.into(),
	}
}

/// How a call failed, or one that another carried, with what to do about it.
pub(crate) fn carried(error: CallError) -> anyhow::Error {
	let advice = advice(&error.pallet, &error.name).or_else(|| economy::advice(&error.pallet, &error.name));
	Failed { error, advice }.into()
}

/// What to do; the pallet's own documentation, which precedes it, says what happened.
fn advice(pallet: &str, name: &str) -> Option<&'static str> {
	Some(match (pallet, name) {
		("Groups" | "Dataset" | "Rounds", "UnknownGroup") => "`descent group list` shows the groups.",
		("Groups" | "Dataset", "NoStake") => {
			"Stake some first: `descent stake add --group N --amount NRN`."
		}
		("Groups", "NotEnoughStake") => "`descent stake show` says how much there is.",
		("Groups", "TooManyUnstaking") => "`descent stake withdraw` does, once a voting period has passed.",
		("Groups", "NothingToWithdraw") => "`descent stake show` says when something does.",
		("Groups", "AlreadyProposed") => "`descent amend list` shows it, `descent amend withdraw` takes it back.",
		("Groups", "TooManyAmendments") => {
			"Add stake (`descent stake add`), or wait until one has ended: `descent amend list`."
		}
		("Groups", "UnknownAmendment") => "`descent amend list` shows which are open.",
		("Groups", "HasMajority") => {
			"It is decided when the voting period closes, unless stakeholders take their approval back."
		}
		("Groups", "TooEarly") => "It can be withdrawn after the voting period has closed: `descent group show` says when.",
		("Groups", "NotDue") => "`descent group show` says when.",
		("Dataset", "AlreadyAnnounced") => {
			"Propose that one first, or wait five minutes: its announcement has expired then, and its deposit is lost."
		}
		("Dataset", "AnnouncementMismatch") => {
			"Run the command on the machine and with the file that were announced, or wait five minutes and announce this \
			 one."
		}
		("Dataset", "StaleBase") => {
			"The data set has changed in the meantime: `descent dataset log` shows how. Check that the delta still \
			 applies, then run the same command again without --base."
		}
		("Dataset", "AlreadyApplied") => "There is nothing to propose: `descent dataset log` shows which version it made.",
		("Dataset", "AlreadyProposed") => "Vote for that one instead: `descent dataset list` shows it.",
		("Dataset", "HasProposal") => {
			"Wait until it has ended, or take it back once it has lost a voting period: `descent dataset withdraw`."
		}
		("Dataset", "TooManyProposals") => {
			"Add stake (`descent stake add`), or wait until the voting period has closed: `descent dataset list`."
		}
		("Dataset", "UnknownProposal") => "`descent dataset list` shows which are open.",
		("Dataset", "BeingChecked") => "`descent dataset list` says until when.",
		("Dataset", "PeriodTooShort") => {
			"Propose it in smaller deltas, one after the other, or amend the voting period: `descent amend propose`."
		}
		("Dataset", "TooEarly") => "It can be withdrawn after the voting period has closed: `descent group show` says when.",
		(_, "FundsUnavailable" | "CannotCreateHold") => {
			"`descent balance ADDRESS` shows what it has; what it stakes and its deposits are held."
		}
		_ => return None,
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	fn failed(pallet: &str, name: &str, doc: &str) -> anyhow::Error {
		advised(Error::Call(CallError { pallet: pallet.into(), name: name.into(), doc: doc.into() }))
	}

	#[test]
	fn says_what_to_do_where_something_can_be_done() {
		let error = failed("Groups", "NoStake", "The account has no stake in the group.");
		assert_eq!(
			error.to_string(),
			"the call failed: Groups::NoStake: The account has no stake in the group. Stake some first: \
			 `descent stake add --group N --amount NRN`."
		);
		let error = failed("Dataset", "NoStake", "");
		assert!(error.to_string().starts_with("the call failed: Dataset::NoStake. Stake some"), "{error}");
		let error = failed("Groups", "InvalidClock", "Too long.");
		assert_eq!(error.to_string(), "the call failed: Groups::InvalidClock: Too long.");
		assert_eq!(advised(Error::Expired { expires: 3 }).to_string(), {
			Error::Expired { expires: 3 }.to_string()
		});
	}
}
