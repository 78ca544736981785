//! The work of a fetch that runs beside its loop: lookups in the store, and requests.

use std::{sync::Arc, time::Duration};

use futures::future::{AbortRegistration, Abortable};
use reqwest::{Client, Url};
use tokio::time::Instant;

use super::{
	download::{download, Flow},
	flight::Want,
	providers::Refusal,
	FetchError,
};
use crate::{
	layout::Span,
	store::{Result as StoreResult, Session},
};

pub(super) type Children = Vec<(crate::BlockId, Span)>;

pub(super) enum Outcome {
	/// The store was searched; `None` if the block has to be fetched.
	LookedUp(Want, Option<Children>),
	/// A provider sent the block, which is now in the store.
	Delivered { want: Want, provider: usize, took: Duration, bytes: u64, children: Children },
	/// A provider did not send the block.
	Refused(Want, usize, Refusal),
	/// The request was dropped, as another one has brought the block.
	Aborted,
}

pub(super) async fn blocking<T: Send + 'static>(
	work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, FetchError> {
	tokio::task::spawn_blocking(work).await.map_err(|error| FetchError::Io(error.into()))
}

pub(super) async fn look_up(session: Arc<Session>, want: Want) -> Result<Outcome, FetchError> {
	let children = blocking(move || session.find(&want.id, want.span, want.leaf));
	Ok(Outcome::LookedUp(want, children.await??))
}

/// A request to one provider, until it is aborted.
pub(super) struct Order {
	pub(super) client: Client,
	pub(super) url: Url,
	pub(super) session: Arc<Session>,
	pub(super) want: Want,
	pub(super) provider: usize,
	pub(super) flow: Arc<Flow>,
}

impl Order {
	pub(super) async fn run(self, abort: AbortRegistration) -> Result<Outcome, FetchError> {
		Abortable::new(self.fetch(), abort).await.unwrap_or(Ok(Outcome::Aborted))
	}

	async fn fetch(self) -> Result<Outcome, FetchError> {
		let Self { client, url, session, want, provider, flow } = self;
		let started = Instant::now();
		let mut block = session.buffers().empty();
		if let Err(refusal) = download(&client, url, &flow, &mut block).await {
			return Ok(Outcome::Refused(want, provider, refusal));
		}
		let (took, bytes) = (started.elapsed(), block.len() as u64);
		let keep = move || {
			let kept = keep(&session, &want, &block);
			session.buffers().give(block);
			kept
		};
		let kept = blocking(keep).await??;
		Ok(match kept {
			Some(children) => Outcome::Delivered { want, provider, took, bytes, children },
			None => Outcome::Refused(want, provider, Refusal::WrongBytes),
		})
	}
}

/// Checks a block and puts it into the store. Returns `None` if the bytes are not the block's.
fn keep(session: &Session, want: &Want, block: &[u8]) -> StoreResult<Option<Children>> {
	if !want.id.matches(block) {
		return Ok(None);
	}
	session.put(&want.id, want.span, want.leaf, block).map(Some)
}
