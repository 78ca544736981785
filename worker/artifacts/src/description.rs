use descent_content::{FetchError, Store, StoreError};
use descent_dataset::{Description, DescriptionError, MAX_DESCRIPTION_BYTES};
use descent_protocol::ContentRef;
use std::future::Future;

/// Error of [`fetch_description`].
#[derive(Debug, thiserror::Error)]
pub enum FetchDescriptionError {
	/// The description is longer than any that is read; nothing was fetched.
	#[error("the model description has {0} bytes; at most {MAX_DESCRIPTION_BYTES} are read")]
	TooLarge(u64),
	/// No provider served it, or it could not be kept.
	#[error("the model description cannot be had")]
	Fetch(#[source] FetchError),
	/// The store failed.
	#[error("the model description cannot be read")]
	Store(#[from] StoreError),
	/// It is not a valid description.
	#[error("the model description cannot be used")]
	Invalid(#[from] DescriptionError),
}

/// Checks the size of a model description, has `fetch` bring it into the store, and reads it.
pub async fn fetch_description(
	store: &Store,
	model: &ContentRef,
	fetch: impl Future<Output = Result<(), FetchError>>,
) -> Result<Description, FetchDescriptionError> {
	if model.size > MAX_DESCRIPTION_BYTES {
		return Err(FetchDescriptionError::TooLarge(model.size));
	}
	fetch.await.map_err(FetchDescriptionError::Fetch)?;
	let json = store.read(model, MAX_DESCRIPTION_BYTES)?;
	Ok(Description::parse(&json)?)
}
