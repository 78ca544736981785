//! Custody: the content that the keepers of a group serve, and how a committee checks that they do.
//!
//! A check draws one leaf of what the group needs for each keeper. Every member of a committee fetches it
//! from that keeper and answers with a hash that nobody can compute without the leaf's bytes. A keeper that
//! drops a part `f` of the content is found by each check with the probability `f`. Nothing shows that two
//! keepers have two copies, nor that a keeper has its own: what counts is that the content is served.
#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use crate::{
	committee::{agreed, is_veto, opened, tolerated, total, Weighted, SMALLEST_TOLERANT},
	hash::domain_hash,
	ContentRef, GroupId, Performance, LEAF_SIZE, MAX_KEEPERS,
};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::{bounded::BoundedVec, ConstU32, H256};

/// Number of checks in a row in which a keeper may not serve before it loses its deposit and its seat.
pub const MAX_MISSED_CHECKS: u8 = 3;

/// The part of what a check pays that goes to the members of its committee: one of so many.
const COMMITTEE_PARTS: u128 = 10;

/// The division of what a check of so many keepers pays: the amount for the members of its committee, and the
/// amount for each keeper that serves.
pub fn divide_custody(due: u128, keepers: u32) -> (u128, u128) {
	let members = due.checked_div(COMMITTEE_PARTS).unwrap_or_default();
	let each = due.saturating_sub(members).checked_div(keepers.into()).unwrap_or_default();
	(members, each)
}

/// The least amount that a check has to pay, so that the members of its committee get `fees`.
pub fn least_for_custody(fees: u128) -> u128 {
	fees.saturating_mul(COMMITTEE_PARTS)
}

/// A member's answer to a custody check: the [`kept_hash`] of the leaf that it fetched from each keeper that
/// is checked, in their order; `None` for a keeper that did not serve it in time.
pub type CustodyBallot = BoundedVec<Option<H256>, ConstU32<MAX_KEEPERS>>;

/// What a committee says of a keeper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CustodyVerdict {
	/// At least 2/3 of the committee's weight have fetched the leaf from it.
	Served,
	/// More than 1/3 have not got it.
	Missed,
	/// Neither is known.
	Undecided,
}

/// A leaf of content: a block of at most [`LEAF_SIZE`] bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
	/// The place of the content among all that is kept, from 0.
	pub content: usize,
	/// The place of the leaf in the content, from 0.
	pub index: u32,
}

/// The hash by which a committee member shows that it has fetched a leaf from a keeper. It holds for no other
/// check and no other keeper.
pub fn kept_hash(genesis: H256, group: GroupId, check: u32, keeper: &impl Encode, leaf: &[u8]) -> H256 {
	domain_hash(b"descent/kept/v1", (genesis, group, check, keeper, leaf))
}

/// Number of leaves of content.
pub fn leaves(content: &ContentRef) -> u64 {
	content.size.div_ceil(LEAF_SIZE).max(1)
}

/// The leaf that a check asks of a keeper: each leaf of all that is kept is as likely as any other. `None`
/// where nothing is kept.
pub fn drawn_leaf(seed: H256, keeper: &impl Encode, kept: &[ContentRef]) -> Option<Leaf> {
	let all = kept.iter().fold(0u64, |sum, content| sum.saturating_add(leaves(content)));
	let drawn = domain_hash(b"descent/custody-leaf/v1", (seed, keeper));
	let (bytes, _) = drawn.as_bytes().split_first_chunk::<16>()?;
	// Of 128 bits, so that the remainder prefers no leaf noticeably.
	let mut rest = u128::from_le_bytes(*bytes).checked_rem(all.into())?;
	for (place, content) in kept.iter().enumerate() {
		let own = u128::from(leaves(content));
		match rest.checked_sub(own) {
			None => return Some(Leaf { content: place, index: u32::try_from(rest).ok()? }),
			Some(behind) => rest = behind,
		}
	}
	None
}

/// The verdict of a committee on each of so many keepers.
///
/// A keeper has missed a check where more than 1/3 of the weight say that they did not get the leaf from it:
/// less than 1/3 of liars can neither make nor break a verdict. A committee that is too small to tolerate a
/// fault never says so.
pub fn custody_verdicts(committee: &[Weighted<CustodyBallot>], keepers: usize) -> Vec<CustodyVerdict> {
	let total = total(committee);
	let verdict = |place: usize| {
		if served(committee, place).is_some() {
			return CustodyVerdict::Served;
		}
		let missed = opened(committee)
			.filter(|(ballot, _)| ballot.get(place) == Some(&None))
			.fold(0u64, |sum, (_, weight)| sum.saturating_add(weight));
		match is_veto(missed, total) && committee.len() >= SMALLEST_TOLERANT {
			true => CustodyVerdict::Missed,
			false => CustodyVerdict::Undecided,
		}
	};
	(0..keepers).map(verdict).collect()
}

/// The hash that 2/3 of a committee have computed of what a keeper served.
fn served(committee: &[Weighted<CustodyBallot>], place: usize) -> Option<H256> {
	let said = opened(committee).filter_map(|(ballot, weight)| Some(((*ballot.get(place)?)?, weight)));
	agreed(said, total(committee))
}

/// The performance of each member of a committee, in their order.
///
/// A leaf has one hash, so that a member with another one than 2/3 is false. A member that did not get what
/// 2/3 got is not paid, and that is all: nobody can prove that something was served, or was not.
pub fn custody_performance(committee: &[Weighted<CustodyBallot>], keepers: usize) -> Vec<Performance> {
	let decided: Vec<_> = (0..keepers).map(|place| served(committee, place)).collect();
	let performance = committee.iter().map(|member| {
		let Some(ballot) = &member.answer else {
			return Performance::Idle;
		};
		let (mut agrees, mut is_idle) = (false, false);
		for (place, served) in decided.iter().enumerate() {
			match (served, ballot.get(place).copied().flatten()) {
				(None, _) => {}
				(Some(served), Some(said)) if said == *served => agrees = true,
				(Some(_), Some(_)) => return tolerated(Performance::False, committee.len()),
				(Some(_), None) => is_idle = true,
			}
		}
		match agrees && !is_idle {
			true => Performance::Sound,
			false => Performance::Idle,
		}
	});
	performance.collect()
}

#[cfg(test)]
#[path = "custody_tests.rs"]
mod tests;
