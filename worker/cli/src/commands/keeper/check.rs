//! The command `descent keeper check`.

use crate::{
	args::{Global, Signing},
	commands::submit::{Done, Sender},
	output::Output,
	positional::GroupArg,
};
use anyhow::Result;
use clap::Args;
use descent_client::Call;
use descent_protocol::{view::CustodyCheckView, GroupId};
use serde::Serialize;

const EXAMPLES: &str = "Example:
  descent keeper check 0 --key-file ~/.descent/key

A committee fetches a leaf from each keeper, and those that serve are paid. Keepers open checks by \
themselves: descent-worker keep. Anybody can open one as soon as what it pays is worth a committee's while: \
descent keeper show";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Check {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	signing: Signing,
}

#[derive(Debug, Serialize)]
struct Opened {
	group: GroupId,
	#[serde(skip_serializing_if = "Option::is_none")]
	check: Option<CustodyCheckView>,
	#[serde(flatten)]
	done: Done,
}

impl Check {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let sender = Sender::connect(global, &self.signing, output).await?;
		let group = self.group.id(global).await?;
		let (_, done) = sender.send(&Call::check_custody(group)).await?;
		let check = sender.client.custody(group).await?.and_then(|custody| custody.check);
		let opened = Opened { group, check, done };
		output.print(&opened, |_| show(&opened))
	}
}

fn show(opened: &Opened) -> String {
	let text = format!("Opened a check of group {} in block {}.", opened.group, opened.done.block);
	match &opened.check {
		Some(check) => format!("{text} It is decided at block {}.", check.open.end),
		None => text,
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn says_when_it_is_decided() {
		let mut opened = Opened { group: 3, check: None, done: Done::at(9) };
		assert_eq!(show(&opened), "Opened a check of group 3 in block 9.");
		opened.check = Some(CustodyCheckView { number: 1, attest: 12..22, open: 22..27 });
		assert!(show(&opened).ends_with("It is decided at block 27."));
	}
}
