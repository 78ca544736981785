//! Hidden test sets: sealed files that are fetched ahead, and opened once their keys are released.

use super::Artifacts;
use crate::{ArtifactError, FaultyDelta, PinGuard};
use anyhow::anyhow;
use descent_dataset::{Description, Set};
use descent_protocol::{evaluation::DeltaSource, ContentRef};
use descent_test_sets::{Manifest, OpenError, SealedSet, MAX_MANIFEST_BYTES};
use sp_core::H256;
use std::{
	fs::File,
	io::{BufReader, BufWriter},
	sync::Arc,
	time::Instant,
};
use tempfile::TempPath;

/// Most bytes of the file of a test set, sealed or not. A larger one is broken: a requester alone decides on
/// it, and must not be able to fill the disks of a committee.
pub const MAX_TEST_SET_BYTES: u64 = 1 << 30;
/// Most bytes of disk that a test set may need while it is built, for the same reason.
pub const MAX_TEST_SET_DISK_BYTES: u64 = 4 << 30;

/// A sealed test set, and the gateways that serve its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedSource {
	/// The manifest of its series, which names the sealed files.
	pub manifest: ContentRef,
	/// Its place in the series, from 0.
	pub index: u16,
	/// Gateways that have to serve the manifest and the sealed file.
	pub providers: Vec<String>,
	/// Gateways that may have parts of them.
	pub peers: Vec<String>,
}

/// A sealed test set that is here. Its files stay in the cache until this is dropped.
#[derive(Debug)]
pub struct SealedTestSet {
	set: SealedSet,
	manifest: ContentRef,
	_pins: [PinGuard; 2],
}

impl SealedTestSet {
	/// Returns its files: the manifest, and the sealed one.
	pub fn content(&self) -> [ContentRef; 2] {
		[self.manifest, self.set.sealed]
	}
}

impl Artifacts {
	/// Fetches the manifest and the sealed file of a test set, at the latest until `until`.
	///
	/// # Errors
	/// [`ArtifactError::Unavailable`] if nobody serves a file in time, [`ArtifactError::Invalid`] if the set
	/// is broken whatever its key is, [`ArtifactError::Failed`] if the sealed file has more than `most`
	/// bytes.
	pub fn prefetch_test_set(
		&self,
		source: &SealedSource,
		most: u64,
		until: Instant,
	) -> Result<SealedTestSet, ArtifactError> {
		let pin = self.cache.hold(vec![source.manifest]);
		let set = self.sealed_set(source, until)?;
		if set.sealed.size > most {
			return Err(ArtifactError::Failed(anyhow!(
				"the sealed test set has {} bytes, but there is room for {most} only: raise --max-content",
				set.sealed.size
			)));
		}
		let pins = [pin, self.cache.hold(vec![set.sealed])];
		self.fetch_part(&set.sealed, source, until)?;
		Ok(SealedTestSet { set, manifest: source.manifest, _pins: pins })
	}

	/// Fetches the files of a test set that are missing, opens it with its key, and builds it. There is one
	/// time to fetch, and another one to build.
	///
	/// # Errors
	/// [`ArtifactError::Unavailable`] if nobody serves a file in time. [`ArtifactError::Invalid`] if the set
	/// is broken: it does not decrypt, its manifest is malformed or does not name it, or it is not a delta
	/// that only adds records of the model.
	pub fn test_set(
		&self,
		description: &Description,
		source: &SealedSource,
		key: &H256,
		(until, built_until): (Instant, Instant),
	) -> Result<Arc<Set>, ArtifactError> {
		let sealed = self.prefetch_test_set(source, self.largest(), until)?;
		let plain = self.open_sealed(&sealed.set, key)?;
		drop(sealed);
		let delta = File::open(&plain)
			.map_err(failed)
			.and_then(|file| descent_content::address(BufReader::new(file)).map_err(failed))?;
		let (schema, source) = (description.schema(), DeltaSource { delta, providers: Vec::new() });
		// The bound holds as well where the set is built already: a verdict depends on no machine's disk.
		let needed = self.datasets.needed(&schema, &plain, built_until).map_err(of_delta)?;
		if needed > MAX_TEST_SET_DISK_BYTES {
			return Err(ArtifactError::Invalid(format!(
				"it needs {needed} bytes of disk; at most {MAX_TEST_SET_DISK_BYTES} are allowed"
			)));
		}
		let mut plain = Some(plain);
		let built = self.datasets.build(&schema, &[source], built_until, |_| {
			plain.take().ok_or_else(|| anyhow!("the test set was read before"))
		});
		built.map_err(of_delta)
	}

	/// Fetches a manifest, and returns what it says about a set.
	fn sealed_set(&self, source: &SealedSource, until: Instant) -> Result<SealedSet, ArtifactError> {
		let bytes = source.manifest.size;
		if bytes > MAX_MANIFEST_BYTES {
			return Err(ArtifactError::Invalid(format!(
				"the manifest has {bytes} bytes; at most {MAX_MANIFEST_BYTES} are allowed"
			)));
		}
		self.fetch_part(&source.manifest, source, until)?;
		let bytes = self.cache.store().read(&source.manifest, MAX_MANIFEST_BYTES).map_err(failed)?;
		let manifest = Manifest::parse(&bytes).map_err(|error| ArtifactError::Invalid(error.to_string()))?;
		let named = manifest.sets.get(usize::from(source.index)).copied();
		let set = named.ok_or_else(|| {
			let (index, sets) = (source.index, manifest.sets.len());
			ArtifactError::Invalid(format!("the manifest names {sets} test sets, and none at place {index}"))
		})?;
		let largest = set.size.max(set.sealed.size);
		if largest > MAX_TEST_SET_BYTES {
			return Err(ArtifactError::Invalid(format!(
				"the test set has {largest} bytes; at most {MAX_TEST_SET_BYTES} are allowed"
			)));
		}
		Ok(set)
	}

	fn fetch_part(
		&self,
		content: &ContentRef,
		source: &SealedSource,
		until: Instant,
	) -> Result<(), ArtifactError> {
		let fetch = self.fetch_by(&self.fetcher, content, &source.providers, &source.peers, until);
		Ok(self.handle.block_on(fetch)?)
	}

	/// Decrypts a sealed file that is here into a file that is removed when the path is dropped.
	fn open_sealed(&self, set: &SealedSet, key: &H256) -> Result<TempPath, ArtifactError> {
		let mut sealed = BufReader::new(self.cache.store().reader(&set.sealed).map_err(failed)?);
		let file = tempfile::NamedTempFile::new_in(&self.scratch).map_err(failed)?;
		let mut plain = BufWriter::new(file);
		let opened = descent_test_sets::open(&mut sealed, &mut plain, key, set.size);
		let bytes = opened.map_err(|error| match error {
			OpenError::Broken(reason) => ArtifactError::Invalid(reason),
			OpenError::Io(error) => failed(error),
		})?;
		if bytes != set.size {
			let declared = set.size;
			return Err(ArtifactError::Invalid(format!(
				"the test set has {bytes} bytes, but its manifest says {declared}"
			)));
		}
		Ok(plain.into_inner().map_err(|error| failed(error.into_error()))?.into_temp_path())
	}
}

/// Converts an error of this machine, such as those of its store and its disk.
/// Converts the error of a delta that could not be built.
fn of_delta(error: anyhow::Error) -> ArtifactError {
	match error.downcast_ref::<FaultyDelta>() {
		Some(FaultyDelta(reason)) => ArtifactError::Invalid(reason.clone()),
		None => ArtifactError::Failed(error),
	}
}

fn failed(error: impl Into<anyhow::Error>) -> ArtifactError {
	ArtifactError::Failed(error.into())
}

#[cfg(test)]
#[path = "test_sets_tests.rs"]
mod tests;
