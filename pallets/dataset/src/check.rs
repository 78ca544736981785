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
use pallet_evaluators::{AuthoritySignature, EvaluatorSet, PerformanceObserver};
use pallet_groups::Rewards;
use sp_application_crypto::RuntimeAppPublic;
use sp_core::H256;

/// What comes of a check can wait for what comes of a round, whose windows are shorter, and for nothing else.
const PRIORITY: TransactionPriority = TransactionPriority::MAX / 2;

/// What a committee member signs to attest to a delta. `version` is the version of the data set that it was checked on.
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

/// What a committee member signs to open its attestation. `hash` is the [`check_hash`] of what it opens.
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

	/// The hash of the chain's first block, which every hash and signature binds.
	pub fn genesis() -> H256 {
		pallet_evaluators::genesis::<T>()
	}

	/// The most weight of a verdict: the one that decides.
	pub(crate) fn open_weight() -> Weight {
		T::WeightInfo::open()
			.saturating_add(T::Rewards::delta_checked_weight(MAX_COMMITTEE))
			.saturating_add(T::Performance::observed_weight(MAX_COMMITTEE))
	}

	/// Whether an attestation is admitted: in its window, once, and signed by the member. What costs least comes first.
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
		let committee = match check.attempt(attempt) {
			Some(known) if known.attestation(member).is_some() => {
				return Err(InvalidTransaction::Stale.into());
			}
			Some(known) => known.committee.clone(),
			None => T::Evaluators::members(),
		};
		let key = pallet_evaluators::seat(committee, member)?;
		let genesis = Self::genesis();
		let payload = attest_payload(genesis, group, proposal, check.version, attempt, member, *hash);
		if !key.verify(&payload, signature) {
			return Err(InvalidTransaction::BadProof.into());
		}
		let subject = (group, proposal, check.version, attempt, member);
		admit("descent/check-attest", subject, longevity)
	}

	/// Whether a verdict is admitted: in its window, once, what the member attested to, and signed by it. What costs least
	/// comes first.
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
		if attestation.verdict.is_some() {
			return Err(InvalidTransaction::Stale.into());
		}
		let key = pallet_evaluators::seat(known.committee.clone(), member)?;
		let (genesis, version) = (Self::genesis(), check.version);
		let hash = check_hash(genesis, group, proposal, version, attempt, &key, verdict, salt);
		let payload = open_payload(genesis, group, proposal, version, attempt, member, hash);
		if attestation.hash != hash || !key.verify(&payload, signature) {
			return Err(InvalidTransaction::BadProof.into());
		}
		let subject = (group, proposal, version, attempt, member);
		admit("descent/check-open", subject, longevity)
	}

	/// Blocks until the attest window of an attempt, or its open window, closes, this one included. An error outside of it:
	/// `Future` before it and `Stale` after it.
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
			Ordering::Equal => pallet_evaluators::blocks_left(&phase.window, now),
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
			let place = seat(&mut check.attempt, member).ok_or(Error::<T>::NotMember)?;
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
		let place = seat(&mut check.attempt, member).ok_or(Error::<T>::NotMember)?;
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

	/// Has members paid who did sound work, and tells of all.
	fn judge(group: GroupId, performance: &[(T::AccountId, Performance)]) {
		let sound: Vec<_> = performance
			.iter()
			.filter(|(_, performance)| *performance == Performance::Sound)
			.map(|(member, _)| member.clone())
			.collect();
		T::Rewards::delta_checked(group, &sound);
		T::Performance::observed(performance);
	}

	/// Does what follows of a check.
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

/// What a member said in an attempt, if it has such a member.
fn seat<AccountId>(
	attempt: &mut Option<Attempt<AccountId>>,
	member: u32,
) -> Option<&mut Option<Attestation>> {
	let place = usize::try_from(member).ok()?;
	attempt.as_mut()?.attestations.get_mut(place)
}

/// Admits one of a kind per subject.
fn admit(kind: &'static str, subject: impl Encode, longevity: BlockNumber) -> TransactionValidityWithRefund {
	let (valid, refund) = pallet_evaluators::admit(kind, subject, longevity)?;
	let valid = ValidTransaction { priority: PRIORITY, ..valid };
	Ok((valid, refund))
}
