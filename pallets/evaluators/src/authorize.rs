//! Checks of the free calls of committee members, which a member's evaluator key authorizes.
//!
//! A refused call costs its sender nothing. So the checks that cost a node least come first: arguments that
//! take a storage read or a hash are closures, and run only when they are needed.

use crate::{AuthorityId, AuthoritySignature, Committee};
use alloc::vec::Vec;
use codec::Encode;
use core::ops::Range;
use descent_protocol::BlockNumber;
use frame_support::pallet_prelude::{
	InvalidTransaction, TransactionPriority, TransactionValidityWithRefund, ValidTransaction, Weight,
};
use sp_application_crypto::RuntimeAppPublic;
use sp_core::H256;

/// Returns the number of blocks until a window closes, this one included.
///
/// Errors: `Future` before the window, `Stale` after it.
pub fn blocks_left(window: &Range<BlockNumber>, now: BlockNumber) -> Result<BlockNumber, InvalidTransaction> {
	if now < window.start {
		return Err(InvalidTransaction::Future);
	}
	window.end.checked_sub(now).filter(|left| *left > 0).ok_or(InvalidTransaction::Stale)
}

/// Returns the key of a committee's member, by its place. The error is `BadSigner` if there is no such place.
pub fn seat<AccountId>(
	committee: Committee<AccountId>,
	member: u32,
) -> Result<AuthorityId, InvalidTransaction> {
	usize::try_from(member)
		.ok()
		.and_then(|place| committee.into_iter().nth(place))
		.map(|(_, key)| key)
		.ok_or(InvalidTransaction::BadSigner)
}

/// Checks that a member may attest. `key` returns the member's key, and `payload` the bytes that it has to
/// sign.
///
/// Errors: `Stale` if the member has attested, `BadProof` if the signature is not its own, and those of
/// `key`.
pub fn attestation(
	has_attested: bool,
	key: impl FnOnce() -> Result<AuthorityId, InvalidTransaction>,
	payload: impl FnOnce() -> Vec<u8>,
	signature: &AuthoritySignature,
) -> Result<(), InvalidTransaction> {
	if has_attested {
		return Err(InvalidTransaction::Stale);
	}
	if !key()?.verify(&payload(), signature) {
		return Err(InvalidTransaction::BadProof);
	}
	Ok(())
}

/// Checks that a member may open its attestation. `attested` is the hash that it attested to. `key` returns
/// the member's key, `hash` the hash of what it opens with that key, and `payload` the bytes that it has to
/// sign with that hash.
///
/// Errors: `Stale` if the member has opened, `BadProof` if it attested to something else or the signature is
/// not its own, and those of `key`.
pub fn opening(
	has_opened: bool,
	attested: H256,
	key: impl FnOnce() -> Result<AuthorityId, InvalidTransaction>,
	hash: impl FnOnce(&AuthorityId) -> H256,
	payload: impl FnOnce(H256) -> Vec<u8>,
	signature: &AuthoritySignature,
) -> Result<(), InvalidTransaction> {
	if has_opened {
		return Err(InvalidTransaction::Stale);
	}
	let key = key()?;
	let hash = hash(&key);
	if attested != hash || !key.verify(&payload(hash), signature) {
		return Err(InvalidTransaction::BadProof);
	}
	Ok(())
}

/// Admits a call to the transaction pool for `longevity` blocks.
///
/// The pool keeps one call of a `kind` per `subject`, which names the member as well. The call comes before
/// all that pay: such calls are few, and their windows are short.
pub fn admit(
	kind: &'static str,
	subject: impl Encode,
	longevity: BlockNumber,
) -> TransactionValidityWithRefund {
	ValidTransaction::with_tag_prefix(kind)
		.priority(TransactionPriority::MAX)
		.and_provides(subject)
		.longevity(longevity.into())
		.propagate(true)
		.build()
		.map(|valid| (valid, Weight::zero()))
}
