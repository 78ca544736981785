//! Bodies of answers: what they hold in memory, and how long they may take.

use std::{
	io,
	sync::Arc,
	time::{Duration, Instant},
};

use axum::body::Body;
use bytes::Bytes;
use futures::{stream, Stream, StreamExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::request::Form;
use crate::{read_ahead::read_ahead, store::Result};

/// Most answers of one block at one time. Blocks of content have up to 1 MiB, so that these hold 256 MiB.
const MAX_BLOCKS: usize = 256;
/// Most answers at one time that are streams of blocks. Each holds four: two that are read ahead, one that is
/// being read and one that is being sent. Together they hold 128 MiB.
const MAX_STREAMS: usize = 32;
/// Longest time that a request waits for others to be answered.
const MAX_WAIT: Duration = Duration::from_secs(5);
/// Slowest average rate of a client, in bytes per second, after the first [`GRACE`].
pub(crate) const MIN_RATE: u64 = 32 << 10;
/// Time that a client has beyond that.
pub(super) const GRACE: Duration = Duration::from_secs(30);
/// Number of bytes handed to the connection at a time.
const CHUNK: usize = 64 << 10;

/// Memory for the blocks of all answers. Requests wait for it in the order in which they came.
#[derive(Clone)]
pub(super) struct Slots {
	blocks: Arc<Semaphore>,
	streams: Arc<Semaphore>,
}

/// Memory for the blocks of one answer.
pub(super) struct Slot {
	_permit: OwnedSemaphorePermit,
}

impl Slots {
	pub(super) fn new() -> Self {
		let slots = |count| Arc::new(Semaphore::new(count));
		Self { blocks: slots(MAX_BLOCKS), streams: slots(MAX_STREAMS) }
	}

	/// Waits for the memory for an answer. Returns `None` if it is not free in time.
	pub(super) async fn acquire(&self, form: Form) -> Option<Slot> {
		let slots = if form == Form::Raw { &self.blocks } else { &self.streams };
		let acquired = tokio::time::timeout(MAX_WAIT, slots.clone().acquire_owned()).await;
		acquired.ok()?.ok().map(|_permit| Slot { _permit })
	}
}

/// Sends a block in pieces.
pub(super) fn block(block: Bytes, slot: Slot) -> Body {
	let pieces = stream::unfold(block, |mut block| async move {
		if block.is_empty() {
			return None;
		}
		let piece = block.split_to(block.len().min(CHUNK));
		Some((Ok(piece), block))
	});
	guarded(pieces, slot)
}

/// Sends what a thread reads from the disk. If a block is missing, the body ends with an error, and the
/// client sees a connection that closed early.
pub(super) fn parts(parts: impl Iterator<Item = Result<Bytes>> + Send + 'static, slot: Slot) -> Body {
	guarded(read_ahead(parts.map(|part| part.map_err(io::Error::other))), slot)
}

/// A body that holds its slot until it is sent or the client is gone, and fails if the client reads too
/// slowly: it would keep others from being answered.
fn guarded(parts: impl Stream<Item = io::Result<Bytes>> + Send + 'static, slot: Slot) -> Body {
	let (started, mut sent) = (Instant::now(), 0);
	Body::from_stream(parts.map(move |part| {
		let _held = &slot;
		if started.elapsed() > GRACE + Duration::from_secs(sent / MIN_RATE) {
			return Err(io::ErrorKind::TimedOut.into());
		}
		let part: Bytes = part?;
		sent += part.len() as u64;
		Ok::<_, io::Error>(part)
	}))
}
