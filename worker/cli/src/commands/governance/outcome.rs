//! The outcome of a motion.

use crate::{commands::submit::Done, hints::failed};
use anyhow::Result;
use descent_client::{Included, H256};
use serde::Serialize;

/// A transaction that made or closed a motion, and its effect.
#[derive(Debug, Serialize)]
pub(super) struct Outcome {
	/// Hash of the motion.
	pub motion: H256,
	/// True if the motion was approved, false if it was rejected, none if its vote is open.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub approved: Option<bool>,
	/// The payment from the treasury that it approved.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub spend: Option<u32>,
	#[serde(flatten)]
	pub done: Done,
}

impl Outcome {
	/// The outcome of a motion that a transaction made or closed.
	///
	/// # Errors
	/// Where the call of the motion failed. The transaction itself did not fail, and the motion is gone.
	pub(super) fn of(motion: H256, approved: Option<bool>, included: Included, done: Done) -> Result<Self> {
		if let Some(error) = included.failed {
			let block = done.block;
			return Err(failed(error).context(format!(
				"motion {motion:?} was approved and closed in block {block}, but what it moved failed and \
				 did nothing; move it again once that can succeed"
			)));
		}
		Ok(Self { motion, approved, spend: included.spend, done })
	}

	/// The text after the first sentence: the payment that was approved, if there is one.
	pub(super) fn rest(&self) -> String {
		match self.spend {
			Some(spend) => {
				format!(
					" Payment {spend} was approved; anybody pays it out: descent governance payout {spend}"
				)
			}
			None => String::new(),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_client::{Block, CallError};

	fn included(failed: Option<CallError>, spend: Option<u32>) -> Included {
		Included {
			transaction: H256::zero(),
			block: Block { number: 9, hash: H256::zero() },
			group: None,
			proposal: None,
			amendment: None,
			motion: None,
			approved: Some(true),
			spend,
			failed,
		}
	}

	fn done() -> Done {
		Done::at(9)
	}

	#[test]
	fn what_was_moved_and_failed_is_an_error() {
		let error = CallError {
			pallet: "System".into(),
			name: "SpecVersionNeedsToIncrease".into(),
			doc: String::new(),
		};
		let included = included(Some(error), None);
		let error = Outcome::of(H256::zero(), Some(true), included, done()).unwrap_err();
		let text = format!("{error:#}");
		assert!(
			text.contains("what it moved failed")
				&& text.contains("System::SpecVersionNeedsToIncrease. Build the runtime with a higher"),
			"{text}"
		);
	}

	#[test]
	fn payments_are_told_of() {
		let outcome = Outcome::of(H256::zero(), Some(true), included(None, Some(3)), done()).unwrap();
		assert!(outcome.rest().ends_with("descent governance payout 3"));
		assert_eq!(serde_json::to_value(&outcome).unwrap()["spend"].as_u64(), Some(3));
		let outcome = Outcome::of(H256::zero(), None, included(None, None), done()).unwrap();
		assert_eq!(outcome.rest(), "");
	}
}
