//! Artifacts of training groups on disk: content, data sets and model descriptions, fetched from providers
//! that are not trusted. Workers and the command line share them.
//!
//! - [`Artifacts`] fetches what an evaluator or a trainer works on.
//! - [`ContentCache`] keeps fetched content within a quota.
//! - [`DatasetCache`] keeps the data sets that are built of it.
//! - [`DatasetClient`] makes any version of a group's data set from its log.
//!
//! # Example
//!
//! A pinned checkpoint stays in the cache while room is made for another one:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use descent_artifacts::ContentCache;
//! use descent_content::Store;
//! use descent_protocol::ContentRef;
//!
//! # let folder = tempfile::tempdir()?;
//! let cache = ContentCache::new(Store::open(folder.path(), 1 << 20)?);
//! let head = cache.store().import(&b"weights"[..])?;
//! let pin = cache.hold(vec![head]);
//! let candidate = ContentRef::raw(b"other weights").ok_or("empty")?;
//! let reservation = cache.reserve(&candidate, 0)?;
//! assert_eq!(cache.store().pins(), [head]);
//! # drop((pin, reservation));
//! # Ok(())
//! # }
//! ```

mod artifacts;
mod candidates;
mod contact;
mod content_cache;
mod dataset_cache;
mod dataset_client;
pub mod dataset_log;
mod description;
pub mod disk;
mod error;
mod room;
#[cfg(test)]
mod test_log;
mod version_builder;
mod version_folders;

pub use artifacts::{
	joined, within, Artifacts, Candidate, Quota, SealedSource, SealedTestSet, MAX_TEST_SET_BYTES,
	MAX_TEST_SET_DISK_BYTES,
};
pub use candidates::{FetchWindow, Fetching, Source};
pub use content_cache::{ContentCache, PinGuard, Reservation};
pub use dataset_cache::DatasetCache;
pub use dataset_client::{on_thread, DatasetClient, DatasetStep, OnStep};
pub use description::{fetch_description, FetchDescriptionError};
pub use error::ArtifactError;
pub use version_builder::{FaultyDelta, InProcess, VersionBuilder};
