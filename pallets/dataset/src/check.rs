//! Attestations and openings of committee members, and the decisions of checks.

use crate::{Attempt, Attestation, Check, Checks, Config, Error, Event, Pallet, Proposals, WeightInfo};
use alloc::vec::Vec;
use codec::Encode;
use core::cmp::Ordering;
use descent_protocol::{
	check_hash, view::ProposalEnding, BlockNumber, ContentRef, DeltaVerdict, GroupId, Performance,
	ProposalId, Salt, MAX_COMMITTEE,
};
use frame_support::{
	ensure,
	pallet_prelude::{
		DispatchError, DispatchResult, InvalidTransaction, TransactionPriority, TransactionSource,
		TransactionValidityWithRefund, ValidTransaction, Weight,
	},
};
use pallet_evaluators::{authorize, sound, AuthoritySignature, EvaluatorSet, PerformanceObserver};
use pallet_groups::Rewards;
use sp_core::H256;

/// Priority of the calls of a check in the transaction pool. They come after those of rounds, whose windows
/// are shorter, and before all others.
const PRIORITY: TransactionPriority = TransactionPriority::MAX / 2;

/// Returns the bytes that a committee member signs to attest to a delta. `version` is the version of the data
/// set on which it was checked.
pub fn attest_payload(
	genesis: H256,
	group: GroupId,
	proposal: ProposalId,
	version: u32,
	attempt: u32,
	member: u32,
	hash: H256,
) -> Vec<u8> {
	let domain = b"descent/check-attest/v1";
	(domain, genesis, group, proposal, version, attempt, member, hash).encode()
}

/// Returns the bytes that a committee member signs to open its attestation. `hash` is the [`check_hash`] of
/// the verdict that it opens.
pub fn open_payload(
	genesis: H256,
	group: GroupId,
	proposal: ProposalId,
	version: u32,
	attempt: u32,
	member: u32,
	hash: H256,
) -> Vec<u8> {
	let domain = b"descent/check-open/v1";
	(domain, genesis, group, proposal, version, attempt, member, hash).encode()
}

impl<T: Config> Pallet<T> {
	/// Returns the number of the block that is being executed.
	pub(crate) fn now() -> BlockNumber {
		descent_support::now::<T>()
	}

	/// Returns the hash of the chain's first block, which every hash and signature contains.
	pub fn genesis() -> H256 {
		pallet_evaluators::genesis::<T>()
	}

	/// Returns the largest weight of an opening, which is that of the deciding one.
	pub(crate) fn open_weight() -> Weight {
		T::WeightInfo::open()
			.saturating_add(T::Rewards::delta_checked_weight(MAX_COMMITTEE))
			.saturating_add(T::Performance::observed_weight(MAX_COMMITTEE))
	}

	/// Admits an attestation in its window, once, and signed by the member.
	pub(crate) fn authorize_attest(
		_source: TransactionSource,
		group: &GroupId,
		proposal: &ProposalId,
		attempt: &u32,
		member: &u32,
		hash: &H256,
		signature: &AuthoritySignature,
	) -> TransactionValidityWithRefund {
		let (group, proposal, attempt, member) = (*group, *proposal, *attempt, *member);
		let check = Checks::<T>::get(group, proposal).ok_or(InvalidTransaction::Call)?;
		let longevity = Self::blocks_left(&check, attempt, true)?;
		let (known, version) = (check.attempt(attempt), check.version);
		authorize::attestation(
			known.is_some_and(|known| known.attestation(member).is_some()),
			|| {
				let committee = known.map_or_else(T::Evaluators::members, |known| known.committee.clone());
				authorize::seat(committee, member)
			},
			|| attest_payload(Self::genesis(), group, proposal, version, attempt, member, *hash),
			signature,
		)?;
		let subject = (group, proposal, version, attempt, member);
		admit("descent/check-attest", subject, longevity)
	}

	/// Admits a verdict in its window, once, if it is the one that the member attested to, and signed by the
	/// member.
	#[allow(clippy::too_many_arguments, reason = "those of the call")]
	pub(crate) fn authorize_open(
		_source: TransactionSource,
		group: &GroupId,
		proposal: &ProposalId,
		attempt: &u32,
		member: &u32,
		verdict: &DeltaVerdict,
		salt: &Salt,
		signature: &AuthoritySignature,
	) -> TransactionValidityWithRefund {
		let (group, proposal, attempt, member) = (*group, *proposal, *attempt, *member);
		let check = Checks::<T>::get(group, proposal).ok_or(InvalidTransaction::Call)?;
		let longevity = Self::blocks_left(&check, attempt, false)?;
		let known = check.attempt(attempt).ok_or(InvalidTransaction::Call)?;
		let attestation = known.attestation(member).ok_or(InvalidTransaction::Call)?;
		let version = check.version;
		authorize::opening(
			attestation.verdict.is_some(),
			attestation.hash,
			|| authorize::seat(known.committee.clone(), member),
			|key| check_hash(Self::genesis(), group, proposal, version, attempt, key, verdict, salt),
			|hash| open_payload(Self::genesis(), group, proposal, version, attempt, member, hash),
			signature,
		)?;
		let subject = (group, proposal, version, attempt, member);
		admit("descent/check-open", subject, longevity)
	}

	/// Returns the number of blocks until the attest window of an attempt, or its open window, closes, this
	/// one included.
	///
	/// Errors: `Future` before the window, `Stale` after it.
	fn blocks_left(
		check: &Check<T::AccountId>,
		attempt: u32,
		is_attesting: bool,
	) -> Result<BlockNumber, InvalidTransaction> {
		let now = Self::now();
		let phase = check.phase(now).ok_or(match now.cmp(&check.since) {
			Ordering::Greater => InvalidTransaction::Stale,
			Ordering::Less | Ordering::Equal => InvalidTransaction::Future,
		})?;
		// An attempt's members open after they have attested.
		match (attempt, !is_attesting).cmp(&(phase.attempt, !phase.is_attesting)) {
			Ordering::Less => Err(InvalidTransaction::Stale),
			Ordering::Equal => authorize::blocks_left(&phase.window, now),
			Ordering::Greater => Err(InvalidTransaction::Future),
		}
	}

	pub(crate) fn do_attest(
		group: GroupId,
		proposal: ProposalId,
		attempt: u32,
		member: u32,
		hash: H256,
	) -> DispatchResult {
		Checks::<T>::try_mutate(group, proposal, |check| {
			let check = check.as_mut().ok_or(Error::<T>::UnknownProposal)?;
			if check.attempt(attempt).is_none() {
				check.attempt = Some(Attempt::new(attempt, T::Evaluators::members()));
			}
			let place = place(&mut check.attempt, member).ok_or(Error::<T>::NotMember)?;
			match place.replace(Attestation { hash, verdict: None }) {
				None => Ok(()),
				Some(_) => Err(Error::<T>::AlreadyAttested),
			}
		})?;
		Self::deposit_event(Event::Attested { group, proposal, attempt, member });
		Ok(())
	}

	pub(crate) fn do_open(
		group: GroupId,
		proposal: ProposalId,
		attempt: u32,
		member: u32,
		verdict: DeltaVerdict,
	) -> DispatchResult {
		let mut check = Checks::<T>::get(group, proposal).ok_or(Error::<T>::UnknownProposal)?;
		ensure!(check.attempt(attempt).is_some(), Error::<T>::NotAttested);
		let place = place(&mut check.attempt, member).ok_or(Error::<T>::NotMember)?;
		let attestation = place.as_mut().ok_or(Error::<T>::NotAttested)?;
		if attestation.verdict.replace(verdict).is_some() {
			return Err(Error::<T>::AlreadyOpened.into());
		}
		Self::deposit_event(Event::Opened { group, proposal, attempt, member });
		let decided = check.attempt(attempt).and_then(Attempt::decide);
		check.is_decided = decided.is_some();
		let performance =
			decided.zip(check.attempt(attempt)).map(|(verdict, attempt)| attempt.performance(verdict));
		let (version, model) = (check.version, check.model);
		Checks::<T>::insert(group, proposal, check);
		if let Some(performance) = performance {
			Self::judge(group, &performance);
		}
		match decided {
			Some(verdict) => Self::conclude(group, proposal, version, model, verdict),
			None => Ok(()),
		}
	}

	/// Pays the members who did sound work, and reports the performance of all.
	fn judge(group: GroupId, performance: &[(T::AccountId, Performance)]) {
		T::Rewards::delta_checked(group, &sound(performance));
		T::Performance::observed(performance);
	}

	/// Marks the proposal valid, or ends it, as the verdict says.
	fn conclude(
		group: GroupId,
		id: ProposalId,
		version: u32,
		model: ContentRef,
		verdict: DeltaVerdict,
	) -> DispatchResult {
		Self::deposit_event(Event::Checked { group, proposal: id, version, verdict });
		let ending = Proposals::<T>::try_mutate(group, id, |proposal| {
			let proposal = proposal.as_mut().ok_or(Error::<T>::UnknownProposal)?;
			Ok::<_, DispatchError>(match verdict {
				DeltaVerdict::Valid(report) => {
					proposal.valid = Some((version, model, report));
					None
				}
				DeltaVerdict::Invalid(fault) if proposal.is_conflict(fault, version, &model) => {
					Some(ProposalEnding::Conflict { fault })
				}
				DeltaVerdict::Invalid(fault) => Some(ProposalEnding::Invalid { fault }),
				DeltaVerdict::Unavailable => Some(ProposalEnding::Unavailable),
			})
		})?;
		if let Some(ending) = ending {
			Self::end(group, id, ending);
		}
		Ok(())
	}
}

/// Returns the place for a member's attestation in an attempt, or `None` if the committee has no such member.
fn place<AccountId>(
	attempt: &mut Option<Attempt<AccountId>>,
	member: u32,
) -> Option<&mut Option<Attestation>> {
	let place = usize::try_from(member).ok()?;
	attempt.as_mut()?.attestations.get_mut(place)
}

/// Admits a call to the transaction pool, which keeps one call of a `kind` per `subject`.
fn admit(kind: &'static str, subject: impl Encode, longevity: BlockNumber) -> TransactionValidityWithRefund {
	let (valid, refund) = authorize::admit(kind, subject, longevity)?;
	let valid = ValidTransaction { priority: PRIORITY, ..valid };
	Ok((valid, refund))
}
