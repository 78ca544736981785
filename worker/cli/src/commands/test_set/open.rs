//! The command `descent test-set open`.

use super::{
	folder::{self, content, Folder, Opened, Published},
	journal::Journal,
	GroupOption,
};
use crate::{
	args::{Global, ImportArg, Providers, Signing},
	commands::submit::{Done, Sender},
	content_ref::{open, Reference},
	output::Output,
	probes::ProbeArg,
	table::fields,
};
use anyhow::{ensure, Context, Result};
use clap::Args;
use descent_client::{format_amount, Call, Client, H256};
use descent_protocol::{bound_addresses, test_set_series, ContentRef, GroupId, MAX_PROVIDERS};
use serde::Serialize;

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

/// Contents that providers are asked for at a time.
const PROBED: usize = 16;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Open {
	/// Folder of the sealed sets
	#[arg(value_name = "DIR")]
	folder: std::path::PathBuf,
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
		let folder = Folder::new(self.folder);
		let _held = folder.lock()?;
		let sender = Sender::connect(global, &self.signing, output).await?;
		let client = &sender.client;
		let group = self.group.find(client).await?;
		let providers = self.providers.providers;
		bound_addresses(providers.clone())
			.with_context(|| format!("a series names at most {MAX_PROVIDERS} providers"))?;
		let published = published(&folder, self.store, output).await?;
		let Published { manifest, anchor, sealed } = &published;
		for contents in named(&published).chunks(PROBED) {
			self.probe.check_all(&providers, contents, output).await?;
		}
		let requester = sender.key.account();
		let opened = Opened {
			genesis: client.genesis(),
			series: test_set_series(client.genesis(), &requester, *manifest, *anchor),
			requester,
		};
		admit(&folder, &opened, client).await?;
		folder::write(&folder.opened(), &opened)?;
		let sets = u16::try_from(sealed.len()).context("too many sets")?;
		let bond = client.test_set_bond(sets).await?;
		output.note(&format!("Opening the series holds a bond of {}.", format_amount(bond)));
		let call = Call::open_test_sets(*manifest, &providers, *anchor, sets, group);
		let (_, done) = sender.send(&call).await?;
		let series = Series {
			series: opened.series,
			manifest: (*manifest).into(),
			sets: sealed.len(),
			group,
			bond: bond.to_string(),
			done,
		};
		output.print(&series, |output| show(output, &series, bond, &folder))
	}
}

/// The sealed sets, imported into the store if one is named.
async fn published(folder: &Folder, store: ImportArg, output: &Output) -> Result<Published> {
	let spinner = output.spinner("reading the sealed sets");
	let folder = folder.clone();
	let read = tokio::task::spawn_blocking(move || {
		let store = store.open()?;
		folder.published(|path| match &store {
			Some(store) => store.import(open(path)?).with_context(|| format!("adding {}", path.display())),
			None => content(path),
		})
	});
	let published = read.await?;
	spinner.finish_and_clear();
	published
}

/// The content that has to be served, with names.
fn named(published: &Published) -> Vec<(&'static str, ContentRef)> {
	let sealed = published.sealed.iter().map(|sealed| ("sealed set", *sealed));
	std::iter::once(("manifest", published.manifest)).chain(sealed).collect()
}

/// Refuses sets whose keys are known, or belong to another series.
async fn admit(folder: &Folder, wanted: &Opened, client: &Client) -> Result<()> {
	let shown = folder.path().display();
	let journal = Journal::read(&folder.journal())?;
	let sent = journal.filter(|journal| !journal.is_empty());
	ensure!(
		sent.is_none_or(|journal| journal.series() == wanted.series),
		"keys of the sets in {shown} were sent for another series: seal what is left into another folder"
	);
	let before: Option<Opened> = folder::read(&folder.opened())?;
	let other = before.filter(|before| before.genesis == wanted.genesis && before.series != wanted.series);
	if let Some(other) = other {
		ensure!(
			client.test_set_series(other.series).await?.is_none(),
			"the sets in {shown} are open as the series {:?} of {}: both series would have the same keys. \
			 Close that one first: descent test-set close {:?}",
			other.series,
			other.requester,
			other.series
		);
	}
	Ok(())
}

fn show(output: &Output, opened: &Series, bond: u128, folder: &Folder) -> String {
	let (series, shown) = (opened.series, folder.path().display());
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
		let folder = Folder::new("series");
		let text = |group| show(&Output::new(true), &opened(group), 103 * descent_client::UNIT, &folder);
		for part in ["0x0707", "103 NRN", "your next one", "group create", "--hidden-series 0x0707"] {
			assert!(text(None).contains(part), "{part} in\n{}", text(None));
		}
		for part in ["descent amend propose 5 --hidden-series 0x0707", "descent test-set release series"] {
			assert!(text(Some(5)).contains(part), "{part} in\n{}", text(Some(5)));
		}
		let json = serde_json::to_value(opened(None)).unwrap();
		assert!(json["series"].as_str().unwrap().starts_with("0x07") && json["block"] == 9, "{json}");
	}

	#[test]
	fn all_that_is_measured_on_is_probed() {
		let content = |text: &str| ContentRef::raw(text.as_bytes()).unwrap();
		let published = Published {
			manifest: content("m"),
			anchor: H256::zero(),
			sealed: vec![content("a"), content("b")],
		};
		let named: Vec<_> = named(&published).into_iter().map(|(_, content)| content).collect();
		assert_eq!(named, [content("m"), content("a"), content("b")]);
	}
}
