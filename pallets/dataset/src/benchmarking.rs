//! Benchmarks of the pallet's calls, and of what it does for other pallets, each in its worst case.

use crate::{
	migrations::{v1, CheckByTasks},
	Announcement, Announcements, BalanceOf, Call, Check, Config, EndedCount, HoldReason, NextProposal, Open,
	OpenChecks, Pallet, Proposal, ProposalOf, Proposals, WeightInfo, MAX_ENDED,
};
use alloc::{vec, vec::Vec};
use descent_protocol::{
	announcement_hash, Answer, BlockNumber, CheckWindows, Clock, Codec, ContentRef, DeltaFault, DeltaReport,
	DeltaVerdict, GroupId, ProposalId, Providers, Share, Stake, TaskId, LEAF_SIZE, MAX_COMMITTEE,
	MAX_PROPOSALS, MAX_PROVIDERS, MAX_PROVIDER_LENGTH, MAX_SUMMARY_LENGTH,
};
use frame_benchmarking::v2::*;
use frame_support::{
	migrations::SteppedMigration,
	pallet_prelude::{Get, StorageVersion},
	traits::fungible::{Inspect, Mutate, MutateHold},
	weights::WeightMeter,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use pallet_evaluators::{AuthorityId, Member, Seat, Tasks};
use pallet_groups::{GroupObserver, GroupRules, Stakeholders, Summary};
use sp_application_crypto::RuntimeAppPublic;
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::{traits::Zero, SaturatedConversion, Saturating};

const CLOCK: Clock = Clock { first: 0, start: 10, length: 40, reveal: 1, attest: 10, open: 10 };
const SALT: [u8; 32] = [7; 32];
const INVALID: DeltaVerdict = DeltaVerdict::Invalid(DeltaFault::Malformed);
const REPORT: DeltaReport =
	DeltaReport { added: u64::MAX, removed: u64::MAX, records: u64::MAX, root: H256::repeat_byte(1) };

fn stake<T: Config>(units: u32) -> BalanceOf<T> {
	T::Currency::minimum_balance().saturating_mul(units.into())
}

fn go_to<T: Config>(block: BlockNumber) {
	frame_system::Pallet::<T>::set_block_number(BlockNumberFor::<T>::from(block));
}

fn content(number: u32) -> ContentRef {
	ContentRef {
		digest: H256(blake2_256(&number.to_le_bytes())),
		codec: Codec::UnixFs,
		size: LEAF_SIZE.saturating_add(1),
	}
}

fn providers() -> Providers {
	let mut address = b"http://".to_vec();
	address.resize(MAX_PROVIDER_LENGTH.saturated_into(), b'a');
	let address = address.try_into().expect("of the largest length");
	vec![address; MAX_PROVIDERS.saturated_into()].try_into().expect("as many as there can be")
}

fn summary() -> Summary {
	let text = vec![b'a'; MAX_SUMMARY_LENGTH.saturated_into()];
	text.try_into().expect("of the largest length")
}

/// A stake that counts in the next close.
fn counted<T: Config>(units: u32) -> Stake<BalanceOf<T>> {
	Stake { all: stake::<T>(units), pending: stake::<T>(0) }
}

/// An account with some stake that can pay what it has to.
fn proposer<T: Config>(group: GroupId, number: u32, units: u32) -> T::AccountId
where
	T::Currency: Mutate<T::AccountId>,
{
	let account: T::AccountId = account("proposer", number, 0);
	let deposit = Pallet::<T>::deposit_for(content(0).size);
	let balance = T::AnnouncementDeposit::get().saturating_add(deposit).saturating_mul(4u32.into());
	T::Currency::set_balance(&account, balance.saturating_add(stake::<T>(10)));
	T::Groups::put_stake(group, &account, stake::<T>(units));
	account
}

/// A group whose log has begun.
fn group<T: Config>() -> GroupId {
	go_to::<T>(1);
	let group = T::Groups::put_group(CLOCK, stake::<T>(1));
	Pallet::<T>::begin_log(group, whitelisted_caller(), content(u32::MAX), providers());
	group
}

fn model<T: Config>(group: GroupId) -> ContentRef {
	Pallet::<T>::model(group).expect("the group exists")
}

/// Has the check of an open proposal decided.
fn finish_check<T: Config>(group: GroupId, id: ProposalId) {
	OpenChecks::<T>::mutate(group, id, |check| {
		if let Some(check) = check {
			check.is_decided = true;
		}
	});
}

/// A proposal of this block, whose check is yet to begin.
fn proposal<T: Config>(
	group: GroupId,
	number: u32,
	proposer: T::AccountId,
	deposit: BalanceOf<T>,
) -> ProposalOf<T> {
	Proposal {
		proposer,
		delta: content(number),
		providers: providers(),
		summary: summary(),
		deposit,
		base: 1,
		model: model::<T>(group),
		announced: 0,
		block: Pallet::<T>::now(),
		place: number,
		ayes: Zero::zero(),
		lost: 0,
		valid: None,
	}
}

/// So many open proposals, each with a little stake behind it.
fn put_proposals<T: Config>(group: GroupId, count: u32)
where
	T::Currency: Mutate<T::AccountId>,
{
	for number in 0..count {
		let proposer = proposer::<T>(group, number, 1);
		let deposit = Pallet::<T>::deposit_for(content(number).size);
		T::Currency::hold(&HoldReason::Proposal.into(), &proposer, deposit).expect("the balance suffices");
		let proposal = proposal::<T>(group, number, proposer.clone(), deposit);
		Pallet::<T>::begin_check(group, number, &proposal, proposal.model);
		Proposals::<T>::insert(group, number, proposal);
		Open::<T>::try_append(group, number).expect("no more than there can be");
		Pallet::<T>::cast(group, proposer, number, counted::<T>(1));
	}
	NextProposal::<T>::insert(group, count);
	// The ring is full: what ends takes the place of another.
	EndedCount::<T>::insert(group, MAX_ENDED);
}

fn announce<T: Config>(group: GroupId, account: &T::AccountId, delta: ContentRef, block: BlockNumber) {
	let deposit = T::AnnouncementDeposit::get();
	T::Currency::hold(&HoldReason::Announcement.into(), account, deposit).expect("the balance suffices");
	let announcement = Announcement {
		hash: announcement_hash(Pallet::<T>::genesis(), group, account, delta.digest, &SALT),
		block,
		deposit,
	};
	Announcements::<T>::insert(group, account, announcement);
}

const PROPOSAL: ProposalId = 0;

/// A group with a proposal that so many members have found invalid, and the task and seats of its check.
fn checked<T: Config>(members: u32) -> (GroupId, TaskId, Vec<Seat<T::AccountId>>)
where
	T::Currency: Mutate<T::AccountId>,
{
	let group = group::<T>();
	put_proposals::<T>(group, MAX_PROPOSALS);
	let key = AuthorityId::generate_pair(None);
	let seat = |number| Seat {
		member: Member { account: account("validator", number, 0), key: key.clone(), weight: 1 },
		attested: true,
		answer: Some(Answer::Delta(INVALID)),
	};
	let task = TaskId::Delta { group, proposal: PROPOSAL, version: 1, attempt: 0 };
	(group, task, (0..members).map(seat).collect())
}

/// Makes a proposal in a group of its own, whose attest window, or else its open window, begins with the next
/// block.
pub(crate) fn task<T: Config>(is_attesting: bool) -> TaskId {
	let group = T::Groups::put_group(CLOCK, Zero::zero());
	Pallet::<T>::begin_log(group, whitelisted_caller(), content(u32::MAX), providers());
	let size = content(PROPOSAL).size;
	let windows = CheckWindows::new(0, size);
	let begun = if is_attesting { 0 } else { windows.attest };
	go_to::<T>(Pallet::<T>::now().max(begun));
	let since = Pallet::<T>::now().saturating_sub(begun);
	let proposal = proposal::<T>(group, PROPOSAL, whitelisted_caller(), Zero::zero());
	let proposal = Proposal { block: since, ..proposal };
	let model = proposal.model;
	let check = Check { version: 1, model, first_attempt: 0, attempt: 0, since, size, is_decided: false };
	OpenChecks::<T>::insert(group, PROPOSAL, check);
	Proposals::<T>::insert(group, PROPOSAL, proposal);
	Open::<T>::try_append(group, PROPOSAL).expect("it is the first");
	TaskId::Delta { group, proposal: PROPOSAL, version: 1, attempt: 0 }
}

#[benchmarks(where T::Currency: Mutate<T::AccountId>)]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn announce() {
		let group = group::<T>();
		let account = proposer::<T>(group, 0, 1);
		super::announce::<T>(group, &account, content(0), 1);
		go_to::<T>(T::AnnouncementLifetime::get().saturating_add(2));

		#[extrinsic_call]
		_(RawOrigin::Signed(account.clone()), group, H256::zero());

		let kept = Announcements::<T>::get(group, account);
		assert!(kept.is_some_and(|kept| kept.hash == H256::zero()));
	}

	#[benchmark]
	fn propose() {
		let group = group::<T>();
		put_proposals::<T>(group, MAX_PROPOSALS);
		let newcomer = proposer::<T>(group, MAX_PROPOSALS, 2);
		let delta = content(MAX_PROPOSALS);
		super::announce::<T>(group, &newcomer, delta, 1);
		Pallet::<T>::cast(group, newcomer.clone(), 0, counted::<T>(2));
		go_to::<T>(2);

		#[extrinsic_call]
		_(RawOrigin::Signed(newcomer), group, 1, delta, providers(), summary(), SALT);

		let last = MAX_PROPOSALS.saturating_sub(1);
		assert!(!Proposals::<T>::contains_key(group, last));
		assert!(Proposals::<T>::contains_key(group, MAX_PROPOSALS));
	}

	#[benchmark]
	fn vote() {
		let group = group::<T>();
		put_proposals::<T>(group, 2);

		#[extrinsic_call]
		_(RawOrigin::Signed(account("proposer", 0, 0)), group, 1);

		assert_eq!(Pallet::<T>::vote_of(group, &account("proposer", 0, 0)), Some(1));
	}

	#[benchmark]
	fn withdraw_vote() {
		let group = group::<T>();
		put_proposals::<T>(group, 1);

		#[extrinsic_call]
		_(RawOrigin::Signed(account("proposer", 0, 0)), group);

		assert_eq!(Pallet::<T>::vote_of(group, &account("proposer", 0, 0)), None);
	}

	#[benchmark]
	fn withdraw_proposal() {
		let group = group::<T>();
		put_proposals::<T>(group, MAX_PROPOSALS);
		Proposals::<T>::mutate(group, 0, |proposal| {
			if let Some(proposal) = proposal {
				proposal.lost = 1;
			}
		});
		finish_check::<T>(group, 0);

		#[extrinsic_call]
		_(RawOrigin::Signed(account("proposer", 0, 0)), group, 0);

		assert!(!Proposals::<T>::contains_key(group, 0));
	}

	#[benchmark]
	fn decide(m: Linear<1, MAX_COMMITTEE>) {
		let (group, task, seats) = checked::<T>(m);

		#[block]
		{
			Pallet::<T>::decide(&task, &seats).expect("the attempt is the next");
		}

		assert!(!Proposals::<T>::contains_key(group, PROPOSAL));
	}

	#[benchmark]
	fn migrate_check() {
		let group = group::<T>();
		put_proposals::<T>(group, 1);
		let size = content(PROPOSAL).size;
		let model = model::<T>(group);
		let old = v1::Check { version: 1, model, first_attempt: 0, since: 1, size, is_decided: false };
		OpenChecks::<T>::remove(group, PROPOSAL);
		v1::Checks::<T>::insert(group, PROPOSAL, old);
		StorageVersion::new(1).put::<Pallet<T>>();
		let mut meter = WeightMeter::with_limit(T::WeightInfo::migrate_check());

		#[block]
		{
			CheckByTasks::<T>::step(None, &mut meter).unwrap();
		}

		assert!(OpenChecks::<T>::contains_key(group, PROPOSAL));
	}

	#[benchmark]
	fn created() {
		let group = group::<T>();

		#[block]
		{
			Pallet::<T>::created(group, &whitelisted_caller(), content(0), &providers());
		}

		assert_eq!(Pallet::<T>::version(group), 1);
	}

	#[benchmark]
	fn stake_changed() {
		let group = group::<T>();
		put_proposals::<T>(group, 1);

		#[block]
		{
			let proposer = account("proposer", 0, 0);
			Pallet::<T>::stake_changed(group, &proposer, counted::<T>(1), counted::<T>(0));
		}

		assert_eq!(Pallet::<T>::vote_of(group, &account("proposer", 0, 0)), None);
	}

	#[benchmark]
	fn period_closed(p: Linear<1, MAX_PROPOSALS>) {
		let group = group::<T>();
		put_proposals::<T>(group, p);
		for number in 0..p {
			Proposals::<T>::mutate(group, number, |proposal| {
				if let Some(proposal) = proposal {
					proposal.lost = T::ProposalLifetime::get().saturating_sub(1);
					proposal.valid = Some((1, proposal.model, REPORT));
				}
			});
			finish_check::<T>(group, number);
		}

		#[block]
		{
			Pallet::<T>::period_closed(group, stake::<T>(p), Share(0));
		}

		assert!(!Open::<T>::contains_key(group));
		assert_eq!(Pallet::<T>::version(group), 2);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::benchmark_ext(), crate::mock::Test);
}
