//! The calls of committee members.

use super::actor::Actor;
use crate::{Dataset, Rounds, RuntimeCall};
use descent_protocol::{
	attestation_hash, check_hash, Ballot, DeltaVerdict, GroupId, ProposalId, RoundIndex, Salt,
};
use pallet_evaluators::AuthoritySignature;
use sp_core::{Pair, H256};

/// A member's seat in the committee of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seat {
	pub(crate) group: GroupId,
	pub(crate) round: RoundIndex,
	pub(crate) member: u32,
}

impl Seat {
	/// The hash that hides a ballot.
	pub(crate) fn hash(self, by: &Actor, ballot: &Ballot, salt: &Salt) -> H256 {
		attestation_hash(Rounds::genesis(), self.group, self.round, &by.evaluator(), ballot, salt)
	}

	/// Returns the attestation to a ballot with this hash.
	pub(crate) fn attest(self, by: &Actor, hash: H256) -> RuntimeCall {
		let Self { group, round, member } = self;
		let payload = pallet_rounds::attest_payload(Rounds::genesis(), group, round, member, hash);
		let signature = AuthoritySignature::from(by.pair.sign(&payload));
		pallet_rounds::Call::attest { group, round, member, hash, signature }.into()
	}

	/// Returns the opening of a ballot.
	pub(crate) fn open(self, by: &Actor, ballot: &Ballot, salt: Salt) -> RuntimeCall {
		let Self { group, round, member } = self;
		let hash = self.hash(by, ballot, &salt);
		let payload = pallet_rounds::open_payload(Rounds::genesis(), group, round, member, hash);
		let signature = AuthoritySignature::from(by.pair.sign(&payload));
		pallet_rounds::Call::open { group, round, member, ballot: ballot.clone(), salt, signature }.into()
	}
}

/// A member's seat in the committee that checks a delta.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CheckSeat {
	pub(crate) group: GroupId,
	pub(crate) proposal: ProposalId,
	pub(crate) version: u32,
	pub(crate) attempt: u32,
	pub(crate) member: u32,
}

impl CheckSeat {
	/// The hash that hides a verdict.
	pub(crate) fn hash(self, by: &Actor, verdict: &DeltaVerdict, salt: &Salt) -> H256 {
		check_hash(
			Dataset::genesis(),
			self.group,
			self.proposal,
			self.version,
			self.attempt,
			&by.evaluator(),
			verdict,
			salt,
		)
	}

	/// Returns the attestation to a verdict with this hash.
	pub(crate) fn attest(self, by: &Actor, hash: H256) -> RuntimeCall {
		let payload = pallet_dataset::attest_payload(
			Dataset::genesis(),
			self.group,
			self.proposal,
			self.version,
			self.attempt,
			self.member,
			hash,
		);
		pallet_dataset::Call::attest {
			group: self.group,
			proposal: self.proposal,
			attempt: self.attempt,
			member: self.member,
			hash,
			signature: AuthoritySignature::from(by.pair.sign(&payload)),
		}
		.into()
	}

	/// Returns the opening of a verdict.
	pub(crate) fn open(self, by: &Actor, verdict: DeltaVerdict, salt: Salt) -> RuntimeCall {
		let payload = pallet_dataset::open_payload(
			Dataset::genesis(),
			self.group,
			self.proposal,
			self.version,
			self.attempt,
			self.member,
			self.hash(by, &verdict, &salt),
		);
		pallet_dataset::Call::open {
			group: self.group,
			proposal: self.proposal,
			attempt: self.attempt,
			member: self.member,
			verdict,
			salt,
			signature: AuthoritySignature::from(by.pair.sign(&payload)),
		}
		.into()
	}
}
