//! Content cache, data-set cache and fetching, for workers and the command line.

mod artifacts;
mod content_cache;
mod dataset_cache;
/// The log of a data set, checked entry by entry.
pub mod dataset_log;
/// Files and directories that are whole or absent.
pub mod disk;
mod error;

pub use artifacts::{joined, within, Artifacts, Candidate, Fetching, Quota};
pub use content_cache::{ContentCache, PinGuard, Reservation};
pub use dataset_cache::DatasetCache;
pub use error::ArtifactError;
