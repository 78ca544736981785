//! The removal of content that no group keeps any more.

use descent_content::{Store, StoreError};
use descent_protocol::ContentRef;
use std::{
	collections::{BTreeSet, HashMap},
	time::{Duration, Instant},
};

/// Content that is not kept any more, and since when.
#[derive(Debug, Default)]
pub(crate) struct Collector {
	unwanted: HashMap<ContentRef, Instant>,
}

impl Collector {
	/// Removes what has not been kept for as long as `retain`. `kept` is what all groups keep. What accounts
	/// have pushed stays: they remove it themselves. Returns what was removed.
	///
	/// # Errors
	/// Those of the store.
	pub(crate) fn collect(
		&mut self,
		store: &Store,
		kept: &BTreeSet<ContentRef>,
		retain: Duration,
		now: Instant,
	) -> Result<Vec<ContentRef>, StoreError> {
		let mut unwanted = store.pins();
		unwanted.retain(|content| !kept.contains(content));
		// Most of the time there is nothing, and no file is read.
		if !unwanted.is_empty() {
			let pushed = descent_content::pushed(store)?;
			unwanted.retain(|content| !pushed.contains(content));
		}
		self.unwanted.retain(|content, _| unwanted.contains(content));
		let mut removed = Vec::new();
		for content in unwanted {
			let since = *self.unwanted.entry(content).or_insert(now);
			if now.saturating_duration_since(since) >= retain {
				store.remove(&content)?;
				self.unwanted.remove(&content);
				removed.push(content);
			}
		}
		Ok(removed)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_is_kept_or_pushed_stays_and_the_rest_goes_in_time() {
		let folder = tempfile::tempdir().unwrap();
		let store = Store::open(folder.path(), 1 << 20).unwrap();
		let [kept, pushed, old] = [&b"kept"[..], b"pushed", b"old"].map(|bytes| store.import(bytes).unwrap());
		let own = folder.path().join("pushed/0101");
		std::fs::create_dir_all(&own).unwrap();
		std::fs::write(own.join(pushed.cid()), pushed.size.to_string()).unwrap();
		let (mut collector, start) = (Collector::default(), Instant::now());
		let hour = Duration::from_secs(3600);
		let mut collect = |hours: u32, kept: &[ContentRef]| {
			let kept = kept.iter().copied().collect();
			collector.collect(&store, &kept, 24 * hour, start + hours * hour).unwrap()
		};
		assert_eq!(collect(0, &[kept]), []);
		assert_eq!(collect(23, &[kept]), []);
		// It is kept again for a while, and its time begins anew.
		assert_eq!(collect(24, &[kept, old]), []);
		assert_eq!(collect(25, &[kept]), []);
		assert_eq!(collect(48, &[kept]), []);
		assert_eq!(collect(49, &[kept]), [old]);
		let mut left = store.pins();
		left.sort_by_key(|content| content.size);
		assert_eq!(left, [kept, pushed]);
	}
}
