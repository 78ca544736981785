//! The records that two versions of a data set do not share.

use super::{Set, SetError};
use crate::schema::RecordId;
use std::cmp::Ordering;

/// A record that only one of two versions holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
	/// The record is in the later version only.
	Added {
		/// Id of the record.
		id: RecordId,
		/// Position in the later version.
		position: u64,
	},
	/// The record is in the earlier version only.
	Removed {
		/// Id of the record.
		id: RecordId,
		/// Position in the earlier version.
		position: u64,
	},
}

impl Set {
	/// Returns the records that only one of this and the `later` version holds, in the order of their ids.
	/// Both indexes are read once, side by side.
	pub fn diff<'a>(&'a self, later: &'a Set) -> impl Iterator<Item = Result<Changed, SetError>> + 'a {
		let (mut ours, mut theirs) = (self.ids().peekable(), later.ids().peekable());
		let removed =
			|entry: Result<_, SetError>| entry.map(|(id, position)| Changed::Removed { id, position });
		let added = |entry: Result<_, SetError>| entry.map(|(id, position)| Changed::Added { id, position });
		std::iter::from_fn(move || loop {
			let order = match (ours.peek(), theirs.peek()) {
				(Some(Ok((our, _))), Some(Ok((their, _)))) => our.cmp(their),
				// The rest of one side, or its error.
				(Some(Err(_)), _) | (_, None) => Ordering::Less,
				(_, Some(_)) => Ordering::Greater,
			};
			match order {
				Ordering::Less => return ours.next().map(removed),
				Ordering::Greater => return theirs.next().map(added),
				Ordering::Equal => {
					ours.next();
					theirs.next();
				}
			}
		})
	}
}
