//! The command `descent dataset get`.

use super::{
	blocking::{until_stopped, Draft},
	data::{self, DataArg},
	preflight,
	show::find,
};
use crate::{
	args::Global,
	content_ref::Reference,
	output::Output,
	positional::{GroupArg, ProposalArg},
	table::fields,
};
use anyhow::Result;
use clap::Args;
use descent_protocol::{GroupId, ProposalId};
use serde::Serialize;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  descent dataset get 0 3 --out proposed.parquet
  python -c 'import pandas; print(pandas.read_parquet(\"proposed.parquet\"))'

The proposal's providers and the group's are asked. Nobody is trusted: each block is checked against the \
reference on chain, and each row against its id. Whether the delta applies to the data set is for validators \
to find: descent dataset show says what they found.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Get {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	proposal: ProposalArg,
	/// Parquet file to write
	#[arg(long, value_name = "FILE")]
	out: PathBuf,
	#[command(flatten)]
	data: DataArg,
}

#[derive(Debug, Serialize)]
struct Got {
	file: PathBuf,
	group: GroupId,
	proposal: ProposalId,
	#[serde(flatten)]
	reference: Reference,
	added: u64,
	removed: u64,
}

impl Get {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let draft = Draft::new(&self.out)?;
		let number = self.proposal.value()?;
		let client = global.connect().await?;
		let group = client.group(self.group.id(global).await?).await?;
		let proposals = client.proposals(group.id).await?;
		let proposal = find(&group, &proposals, number)?;
		let dataset = data::open(&client, group.id, &self.data, output).await?;
		data::proposed(&dataset, proposal, &draft.path(), output).await?;
		let (path, schema) = (draft.path(), dataset.description().schema());
		let bar = output.count_bar(0, "checking");
		let checked = {
			let bar = bar.clone();
			until_stopped(move || preflight::rows(&path, &schema, &bar)).await
		};
		bar.finish_and_clear();
		let (added, removed) = checked?;
		draft.finish()?;
		let reference = proposal.delta.into();
		let got = Got { file: self.out, group: group.id, proposal: proposal.id, reference, added, removed };
		output.print(&got, |output| show(output, &got))
	}
}

fn show(output: &Output, got: &Got) -> String {
	let pairs = [
		("file", got.file.display().to_string()),
		("proposal", format!("{} of group {}", got.proposal, got.group)),
		("content", got.reference.to_string()),
		("adds", format!("{} records", got.added)),
		("removes", format!("{} records", got.removed)),
	];
	fields(output, &pairs)
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_protocol::ContentRef;

	#[test]
	fn says_what_is_in_the_file() {
		let reference = Reference::from(ContentRef::raw(b"delta").unwrap());
		let got =
			Got { file: "d.parquet".into(), group: 7, proposal: 3, reference, added: 5_000, removed: 2 };
		let text = show(&Output::new(true), &got);
		assert!(text.contains("5000 records") && text.contains(&reference.to_string()), "{text}");
		let json = serde_json::to_value(got).unwrap();
		assert_eq!(json["cid"], reference.content.cid().to_string());
		assert_eq!((json["added"].as_u64(), json["file"].as_str()), (Some(5_000), Some("d.parquet")));
	}
}
