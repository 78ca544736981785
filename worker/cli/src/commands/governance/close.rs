//! The command `descent governance close`.

use super::{
	motion::{motion, status, Status},
	outcome::Outcome,
};
use crate::{
	args::{Global, Signing},
	commands::submit::Sender,
	format,
	output::Output,
	parse,
};
use anyhow::{bail, Result};
use clap::Args;
use descent_client::{Call, Encoded, Motion, Weight, H256};
use descent_protocol::view::MotionView;

const EXAMPLES: &str = "Example:
  descent governance close 0x1c2d0000000000000000000000000000000000000000000000000000000000ff --key-file \
    ~/.descent/key

Anybody may, as soon as no vote can change the result, and in any case when its time is over. What it \
moves is carried out at once; that it fails is told as an error.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Close {
	/// Hash of the motion
	#[arg(value_name = "HASH", value_parser = parse::hash)]
	motion: H256,
	#[command(flatten)]
	signing: Signing,
}

impl Close {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let sender = Sender::connect(global, &self.signing, output).await?;
		let governance = sender.client.governance().await?;
		let now = sender.client.best_block().await?.number;
		let view = motion(&governance, self.motion)?;
		if status(view, governance.members.len()) == Status::Open && view.end > now {
			bail!(too_early(view, now));
		}
		let call = Encoded(view.call.clone());
		let weight = match status(view, governance.members.len()) {
			Status::Rejected => Weight::default(),
			_ => sender.client.weight(&call).await?,
		};
		let (hash, index) = (self.motion, view.index);
		let close = Call::close_motion(Motion { hash, index }, weight, call.length());
		let (included, done) = sender.send(&close).await?;
		let outcome = Outcome::of(hash, included.approved, included, done)?;
		output.print(&outcome, |_| show(&outcome))
	}
}

fn too_early(view: &MotionView, now: u32) -> String {
	format!(
		"motion {:?} is not decided: it has {} of the {} ayes that it takes. Its vote ends {}",
		view.hash,
		view.ayes.len(),
		view.threshold,
		format::due(view.end, now)
	)
}

fn show(outcome: &Outcome) -> String {
	let (what, rest) = match outcome.approved {
		Some(false) => ("Rejected, and closed", String::new()),
		_ => ("Approved, and carried out", outcome.rest()),
	};
	format!("{what} in block {}.{rest}", outcome.done.block)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::commands::{governance::motion::tests::governance, submit::Done};

	#[test]
	fn says_how_it_ended() {
		let mut outcome =
			Outcome { motion: H256::zero(), approved: Some(false), spend: None, done: Done::at(9) };
		assert_eq!(show(&outcome), "Rejected, and closed in block 9.");
		(outcome.approved, outcome.spend) = (Some(true), Some(2));
		assert!(show(&outcome).starts_with("Approved, and carried out in block 9. Payment 2 was"));
		let text = too_early(&governance().motions[0], 100);
		assert!(text.contains("1 of the 2 ayes") && text.ends_with("in 20 blocks (1m)"), "{text}");
	}
}
