//! Views as versions 1 to 3 of the runtime API encode them, so that a node reads the blocks of runtimes whose
//! groups had a tolerance or no optional rules. The tolerance is not told any more.

use super::{AmendmentView, CandidateView, GroupView, MemberView, RoundView};
use crate::{ChangeV2, OptionalRules, Tally};
use alloc::vec::Vec;
use codec::{Decode, Error, Input};
use sp_core::crypto::AccountId32;

/// A training group, decoded from version 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupViewV2(pub GroupView);

/// A training group, decoded from version 3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupViewV3(pub GroupView);

/// A round, decoded from version 2. Its scores are rounded half to even.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundViewV2(pub RoundView);

/// An amendment, decoded from version 2, without a change of the tolerance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmendmentViewV2(pub AmendmentView);

/// A commitment and what became of it, decoded from version 2.
struct CandidateViewV2(CandidateView);

/// The verdicts on a candidate, decoded from version 2.
struct TallyV2(Tally);

/// Reads the next field.
fn next<T: Decode>(input: &mut impl Input) -> Result<T, Error> {
	T::decode(input)
}

/// Reads a tolerance, which is dropped, and the field after it.
fn after_tolerance<T: Decode>(input: &mut impl Input) -> Result<T, Error> {
	u64::decode(input)?;
	T::decode(input)
}

// The fields are read in the order in which they are written here.
fn group_without_optional_rules<I: Input>(
	input: &mut I,
	minimum_improvement: fn(&mut I) -> Result<u64, Error>,
) -> Result<GroupView, Error> {
	Ok(GroupView {
		id: next(input)?,
		owner: next(input)?,
		name: next(input)?,
		model: next(input)?,
		model_version: next(input)?,
		dataset_version: next(input)?,
		dataset_root: next(input)?,
		providers: next(input)?,
		metric: next(input)?,
		policy: next(input)?,
		minimum_improvement: minimum_improvement(input)?,
		target: next(input)?,
		clock: next(input)?,
		deposit: next(input)?,
		shares: next(input)?,
		head: next(input)?,
		voting_period: next(input)?,
		quorum: next(input)?,
		stake: next(input)?,
		closes: next(input)?,
		block: next(input)?,
		round: next(input)?,
		settled: next(input)?,
		optional_rules: OptionalRules::default(),
	})
}

impl Decode for GroupViewV2 {
	fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
		group_without_optional_rules(input, after_tolerance).map(Self)
	}
}

impl Decode for GroupViewV3 {
	fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
		group_without_optional_rules(input, next).map(Self)
	}
}

impl Decode for RoundViewV2 {
	fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
		Ok(Self(RoundView {
			group: next(input)?,
			round: next(input)?,
			phase: next(input)?,
			windows: next(input)?,
			model_version: next(input)?,
			dataset_version: next(input)?,
			minimum_improvement: after_tolerance(input)?,
			seed: next(input)?,
			dithered: false,
			settled: next(input)?,
			baseline: next(input)?,
			winner: next::<Option<AccountId32>>(input)?,
			candidates: next::<Vec<CandidateViewV2>>(input)?
				.into_iter()
				.map(|candidate| candidate.0)
				.collect(),
			committee: next::<Vec<MemberView>>(input)?,
			block: next(input)?,
		}))
	}
}

impl Decode for CandidateViewV2 {
	fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
		Ok(Self(CandidateView {
			account: next(input)?,
			commitment: next(input)?,
			deposit: next(input)?,
			reveal: next(input)?,
			measured: next(input)?,
			tally: next::<Option<TallyV2>>(input)?.map(|tally| tally.0),
			outcome: next(input)?,
			reward: next(input)?,
			slashed: next(input)?,
		}))
	}
}

impl Decode for TallyV2 {
	fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
		Ok(Self(Tally {
			matches: next(input)?,
			mismatches: next(input)?,
			unavailable: next(input)?,
			invalid: next(input)?,
			ill_conditioned: 0,
		}))
	}
}

impl Decode for AmendmentViewV2 {
	fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
		Ok(Self(AmendmentView {
			group: next(input)?,
			id: next(input)?,
			proposer: next(input)?,
			changes: next::<Vec<ChangeV2>>(input)?.into_iter().filter_map(|change| change.0).collect(),
			summary: next(input)?,
			deposit: next(input)?,
			block: next(input)?,
			ayes: next(input)?,
			majority: next(input)?,
			lost: next(input)?,
			ending: next(input)?,
		}))
	}
}

#[cfg(test)]
#[path = "views_v2_tests.rs"]
mod tests;
