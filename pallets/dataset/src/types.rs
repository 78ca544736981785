use crate::Config;
use alloc::{collections::BTreeMap, vec, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use descent_protocol::{
	view::ProposalEnding, BlockNumber, CheckPhase, CheckWindows, ContentRef, DeltaFault, DeltaReport,
	DeltaVerdict, Performance, ProposalId, Providers, RoundIndex, MAX_ATTEMPTS, MAX_COMMITTEE,
};
use frame_support::{
	traits::{
		fungible::{self, Credit},
		ConstU32,
	},
	BoundedVec,
};
use pallet_evaluators::Committee;
use pallet_groups::Summary;
use scale_info::TypeInfo;
use sp_core::H256;
use sp_runtime::SaturatedConversion;

/// How many ended proposals a group keeps.
pub const MAX_ENDED: u32 = 64;

/// The balance type of a configuration's currency.
pub type BalanceOf<T> =
	<<T as Config>::Currency as fungible::Inspect<<T as frame_system::Config>::AccountId>>::Balance;

/// What is slashed in a configuration's currency.
pub type CreditOf<T> = Credit<<T as frame_system::Config>::AccountId, <T as Config>::Currency>;

/// The proposal type of a configuration.
pub type ProposalOf<T> = Proposal<<T as frame_system::Config>::AccountId, BalanceOf<T>>;

/// A version of a data set: the delta that makes it of the one before.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct LogEntry<AccountId> {
	/// The delta.
	pub delta: ContentRef,
	/// Where it can be had, beside the group's providers.
	pub providers: Providers,
	/// The root of the version, see [`descent_protocol::dataset_root`].
	pub root: H256,
	/// The first round that is played with it.
	pub from: RoundIndex,
	/// What the delta does; `None` for the one that the group was created with.
	pub report: Option<DeltaReport>,
	/// Who proposed it.
	pub proposer: AccountId,
	/// The block that applied it.
	pub block: BlockNumber,
}

/// What an account has bound itself to before it proposes.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Announcement<Balance> {
	/// See [`descent_protocol::announcement_hash`].
	pub hash: H256,
	/// The block in which it was made.
	pub block: BlockNumber,
	/// What is held for it.
	pub deposit: Balance,
}

/// A proposed delta.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Proposal<AccountId, Balance> {
	/// Who proposed it.
	pub proposer: AccountId,
	/// The delta.
	pub delta: ContentRef,
	/// Where it can be had, beside the group's providers.
	pub providers: Providers,
	/// What its proposer says of it.
	pub summary: Summary,
	/// What its proposer has put at stake.
	pub deposit: Balance,
	/// The version of the data set that it was proposed on.
	pub base: u32,
	/// The model that it was proposed for: that of the first round that had not begun.
	pub model: ContentRef,
	/// The block in which it was announced.
	pub announced: BlockNumber,
	/// The block in which it was proposed.
	pub block: BlockNumber,
	/// Its place among the open ones, the same for as long as it is open. What validators remember of it is kept under its
	/// place, so that they never have to remember more than places.
	pub place: u32,
	/// The stake that approves it.
	pub ayes: Balance,
	/// How many voting periods it has lost.
	pub lost: u32,
	/// The version and the model that the committee found it valid for last, and what it does to that version.
	pub valid: Option<(u32, ContentRef, DeltaReport)>,
}

impl<AccountId, Balance> Proposal<AccountId, Balance> {
	/// What it does to a version of the data set, if it was found valid on it, for this model.
	pub fn report_on(&self, version: u32, model: &ContentRef) -> Option<DeltaReport> {
		let (on, by, report) = self.valid?;
		((on, by) == (version, *model)).then_some(report)
	}

	/// Whether a fault that was found on a version, for a model, may be the doing of others: it was valid before, the model is
	/// another by then, or it does not fit to what others have added or removed. The proposer is not to blame for it.
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
	/// What it was at its end.
	pub proposal: Proposal<AccountId, Balance>,
	/// How it ended.
	pub ending: ProposalEnding,
}

/// The check of an open proposal on one version of the data set, for one model.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Check<AccountId> {
	/// The version.
	pub version: u32,
	/// The model: that of the first round that would be played with the delta.
	pub model: ContentRef,
	/// The number of its first attempt. Checks of a proposal on the same version share none, so that nothing that was said in
	/// one of them is said in another.
	pub first_attempt: u32,
	/// The block at which it begins; members attest from the next one on.
	pub since: BlockNumber,
	/// The size of the delta, which the windows depend on.
	pub size: u64,
	/// Whether the delta was found valid. One that was found anything else is not open any more.
	pub is_decided: bool,
	/// The attempt in which somebody has attested last.
	pub attempt: Option<Attempt<AccountId>>,
}

impl<AccountId> Check<AccountId> {
	/// Where it stands at a block, if it takes anything at that block.
	pub fn phase(&self, block: BlockNumber) -> Option<CheckPhase> {
		if self.is_decided {
			return None;
		}
		let phase = CheckWindows::new(self.since, self.size).phase(block)?;
		Some(CheckPhase { attempt: self.first_attempt.saturating_add(phase.attempt), ..phase })
	}

	/// Whether it may still be decided, at a block or later: there is no decision, and attempts are left.
	pub fn is_running(&self, block: BlockNumber) -> bool {
		!self.is_decided && (block <= self.since || self.phase(block).is_some())
	}

	/// The number of the first attempt of another check on the same version. No attempt of this one has it, however many
	/// of them there will have been on another fork.
	pub fn next_attempt(&self) -> u32 {
		self.first_attempt.saturating_add(MAX_ATTEMPTS)
	}

	/// An attempt, if it is the last in which somebody has attested.
	pub fn attempt(&self, number: u32) -> Option<&Attempt<AccountId>> {
		self.attempt.as_ref().filter(|attempt| attempt.number == number)
	}
}

/// An attempt of a committee to agree on a delta.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Attempt<AccountId> {
	/// Its number. Those on a version of the data set begin with 0.
	pub number: u32,
	/// The validators when the first of them attested.
	pub committee: Committee<AccountId>,
	/// What each member said, by its place in the committee.
	pub attestations: BoundedVec<Option<Attestation>, ConstU32<MAX_COMMITTEE>>,
}

impl<AccountId> Attempt<AccountId> {
	/// An attempt in which nobody has attested.
	pub fn new(number: u32, committee: Committee<AccountId>) -> Self {
		let attestations = BoundedVec::truncate_from(vec![None; committee.len()]);
		Self { number, committee, attestations }
	}

	/// The verdicts that were opened, with how many members hold each.
	pub fn verdicts(&self) -> Vec<(DeltaVerdict, u32)> {
		let mut held = BTreeMap::<DeltaVerdict, u32>::new();
		let attestations = self.attestations.iter().flatten();
		for verdict in attestations.filter_map(|attestation| attestation.verdict) {
			let members = held.entry(verdict).or_default();
			*members = members.saturating_add(1);
		}
		held.into_iter().collect()
	}

	/// What 2/3 of the committee hold.
	pub fn decide(&self) -> Option<DeltaVerdict> {
		let members = self.committee.len().saturated_into();
		descent_protocol::decide(&self.verdicts(), members, self.number)
	}

	/// How the members did who had opened when 2/3 held this verdict. Who had not may still have been about to.
	pub(crate) fn performance(&self, decided: DeltaVerdict) -> Vec<(AccountId, Performance)>
	where
		AccountId: Clone,
	{
		let verdicts = self.attestations.iter().map(|said| said.as_ref()?.verdict);
		let opened = self.committee.iter().zip(verdicts);
		let (members, verdicts): (Vec<_>, Vec<_>) = opened.filter(|(_, verdict)| verdict.is_some()).unzip();
		let performance = descent_protocol::check_performance(&verdicts, decided);
		let members = members.into_iter().map(|(member, _)| member.clone());
		members.zip(performance).collect()
	}

	/// What a member said, by its place.
	pub fn attestation(&self, member: u32) -> Option<Attestation> {
		let place = usize::try_from(member).ok()?;
		*self.attestations.get(place)?
	}
}

/// What a member of a committee said.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Attestation {
	/// What it bound itself to, see [`descent_protocol::check_hash`].
	pub hash: H256,
	/// What it found, once it has shown it.
	pub verdict: Option<DeltaVerdict>,
}
