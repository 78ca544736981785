//! The subscription `training_subscribeEvents`.

use super::{recent::RecentEvents, TrainingRuntimeApi};
use descent_protocol::{
	view::{BlockEvents, ChainEvent, EventTopic},
	GroupId,
};
use descent_runtime::{opaque::Block, BlockNumber, Hash};
use futures::{
	future::{select, Either},
	stream::{self, BoxStream},
	StreamExt,
};
use jsonrpsee::{
	core::SubscriptionResult, server::SendTimeoutError, PendingSubscriptionSink, SubscriptionMessage,
};
use sc_client_api::BlockchainEvents;
use sp_api::{ApiError, ApiExt, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use std::{pin::pin, sync::Arc, time::Duration};

/// Longest time that a subscriber may leave a message unread when the connection's buffer is full.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most blocks that are delivered at once; a node keeps no more states by default.
const MAX_STRIDE: BlockNumber = 256;

/// A block's number and hash.
type At = (BlockNumber, Hash);

/// The events that a subscriber asks for.
#[derive(Clone, Copy)]
pub(super) struct Filter {
	/// The group; all groups where it is `None`.
	pub(super) group: Option<GroupId>,
	pub(super) topic: EventTopic,
}

impl Filter {
	/// Reads the events of a block that pass the filter.
	fn read<C>(&self, client: &C, recent: &RecentEvents, (block, hash): At) -> Result<BlockEvents, ApiError>
	where
		C: ProvideRuntimeApi<Block>,
		C::Api: TrainingRuntimeApi<Block>,
	{
		let all = recent.of(hash, || events(client, hash))?;
		let is_asked = |event: &&ChainEvent| {
			self.topic.includes(event) && self.group.is_none_or(|group| event.group() == group)
		};
		Ok(BlockEvents { block, hash, events: all.iter().filter(is_asked).cloned().collect() })
	}
}

/// Reads all events of a block, also of one whose runtime has version 1 of the API.
fn events<C>(client: &C, hash: Hash) -> Result<Vec<ChainEvent>, ApiError>
where
	C: ProvideRuntimeApi<Block>,
	C::Api: TrainingRuntimeApi<Block>,
{
	let api = client.runtime_api();
	if api.api_version::<dyn TrainingRuntimeApi<Block>>(hash)? != Some(1) {
		return api.events(hash);
	}
	#[allow(deprecated)]
	let (rounds, votes) = (api.events_before_version_2(hash)?, api.vote_events_before_version_2(hash)?);
	let rounds = rounds.into_iter().map(|event| event.0);
	Ok(rounds.chain(votes.into_iter().map(|event| event.0)).collect())
}

/// Blocks as they are finalized, each one once, in order.
fn finalized_blocks<C>(client: Arc<C>) -> BoxStream<'static, At>
where
	C: HeaderBackend<Block> + BlockchainEvents<Block> + Send + Sync + 'static,
{
	let notifications = client.finality_notification_stream();
	let mut delivered = client.info().finalized_number;
	notifications
		.flat_map(move |notification| {
			let reached = notification.header.number;
			let from = delivered.saturating_add(1).max(reached.saturating_sub(MAX_STRIDE - 1));
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
fn best_blocks<C>(client: Arc<C>) -> BoxStream<'static, At>
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
				.map(|route| route.enacted().iter().map(|block| (block.number, block.hash)).collect())
				.unwrap_or_default();
			let best = (notification.header.number, notification.hash);
			stream::iter(brought.into_iter().filter(move |block| *block != best).chain([best]))
		})
		.boxed()
}

/// Sends the events of each block, of finalized or of best ones, until the subscriber leaves, falls behind,
/// or there is an error, of which it is told.
pub(super) async fn deliver<C>(
	pending: PendingSubscriptionSink,
	client: Arc<C>,
	recent: &RecentEvents,
	finalized: bool,
	filter: Filter,
) -> SubscriptionResult
where
	C: ProvideRuntimeApi<Block> + HeaderBackend<Block> + BlockchainEvents<Block> + Send + Sync + 'static,
	C::Api: TrainingRuntimeApi<Block>,
{
	let mut blocks = if finalized { finalized_blocks(client.clone()) } else { best_blocks(client.clone()) };
	let sink = pending.accept().await?;
	let mut closed = pin!(sink.closed());
	loop {
		let (block, hash) = match select(closed.as_mut(), blocks.next()).await {
			Either::Left(_) | Either::Right((None, _)) => return Ok(()),
			Either::Right((Some(block), _)) => block,
		};
		let events = filter
			.read(&*client, recent, (block, hash))
			.map_err(|error| format!("the events of block {block} can't be read: {error}"))?;
		let message = SubscriptionMessage::from_json(&events)?;
		match sink.send_timeout(message, PATIENCE).await {
			Ok(()) => {}
			Err(SendTimeoutError::Closed(_)) => return Ok(()),
			Err(SendTimeoutError::Timeout(_)) => {
				return Err(format!(
					"the subscriber fell behind at block {block}: subscribe again and read messages as they \
					 come"
				)
				.into())
			}
		}
	}
}
