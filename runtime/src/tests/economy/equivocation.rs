//! The proof that a validator made two blocks in one slot.

use super::actor::Actor;
use crate::{Header, Runtime, RuntimeCall};
use codec::{Decode, Encode};
use frame_support::traits::KeyOwnerProofSystem;
use pallet_validators::KeyOwners;
use sp_consensus_babe::{
	digests::{CompatibleDigestItem, PreDigest, SecondaryPlainPreDigest},
	AuthorityId, AuthorityPair, EquivocationProof, Slot, KEY_TYPE,
};
use sp_core::{crypto::Pair, H256};
use sp_runtime::{traits::Header as _, Digest, DigestItem};

/// Returns a header of a validator for a slot. Its content differs by `root`.
fn sealed(by: &Actor, slot: Slot, root: u8) -> Header {
	let pre_digest = SecondaryPlainPreDigest { authority_index: 0, slot };
	let digest = Digest { logs: vec![DigestItem::babe_pre_digest(PreDigest::SecondaryPlain(pre_digest))] };
	let root = H256::repeat_byte(root);
	let mut header = Header::new(1, root, root, Default::default(), digest);
	let pair = AuthorityPair::from(by.pair.clone());
	let seal = DigestItem::babe_seal(pair.sign(header.hash().as_ref()));
	header.digest_mut().push(seal);
	header
}

/// Returns the call by which a node reports a validator of this session for the slot of this block; `None`
/// where it is no validator.
pub(crate) fn report(offender: &Actor) -> Option<RuntimeCall> {
	let slot = crate::Babe::current_slot();
	let key = AuthorityId::from(offender.pair.public());
	let key_owner_proof = KeyOwners::<Runtime>::prove((KEY_TYPE, key.encode()))?;
	let equivocation_proof = EquivocationProof {
		slot,
		first_header: sealed(offender, slot, 1),
		second_header: sealed(offender, slot, 2),
		offender: key,
	};
	let call = pallet_babe::Call::<Runtime>::report_equivocation_unsigned {
		equivocation_proof: Box::new(equivocation_proof),
		key_owner_proof: Decode::decode(&mut &key_owner_proof.encode()[..]).ok()?,
	};
	Some(call.into())
}
