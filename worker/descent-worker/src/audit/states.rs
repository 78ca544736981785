//! States and lists of segments, fetched from trainers.

use anyhow::Error;
use descent_artifacts::on_thread;
use descent_content::{FetchError, Fetcher};
use descent_dataset::Description;
use descent_evaluator::evaluation_set::{check_size, load};
use descent_model::Checkpoint;
use descent_protocol::{Codec, ContentRef};
use descent_trainer::TraceError;
use sp_core::H256;
use std::{
	fmt::Display,
	future::Future,
	path::{Path, PathBuf},
	sync::Arc,
};
use tokio::task::JoinSet;

/// Pieces of a list of segments that are fetched at a time.
const PIECES: usize = 16;

/// Reasons for which a segment is not replayed.
pub(super) enum Missing {
	/// A state is not served, or the list of segments.
	Unavailable(String),
	/// A state is served that is no checkpoint of the model.
	Invalid(String),
	/// Something failed here.
	Failed(Error),
}

/// States and lists of segments, fetched from a trainer that is not trusted.
pub(super) struct States {
	fetcher: Fetcher,
	providers: Arc<[String]>,
	description: Arc<Description>,
	/// Path of the file that a state is read from.
	file: PathBuf,
	/// The last state, with which the next segment begins as a rule.
	last: Option<(H256, Arc<Checkpoint>)>,
}

impl States {
	/// Fetches from these providers, by way of a file.
	pub(super) fn new(
		fetcher: Fetcher,
		providers: Vec<String>,
		description: Arc<Description>,
		file: PathBuf,
	) -> Self {
		Self { fetcher, providers: providers.into(), description, file, last: None }
	}

	/// The description of the model.
	pub(super) fn description(&self) -> &Description {
		&self.description
	}

	/// Fetches a state.
	pub(super) async fn checkpoint(&mut self, content: ContentRef) -> Result<Arc<Checkpoint>, Missing> {
		if let Some((_, last)) = self.last.as_ref().filter(|(digest, _)| *digest == content.digest) {
			return Ok(last.clone());
		}
		let invalid = |error: &dyn Display| {
			Missing::Invalid(format!("its state {:?} is no checkpoint of the model: {error}", content.digest))
		};
		check_size(&self.description, &content).map_err(|error| invalid(&error))?;
		fetch(&self.fetcher, &content, &self.providers).await?;
		let (store, file, description) =
			(self.fetcher.store().clone(), self.file.clone(), self.description.clone());
		let read = on_thread(move || {
			store.export_to(&content, &file)?;
			store.remove(&content)?;
			Ok(read(&description, &file))
		});
		let state = read.await.map_err(Missing::Failed)?.map_err(|reason| invalid(&reason))?;
		let state = Arc::new(state);
		self.last = Some((content.digest, state.clone()));
		Ok(state)
	}

	/// Fetches small pieces of content with these digests, in their order, each with one of these sizes.
	pub(super) fn pieces(
		&self,
		digests: Vec<H256>,
		sizes: &'static [u64],
	) -> impl Future<Output = Result<Vec<Vec<u8>>, Missing>> {
		let (fetcher, providers) = (self.fetcher.clone(), self.providers.clone());
		async move {
			let mut pieces = Vec::with_capacity(digests.len());
			for some in digests.chunks(PIECES) {
				let mut fetched = JoinSet::new();
				for (place, digest) in some.iter().copied().enumerate() {
					let (fetcher, providers) = (fetcher.clone(), providers.clone());
					fetched.spawn(async move { (place, piece(&fetcher, &providers, digest, sizes).await) });
				}
				let mut found = fetched.join_all().await;
				found.sort_by_key(|(place, _)| *place);
				for (_, piece) in found {
					pieces.push(piece?);
				}
			}
			Ok(pieces)
		}
	}
}

/// Reads a state from a file. The inner error is the reason for which it is none.
fn read(description: &Description, file: &Path) -> Result<Checkpoint, String> {
	load(description, file).map_err(|error| error.to_string())
}

/// Fetches a piece of content that is smaller than a block.
async fn piece(
	fetcher: &Fetcher,
	providers: &[String],
	digest: H256,
	sizes: &[u64],
) -> Result<Vec<u8>, Missing> {
	let mut other = Missing::Unavailable("the list of its segments is malformed".into());
	for size in sizes {
		let content = ContentRef { digest, codec: Codec::Raw, size: *size };
		match fetcher.fetch(&content, providers, |_| {}).await {
			Ok(()) => {
				let store = fetcher.store().clone();
				let read = on_thread(move || Ok(store.read(&content, content.size)?));
				return read.await.map_err(Missing::Failed);
			}
			Err(FetchError::Invalid { reason }) => {
				other = Missing::Unavailable(format!("the list of its segments is malformed: {reason}"));
			}
			Err(error) => return Err(error.into()),
		}
	}
	Err(other)
}

async fn fetch(fetcher: &Fetcher, content: &ContentRef, providers: &[String]) -> Result<(), Missing> {
	match fetcher.fetch(content, providers, |_| {}).await {
		Err(FetchError::Invalid { reason }) => Err(Missing::Invalid(reason)),
		fetched => Ok(fetched?),
	}
}

impl From<FetchError> for Missing {
	fn from(error: FetchError) -> Self {
		match error {
			FetchError::Io(_) => Self::Failed(error.into()),
			error => Self::Unavailable(error.to_string()),
		}
	}
}

impl From<TraceError> for Missing {
	fn from(error: TraceError) -> Self {
		Self::Unavailable(error.to_string())
	}
}
