//! Events of keepers in words.

use super::{ChainEvent, EventFormat, Tone};
use crate::{format_amount, MAX_MISSED_CHECKS};
use alloc::{format, string::String};

impl ChainEvent {
	/// Says what happened to a keeper or a check of keepers; nothing for another event.
	pub(super) fn describe_custody(&self, format: &impl EventFormat) -> String {
		match self {
			Self::KeeperJoined { account, deposit, .. } => {
				let name = format.account(account);
				format!("{name} keeps the content, with a deposit of {}", format_amount(*deposit))
			}
			Self::KeeperLeft { account, returned, .. } => {
				format!("{} left; {} is returned", format.account(account), format_amount(*returned))
			}
			Self::KeeperDisplaced { account, .. } => {
				format!("{} was displaced by a larger deposit", format.account(account))
			}
			Self::KeeperSlashed { account, slashed, .. } => {
				let lost = format!("loses its seat and {}", format_amount(*slashed));
				format!("{} {}", format.account(account), format.result(Tone::Bad, lost))
			}
			Self::CustodyCheckOpened { .. } => "was opened".into(),
			Self::CustodyCheckMissed { account, missed, .. } => {
				let missed = format!("{missed} of {MAX_MISSED_CHECKS} in a row");
				let did_not = format.result(Tone::Bad, "did not serve".into());
				format!("{} {did_not}, {missed}", format.account(account))
			}
			Self::CustodyChecked { served: 0, .. } => {
				format.result(Tone::Bad, "no keeper is known to have served".into())
			}
			Self::CustodyChecked { served, each, .. } => {
				let amount = format_amount(*each);
				format.result(Tone::Good, format!("{served} served and are paid {amount} each"))
			}
			_ => String::new(),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::UNIT;
	use sp_core::crypto::AccountId32;

	/// Names accounts by their first byte.
	struct Plain;

	impl EventFormat for Plain {
		fn account(&self, account: &AccountId32) -> String {
			let [first, ..]: &[u8; 32] = account.as_ref();
			format!("account {first}")
		}
	}

	#[test]
	fn what_happens_to_keepers_is_a_sentence_each() {
		let (group, check, account) = (0, 4, || AccountId32::new([7; 32]));
		let said = [
			(
				ChainEvent::KeeperJoined { group, account: account(), deposit: 5 * UNIT },
				"keeper: account 7 keeps the content, with a deposit of 5 NRN",
			),
			(
				ChainEvent::KeeperLeft { group, account: account(), returned: 5 * UNIT },
				"keeper: account 7 left; 5 NRN is returned",
			),
			(
				ChainEvent::KeeperDisplaced { group, account: account() },
				"keeper: account 7 was displaced by a larger deposit",
			),
			(
				ChainEvent::KeeperSlashed { group, account: account(), slashed: 5 * UNIT },
				"keeper: account 7 loses its seat and 5 NRN",
			),
			(ChainEvent::CustodyCheckOpened { group, check }, "custody check 4: was opened"),
			(
				ChainEvent::CustodyCheckMissed { group, check, account: account(), missed: 2 },
				"custody check 4: account 7 did not serve, 2 of 3 in a row",
			),
			(
				ChainEvent::CustodyChecked { group, check, served: 3, each: UNIT },
				"custody check 4: 3 served and are paid 1 NRN each",
			),
			(
				ChainEvent::CustodyChecked { group, check, served: 0, each: 0 },
				"custody check 4: no keeper is known to have served",
			),
		];
		for (event, sentence) in said {
			assert_eq!(format!("{}: {}", event.subject(), event.describe(&Plain)), sentence);
		}
	}
}
