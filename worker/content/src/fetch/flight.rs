//! The requests for one block: one at first, and more where it stalls.

use std::{sync::Arc, time::Duration};

use futures::future::AbortHandle;
use tokio::time::Instant;

use super::{
	download::Flow,
	providers::{Kind, ProviderSet, Providers},
};
use crate::{layout::Span, BlockId};

/// Shortest time after which a request that has brought nothing stalls.
const FIRST_PATIENCE: Duration = Duration::from_millis(500);
/// Multiple of the average time of a block after which a request that has brought nothing stalls.
const PATIENCE_FACTOR: u32 = 3;
/// Multiple of that time after which a request stalls though bytes arrive.
const TRICKLE_FACTOR: u32 = 4;
/// Slowest rate of a request that does not stall, in bytes per second. A block of 1 MiB takes 16 seconds.
const MIN_RATE: u32 = 64 << 10;
/// Time after which a flight that found every other gateway busy looks again.
const RETRY: Duration = Duration::from_millis(50);
/// Most peers that are asked in vain for a block before its providers are.
const PROBES: u32 = 8;

/// A block that the content needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Want {
	pub(super) id: BlockId,
	pub(super) span: Span,
	/// Number of leaves before the block.
	pub(super) leaf: u64,
	/// Providers that were asked in this round and did not have the block.
	pub(super) asked: ProviderSet,
	/// Number of peers among them.
	pub(super) probes: u32,
	/// Number of times that all providers have been asked.
	pub(super) rounds: u32,
	pub(super) ready_at: Instant,
}

impl Want {
	pub(super) fn new(id: BlockId, span: Span, leaf: u64) -> Self {
		let asked = ProviderSet::default();
		Self { id, span, leaf, asked, probes: 0, rounds: 0, ready_at: Instant::now() }
	}

	/// Takes a slot of the gateway to ask first: a peer that may have the block, and else a provider.
	pub(super) fn choose(&self, providers: &mut Providers, now: Instant) -> Option<usize> {
		if self.probes < PROBES {
			if let Some(peer) = providers.take(Kind::Peer, self.asked, now) {
				return Some(peer);
			}
			if providers.awaits_peer(self.asked, now) {
				return None;
			}
		}
		if let Some(provider) = providers.take(Kind::Provider, self.asked, now) {
			return Some(provider);
		}
		providers
			.all_of(Kind::Provider, self.asked)
			.then(|| providers.take(Kind::Peer, self.asked, now))
			.flatten()
	}
}

/// A request in flight.
#[derive(Debug)]
pub(super) struct Request {
	pub(super) provider: usize,
	pub(super) started: Instant,
	pub(super) flow: Arc<Flow>,
	pub(super) abort: AbortHandle,
	/// True when all has come, and waits to be checked: the provider has its slot back.
	pub(super) is_received: bool,
	/// Number of bytes at the last look.
	seen: u64,
}

impl Request {
	pub(super) fn new(provider: usize, flow: Arc<Flow>, abort: AbortHandle) -> Self {
		Self { provider, started: Instant::now(), flow, abort, is_received: false, seen: 0 }
	}
}

/// All requests for one block. The first good answer wins.
#[derive(Debug)]
pub(super) struct Flight {
	pub(super) want: Want,
	pub(super) requests: Vec<Request>,
	/// Providers that were asked in this flight.
	tried: ProviderSet,
	/// Time of the next look at the requests.
	pub(super) look_at: Instant,
	looked_at: Instant,
	/// Number of requests that the next look adds if all stall. It doubles, so that any number of silent
	/// providers costs little time.
	pub(super) more: usize,
}

impl Flight {
	pub(super) fn new(want: Want, patience: Duration) -> Self {
		let now = Instant::now();
		let tried = ProviderSet::default();
		Self { want, requests: Vec::new(), tried, look_at: now + patience, looked_at: now, more: 1 }
	}

	pub(super) fn add(&mut self, request: Request) {
		self.tried.insert(request.provider);
		self.requests.push(request);
	}

	/// Notes that all has come that a provider sends.
	pub(super) fn received(&mut self, provider: usize) {
		for request in self.requests.iter_mut().filter(|request| request.provider == provider) {
			request.is_received = true;
		}
	}

	/// Removes and returns the request to a provider.
	pub(super) fn remove(&mut self, provider: usize) -> Option<Request> {
		let index = self.requests.iter().position(|request| request.provider == provider)?;
		Some(self.requests.swap_remove(index))
	}

	/// Removes and returns the oldest request of which nothing has come.
	pub(super) fn remove_silent(&mut self) -> Option<Request> {
		let silent = self.requests.iter().filter(|request| request.flow.received() == 0);
		let provider = silent.min_by_key(|request| request.started)?.provider;
		self.remove(provider)
	}

	/// Takes a slot of a gateway that this flight has not tried. Providers come first: a peer may have
	/// nothing.
	pub(super) fn choose(&self, providers: &mut Providers, now: Instant) -> Option<usize> {
		let asked = self.want.asked.union(self.tried);
		let mut take = |kind| providers.take(kind, asked, now);
		take(Kind::Provider).or_else(|| take(Kind::Peer))
	}

	/// Looks again soon if there are gateways to try that were busy.
	pub(super) fn try_again(&mut self, providers: &Providers, now: Instant) {
		if !providers.all_in(self.want.asked.union(self.tried)) {
			self.look_at = now + RETRY;
		}
	}

	/// Returns true if there is a request of which nothing has come.
	pub(super) fn is_silent(&self) -> bool {
		self.requests.iter().any(|request| request.flow.received() == 0)
	}

	/// Returns true if every request stalls: it brings less than [`MIN_RATE`], or takes much longer than
	/// blocks do.
	pub(super) fn stalls(&mut self, patience: Duration, now: Instant) -> bool {
		let interval = now - self.looked_at;
		let least = interval.as_millis() * u128::from(MIN_RATE) / 1000;
		self.looked_at = now;
		let mut all_stall = true;
		for request in &mut self.requests {
			let received = request.flow.received();
			let flows = u128::from(received - request.seen) > least
				&& now - request.started < patience * TRICKLE_FACTOR;
			request.seen = received;
			all_stall &= !flows && !request.is_received;
		}
		all_stall
	}
}

/// Returns the time after which a request that has brought nothing stalls.
pub(super) fn patience(latency: Duration, request_timeout: Duration) -> Duration {
	(latency * PATIENCE_FACTOR).max(FIRST_PATIENCE).min(request_timeout / 2)
}
