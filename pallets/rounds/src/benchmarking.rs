//! Benchmarks of the pallet's calls and hooks, each in its worst case.

use crate::{
	attest_payload,
	migrations::{v1, NameModels},
	open_payload, Attestation, Attestations, BalanceOf, Call, Commitment, Committees, Config, HoldReason,
	Kept, Pallet, Reveal, Reveals, Round, Rounds, Seeds, Settled, Standings, Unsettled, WeightInfo,
};
use alloc::{vec, vec::Vec};
use descent_protocol::{
	attestation_hash, commitment_hash, Ballot, BlockNumber, Clock, Codec, ContentRef, GroupId, Measurement,
	Providers, RoundIndex, Score, Verdict, LEAF_SIZE, MAX_CANDIDATES, MAX_COMMITTEE, MAX_PROVIDERS,
	MAX_PROVIDER_LENGTH,
};
use frame_benchmarking::v2::*;
use frame_support::{
	migrations::SteppedMigration,
	pallet_prelude::{StorageVersion, TransactionSource},
	traits::{
		fungible::{Inspect, Mutate, MutateHold},
		Authorize, Get,
	},
	weights::WeightMeter,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use pallet_evaluators::{AuthorityId, EvaluatorSet};
use pallet_groups::{DatasetLog, GroupRules};
use sp_application_crypto::RuntimeAppPublic;
use sp_core::H256;
use sp_runtime::{SaturatedConversion, Saturating};

const CLOCK: Clock = Clock { first: 0, start: 10, length: 40, reveal: 1, attest: 10, open: 10 };
const SALT: [u8; 32] = [7; 32];
/// The round under measurement, and an older one that its settlement removes.
const ROUND: RoundIndex = 1;
const OLDEST: RoundIndex = 0;

/// The smallest deposit of the group.
fn deposit<T: Config>() -> BalanceOf<T> {
	T::Currency::minimum_balance().saturating_mul(10u32.into())
}

fn group<T: Config>() -> GroupId {
	T::Groups::put_group(CLOCK, deposit::<T>())
}

fn go_to<T: Config>(block: BlockNumber) {
	frame_system::Pallet::<T>::set_block_number(BlockNumberFor::<T>::from(block));
}

fn windows() -> descent_protocol::Windows {
	CLOCK.windows(ROUND).expect("an early round")
}

fn trainer<T: Config>(number: u32) -> T::AccountId
where
	T::Currency: Mutate<T::AccountId>,
{
	let account: T::AccountId = account("trainer", number, 0);
	let balance = deposit::<T>().saturating_mul(10u32.into());
	T::Currency::set_balance(&account, balance.saturating_add(T::CommitmentFee::get()));
	account
}

fn checkpoint(number: u32) -> ContentRef {
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

fn reveal(number: u32) -> Reveal {
	Reveal { checkpoint: checkpoint(number), claim: Score(number.into()), providers: providers() }
}

/// A round to which so many trainers have committed.
fn put_round<T: Config>(group: GroupId, round: RoundIndex, candidates: u32)
where
	T::Currency: Mutate<T::AccountId>,
{
	let mut entered = Round::new(0, T::Dataset::version_at(group, round));
	for number in 0..candidates {
		let account = trainer::<T>(number);
		T::Currency::hold(&HoldReason::Commitment.into(), &account, deposit::<T>())
			.expect("the balance suffices");
		let digest = checkpoint(number).digest;
		let hash = commitment_hash(Pallet::<T>::genesis(), group, round, &account, digest, &SALT);
		let commitment = Commitment { account, hash, deposit: deposit::<T>(), ending: None };
		entered.commitments.try_push(commitment).expect("no more than a round admits");
	}
	Rounds::<T>::insert(group, round, entered);
	Unsettled::<T>::mutate(group, |unsettled| unsettled.try_push(round).expect("no more than two"));
}

/// Validators, the first of whom has its key in the keystore.
fn put_evaluators<T: Config>(count: u32) -> AuthorityId {
	let key = AuthorityId::generate_pair(None);
	let evaluators: Vec<_> =
		(0..count).map(|number| (account("validator", number, 0), key.clone())).collect();
	T::Evaluators::put_members(evaluators.try_into().expect("no more than a committee has"));
	key
}

/// A ballot that refutes every one of so many candidates.
fn refutation(candidates: u32) -> Ballot {
	let measurement = Measurement { score: Score(u64::MAX), root: H256::repeat_byte(1) };
	Ballot {
		baseline: Some(measurement),
		verdicts: vec![Verdict::Mismatch(measurement); candidates.saturated_into()]
			.try_into()
			.expect("as many as there can be"),
	}
}

/// Stores the reveals of trainers and the ballots of members in a round.
fn put_results<T: Config>(group: GroupId, round: RoundIndex, candidates: u32, members: u32) {
	for number in 0..candidates {
		let trainer: T::AccountId = account("trainer", number, 0);
		Reveals::<T>::insert((group, round), trainer, reveal(number));
	}
	Committees::<T>::insert((group, round), T::Evaluators::members());
	Rounds::<T>::mutate(group, round, |round| {
		if let Some(round) = round {
			round.seed = Some(H256::zero());
		}
	});
	for member in 0..members {
		let attestation = Attestation { hash: H256::zero(), ballot: Some(refutation(candidates)) };
		Attestations::<T>::insert((group, round), member, attestation);
	}
}

/// A round with a full committee in its attest window, and a member's key.
fn attesting<T: Config>() -> (GroupId, AuthorityId)
where
	T::Currency: Mutate<T::AccountId>,
{
	let key = put_evaluators::<T>(MAX_COMMITTEE);
	let group = group::<T>();
	put_round::<T>(group, ROUND, 1);
	Committees::<T>::insert((group, ROUND), T::Evaluators::members());
	go_to::<T>(windows().attest.start);
	(group, key)
}

const MEMBER: u32 = MAX_COMMITTEE.saturating_sub(1);

fn attest_call<T: Config>(group: GroupId, key: &AuthorityId) -> Call<T> {
	let hash = H256::repeat_byte(2);
	let payload = attest_payload(Pallet::<T>::genesis(), group, ROUND, MEMBER, hash);
	Call::attest {
		group,
		round: ROUND,
		member: MEMBER,
		hash,
		signature: key.sign(&payload).expect("the key is in the keystore"),
	}
}

/// The largest ballot, attested to, in the open window.
fn open_call<T: Config>(group: GroupId, key: &AuthorityId) -> Call<T> {
	let ballot = refutation(MAX_CANDIDATES);
	let genesis = Pallet::<T>::genesis();
	let hash = attestation_hash(genesis, group, ROUND, key, &ballot, &SALT);
	Attestations::<T>::insert((group, ROUND), MEMBER, Attestation { hash, ballot: None });
	go_to::<T>(windows().open.start);
	let payload = open_payload(genesis, group, ROUND, MEMBER, hash);
	Call::open {
		group,
		round: ROUND,
		member: MEMBER,
		ballot,
		salt: SALT,
		signature: key.sign(&payload).expect("the key is in the keystore"),
	}
}

#[benchmarks(where T::Currency: Mutate<T::AccountId>)]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn commit_first() {
		let group = group::<T>();
		let newcomer = trainer::<T>(MAX_CANDIDATES);
		go_to::<T>(windows().commit.start);

		#[extrinsic_call]
		commit(RawOrigin::Signed(newcomer), group, ROUND, H256::zero(), deposit::<T>());

		assert_eq!(Pallet::<T>::unsettled(group), [ROUND]);
	}

	#[benchmark]
	fn commit_full() {
		let group = group::<T>();
		put_round::<T>(group, ROUND, MAX_CANDIDATES);
		let newcomer = trainer::<T>(MAX_CANDIDATES);
		go_to::<T>(windows().commit.start);

		#[extrinsic_call]
		commit(
			RawOrigin::Signed(newcomer.clone()),
			group,
			ROUND,
			H256::zero(),
			deposit::<T>().saturating_add(1u32.into()),
		);

		let entered = Rounds::<T>::get(group, ROUND).expect("it was put there");
		assert!(entered.commitments.last().is_some_and(|last| last.account == newcomer));
	}

	#[benchmark]
	fn reveal() {
		put_evaluators::<T>(MAX_COMMITTEE);
		let group = group::<T>();
		put_round::<T>(group, ROUND, MAX_CANDIDATES);
		let number = MAX_CANDIDATES.saturating_sub(1);
		let trainer: T::AccountId = account("trainer", number, 0);
		let seed = windows().seed;
		Seeds::<T>::insert(Pallet::<T>::slot_of(seed), (seed, [1; 32]));
		go_to::<T>(windows().reveal.start);

		#[extrinsic_call]
		_(RawOrigin::Signed(trainer.clone()), group, ROUND, checkpoint(number), SALT, Score(1), providers());

		assert!(Reveals::<T>::contains_key((group, ROUND), trainer));
	}

	#[benchmark]
	fn attest() -> Result<(), BenchmarkError> {
		let (group, key) = attesting::<T>();
		let Call::attest { hash, signature, .. } = attest_call::<T>(group, &key) else {
			return Err(BenchmarkError::Stop("another call"));
		};

		#[extrinsic_call]
		_(RawOrigin::Authorized, group, ROUND, MEMBER, hash, signature);

		assert!(Attestations::<T>::contains_key((group, ROUND), MEMBER));
		Ok(())
	}

	#[benchmark]
	fn authorize_attest() -> Result<(), BenchmarkError> {
		let (group, key) = attesting::<T>();
		let call = attest_call::<T>(group, &key);

		#[block]
		{
			call.authorize(TransactionSource::External).ok_or("the call has an authorization")??;
		}

		Ok(())
	}

	#[benchmark]
	fn open() -> Result<(), BenchmarkError> {
		let (group, key) = attesting::<T>();
		let Call::open { ballot, signature, .. } = open_call::<T>(group, &key) else {
			return Err(BenchmarkError::Stop("another call"));
		};

		#[extrinsic_call]
		_(RawOrigin::Authorized, group, ROUND, MEMBER, ballot, SALT, signature);

		let attestation = Pallet::<T>::attestation(group, ROUND, MEMBER);
		assert!(attestation.is_some_and(|attestation| attestation.ballot.is_some()));
		Ok(())
	}

	#[benchmark]
	fn authorize_open() -> Result<(), BenchmarkError> {
		let (group, key) = attesting::<T>();
		let call = open_call::<T>(group, &key);

		#[block]
		{
			call.authorize(TransactionSource::External).ok_or("the call has an authorization")??;
		}

		Ok(())
	}

	#[benchmark]
	fn settle(c: Linear<1, MAX_CANDIDATES>, m: Linear<1, MAX_COMMITTEE>) {
		put_evaluators::<T>(m);
		let group = group::<T>();
		for round in [OLDEST, ROUND] {
			put_round::<T>(group, round, c);
			put_results::<T>(group, round, c, m);
		}
		Rounds::<T>::mutate(group, OLDEST, |round| {
			if let Some(round) = round {
				round.settled = Some(Settled { winner: None, baseline: None });
			}
		});
		Unsettled::<T>::mutate(group, |unsettled| unsettled.remove(0));
		Kept::<T>::insert(group, 0, OLDEST);
		go_to::<T>(windows().settle);

		#[extrinsic_call]
		_(RawOrigin::Root, group, ROUND);

		assert!(!Rounds::<T>::contains_key(group, OLDEST));
		assert_eq!(Pallet::<T>::last_settled(group), Some(ROUND));
	}

	#[benchmark]
	fn on_finalize() {
		#[block]
		{
			Pallet::<T>::keep_randomness();
		}

		assert!(Seeds::<T>::contains_key(Pallet::<T>::slot_of(Pallet::<T>::now())));
	}

	#[benchmark]
	fn migrate_standing() {
		let group = group::<T>();
		let account: T::AccountId = account("trainer", 0, 0);
		let old = v1::Standing { best: Some(Score(1)), ..Default::default() };
		v1::Standings::<T>::insert(group, &account, old);
		StorageVersion::new(1).put::<Pallet<T>>();
		let mut meter = WeightMeter::with_limit(T::WeightInfo::migrate_standing());

		#[block]
		{
			NameModels::<T>::step(None, &mut meter).unwrap();
		}

		assert!(Standings::<T>::get(group, account).is_some_and(|standing| standing.best.is_some()));
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::benchmark_ext(), crate::mock::Test);
}
