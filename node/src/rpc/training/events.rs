//! The stream behind `training_subscribeEvents`.

use super::TrainingRuntimeApi;
use descent_protocol::{view::BlockEvents, GroupId};
use descent_runtime::{opaque::Block, BlockNumber, Hash};
use futures::{
	future::{select, Either},
	stream::{self, BoxStream},
	StreamExt,
};
use jsonrpsee::{core::StringError, server::SendTimeoutError, SubscriptionMessage, SubscriptionSink};
use sc_client_api::BlockchainEvents;
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use std::{pin::pin, sync::Arc, time::Duration};

/// How long a subscriber may leave a message unread when the connection's buffer is full.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most blocks that are delivered at once; a node keeps no more states by default.
const MAX_STRIDE: BlockNumber = 256;

/// A block of the chain.
type At = (BlockNumber, Hash);

/// Blocks as they are finalized, each one once, in order.
pub fn finalized_blocks<C>(client: Arc<C>) -> BoxStream<'static, At>
where
	C: HeaderBackend<Block> + BlockchainEvents<Block> + Send + Sync + 'static,
{
	let notifications = client.finality_notification_stream();
	let mut delivered = client.info().finalized_number;
	notifications
		.flat_map(move |notification| {
			let reached = notification.header.number;
			let from = delivered
				.saturating_add(1)
				.max(reached.saturating_sub(MAX_STRIDE - 1));
			delivered = delivered.max(reached);
			let client = client.clone();
			stream::iter(
				(from..=reached)
					.filter_map(move |number| client.hash(number).ok().flatten().map(|hash| (number, hash))),
			)
		})
		.boxed()
}

/// Blocks as they become the best, with those that a change of forks brings.
pub fn best_blocks<C>(client: Arc<C>) -> BoxStream<'static, At>
where
	C: HeaderBackend<Block> + BlockchainEvents<Block> + Send + Sync + 'static,
{
	client
		.import_notification_stream()
		.filter(|notification| std::future::ready(notification.is_new_best))
		.flat_map(|notification| {
			let brought: Vec<At> = notification
				.tree_route
				.as_ref()
				.map(|route| {
					route
						.enacted()
						.iter()
						.map(|block| (block.number, block.hash))
						.collect()
				})
				.unwrap_or_default();
			let best = (notification.header.number, notification.hash);
			stream::iter(
				brought
					.into_iter()
					.filter(move |block| *block != best)
					.chain([best]),
			)
		})
		.boxed()
}

/// What happened in each of those blocks, in `group` or in all groups.
pub fn of_blocks<C>(
	client: Arc<C>,
	blocks: BoxStream<'static, At>,
	group: Option<GroupId>,
) -> BoxStream<'static, Result<BlockEvents, String>>
where
	C: ProvideRuntimeApi<Block> + Send + Sync + 'static,
	C::Api: TrainingRuntimeApi<Block>,
{
	blocks
		.map(move |(block, hash)| {
			let mut events = client
				.runtime_api()
				.events(hash)
				.map_err(|error| format!("the events of block {block} can't be read: {error}"))?;
			events.retain(|event| group.is_none_or(|group| event.group() == group));
			Ok(BlockEvents { block, hash, events })
		})
		.boxed()
}

/// Sends them until the subscriber leaves, falls behind, or there is an error, of which it is told.
pub async fn deliver(
	sink: SubscriptionSink,
	mut events: BoxStream<'static, Result<BlockEvents, String>>,
) -> Result<(), StringError> {
	let mut closed = pin!(sink.closed());
	loop {
		let block = match select(closed.as_mut(), events.next()).await {
			Either::Left(_) | Either::Right((None, _)) => return Ok(()),
			Either::Right((Some(block), _)) => block?,
		};
		let message = SubscriptionMessage::from_json(&block)?;
		match sink.send_timeout(message, PATIENCE).await {
			Ok(()) => {}
			Err(SendTimeoutError::Closed(_)) => return Ok(()),
			Err(SendTimeoutError::Timeout(_)) => {
				return Err(format!(
					"the subscriber fell behind at block {}: subscribe again and read messages as they come",
					block.block
				)
				.into())
			}
		}
	}
}
