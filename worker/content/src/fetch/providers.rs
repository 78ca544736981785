use std::time::Duration;

use rand::seq::SliceRandom;
use reqwest::Url;
use tokio::time::Instant;

use super::{
	address::parse,
	relay::{key, rank},
};
use crate::BlockId;

/// Most providers, and most peers, that are asked for one content. Both fit into a [`ProviderSet`], but for
/// the last peer where the own gateway is known.
const MAX_PROVIDERS: usize = 64;
/// Pause after a provider's first failure in a row; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// Longest pause of a provider.
const MAX_PAUSE: Duration = Duration::from_secs(60);
/// Pause of a peer that does not have a block; it doubles with each further one that it does not have.
const FIRST_ABSENCE: Duration = Duration::from_millis(10);
/// Longest pause of a peer that has none of the blocks.
const MAX_ABSENCE: Duration = Duration::from_millis(500);
/// Time for one block, and multiple of the time that it takes from anyone, up to which a busy peer is waited
/// for rather than to ask a provider.
const PEER_PATIENCE: Duration = Duration::from_millis(200);
const PEER_FACTOR: u32 = 4;
/// Time for which a provider that was overtaken is asked only for what no quicker one may have.
const SLOW: Duration = Duration::from_secs(10);

/// Longest pause of a provider that is waited for rather than to ask a doubtful one.
const SOON: Duration = Duration::from_secs(1);
/// Number of failures in a row from which a provider is asked only for blocks that no better one may have.
const DOUBTFUL: u32 = 2;

/// A set of providers, by index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ProviderSet(u128);

impl ProviderSet {
	const CAPACITY: usize = 128;

	pub(super) fn insert(&mut self, provider: usize) {
		self.0 |= 1 << provider;
	}

	pub(super) fn contains(self, provider: usize) -> bool {
		self.0 & (1 << provider) != 0
	}

	pub(super) fn is_empty(self) -> bool {
		self.0 == 0
	}

	pub(super) fn union(self, other: Self) -> Self {
		Self(self.0 | other.0)
	}
}

/// Reasons for which a provider did not deliver a block.
#[derive(Clone, Debug)]
pub(super) enum Refusal {
	/// The provider does not have the block.
	Absent,
	/// The provider sent other bytes than the block's.
	WrongBytes,
	/// The provider will never answer: it redirects, or it may not be asked.
	Final(String),
	/// The provider asked to be left alone for this long.
	Busy(Duration),
	/// The provider did not answer in time, or answered with an error.
	Failed(String),
}

/// Kind of gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
	/// A gateway that should have the whole content.
	Provider,
	/// A gateway that may have parts of the content, as it fetches it at the same time.
	Peer,
	/// The fetcher's own gateway, which has a part as peers have and is not asked.
	Own,
}

/// Whoever fetches a block from the providers, for all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Responsible {
	/// This fetcher.
	Own,
	/// The peer of this index.
	Peer(usize),
}

#[derive(Debug)]
struct Provider {
	base: Url,
	kind: Kind,
	/// Key of a peer in the ranks of blocks.
	key: u64,
	/// Index of the scheme, host and port.
	origin: usize,
	in_flight: usize,
	/// Number of failures since the last answer. Requests made side by side count as one.
	failures: u32,
	/// Number of blocks since the last delivered one that a peer did not have.
	absences: u32,
	/// True from the first delivered block to the first one that is absent.
	is_hit: bool,
	ready_at: Instant,
	slow_until: Instant,
	banned: bool,
	/// Moving average of the time that one block takes.
	latency: Duration,
}

impl Provider {
	fn is_doubtful(&self, now: Instant) -> bool {
		self.failures >= DOUBTFUL || self.slow_until > now
	}

	/// Number of requests that the provider gets at one time: one if it has just failed, and one for a peer
	/// that may have nothing.
	fn slots(&self, per_origin: usize) -> usize {
		let is_probed = self.kind == Kind::Peer && !self.is_hit;
		if self.failures > 0 || is_probed {
			1
		} else {
			per_origin
		}
	}
}

/// The gateways of one fetch and their state.
#[derive(Debug)]
pub(super) struct Providers {
	all: Vec<Provider>,
	/// Number of requests in flight to each origin.
	origins: Vec<(url::Origin, usize)>,
	per_origin: usize,
	/// Moving average of the time that one block takes from anyone.
	latency: Duration,
	/// Fault of the last URL that is not asked at all.
	fault: Option<String>,
}

/// Returns the pause after this many failures in a row.
pub(super) fn pause(failures: u32) -> Duration {
	doubled(FIRST_PAUSE, failures).min(MAX_PAUSE)
}

fn doubled(first: Duration, times: u32) -> Duration {
	first.saturating_mul(1 << times.saturating_sub(1).min(16))
}

impl Providers {
	/// Returns the gateways behind these URLs. `per_origin` is the most requests at one time to one scheme,
	/// host and port.
	pub(super) fn new(
		providers: &[impl AsRef<str>],
		peers: &[impl AsRef<str>],
		own: Option<&str>,
		per_origin: usize,
		allow_private: bool,
	) -> Self {
		let mut all = Self {
			all: Vec::new(),
			origins: Vec::new(),
			per_origin: per_origin.max(1),
			latency: Duration::ZERO,
			fault: None,
		};
		// Whether this machine may reach itself does not matter: nothing asks it.
		all.add(Kind::Own, own.into_iter(), true);
		all.add(Kind::Provider, providers.iter().map(AsRef::as_ref), allow_private);
		// Peers are asked in another order by each fetcher.
		let mut peers: Vec<_> = peers.iter().map(AsRef::as_ref).collect();
		peers.shuffle(&mut rand::rng());
		all.add(Kind::Peer, peers.into_iter(), allow_private);
		all
	}

	fn add<'a>(&mut self, kind: Kind, urls: impl Iterator<Item = &'a str>, allow_private: bool) {
		let most = (self.all.len() + MAX_PROVIDERS).min(ProviderSet::CAPACITY);
		for text in urls {
			match parse(text, allow_private) {
				Ok(base) if self.all.len() < most && self.all.iter().all(|known| known.base != base) => {
					let now = Instant::now();
					let origin = self.origin(&base);
					self.all.push(Provider {
						key: key(&base),
						base,
						kind,
						origin,
						in_flight: 0,
						failures: 0,
						absences: 0,
						is_hit: false,
						ready_at: now,
						slow_until: now,
						banned: kind == Kind::Own,
						latency: Duration::ZERO,
					});
				}
				Ok(_) => {}
				Err(fault) => {
					tracing::warn!(%fault, "a provider is left out");
					self.fault = Some(fault);
				}
			}
		}
	}

	fn origin(&mut self, base: &Url) -> usize {
		let origin = base.origin();
		self.origins.iter().position(|(known, _)| *known == origin).unwrap_or_else(|| {
			self.origins.push((origin, 0));
			self.origins.len() - 1
		})
	}

	/// Returns the fault of a URL that is not asked at all.
	pub(super) fn fault(&self) -> Option<&str> {
		self.fault.as_deref()
	}

	/// Returns the number of those that fetch the content at the same time, this one among them.
	pub(super) fn fetchers(&self) -> usize {
		self.all.iter().filter(|provider| provider.kind != Kind::Provider).count()
	}

	/// Returns who is responsible for a block, of this fetcher and the peers that do not fail.
	pub(super) fn responsible(&self, digest: &[u8; 32], now: Instant) -> Option<Responsible> {
		let all = self.all.iter().enumerate();
		let fit = all.filter(|(_, p)| match p.kind {
			Kind::Own => true,
			Kind::Peer => !p.banned && p.failures == 0 && !p.is_doubtful(now),
			Kind::Provider => false,
		});
		let (index, first) = fit.min_by_key(|(_, p)| rank(p.key, digest))?;
		Some(if first.kind == Kind::Own { Responsible::Own } else { Responsible::Peer(index) })
	}

	/// Takes a slot of the only one that is asked while a block is left to who is responsible for it: a
	/// provider, which gets at most so many requests, or that peer, which gets one.
	pub(super) fn take_for(
		&mut self,
		responsible: Responsible,
		at_provider: usize,
		asked: ProviderSet,
		now: Instant,
	) -> Option<usize> {
		match responsible {
			Responsible::Own => {
				let providers = self.all.iter().filter(|p| p.kind == Kind::Provider);
				let in_flight: usize = providers.map(|p| p.in_flight).sum();
				(in_flight < at_provider).then(|| self.take(Kind::Provider, asked, now)).flatten()
			}
			Responsible::Peer(index) => {
				let peer = &mut self.all[index];
				if peer.in_flight > 0 || peer.ready_at > now {
					return None;
				}
				peer.in_flight += 1;
				self.origins[peer.origin].1 += 1;
				Some(index)
			}
		}
	}

	/// Returns the average time that providers take for a block, zero before the first one.
	pub(super) fn pace(&self) -> Duration {
		let providers = self.all.iter().filter(|p| p.kind == Kind::Provider);
		providers.map(|p| p.latency).max().unwrap_or_default()
	}

	/// Returns true if there are peers.
	pub(super) fn has_peers(&self) -> bool {
		self.all.iter().any(|provider| provider.kind == Kind::Peer)
	}

	/// Returns the kind of a gateway.
	pub(super) fn kind(&self, provider: usize) -> Kind {
		self.all[provider].kind
	}

	/// Returns true if no provider is left to ask.
	pub(super) fn exhausted(&self) -> bool {
		self.all.iter().all(|provider| provider.banned)
	}

	/// Returns true if the set holds every provider that may still be asked, but for those that fail.
	pub(super) fn all_in(&self, asked: ProviderSet) -> bool {
		let mut all = self.all.iter().enumerate();
		all.all(|(index, provider)| provider.banned || provider.failures > 0 || asked.contains(index))
	}

	/// Returns true if the set holds every provider of this kind that may still be asked.
	pub(super) fn all_of(&self, kind: Kind, asked: ProviderSet) -> bool {
		let mut all = self.all.iter().enumerate();
		all.all(|(index, provider)| provider.banned || provider.kind != kind || asked.contains(index))
	}

	/// Returns the least busy provider of a kind outside of the set, and the quickest among equally busy
	/// ones. One of its slots is taken until [`Providers::delivered`], [`Providers::refused`] or
	/// [`Providers::overtaken`].
	pub(super) fn take(&mut self, kind: Kind, asked: ProviderSet, now: Instant) -> Option<usize> {
		let open = |provider: &Provider| {
			provider.ready_at <= now
				&& provider.in_flight < provider.slots(self.per_origin)
				&& self.origins[provider.origin].1 < self.per_origin
		};
		let willing = || {
			let all = self.all.iter().enumerate();
			all.filter(|(index, p)| p.kind == kind && !p.banned && !asked.contains(*index))
		};
		let better = willing().any(|(_, p)| !p.is_doubtful(now) && p.ready_at <= now + SOON);
		let candidates = willing().filter(|(_, p)| open(p) && (!p.is_doubtful(now) || !better));
		let (best, _) = candidates.min_by_key(|(_, p)| (p.absences, p.in_flight, p.latency))?;
		self.all[best].in_flight += 1;
		self.origins[self.all[best].origin].1 += 1;
		Some(best)
	}

	/// Returns true if a peer outside of the set is busy, and quick enough to be waited for, which spares the
	/// providers.
	pub(super) fn awaits_peer(&self, asked: ProviderSet, now: Instant) -> bool {
		let patience = (self.latency * PEER_FACTOR).max(PEER_PATIENCE);
		let all = self.all.iter().enumerate();
		let mut peers = all.filter(|(index, p)| p.kind == Kind::Peer && !p.banned && !asked.contains(*index));
		peers.any(|(_, p)| {
			let is_open = p.failures == 0 && !p.is_doubtful(now) && p.ready_at <= now;
			is_open && p.in_flight > 0 && p.latency <= patience
		})
	}

	/// Returns the time at which the next pause ends.
	pub(super) fn next_ready(&self, now: Instant) -> Option<Instant> {
		let open = self.all.iter().filter(|provider| !provider.banned);
		open.flat_map(|p| [p.ready_at, p.slow_until]).filter(|at| *at > now).min()
	}

	/// Returns the URL of a block at a provider.
	pub(super) fn url(&self, provider: usize, id: &BlockId) -> Url {
		let mut url = self.all[provider].base.clone();
		if let Ok(mut path) = url.path_segments_mut() {
			path.pop_if_empty().push("ipfs").push(&id.to_string());
		}
		url.set_query(Some("format=raw"));
		url.set_fragment(None);
		url
	}

	/// Returns a name for messages, without the credentials that the URL may hold.
	pub(super) fn name(&self, provider: usize) -> String {
		let base = &self.all[provider].base;
		base.origin().ascii_serialization()
	}

	/// Returns the average time that one block takes, zero before the first one.
	pub(super) fn latency(&self) -> Duration {
		self.latency
	}

	fn free(&mut self, index: usize) -> &mut Provider {
		let provider = &mut self.all[index];
		provider.in_flight -= 1;
		self.origins[provider.origin].1 -= 1;
		provider
	}

	/// Notes that a provider has sent a block, and frees the slot.
	pub(super) fn delivered(&mut self, index: usize, took: Duration) {
		self.latency = if self.latency.is_zero() { took } else { (self.latency * 7 + took) / 8 };
		let provider = self.free(index);
		(provider.failures, provider.absences, provider.is_hit) = (0, 0, true);
		provider.latency = (provider.latency * 3 + took) / 4;
	}

	/// Notes that a provider, which has its slot back, has sent other bytes than the block's.
	pub(super) fn lied(&mut self, index: usize) {
		self.all[index].banned = true;
	}

	/// Frees the slot of a request that another provider has overtaken.
	pub(super) fn overtaken(&mut self, index: usize, after: Duration) {
		let provider = self.free(index);
		provider.latency = (provider.latency * 3 + after) / 4;
	}

	/// Notes that a request stalls.
	pub(super) fn stalls(&mut self, index: usize, now: Instant) {
		self.all[index].slow_until = now + SLOW;
	}

	pub(super) fn refused(&mut self, index: usize, refusal: &Refusal, now: Instant) {
		let provider = self.free(index);
		match refusal {
			Refusal::Absent => {
				provider.failures = 0;
				provider.is_hit = false;
				if provider.kind == Kind::Peer {
					provider.absences = provider.absences.saturating_add(1);
					provider.ready_at = now + doubled(FIRST_ABSENCE, provider.absences).min(MAX_ABSENCE);
				}
			}
			Refusal::WrongBytes | Refusal::Final(_) => provider.banned = true,
			Refusal::Busy(wait) => {
				provider.ready_at = provider.ready_at.max(now + (*wait).max(FIRST_PAUSE));
			}
			Refusal::Failed(_) if provider.ready_at > now => {}
			Refusal::Failed(_) => {
				provider.failures = provider.failures.saturating_add(1);
				provider.ready_at = now + pause(provider.failures);
			}
		}
	}
}

#[cfg(test)]
#[path = "providers_tests.rs"]
mod tests;
