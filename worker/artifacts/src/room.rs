//! Room on disk for candidates, in the order of their ranks.
//!
//! Only the bytes that have arrived count, so a candidate that is served slowly keeps no room from others.
//! When the room is full, the candidate of the last rank gives way: its bytes are removed, and it starts
//! again as soon as all of it fits.

use crate::{content_cache::footprint, ContentCache, Reservation};
use descent_content::{FetchError, Progress, StoreError};
use descent_protocol::ContentRef;
use std::{
	collections::BTreeMap,
	sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// The rank of a candidate, and the order of arrival among those of one rank.
type Place = (usize, u64);

/// The room that all candidates share.
#[derive(Debug)]
pub(crate) struct Room {
	cache: ContentCache,
	/// Most bytes of all candidates together.
	max: u64,
	/// Bytes that candidates may still write.
	reservation: Reservation,
	/// Held while the reservation is raised.
	raising: Mutex<()>,
	state: Mutex<State>,
	/// Notified when a candidate is granted room or has to give it up.
	changed: Notify,
}

#[derive(Debug, Default)]
struct State {
	seats: BTreeMap<Place, Holder>,
	next: u64,
	/// Bytes that were made free for candidates, those that they have written included.
	promised: u64,
}

#[derive(Debug)]
struct Holder {
	size: u64,
	done: u64,
	standing: Standing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
	/// It waits until all of it fits.
	Waiting,
	/// It may write.
	Granted,
	/// It has to remove what it wrote.
	Evicted,
	/// It is being measured and stays.
	Taken,
}

/// A candidate's share of the room, given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
	room: Arc<Room>,
	place: Place,
}

impl Room {
	/// Creates room for candidates of `max` bytes together.
	pub(crate) fn new(cache: ContentCache, max: u64) -> Arc<Self> {
		let reservation = cache.empty_reservation();
		let (raising, state, changed) = Default::default();
		Arc::new(Self { cache, max, reservation, raising, state, changed })
	}

	/// Returns the bytes that are to be kept free beside those that are reserved.
	pub(crate) fn spare(&self) -> u64 {
		self.max.saturating_sub(self.lock().promised)
	}

	/// Enters a candidate, which has room at once if all of it fits.
	pub(crate) fn enter(self: &Arc<Self>, rank: usize, content: &ContentRef) -> Seat {
		let mut state = self.lock();
		let place = (rank, state.next);
		state.next += 1;
		let size = footprint(content).min(self.max);
		state.seats.insert(place, Holder { size, done: 0, standing: Standing::Waiting });
		self.settle(&mut state);
		Seat { room: self.clone(), place }
	}

	/// Makes the bytes free that are granted but not reserved yet. It may remove files.
	fn reserve(&self) -> Result<(), StoreError> {
		let _raising = self.raising.lock().unwrap_or_else(PoisonError::into_inner);
		let more = {
			let state = self.lock();
			state.wanted(self.max).saturating_sub(state.promised)
		};
		if more > 0 {
			self.cache.raise(&self.reservation, more)?;
			let mut state = self.lock();
			state.promised = state.promised.saturating_add(more);
			self.settle(&mut state);
		}
		Ok(())
	}

	/// Takes room from the last ranks while too much is written, and gives it to the first ranks that wait.
	fn settle(&self, state: &mut State) {
		while state.written() > self.max && state.evict_last() {}
		let mut before: u64 = 0;
		for holder in state.seats.values_mut() {
			// Later ranks give way as it grows, earlier ones do not.
			if holder.standing == Standing::Waiting && before.saturating_add(holder.size) <= self.max {
				holder.standing = Standing::Granted;
			}
			before = before.saturating_add(holder.done);
		}
		state.promised = state.promised.min(state.wanted(self.max));
		self.reservation.set(state.promised.saturating_sub(state.on_disk()));
		self.changed.notify_waiters();
	}

	fn lock(&self) -> MutexGuard<'_, State> {
		// every critical section leaves the state valid at each step
		self.state.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

impl State {
	/// Returns the bytes that candidates may write in all.
	fn wanted(&self, max: u64) -> u64 {
		let granted = self.seats.values().filter(|holder| holder.standing != Standing::Waiting);
		granted.fold(0, |sum: u64, holder| sum.saturating_add(holder.size)).min(max)
	}

	/// Returns the bytes on disk of those that keep them.
	fn written(&self) -> u64 {
		let kept = self.seats.values().filter(|holder| holder.standing != Standing::Evicted);
		kept.fold(0, |sum, holder| sum.saturating_add(holder.done))
	}

	/// Returns the bytes on disk.
	fn on_disk(&self) -> u64 {
		self.seats.values().fold(0, |sum, holder| sum.saturating_add(holder.done))
	}

	/// Takes the room of the last candidate that has any, unless it is the only one. Returns true if it did.
	fn evict_last(&mut self) -> bool {
		let alone = self.seats.values().filter(|holder| holder.done > 0).count() < 2;
		let last = self.seats.values_mut().rev();
		let mut last = last.filter(|holder| holder.standing == Standing::Granted && holder.done > 0);
		match last.next() {
			Some(holder) if !alone => {
				holder.standing = Standing::Evicted;
				true
			}
			_ => false,
		}
	}
}

impl Seat {
	/// Waits until the candidate may write, and makes room for it.
	///
	/// # Errors
	/// Those of [`ContentCache::reserve`].
	pub(crate) async fn granted(&self) -> Result<(), FetchError> {
		self.until(|standing| matches!(standing, Standing::Granted | Standing::Taken)).await;
		let room = self.room.clone();
		let reserved = tokio::task::spawn_blocking(move || room.reserve());
		Ok(reserved.await.map_err(|error| FetchError::Io(error.into()))??)
	}

	/// Waits until the candidate has to give up its room.
	pub(crate) async fn evicted(&self) {
		self.until(|standing| standing == Standing::Evicted).await;
	}

	async fn until(&self, is: impl Fn(Standing) -> bool) {
		loop {
			let changed = self.room.changed.notified();
			tokio::pin!(changed);
			// A change between the look and the wait counts.
			changed.as_mut().enable();
			if self.standing().is_none_or(&is) {
				return;
			}
			changed.await;
		}
	}

	fn standing(&self) -> Option<Standing> {
		self.room.lock().seats.get(&self.place).map(|holder| holder.standing)
	}

	/// Returns true if content fits into the room when there is nothing else.
	pub(crate) fn is_large_enough(&self, content: &ContentRef) -> bool {
		footprint(content) <= self.room.max
	}

	/// Notes how much of the candidate is on disk.
	pub(crate) fn fill(&self, progress: Progress) {
		let mut state = self.room.lock();
		if let Some(holder) = state.seats.get_mut(&self.place) {
			holder.done = progress.done;
		}
		self.room.settle(&mut state);
	}

	/// Notes that the disk is full, so that the last candidate gives way.
	pub(crate) fn overflow(&self) {
		let mut state = self.room.lock();
		state.evict_last();
		self.room.settle(&mut state);
	}

	/// Waits for room again, after what was written is removed.
	pub(crate) fn give_way(&self) {
		let mut state = self.room.lock();
		if let Some(holder) = state.seats.get_mut(&self.place) {
			(holder.done, holder.standing) = (0, Standing::Waiting);
		}
		self.room.settle(&mut state);
	}

	/// Keeps the room until the end, unless the candidate has to give it up.
	pub(crate) fn take(&self) -> bool {
		let mut state = self.room.lock();
		match state.seats.get_mut(&self.place) {
			Some(holder) if holder.standing == Standing::Granted => {
				holder.standing = Standing::Taken;
				true
			}
			_ => false,
		}
	}
}

impl Drop for Seat {
	fn drop(&mut self) {
		let mut state = self.room.lock();
		state.seats.remove(&self.place);
		self.room.settle(&mut state);
	}
}
