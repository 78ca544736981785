//! Slashing protection: a node signs one finding in each matter, whatever happens to the chain or to the
//! node.

use alloc::vec::Vec;
use codec::{Decode, DecodeAll, Encode};
use sp_core::offchain::StorageKind;
use sp_io::offchain;

/// A record of the finding that a node signs in one matter.
pub trait SigningRecord {
	/// Returns true if the record holds a finding that was signed, or is about to be. No other may then be
	/// signed in its place.
	fn has_signed(&self) -> bool;
}

/// A signing record in the persistent local storage of the off-chain workers. It keeps a node from signing
/// two findings in one matter, for which its validator would be slashed.
///
/// A storage key holds one record at a time. The `Order` of a record, for example a round, says which one
/// that is. It is stored before the record, so that it can be read whatever the shape of the record.
///
/// A newer record replaces an older one. An older record replaces a newer one that has signed nothing, which
/// a reorganised chain leaves behind. It never replaces a newer one that has signed something. So storage
/// stays bounded, and a node cannot forget what it signed and sign something else.
pub struct SlashingProtection<Order, Record> {
	key: Vec<u8>,
	before: Option<Vec<u8>>,
	order: Order,
	/// The record. Changes to it are kept with [`SlashingProtection::save`].
	pub record: Record,
}

impl<Order, Record> SlashingProtection<Order, Record>
where
	Order: Encode + Decode + Ord,
	Record: Encode + Decode + Default + SigningRecord,
{
	/// Loads the record of this order, or a default one if the key holds none, or another one that may be
	/// replaced.
	///
	/// Returns `None` if the key holds a newer record that has signed something. It does the same if the
	/// stored bytes cannot be decoded, as they may be a record of this order that has signed something.
	pub fn load(key: Vec<u8>, order: Order) -> Option<Self> {
		let before = offchain::local_storage_get(StorageKind::PERSISTENT, &key);
		let mut record = Record::default();
		if let Some(bytes) = &before {
			let mut bytes = &bytes[..];
			let stored_order = Order::decode(&mut bytes).ok()?;
			if stored_order >= order {
				let stored = Record::decode_all(&mut bytes).ok()?;
				if stored_order == order {
					record = stored;
				} else if stored.has_signed() {
					return None;
				}
			}
		}
		Some(Self { key, before, order, record })
	}

	/// Stores the record. Returns false if another run has changed it since it was loaded: then nothing may
	/// be signed that relies on it.
	#[must_use]
	pub fn save(&mut self) -> bool {
		let after = (&self.order, &self.record).encode();
		if self.before.as_ref() == Some(&after) {
			return true;
		}
		let is_stored = offchain::local_storage_compare_and_set(
			StorageKind::PERSISTENT,
			&self.key,
			self.before.clone(),
			&after,
		);
		if is_stored {
			self.before = Some(after);
		}
		is_stored
	}
}
