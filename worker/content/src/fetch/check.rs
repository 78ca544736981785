//! The check of the blocks that have come, several side by side.

use std::sync::Arc;

use super::{
	flight::Want,
	request::{blocking, Children, Received},
	FetchError,
};
use crate::{
	block::{blake2b_256_each, LANES},
	store::{Result as StoreResult, Session},
};

/// The outcome of the check of a block.
pub(super) struct Checked {
	pub(super) want: Want,
	pub(super) provider: usize,
	/// Length of the block in bytes.
	pub(super) len: u64,
	/// The children of the block, which is now in the store; `None` if the bytes are not the block's.
	pub(super) children: Option<Children>,
}

/// Takes the next blocks that are checked together.
pub(super) fn next_batch(received: &mut Vec<Received>) -> Vec<Received> {
	received.drain(..received.len().min(LANES)).collect()
}

/// Checks blocks, and keeps those that are what they should be.
pub(super) async fn check(session: Arc<Session>, batch: Vec<Received>) -> Result<Vec<Checked>, FetchError> {
	Ok(blocking(move || keep(&session, batch)).await??)
}

fn keep(session: &Session, batch: Vec<Received>) -> StoreResult<Vec<Checked>> {
	let digests = blake2b_256_each(batch.iter().map(|received| received.block.as_slice()));
	let keep = |(Received { want, provider, block }, digest): (Received, [u8; 32])| {
		let is_intact = want.id.digest == digest;
		let children = is_intact.then(|| session.put(&want.id, want.span, want.leaf, &block)).transpose()?;
		let len = block.len() as u64;
		session.buffers().give(block);
		Ok(Checked { want, provider, len, children })
	};
	batch.into_iter().zip(digests).map(keep).collect()
}
