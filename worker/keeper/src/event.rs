//! Events of a keeper, for people and programs.

use descent_client::format_amount;
use descent_protocol::{view::KeptKind, ContentRef, GroupId};
use serde::Serialize;

/// An event of a keeper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
	/// It serves.
	Ready {
		/// The account.
		account: String,
		/// The address at which others reach it.
		address: String,
	},
	/// The chain has told what a group keeps.
	Kept {
		/// The group.
		group: GroupId,
		/// Number of contents.
		contents: usize,
		/// Their size in bytes.
		bytes: u64,
		/// Number of bytes that are here.
		here: u64,
	},
	/// Content has been fetched and is served.
	Fetched {
		/// The group.
		group: GroupId,
		/// Its purpose.
		kind: KeptKind,
		/// The content.
		content: ContentRef,
	},
	/// Content could not be fetched; it is tried again.
	Missing {
		/// The group.
		group: GroupId,
		/// Its purpose.
		kind: KeptKind,
		/// The content.
		content: ContentRef,
		/// The reason.
		reason: String,
	},
	/// Content that no group keeps any more was removed.
	Removed {
		/// The content.
		content: ContentRef,
	},
	/// The account has a seat.
	Joined {
		/// The group.
		group: GroupId,
		/// Its deposit.
		#[serde(with = "amount")]
		deposit: u128,
	},
	/// The account has lost its seat.
	SeatLost {
		/// The group.
		group: GroupId,
	},
	/// A check was opened by this keeper.
	CheckOpened {
		/// The group.
		group: GroupId,
		/// The number of the check.
		check: u32,
	},
	/// A committee could not fetch from this keeper.
	Missed {
		/// The group.
		group: GroupId,
		/// Number of checks in a row.
		missed: u8,
	},
	/// Earnings are claimed.
	Claimed {
		/// The amount.
		#[serde(with = "amount")]
		amount: u128,
	},
}

/// Amounts as decimal strings: JSON numbers lose digits in most readers.
mod amount {
	use serde::Serializer;

	pub(super) fn serialize<S: Serializer>(amount: &u128, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(amount)
	}
}

impl Event {
	/// Says what happened.
	pub fn sentence(&self) -> String {
		match self {
			Self::Ready { account, address } => format!("Keeper {account} serves at {address}."),
			Self::Kept { group, contents, bytes, here } => {
				format!("Group {group} keeps {contents} contents of {bytes} bytes, of which {here} are here.")
			}
			Self::Fetched { group, kind, content } => {
				format!(
					"Group {group}: fetched a {} of {} bytes, {}.",
					name(*kind),
					content.size,
					content.cid()
				)
			}
			Self::Missing { group, kind, content, reason } => {
				format!("Group {group}: the {} {} can't be fetched: {reason}", name(*kind), content.cid())
			}
			Self::Removed { content } => {
				format!("Removed {}, which no group keeps any more.", content.cid())
			}
			Self::Joined { group, deposit } => {
				format!("Keeper of group {group}, with a deposit of {}.", format_amount(*deposit))
			}
			Self::SeatLost { group } => format!("The seat in group {group} is lost."),
			Self::CheckOpened { group, check } => format!("Group {group}: opened check {check}."),
			Self::Missed { group, missed } => {
				format!("Group {group}: a committee could not fetch from here, {missed} of 3 in a row.")
			}
			Self::Claimed { amount } => format!("Claimed {}.", format_amount(*amount)),
		}
	}
}

fn name(kind: KeptKind) -> &'static str {
	match kind {
		KeptKind::Model => "model description",
		KeptKind::Delta => "delta",
		KeptKind::ValidationSet => "validation set",
		KeptKind::Manifest => "manifest",
		KeptKind::Head => "head",
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_protocol::ContentRef;
	use serde_json::json;

	#[test]
	fn events_are_a_contract() {
		let content = ContentRef::raw(b"descent").unwrap();
		let fetched = Event::Fetched { group: 3, kind: KeptKind::Head, content };
		let json = serde_json::to_value(&fetched).unwrap();
		assert_eq!((&json["event"], &json["kind"]), (&json!("fetched"), &json!("head")));
		assert!(fetched.sentence().starts_with("Group 3: fetched a head of 7 bytes, bafk2bz"));
		let joined = Event::Joined { group: 3, deposit: 5_000_000_000_000 };
		assert_eq!(serde_json::to_value(&joined).unwrap()["deposit"], "5000000000000");
		assert_eq!(joined.sentence(), "Keeper of group 3, with a deposit of 5 NRN.");
	}
}
