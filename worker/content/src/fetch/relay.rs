//! The division of content among those that fetch it at the same time.
//!
//! Each block is fetched from the providers by one of them, and by the others from that one. Which one follows
//! from the block and the gateways by rendezvous hashing (D. G. Thaler and C. V. Ravishankar, "Using
//! name-based mappings to increase hit rates", 1998), so that all agree without a word, and a gateway that
//! fails leaves its part to all others alike. So a provider uploads little more than one copy.

use std::time::Duration;

use reqwest::Url;
use tokio::time::Instant;

use crate::block::blake2b_256;

/// Fewest fetchers, this one among them, that divide content.
const FEWEST: usize = 4;
/// Fewest leaves of content that is divided.
const FEWEST_LEAVES: u64 = 8;
/// Requests of all fetchers together that a provider gets at one time, if it can be: more make each block
/// slower, and none can be relayed before it is there.
const AT_PROVIDER: usize = 16;
/// Time that the others have beyond what is estimated before the providers are asked for their blocks.
const GRACE: Duration = Duration::from_secs(3);

/// The time in which blocks are left to the fetchers that are responsible for them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Relay {
	began: Instant,
	/// Number of leaves for each fetcher.
	share: u32,
	/// Requests at one time of this fetcher to a provider.
	pub(super) at_provider: usize,
}

impl Relay {
	/// Divides content of so many leaves among so many fetchers, this one among them; `None` if it is not
	/// worth it.
	pub(super) fn new(leaves: u64, fetchers: usize, now: Instant) -> Option<Self> {
		if fetchers < FEWEST || leaves < FEWEST_LEAVES.max(fetchers as u64) {
			return None;
		}
		let share = u32::try_from(leaves.div_ceil(fetchers as u64)).unwrap_or(u32::MAX);
		Some(Self { began: now, share, at_provider: (AT_PROVIDER / fetchers).max(1) })
	}

	/// Returns the time at which the providers are asked for all that is still missing: twice what the own
	/// part takes at this pace, the time for one block of a provider.
	pub(super) fn end(&self, pace: Duration) -> Instant {
		let one_at_a_time = u32::try_from(self.at_provider).unwrap_or(1);
		let part = pace.saturating_mul(self.share.div_ceil(one_at_a_time).saturating_add(1));
		self.began + part.saturating_mul(2).saturating_add(GRACE)
	}
}

/// Returns the key of a gateway in the ranks of blocks.
pub(super) fn key(base: &Url) -> u64 {
	let [a, b, c, d, e, f, g, h, ..] = blake2b_256(base.as_str().as_bytes());
	u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// Returns the rank of the gateway with a key for a block: of all, the lowest is responsible.
pub(super) fn rank(key: u64, digest: &[u8; 32]) -> u64 {
	let [a, b, c, d, e, f, g, h, ..] = *digest;
	mix(key ^ u64::from_le_bytes([a, b, c, d, e, f, g, h]))
}

/// The finalizer of SplitMix64, which changes half of all bits when one changes.
fn mix(mut value: u64) -> u64 {
	value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
	value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
	value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn parts_are_alike_and_move_only_with_their_owner() {
		let urls = (0..20).map(|port| Url::parse(&format!("http://a:{}", 8000 + port)).unwrap());
		let keys: Vec<_> = urls.map(|url| key(&url)).collect();
		let owner = |block: u64, gone: Option<usize>| {
			let digest = blake2b_256(&block.to_le_bytes());
			let present = (0..keys.len()).filter(|index| Some(*index) != gone);
			present.min_by_key(|index| rank(keys[*index], &digest)).unwrap()
		};
		let mut parts = vec![0; keys.len()];
		(0..4_000).for_each(|block| parts[owner(block, None)] += 1);
		assert!(parts.iter().all(|part| (130..270).contains(part)), "{parts:?}");
		let mut heirs = vec![0; keys.len()];
		for block in 0..4_000 {
			let (before, after) = (owner(block, None), owner(block, Some(7)));
			assert!(before == after || before == 7);
			heirs[after] += usize::from(before == 7);
		}
		assert!(heirs.iter().all(|part| *part < 40), "{heirs:?}");
	}

	#[test]
	fn the_time_follows_the_pace_of_the_provider() {
		let now = Instant::now();
		assert!(Relay::new(7, 5, now).is_none() && Relay::new(100, 3, now).is_none());
		assert!(Relay::new(49, 50, now).is_none());
		let relay = Relay::new(256, 50, now).unwrap();
		assert_eq!((relay.share, relay.at_provider), (6, 1));
		assert_eq!(relay.end(Duration::from_secs(4)), now + Duration::from_secs(2 * 4 * 7 + 3));
		assert_eq!(Relay::new(256, 4, now).unwrap().at_provider, 4);
		assert!(Relay::new(u64::MAX, 4, now).unwrap().end(Duration::from_secs(60)) > now);
	}
}
