//! Hidden test sets: a requester publishes a series of sealed test sets ahead, and releases the key of one
//! set in each round, once trainers are bound.
//!
//! The keys come out of a hash chain. Its values are 32 bytes each: the requester draws the last one at
//! random, and each value before it is the [`hash_chain_link`] of the one after. The chain stores the latest
//! value that is known, at first the anchor, which releases nothing. A value is released by showing it: its
//! link is the value before. So one hash on the chain verifies all keys, nobody can release a key but the
//! requester, and the order of the sets is fixed when the series is opened.

use crate::{hash::domain_hash, ContentRef, MAX_TEST_SETS};
use codec::Encode;
use sp_core::H256;

/// The value before `value` in a hash chain of keys.
pub fn hash_chain_link(value: H256) -> H256 {
	domain_hash(b"descent/test-set-link/v1", value)
}

/// The key that a value of the hash chain releases, a key of ChaCha20-Poly1305. A value shows the keys of the
/// sets before its own as well, and none of those behind.
pub fn test_set_key(value: H256) -> H256 {
	domain_hash(b"descent/test-set-key/v1", value)
}

/// The id of a series of sealed test sets. It holds for one requester: nobody else can open the series first.
pub fn test_set_series(genesis: H256, requester: &impl Encode, manifest: ContentRef, anchor: H256) -> H256 {
	domain_hash(b"descent/test-set-series/v1", (genesis, requester, manifest, anchor))
}

/// The values of a hash chain whose last one is `last`, from the anchor on: one more than there are sets.
/// `None` for no sets, or for more than [`MAX_TEST_SETS`].
#[cfg(feature = "std")]
pub fn hash_chain(last: H256, sets: u16) -> Option<alloc::vec::Vec<H256>> {
	if !(1..=MAX_TEST_SETS).contains(&sets) {
		return None;
	}
	let links = core::iter::successors(Some(last), |value| Some(hash_chain_link(*value)));
	let mut chain: alloc::vec::Vec<_> = links.take(usize::from(sets).saturating_add(1)).collect();
	chain.reverse();
	Some(chain)
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	proptest! {
		#[test]
		fn each_value_leads_to_the_one_before(last: [u8; 32], sets in 1..20u16) {
			let chain = hash_chain(H256(last), sets).unwrap();
			prop_assert_eq!(chain.len(), usize::from(sets) + 1);
			prop_assert_eq!(chain.last(), Some(&H256(last)));
			for pair in chain.windows(2) {
				prop_assert_eq!(hash_chain_link(pair[1]), pair[0]);
				prop_assert_ne!(test_set_key(pair[1]), test_set_key(pair[0]));
				prop_assert_ne!(test_set_key(pair[1]), pair[0], "what the chain stores is no key");
			}
		}

		#[test]
		fn a_series_cannot_be_moved(
			genesis: [u8; 32], requester: [u8; 32], anchor: [u8; 32], other: [u8; 32],
		) {
			prop_assume!(![genesis, requester, anchor].contains(&other));
			let manifest = ContentRef::raw(b"manifest").unwrap();
			let id = test_set_series(H256(genesis), &requester, manifest, H256(anchor));
			prop_assert_ne!(id, test_set_series(H256(other), &requester, manifest, H256(anchor)));
			prop_assert_ne!(id, test_set_series(H256(genesis), &other, manifest, H256(anchor)));
			prop_assert_ne!(id, test_set_series(H256(genesis), &requester, manifest, H256(other)));
			let another = ContentRef::raw(b"another").unwrap();
			prop_assert_ne!(id, test_set_series(H256(genesis), &requester, another, H256(anchor)));
		}
	}

	#[test]
	fn a_series_has_a_bounded_number_of_sets() {
		assert_eq!(hash_chain(H256::zero(), 0), None);
		assert_eq!(hash_chain(H256::zero(), MAX_TEST_SETS + 1), None);
		assert_eq!(hash_chain(H256::zero(), MAX_TEST_SETS).unwrap().len(), usize::from(MAX_TEST_SETS) + 1);
	}
}
