//! The command `descent governance vote`.

use super::motion::{motion, status, Status};
use crate::{
	args::{Global, Signing},
	commands::submit::{Done, Sender},
	output::Output,
	parse,
};
use anyhow::{ensure, Result};
use clap::{Args, ValueEnum};
use descent_client::{Call, Motion, H256};
use descent_protocol::view::GovernanceView;
use serde::Serialize;

const EXAMPLES: &str = "Example:
  descent governance vote 0x1c2d0000000000000000000000000000000000000000000000000000000000ff aye \
    --key-file ~/.descent/key

A vote can be changed until the motion is closed. The member that makes a motion votes as well.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Vote {
	/// Hash of the motion
	#[arg(value_name = "HASH", value_parser = parse::hash)]
	motion: H256,
	/// For or against it
	#[arg(value_name = "aye|nay", value_enum)]
	vote: Aye,
	#[command(flatten)]
	signing: Signing,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Aye {
	Aye,
	Nay,
}

/// A vote and how the motion stands after it.
#[derive(Debug, Serialize)]
struct Voted {
	motion: H256,
	aye: bool,
	ayes: usize,
	nays: usize,
	threshold: u32,
	#[serde(flatten)]
	done: Done,
}

impl Vote {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let sender = Sender::connect(global, &self.signing, output).await?;
		let account = sender.account();
		let governance = sender.client.governance().await?;
		ensure!(
			governance.members.contains(&account),
			"{account} is not a member of the technical committee: descent governance show lists them"
		);
		let index = motion(&governance, self.motion)?.index;
		let hash = self.motion;
		let aye = self.vote == Aye::Aye;
		let call = Call::vote_motion(Motion { hash, index }, aye);
		let (_, done) = sender.send(&call).await?;
		let governance = sender.client.governance().await?;
		let view = motion(&governance, hash)?;
		let voted = Voted {
			motion: hash,
			aye,
			ayes: view.ayes.len(),
			nays: view.nays.len(),
			threshold: view.threshold,
			done,
		};
		output.print(&voted, |_| show(&governance, &voted))
	}
}

fn show(governance: &GovernanceView, voted: &Voted) -> String {
	let vote = if voted.aye { "aye" } else { "nay" };
	let text = format!(
		"Voted {vote} in block {}: {} of the {} ayes that it takes, {} nays.",
		voted.done.block, voted.ayes, voted.threshold, voted.nays
	);
	let decided = motion(governance, voted.motion).map(|view| status(view, governance.members.len()));
	match decided {
		Ok(Status::Approved | Status::Rejected) => {
			let hash = voted.motion;
			format!("{text} It is decided; anybody closes it: descent governance close {hash:?}")
		}
		_ => text,
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::commands::governance::motion::tests::governance;
	use descent_client::AccountId;

	#[test]
	fn a_motion_that_is_decided_can_be_closed() {
		let mut governance = governance();
		let mut voted = Voted {
			motion: H256::repeat_byte(7),
			aye: true,
			ayes: 1,
			nays: 0,
			threshold: 2,
			done: Done::at(9),
		};
		assert_eq!(show(&governance, &voted), "Voted aye in block 9: 1 of the 2 ayes that it takes, 0 nays.");
		governance.motions[0].ayes.push(AccountId::new([2; 32]));
		voted.ayes = 2;
		assert!(show(&governance, &voted).contains("descent governance close 0x0707"));
	}
}
