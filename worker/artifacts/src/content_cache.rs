//! Content on disk. Content in use stays; of all other, the least recently used is removed when room is
//! needed.

use descent_content::{Progress, Store, StoreError};
use descent_protocol::ContentRef;
use sp_core::H256;
use std::{
	collections::HashMap,
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc, Mutex, MutexGuard, PoisonError, Weak,
	},
};

/// Number of last uses that are remembered.
const REMEMBERED: usize = 1 << 16;

/// A least-recently-used cache over a store that several threads fetch into. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ContentCache {
	store: Store,
	ledger: Arc<Mutex<Ledger>>,
}

#[derive(Debug, Default)]
struct Ledger {
	/// Content in use, and its number of pins.
	held: HashMap<ContentRef, usize>,
	/// Time of the last use by digest, counted in uses; absent if unused since the process began.
	used: HashMap<H256, u64>,
	now: u64,
	/// Bytes that each fetch under way will still write.
	reservations: Vec<Weak<AtomicU64>>,
}

impl Ledger {
	fn holders(&self, content: &ContentRef) -> usize {
		let same = |(held, count): (&ContentRef, &usize)| (held.digest == content.digest).then_some(*count);
		self.held.iter().filter_map(same).sum()
	}

	fn touch(&mut self, content: &ContentRef) {
		self.now += 1;
		self.used.insert(content.digest, self.now);
	}

	/// Returns the bytes that fetches under way will still write.
	fn reserved(&mut self) -> u64 {
		self.reservations.retain(|bytes| bytes.strong_count() > 0);
		let reservations = self.reservations.iter().filter_map(Weak::upgrade);
		reservations.fold(0, |sum, bytes| sum.saturating_add(bytes.load(Ordering::Relaxed)))
	}
}

/// Keeps content in the cache until this is dropped.
#[derive(Debug)]
pub struct PinGuard {
	ledger: Arc<Mutex<Ledger>>,
	content: Vec<ContentRef>,
}

impl Drop for PinGuard {
	fn drop(&mut self) {
		let mut ledger = lock(&self.ledger);
		for content in &self.content {
			ledger.touch(content);
			if let Some(count) = ledger.held.get_mut(content) {
				*count -= 1;
				if *count == 0 {
					ledger.held.remove(content);
				}
			}
		}
	}
}

/// Bytes on disk reserved for a fetch under way.
#[derive(Debug)]
pub struct Reservation(Arc<AtomicU64>);

impl Reservation {
	/// Releases the bytes that the fetch has written.
	pub fn fill(&self, progress: Progress) {
		let left = progress.total.saturating_sub(progress.done);
		self.0.fetch_min(left, Ordering::Relaxed);
	}

	pub(crate) fn set(&self, bytes: u64) {
		self.0.store(bytes, Ordering::Relaxed);
	}
}

impl ContentCache {
	/// Creates a cache of all content in a store.
	pub fn new(store: Store) -> Self {
		Self { store, ledger: Arc::default() }
	}

	/// Returns the store.
	pub fn store(&self) -> &Store {
		&self.store
	}

	/// Keeps content until the guard is dropped, even content that is still to be fetched. Pins are counted.
	pub fn hold(&self, content: Vec<ContentRef>) -> PinGuard {
		let mut ledger = lock(&self.ledger);
		for content in &content {
			ledger.touch(content);
			*ledger.held.entry(*content).or_default() += 1;
		}
		PinGuard { ledger: self.ledger.clone(), content }
	}

	/// Makes room for content that is to be fetched, and for `spare` bytes more. Content without a pin is
	/// removed: first the remains of failed fetches, then whole content, the least recently used first.
	///
	/// # Errors
	/// [`StoreError::Quota`] if too much is pinned; [`StoreError::Io`].
	pub fn reserve(&self, content: &ContentRef, spare: u64) -> Result<Reservation, StoreError> {
		let needed = match self.store.is_complete(content) {
			// malformed content fails where it is fetched
			Ok(true) | Err(StoreError::Layout(_)) => 0,
			Ok(false) => footprint(content),
			Err(error) => return Err(error),
		};
		let mut ledger = lock(&self.ledger);
		if needed > 0 {
			self.make_room(&mut ledger, needed, spare)?;
		}
		let bytes = Arc::new(AtomicU64::new(needed));
		ledger.reservations.push(Arc::downgrade(&bytes));
		Ok(Reservation(bytes))
	}

	/// Returns a reservation of no bytes.
	pub(crate) fn empty_reservation(&self) -> Reservation {
		let bytes = Arc::default();
		lock(&self.ledger).reservations.push(Arc::downgrade(&bytes));
		Reservation(bytes)
	}

	/// Makes room for `bytes` more of a reservation.
	///
	/// # Errors
	/// Those of [`Self::reserve`].
	pub(crate) fn raise(&self, reservation: &Reservation, bytes: u64) -> Result<(), StoreError> {
		let mut ledger = lock(&self.ledger);
		self.make_room(&mut ledger, bytes, 0)?;
		reservation.0.fetch_add(bytes, Ordering::Relaxed);
		Ok(())
	}

	fn make_room(&self, ledger: &mut Ledger, needed: u64, spare: u64) -> Result<(), StoreError> {
		let wanted = ledger.reserved().saturating_add(needed).saturating_add(spare);
		let max = self.store.max_bytes();
		let fits = || self.store.used_bytes().saturating_add(wanted) <= max;
		if fits() {
			return Ok(());
		}
		let full = || StoreError::Quota { used: self.store.used_bytes(), max, needed };
		let pins = self.store.pins();
		// If removing content cannot make enough room, none is removed.
		let held = pins.iter().filter(|pin| ledger.holders(pin) > 0);
		if held.fold(wanted, |sum, pin| sum.saturating_add(pin.size)) > max {
			return Err(full());
		}
		if ledger.used.len() > REMEMBERED {
			ledger.used.retain(|digest, _| pins.iter().any(|pin| pin.digest == *digest));
		}
		let kept: Vec<_> = pins.iter().chain(ledger.held.keys()).copied().collect();
		self.store.retain(&kept)?;
		let mut idle: Vec<_> = pins.iter().filter(|pin| ledger.holders(pin) == 0).collect();
		idle.sort_by_key(|pin| ledger.used.get(&pin.digest).copied().unwrap_or_default());
		for content in idle {
			if fits() {
				break;
			}
			tracing::debug!(digest = ?content.digest, "removed to make room");
			self.store.remove(content)?;
		}
		if fits() {
			Ok(())
		} else {
			Err(full())
		}
	}

	/// Removes content unless it is pinned more than once, which is more than by the caller.
	pub fn discard(&self, content: &ContentRef) -> Result<(), StoreError> {
		let ledger = lock(&self.ledger);
		if ledger.holders(content) <= 1 {
			self.store.remove(content)?;
		}
		Ok(())
	}

	/// Removes all content that is not pinned.
	pub fn clear(&self) -> Result<(), StoreError> {
		let ledger = lock(&self.ledger);
		let kept: Vec<_> = ledger.held.keys().copied().collect();
		self.store.retain(&kept)?;
		Ok(())
	}
}

/// Returns the most bytes that content takes in a store: a node of its tree has some 60 bytes for each leaf
/// of a MiB.
pub(crate) fn footprint(content: &ContentRef) -> u64 {
	match content.codec {
		descent_protocol::Codec::Raw => content.size,
		descent_protocol::Codec::UnixFs => {
			content.size.saturating_add(content.size >> 13).saturating_add(1 << 10)
		}
	}
}

fn lock(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
	// every critical section leaves the ledger valid at each step
	ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
	use super::*;

	const KIB: usize = 1 << 10;

	fn cache(kibibytes: u64) -> (tempfile::TempDir, ContentCache) {
		let directory = tempfile::tempdir().unwrap();
		let store = Store::open(directory.path(), kibibytes << 10).unwrap();
		(directory, ContentCache::new(store))
	}

	fn bytes(number: u8) -> Vec<u8> {
		vec![number; 100 * KIB]
	}

	fn absent() -> ContentRef {
		ContentRef::raw(&bytes(99)).unwrap()
	}

	#[test]
	fn the_least_recently_used_goes_and_what_is_held_stays() {
		let (_directory, cache) = cache(400);
		let [held, old, recent] =
			[1, 2, 3].map(|number| cache.store().import(bytes(number).as_slice()).unwrap());
		let hold = cache.hold(vec![held]);
		drop(cache.hold(vec![old]));
		drop(cache.hold(vec![recent]));
		let room = cache.reserve(&absent(), 0).unwrap();
		assert_eq!(cache.store().pins().len(), 3, "there is room");
		let second = cache.reserve(&ContentRef::raw(&bytes(98)).unwrap(), 0).unwrap();
		let mut left = [held, recent];
		left.sort();
		let mut pins = cache.store().pins();
		pins.sort();
		assert_eq!(pins, left);
		drop(second);
		assert!(matches!(cache.reserve(&absent(), 200 << 10), Err(StoreError::Quota { .. })));
		assert_eq!(cache.store().pins().len(), 2, "nothing is forgotten in vain");
		drop(room);
		cache.reserve(&absent(), 200 << 10).unwrap();
		assert_eq!(cache.store().pins(), [held]);
		drop(hold);
		cache.reserve(&absent(), 300 << 10).unwrap();
		assert!(cache.store().pins().is_empty());
	}

	#[test]
	fn what_a_fetch_has_written_is_no_longer_reserved() {
		let (_directory, cache) = cache(250);
		let room = cache.reserve(&absent(), 0).unwrap();
		cache.store().import(bytes(99).as_slice()).unwrap();
		let other = ContentRef::raw(&bytes(1)).unwrap();
		let _held = cache.hold(vec![absent()]);
		assert!(cache.reserve(&other, 0).is_err());
		room.fill(Progress { done: absent().size, total: absent().size, ..Progress::default() });
		cache.reserve(&other, 0).unwrap();
	}

	#[test]
	fn remains_go_before_anything_whole() {
		let (directory, cache) = cache(250);
		let whole = cache.store().import(bytes(1).as_slice()).unwrap();
		drop(cache);
		let remains = ContentRef::raw(&bytes(2)).unwrap();
		let id = descent_content::BlockId::from(&remains);
		std::fs::write(directory.path().join(format!("parts/{id}-{}", remains.size)), bytes(2)).unwrap();
		let cache = ContentCache::new(Store::open(directory.path(), 250 << 10).unwrap());
		assert_eq!(cache.store().used_bytes(), 200 << 10);
		cache.reserve(&absent(), 0).unwrap();
		assert_eq!(cache.store().pins(), [whole]);
		assert!(!cache.store().has(&id).unwrap());
	}

	#[test]
	fn only_the_last_holder_can_discard() {
		let (_directory, cache) = cache(250);
		let content = cache.store().import(bytes(1).as_slice()).unwrap();
		let own = cache.hold(vec![content]);
		let others = cache.hold(vec![content]);
		cache.discard(&content).unwrap();
		cache.clear().unwrap();
		assert_eq!(cache.store().pins(), [content]);
		drop(others);
		cache.discard(&content).unwrap();
		assert!(cache.store().pins().is_empty());
		drop(own);
	}
}
