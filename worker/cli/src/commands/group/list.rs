//! The command `descent group list`.

use crate::{
	args::Global,
	format,
	output::{plain, Output},
	table::table,
};
use anyhow::Result;
use clap::Args;
use descent_client::format_amount;
use descent_protocol::view::GroupView;

const EXAMPLES: &str = "Example:
  descent group list --json | jq '.[].name'
  descent group list";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct List {}

impl List {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let groups = global.connect().await?.groups().await?;
		output.print(&groups, |output| show(output, &groups))
	}
}

fn show(output: &Output, groups: &[GroupView]) -> String {
	if groups.is_empty() {
		return "There is no group yet; create one with descent group create.".into();
	}
	let rows: Vec<_> = groups.iter().map(row).collect();
	let heads = ["id", "name", "metric", "model", "data set", "stake", "round", "head", "by"];
	table(output, heads, &rows)
}

fn row(group: &GroupView) -> [String; 9] {
	let head = group.head.as_ref();
	[
		group.id.to_string(),
		plain(&group.name),
		format::metric(group.metric).into(),
		group.model_version.to_string(),
		group.dataset_version.to_string(),
		format_amount(group.stake),
		group.round.map_or("-".into(), |round| round.to_string()),
		head.map_or("-".into(), |head| head.score.to_string()),
		head.map_or("-".into(), |head| head.account.to_string()),
	]
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::fixtures::group;

	#[test]
	fn a_group_without_head_shows_that() {
		let text = show(&Output::new(true), &[group()]);
		let cells: Vec<_> = text.lines().nth(1).unwrap().split_whitespace().collect();
		assert_eq!(cells, ["7", "mnist\u{fffd}", "loss", "0", "2", "1500", "NRN", "3", "-", "-"]);
		assert!(show(&Output::new(true), &[]).contains("descent group create"));
	}
}
