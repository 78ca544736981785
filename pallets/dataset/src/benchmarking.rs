//! Benchmarks of the pallet's calls, and of what it does for other pallets, each in its worst case.

use crate::{
	attest_payload, open_payload, Announcement, Announcements, Attempt, Attestation, BalanceOf, Call, Checks,
	Config, EndedCount, HoldReason, NextProposal, Open, Pallet, Proposal, Proposals, MAX_ENDED,
};
use alloc::{vec, vec::Vec};
use descent_protocol::{
	announcement_hash, check_hash, BlockNumber, CheckWindows, Clock, Codec, ContentRef, DeltaFault,
	DeltaReport, DeltaVerdict, GroupId, ProposalId, Providers, Share, Stake, LEAF_SIZE, MAX_COMMITTEE,
	MAX_PROPOSALS, MAX_PROVIDERS, MAX_PROVIDER_LENGTH, MAX_SUMMARY_LENGTH,
};
use frame_benchmarking::v2::*;
use frame_support::{
	pallet_prelude::{Get, TransactionSource},
	traits::{
		fungible::{Inspect, Mutate, MutateHold},
		Authorize,
	},
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use pallet_evaluators::{AuthorityId, EvaluatorSet};
use pallet_groups::{GroupObserver, GroupRules, Stakeholders, Summary};
use sp_application_crypto::RuntimeAppPublic;
use sp_core::H256;
use sp_runtime::{SaturatedConversion, Saturating};

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
		digest: H256::from_low_u64_be(number.into()),
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
	Checks::<T>::mutate(group, id, |check| {
		if let Some(check) = check {
			check.is_decided = true;
		}
	});
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
		let proposal = Proposal {
			proposer: proposer.clone(),
			delta: content(number),
			providers: providers(),
			summary: summary(),
			deposit,
			base: 1,
			model: model::<T>(group),
			announced: 0,
			block: 1,
			place: number,
			ayes: stake::<T>(0),
			lost: 0,
			valid: None,
		};
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

/// Validators, all of whom have the same key, which is in the keystore.
fn put_evaluators<T: Config>() -> AuthorityId {
	let key = AuthorityId::generate_pair(None);
	let evaluators: Vec<_> =
		(0..MAX_COMMITTEE).map(|number| (account("validator", number, 0), key.clone())).collect();
	T::Evaluators::put_members(evaluators.try_into().expect("no more than a committee has"));
	key
}

const PROPOSAL: ProposalId = 0;
const MEMBER: u32 = MAX_COMMITTEE.saturating_sub(1);

/// A proposal in its attest window, of whose committee all but the last have attested, and opened that it is
/// invalid as far as that decides nothing yet.
fn checking<T: Config>() -> (GroupId, AuthorityId)
where
	T::Currency: Mutate<T::AccountId>,
{
	let key = put_evaluators::<T>();
	let group = group::<T>();
	put_proposals::<T>(group, MAX_PROPOSALS);
	let opened = MAX_COMMITTEE.saturating_mul(2).div_ceil(3).saturating_sub(1);
	let mut attempt = Attempt::new(0, T::Evaluators::members());
	for (member, place) in (0u32..).zip(attempt.attestations.iter_mut()) {
		*place = (member != MEMBER)
			.then_some(Attestation { hash: H256::zero(), verdict: (member < opened).then_some(INVALID) });
	}
	Checks::<T>::mutate(group, PROPOSAL, |check| {
		if let Some(check) = check {
			check.attempt = Some(attempt);
		}
	});
	go_to::<T>(2);
	(group, key)
}

fn attest_call<T: Config>(group: GroupId, key: &AuthorityId) -> Call<T> {
	let hash = H256::repeat_byte(2);
	let payload = attest_payload(Pallet::<T>::genesis(), group, PROPOSAL, 1, 0, MEMBER, hash);
	Call::attest {
		group,
		proposal: PROPOSAL,
		attempt: 0,
		member: MEMBER,
		hash,
		signature: key.sign(&payload).expect("the key is in the keystore"),
	}
}

/// The verdict that decides, attested to, in the open window.
fn open_call<T: Config>(group: GroupId, key: &AuthorityId) -> Call<T> {
	let genesis = Pallet::<T>::genesis();
	let hash = check_hash(genesis, group, PROPOSAL, 1, 0, key, &INVALID, &SALT);
	Pallet::<T>::do_attest(group, PROPOSAL, 0, MEMBER, hash).expect("it has not attested");
	let windows = CheckWindows::new(1, content(PROPOSAL).size);
	go_to::<T>(windows.attest.saturating_add(2));
	let payload = open_payload(genesis, group, PROPOSAL, 1, 0, MEMBER, hash);
	Call::open {
		group,
		proposal: PROPOSAL,
		attempt: 0,
		member: MEMBER,
		verdict: INVALID,
		salt: SALT,
		signature: key.sign(&payload).expect("the key is in the keystore"),
	}
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
	fn attest() -> Result<(), BenchmarkError> {
		let (group, key) = checking::<T>();
		let Call::attest { hash, signature, .. } = attest_call::<T>(group, &key) else {
			return Err(BenchmarkError::Stop("another call"));
		};

		#[extrinsic_call]
		_(RawOrigin::Authorized, group, PROPOSAL, 0, MEMBER, hash, signature);

		let attempt = Checks::<T>::get(group, PROPOSAL).and_then(|check| check.attempt);
		assert!(attempt.is_some_and(|attempt| attempt.attestation(MEMBER).is_some()));
		Ok(())
	}

	#[benchmark]
	fn authorize_attest() -> Result<(), BenchmarkError> {
		let (group, key) = checking::<T>();
		let call = attest_call::<T>(group, &key);

		#[block]
		{
			call.authorize(TransactionSource::External).ok_or("the call has an authorization")??;
		}

		Ok(())
	}

	#[benchmark]
	fn open() -> Result<(), BenchmarkError> {
		let (group, key) = checking::<T>();
		let Call::open { verdict, signature, .. } = open_call::<T>(group, &key) else {
			return Err(BenchmarkError::Stop("another call"));
		};

		#[extrinsic_call]
		_(RawOrigin::Authorized, group, PROPOSAL, 0, MEMBER, verdict, SALT, signature);

		assert!(!Proposals::<T>::contains_key(group, PROPOSAL));
		Ok(())
	}

	#[benchmark]
	fn authorize_open() -> Result<(), BenchmarkError> {
		let (group, key) = checking::<T>();
		let call = open_call::<T>(group, &key);

		#[block]
		{
			call.authorize(TransactionSource::External).ok_or("the call has an authorization")??;
		}

		Ok(())
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
