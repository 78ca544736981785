use std::time::Duration;

use reqwest::Url;
use tokio::time::Instant;

use crate::BlockId;

/// Most providers that are asked for one content: the width of [`ProviderSet`] in bits.
const MAX_PROVIDERS: usize = 64;
/// Longest provider URL, in bytes.
const MAX_URL: usize = 1024;
/// Pause after a provider's first failure in a row; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// Longest pause of a provider.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// Number of failures in a row from which a provider is asked only for blocks that no better one may have.
const DOUBTFUL: u32 = 2;

/// A set of providers, by index.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ProviderSet(u64);

impl ProviderSet {
	pub(super) fn insert(&mut self, provider: usize) {
		self.0 |= 1 << provider;
	}

	fn contains(self, provider: usize) -> bool {
		self.0 & (1 << provider) != 0
	}
}

/// Reasons for which a provider did not deliver a block.
#[derive(Clone, Debug)]
pub(super) enum Refusal {
	/// The provider does not have the block.
	Absent,
	/// The provider sent other bytes than the block's.
	WrongBytes,
	/// The provider did not answer in time, or answered with an error.
	Failed(String),
}

#[derive(Debug)]
struct Provider {
	base: Url,
	in_flight: usize,
	/// Number of failures since the last answer. Requests made side by side count as one.
	failures: u32,
	ready_at: Instant,
	banned: bool,
	/// Moving average of the time that one block takes.
	latency: Duration,
}

/// The gateways of one fetch and their state.
#[derive(Debug)]
pub(super) struct Providers {
	all: Vec<Provider>,
	per_provider: usize,
}

/// Returns the pause after this many failures in a row.
pub(super) fn pause(failures: u32) -> Duration {
	FIRST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(MAX_PAUSE)
}

fn parse(text: &str) -> Option<Url> {
	let url = Url::parse(text.get(..MAX_URL).unwrap_or(text)).ok()?;
	(text.len() <= MAX_URL && matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

impl Providers {
	pub(super) fn new(urls: &[impl AsRef<str>], per_provider: usize) -> Self {
		let mut all: Vec<Provider> = Vec::new();
		for text in urls.iter().map(AsRef::as_ref) {
			match parse(text) {
				Some(base) if all.len() < MAX_PROVIDERS && all.iter().all(|known| known.base != base) => {
					let (ready_at, latency) = (Instant::now(), Duration::ZERO);
					all.push(Provider { base, in_flight: 0, failures: 0, ready_at, banned: false, latency });
				}
				Some(_) => {}
				None => {
					let provider: String = text.chars().take(100).collect();
					tracing::warn!(?provider, "not an http(s) URL");
				}
			}
		}
		Self { all, per_provider: per_provider.max(1) }
	}

	/// Returns true if no provider is left to ask.
	pub(super) fn exhausted(&self) -> bool {
		self.all.iter().all(|provider| provider.banned)
	}

	/// Returns true if the set holds every provider that may still be asked.
	pub(super) fn all_in(&self, asked: ProviderSet) -> bool {
		self.all.iter().enumerate().all(|(index, provider)| provider.banned || asked.contains(index))
	}

	/// Returns the least busy provider outside of the set, and the quickest among equally busy ones. One of
	/// its slots is taken until [`Providers::delivered`] or [`Providers::refused`].
	pub(super) fn take(&mut self, asked: ProviderSet, now: Instant) -> Option<usize> {
		let per_provider = self.per_provider;
		let open = |provider: &Provider| {
			// A provider that has just failed gets one request at a time.
			let slots = if provider.failures > 0 { 1 } else { per_provider };
			provider.ready_at <= now && provider.in_flight < slots
		};
		let willing = || {
			let all = self.all.iter().enumerate();
			all.filter(|(index, provider)| !provider.banned && !asked.contains(*index))
		};
		let better = willing().any(|(_, provider)| provider.failures < DOUBTFUL);
		let candidates = willing().filter(|(_, p)| open(p) && (p.failures < DOUBTFUL || !better));
		let (best, _) = candidates.min_by_key(|(_, provider)| (provider.in_flight, provider.latency))?;
		self.all[best].in_flight += 1;
		Some(best)
	}

	/// Returns the time at which the next pause ends.
	pub(super) fn next_ready(&self, now: Instant) -> Option<Instant> {
		self.all.iter().filter(|p| !p.banned && p.ready_at > now).map(|p| p.ready_at).min()
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

	pub(super) fn delivered(&mut self, provider: usize, took: Duration) {
		let provider = &mut self.all[provider];
		provider.in_flight -= 1;
		provider.failures = 0;
		provider.latency = (provider.latency * 3 + took) / 4;
	}

	pub(super) fn refused(&mut self, index: usize, refusal: &Refusal, now: Instant) {
		let provider = &mut self.all[index];
		provider.in_flight -= 1;
		match refusal {
			Refusal::Absent => provider.failures = 0,
			Refusal::WrongBytes => provider.banned = true,
			Refusal::Failed(_) if provider.ready_at > now => {}
			Refusal::Failed(_) => {
				provider.failures = provider.failures.saturating_add(1);
				provider.ready_at = now + pause(provider.failures);
			}
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_protocol::Codec;

	#[test]
	fn only_http_urls_count_and_each_once() {
		let long = format!("http://a/{}", "x".repeat(MAX_URL));
		let urls = [
			"http://a:1",
			"https://b/base/",
			"http://a:1/",
			"ftp://c",
			"file:///etc/passwd",
			"",
			"a:1",
			&long,
		];
		let providers = Providers::new(&urls, 1);
		assert_eq!(providers.all.len(), 2);
		let id = BlockId::of(Codec::Raw, b"x");
		assert_eq!(providers.url(0, &id).as_str(), format!("http://a:1/ipfs/{id}?format=raw"));
		assert_eq!(providers.url(1, &id).as_str(), format!("https://b/base/ipfs/{id}?format=raw"));
		let many: Vec<_> = (1..100).map(|port| format!("http://a:{port}")).collect();
		assert_eq!(Providers::new(&many, 1).all.len(), MAX_PROVIDERS);
	}

	#[test]
	fn liars_go_for_good_and_failures_pause() {
		let mut providers = Providers::new(&["http://a", "http://b"], 2);
		let now = Instant::now();
		let nobody = ProviderSet::default();
		assert_eq!(providers.take(nobody, now), Some(0));
		assert_eq!(providers.take(nobody, now), Some(1));
		providers.refused(0, &Refusal::WrongBytes, now);
		providers.refused(1, &Refusal::Failed("reset".into()), now);
		assert!(providers.take(nobody, now).is_none() && !providers.exhausted());
		let later = providers.next_ready(now).unwrap();
		assert_eq!(later, now + FIRST_PAUSE);
		assert_eq!(providers.take(nobody, later), Some(1));
		assert_eq!(providers.take(nobody, later), None, "one request at a time after a failure");
		providers.delivered(1, Duration::from_millis(1));
		assert_eq!(providers.all[1].failures, 0);
		let mut asked = nobody;
		asked.insert(1);
		assert!(providers.all_in(asked) && !providers.all_in(nobody));
		assert_eq!(providers.take(asked, later), None);
	}

	#[test]
	fn doubtful_providers_get_only_what_nobody_else_may_have() {
		let mut providers = Providers::new(&["http://a", "http://b"], 2);
		let mut now = Instant::now();
		let (mut not_b, nobody) = (ProviderSet::default(), ProviderSet::default());
		not_b.insert(1);
		let failed = Refusal::Failed("reset".into());
		let side_by_side = [providers.take(not_b, now), providers.take(not_b, now)];
		assert_eq!(side_by_side, [Some(0), Some(0)]);
		providers.refused(0, &failed, now);
		providers.refused(0, &failed, now);
		assert_eq!(providers.all[0].failures, 1, "requests made side by side fail together");
		now += MAX_PAUSE;
		assert_eq!(providers.take(not_b, now), Some(0));
		providers.refused(0, &failed, now);
		now += MAX_PAUSE;
		assert_eq!(providers.take(nobody, now), Some(1));
		assert_eq!(providers.take(nobody, now), Some(1));
		assert_eq!(providers.take(nobody, now), None, "rather wait for b than ask a");
		assert_eq!(providers.take(not_b, now), Some(0));
	}
}
