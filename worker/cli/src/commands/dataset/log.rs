//! The command `descent dataset log`.

use crate::{args::Global, content_ref::Reference, output::Output, positional::GroupArg, table::table};
use anyhow::Result;
use clap::Args;
use descent_protocol::view::LogEntryView;

const EXAMPLES: &str = "Examples:
  descent dataset log 0
  descent dataset log 0 --from 3 --json | jq '.[].root'";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Log {
	#[command(flatten)]
	group: GroupArg,
	/// First version to show, from 1
	#[arg(long, value_name = "V", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
	from: u32,
}

impl Log {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let client = global.connect().await?;
		let log = client.dataset_log(self.group.id(global).await?, self.from).await?;
		output.print(&log, |output| show(output, self.from, &log))
	}
}

fn show(output: &Output, from: u32, log: &[LogEntryView]) -> String {
	if log.is_empty() {
		return format!("The data set has no version {from} yet.");
	}
	let rows: Vec<_> = log.iter().map(row).collect();
	let heads = ["version", "added", "removed", "records", "from round", "block", "proposer", "delta"];
	table(output, heads, &rows)
}

fn row(entry: &LogEntryView) -> [String; 8] {
	let count = |count: Option<u64>| count.map_or("-".into(), |count| count.to_string());
	let report = entry.report.as_ref();
	[
		entry.version.to_string(),
		count(report.map(|report| report.added)),
		count(report.map(|report| report.removed)),
		count(report.map(|report| report.records)),
		entry.from.to_string(),
		entry.block.to_string(),
		entry.proposer.to_string(),
		Reference::from(entry.delta).to_string(),
	]
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_client::AccountId;
	use descent_protocol::{ContentRef, DeltaReport};

	#[test]
	fn every_version_is_a_line() {
		let first = LogEntryView {
			version: 1,
			delta: ContentRef::raw(b"x").unwrap(),
			providers: vec![],
			root: Default::default(),
			from: 0,
			report: None,
			proposer: AccountId::new([1; 32]),
			block: 5,
		};
		let second = LogEntryView {
			version: 2,
			from: 9,
			report: Some(DeltaReport {
				added: 5_000,
				removed: 12,
				records: 54_988,
				root: Default::default(),
			}),
			..first.clone()
		};
		let text = show(&Output::new(true), 1, &[first, second]);
		let cells = |line: usize| -> Vec<String> {
			let line = text.lines().nth(line).unwrap();
			line.split_whitespace().take(6).map(Into::into).collect()
		};
		assert_eq!(cells(1), ["1", "-", "-", "-", "0", "5"]);
		assert_eq!(cells(2), ["2", "5000", "12", "54988", "9", "5"]);
		assert!(show(&Output::new(true), 4, &[]).contains("no version 4"));
	}
}
