//! The addresses of the evaluators beside this node, from the local storage in which the node put them.

use super::MAX_EVALUATORS;
use alloc::{string::String, vec, vec::Vec};
use descent_protocol::evaluation::{DEFAULT_EVALUATOR, EVALUATORS_STORAGE_KEY, EVALUATOR_STORAGE_KEY};
use sp_core::offchain::StorageKind;
use sp_io::offchain;

/// Longest address, in bytes.
const MAX_ADDRESS: usize = 256;

/// Returns the evaluators' addresses as the operator configured them, at least one and at most
/// [`MAX_EVALUATORS`]. Each is `Err` with a printable form if it can't be used.
pub(super) fn addresses() -> Vec<Result<String, String>> {
	let stored = |key| offchain::local_storage_get(StorageKind::PERSISTENT, key);
	let Some(first) = stored(EVALUATOR_STORAGE_KEY) else {
		return vec![Ok(String::from(DEFAULT_EVALUATOR))];
	};
	let all = stored(EVALUATORS_STORAGE_KEY).unwrap_or_default();
	let all: Vec<_> = all.split(|byte| *byte == b'\n').take(MAX_EVALUATORS.into()).collect();
	// A node that knows one evaluator only writes the first key and leaves the other as it was.
	if all.first() != Some(&&first[..]) {
		return vec![checked(&first)];
	}
	all.into_iter().map(checked).collect()
}

/// Returns an address without a slash at its end, or `Err` with a printable form.
fn checked(bytes: &[u8]) -> Result<String, String> {
	let shown = || String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_ADDRESS)]).into_owned();
	let Ok(address) = core::str::from_utf8(bytes) else {
		return Err(shown());
	};
	let host = address.strip_prefix("http://").unwrap_or_default();
	let usable =
		!host.is_empty() && !host.starts_with('/') && host.bytes().all(|byte| byte.is_ascii_graphic());
	if !usable || address.len() > MAX_ADDRESS {
		return Err(shown());
	}
	Ok(String::from(address.trim_end_matches('/')))
}
