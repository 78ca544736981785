//! Reports: the free calls of committee members, which their evaluator keys authorize.
//!
//! A refused call costs its sender nothing. So the checks that cost a node least come first, and only the
//! holder of a member's key can have a node do more than read one committee.

use crate::{
	Attest, Attestation, Attestations, AuthorityId, AuthoritySignature, Committee, Committees, Config, Error,
	Event, Opening, Pallet, Report, Tasks, WeightInfo,
};
use alloc::vec::Vec;
use codec::Encode;
use core::ops::Range;
use descent_protocol::{answer_hash, attestation_hash, check_hash, Answer, BlockNumber, Salt, TaskId};
use frame_support::{
	ensure,
	pallet_prelude::{
		DispatchError, InvalidTransaction, TransactionPriority, TransactionSource,
		TransactionValidityWithRefund, ValidTransaction, Weight,
	},
};
use sp_application_crypto::RuntimeAppPublic;
use sp_core::H256;
use sp_runtime::SaturatedConversion;

/// The priority of reports in the transaction pool. They come before all that pay: they are few, and their
/// windows are short. The number of a block fits into what is left.
const PRIORITY: TransactionPriority = TransactionPriority::MAX / 2;
/// Number of blocks for which a report is valid at most.
const LONGEVITY: BlockNumber = 64;

/// Returns the bytes that a committee member signs for a report.
pub fn report_payload(genesis: H256, report: &Report) -> Vec<u8> {
	(b"descent/report/v1", genesis, report).encode()
}

/// Returns the hash that a member attests. A committee of an earlier runtime has the hashes of its time.
pub(crate) fn attested_hash(
	genesis: H256,
	task: &TaskId,
	subject: H256,
	is_unbound: bool,
	key: &AuthorityId,
	answer: &Answer,
	salt: &Salt,
) -> H256 {
	match (is_unbound, *task, answer) {
		(true, TaskId::Round { group, round }, Answer::Round(ballot)) => {
			attestation_hash(genesis, group, round, key, ballot, salt)
		}
		(true, TaskId::Delta { group, proposal, version, attempt }, Answer::Delta(verdict)) => {
			check_hash(genesis, group, proposal, version, attempt, key, verdict, salt)
		}
		_ => answer_hash(genesis, task, subject, key, answer, salt),
	}
}

/// Returns the number of blocks until a window closes, this one included.
///
/// Errors: `Future` before the window, `Stale` after it.
pub fn blocks_left(window: &Range<BlockNumber>, now: BlockNumber) -> Result<BlockNumber, InvalidTransaction> {
	if now < window.start {
		return Err(InvalidTransaction::Future);
	}
	window.end.checked_sub(now).filter(|left| *left > 0).ok_or(InvalidTransaction::Stale)
}

impl<T: Config> Pallet<T> {
	/// Admits a report that is signed with the key of the members for which it speaks, if every part of it is
	/// new and in its window.
	pub(crate) fn authorize_report(
		_source: TransactionSource,
		key: &AuthorityId,
		report: &Report,
		signature: &AuthoritySignature,
	) -> TransactionValidityWithRefund {
		ensure!(report.is_sorted(), InvalidTransaction::Call);
		let age = Self::now().checked_sub(report.block).ok_or(InvalidTransaction::Future)?;
		let mut longevity = LONGEVITY.checked_sub(age).ok_or(InvalidTransaction::Stale)?;
		let first = report.attestations.first().map(|item| (item.task, item.member));
		let first = first.or_else(|| report.openings.first().map(|item| (item.task, item.member)));
		let (task, member) = first.ok_or(InvalidTransaction::Call)?;
		Self::seat(&task, member, key)?;
		let payload = report_payload(Self::genesis(), report);
		ensure!(key.verify(&payload, signature), InvalidTransaction::BadProof);
		for item in &report.attestations {
			longevity = longevity.min(Self::check_attestation(key, item)?);
		}
		for item in &report.openings {
			longevity = longevity.min(Self::check_opening(key, item)?);
		}
		ValidTransaction::with_tag_prefix("descent/report")
			.priority(PRIORITY.saturating_add(report.block.into()))
			.and_provides(key)
			.longevity(longevity.into())
			.propagate(true)
			.build()
			.map(|valid| (valid, Weight::zero()))
	}

	/// Returns the committee of a task in which this place is a member with this key.
	fn seat(
		task: &TaskId,
		member: u32,
		key: &AuthorityId,
	) -> Result<Committee<T::AccountId>, InvalidTransaction> {
		let committee = Self::committee(task).ok_or(InvalidTransaction::Call)?;
		let place = usize::try_from(member).map_err(|_| InvalidTransaction::BadSigner)?;
		let is_own = committee.members.get(place).is_some_and(|member| member.key == *key);
		ensure!(is_own, InvalidTransaction::BadSigner);
		Ok(committee)
	}

	/// Returns the number of blocks for which a member may attest.
	///
	/// Errors: `Stale` if it has attested, and those of [`blocks_left`] and [`Self::seat`].
	fn check_attestation(key: &AuthorityId, item: &Attest) -> Result<BlockNumber, InvalidTransaction> {
		let windows = T::Tasks::windows(&item.task).ok_or(InvalidTransaction::Call)?;
		let left = blocks_left(&windows.attest, Self::now())?;
		ensure!(!Attestations::<T>::contains_key(item.task, item.member), InvalidTransaction::Stale);
		Self::seat(&item.task, item.member, key)?;
		Ok(left)
	}

	/// Returns the number of blocks for which a member may open its attestation.
	///
	/// Errors: `Stale` if it has opened, `BadProof` if it has attested to something else, `Call` if that can
	/// be no answer, and those of [`blocks_left`] and [`Self::seat`].
	fn check_opening(key: &AuthorityId, item: &Opening) -> Result<BlockNumber, InvalidTransaction> {
		let Opening { task, member, answer, salt } = item;
		let windows = T::Tasks::windows(task).ok_or(InvalidTransaction::Call)?;
		let left = blocks_left(&windows.open, Self::now())?;
		let attestation = Attestations::<T>::get(task, member).ok_or(InvalidTransaction::Call)?;
		ensure!(attestation.answer.is_none(), InvalidTransaction::Stale);
		ensure!(T::Tasks::can_answer(task, answer), InvalidTransaction::Call);
		let committee = Self::seat(task, *member, key)?;
		let subject = match committee.is_unbound {
			true => H256::zero(),
			false => T::Tasks::subject(task).ok_or(InvalidTransaction::Call)?,
		};
		let genesis = Self::genesis();
		let hash = attested_hash(genesis, task, subject, committee.is_unbound, key, answer, salt);
		ensure!(attestation.hash == hash, InvalidTransaction::BadProof);
		Ok(left)
	}

	/// Stores the parts of a report. Returns the weight of all that it did.
	pub(crate) fn do_report(report: Report) -> Result<Weight, DispatchError> {
		let (mut drawn, mut seated) = (0u32, 0u32);
		let opened = report.openings.len().saturated_into();
		for Attest { task, member, hash } in report.attestations {
			if Committees::<T>::contains_key(task) {
				seated = seated.saturating_add(1);
			} else {
				let committee = Self::committee(&task).ok_or(Error::<T>::UnknownTask)?;
				Committees::<T>::insert(task, committee);
				drawn = drawn.saturating_add(1);
			}
			Attestations::<T>::try_mutate(task, member, |attestation| {
				match attestation.replace(Attestation { hash, answer: None }) {
					None => Ok(()),
					Some(_) => Err(Error::<T>::AlreadyAttested),
				}
			})?;
			Self::deposit_event(Event::Attested { task, member });
		}
		for Opening { task, member, answer, .. } in report.openings {
			Attestations::<T>::try_mutate(task, member, |attestation| {
				let attestation = attestation.as_mut().ok_or(Error::<T>::NotAttested)?;
				match attestation.answer.replace(answer) {
					None => Ok(()),
					Some(_) => Err(Error::<T>::AlreadyOpened),
				}
			})?;
			Self::deposit_event(Event::Opened { task, member });
		}
		let parts = [
			(drawn > 0 || opened > 0).then(|| T::WeightInfo::report(drawn, opened)),
			(seated > 0).then(|| T::WeightInfo::report_seated(seated)),
		];
		Ok(parts.into_iter().flatten().fold(Weight::zero(), Weight::saturating_add))
	}
}
