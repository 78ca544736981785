use crate::{Ballot, DeltaVerdict, GroupId, ProposalId, RoundIndex, Salt, Score};
use codec::Encode;
use sp_core::H256;

/// blake2b-256 over the SCALE encoding of `b"descent/<what>/v1"` and whatever the hash binds.
pub(crate) fn domain_hash(what: &[u8], bound: impl Encode) -> H256 {
	let mut input = alloc::vec::Vec::from(what);
	bound.encode_to(&mut input);
	H256(sp_crypto_hashing::blake2_256(&input))
}

/// The hash that a trainer commits to. It holds for no other chain, group, round, account or checkpoint.
pub fn commitment_hash(
	genesis: H256,
	group: GroupId,
	round: RoundIndex,
	account: &impl Encode,
	checkpoint: H256,
	salt: &Salt,
) -> H256 {
	domain_hash(b"descent/commitment/v1", (genesis, group, round, account, checkpoint, salt))
}

/// The hash that a committee member attests before it opens its ballot. `member` is its evaluator key.
pub fn attestation_hash(
	genesis: H256,
	group: GroupId,
	round: RoundIndex,
	member: &impl Encode,
	ballot: &Ballot,
	salt: &Salt,
) -> H256 {
	domain_hash(b"descent/attestation/v1", (genesis, group, round, member, ballot, salt))
}

/// The root of a measurement: the hash of the scores of every batch of one checkpoint on one round's
/// evaluation set, in order. Anybody that has measured can publish the scores, and anybody can check them.
pub fn transcript_root(
	genesis: H256,
	group: GroupId,
	round: RoundIndex,
	checkpoint: H256,
	batches: &[Score],
) -> H256 {
	domain_hash(b"descent/transcript/v1", (genesis, group, round, checkpoint, batches))
}

/// The seed that draws a round's evaluation set. `randomness` is that of the first block after its
/// commitments closed, mixed with that of the blocks before, as the block's author alone knows its own ahead
/// of time.
pub fn evaluation_seed(genesis: H256, group: GroupId, round: RoundIndex, randomness: &[u8; 32]) -> H256 {
	domain_hash(b"descent/seed/v1", (genesis, group, round, randomness))
}

/// The root of a data set's log after one more delta: `blake2_256("descent/dataset/v1", previous root,
/// digest)`. The empty data set has the root zero.
pub fn dataset_root(previous: H256, delta: H256) -> H256 {
	domain_hash(b"descent/dataset/v1", (previous, delta))
}

/// The hash that a proposer announces before anybody else can know the delta. It holds for no other chain,
/// group or account.
pub fn announcement_hash(
	genesis: H256,
	group: GroupId,
	account: &impl Encode,
	delta: H256,
	salt: &Salt,
) -> H256 {
	domain_hash(b"descent/announcement/v1", (genesis, group, account, delta, salt))
}

/// The hash that a committee member attests of a proposed delta before it opens its verdict. `member` is its
/// evaluator key, `version` the version of the data set that the delta is checked on.
#[allow(clippy::too_many_arguments, reason = "all of this is bound")]
pub fn check_hash(
	genesis: H256,
	group: GroupId,
	proposal: ProposalId,
	version: u32,
	attempt: u32,
	member: &impl Encode,
	verdict: &DeltaVerdict,
	salt: &Salt,
) -> H256 {
	domain_hash(b"descent/check/v1", (genesis, group, proposal, version, attempt, member, verdict, salt))
}

/// The root of a report: the hash of the operation and id of every row of a delta. `rows` is the blake2b-256
/// over a byte (0 for an addition, 1 for a removal) and the 32 bytes of the id, row after row.
pub fn delta_root(genesis: H256, group: GroupId, proposal: ProposalId, version: u32, rows: H256) -> H256 {
	domain_hash(b"descent/delta/v1", (genesis, group, proposal, version, rows))
}

/// The id of a job of the evaluator: equal requests are one job. `kind` is `evaluation` or `check`.
pub(crate) fn job_id(kind: &[u8], request: &impl Encode) -> H256 {
	domain_hash(b"descent/job/v1", (kind, request))
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn the_encoding_is_frozen() {
		let hash = commitment_hash(H256::zero(), 1, 2, &[3u8; 32], H256::repeat_byte(4), &[5; 32]);
		let mut input = b"descent/commitment/v1".to_vec();
		input.extend([0; 32]);
		input.extend([1, 0, 0, 0, 2, 0, 0, 0]);
		input.extend([3; 32]);
		input.extend([4; 32]);
		input.extend([5; 32]);
		assert_eq!(hash.0, sp_crypto_hashing::blake2_256(&input));
	}

	proptest! {
		#[test]
		fn an_announcement_cannot_be_moved(
			genesis: [u8; 32], group: u32, account: [u8; 32], delta: [u8; 32], salt: [u8; 32], other: [u8; 32],
		) {
			prop_assume!(![genesis, account, delta, salt].contains(&other));
			let (genesis, delta) = (H256(genesis), H256(delta));
			let hash = announcement_hash(genesis, group, &account, delta, &salt);
			prop_assert_ne!(hash, announcement_hash(H256(other), group, &account, delta, &salt));
			prop_assert_ne!(hash, announcement_hash(genesis, group.wrapping_add(1), &account, delta, &salt));
			prop_assert_ne!(hash, announcement_hash(genesis, group, &other, delta, &salt));
			prop_assert_ne!(hash, announcement_hash(genesis, group, &account, H256(other), &salt));
			prop_assert_ne!(hash, announcement_hash(genesis, group, &account, delta, &other));
		}

		#[test]
		fn a_commitment_cannot_be_moved(
			genesis: [u8; 32], group: u32, round: u32, account: [u8; 32], checkpoint: [u8; 32], salt: [u8; 32], other: [u8; 32],
		) {
			prop_assume!(![genesis, account, checkpoint, salt].contains(&other));
			let (genesis, checkpoint) = (H256(genesis), H256(checkpoint));
			let hash = commitment_hash(genesis, group, round, &account, checkpoint, &salt);
			prop_assert_ne!(hash, commitment_hash(H256(other), group, round, &account, checkpoint, &salt));
			prop_assert_ne!(hash, commitment_hash(genesis, group.wrapping_add(1), round, &account, checkpoint, &salt));
			prop_assert_ne!(hash, commitment_hash(genesis, group, round.wrapping_add(1), &account, checkpoint, &salt));
			prop_assert_ne!(hash, commitment_hash(genesis, group, round, &other, checkpoint, &salt));
			prop_assert_ne!(hash, commitment_hash(genesis, group, round, &account, H256(other), &salt));
			prop_assert_ne!(hash, commitment_hash(genesis, group, round, &account, checkpoint, &other));
		}
	}
}
