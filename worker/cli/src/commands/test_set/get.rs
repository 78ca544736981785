//! The command `descent test-set get`.

use crate::{
	args::{Global, PrivateArg},
	content_ref::Reference,
	download::Download,
	output::Output,
	positional::{GroupArg, RoundArg},
	table::fields,
};
use anyhow::{bail, ensure, Context, Result};
use clap::Args;
use descent_artifacts::MAX_TEST_SET_BYTES;
use descent_client::H256;
use descent_protocol::{
	view::{RoundTestSetView, TestSetRelease},
	ContentRef, GroupId, RoundIndex,
};
use descent_test_sets::{Manifest, SealedSet, MAX_MANIFEST_BYTES};
use serde::Serialize;
use std::{
	fs::{self, File},
	path::{Path, PathBuf},
};

const EXAMPLES: &str = "Examples:
  descent test-set get mnist 3 --out set.parquet
  descent dataset sample --file set.parquet --description mnist.json --png set.png

It fetches the hidden test set that a round was measured on and opens it with the key that the requester has \
released. Look at it, and measure on it what was measured: a chain can't tell whether a set is a fair one.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Get {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	round: RoundArg,
	/// File to write
	#[arg(long, value_name = "FILE")]
	out: PathBuf,
	#[command(flatten)]
	private: PrivateArg,
}

#[derive(Debug, Serialize)]
struct Got {
	group: GroupId,
	round: RoundIndex,
	series: H256,
	/// Place of the set in the series.
	set: u16,
	file: PathBuf,
	reference: Reference,
}

impl Get {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let client = global.connect().await?;
		let (group, round) = (self.group.id(global).await?, self.round.value()?);
		let view = client.round_test_set(group, round).await?.with_context(|| {
			format!("round {round} of group {group} is measured on no series that is open")
		})?;
		let (set, key) = match view.state {
			TestSetRelease::Released { index, key } => (index, key),
			TestSetRelease::Awaited { .. } => {
				bail!("the key for round {round} is not released: descent test-set show --group {group}")
			}
			TestSetRelease::Otherwise => {
				bail!("round {round} is measured on the public validation set: descent group show {group}")
			}
		};
		let content = fetch(&view, set, key, &self.out, self.private, output).await?;
		let got = Got { group, round, series: view.series, set, file: self.out, reference: content.into() };
		output.print(&got, |output| show(output, &got))
	}
}

fn show(output: &Output, got: &Got) -> String {
	let pairs = [
		("set", format!("{} of the series {:?}", got.set, got.series)),
		("file", got.file.display().to_string()),
		("content", got.reference.to_string()),
	];
	fields(output, &pairs)
}

/// Fetches the set at a place of a series and writes it to a file, which appears when it is complete.
async fn fetch(
	view: &RoundTestSetView,
	set: u16,
	key: H256,
	out: &Path,
	private: PrivateArg,
	output: &Output,
) -> Result<ContentRef> {
	let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
	let scratch = tempfile::tempdir_in(parent).with_context(|| format!("writing to {}", parent.display()))?;
	let (manifest, sealed, plain) =
		(scratch.path().join("manifest"), scratch.path().join("sealed"), scratch.path().join("plain"));
	let download = async |content: ContentRef, what: &str, file: &Path| {
		let bar = output.byte_bar(content.size, &format!("fetching the {what}"));
		let (providers, allow_private) = (view.providers.clone(), private.allow_private);
		let download = Download { content, providers, allow_private };
		download.to_file(file, &bar).await.with_context(|| format!("fetching the {what}"))
	};
	ensure!(view.manifest.size <= MAX_MANIFEST_BYTES, "the manifest of the series is too long");
	download(view.manifest, "manifest", &manifest).await?;
	let named = Manifest::parse(&fs::read(&manifest)?)?.sets.get(usize::from(set)).copied();
	let SealedSet { sealed: content, size } = named.context("the manifest does not name the set")?;
	ensure!(content.size.max(size) <= MAX_TEST_SET_BYTES, "the set is larger than any may be");
	download(content, "sealed set", &sealed).await?;
	let out = out.to_path_buf();
	tokio::task::spawn_blocking(move || -> Result<ContentRef> {
		let mut opened = File::create(&plain)?;
		let bytes = descent_test_sets::open(&mut File::open(&sealed)?, &mut opened, &key, size)?;
		ensure!(bytes == size, "the set is broken: it has {bytes} bytes, and the manifest says {size}");
		opened.sync_all()?;
		let content = super::folder::content(&plain)?;
		fs::rename(&plain, &out).with_context(|| format!("writing {}", out.display()))?;
		drop(scratch);
		Ok(content)
	})
	.await?
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_content::Store;
	use descent_test_sets::seal;

	const KEY: H256 = H256::repeat_byte(7);

	fn sealed(store: &Store, plain: &[u8]) -> SealedSet {
		let mut sealed = Vec::new();
		let size = seal(&mut &plain[..], &mut sealed, &KEY, &mut |_| ()).unwrap();
		SealedSet { sealed: store.import(&sealed[..]).unwrap(), size }
	}

	#[tokio::test]
	async fn a_released_set_is_fetched_and_opened() {
		let folder = tempfile::tempdir().unwrap();
		let store = Store::open(folder.path().join("store"), 1 << 20).unwrap();
		let sets = vec![sealed(&store, b"first"), sealed(&store, b"second")];
		let manifest = store.import(&Manifest { sets }.to_bytes()[..]).unwrap();
		let local = "127.0.0.1:0".parse().unwrap();
		let (address, _task) = descent_content::serve(local, store, std::future::pending()).await.unwrap();
		let view = RoundTestSetView {
			series: H256::zero(),
			manifest,
			providers: vec![format!("http://{address}")],
			release: 1..2,
			state: TestSetRelease::Otherwise,
		};
		let (out, output) = (folder.path().join("set"), Output::new(true));
		let private = PrivateArg { allow_private: true };
		let content = fetch(&view, 1, KEY, &out, private, &output).await.unwrap();
		assert_eq!(fs::read(&out).unwrap(), b"second");
		assert_eq!(Some(content), ContentRef::raw(b"second"));

		let beyond = fetch(&view, 2, KEY, &out, private, &output).await.unwrap_err();
		assert!(beyond.to_string().contains("does not name"), "{beyond}");
		let other = folder.path().join("other");
		let wrong = fetch(&view, 0, H256::zero(), &other, private, &output).await.unwrap_err();
		assert!(wrong.to_string().contains("broken"), "{wrong}");
		assert!(!other.exists());
		let left = fs::read_dir(folder.path()).unwrap().count();
		assert_eq!(left, 2, "the store and the set, and no scratch");
	}
}
