//! One group: what it keeps, fetched in the background.

use crate::Event;
use descent_content::{FetchError, Fetcher, Store};
use descent_protocol::{
	view::{GroupView, KeptView},
	BlockNumber, ContentRef, GroupId,
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinHandle};

/// Blocks after which what a group keeps is read again, though nothing seems to have changed.
const REFRESH: BlockNumber = 100;
/// Pause after content could not be fetched.
const RETRY: Duration = Duration::from_secs(15);

/// The state of a group, as far as its kept content depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
	model: ContentRef,
	dataset_version: u32,
	head: Option<ContentRef>,
	/// Rises every [`REFRESH`] blocks.
	age: BlockNumber,
}

impl Version {
	pub(crate) fn new(group: &GroupView, now: BlockNumber) -> Self {
		Self {
			model: group.model,
			dataset_version: group.dataset_version,
			head: group.head.as_ref().map(|head| head.checkpoint),
			age: now / REFRESH,
		}
	}
}

/// The content that is to be fetched.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
	/// All that the group keeps.
	pub kept: Vec<KeptView>,
	/// Gateways of the group and of its keepers, without this one.
	pub gateways: Vec<String>,
}

/// A task that fetches what a group keeps.
pub(crate) struct Fetch {
	wanted: watch::Sender<Wanted>,
	complete: watch::Receiver<bool>,
	task: JoinHandle<()>,
}

impl Fetch {
	/// Begins with nothing to be fetched.
	pub(crate) fn start(
		group: GroupId,
		store: Store,
		fetcher: Fetcher,
		report: Arc<dyn Fn(Event) + Send + Sync>,
	) -> Self {
		let (wanted, told) = watch::channel(Wanted::default());
		let (done, complete) = watch::channel(false);
		let task = tokio::spawn(work(group, store, fetcher, report, told, done));
		Self { wanted, complete, task }
	}

	/// Tells what is to be fetched.
	pub(crate) fn want(&self, wanted: Wanted) {
		self.wanted.send_replace(wanted);
	}

	/// Returns true if all that was wanted last is here.
	pub(crate) fn is_complete(&self) -> bool {
		*self.complete.borrow()
	}

	/// Returns what the group keeps.
	pub(crate) fn kept(&self) -> Vec<ContentRef> {
		self.wanted.borrow().kept.iter().map(|kept| kept.content).collect()
	}
}

impl Drop for Fetch {
	fn drop(&mut self) {
		self.task.abort();
	}
}

async fn work(
	group: GroupId,
	store: Store,
	fetcher: Fetcher,
	report: Arc<dyn Fn(Event) + Send + Sync>,
	mut wanted: watch::Receiver<Wanted>,
	complete: watch::Sender<bool>,
) {
	loop {
		let now = wanted.borrow_and_update().clone();
		let mut is_complete = !now.kept.is_empty();
		for KeptView { content, kind, providers } in now.kept {
			let own = store.clone();
			let is_here = tokio::task::spawn_blocking(move || own.is_complete(&content)).await;
			if matches!(is_here, Ok(Ok(true))) && store.pins().contains(&content) {
				continue;
			}
			complete.send_replace(false);
			let gateways = [&providers[..], &now.gateways].concat();
			match fetcher.fetch(&content, &gateways, |_| {}).await {
				Ok(()) => report(Event::Fetched { group, kind, content }),
				Err(error) => {
					is_complete = false;
					report(Event::Missing { group, kind, content, reason: reason(&error) });
				}
			}
		}
		complete.send_replace(is_complete);
		let changed = if is_complete {
			wanted.changed().await
		} else {
			tokio::time::timeout(RETRY, wanted.changed()).await.unwrap_or(Ok(()))
		};
		if changed.is_err() {
			return;
		}
	}
}

/// The reason that content is not here, with what to do where that helps.
fn reason(error: &FetchError) -> String {
	match error {
		FetchError::Io(_) => {
			format!("{error}. See that the disk has room, and raise --max-content if need be")
		}
		_ => error.to_string(),
	}
}
