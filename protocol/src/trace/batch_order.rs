use crate::{hash::domain_hash, sample, GroupId, RoundIndex};
use alloc::vec::Vec;
use sp_core::{crypto::AccountId32, H256};

/// The order in which a recorded training takes its records.
///
/// The batch of each step is drawn anew from the whole data set, without replacement within the batch. There
/// is no permutation of the set: the batch of one step can be drawn without those before it.
///
/// ```
/// use descent_protocol::trace::BatchOrder;
/// use sp_core::{crypto::AccountId32, H256};
///
/// let account = AccountId32::new([1; 32]);
/// let order = BatchOrder { genesis: H256::zero(), group: 0, round: 7, link: H256::repeat_byte(2), account };
/// let batch = order.batch(3, 199, 60_000, 64);
/// assert_eq!(batch.len(), 64);
/// assert_ne!(batch, BatchOrder { round: 8, ..order }.batch(3, 199, 60_000, 64));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchOrder {
	/// The hash of the chain's first block.
	pub genesis: H256,
	/// The group.
	pub group: GroupId,
	/// The round.
	pub round: RoundIndex,
	/// The hash of the first block of the round's commit window. Nobody knows it before.
	pub link: H256,
	/// The trainer.
	pub account: AccountId32,
}

impl BatchOrder {
	/// Returns the positions of the records of a step, ascending: `size` distinct ones below `records`, or
	/// all where there are not more.
	pub fn batch(&self, segment: u16, step: u16, records: u64, size: u32) -> Vec<u64> {
		let Self { genesis, group, round, link, account } = self;
		let round = (genesis, group, round, link, account);
		sample(domain_hash(b"descent/batch/v1", (round, segment, step)), records, size)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn order(round: u32, link: [u8; 32], account: [u8; 32]) -> BatchOrder {
		BatchOrder {
			genesis: H256::zero(),
			group: 1,
			round,
			link: H256(link),
			account: AccountId32::new(account),
		}
	}

	#[test]
	fn the_encoding_is_frozen() {
		let mut input = b"descent/batch/v1".to_vec();
		input.extend([0; 32]);
		input.extend([1, 0, 0, 0, 2, 0, 0, 0]);
		input.extend([3; 32]);
		input.extend([4; 32]);
		input.extend([5, 0, 6, 0]);
		let seed = H256(sp_crypto_hashing::blake2_256(&input));
		assert_eq!(order(2, [3; 32], [4; 32]).batch(5, 6, 1_000, 10), sample(seed, 1_000, 10));
	}

	proptest! {
		#[test]
		fn a_batch_is_of_one_round_account_segment_and_step(
			link: [u8; 32], account: [u8; 32], other: [u8; 32], segment: u16, step: u16,
		) {
			prop_assume!(![link, account].contains(&other));
			let batch = |order: BatchOrder, segment, step| order.batch(segment, step, 1 << 40, 4);
			let drawn = batch(order(7, link, account), segment, step);
			prop_assert_eq!(&drawn, &batch(order(7, link, account), segment, step));
			prop_assert_ne!(&drawn, &batch(order(8, link, account), segment, step));
			prop_assert_ne!(&drawn, &batch(order(7, other, account), segment, step));
			prop_assert_ne!(&drawn, &batch(order(7, link, other), segment, step));
			prop_assert_ne!(&drawn, &batch(order(7, link, account), segment.wrapping_add(1), step));
			prop_assert_ne!(&drawn, &batch(order(7, link, account), segment, step.wrapping_add(1)));
		}
	}
}
