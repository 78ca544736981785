//! The reports of a run, one for each of the node's keys.

use super::TASKS;
use crate::{report_payload, Attest, AuthorityId, Call, Config, Opening, Report};
use alloc::vec::Vec;
use descent_protocol::BlockNumber;
use frame_system::offchain::SubmitTransaction;
use sp_application_crypto::RuntimeAppPublic;
use sp_core::H256;

/// The reports of a run.
pub(super) struct Reports {
	block: BlockNumber,
	reports: Vec<(AuthorityId, Report)>,
}

impl Reports {
	/// Creates the reports of a run that has nothing to say yet.
	pub(super) fn new(block: BlockNumber) -> Self {
		Self { block, reports: Vec::new() }
	}

	/// Returns the report of a key.
	fn of(&mut self, key: &AuthorityId) -> Option<&mut Report> {
		if self.reports.iter().all(|(other, _)| other != key) {
			self.reports.push((key.clone(), Report::new(self.block)));
		}
		let mut reports = self.reports.iter_mut();
		reports.find(|(other, _)| other == key).map(|(_, report)| report)
	}

	/// Returns true if the report of a key has room for another attestation. What finds none is said in a
	/// later block.
	pub(super) fn can_attest(&mut self, key: &AuthorityId) -> bool {
		self.of(key).is_some_and(|report| !report.attestations.is_full())
	}

	/// Returns true if the report of a key has room for another opening.
	pub(super) fn can_open(&mut self, key: &AuthorityId) -> bool {
		self.of(key).is_some_and(|report| !report.openings.is_full())
	}

	/// Adds an attestation of a key's member.
	pub(super) fn attest(&mut self, key: &AuthorityId, attestation: Attest) {
		let pushed = self.of(key).is_some_and(|report| report.attestations.try_push(attestation).is_ok());
		debug_assert!(pushed, "the caller has seen that there is room");
	}

	/// Adds an opening of a key's member.
	pub(super) fn open(&mut self, key: &AuthorityId, opening: Opening) {
		let pushed = self.of(key).is_some_and(|report| report.openings.try_push(opening).is_ok());
		debug_assert!(pushed, "the caller has seen that there is room");
	}

	/// Signs each report with its key and sends it.
	pub(super) fn submit<T: Config>(self, genesis: H256) {
		for (key, mut report) in self.reports {
			if report.is_empty() {
				continue;
			}
			report.attestations.sort_by_key(|item| (item.task, item.member));
			report.openings.sort_by_key(|item| (item.task, item.member));
			let Some(signature) = key.sign(&report_payload(genesis, &report)) else {
				log::error!(
					target: TASKS,
					"the keystore lists an evaluator key but does not sign with it. Insert the session \
					key of type `eval` again",
				);
				continue;
			};
			let call = Call::<T>::report { key, report, signature };
			let transaction = T::create_authorized_transaction(call.into());
			if SubmitTransaction::<T, Call<T>>::submit_transaction(transaction).is_err() {
				// Most likely the one sent before is still in the pool.
				log::debug!(target: TASKS, "the transaction pool did not take what was sent");
			}
		}
	}
}
