//! Blocks as validators make them: with BABE's digest and its VRF output, the time, and transactions that are
//! checked.

use super::{ledger, pair};
use crate::{
	constants::{EPOCH_DURATION_IN_SLOTS, MILLISECONDS_PER_BLOCK},
	AccountId, Babe, Balance, BlockNumber, Executive, Header, Runtime, RuntimeCall, SignedPayload, System,
	UncheckedExtrinsic,
};
use codec::Encode;
use frame_support::{assert_ok, pallet_prelude::TransactionValidityError};
use frame_system::offchain::CreateAuthorizedTransaction;
use sp_consensus_babe::{
	digests::{CompatibleDigestItem, PreDigest, SecondaryVRFPreDigest},
	make_vrf_sign_data, Slot,
};
use sp_core::{crypto::VrfSecret, Pair};
use sp_runtime::{traits::Header as _, Digest, DigestItem, DispatchResult};

/// The validators, in the order of committees.
pub(crate) const COMMITTEE: [&str; 4] = ["//Alice", "//Bob", "//Charlie", "//Dave"];

/// Makes the next block, authored by Alice, with what `body` submits. The slot has the block's number.
pub(crate) fn block(body: impl FnOnce()) {
	let number = System::block_number() + 1;
	let digest = Digest { logs: vec![pre_digest(Slot::from(u64::from(number)))] };
	let parent = System::parent_hash();
	Executive::initialize_block(&Header::new(number, Default::default(), Default::default(), parent, digest));
	let now = u64::from(number) * MILLISECONDS_PER_BLOCK;
	let time = UncheckedExtrinsic::new_bare(pallet_timestamp::Call::set { now }.into());
	assert_ok!(Executive::apply_extrinsic(time));
	body();
	Executive::finalize_block();
	ledger::check();
	#[cfg(feature = "try-runtime")]
	check_state(number);
}

/// Checks what must always hold of every pallet's storage.
#[cfg(feature = "try-runtime")]
fn check_state(number: BlockNumber) {
	use frame_support::traits::{TryState, TryStateSelect};

	let checked = crate::AllPalletsWithSystem::try_state(number, TryStateSelect::All);
	assert_eq!(checked, Ok(()));
}

/// Makes empty blocks until this one is the last.
pub(crate) fn run_to(number: BlockNumber) {
	while System::block_number() < number {
		block(|| ());
	}
}

fn pre_digest(slot: Slot) -> DigestItem {
	let has_ended = slot >= Babe::current_epoch_start() + EPOCH_DURATION_IN_SLOTS;
	let epoch = if has_ended { Babe::next_epoch() } else { Babe::current_epoch() };
	let data = make_vrf_sign_data(&epoch.randomness, slot, epoch.epoch_index);
	DigestItem::babe_pre_digest(PreDigest::SecondaryVRF(SecondaryVRFPreDigest {
		authority_index: 0,
		slot,
		vrf_signature: pair("//Alice").vrf_sign(&data),
	}))
}

/// Signs a call and puts it into the block.
pub(crate) fn submit(uri: &str, call: impl Into<RuntimeCall>) -> DispatchResult {
	submit_with_tip(uri, 0, call)
}

/// Signs a call, offers the author a tip, and puts it into the block.
pub(crate) fn submit_with_tip(uri: &str, tip: Balance, call: impl Into<RuntimeCall>) -> DispatchResult {
	apply(uri, tip, call).expect("the transaction is admitted")
}

/// Signs a call, offers the author a tip, and puts it into the block if that admits it.
pub(crate) fn apply(
	uri: &str,
	tip: Balance,
	call: impl Into<RuntimeCall>,
) -> Result<DispatchResult, TransactionValidityError> {
	let signer = pair(uri);
	let account = AccountId::from(signer.public());
	let mut extension = <Runtime as CreateAuthorizedTransaction<RuntimeCall>>::create_extension();
	extension.6 = frame_system::CheckNonce::from(System::account_nonce(&account));
	extension.8 = pallet_transaction_payment::ChargeTransactionPayment::from(tip);
	let payload = SignedPayload::new(call.into(), extension).expect("the extension has what it signs");
	let signature = payload.using_encoded(|payload| signer.sign(payload));
	let (call, extension, _) = payload.deconstruct();
	let transaction = UncheckedExtrinsic::new_signed(call, account.into(), signature.into(), extension);
	Executive::apply_extrinsic(transaction)
}

/// Puts a call into the block that nobody signed.
pub(crate) fn submit_bare(call: impl Into<RuntimeCall>) -> Result<DispatchResult, TransactionValidityError> {
	Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(call.into()))
}

/// Puts a call into the block that brings its own proof.
pub(crate) fn submit_authorized(
	call: impl Into<RuntimeCall>,
) -> Result<DispatchResult, TransactionValidityError> {
	let transaction =
		<Runtime as CreateAuthorizedTransaction<RuntimeCall>>::create_authorized_transaction(call.into());
	Executive::apply_extrinsic(transaction)
}
