use std::{
	collections::{HashMap, VecDeque},
	sync::Arc,
	time::Duration,
};

use bytes::Bytes;
use descent_protocol::ContentRef;
use futures::{
	future::BoxFuture,
	stream::{FuturesUnordered, StreamExt},
	FutureExt,
};
use reqwest::Client;
use tokio::time::Instant;

use super::{
	download::download,
	providers::{pause, ProviderSet, Providers, Refusal},
	FetchError, FetchLimits, Progress,
};
use crate::{
	layout::Span,
	store::{Result as StoreResult, Session},
	BlockId,
};

/// A block that the content needs.
#[derive(Clone, Copy, Debug)]
struct Want {
	id: BlockId,
	span: Span,
	/// Providers that were asked in this round and did not have the block.
	asked: ProviderSet,
	/// Number of times that all providers have been asked.
	rounds: u32,
	ready_at: Instant,
}

type Children = Vec<(BlockId, Span)>;

enum Outcome {
	/// The store was searched; `None` if the block has to be fetched.
	LookedUp(Want, Option<Children>),
	/// A provider sent the block, which is now in the store.
	Delivered { want: Want, provider: usize, took: Duration, bytes: u64, children: Children },
	/// A provider did not send the block.
	Refused(Want, usize, Refusal),
}

/// A fetch in progress.
pub(super) struct Transfer<'a> {
	client: &'a Client,
	limits: &'a FetchLimits,
	session: Arc<Session>,
	content: ContentRef,
	providers: Providers,
	/// Blocks not yet looked up in the store, the next one last. Nodes are expanded depth first, so there are
	/// never more than the children of the nodes in flight.
	unseen: Vec<Want>,
	/// Blocks to be fetched, including those that wait for another attempt.
	missing: VecDeque<Want>,
	/// Blocks that occur again while their first occurrence is being fetched, by digest. The key exists from
	/// the lookup of the first occurrence until that block is in the store.
	repeated: HashMap<[u8; 32], Vec<Want>>,
	jobs: FuturesUnordered<BoxFuture<'a, Result<Outcome, FetchError>>>,
	progress: Progress,
	last_arrival: Instant,
	last_failure: Option<String>,
	answered: bool,
}

impl<'a> Transfer<'a> {
	pub(super) fn new(
		client: &'a Client,
		limits: &'a FetchLimits,
		session: Session,
		content: ContentRef,
		root: Span,
		providers: Providers,
	) -> Self {
		let mut transfer = Self {
			client,
			limits,
			session: Arc::new(session),
			content,
			providers,
			unseen: Vec::new(),
			missing: VecDeque::new(),
			repeated: HashMap::new(),
			jobs: FuturesUnordered::new(),
			progress: Progress { total: content.size, ..Progress::default() },
			last_arrival: Instant::now(),
			last_failure: None,
			answered: false,
		};
		transfer.want(vec![(BlockId::from(&content), root)]);
		transfer
	}

	pub(super) async fn run(mut self, progress: impl Fn(Progress)) -> Result<(), FetchError> {
		let deadline = Instant::now() + self.limits.deadline;
		loop {
			let now = Instant::now();
			let give_up = deadline.min(self.last_arrival + self.limits.patience);
			if now >= give_up {
				return Err(self.unavailable("the time is up"));
			}
			self.start_jobs(now);
			if self.jobs.is_empty() {
				if self.missing.is_empty() {
					break;
				}
				if self.providers.exhausted() {
					return Err(self.unavailable("there is no provider left to ask"));
				}
			}
			let wake = self.next_wake(now).map_or(give_up, |wake| wake.min(give_up));
			let outcome = tokio::select! {
				outcome = self.jobs.next(), if !self.jobs.is_empty() => outcome,
				() = tokio::time::sleep_until(wake) => None,
			};
			match outcome {
				Some(Ok(outcome)) => self.settle(outcome, &progress),
				Some(Err(error)) => return Err(self.fail(error).await),
				None => {}
			}
		}
		let (session, content) = (self.session.clone(), self.content);
		Ok(blocking(move || session.commit(&content)).await??)
	}

	/// Queues blocks so that the first one is handled first.
	fn want(&mut self, blocks: Children) {
		let ready_at = Instant::now();
		let wants = blocks.into_iter().rev().map(|(id, span)| Want {
			id,
			span,
			asked: ProviderSet::default(),
			rounds: 0,
			ready_at,
		});
		self.unseen.extend(wants);
	}

	/// Starts as many requests and lookups as the limits allow.
	fn start_jobs(&mut self, now: Instant) {
		let limit = self.limits.requests.max(1);
		while self.jobs.len() < limit {
			if let Some((want, provider)) = self.next_request(now) {
				let url = self.providers.url(provider, &want.id);
				let job = request(self.client.clone(), url, self.session.clone(), want, provider);
				self.jobs.push(job.boxed());
			} else if let Some(want) = self.unseen.pop_if(|_| self.missing.len() < limit) {
				if let Some(waiting) = self.repeated.get_mut(&want.id.digest) {
					waiting.push(want);
				} else {
					self.repeated.insert(want.id.digest, Vec::new());
					self.jobs.push(look_up(self.session.clone(), want).boxed());
				}
			} else {
				break;
			}
		}
	}

	/// Removes and returns the first missing block that some provider can be asked for now.
	fn next_request(&mut self, now: Instant) -> Option<(Want, usize)> {
		for index in 0..self.missing.len() {
			let want = self.missing[index];
			if want.ready_at <= now {
				if let Some(provider) = self.providers.take(want.asked, now) {
					self.missing.remove(index);
					return Some((want, provider));
				}
			}
		}
		None
	}

	/// Returns the time at which the next pause of a block or a provider ends.
	fn next_wake(&self, now: Instant) -> Option<Instant> {
		let blocks = self.missing.iter().map(|want| want.ready_at).filter(|ready_at| *ready_at > now);
		blocks.chain(self.providers.next_ready(now)).min()
	}

	fn settle(&mut self, outcome: Outcome, progress: &impl Fn(Progress)) {
		match outcome {
			Outcome::LookedUp(want, None) => self.missing.push_back(want),
			Outcome::LookedUp(want, Some(children)) => self.arrived(want, children, progress),
			Outcome::Delivered { want, provider, took, bytes, children } => {
				self.providers.delivered(provider, took);
				self.progress.downloaded += bytes;
				self.answered = true;
				self.arrived(want, children, progress);
			}
			Outcome::Refused(want, provider, refusal) => self.refused(want, provider, refusal),
		}
	}

	fn arrived(&mut self, want: Want, children: Children, progress: &impl Fn(Progress)) {
		self.last_arrival = Instant::now();
		if want.span.is_leaf() {
			self.progress.done += want.span.size();
		}
		self.want(children);
		self.unseen.extend(self.repeated.remove(&want.id.digest).unwrap_or_default());
		progress(self.progress);
	}

	fn refused(&mut self, mut want: Want, provider: usize, refusal: Refusal) {
		let (now, name) = (Instant::now(), self.providers.name(provider));
		self.answered |= match &refusal {
			Refusal::Absent | Refusal::WrongBytes => true,
			Refusal::Failed(reason) => reason.starts_with("it answered"),
		};
		self.providers.refused(provider, &refusal, now);
		tracing::debug!(provider = name, block = %want.id, ?refusal, "no block");
		self.last_failure = Some(match &refusal {
			Refusal::Absent => format!("{name} does not have block {}", want.id),
			Refusal::WrongBytes => format!("{name} sent something else than block {}", want.id),
			Refusal::Failed(reason) => format!("{name} failed on block {}: {reason}", want.id),
		});
		if matches!(refusal, Refusal::Absent) {
			want.asked.insert(provider);
			if self.providers.all_in(want.asked) {
				want.asked = ProviderSet::default();
				want.rounds = want.rounds.saturating_add(1);
				want.ready_at = now + pause(want.rounds);
			}
		}
		self.missing.push_front(want);
	}

	fn unavailable(&self, why: &str) -> FetchError {
		let reason = match &self.last_failure {
			Some(failure) => format!("{why}; lastly, {failure}"),
			None => why.into(),
		};
		FetchError::Unavailable {
			content: self.content,
			done: self.progress.done,
			reason,
			answered: self.answered,
		}
	}

	/// Deletes the blocks of content that can never become complete.
	async fn fail(&mut self, error: FetchError) -> FetchError {
		self.jobs.clear();
		if matches!(error, FetchError::Invalid { .. }) {
			let session = self.session.clone();
			if let Ok(Err(error)) = blocking(move || session.discard()).await {
				tracing::warn!(%error, "deleting malformed content");
			}
		}
		error
	}
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, FetchError> {
	tokio::task::spawn_blocking(work).await.map_err(|error| FetchError::Io(error.into()))
}

async fn look_up(session: Arc<Session>, want: Want) -> Result<Outcome, FetchError> {
	let children = blocking(move || -> StoreResult<_> {
		let block = session.get(&want.id)?;
		Ok(block.map(|block| want.span.open(&want.id, &block)).transpose()?)
	});
	Ok(Outcome::LookedUp(want, children.await??))
}

async fn request(
	client: Client,
	url: reqwest::Url,
	session: Arc<Session>,
	want: Want,
	provider: usize,
) -> Result<Outcome, FetchError> {
	let started = Instant::now();
	let block = match download(&client, url).await {
		Ok(block) => block,
		Err(refusal) => return Ok(Outcome::Refused(want, provider, refusal)),
	};
	let (took, bytes) = (started.elapsed(), block.len() as u64);
	let kept = blocking(move || keep(&session, &want, &block)).await??;
	Ok(match kept {
		Some(children) => Outcome::Delivered { want, provider, took, bytes, children },
		None => Outcome::Refused(want, provider, Refusal::WrongBytes),
	})
}

/// Checks a block and puts it into the store. Returns `None` if the bytes are not the block's.
fn keep(session: &Session, want: &Want, block: &Bytes) -> StoreResult<Option<Children>> {
	if !want.id.matches(block) {
		return Ok(None);
	}
	let children = want.span.open(&want.id, block)?;
	session.put(&want.id, block)?;
	Ok(Some(children))
}
