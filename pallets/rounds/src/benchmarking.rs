//! Benchmarks of the pallet's calls and hooks, each in its worst case.

use crate::{
	migrations::{v1, v3, CommitteesByTasks, NameModels},
	BalanceOf, Call, Commitment, Config, Head, Heads, HoldReason, Kept, Pallet, RecordedSegment, Recordings,
	Reveal, Reveals, Round, Rounds, Seeds, Settled, Standings, Subject, Subjects, Tallies, Unsettled,
	WeightInfo,
};
use alloc::{vec, vec::Vec};
use descent_protocol::{
	commitment_hash,
	trace::{
		drawn_segment, submission_hash, trace_root, Base, Precision, Recipe, RecipeOptimizer, RecipeRule,
		Recording, Segment, SegmentProof, Trace,
	},
	Answer, Ballot, BlockNumber, Clock, Codec, ContentRef, GroupId, Measurement, OptionalRule, Providers,
	RoundIndex, Score, Tally, TaskId, Verdict, LEAF_SIZE, MAX_CANDIDATES, MAX_COMMITTEE, MAX_PROVIDERS,
	MAX_PROVIDER_LENGTH, MAX_SEGMENTS,
};
use frame_benchmarking::v2::*;
use frame_support::{
	migrations::SteppedMigration,
	pallet_prelude::StorageVersion,
	traits::{
		fungible::{Inspect, Mutate, MutateHold},
		Get,
	},
	weights::WeightMeter,
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use pallet_evaluators::{tasks::Committees, AuthorityId, Member, Seat};
use pallet_groups::{DatasetLog, GroupRules};
use sp_application_crypto::RuntimeAppPublic;
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::{
	traits::{Saturating, Zero},
	SaturatedConversion,
};

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

/// The fees of the first commitment of a round with the largest committee.
fn fees<T: Config>() -> BalanceOf<T> {
	let seats = T::SeatFee::get().saturating_mul(MAX_COMMITTEE.into());
	T::CommitmentFee::get().saturating_add(seats)
}

fn trainer<T: Config>(number: u32) -> T::AccountId
where
	T::Currency: Mutate<T::AccountId>,
{
	let account: T::AccountId = account("trainer", number, 0);
	let balance = deposit::<T>().saturating_mul(10u32.into());
	T::Currency::set_balance(&account, balance.saturating_add(fees::<T>()));
	account
}

fn checkpoint(number: u32) -> ContentRef {
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

fn reveal(number: u32) -> Reveal {
	Reveal { checkpoint: checkpoint(number), claim: Score(number.into()), providers: providers() }
}

/// The rule of groups that ask for recordings.
const RULE: RecipeRule = RecipeRule {
	steps: 200,
	batch: 64,
	smallest_rate: 1,
	largest_rate: 1_000,
	exact: false,
	work_reward: None,
};

/// The longest recording of a checkpoint, whose drawn segment begins at the end of another one.
fn longest_recording(checkpoint: ContentRef, base: ContentRef, seed: H256) -> Recording {
	let segment = |number: u16| Segment {
		from: number.checked_sub(1).or(Some(0)).filter(|_| number > 0),
		rate: 1,
		state: H256::from_low_u64_be(number.into()),
	};
	let mut segments: Vec<_> = (0..MAX_SEGMENTS).map(segment).collect();
	if let Some(last) = segments.last_mut() {
		last.state = checkpoint.digest;
	}
	let optimizer = RecipeOptimizer::AdamW { betas: (900_000, 999_000), weight_decay: 10_000 };
	let base = Base::Checkpoint { checkpoint: base };
	let recipe = Recipe { base, optimizer, precision: Precision::Bf16, steps: RULE.steps, batch: RULE.batch };
	let trace = Trace { root: trace_root(&segments), segments: MAX_SEGMENTS };
	let submission = submission_hash(checkpoint.digest, &recipe, &trace);
	let proof = |number| SegmentProof::new(&segments, number).expect("there is such a segment");
	let drawn = proof(drawn_segment(seed, submission, MAX_SEGMENTS));
	let start = drawn.segment.from.map(proof);
	Recording { recipe, trace, last: proof(MAX_SEGMENTS.saturating_sub(1)), drawn, start }
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

/// Stores a head that the candidates of a round have to beat.
fn put_head<T: Config>(group: GroupId) {
	let rules = T::Groups::rules(group, ROUND).expect("the group was put there");
	let head = Head {
		round: OLDEST,
		account: account("trainer", 0, 0),
		checkpoint: checkpoint(MAX_CANDIDATES),
		score: Score(1),
		policy: rules.policy,
		dataset_version: T::Dataset::version_at(group, ROUND),
		providers: providers(),
	};
	Heads::<T>::insert(group, 0, head);
}

/// Stores the reveals of trainers in a round.
fn put_reveals<T: Config>(group: GroupId, round: RoundIndex, candidates: u32) {
	let recorded = longest_recording(checkpoint(0), checkpoint(MAX_CANDIDATES), H256::zero());
	let recorded = RecordedSegment::new(recorded);
	for number in 0..candidates {
		let trainer: T::AccountId = account("trainer", number, 0);
		Reveals::<T>::insert((group, round), &trainer, reveal(number));
		Recordings::<T>::insert((group, round), trainer, recorded);
	}
	Rounds::<T>::mutate(group, round, |round| {
		if let Some(round) = round {
			round.seed = Some(H256::zero());
		}
	});
}

/// Stores a committee whose members have all refuted every one of so many candidates.
fn put_ballots<T: Config>(group: GroupId, round: RoundIndex, candidates: u32, members: u32) {
	let key = AuthorityId::generate_pair(None);
	let seat = |number| Seat {
		member: Member { account: account("validator", number, 0), key: key.clone(), weight: 1 },
		attested: true,
		answer: Some(Answer::Round(refutation(candidates))),
	};
	T::Committees::put(&Pallet::<T>::task(group, round), (0..members).map(seat).collect());
	Subjects::<T>::insert((group, round), Subject { hash: H256::zero(), reveals: candidates });
}

/// Makes a settled round of one that is not.
fn put_settled<T: Config>(group: GroupId, round: RoundIndex, candidates: u32) {
	Rounds::<T>::mutate(group, round, |round| {
		if let Some(round) = round {
			round.settled = Some(Settled { winner: None, baseline: None });
		}
	});
	Unsettled::<T>::mutate(group, |unsettled| unsettled.retain(|other| *other != round));
	Kept::<T>::insert(group, 0, round);
	let tallies = vec![Tally::default(); candidates.saturated_into()];
	Tallies::<T>::insert((group, round), BoundedVec::truncate_from(tallies));
}

/// Block in which there may be a round that is measured in the next.
const BUSY: BlockNumber = 40;
/// The windows of [`task`], from a block on that makes them contain the next.
const TASK_CLOCK: Clock = Clock { first: 0, start: 0, length: 12, reveal: 1, attest: 4, open: 4 };

/// Makes a round with the most candidates in a group of its own, whose attest window, or else its open
/// window, begins with the next block.
pub(crate) fn task<T: Config>(is_attesting: bool) -> TaskId {
	go_to::<T>(Pallet::<T>::now().max(BUSY));
	let next = Pallet::<T>::now().saturating_add(1);
	let windows = TASK_CLOCK.windows(0).expect("an early round");
	let window = if is_attesting { windows.attest } else { windows.open };
	let clock = Clock { start: next.saturating_sub(window.start), ..TASK_CLOCK };
	let group = T::Groups::put_group(clock, Zero::zero());
	let trainer = account("trainer", 0, 0);
	let commitment = Commitment { account: trainer, hash: H256::zero(), deposit: Zero::zero(), ending: None };
	let round = Round {
		commitments: BoundedVec::truncate_from(vec![commitment]),
		seed: Some(H256::zero()),
		..Round::new(0, 0)
	};
	Rounds::<T>::insert(group, 0, round);
	Unsettled::<T>::insert(group, BoundedVec::truncate_from(vec![0]));
	Subjects::<T>::insert((group, 0), Subject { hash: H256::zero(), reveals: MAX_CANDIDATES });
	Pallet::<T>::task(group, 0)
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
		let group = group::<T>();
		put_round::<T>(group, ROUND, MAX_CANDIDATES);
		put_head::<T>(group);
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
	fn reveal_recorded() {
		let group = group::<T>();
		T::Groups::put_rule(group, OptionalRule::Recipe { recipe: RULE });
		put_round::<T>(group, ROUND, MAX_CANDIDATES);
		put_head::<T>(group);
		let number = MAX_CANDIDATES.saturating_sub(1);
		let trainer: T::AccountId = account("trainer", number, 0);
		let block = windows().seed;
		Seeds::<T>::insert(Pallet::<T>::slot_of(block), (block, [1; 32]));
		let seed = Pallet::<T>::drawn_seed(group, ROUND, block).expect("its randomness was put there");
		// Where it is the head, the chain looks among the other bases first.
		let base = Heads::<T>::get(group, 0).expect("it was put there").checkpoint;
		let shown = longest_recording(checkpoint(number), base, seed);
		let submission = submission_hash(checkpoint(number).digest, &shown.recipe, &shown.trace);
		let hash = commitment_hash(Pallet::<T>::genesis(), group, ROUND, &trainer, submission, &SALT);
		Rounds::<T>::mutate(group, ROUND, |round| {
			let commitments = round.iter_mut().flat_map(|round| round.commitments.iter_mut());
			commitments.filter(|commitment| commitment.account == trainer).for_each(|own| own.hash = hash);
		});
		go_to::<T>(windows().reveal.start);

		#[extrinsic_call]
		_(
			RawOrigin::Signed(trainer.clone()),
			group,
			ROUND,
			checkpoint(number),
			SALT,
			Score(1),
			providers(),
			shown,
		);

		assert!(Recordings::<T>::contains_key((group, ROUND), trainer));
	}

	#[benchmark]
	fn settle(c: Linear<1, MAX_CANDIDATES>, m: Linear<1, MAX_COMMITTEE>) {
		let group = group::<T>();
		put_head::<T>(group);
		for round in [OLDEST, ROUND] {
			put_round::<T>(group, round, c);
			put_reveals::<T>(group, round, c);
		}
		put_settled::<T>(group, OLDEST, c);
		put_ballots::<T>(group, ROUND, c, m);
		go_to::<T>(windows().settle);

		#[extrinsic_call]
		_(RawOrigin::Root, group, ROUND);

		assert!(!Rounds::<T>::contains_key(group, OLDEST));
		assert_eq!(Pallet::<T>::last_settled(group), Some(ROUND));
		assert!(Tallies::<T>::contains_key((group, ROUND)));
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

	#[benchmark]
	fn migrate_committee() {
		let group = group::<T>();
		put_round::<T>(group, ROUND, MAX_CANDIDATES);
		put_reveals::<T>(group, ROUND, MAX_CANDIDATES);
		let key = AuthorityId::generate_pair(None);
		let members: Vec<_> =
			(0..MAX_COMMITTEE).map(|number| (account("validator", number, 0), key.clone())).collect();
		v3::Committees::<T>::insert((group, ROUND), BoundedVec::truncate_from(members));
		for place in 0..MAX_COMMITTEE {
			let ballot = Some(refutation(MAX_CANDIDATES));
			let attestation = v3::Attestation { hash: H256::zero(), ballot };
			v3::Attestations::<T>::insert((group, ROUND), place, attestation);
		}
		StorageVersion::new(3).put::<Pallet<T>>();
		let mut meter = WeightMeter::with_limit(T::WeightInfo::migrate_committee());

		#[block]
		{
			CommitteesByTasks::<T>::step(None, &mut meter).unwrap();
		}

		let seats = T::Committees::seats(&Pallet::<T>::task(group, ROUND));
		assert!(!seats.is_empty() && seats.iter().all(|seat| seat.answer.is_some()));
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::benchmark_ext(), crate::mock::Test);
}
