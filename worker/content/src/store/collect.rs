use std::sync::{atomic::Ordering, Arc};

use descent_protocol::ContentRef;

use super::{content::Content, Result, State, Store, StoreError};

impl Store {
	/// Deletes content, whether it is whole or here in part. Returns the number of bytes freed. It is not an
	/// error if nothing of it is here. Content that is being fetched stays.
	///
	/// # Errors
	/// [`StoreError::Io`]; [`StoreError::Shared`].
	pub fn remove(&self, content: &ContentRef) -> Result<u64> {
		self.have_alone()?;
		let mut state = self.state();
		match state.contents.get(content).is_some_and(|content| is_idle(content)) {
			true => self.delete(&mut state, content),
			false => Ok(0),
		}
	}

	/// Deletes all content that is here in part, such as the remains of abandoned fetches. Returns the number
	/// of bytes freed. Imports and fetches in progress keep theirs.
	///
	/// # Errors
	/// [`StoreError::Io`]; content that could be deleted may then be left. [`StoreError::Shared`].
	pub fn gc(&self) -> Result<u64> {
		self.delete_unless(|content| content.is_whole())
	}

	/// Deletes all content but this, whether it is whole or here in part. Returns the number of bytes freed.
	/// Imports and fetches in progress keep theirs.
	///
	/// # Errors
	/// [`StoreError::Io`]; content that could be deleted may then be left. [`StoreError::Shared`].
	pub fn retain(&self, kept: &[ContentRef]) -> Result<u64> {
		self.delete_unless(|content| kept.contains(&content.reference))
	}

	fn delete_unless(&self, is_kept: impl Fn(&Content) -> bool) -> Result<u64> {
		self.have_alone()?;
		let mut state = self.state();
		let unwanted = state.contents.values().filter(|content| is_idle(content) && !is_kept(content));
		let unwanted: Vec<_> = unwanted.map(|content| content.reference).collect();
		self.delete_all(&mut state, &unwanted)
	}

	fn have_alone(&self) -> Result<()> {
		match self.inner.is_shared {
			true => Err(StoreError::Shared),
			false => Ok(()),
		}
	}

	/// Deletes content and its files. Returns the number of bytes freed.
	pub(super) fn delete(&self, state: &mut State, reference: &ContentRef) -> Result<u64> {
		self.delete_all(state, std::slice::from_ref(reference))
	}

	fn delete_all(&self, state: &mut State, references: &[ContentRef]) -> Result<u64> {
		let (mut freed, mut deleted) = (0, Vec::new());
		let outcome = references.iter().try_for_each(|reference| {
			let Some(content) = state.contents.get(reference) else {
				return Ok(());
			};
			freed += content.remove()?;
			deleted.extend(state.contents.remove(reference));
			Ok(())
		});
		state.used = state.used.saturating_sub(freed);
		if let [content] = deleted.as_slice() {
			state.index.retain(|_, place| !Arc::ptr_eq(&place.content, content));
		} else if !deleted.is_empty() {
			state.index.retain(|_, place| place.content.path().is_some());
		}
		if state.has_repetitions {
			state.read_index()?;
		}
		outcome.map(|()| freed)
	}
}

fn is_idle(content: &Content) -> bool {
	content.sessions.load(Ordering::Acquire) == 0
}
