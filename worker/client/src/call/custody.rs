//! Calls of keepers.

use super::{texts, with, Call};
use descent_protocol::GroupId;

impl Call {
	/// Keeps the content of a group at these gateways, with a deposit that is held. A keeper changes its
	/// addresses, or raises its deposit, by the same call.
	pub fn keep<S: AsRef<[u8]>>(group: GroupId, providers: &[S], deposit: u128) -> Self {
		let providers = texts(providers);
		let arguments = [with("group", &group), with("providers", &providers), with("deposit", &deposit)];
		Self::new("Custody", "keep", arguments)
	}

	/// Gives up the signer's seat among the keepers of a group.
	pub fn leave_custody(group: GroupId) -> Self {
		Self::new("Custody", "leave", [with("group", &group)])
	}

	/// Opens a check of what the keepers of a group serve. Anybody may.
	pub fn check_custody(group: GroupId) -> Self {
		Self::new("Custody", "check", [with("group", &group)])
	}
}
