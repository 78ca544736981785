//! The opening of a series: the checks of its folder, and the call.

use super::{
	folder::{self, content, Folder, Opened, Published},
	journal::Journal,
};
use crate::{args::ImportArg, content_ref::open, output::Output, probes::ProbeArg};
use anyhow::{ensure, Context, Result};
use descent_client::{AccountId, Call, Client, H256};
use descent_protocol::{bound_addresses, test_set_series, ContentRef, GroupId, MAX_PROVIDERS};
use std::{
	fs::File,
	path::{Path, PathBuf},
};

/// Contents that providers are asked for at a time.
const PROBED: usize = 16;

/// A series that may be opened. No other process works on its folder meanwhile.
pub(crate) struct Opening {
	folder: Folder,
	_held: File,
	published: Published,
	opened: Opened,
	providers: Vec<String>,
	/// Number of sets.
	sets: u16,
	/// The bond that is held, in the token's smallest unit.
	pub(crate) bond: u128,
}

impl Opening {
	/// Checks the sealed sets of a folder, imports them into the store if one is named, and asks the
	/// providers for them.
	///
	/// # Errors
	/// Fails if a set is missing or was changed, its key may be known, or a provider does not serve it.
	pub(crate) async fn check(
		folder: PathBuf,
		providers: Vec<String>,
		(store, probe): (ImportArg, ProbeArg),
		(client, requester): (&Client, AccountId),
		output: &Output,
	) -> Result<Self> {
		let folder = Folder::new(folder);
		let held = folder.lock()?;
		bound_addresses(providers.clone())
			.with_context(|| format!("a series names at most {MAX_PROVIDERS} providers"))?;
		let published = published(&folder, store, output).await?;
		for contents in named(&published).chunks(PROBED) {
			probe.check_all(&providers, contents, output).await?;
		}
		let opened = Opened {
			genesis: client.genesis(),
			series: test_set_series(client.genesis(), &requester, published.manifest, published.anchor),
			requester,
		};
		admit(&folder, &opened, client).await?;
		let sets = u16::try_from(published.sealed.len()).context("too many sets")?;
		let bond = client.test_set_bond(sets).await?;
		Ok(Self { folder, _held: held, published, opened, providers, sets, bond })
	}

	/// The id of the series.
	pub(crate) fn series(&self) -> H256 {
		self.opened.series
	}

	pub(super) fn manifest(&self) -> ContentRef {
		self.published.manifest
	}

	pub(super) fn sets(&self) -> usize {
		self.sets.into()
	}

	/// The folder of the sealed sets.
	pub(crate) fn folder(&self) -> &Path {
		self.folder.path()
	}

	/// Notes in the folder that the series is opened, before the call is sent.
	///
	/// # Errors
	/// Fails if the folder can't be written to.
	pub(crate) fn note(&self) -> Result<()> {
		folder::write(&self.folder.opened(), &self.opened)
	}

	/// The call that opens the series.
	pub(crate) fn call(&self, group: Option<GroupId>) -> Call {
		let Published { manifest, anchor, .. } = self.published;
		Call::open_test_sets(manifest, &self.providers, anchor, self.sets, group)
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

#[cfg(test)]
mod tests {
	use super::*;

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
