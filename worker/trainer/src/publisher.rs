use anyhow::{Context, Result};
use descent_client::Key;
use descent_content::{Pusher, Store};
use descent_protocol::ContentRef;
use std::sync::Arc;

/// Place from which others fetch the checkpoints: this machine, or a gateway to which they are pushed.
#[derive(Clone)]
pub(crate) struct Publisher {
	/// The URL that reveals name.
	address: String,
	pusher: Option<Pusher>,
}

impl Publisher {
	/// Serves from this machine, which others reach at `address`.
	pub(crate) fn serving(address: String) -> Self {
		Self { address, pusher: None }
	}

	/// Pushes to the gateway at `url`, in the name of the account of `key`.
	pub(crate) fn pushing(url: &str, key: Key) -> Result<Self> {
		let account = key.signer().into();
		let pusher = Pusher::new(url, account, Arc::new(move |text: &str| key.sign_text(text)))?;
		Ok(Self { address: pusher.url().to_owned(), pusher: Some(pusher) })
	}

	/// The URL that reveals name.
	pub(crate) fn address(&self) -> &str {
		&self.address
	}

	/// Returns true if content is pushed to the gateway of somebody else.
	pub(crate) fn is_pushing(&self) -> bool {
		self.pusher.is_some()
	}

	/// Returns the remedy if nobody can fetch from there.
	pub(crate) fn remedy(&self) -> &'static str {
		match self.pusher {
			None => {
				"Name with --public-url the address at which others reach this machine (a redirect, as from \
				 http to https, is not followed), open its port, and see that it leads to --listen; or push \
				 to a gateway of others with --push-to"
			}
			Some(_) => {
				"Name with --push-to the address at which others reach the gateway (a redirect, as from http \
				 to https, is not followed)"
			}
		}
	}

	/// Makes content of the store available to others.
	pub(crate) async fn publish(&self, store: &Store, content: &ContentRef) -> Result<()> {
		let Some(pusher) = &self.pusher else {
			return Ok(());
		};
		pusher.push(store, content, |_| {}).await.context("the gateway of --push-to")
	}

	/// Removes content from the gateway that it was pushed to. Returns false if it is still there.
	pub(crate) async fn withdraw(&self, content: &ContentRef) -> bool {
		let Some(pusher) = &self.pusher else {
			return true;
		};
		let removed = pusher.remove(content).await;
		removed.inspect_err(|error| tracing::warn!("removing an old checkpoint: {error}")).is_ok()
	}
}
