use crate::{Client, Error, Result};
use descent_protocol::{view::BlockEvents, GroupId};
use futures::{stream::BoxStream, StreamExt};
use std::time::Duration;
use subxt::rpcs::{
	client::{rpc_params, RpcSubscription},
	Error as RpcError,
};

const SUBSCRIBE: &str = "training_subscribeEvents";
const UNSUBSCRIBE: &str = "training_unsubscribeEvents";
/// Pause before a subscription that can't be restored is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Events as they happen, block by block. See [`Client::events`].
pub type EventStream = BoxStream<'static, Result<BlockEvents>>;

enum State {
	Subscribed(RpcSubscription<BlockEvents>),
	Broken,
	Ended,
}

impl Client {
	/// Follows what happens in the rounds of a group, or of all groups: of finalized blocks, or of best blocks as soon
	/// as they are there, which may yet be replaced by others.
	///
	/// The stream outlives the connection. When that breaks, or the node can't be reached, it yields
	/// [`Error::Interrupted`] and goes on with what happens after the subscription is restored: whoever needs every
	/// event reads the round again then. It ends only after an error that [`Error::is_transient`] is not true of.
	///
	/// # Errors
	/// [`Error::Refused`] where there is no such group; [`Error::Unsupported`] by another kind of node.
	pub async fn events(&self, group: Option<GroupId>, finalized: bool) -> Result<EventStream> {
		let first = self.subscribe(group, finalized).await?;
		let client = self.clone();
		let stream = futures::stream::unfold(State::Subscribed(first), move |state| {
			let client = client.clone();
			async move { client.next_events(state, group, finalized).await }
		});
		Ok(stream.boxed())
	}

	async fn subscribe(
		&self,
		group: Option<GroupId>,
		finalized: bool,
	) -> Result<RpcSubscription<BlockEvents>> {
		let subscribed = self
			.rpc()
			.subscribe(SUBSCRIBE, rpc_params![group, finalized], UNSUBSCRIBE)
			.await;
		subscribed.map_err(|error| self.error(SUBSCRIBE, error))
	}

	async fn next_events(
		&self,
		state: State,
		group: Option<GroupId>,
		finalized: bool,
	) -> Option<(Result<BlockEvents>, State)> {
		let mut subscription = match state {
			State::Ended => return None,
			State::Subscribed(subscription) => subscription,
			State::Broken => match self.subscribe(group, finalized).await {
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
