//! The command `descent dataset diff`.

use super::{
	blocking::until_stopped,
	data::{self, DataArg},
};
use crate::{args::Global, output::Output, positional::GroupArg};
use anyhow::Result;
use clap::Args;
use descent_dataset::{Changed, Set};
use descent_protocol::GroupId;
use serde::Serialize;

const EXAMPLES: &str = "Examples:
  descent dataset diff 0 --from 3 --to 4
  descent dataset diff 0 --from 1 --to 4 --ids

Both versions are built from the log, as descent dataset checkout does. Ids are listed in their order, \
with + where only the later version has the record and - where only the earlier one has it.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Diff {
	#[command(flatten)]
	group: GroupArg,
	/// Version to begin at, from 1
	#[arg(long, value_name = "V", value_parser = clap::value_parser!(u32).range(1..))]
	from: u32,
	/// Version to compare it with
	#[arg(long, value_name = "W", value_parser = clap::value_parser!(u32).range(1..))]
	to: u32,
	/// List the ids of the records
	#[arg(long)]
	ids: bool,
	#[command(flatten)]
	data: DataArg,
}

/// The difference between two versions.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Difference {
	group: GroupId,
	from: u32,
	to: u32,
	added: u64,
	removed: u64,
	#[serde(skip_serializing_if = "Option::is_none")]
	ids: Option<Ids>,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Ids {
	added: Vec<String>,
	removed: Vec<String>,
}

impl Diff {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let client = global.connect().await?;
		let group = self.group.id(global).await?;
		let dataset = data::open(&client, group, &self.data, output).await?;
		// the earlier one is a part of the later one, which is built from it
		let earlier = data::version(&dataset, self.from.min(self.to), output).await?;
		let later = data::version(&dataset, self.from.max(self.to), output).await?;
		let (from, to) = if self.from <= self.to { (earlier, later) } else { (later, earlier) };
		let difference = Difference {
			group,
			from: self.from,
			to: self.to,
			ids: self.ids.then(Ids::default),
			..Difference::default()
		};
		let spinner = output.spinner("comparing");
		let difference = until_stopped(move || compare(&from, &to, difference)).await;
		spinner.finish_and_clear();
		let difference = difference?;
		output.print(&difference, |_| show(&difference))
	}
}

fn compare(from: &Set, to: &Set, mut difference: Difference) -> Result<Difference> {
	for changed in from.diff(to) {
		let (id, is_added) = match changed? {
			Changed::Added { id, .. } => (id, true),
			Changed::Removed { id, .. } => (id, false),
		};
		let count = if is_added { &mut difference.added } else { &mut difference.removed };
		*count += 1;
		if let Some(Ids { added, removed }) = &mut difference.ids {
			let ids = if is_added { added } else { removed };
			ids.push(id.to_string());
		}
	}
	Ok(difference)
}

fn show(difference: &Difference) -> String {
	let Difference { from, to, added, removed, .. } = difference;
	let mut lines =
		vec![format!("from version {from} to version {to}: {added} records added, {removed} removed")];
	if let Some(ids) = &difference.ids {
		let signed =
			|sign: char, ids: &[String]| ids.iter().map(move |id| (id.clone(), sign)).collect::<Vec<_>>();
		let mut signed = [signed('+', &ids.added), signed('-', &ids.removed)].concat();
		signed.sort_unstable();
		lines.extend(signed.iter().map(|(id, sign)| format!("{sign} {id}")));
	}
	lines.join("\n")
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
