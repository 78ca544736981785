//! The event subscription, restored where the connection breaks.

use crate::{Client, Error, Result};
use descent_protocol::{
	view::{BlockEvents, EventTopic},
	GroupId,
};
use futures::{stream::BoxStream, StreamExt};
use std::time::Duration;
use subxt::rpcs::{
	client::{rpc_params, RpcSubscription},
	Error as RpcError,
};

/// Pause before a subscription that can't be restored is tried again.
const PAUSE: Duration = Duration::from_secs(1);

const SUBSCRIBE: &str = "training_subscribeEvents";
const UNSUBSCRIBE: &str = "training_unsubscribeEvents";

/// Events of groups as they happen, block by block. See [`Client::events`].
pub type EventStream = BoxStream<'static, Result<BlockEvents>>;

/// The parameters of the subscription.
#[derive(Clone, Copy)]
struct Filter {
	group: Option<GroupId>,
	topic: EventTopic,
	finalized: bool,
}

enum State {
	Subscribed(RpcSubscription<BlockEvents>),
	Broken,
	Ended,
}

impl Client {
	/// Follows the events of a topic in a group, or in all groups: of finalized blocks, or of best blocks as
	/// soon as they are there, which may yet be replaced by others.
	///
	/// The stream outlives the connection. When that breaks, or the node can't be reached, it yields
	/// [`Error::Interrupted`] and goes on with what happens after the subscription is restored: a caller that
	/// needs every event reads the round again then. It ends only after an error that [`Error::is_transient`]
	/// is not true of.
	///
	/// # Errors
	/// [`Error::Refused`] where there is no such group; [`Error::Unsupported`] by another kind of node.
	pub async fn events(
		&self,
		group: Option<GroupId>,
		topic: EventTopic,
		finalized: bool,
	) -> Result<EventStream> {
		let filter = Filter { group, topic, finalized };
		let first = self.subscribe(filter).await?;
		let client = self.clone();
		let stream = futures::stream::unfold(State::Subscribed(first), move |state| {
			let client = client.clone();
			async move { client.next(state, filter).await }
		});
		Ok(stream.boxed())
	}

	async fn subscribe(&self, filter: Filter) -> Result<RpcSubscription<BlockEvents>> {
		let params = rpc_params![filter.group, filter.finalized, filter.topic];
		let subscribed = self.rpc().subscribe(SUBSCRIBE, params, UNSUBSCRIBE).await;
		subscribed.map_err(|error| self.error(SUBSCRIBE, error))
	}

	async fn next(&self, state: State, filter: Filter) -> Option<(Result<BlockEvents>, State)> {
		let mut subscription = match state {
			State::Ended => return None,
			State::Subscribed(subscription) => subscription,
			State::Broken => match self.subscribe(filter).await {
				Ok(subscription) => subscription,
				Err(error) if error.is_transient() => {
					tokio::time::sleep(PAUSE).await;
					return Some((Err(Error::Interrupted(error.to_string())), State::Broken));
				}
				Err(error) => return Some((Err(error), State::Ended)),
			},
		};
		let reason = match subscription.next().await {
			Some(Ok(events)) => return Some((Ok(events), State::Subscribed(subscription))),
			Some(Err(error @ RpcError::Deserialization(_))) => {
				return Some((Err(self.error(SUBSCRIBE, error)), State::Ended));
			}
			Some(Err(error)) => error.to_string(),
			None => "the node closed it".into(),
		};
		Some((Err(Error::Interrupted(reason)), State::Broken))
	}
}
