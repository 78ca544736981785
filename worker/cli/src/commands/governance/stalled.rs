//! The command `descent governance propose stalled`.

use crate::args::Signing;
use anyhow::{ensure, Result};
use clap::Args;
use descent_client::{Call, Client};
use descent_protocol::BlockNumber;

const EXAMPLES: &str = "Examples:
  descent governance propose stalled --key-file ~/.descent/key
  descent governance propose stalled --delay 100 --highest-final 7000 --key-file ~/.descent/key

More than a third of the validators is gone for good, and the next set has more than two thirds of its \
members there: then close the motion in the session before that in which the set changes, and only once. \
Nodes change to the new set without the votes of the old one. The book's page \"Keep it running\" says how.";

/// Arguments of `descent governance propose stalled`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Stalled {
	/// Blocks between the one that signals the change and the change itself, so that none abandons the first
	#[arg(long, value_name = "BLOCKS", default_value_t = 100)]
	delay: BlockNumber,
	/// Highest finalized block of all validators of the next set; that of the node unless given
	#[arg(long, value_name = "BLOCK")]
	highest_final: Option<BlockNumber>,
	#[command(flatten)]
	pub(super) signing: Signing,
}

impl Stalled {
	/// Returns the call that is moved.
	pub(super) async fn call(&self, client: &Client) -> Result<Call> {
		let own = client.finalized_block().await?.number;
		let highest = self.highest_final.unwrap_or(own);
		ensure!(
			highest >= own,
			"block {own} is final here already, and --highest-final names an earlier one: {highest}"
		);
		Ok(Call::note_stalled(self.delay, highest))
	}
}
