//! The command `descent keeper leave`.

use crate::{
	args::{Global, Signing},
	commands::submit::{Done, Sender},
	output::Output,
	positional::GroupArg,
};
use anyhow::Result;
use clap::Args;
use descent_client::Call;
use descent_protocol::GroupId;
use serde::Serialize;

const EXAMPLES: &str = "Example:
  descent keeper leave 0 --key-file ~/.descent/key

Where a check goes on that asks the keeper, it has to serve until that is decided. Stop `descent-worker \
keep` first, or it takes a seat again; leave its gateway up with `descent content serve` meanwhile.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Leave {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	signing: Signing,
}

#[derive(Debug, Serialize)]
struct Left {
	group: GroupId,
	/// True if it leaves with the check that goes on.
	leaving: bool,
	#[serde(flatten)]
	done: Done,
}

impl Leave {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let sender = Sender::connect(global, &self.signing, output).await?;
		let group = self.group.id(global).await?;
		let (_, done) = sender.send(&Call::leave_custody(group)).await?;
		let account = sender.account();
		let custody = sender.client.custody(group).await?;
		let leaving =
			custody.is_some_and(|custody| custody.keepers.iter().any(|keeper| keeper.account == account));
		let left = Left { group, leaving, done };
		output.print(&left, |_| show(&left))
	}
}

fn show(left: &Left) -> String {
	let Left { group, leaving, done } = left;
	match leaving {
		true => {
			format!("You leave the keepers of group {group} with the check that goes on: serve until then.")
		}
		false => format!("You left the keepers of group {group} in block {}, with the deposit.", done.block),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn says_whether_it_has_to_serve_on() {
		let left = |leaving| show(&Left { group: 3, leaving, done: Done::at(9) });
		assert_eq!(left(false), "You left the keepers of group 3 in block 9, with the deposit.");
		assert!(left(true).ends_with("serve until then."));
	}
}
