//! The sealing of test sets into a folder, which goes on where it was stopped.

use super::folder::{content, part, read, rename, write, write_bytes, Folder};
use crate::{
	commands::group::options::check_additions,
	content_ref::{open, Reference},
	description,
	output::{plain, Output},
};
use anyhow::{bail, ensure, Context, Result};
use descent_artifacts::{MAX_TEST_SET_BYTES, MAX_TEST_SET_DISK_BYTES};
use descent_client::H256;
use descent_dataset::{Description, Set};
use descent_protocol::{ContentRef, MAX_TEST_SETS};
use descent_test_sets::{seal as seal_file, sealed_bytes, Manifest, SealedSet, Secret};
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};
use std::{
	collections::HashMap,
	fs::{self, File},
	io,
	path::{Path, PathBuf},
};

/// The sealed sets of a series.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Sealed {
	/// Number of sets.
	pub(super) sets: usize,
	/// Length of all sealed files together, in bytes.
	pub(super) bytes: u64,
	pub(super) manifest: Reference,
	pub(super) folder: PathBuf,
	pub(super) secret: PathBuf,
}

/// The state of a sealing. A key seals one file for ever, so the files are noted before the first is sealed.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
struct Progress {
	/// The model description that the sets were checked against.
	model: ContentRef,
	/// The sets, in their order.
	sets: Vec<ContentRef>,
	/// The sealed files of the first of them.
	sealed: Vec<ContentRef>,
}

/// Seals test sets, those that are not sealed yet, and writes manifest and secret.
///
/// # Errors
/// Fails if a set is not valid, or the folder is of other sets.
pub(super) fn seal(folder: &Folder, files: &[PathBuf], model: &Path, output: &Output) -> Result<Sealed> {
	ensure!(
		(1..=usize::from(MAX_TEST_SETS)).contains(&files.len()),
		"a series has 1 to {MAX_TEST_SETS} sets, and not {}",
		files.len()
	);
	let sources = sources(files, output)?;
	let wanted = Progress { model: content(model)?, sets: sources, sealed: Vec::new() };
	fs::create_dir_all(folder.sets()).with_context(|| format!("making {}", folder.path().display()))?;
	let _held = folder.lock()?;
	let (mut secret, mut progress) = begin(folder, files, model, wanted, output)?;
	for (number, file) in files.iter().enumerate() {
		if is_sealed(folder, &progress, number)? {
			continue;
		}
		let key = u16::try_from(number).ok().and_then(|number| secret.key(number));
		let key = key.context("the secret is of fewer sets")?;
		let bar = output.byte_bar(0, &format!("sealing {}", name(file)));
		let sealed = seal_one((file, progress.sets[number]), &folder.sealed(number), &key, &bar)?;
		bar.finish_and_clear();
		progress.sealed.truncate(number);
		progress.sealed.push(sealed);
		write(&folder.progress(), &progress)?;
	}
	let sets = progress.sets.iter().zip(&progress.sealed);
	let sets = sets.map(|(set, sealed)| SealedSet { sealed: *sealed, size: set.size }).collect();
	let manifest = Manifest { sets }.to_bytes();
	let reference = ContentRef::raw(&manifest).context("the manifest is too long")?;
	write_bytes(&folder.manifest(), &manifest)?;
	if secret.manifest() != Some(reference) {
		secret.set_manifest(reference);
		secret.update(&folder.secret())?;
	}
	Ok(Sealed {
		sets: files.len(),
		bytes: progress.sealed.iter().map(|sealed| sealed.size).sum(),
		manifest: reference.into(),
		folder: folder.path().into(),
		secret: folder.secret(),
	})
}

/// Returns the secret and the state of the sealing that was begun in the folder, or begins one. The secret is
/// there before anything is sealed, so that what is sealed later has the same keys.
fn begin(
	folder: &Folder,
	files: &[PathBuf],
	model: &Path,
	wanted: Progress,
	output: &Output,
) -> Result<(Secret, Progress)> {
	let (path, shown) = (folder.secret(), folder.path().display());
	let begun: Option<Progress> = read(&folder.progress())?;
	let secret = path.exists().then(|| Secret::read(&path)).transpose()?;
	match (secret, begun) {
		(Some(secret), Some(begun)) => {
			let is_same = begun.model == wanted.model && begun.sets == wanted.sets;
			ensure!(
				is_same && usize::from(secret.sets()) == files.len(),
				"{shown} is of other sets, or of another model: give the same ones in the same order to go \
				 on, or name another folder"
			);
			Ok((secret, begun))
		}
		(None, Some(_)) => bail!("{} is gone, and with it all keys: name another folder", path.display()),
		(secret, None) => {
			// What is sealed without a note of its source may be sealed with the key of another set.
			ensure!(
				fs::read_dir(folder.sets())?.next().is_none(),
				"{shown} has sealed sets that no sealing.json tells of: name another folder"
			);
			check(files, model, output)?;
			let secret = match secret.filter(|secret| usize::from(secret.sets()) == files.len()) {
				Some(secret) => secret,
				None => {
					let secret = Secret::generate(files.len())?;
					secret.create(&path)?;
					secret
				}
			};
			write(&folder.progress(), &wanted)?;
			Ok((secret, wanted))
		}
	}
}

/// Returns the references of the sets. Each of them is another file: who has seen a set once knows it.
fn sources(files: &[PathBuf], output: &Output) -> Result<Vec<ContentRef>> {
	let mut first = HashMap::new();
	let mut sources = Vec::new();
	for file in files {
		let opened = open(file)?;
		let bar = output.byte_bar(opened.metadata()?.len(), &format!("reading {}", name(file)));
		let source = descent_content::address(bar.wrap_read(opened));
		bar.finish_and_clear();
		let source = source.with_context(|| format!("reading {}", file.display()))?;
		if let Some(other) = first.insert(source, file) {
			bail!("{} and {} are the same set: a set measures one round", other.display(), file.display());
		}
		sources.push(source);
	}
	Ok(sources)
}

/// Refuses sets that committees would find broken.
fn check(files: &[PathBuf], model: &Path, output: &Output) -> Result<()> {
	let description = description::read(model)?;
	for file in files {
		let spinner = output.spinner(&format!("checking {}", name(file)));
		let checked = check_one(file, &description);
		spinner.finish_and_clear();
		checked.with_context(|| format!("{} is no test set for this model", file.display()))?;
	}
	Ok(())
}

fn check_one(file: &Path, description: &Description) -> Result<()> {
	let size = sealed_bytes(fs::metadata(file)?.len());
	ensure!(
		size <= MAX_TEST_SET_BYTES,
		"it has {size} bytes once it is sealed, and {MAX_TEST_SET_BYTES} are allowed: make it smaller"
	);
	let summary = check_additions(file, description)?;
	let disk = Set::disk_bytes(&description.schema(), 0, summary.added);
	ensure!(
		disk <= MAX_TEST_SET_DISK_BYTES,
		"it takes up to {disk} bytes of disk to build, and {MAX_TEST_SET_DISK_BYTES} are allowed: make it \
		 smaller"
	);
	Ok(())
}

/// Returns true if a set is sealed and its file is there.
fn is_sealed(folder: &Folder, progress: &Progress, number: usize) -> Result<bool> {
	let Some(sealed) = progress.sealed.get(number) else {
		return Ok(false);
	};
	match fs::metadata(folder.sealed(number)) {
		Ok(metadata) => Ok(metadata.len() == sealed.size),
		Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
		Err(error) => Err(error).context("looking for what is sealed"),
	}
}

/// Seals a set into a file, and opens it again to see that it is the set.
fn seal_one(
	(file, source): (&Path, ContentRef),
	out: &Path,
	key: &H256,
	bar: &ProgressBar,
) -> Result<ContentRef> {
	let (part, named) = (part(out), || format!("sealing {}", file.display()));
	bar.set_length(source.size);
	let mut sealed = File::create(&part).with_context(named)?;
	let size = seal_file(&mut open(file)?, &mut sealed, key, &mut |done| bar.set_position(done));
	let size = size.with_context(named)?;
	sealed.sync_all().with_context(named)?;
	if size != source.size || opened(&part, key, size)? != source {
		fs::remove_file(&part).with_context(named)?;
		bail!(
			"{} has changed while it was sealed: seal its final version into another folder",
			file.display()
		);
	}
	let content = content(&part)?;
	rename(&part, out)?;
	Ok(content)
}

/// The reference of what a sealed file opens to.
fn opened(sealed: &Path, key: &H256, size: u64) -> Result<ContentRef> {
	let mut sealed = File::open(sealed)?;
	let (reader, mut writer) = io::pipe()?;
	std::thread::scope(|scope| {
		// The reader is at its end once the thread has dropped the writer.
		let opening = scope.spawn(move || descent_test_sets::open(&mut sealed, &mut writer, key, size));
		let content = descent_content::address(reader);
		match opening.join() {
			Ok(opened) => opened.map(drop)?,
			Err(_) => bail!("the check of a sealed set has ended unexpectedly"),
		}
		Ok(content?)
	})
}

fn name(file: &Path) -> String {
	plain(&file.display().to_string())
}

#[cfg(test)]
#[path = "sealing_tests.rs"]
mod tests;
