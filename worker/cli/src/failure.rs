//! The kinds of failures, as programs tell them apart: by the exit status, and by a code in JSON.

use crate::hints::call_of;
use anyhow::Error;
use descent_client::Error as ClientError;

/// Exit status of a failure that is none of those below.
const FAILURE: u8 = 1;
/// Exit status where no node of the chain can be asked.
const NO_NODE: u8 = 3;
/// Exit status where the chain refused the call.
const REFUSED: u8 = 4;

/// A kind of failure.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
	/// Exit status of the program.
	pub(crate) status: u8,
	/// The error of a pallet as `Groups::NoStake`, or the kind of error as `NoNode`.
	pub(crate) code: String,
}

impl Failure {
	/// Returns the kind of an error.
	pub(crate) fn of(error: &Error) -> Self {
		if let Some(call) = call_of(error) {
			let code = match call.pallet.as_str() {
				"" => call.name.clone(),
				pallet => format!("{pallet}::{}", call.name),
			};
			return Self { status: REFUSED, code };
		}
		let client = error.chain().find_map(|cause| cause.downcast_ref::<ClientError>());
		let (status, code) = match client {
			None => (FAILURE, "Failed"),
			Some(error) => of_client(error),
		};
		Self { status, code: code.into() }
	}
}

fn of_client(error: &ClientError) -> (u8, &'static str) {
	match error {
		ClientError::Unreachable { .. } | ClientError::Interrupted(_) => (NO_NODE, "NoNode"),
		ClientError::OtherChain { .. } => (NO_NODE, "OtherChain"),
		ClientError::Unsupported { .. } => (NO_NODE, "Unsupported"),
		ClientError::Invalid { .. } => (REFUSED, "Invalid"),
		ClientError::Expired { .. } => (REFUSED, "Expired"),
		ClientError::Superseded { .. } => (REFUSED, "Superseded"),
		ClientError::Timeout { .. } => (FAILURE, "Timeout"),
		ClientError::Refused { .. } => (FAILURE, "Refused"),
		ClientError::UnknownGroup(_) => (FAILURE, "UnknownGroup"),
		ClientError::AmbiguousGroup { .. } => (FAILURE, "AmbiguousGroup"),
		ClientError::Address(_) => (FAILURE, "Address"),
		ClientError::Answer(_) | ClientError::Encoding(_) => (FAILURE, "OtherVersion"),
		_ => (FAILURE, "Failed"),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::hints::hinted;
	use anyhow::anyhow;
	use descent_client::CallError;

	fn failure(status: u8, code: &str) -> Failure {
		Failure { status, code: code.into() }
	}

	#[test]
	fn programs_tell_failures_apart() {
		let call = |pallet: &str, name: &str| {
			ClientError::Call(CallError { pallet: pallet.into(), name: name.into(), doc: String::new() })
		};
		let refused = hinted(call("Groups", "NoStake")).context("voting");
		assert_eq!(Failure::of(&refused), failure(4, "Groups::NoStake"));
		assert_eq!(Failure::of(&call("", "BadOrigin").into()), failure(4, "BadOrigin"));
		assert_eq!(Failure::of(&ClientError::Expired { expires: 3 }.into()), failure(4, "Expired"));
		let gone = ClientError::Unreachable { url: "ws://x".into(), reason: "refused".into() };
		assert_eq!(Failure::of(&Error::from(gone).context("reading")), failure(3, "NoNode"));
		assert_eq!(Failure::of(&anyhow!("no such file")), failure(1, "Failed"));
	}
}
