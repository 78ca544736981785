use crate::{Client, Error, Result};
use descent_protocol::{
	view::{BlockEvents, BlockVotes},
	GroupId,
};
use futures::{stream::BoxStream, StreamExt};
use serde::de::DeserializeOwned;
use std::time::Duration;
use subxt::rpcs::{
	client::{rpc_params, RpcSubscription},
	Error as RpcError,
};

/// Pause before a subscription that can't be restored is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Events of rounds as they happen, block by block. See [`Client::events`].
pub type EventStream = BoxStream<'static, Result<BlockEvents>>;
/// Events of votes as they happen, block by block. See [`Client::subscribe_votes`].
pub type VoteStream = BoxStream<'static, Result<BlockVotes>>;

/// What is subscribed to.
#[derive(Clone, Copy)]
struct Topic {
	subscribe: &'static str,
	unsubscribe: &'static str,
	group: Option<GroupId>,
	finalized: bool,
}

enum State<T> {
	Subscribed(RpcSubscription<T>),
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
		self.follow(Topic {
			subscribe: "training_subscribeEvents",
			unsubscribe: "training_unsubscribeEvents",
			group,
			finalized,
		})
		.await
	}

	/// Follows what stakeholders, proposers and the validators who check deltas do in a group, or in all groups. Breaks
	/// and is restored as [`Self::events`] is.
	///
	/// # Errors
	/// See [`Self::events`].
	pub async fn subscribe_votes(&self, group: Option<GroupId>, finalized: bool) -> Result<VoteStream> {
		self.follow(Topic {
			subscribe: "training_subscribeVotes",
			unsubscribe: "training_unsubscribeVotes",
			group,
			finalized,
		})
		.await
	}

	async fn follow<T: DeserializeOwned + Send + 'static>(
		&self,
		topic: Topic,
	) -> Result<BoxStream<'static, Result<T>>> {
		let first = self.subscribe(topic).await?;
		let client = self.clone();
		let stream = futures::stream::unfold(State::Subscribed(first), move |state| {
			let client = client.clone();
			async move { client.next(state, topic).await }
		});
		Ok(stream.boxed())
	}

	async fn subscribe<T: DeserializeOwned>(&self, topic: Topic) -> Result<RpcSubscription<T>> {
		let params = rpc_params![topic.group, topic.finalized];
		let subscribed = self.rpc().subscribe(topic.subscribe, params, topic.unsubscribe).await;
		subscribed.map_err(|error| self.error(topic.subscribe, error))
	}

	async fn next<T: DeserializeOwned>(
		&self,
		state: State<T>,
		topic: Topic,
	) -> Option<(Result<T>, State<T>)> {
		let mut subscription = match state {
			State::Ended => return None,
			State::Subscribed(subscription) => subscription,
			State::Broken => match self.subscribe(topic).await {
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
				return Some((Err(self.error(topic.subscribe, error)), State::Ended));
			}
			Some(Err(error)) => error.to_string(),
			None => "the node closed it".into(),
		};
		Some((Err(Error::Interrupted(reason)), State::Broken))
	}
}
