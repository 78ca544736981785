//! The types that the pallet stores.

use crate::Config;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use descent_protocol::{
	view::ProposalEnding, BlockNumber, CheckPhase, CheckWindows, ContentRef, DeltaFault, DeltaReport,
	ProposalId, Providers, RoundIndex, TaskWindows, MAX_ATTEMPTS,
};
use frame_support::traits::fungible::{self, Credit};
use pallet_groups::Summary;
use scale_info::TypeInfo;
use sp_core::H256;

/// Number of ended proposals that a group keeps.
pub const MAX_ENDED: u32 = 64;

/// The balance type of a configuration's currency.
pub type BalanceOf<T> =
	<<T as Config>::Currency as fungible::Inspect<<T as frame_system::Config>::AccountId>>::Balance;

/// The type of slashed amounts in a configuration's currency.
pub type CreditOf<T> = Credit<<T as frame_system::Config>::AccountId, <T as Config>::Currency>;

/// The proposal type of a configuration.
pub type ProposalOf<T> = Proposal<<T as frame_system::Config>::AccountId, BalanceOf<T>>;

/// An entry of a log: the delta that makes a version of the data set from the one before.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct LogEntry<AccountId> {
	/// The delta.
	pub delta: ContentRef,
	/// Addresses from which the delta can be fetched, beside the group's providers.
	pub providers: Providers,
	/// The root of the version, see [`descent_protocol::dataset_root`].
	pub root: H256,
	/// The first round that is played with it.
	pub from: RoundIndex,
	/// The report on the delta, or `None` for the one with which the group was created.
	pub report: Option<DeltaReport>,
	/// The proposer.
	pub proposer: AccountId,
	/// The block in which the delta was applied.
	pub block: BlockNumber,
}

/// An announcement, which binds an account to a delta before it proposes.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Announcement<Balance> {
	/// The [`descent_protocol::announcement_hash`] of the delta.
	pub hash: H256,
	/// The block in which it was made.
	pub block: BlockNumber,
	/// The deposit that is held for it.
	pub deposit: Balance,
}

/// A proposed delta.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Proposal<AccountId, Balance> {
	/// The proposer.
	pub proposer: AccountId,
	/// The delta.
	pub delta: ContentRef,
	/// Addresses from which the delta can be fetched, beside the group's providers.
	pub providers: Providers,
	/// The proposer's summary of the delta.
	pub summary: Summary,
	/// The deposit that is held for it.
	pub deposit: Balance,
	/// The version of the data set that it was proposed on.
	pub base: u32,
	/// The model for which it was proposed: that of the first round that had not begun.
	pub model: ContentRef,
	/// The block in which it was announced.
	pub announced: BlockNumber,
	/// The block in which it was proposed.
	pub block: BlockNumber,
	/// Its place among the open proposals, which stays the same for as long as it is open. Validators keep
	/// one signing record per place, so that the number of records is bounded.
	pub place: u32,
	/// The stake that approves it.
	pub ayes: Balance,
	/// Number of voting periods that it has lost.
	pub lost: u32,
	/// The version and the model for which the committee last found it valid, and the report.
	pub valid: Option<(u32, ContentRef, DeltaReport)>,
}

impl<AccountId, Balance> Proposal<AccountId, Balance> {
	/// Returns the report on the delta, if it was found valid on this version of the data set, for this
	/// model.
	pub fn report_on(&self, version: u32, model: &ContentRef) -> Option<DeltaReport> {
		let (on, by, report) = self.valid?;
		((on, by) == (version, *model)).then_some(report)
	}

	/// Returns true if the proposer is not to blame for a fault that was found on a version, for a model. So
	/// it is if the delta was valid before, if the model has changed, or if it does not fit to records that
	/// other deltas have added or removed.
	pub fn is_conflict(&self, fault: DeltaFault, version: u32, model: &ContentRef) -> bool {
		let is_of_version = fault.is_conflict() || fault == DeltaFault::Empty;
		self.valid.is_some() || self.model != *model || (version > self.base && is_of_version)
	}
}

/// A proposal that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct EndedProposal<AccountId, Balance> {
	/// Its number.
	pub id: ProposalId,
	/// The proposal, as it was at its end.
	pub proposal: Proposal<AccountId, Balance>,
	/// The ending.
	pub ending: ProposalEnding,
}

/// The check of an open proposal on one version of the data set, for one model.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Check {
	/// The version.
	pub version: u32,
	/// The model: that of the first round that would be played with the delta.
	pub model: ContentRef,
	/// The number of its first attempt. Checks of a proposal on the same version share no number, so that no
	/// verdict that was signed in one of them counts in another.
	pub first_attempt: u32,
	/// The number of the attempt that is to be decided next.
	pub attempt: u32,
	/// The block at which it begins; members attest from the next one on.
	pub since: BlockNumber,
	/// The size of the delta, which the windows depend on.
	pub size: u64,
	/// True if the delta was found valid. A proposal with any other verdict is not open any more.
	pub is_decided: bool,
}

impl Check {
	/// Returns the phase of the check at a block, if it takes calls at that block.
	pub fn phase(&self, block: BlockNumber) -> Option<CheckPhase> {
		if self.is_decided {
			return None;
		}
		let phase = CheckWindows::new(self.since, self.size).phase(block)?;
		Some(CheckPhase { attempt: self.first_attempt.saturating_add(phase.attempt), ..phase })
	}

	/// Returns the windows of an attempt that is not decided.
	pub fn windows(&self, attempt: u32) -> Option<TaskWindows> {
		let place = attempt.checked_sub(self.first_attempt)?;
		let is_due = !self.is_decided && attempt >= self.attempt;
		CheckWindows::new(self.since, self.size).attempt(place).filter(|_| is_due)
	}

	/// Returns true if the check may still be decided: there is no decision, and attempts are left.
	pub fn is_running(&self) -> bool {
		!self.is_decided && self.attempt < self.next_attempt()
	}

	/// Returns the number of the first attempt of another check on the same version. No attempt of this check
	/// has it, on any fork.
	pub fn next_attempt(&self) -> u32 {
		self.first_attempt.saturating_add(MAX_ATTEMPTS)
	}
}
