//! The recordings of own checkpoints, as anybody can fetch and audit them once they are revealed.

use crate::{
	publisher::Publisher,
	recorded::{trace_pieces, Recordings, KEPT_ROUNDS},
};
use anyhow::{bail, ensure, Context, Result};
use descent_artifacts::{ContentCache, PinGuard};
use descent_protocol::{trace::Base, ContentRef, RoundIndex};
use descent_replay::Recording;
use std::{
	collections::{btree_map::Entry, BTreeMap},
	path::PathBuf,
	sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Part of the content on disk that recordings may have: one in so many bytes.
const SHARE: u64 = 4;
/// Most pieces of a recording that are pushed to a gateway.
const MAX_PUSHED: usize = 1_024;

/// Serves recordings, in the background, as far as there is room.
#[derive(Clone)]
pub(super) struct PublishedRecordings {
	recordings: Recordings,
	cache: ContentCache,
	publisher: Publisher,
	published: Arc<Mutex<Published>>,
}

#[derive(Default)]
struct Published {
	/// The current round.
	round: Option<RoundIndex>,
	/// Content of the recordings that is served, by rounds.
	served: BTreeMap<RoundIndex, Vec<Served>>,
	/// Content that is served for other reasons as well.
	needed: Vec<ContentRef>,
}

/// Content of a recording that is served.
struct Served {
	content: ContentRef,
	_pin: PinGuard,
}

/// Content of a recording.
enum Piece {
	/// The weights at the end of a segment, or those that the first one begins with.
	State(PathBuf, ContentRef),
	/// A part of the tree over the segments.
	Node(Vec<u8>),
}

impl PublishedRecordings {
	pub(super) fn new(recordings: Recordings, cache: ContentCache, publisher: Publisher) -> Self {
		Self { recordings, cache, publisher, published: Arc::default() }
	}

	/// Serves the recordings of the last rounds before the current one, and stops with those before.
	pub(super) fn follow(&self, current: RoundIndex) {
		let oldest = current.saturating_sub(KEPT_ROUNDS);
		let old = {
			let mut published = self.lock();
			if published.round.replace(current) == Some(current) {
				return;
			}
			let kept = published.served.split_off(&oldest);
			std::mem::replace(&mut published.served, kept)
		};
		self.withdraw(old.into_values().flatten().collect());
		let rounds = self.recordings.rounds().unwrap_or_default();
		let is_revealed = |round: &RoundIndex| {
			self.recordings.submission(*round).is_some_and(|submission| submission.revealed)
		};
		for round in rounds.into_iter().filter(|round| *round >= oldest).filter(is_revealed) {
			self.publish(round);
		}
	}

	/// Begins to serve a recording, unless it is.
	pub(super) fn publish(&self, round: RoundIndex) {
		match self.lock().served.entry(round) {
			Entry::Occupied(_) => return,
			Entry::Vacant(place) => place.insert(Vec::new()),
		};
		let this = self.clone();
		tokio::spawn(async move {
			match this.serve(round).await {
				Ok(true) => {
					tracing::info!(round, "the whole recording is served, so that anybody can audit it")
				}
				Ok(false) => {}
				Err(error) => tracing::warn!(
					round,
					"a part of the recording is not served, and only the drawn segment can be audited: \
					 {error:#}"
				),
			}
		});
	}

	/// Serves a recording piece by piece. Returns false if it is no longer wanted.
	async fn serve(&self, round: RoundIndex) -> Result<bool> {
		let recordings = self.recordings.clone();
		let pieces = tokio::task::spawn_blocking(move || list(&recordings, round)).await??;
		ensure!(
			!self.publisher.is_pushing() || pieces.len() <= MAX_PUSHED,
			"it has {} pieces, and no more than {MAX_PUSHED} are pushed to the gateway of --push-to",
			pieces.len()
		);
		for piece in pieces {
			let content = piece.content().context("a piece has no address")?;
			self.make_room(round, content.size)?;
			let pin = self.cache.hold(vec![content]);
			match piece {
				Piece::State(path, _) => import(&self.cache, path, content).await?,
				Piece::Node(bytes) => {
					let store = self.cache.store().clone();
					tokio::task::spawn_blocking(move || store.import(bytes.as_slice())).await??;
				}
			}
			self.publisher.publish(self.cache.store(), &content).await?;
			match self.lock().served.get_mut(&round) {
				Some(served) => served.push(Served { content, _pin: pin }),
				None => return Ok(false),
			}
		}
		Ok(true)
	}

	/// Stops serving older recordings as long as this one needs their room.
	fn make_room(&self, round: RoundIndex, needed: u64) -> Result<()> {
		let most = self.cache.store().max_bytes() / SHARE;
		loop {
			let mut published = self.lock();
			let all = published.served.values().flatten();
			let used = all.fold(0u64, |sum, served| sum.saturating_add(served.content.size));
			if used.saturating_add(needed) <= most {
				return Ok(());
			}
			let older = published.served.range_mut(..round).find(|(_, served)| !served.is_empty());
			let Some((_, oldest)) = older else {
				bail!(
					"recordings may have {most} bytes of the content on disk, which is too little for it; a \
					 larger --max-content makes room"
				);
			};
			let oldest = std::mem::take(oldest);
			drop(published);
			self.withdraw(oldest);
		}
	}

	/// Returns true if content is served as a part of a recording.
	pub(super) fn serves(&self, content: &ContentRef) -> bool {
		self.lock().served.values().flatten().any(|served| served.content == *content)
	}

	/// Notes the content that is served for other reasons.
	pub(super) fn need(&self, content: &[ContentRef]) {
		self.lock().needed = content.into();
	}

	/// Stops serving all recordings, as something else needs their room.
	pub(super) fn clear(&self) {
		let served = std::mem::take(&mut self.lock().served);
		if !served.is_empty() {
			tracing::warn!(
				"recordings are no longer served, to make room; a larger --max-content keeps them"
			);
		}
		self.withdraw(served.into_values().flatten().collect());
	}

	/// Removes content that nothing else needs from the gateway that it was pushed to, in the background.
	fn withdraw(&self, served: Vec<Served>) {
		let needed = self.lock().needed.clone();
		let content = served.into_iter().map(|served| served.content);
		let content: Vec<_> = content.filter(|content| !needed.contains(content)).collect();
		if !self.publisher.is_pushing() || content.is_empty() {
			return;
		}
		let publisher = self.publisher.clone();
		tokio::spawn(async move {
			for content in content {
				publisher.withdraw(&content).await;
			}
		});
	}

	fn lock(&self) -> MutexGuard<'_, Published> {
		self.published.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

impl Piece {
	fn content(&self) -> Option<ContentRef> {
		match self {
			Self::State(_, content) => Some(*content),
			Self::Node(bytes) => ContentRef::raw(bytes),
		}
	}
}

/// Lists all that a recording is fetched by.
fn list(recordings: &Recordings, round: RoundIndex) -> Result<Vec<Piece>> {
	let submission = recordings.submission(round).context("it was not committed to")?;
	let recording = Recording::read(&recordings.folder(round))?;
	let segments = recording.segments().get(..usize::from(submission.segments));
	let segments = segments.context("it has fewer segments than were committed to")?;
	let mut all: Vec<_> = trace_pieces(segments).into_iter().map(Piece::Node).collect();
	if let Base::Checkpoint { checkpoint } = recording.header().recipe.base {
		all.push(Piece::State(recordings.base_file(round), checkpoint));
	}
	for (number, segment) in (0..submission.segments).zip(segments) {
		// All states are files like the checkpoint's, with the same header.
		let state = ContentRef { digest: segment.state, ..submission.checkpoint };
		all.push(Piece::State(recording.state_path(number)?, state));
	}
	Ok(all)
}

/// Puts a file into the store, unless its content is there.
pub(super) async fn import(cache: &ContentCache, path: PathBuf, content: ContentRef) -> Result<()> {
	let cache = cache.clone();
	let imported = tokio::task::spawn_blocking(move || -> Result<()> {
		let store = cache.store();
		if store.pins().contains(&content) && store.is_complete(&content)? {
			return Ok(());
		}
		let _reservation = cache.reserve(&content, 0)?;
		let imported = store.import_path(&path)?;
		ensure!(
			imported == content,
			"{} is not the file that was committed to any more: it has been changed",
			path.display()
		);
		Ok(())
	});
	imported.await?
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::recorded::{test_group::TestGroup, Submission};
	use descent_content::Store;
	use std::time::{Duration, Instant};

	const PATIENCE: Duration = Duration::from_secs(60);

	fn published(group: &TestGroup, max_bytes: u64) -> (tempfile::TempDir, PublishedRecordings) {
		let folder = tempfile::tempdir().unwrap();
		let cache = ContentCache::new(Store::open(folder.path(), max_bytes).unwrap());
		let publisher = Publisher::serving("http://a".into());
		(folder, PublishedRecordings::new(group.recordings.clone(), cache, publisher))
	}

	/// Records a training, and notes that it was revealed.
	fn reveal(group: &TestGroup, round: RoundIndex) -> Vec<ContentRef> {
		let recorded = group.record(round, 5);
		let checkpoint = group.checkpoint(&recorded);
		let submission = Submission { revealed: true, ..Submission::new(checkpoint, 5) };
		group.recordings.note(round, &submission).unwrap();
		let pieces = list(&group.recordings, round).unwrap();
		pieces.iter().map(|piece| piece.content().unwrap()).collect()
	}

	async fn until(what: impl Fn() -> bool) {
		let deadline = Instant::now() + PATIENCE;
		while !what() {
			assert!(Instant::now() < deadline);
			tokio::time::sleep(Duration::from_millis(5)).await;
		}
	}

	#[tokio::test]
	async fn all_of_a_recording_is_served_for_ten_rounds() {
		let group = TestGroup::new();
		let content = reveal(&group, 7);
		assert_eq!(content.len(), 9 + 5, "a tree over five segments, and their states");
		let (_folder, published) = published(&group, 1 << 24);
		// A restart begins with it again.
		published.follow(8);
		until(|| content.iter().all(|content| published.serves(content))).await;
		let store = published.cache.store();
		let is_there = |content: &ContentRef| store.is_complete(content).unwrap();
		published.cache.clear().unwrap();
		assert!(content.iter().all(is_there));
		published.follow(17);
		published.cache.clear().unwrap();
		assert!(content.iter().all(is_there));
		published.follow(18);
		published.cache.clear().unwrap();
		assert!(!content.iter().any(is_there));
	}

	#[tokio::test]
	async fn a_later_recording_takes_the_room_of_an_earlier_one() {
		let group = TestGroup::new();
		let (first, second) = (reveal(&group, 7), reveal(&group, 8));
		let bytes = |content: &[ContentRef]| content.iter().map(|content| content.size).sum::<u64>();
		let (_folder, both) = published(&group, (bytes(&first) + 100) * SHARE);
		both.publish(7);
		until(|| first.iter().all(|content| both.serves(content))).await;
		both.publish(8);
		until(|| second.iter().all(|content| both.serves(content))).await;
		assert!(!both.serves(first.last().unwrap()));
		both.clear();
		assert!(!both.serves(second.last().unwrap()));
		// Too little for any.
		let (_folder, none) = published(&group, bytes(&first) / 2 * SHARE);
		none.publish(7);
		until(|| none.serves(&first[0])).await;
		tokio::time::sleep(Duration::from_millis(200)).await;
		assert!(!none.serves(first.last().unwrap()));
	}

	#[test]
	fn what_is_listed_is_what_was_committed_to() {
		let group = TestGroup::new();
		let before = reveal(&group, 7);
		group.record(7, 2);
		let after = list(&group.recordings, 7).unwrap();
		let after: Vec<_> = after.iter().map(|piece| piece.content().unwrap()).collect();
		assert_eq!(after, before, "segments that were added later are no part of the trace");
	}
}
