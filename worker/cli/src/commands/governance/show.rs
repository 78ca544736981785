//! The command `descent governance show`.

use super::motion::{status, Status};
use crate::{
	args::Global,
	format,
	output::{plain, Output, Style},
	table::fields,
};
use anyhow::Result;
use clap::Args;
use descent_client::{format_amount, AccountId};
use descent_protocol::{
	view::{GovernanceView, MotionView},
	BlockNumber,
};

const EXAMPLES: &str = "Example:
  descent governance show
  descent governance show --json | jq '.motions[].hash'

The technical committee moves what only root may do, such as runtime upgrades, with two thirds of its \
members, and spends the treasury with more than half.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Show {}

impl Show {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let client = global.connect().await?;
		let governance = client.governance().await?;
		let now = client.best_block().await?.number;
		output.print(&governance, |output| show(output, &governance, now))
	}
}

fn show(output: &Output, governance: &GovernanceView, now: BlockNumber) -> String {
	let upgrade = match governance.authorized_upgrade {
		None => "none".into(),
		Some(hash) => format!("{hash:?}\nanybody brings it in: descent governance apply --wasm FILE"),
	};
	let mut parts = vec![fields(
		output,
		&[
			("committee", or_none(&accounts(&governance.members))),
			("treasury", format_amount(governance.treasury)),
			("runtime", format!("version {}", governance.spec_version)),
			("upgrade", upgrade),
		],
	)];
	if governance.motions.is_empty() {
		parts.push("No motion is open; members move with descent governance propose.".into());
	}
	let members = governance.members.len();
	let motions = governance.motions.iter().map(|motion| show_motion(output, motion, members, now));
	parts.extend(motions);
	parts.join("\n\n")
}

fn show_motion(output: &Output, motion: &MotionView, members: usize, now: BlockNumber) -> String {
	let decided = match status(motion, members) {
		Status::Approved => "approved: ",
		Status::Rejected => "rejected: ",
		Status::Open if motion.end <= now => "over: ",
		Status::Open => "",
	};
	let next = match decided {
		"" => format!("members vote: descent governance vote {:?} aye|nay", motion.hash),
		_ => format!("anybody closes it: descent governance close {:?}", motion.hash),
	};
	let title = output.paint(Style::Bold, &format!("Motion {}", motion.index));
	let votes = format!(
		"{decided}{} of the {} ayes that it takes, {} nays",
		motion.ayes.len(),
		motion.threshold,
		motion.nays.len()
	);
	let rows = fields(
		output,
		&[
			("moves", plain(&motion.summary)),
			("votes", votes),
			("ayes", or_none(&accounts(&motion.ayes))),
			("nays", or_none(&accounts(&motion.nays))),
			("ends", format::due(motion.end, now)),
			("next", next),
		],
	);
	format!("{title}\n{rows}")
}

fn accounts(accounts: &[AccountId]) -> String {
	let lines: Vec<_> = accounts.iter().map(AccountId::to_string).collect();
	lines.join("\n")
}

fn or_none(text: &str) -> String {
	if text.is_empty() { "none" } else { text }.into()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::commands::governance::motion::tests::governance;
	use descent_client::H256;

	#[test]
	fn shows_motions_and_what_to_do() {
		let mut governance = governance();
		let text = show(&Output::new(true), &governance, 100);
		for part in [
			"treasury   5 NRN",
			"runtime    version 2",
			"upgrade    none",
			"Motion 4\nmoves  system.authorize_upgrade\u{fffd}",
			"1 of the 2 ayes that it takes, 0 nays",
			"nays   none",
			"at block 120, in 20 blocks (1m)",
			"descent governance vote 0x0707070707070707070707070707070707070707070707070707070707070707 \
			 aye|nay",
		] {
			assert!(text.contains(part), "{part} in\n{text}");
		}
		let text = show(&Output::new(true), &governance, 120);
		assert!(text.contains("over: 1 of") && text.contains("descent governance close 0x07"), "{text}");
		governance.motions[0].threshold = 1;
		let text = show(&Output::new(true), &governance, 100);
		assert!(text.contains("approved: 1 of the 1"), "{text}");
		governance.motions.clear();
		governance.authorized_upgrade = Some(H256::repeat_byte(9));
		let text = show(&Output::new(true), &governance, 100);
		assert!(text.contains("governance propose") && text.contains("governance apply --wasm"), "{text}");
	}
}
