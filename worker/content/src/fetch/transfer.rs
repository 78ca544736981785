use std::{
	collections::{HashMap, VecDeque},
	num::NonZero,
	sync::Arc,
	time::Duration,
};

use descent_protocol::ContentRef;
use futures::{
	future::{AbortHandle, BoxFuture},
	stream::{FuturesUnordered, StreamExt},
	FutureExt,
};
use reqwest::Client;
use tokio::time::Instant;

use super::{
	check::{check, next_batch, Checked},
	download::Flow,
	flight::{patience, Flight, Request, Want},
	providers::{pause, Kind, ProviderSet, Providers, Refusal, Responsible},
	relay::Relay,
	request::{blocking, look_up, Children, Order, Outcome, Received},
	FetchError, FetchLimits, Progress,
};
use crate::{
	layout::{numbered, Span},
	store::Session,
	BlockId,
};

/// Most blocks that are waited for at one time while they are left to others.
const RELAYED: usize = 256;

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
	/// Blocks that are being fetched, by digest.
	flights: HashMap<[u8; 32], Flight>,
	/// Set while blocks are left to those that are responsible for them.
	relay: Option<Relay>,
	/// Blocks that occur again while their first occurrence is being fetched, by digest. The key exists from
	/// the lookup of the first occurrence until that block is in the store.
	repeated: HashMap<[u8; 32], Vec<Want>>,
	jobs: FuturesUnordered<BoxFuture<'a, Result<Outcome, FetchError>>>,
	/// Blocks that wait to be checked.
	received: Vec<Received>,
	/// Number of blocks that are being checked.
	in_check: usize,
	checks: FuturesUnordered<BoxFuture<'a, Result<Vec<Checked>, FetchError>>>,
	/// Most checks at one time.
	most_checks: usize,
	progress: Progress,
	last_arrival: Instant,
	last_failure: Option<String>,
	/// True once any provider has answered at all.
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
		let relay = Relay::new(root.leaves(), providers.fetchers(), Instant::now());
		let mut transfer = Self {
			client,
			limits,
			session: Arc::new(session),
			content,
			unseen: Vec::new(),
			missing: VecDeque::new(),
			flights: HashMap::new(),
			relay,
			repeated: HashMap::new(),
			jobs: FuturesUnordered::new(),
			received: Vec::new(),
			in_check: 0,
			checks: FuturesUnordered::new(),
			most_checks: std::thread::available_parallelism().map_or(1, NonZero::get).div_ceil(2),
			progress: Progress { total: content.size, ..Progress::default() },
			last_arrival: Instant::now(),
			last_failure: providers.fault().map(str::to_owned),
			answered: false,
			providers,
		};
		transfer.want(vec![(BlockId::from(&content), root)], 0);
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
			self.start_checks();
			if self.jobs.is_empty() && self.checks.is_empty() {
				if self.missing.is_empty() {
					break;
				}
				if self.providers.exhausted() {
					return Err(self.unavailable("there is no provider left to ask"));
				}
			}
			let wake = self.next_wake(now).map_or(give_up, |wake| wake.min(give_up));
			let settled = tokio::select! {
				Some(outcome) = self.jobs.next() => outcome.map(|outcome| self.settle(outcome, &progress)),
				Some(checked) = self.checks.next() => checked.map(|batch| self.checked(batch, &progress)),
				() = tokio::time::sleep_until(wake) => Ok(()),
			};
			if let Err(error) = settled {
				return Err(self.fail(error).await);
			}
		}
		let session = self.session.clone();
		Ok(blocking(move || session.commit()).await??)
	}

	/// Queues blocks, before which there are `leaf` leaves, so that the first one is handled first. With
	/// peers, each fetcher begins with another one, so that they soon have different blocks for each other.
	fn want(&mut self, blocks: Children, leaf: u64) {
		let mut blocks: Vec<_> = numbered(blocks, leaf).collect();
		if self.providers.has_peers() && blocks.len() > 1 {
			let first = rand::random_range(0..blocks.len());
			blocks.rotate_left(first);
		}
		if self.relay.is_some() {
			// Others wait for what this fetcher is responsible for.
			let now = Instant::now();
			blocks.sort_by_key(|(id, ..)| {
				self.providers.responsible(&id.digest, now) != Some(Responsible::Own)
			});
		}
		self.unseen.extend(blocks.into_iter().rev().map(|(id, span, leaf)| Want::new(id, span, leaf)));
	}

	/// Starts as many requests and lookups as the limits allow. Blocks that stall come first.
	fn start_jobs(&mut self, now: Instant) {
		if self.relay_end(now).is_some_and(|end| end <= now) {
			self.relay = None;
		}
		self.hedge(now);
		let limit = self.limits.requests.max(1);
		// Blocks that others do not have yet keep none from being asked for that they have.
		let queue = if self.relay.is_some() { limit.max(RELAYED) } else { limit };
		while self.jobs.len() + self.received.len() + self.in_check < limit {
			if let Some((want, provider)) = self.next_request(now) {
				let mut flight = Flight::new(want, self.patience());
				self.request(&mut flight, provider);
				// All below a node waits for it, and it is small: one that stalls costs no time.
				if let Some(second) =
					(!want.span.is_leaf()).then(|| flight.choose(&mut self.providers, now)).flatten()
				{
					self.request(&mut flight, second);
				}
				self.flights.insert(want.id.digest, flight);
			} else if let Some(want) = self.unseen.pop_if(|_| self.missing.len() < queue) {
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

	/// Starts checks of the blocks that have come. While they wait for each other, more are checked together.
	fn start_checks(&mut self) {
		while !self.received.is_empty() && self.checks.len() < self.most_checks {
			let batch = next_batch(&mut self.received);
			self.in_check += batch.len();
			self.checks.push(check(self.session.clone(), batch).boxed());
		}
	}

	/// Removes and returns the first missing block that some provider can be asked for now.
	fn next_request(&mut self, now: Instant) -> Option<(Want, usize)> {
		for index in 0..self.missing.len() {
			let want = self.missing[index];
			if want.ready_at <= now {
				if let Some(provider) = self.choose(&want, now) {
					self.missing.remove(index);
					return Some((want, provider));
				}
			}
		}
		None
	}

	/// Takes a slot of the gateway to ask for a block.
	fn choose(&mut self, want: &Want, now: Instant) -> Option<usize> {
		let relay = self.relay.filter(|_| want.span.is_leaf());
		let responsible = relay.and_then(|_| self.providers.responsible(&want.id.digest, now));
		match relay.zip(responsible) {
			Some((relay, who)) => self.providers.take_for(who, relay.at_provider, want.asked, now),
			None => want.choose(&mut self.providers, now),
		}
	}

	/// Returns the time at which blocks are no longer left to those that are responsible for them. Before the
	/// first block of a provider is here, its time is at least how long it has taken.
	fn relay_end(&self, now: Instant) -> Option<Instant> {
		let relay = self.relay.as_ref()?;
		let requests = self.flights.values().flat_map(|flight| &flight.requests);
		let at_provider = requests.filter(|request| self.providers.kind(request.provider) == Kind::Provider);
		let waits = at_provider.map(|request| now - request.started).max().unwrap_or_default();
		Some(relay.end(self.providers.pace().max(waits)))
	}

	/// Drops the only request of a flight, to a peer that is responsible for the block and brings nothing:
	/// the next one in its rank then is. Returns false if it is another flight.
	fn leave_peer(&mut self, flight: &mut Flight, now: Instant) -> bool {
		let [request] = flight.requests.as_slice() else {
			return false;
		};
		if self.relay.is_none() || self.providers.kind(request.provider) != Kind::Peer {
			return false;
		}
		self.providers.stalls(request.provider, now);
		if let Some(request) = flight.requests.pop() {
			self.overtaken(&request);
		}
		true
	}

	fn request(&mut self, flight: &mut Flight, provider: usize) {
		let (abort, registration) = AbortHandle::new_pair();
		let flow = Arc::<Flow>::default();
		let want = flight.want;
		let url = self.providers.url(provider, &want.id);
		let (client, buffers) = (self.client.clone(), self.session.buffers().clone());
		let order = Order { client, url, buffers, want, provider, flow: flow.clone() };
		self.jobs.push(order.run(registration).boxed());
		flight.add(Request::new(provider, flow, abort));
	}

	fn patience(&self) -> Duration {
		patience(self.providers.latency(), self.limits.request_timeout)
	}

	/// Asks further providers for the blocks whose requests stall.
	fn hedge(&mut self, now: Instant) {
		let due = self.flights.iter().filter(|(_, flight)| flight.look_at <= now);
		let due: Vec<_> = due.map(|(digest, _)| *digest).collect();
		for digest in due {
			if let Some(mut flight) = self.flights.remove(&digest) {
				self.hedge_one(&mut flight, now);
				match flight.requests.is_empty() {
					true => self.missing.push_front(flight.want),
					false => drop(self.flights.insert(digest, flight)),
				}
			}
		}
	}

	fn hedge_one(&mut self, flight: &mut Flight, now: Instant) {
		let patience = self.patience();
		flight.look_at = now + patience;
		if !flight.stalls(patience, now) || self.leave_peer(flight, now) {
			return;
		}
		for request in &flight.requests {
			self.providers.stalls(request.provider, now);
		}
		// Second requests have slots of their own, so that first ones that stall cannot keep them out.
		let limit = self.limits.requests.max(1);
		let limit = limit + limit.div_ceil(2);
		let more = flight.more;
		for _ in 0..more {
			let is_full = self.jobs.len() >= limit;
			if is_full && !flight.is_silent() {
				break;
			}
			let Some(provider) = flight.choose(&mut self.providers, now) else {
				flight.try_again(&self.providers, now);
				return;
			};
			if let Some(request) = is_full.then(|| flight.remove_silent()).flatten() {
				self.overtaken(&request);
			}
			self.request(flight, provider);
		}
		flight.more = more.saturating_mul(2);
	}

	/// Drops a request.
	fn overtaken(&mut self, request: &Request) {
		request.abort.abort();
		self.answered |= request.flow.answered();
		if !request.is_received {
			self.providers.overtaken(request.provider, request.started.elapsed());
		}
	}

	/// Returns the time at which the next pause of a block or a provider ends, or requests are looked at.
	fn next_wake(&self, now: Instant) -> Option<Instant> {
		let blocks = self.missing.iter().map(|want| want.ready_at);
		let looks = self.flights.values().map(|flight| flight.look_at).chain(self.relay_end(now));
		blocks.chain(looks).filter(|at| *at > now).chain(self.providers.next_ready(now)).min()
	}

	/// Returns the provider's slot as soon as a block has come: it sends the next one while this is checked.
	fn received(&mut self, received: Received, took: Duration) {
		self.answered = true;
		self.providers.delivered(received.provider, took);
		if let Some(flight) = self.flights.get_mut(&received.want.id.digest) {
			flight.received(received.provider);
		}
		self.received.push(received);
	}

	fn checked(&mut self, batch: Vec<Checked>, progress: &impl Fn(Progress)) {
		self.in_check -= batch.len();
		for Checked { want, provider, len, children } in batch {
			let Some(children) = children else {
				self.providers.lied(provider);
				self.unserved(want, provider, Refusal::WrongBytes);
				continue;
			};
			// Without a flight another provider was quicker.
			if let Some(flight) = self.flights.remove(&want.id.digest) {
				flight.requests.iter().for_each(|request| self.overtaken(request));
				self.progress.downloaded += len;
				self.arrived(want, children, progress);
			}
		}
	}

	fn settle(&mut self, outcome: Outcome, progress: &impl Fn(Progress)) {
		match outcome {
			Outcome::LookedUp(want, None) => self.missing.push_back(want),
			Outcome::LookedUp(want, Some(children)) => self.arrived(want, children, progress),
			Outcome::Received(received, took) => self.received(received, took),
			Outcome::Refused(want, provider, refusal) => {
				self.providers.refused(provider, &refusal, Instant::now());
				self.unserved(want, provider, refusal);
			}
			Outcome::Aborted => {}
		}
	}

	fn arrived(&mut self, want: Want, children: Children, progress: &impl Fn(Progress)) {
		self.last_arrival = Instant::now();
		if want.span.is_leaf() {
			self.progress.done += want.span.size();
		}
		self.want(children, want.leaf);
		self.unseen.extend(self.repeated.remove(&want.id.digest).unwrap_or_default());
		progress(self.progress);
	}

	/// Lets others be asked for a block that a provider did not bring.
	fn unserved(&mut self, want: Want, provider: usize, refusal: Refusal) {
		let (now, name) = (Instant::now(), self.providers.name(provider));
		tracing::debug!(provider = name, block = %want.id, ?refusal, "no block");
		// A peer is asked on the off chance: that it does not have a block explains nothing.
		if self.providers.kind(provider) == Kind::Provider || self.last_failure.is_none() {
			self.last_failure = Some(match &refusal {
				Refusal::Absent => format!("{name} does not have block {}", want.id),
				Refusal::WrongBytes => format!("{name} sent something else than block {}", want.id),
				Refusal::Final(reason) => format!("{name} is not asked again: {reason}"),
				Refusal::Busy(wait) => format!("{name} asked for a pause of {} seconds", wait.as_secs()),
				Refusal::Failed(reason) => format!("{name} failed on block {}: {reason}", want.id),
			});
		}
		let Some(mut flight) = self.flights.remove(&want.id.digest) else {
			return;
		};
		self.answered |= flight.remove(provider).is_some_and(|request| request.flow.answered());
		let is_left_to_others = self.relay.is_some() && self.providers.kind(provider) == Kind::Peer;
		if is_left_to_others && flight.requests.is_empty() {
			// It is asked again, after those that it may have.
			self.missing.push_back(flight.want);
			return;
		}
		if matches!(refusal, Refusal::Absent) {
			flight.want.asked.insert(provider);
			flight.want.probes += u32::from(self.providers.kind(provider) == Kind::Peer);
		}
		if flight.requests.is_empty() {
			self.missing.push_front(self.next_round(flight.want, now));
		} else {
			if flight.more > 1 {
				// The other requests had stalled when this one began: the next provider is asked at once.
				flight.look_at = now;
			}
			self.flights.insert(want.id.digest, flight);
		}
	}

	/// Lets a block rest that no provider has.
	fn next_round(&self, mut want: Want, now: Instant) -> Want {
		if !want.asked.is_empty() && self.providers.all_in(want.asked) {
			(want.asked, want.probes) = (ProviderSet::default(), 0);
			want.rounds = want.rounds.saturating_add(1);
			want.ready_at = now + pause(want.rounds);
		}
		want
	}

	fn unavailable(&self, why: &str) -> FetchError {
		let reason = match &self.last_failure {
			Some(failure) => format!("{why}; lastly, {failure}"),
			None => why.into(),
		};
		let mut requests = self.flights.values().flat_map(|flight| &flight.requests);
		let answered = self.answered || requests.any(|request| request.flow.answered());
		FetchError::Unavailable { content: self.content, done: self.progress.done, reason, answered }
	}

	/// Deletes the blocks of content that can never become complete.
	async fn fail(&mut self, error: FetchError) -> FetchError {
		self.jobs.clear();
		self.checks.clear();
		if matches!(error, FetchError::Invalid { .. }) {
			let session = self.session.clone();
			if let Ok(Err(error)) = blocking(move || session.discard()).await {
				tracing::warn!(%error, "deleting malformed content");
			}
		}
		error
	}
}
