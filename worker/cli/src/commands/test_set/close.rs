//! The command `descent test-set close`.

use crate::{
	args::{Global, Signing},
	commands::submit::submit,
	output::Output,
	parse,
};
use anyhow::Result;
use clap::Args;
use descent_client::{Call, H256};

const EXAMPLES: &str = "Example:
  descent test-set close 0x5d1c.. --key-file ~/.descent/key

A series can be closed once no rules in force name it, all its keys are released, or it is suspended, and \
the last round that was measured on it is over. What is left of the bond is free then.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Close {
	/// Id of the series
	#[arg(value_name = "SERIES", value_parser = parse::hash)]
	series: H256,
	#[command(flatten)]
	signing: Signing,
}

impl Close {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let call = Call::close_test_sets(self.series);
		submit(global, &self.signing, output, &call, |block| {
			format!("Closed the series in block {block}. What was left of its bond is free.")
		})
		.await
	}
}
