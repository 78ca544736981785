//! The command `descent test-set open`.

use super::{opening::Opening, GroupOption};
use crate::{
	args::{Global, ImportArg, Providers, Signing},
	commands::submit::{Done, Sender},
	content_ref::Reference,
	output::Output,
	probes::ProbeArg,
	table::fields,
};
use anyhow::Result;
use clap::Args;
use descent_client::{format_amount, H256};
use descent_protocol::GroupId;
use serde::Serialize;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "Examples:
  descent content serve --store ~/.descent/content --listen 0.0.0.0:8080 &
  descent test-set open series --provider http://203.0.113.7:8080 --store ~/.descent/content --key-file \
    ~/.descent/key
  descent test-set open series --group mnist --provider http://203.0.113.7:8080 --key-file ~/.descent/key

DIR is what descent test-set seal wrote. With --store the manifest and the sealed sets are imported into a \
content store, which may be served meanwhile; without it they have to be served by other means. The \
providers are asked for a block of each file before anything is sent.

A series is for one group: for the one that --group names, whose stakeholders choose it by an amendment, or \
without --group for the next group of yours that names it. The command holds a bond, 100 NRN and 1 NRN for \
each set. A round that gets no key in time costs a part of it, and a set that is broken all of it.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Open {
	/// Folder of the sealed sets
	#[arg(value_name = "DIR")]
	folder: PathBuf,
	#[command(flatten)]
	providers: Providers,
	#[command(flatten)]
	group: GroupOption,
	#[command(flatten)]
	store: ImportArg,
	#[command(flatten)]
	probe: ProbeArg,
	#[command(flatten)]
	signing: Signing,
}

/// A series that was opened.
#[derive(Debug, Serialize)]
struct Series {
	series: H256,
	manifest: Reference,
	sets: usize,
	group: Option<GroupId>,
	/// As a text, in the token's smallest unit.
	bond: String,
	#[serde(flatten)]
	done: Done,
}

impl Open {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let sender = Sender::connect(global, &self.signing, output).await?;
		let group = self.group.find(&sender.client).await?;
		let (providers, files) = (self.providers.providers, (self.store, self.probe));
		let account = (&sender.client, sender.account());
		let opening = Opening::check(self.folder, providers, files, account, output).await?;
		if !sender.is_dry() {
			opening.note()?;
		}
		let bond = opening.bond;
		output.note(&format!("Opening the series holds a bond of {}.", format_amount(bond)));
		let (_, done) = sender.send(&opening.call(group)).await?;
		let series = Series {
			series: opening.series(),
			manifest: opening.manifest().into(),
			sets: opening.sets(),
			group,
			bond: bond.to_string(),
			done,
		};
		output.print(&series, |output| show(output, &series, bond, opening.folder()))
	}
}

fn show(output: &Output, opened: &Series, bond: u128, folder: &Path) -> String {
	let (series, shown) = (opened.series, folder.display());
	let policy = format!("--hidden-series {series:?} --otherwise FILE");
	let choose = match opened.group {
		None => format!("descent group create .. {policy}"),
		Some(group) => format!("descent amend propose {group} {policy} --summary TEXT"),
	};
	let pairs = [
		("series", format!("{series:?}")),
		("sets", opened.sets.to_string()),
		("manifest", opened.manifest.to_string()),
		("group", opened.group.map_or("your next one that names it".into(), |group| group.to_string())),
		("bond", format_amount(bond)),
		("in block", opened.done.block.to_string()),
		("next", format!("{choose}\ndescent test-set release {shown}, and keep it running")),
	];
	fields(output, &pairs)
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_protocol::ContentRef;

	#[test]
	fn says_what_comes_next() {
		let opened = |group| Series {
			series: H256::repeat_byte(7),
			manifest: ContentRef::raw(b"manifest").unwrap().into(),
			sets: 3,
			group,
			bond: "103".into(),
			done: Done::at(9),
		};
		let bond = 103 * descent_client::UNIT;
		let text = |group| show(&Output::new(true), &opened(group), bond, Path::new("series"));
		for part in ["0x0707", "103 NRN", "your next one", "group create", "--hidden-series 0x0707"] {
			assert!(text(None).contains(part), "{part} in\n{}", text(None));
		}
		for part in ["descent amend propose 5 --hidden-series 0x0707", "descent test-set release series"] {
			assert!(text(Some(5)).contains(part), "{part} in\n{}", text(Some(5)));
		}
		let json = serde_json::to_value(opened(None)).unwrap();
		assert!(json["series"].as_str().unwrap().starts_with("0x07") && json["block"] == 9, "{json}");
	}
}
