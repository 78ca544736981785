//! The commands `descent governance ..`, and `payout` itself.

pub(crate) mod apply;
pub(crate) mod close;
mod code;
mod outcome;
pub(crate) mod propose;
pub(crate) mod show;
pub(crate) mod vote;

use super::submit::submit;
use crate::{
	args::{Global, Signing},
	output::Output,
};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use descent_client::{Call, H256};
use descent_protocol::view::{GovernanceView, MotionView};

#[derive(Debug, Subcommand)]
pub(crate) enum GovernanceCommand {
	/// Show the technical committee, its motions and the treasury
	Show(show::Show),
	/// Make a motion, as a member of the committee
	#[command(subcommand)]
	Propose(propose::Propose),
	/// Vote on a motion, as a member of the committee
	Vote(vote::Vote),
	/// End the vote on a motion that is decided, and carry it out where it was approved
	Close(close::Close),
	/// Pay out what was approved from the treasury
	Payout(Payout),
	/// Bring in a runtime that was authorized
	Apply(apply::Apply),
}

impl GovernanceCommand {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		match self {
			Self::Show(command) => command.run(global, output).await,
			Self::Propose(command) => command.run(global, output).await,
			Self::Vote(command) => command.run(global, output).await,
			Self::Close(command) => command.run(global, output).await,
			Self::Payout(command) => command.run(global, output).await,
			Self::Apply(command) => command.run(global, output).await,
		}
	}
}

const PAYOUT_EXAMPLES: &str = "Example:
  descent governance payout 3 --key-file ~/.descent/key

The number is told when the motion is closed. Anybody may, free of charge where something is paid.";

#[derive(Debug, Args)]
#[command(after_help = PAYOUT_EXAMPLES)]
pub(crate) struct Payout {
	/// Number of the payment
	#[arg(value_name = "NUMBER")]
	spend: u32,
	#[command(flatten)]
	signing: Signing,
}

impl Payout {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let spend = self.spend;
		submit(global, &self.signing, output, &Call::payout(spend), |block| {
			format!("Paid out payment {spend} in block {block}.")
		})
		.await
	}
}

/// The motion with this hash.
fn motion(governance: &GovernanceView, hash: H256) -> Result<&MotionView> {
	let motion = governance.motions.iter().find(|motion| motion.hash == hash);
	motion.with_context(|| {
		format!(
			"no motion {hash:?} is open; it may be closed already: descent governance show lists those that \
			 are"
		)
	})
}

/// The state of the votes on a motion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
	/// The motion has the ayes that it takes.
	Approved,
	/// The motion can't get enough ayes any more.
	Rejected,
	/// The motion may still get enough ayes.
	Open,
}

/// The state of the votes on a motion in a committee of so many members.
fn stand(motion: &MotionView, members: usize) -> Stand {
	let threshold = usize::try_from(motion.threshold).unwrap_or(usize::MAX);
	if motion.ayes.len() >= threshold {
		return Stand::Approved;
	}
	if members.saturating_sub(motion.nays.len()) < threshold {
		return Stand::Rejected;
	}
	Stand::Open
}

#[cfg(test)]
pub(crate) mod tests {
	use super::*;
	use descent_client::{AccountId, UNIT};

	pub(crate) fn governance() -> GovernanceView {
		let account = |number| AccountId::new([number; 32]);
		GovernanceView {
			members: vec![account(1), account(2), account(3)],
			motions: vec![MotionView {
				hash: H256::repeat_byte(7),
				index: 4,
				call: vec![1, 2, 3],
				summary: "system.authorize_upgrade\u{7}".into(),
				threshold: 2,
				ayes: vec![account(1)],
				nays: vec![],
				end: 120,
			}],
			treasury: 5 * UNIT,
			authorized_upgrade: None,
			spec_version: 2,
		}
	}

	#[test]
	fn motions_are_found_by_their_hash() {
		let governance = governance();
		assert_eq!(motion(&governance, H256::repeat_byte(7)).unwrap().index, 4);
		let error = motion(&governance, H256::zero()).unwrap_err().to_string();
		assert!(error.contains("descent governance show"), "{error}");
	}

	#[test]
	fn a_motion_is_decided_when_no_vote_can_change_it() {
		let mut view = governance().motions.remove(0);
		assert_eq!(stand(&view, 3), Stand::Open);
		view.nays = vec![AccountId::new([2; 32])];
		assert_eq!(stand(&view, 3), Stand::Open);
		view.nays.push(AccountId::new([3; 32]));
		assert_eq!(stand(&view, 3), Stand::Rejected);
		view.nays.pop();
		view.ayes.push(AccountId::new([3; 32]));
		assert_eq!(stand(&view, 3), Stand::Approved);
	}
}
