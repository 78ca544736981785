use alloc::vec::Vec;
use codec::{Decode, DecodeAll, Encode};
use sp_core::offchain::StorageKind;
use sp_io::offchain;

/// What a node keeps of something that it is going to speak of.
pub trait Speech {
	/// Whether it holds what was said, or is about to be: from then on, nothing else may be said in its place.
	fn has_spoken(&self) -> bool;
}

/// A record in the persistent local storage of the off-chain workers, and the place from which it was read.
///
/// A place holds one record at a time. Which one is said by its `Order`, a round for example, which is kept before it, so
/// that it can be read of a record of any shape. A newer record takes the place of an older one, and an older one the place
/// of a newer one that has not spoken, which a reorganised chain leaves behind. Never that of one that has: what is kept is
/// bounded, and what was once said can't be forgotten and said differently.
pub struct Stored<Order, Record> {
	key: Vec<u8>,
	before: Option<Vec<u8>>,
	order: Order,
	/// The record, to be changed and then kept with [`Stored::save`].
	pub record: Record,
}

impl<Order: Encode + Decode + Ord, Record: Encode + Decode + Default + Speech> Stored<Order, Record> {
	/// The record of this order at a place, a default one where the place is empty or holds another one that may be forgotten.
	/// `None` where it holds a newer one that has spoken, or something that can't be read and may be what was said before.
	pub fn load(key: Vec<u8>, order: Order) -> Option<Self> {
		let before = offchain::local_storage_get(StorageKind::PERSISTENT, &key);
		let mut record = Record::default();
		if let Some(bytes) = &before {
			let mut bytes = &bytes[..];
			let kept = Order::decode(&mut bytes).ok()?;
			if kept >= order {
				let said = Record::decode_all(&mut bytes).ok()?;
				if kept == order {
					record = said;
				} else if said.has_spoken() {
					return None;
				}
			}
		}
		Some(Self { key, before, order, record })
	}

	/// Keeps the record. False where another run has changed it since it was read: then nothing may be said on its
	/// ground.
	#[must_use]
	pub fn save(&mut self) -> bool {
		let after = (&self.order, &self.record).encode();
		if self.before.as_ref() == Some(&after) {
			return true;
		}
		let kept = offchain::local_storage_compare_and_set(
			StorageKind::PERSISTENT,
			&self.key,
			self.before.clone(),
			&after,
		);
		if kept {
			self.before = Some(after);
		}
		kept
	}
}
