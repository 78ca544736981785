//! Blocks with gaps between their numbers, so that tests need not make the blocks in which nothing happens.

use super::actor::{actor, Submitted};
use crate::{
	constants::{EPOCH_DURATION_IN_SLOTS, MILLISECONDS_PER_BLOCK},
	Babe, BlockNumber, Executive, Header, Runtime, RuntimeCall, System, UncheckedExtrinsic,
};
use frame_support::assert_ok;
use frame_system::offchain::CreateAuthorizedTransaction;
use sp_consensus_babe::{
	digests::{CompatibleDigestItem, PreDigest, SecondaryVRFPreDigest},
	make_vrf_sign_data, AuthorityId, Slot,
};
use sp_core::{crypto::VrfSecret, sr25519::vrf::VrfSignature, Pair};
use sp_runtime::{traits::Header as _, Digest, DigestItem};
use std::sync::LazyLock;

/// The output of some VRF. A runtime leaves it to nodes to verify it.
static VRF: LazyLock<VrfSignature> = LazyLock::new(|| {
	let data = make_vrf_sign_data(&[0; 32], Slot::from(0), 0);
	actor("//Alice").pair.vrf_sign(&data)
});

/// Begins block `number`, in the slot of the same number. Blocks before it may be missing. Its author is
/// Alice, as a validator that a block disables can't be its author. While Alice is no validator, the author
/// is unknown.
pub(crate) fn begin(number: BlockNumber) {
	let alice = AuthorityId::from(actor("//Alice").pair.public());
	let slot = Slot::from(u64::from(number));
	// The first block of an epoch is made by the validators of that epoch.
	let epoch = if slot >= Babe::current_epoch_start() + EPOCH_DURATION_IN_SLOTS {
		Babe::next_epoch()
	} else {
		Babe::current_epoch()
	};
	let mut authors = epoch.authorities.iter();
	let author = authors.position(|(author, _)| *author == alice);
	let pre_digest = SecondaryVRFPreDigest {
		authority_index: author.map_or(u32::MAX, |author| author as u32),
		slot,
		vrf_signature: VRF.clone(),
	};
	let digest = Digest { logs: vec![DigestItem::babe_pre_digest(PreDigest::SecondaryVRF(pre_digest))] };
	let parent = System::parent_hash();
	System::set_block_number(number - 1);
	Executive::initialize_block(&Header::new(number, Default::default(), Default::default(), parent, digest));
	let now = u64::from(number) * MILLISECONDS_PER_BLOCK;
	let time = UncheckedExtrinsic::new_bare(pallet_timestamp::Call::set { now }.into());
	assert_ok!(Executive::apply_extrinsic(time));
}

/// Ends the block.
pub(crate) fn end() {
	Executive::finalize_block();
}

/// Puts a call into the block that its author's node makes.
pub(crate) fn submit_unsigned(call: RuntimeCall) -> Submitted {
	Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(call))
}

/// Puts a call into the block that brings its own proof.
pub(crate) fn submit_authorized(call: RuntimeCall) -> Submitted {
	let transaction =
		<Runtime as CreateAuthorizedTransaction<RuntimeCall>>::create_authorized_transaction(call);
	Executive::apply_extrinsic(transaction)
}
