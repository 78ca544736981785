//! One leaf of content, from one gateway.

use descent_protocol::ContentRef;
use tokio::time::{timeout_at, Instant};

use super::{
	address,
	probe::{block_url, fetch},
	Fetcher, ProbeError,
};
use crate::{layout::Span, BlockId};

impl Fetcher {
	/// Fetches a leaf of content, counted from 0, from one gateway and from nowhere else, with the nodes of
	/// the tree that lead to it. Every block is checked, and none is kept: what is asked is whether the
	/// gateway serves it.
	///
	/// # Errors
	/// See [`ProbeError`]. It ends at `until` at the latest.
	pub async fn leaf(
		&self,
		content: &ContentRef,
		leaf: u64,
		gateway: &str,
		until: Instant,
	) -> Result<Vec<u8>, ProbeError> {
		let started = Instant::now();
		let fetched = timeout_at(until, self.descend(content, leaf, gateway)).await;
		fetched.unwrap_or_else(|_| Err(ProbeError::Slow(started.elapsed())))
	}

	async fn descend(
		&self,
		content: &ContentRef,
		mut leaf: u64,
		gateway: &str,
	) -> Result<Vec<u8>, ProbeError> {
		let base = address::parse(gateway, self.limits.allow_private).map_err(|_| ProbeError::Address)?;
		let mut id = BlockId::from(content);
		let mut span = Span::root(content).map_err(|_| ProbeError::Malformed(id))?;
		loop {
			let url = block_url(&base, &id).ok_or(ProbeError::Address)?;
			let block = fetch(&self.client, url, &id).await?;
			let children = span.open(&id, &block).map_err(|_| ProbeError::Malformed(id))?;
			if span.is_leaf() {
				return Ok(block);
			}
			let mut below = children.into_iter();
			(id, span) = loop {
				let (child, place) = below.next().ok_or(ProbeError::Malformed(id))?;
				match leaf.checked_sub(place.leaves()) {
					None => break (child, place),
					Some(rest) => leaf = rest,
				}
			};
		}
	}
}
