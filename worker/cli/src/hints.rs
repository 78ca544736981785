//! Hints: remedies for calls that fail.

mod custody;
mod economy;
mod test_sets;

use descent_client::{CallError, Error};
use std::fmt;

/// A call that failed in its block, and the remedy.
#[derive(Debug)]
struct Failed {
	error: CallError,
	hint: Option<&'static str>,
}

impl fmt::Display for Failed {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		let text = self.error.to_string();
		match self.hint {
			None => f.write_str(&text),
			Some(hint) => write!(f, "{}. {hint}", text.trim_end_matches('.')),
		}
	}
}

impl std::error::Error for Failed {}

/// Adds a hint to an error if one is known.
pub(crate) fn hinted(error: Error) -> anyhow::Error {
	match error {
		Error::Call(error) => failed(error),
		error => error.into(),
	}
}

/// The error of a call that failed, or of one that another call made, with its hint if one is known.
pub(crate) fn failed(error: CallError) -> anyhow::Error {
	let (pallet, name) = (&error.pallet, &error.name);
	let hint = hint(pallet, name)
		.or_else(|| custody::hint(pallet, name))
		.or_else(|| economy::hint(pallet, name))
		.or_else(|| test_sets::hint(pallet, name));
	Failed { error, hint }.into()
}

/// The failure of a call that an error is about.
pub(crate) fn call_of(error: &anyhow::Error) -> Option<&CallError> {
	error.chain().find_map(|cause| match cause.downcast_ref::<Error>() {
		Some(Error::Call(failed)) => Some(failed),
		_ => cause.downcast_ref::<Failed>().map(|failed| &failed.error),
	})
}

/// The hint that the text of an error ends with.
pub(crate) fn hint_of(error: &anyhow::Error) -> Option<&'static str> {
	error.downcast_ref::<Failed>()?.hint
}

/// The remedy for an error of a pallet, whose own documentation says what happened.
fn hint(pallet: &str, name: &str) -> Option<&'static str> {
	Some(match (pallet, name) {
		("Groups" | "Dataset" | "Rounds", "UnknownGroup") => "`descent group list` shows the groups.",
		("Groups" | "Dataset", "NoStake") => "Stake some first: `descent stake add N NRN`.",
		("Groups", "NotEnoughStake") => "`descent stake show` says how much there is.",
		("Groups", "TooManyUnstaking") => "`descent stake withdraw` does, once a voting period has passed.",
		("Groups", "NothingToWithdraw") => "`descent stake show` says when something does.",
		("Groups", "AlreadyProposed") => {
			"`descent amend list` shows it, `descent amend withdraw` takes it back."
		}
		("Groups", "TooManyAmendments") => {
			"Add stake (`descent stake add`), or wait until one has ended: `descent amend list`."
		}
		("Groups", "UnknownAmendment") => "`descent amend list` shows which are open.",
		("Groups", "HasMajority") => {
			"It is decided when the voting period closes, unless stakeholders take their approval back."
		}
		("Groups", "TooEarly") => {
			"It can be withdrawn after the voting period has closed: `descent group show` says when."
		}
		("Groups", "RoundTooLong") => {
			"Shorten --round-length: a round takes commitments for 30 days at most, and with recorded \
			 trainings it is over within two hours."
		}
		("Groups", "NotDue") => "`descent group show` says when.",
		("Dataset", "AlreadyAnnounced") => {
			"Propose that one first, or wait five minutes: its announcement has expired then, and its \
			 deposit is lost."
		}
		("Dataset", "AnnouncementMismatch") => {
			"Run the command on the machine and with the file that were announced, or wait five minutes and \
			 announce this one."
		}
		("Dataset", "StaleBase") => {
			"The data set has changed in the meantime: `descent dataset log` shows how. Check that the delta \
			 still applies, then run the same command again without --base."
		}
		("Dataset", "AlreadyApplied") => {
			"There is nothing to propose: `descent dataset log` shows which version it made."
		}
		("Dataset", "AlreadyProposed") => "Vote for that one instead: `descent dataset list` shows it.",
		("Dataset", "HasProposal") => {
			"Wait until it has ended, or take it back once it has lost a voting period: `descent dataset \
			 withdraw`."
		}
		("Dataset", "TooManyProposals") => {
			"Add stake (`descent stake add`), or wait until the voting period has closed: `descent dataset \
			 list`."
		}
		("Dataset", "UnknownProposal") => "`descent dataset list` shows which are open.",
		("Dataset", "BeingChecked") => "`descent dataset list` says until when.",
		("Dataset", "PeriodTooShort") => {
			"Propose it in smaller deltas, one after the other, or amend the voting period: `descent amend \
			 propose`."
		}
		("Dataset", "TooEarly") => {
			"It can be withdrawn after the voting period has closed: `descent group show` says when."
		}
		("Proxy", "NotProxy") => "`descent proxy list ACCOUNT` shows who acts for it.",
		("Proxy", "Duplicate") => "It acts for the account in this way already: `descent proxy list`.",
		("System", "CallFiltered") => {
			"A proxy of its kind may not make this call: `descent proxy list ACCOUNT` shows the kinds."
		}
		(_, "FundsUnavailable" | "CannotCreateHold") => {
			"`descent balance ADDRESS` shows what it has; what it stakes and its deposits are held."
		}
		_ => return None,
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	fn failure(pallet: &str, name: &str, doc: &str) -> anyhow::Error {
		hinted(Error::Call(CallError { pallet: pallet.into(), name: name.into(), doc: doc.into() }))
	}

	#[test]
	fn says_what_to_do_where_something_can_be_done() {
		let error = failure("Groups", "NoStake", "The account has no stake in the group.");
		assert_eq!(
			error.to_string(),
			"the call failed: Groups::NoStake: The account has no stake in the group. Stake some first: \
			 `descent stake add N NRN`."
		);
		let error = failure("Dataset", "NoStake", "");
		assert!(error.to_string().starts_with("the call failed: Dataset::NoStake. Stake some"), "{error}");
		let error = failure("Groups", "InvalidClock", "Too long.");
		assert_eq!(error.to_string(), "the call failed: Groups::InvalidClock: Too long.");
		assert_eq!(hinted(Error::Expired { expires: 3 }).to_string(), {
			Error::Expired { expires: 3 }.to_string()
		});
	}

	#[test]
	fn the_text_ends_with_the_hint() {
		let error = failure("Groups", "NoStake", "The account has no stake in the group.").context("voting");
		let hint = hint_of(&error).unwrap();
		assert!(hint.starts_with("Stake some first") && format!("{error:#}").ends_with(hint), "{error:#}");
		assert_eq!(hint_of(&failure("Groups", "InvalidClock", "Too long.")), None);
		assert_eq!(hint_of(&hinted(Error::Expired { expires: 3 })), None);
	}
}
