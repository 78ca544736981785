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
use crate::{buffers::Buffers, layout::Span, store::Session};

pub(super) type Children = Vec<(crate::BlockId, Span)>;

/// A block as a provider has sent it.
pub(super) struct Received {
	pub(super) want: Want,
	pub(super) provider: usize,
	pub(super) block: Vec<u8>,
}

pub(super) enum Outcome {
	/// The store was searched; `None` if the block has to be fetched.
	LookedUp(Want, Option<Children>),
	/// A provider sent a block, which is not checked yet.
	Received(Received, Duration),
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
	pub(super) buffers: Buffers,
	pub(super) want: Want,
	pub(super) provider: usize,
	pub(super) flow: Arc<Flow>,
}

impl Order {
	pub(super) async fn run(self, abort: AbortRegistration) -> Result<Outcome, FetchError> {
		Ok(Abortable::new(self.fetch(), abort).await.unwrap_or(Outcome::Aborted))
	}

	async fn fetch(self) -> Outcome {
		let Self { client, url, buffers, want, provider, flow } = self;
		let started = Instant::now();
		let mut block = buffers.empty();
		match download(&client, url, &flow, &mut block).await {
			Ok(()) => Outcome::Received(Received { want, provider, block }, started.elapsed()),
			Err(refusal) => Outcome::Refused(want, provider, refusal),
		}
	}
}
