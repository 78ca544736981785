//! Candidates of a round, fetched side by side.

use crate::{
	contact::Contact,
	room::{Room, Seat},
	ArtifactError, ContentCache,
};
use anyhow::anyhow;
use descent_content::{FetchError, Fetcher, StoreError};
use descent_protocol::ContentRef;
use std::{
	error::Error,
	sync::Arc,
	time::{Duration, Instant},
};
use tokio::{runtime::Handle, sync::watch, task::JoinHandle};

/// Pause after the disk was full because of others that give way.
const PAUSE: Duration = Duration::from_millis(100);

/// Error of a candidate whose time was cut short here.
const CUT_SHORT: &str =
	"the window closed before the candidate's time to arrive was over: raise --max-content, \
	or measure on a faster machine";

/// A candidate, and where it is served.
#[derive(Clone, Debug)]
pub struct Source {
	/// The checkpoint.
	pub content: ContentRef,
	/// Gateways that have to serve it.
	pub providers: Vec<String>,
	/// Gateways that may have parts of it.
	pub peers: Vec<String>,
	/// Its rank: candidates share room on disk in this order.
	pub rank: usize,
}

/// Time for a candidate to arrive.
#[derive(Clone, Copy, Debug)]
pub struct FetchWindow {
	/// Time from when there is room for it.
	pub time: Duration,
	/// End of the time for all candidates.
	pub closing: Instant,
}

/// A candidate that is being fetched. The fetch stops when this is dropped.
#[derive(Debug)]
pub struct Fetching {
	content: ContentRef,
	seat: Arc<Seat>,
	/// True while all of it is on disk.
	arrived: watch::Receiver<bool>,
	/// Ends only with an error.
	task: JoinHandle<ArtifactError>,
}

impl Fetching {
	pub(crate) fn begin(
		handle: &Handle,
		(cache, fetcher, room, contact): (ContentCache, Fetcher, &Arc<Room>, Contact),
		source: Source,
		window: FetchWindow,
	) -> Self {
		let content = source.content;
		// Entered here and not in the task, so that candidates of one rank get room in the order of the
		// calls.
		let seat = Arc::new(room.enter(source.rank, &content));
		let (sender, arrived) = watch::channel(false);
		let task = Task { cache, fetcher, contact, source, seat: seat.clone(), arrived: sender, window };
		Self { content, seat, arrived, task: handle.spawn(task.run()) }
	}

	/// Returns the content.
	pub fn content(&self) -> &ContentRef {
		&self.content
	}

	/// Returns true if the candidate has arrived or failed, so that nothing is to be waited for.
	pub fn is_over(&self) -> bool {
		*self.arrived.borrow() || self.task.is_finished()
	}

	/// Waits until the candidate has arrived or failed.
	pub async fn over(&mut self) {
		while !self.is_over() {
			if self.arrived.changed().await.is_err() {
				// The task has ended, or is about to.
				tokio::task::yield_now().await;
			}
		}
	}

	/// Waits until all of the candidate is on disk, and keeps it there.
	pub(crate) async fn taken(mut self) -> Result<Arc<Seat>, ArtifactError> {
		loop {
			if *self.arrived.borrow_and_update() && self.seat.take() {
				return Ok(self.seat.clone());
			}
			tokio::select! {
				ended = &mut self.task => {
					return Err(ended.unwrap_or_else(|error| ArtifactError::Failed(error.into())));
				}
				changed = self.arrived.changed() => {
					if changed.is_err() {
						tokio::task::yield_now().await;
					}
				}
			}
		}
	}
}

impl Drop for Fetching {
	fn drop(&mut self) {
		self.task.abort();
	}
}

/// The fetch of one candidate.
struct Task {
	cache: ContentCache,
	fetcher: Fetcher,
	contact: Contact,
	source: Source,
	seat: Arc<Seat>,
	arrived: watch::Sender<bool>,
	window: FetchWindow,
}

impl Task {
	async fn run(self) -> ArtifactError {
		if !self.seat.is_large_enough(&self.source.content) {
			return no_room();
		}
		let closing = self.window.closing.into();
		let mut waited = Duration::ZERO;
		loop {
			match tokio::time::timeout_at(closing, self.seat.granted()).await {
				Ok(Ok(())) => {}
				Ok(Err(error)) => return error.into(),
				Err(_) => return no_room(),
			}
			match self.fetch().await {
				Some(Ok(())) => {
					self.arrived.send_replace(true);
					self.seat.evicted().await;
					self.arrived.send_replace(false);
				}
				Some(Err(error)) if is_full(&error) => {
					self.seat.overflow();
					waited += PAUSE;
					let pause = tokio::time::timeout_at(closing, tokio::time::sleep(PAUSE));
					// Without others that give way, more room will not come.
					if pause.await.is_err() || waited > self.window.time {
						return no_room();
					}
					continue;
				}
				Some(Err(error)) => return error.into(),
				None => {}
			}
			if let Err(error) = self.give_way().await {
				return error;
			}
		}
	}

	/// Fetches the candidate. `None` means that it has to give up its room.
	async fn fetch(&self) -> Option<Result<(), FetchError>> {
		let end = Instant::now() + self.window.time;
		let Source { content, providers, peers, .. } = &self.source;
		let fetcher = self.fetcher.until(end.min(self.window.closing).into());
		let fetch = fetcher.fetch_with_peers(content, providers, peers, |progress| {
			self.contact.progress(progress);
			self.seat.fill(progress);
		});
		let fetched = tokio::select! {
			() = self.seat.evicted() => return None,
			fetched = fetch => fetched,
		};
		self.contact.ended(&fetched);
		Some(match fetched {
			// Others had its room before, or this machine its time.
			Err(FetchError::Unavailable { .. })
				if self.window.closing < end && Instant::now() >= self.window.closing =>
			{
				Err(FetchError::Io(CUT_SHORT.into()))
			}
			fetched => fetched,
		})
	}

	/// Removes what has arrived.
	async fn give_way(&self) -> Result<(), ArtifactError> {
		tracing::debug!(digest = ?self.source.content.digest, "gives way to candidates of better ranks");
		let (cache, content) = (self.cache.clone(), self.source.content);
		let removed = tokio::task::spawn_blocking(move || cache.discard(&content)).await;
		match removed {
			Ok(Ok(())) => {
				self.seat.give_way();
				Ok(())
			}
			Ok(Err(error)) => Err(ArtifactError::Failed(error.into())),
			Err(error) => Err(ArtifactError::Failed(error.into())),
		}
	}
}

/// Returns true if a fetch failed because the store is full.
fn is_full(error: &FetchError) -> bool {
	let FetchError::Io(error) = error else {
		return false;
	};
	let mut cause: Option<&(dyn Error + 'static)> = Some(error.as_ref());
	while let Some(error) = cause {
		if matches!(error.downcast_ref::<StoreError>(), Some(StoreError::Quota { .. })) {
			return true;
		}
		cause = error.source();
	}
	false
}

/// Error of a candidate that got no room on disk in time because of those before it: it is not to blame.
fn no_room() -> ArtifactError {
	ArtifactError::Failed(anyhow!(
		"there was no room for it on disk in time beside the candidates before it: raise --max-content"
	))
}
