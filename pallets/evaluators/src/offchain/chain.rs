//! Decisions about calls to the chain, and their signing.

use crate::{AuthorityId, AuthoritySignature, Committee};
use alloc::vec::Vec;
use core::{fmt, ops::Range};
use descent_protocol::BlockNumber;
use frame_system::offchain::{CreateAuthorizedTransaction, SubmitTransaction};
use sp_application_crypto::RuntimeAppPublic;

/// Blocks after which a call is sent again. A call that is sent with one block is in the next one, or has to
/// be sent again: the pool refuses what it has already, and may have refused a call that it got before it saw
/// the block. Windows are short.
const RESEND_AFTER: BlockNumber = 1;
/// Smallest length of an open window, in blocks, in which a node waits for one block before it opens. A fork
/// of the attest window's last block then can't carry an attestation that was copied from an opening. There
/// is still room to send openings twice, even if one of the blocks begins a session and takes no
/// transactions. In shorter windows a node opens at once.
const PATIENT_WINDOW: BlockNumber = 4;

/// Returns true if a call that was last sent with block `sent` has to be sent again.
pub fn is_due(sent: Option<BlockNumber>, now: BlockNumber) -> bool {
	sent.is_none_or(|sent| now.saturating_sub(sent) >= RESEND_AFTER)
}

/// Returns true if attestations may be opened in an open window, seen from the block `now`.
pub fn may_open(window: &Range<BlockNumber>, now: BlockNumber) -> bool {
	let length = window.end.saturating_sub(window.start);
	length < PATIENT_WINDOW || window.contains(&now)
}

/// Returns the places in a committee that belong to one of this node's keys, with the key of each.
pub fn own_seats<AccountId>(
	committee: Committee<AccountId>,
	keys: &[AuthorityId],
) -> Vec<(u32, AuthorityId)> {
	(0..)
		.zip(committee)
		.filter(|(_, (_, key))| keys.contains(key))
		.map(|(member, (_, key))| (member, key))
		.collect()
}

/// Signs `payload` with an evaluator key of this node and sends the call that `call` makes of the signature.
/// `subject` names the matter in log messages.
pub fn sign_and_submit<T: CreateAuthorizedTransaction<Call>, Call>(
	target: &'static str,
	subject: impl fmt::Display,
	key: &AuthorityId,
	payload: &[u8],
	call: impl FnOnce(AuthoritySignature) -> Call,
) {
	let Some(signature) = key.sign(&payload) else {
		log::error!(
			target: target,
			"{subject}: the keystore lists an evaluator key but does not sign with it. Insert the session key \
			of type `eval` again",
		);
		return;
	};
	let transaction = T::create_authorized_transaction(call(signature).into());
	if SubmitTransaction::<T, Call>::submit_transaction(transaction).is_err() {
		// Most likely the one sent before is still in the pool.
		log::debug!(target: target, "{subject}: the transaction pool did not take what was sent");
	}
}
