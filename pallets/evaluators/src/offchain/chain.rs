//! Decisions about the times of calls to the chain.

use core::ops::Range;
use descent_protocol::BlockNumber;

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
pub(crate) fn is_due(sent: Option<BlockNumber>, now: BlockNumber) -> bool {
	sent.is_none_or(|sent| now.saturating_sub(sent) >= RESEND_AFTER)
}

/// Returns true if attestations may be opened in an open window, seen from the block `now`.
pub(crate) fn may_open(window: &Range<BlockNumber>, now: BlockNumber) -> bool {
	let length = window.end.saturating_sub(window.start);
	length < PATIENT_WINDOW || window.contains(&now)
}
