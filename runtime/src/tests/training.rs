use super::{account, content, genesis_of, new_group};
use crate::{
	apis::runtime_decl_for_training_api::TrainingApi as _, constants::NRN, AccountId, AllPalletsWithSystem,
	Balances, Groups, Rounds, Runtime, RuntimeOrigin, Scheduler, System, Treasury, LOCAL_PRESET,
};
use descent_protocol::{
	commitment_hash, dataset_root,
	view::{ChainEvent, StakeView},
	OptionalRule, Outcome, Phase, Share, MAX_AMENDMENTS, MAX_CANDIDATES,
};
use frame_support::{
	assert_noop, assert_ok,
	traits::{fungible::Inspect, Get, Hooks, PalletsInfoAccess},
	weights::Weight,
};
use pallet_groups::{GroupObserver, WeightInfo as _};
use pallet_rounds::WeightInfo as _;
use sp_core::H256;
use sp_io::hashing::twox_128;

/// Two groups of Trainer1, made in block 1, and a commitment of Trainer2 to the first round of the first one
/// in block 3.
fn with_groups(test: impl FnOnce(AccountId, AccountId)) {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		let (owner, trainer) = (account("//Trainer1"), account("//Trainer2"));
		System::set_block_number(1);
		for name in ["digits", "letters"] {
			assert_ok!(Groups::create(RuntimeOrigin::signed(owner.clone()), new_group(name)));
		}
		System::set_block_number(3);
		System::reset_events();
		let hash = commitment_hash(Rounds::genesis(), 0, 0, &trainer, content(3).digest, &[0; 32]);
		assert_ok!(Rounds::commit(RuntimeOrigin::signed(trainer.clone()), 0, 0, hash, 7 * NRN));
		test(owner, trainer);
	});
}

#[test]
fn groups_are_shown_as_they_were_made() {
	with_groups(|owner, _| {
		let group = Runtime::group(0).unwrap();
		assert_eq!((group.id, &group.owner, group.name.as_str()), (0, &owner, "digits"));
		assert_eq!(group.providers, ["http://127.0.0.1:8080"]);
		assert_eq!((group.model_version, group.dataset_version), (0, 1));
		assert_eq!(group.dataset_root, dataset_root(H256::zero(), content(2).digest));
		assert_eq!((group.deposit, group.target), (5 * NRN, None));
		assert_eq!((group.voting_period, group.quorum), (100, Share::percent(20)));
		assert_eq!((group.stake, group.closes), (30 * NRN, 101));
		assert_eq!((group.clock.start, group.block, group.round), (2, 3, Some(0)));
		assert_eq!((group.head, group.settled), (None, None));
		assert_eq!(Runtime::group(2), None);
	});
}

#[test]
fn before_the_start_the_rules_are_those_of_the_first_round() {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		System::set_block_number(1);
		let mut group = new_group("digits");
		group.clock.start = 50;
		assert_ok!(Groups::create(RuntimeOrigin::signed(account("//Trainer1")), group));
		let group = Runtime::group(0).unwrap();
		assert_eq!((group.round, group.dataset_version), (None, 1));
		assert_eq!((group.model, group.clock.start), (content(1), 50));
	});
}

#[test]
fn committees_have_22_seats_at_least_unless_the_genesis_of_a_test_says_otherwise() {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		let create = |seats| {
			let mut group = new_group("digits");
			group.optional_rules.set(OptionalRule::Committee { seats });
			Groups::create(RuntimeOrigin::signed(account("//Trainer1")), group)
		};
		assert_ok!(create(22));
		assert_noop!(create(21), pallet_groups::Error::<Runtime>::InvalidOptionalRule);
		// As the chain specifications of integration-tests do.
		sp_io::storage::set(&twox_128(b":MinimumCommitteeSeats:"), &7u32.to_le_bytes());
		sp_io::storage::set(&twox_128(b":FundingGrace:"), &10u32.to_le_bytes());
		assert_eq!(<<Runtime as pallet_emission::Config>::FundingGrace as Get<u32>>::get(), 10);
		assert_ok!(create(7));
		assert_noop!(create(6), pallet_groups::Error::<Runtime>::InvalidOptionalRule);
	});
}

#[test]
fn stakes_are_shown_of_everybody_in_groups_that_there_are() {
	with_groups(|owner, trainer| {
		let view = |account, stake| StakeView {
			group: 0,
			account,
			stake,
			pending: 0,
			total: 30 * NRN,
			unstaking: vec![],
			delta: None,
			amendments: vec![],
		};
		assert_eq!(Runtime::stake(0, owner.clone()), Some(view(owner.clone(), 30 * NRN)));
		assert_eq!(Runtime::stake(0, trainer.clone()), Some(view(trainer, 0)));
		assert_eq!(Runtime::stake(2, owner), None);
	});
}

#[test]
fn nothing_is_shown_of_groups_that_there_are_not() {
	with_groups(|_, _| {
		assert!(Runtime::dataset_log(2, 1, 100).is_empty());
		assert!(
			Runtime::proposals(2, 0, u32::MAX).is_empty() && Runtime::amendments(2, 0, u32::MAX).is_empty()
		);
		assert!(Runtime::retired_heads(2, 0, u32::MAX).is_empty());
		assert_eq!((Runtime::voters(2, 0, None, 9), Runtime::amendment_voters(2, 0, None, 9)), (None, None));
	});
}

#[test]
fn groups_come_in_pages() {
	with_groups(|_, _| {
		let ids =
			|from, limit| Runtime::groups(from, limit).into_iter().map(|group| group.id).collect::<Vec<_>>();
		assert_eq!(ids(0, u32::MAX), [0, 1]);
		assert_eq!(ids(0, 1), [0]);
		assert_eq!(ids(1, 100), [1]);
		assert!(ids(0, 0).is_empty());
		assert!(ids(2, 100).is_empty());
		assert!(ids(u32::MAX, u32::MAX).is_empty());
	});
}

#[test]
fn rounds_are_shown_with_and_without_commitments() {
	with_groups(|_, trainer| {
		let round = Runtime::round(0, 0).unwrap();
		assert_eq!((round.phase, round.settled), (Phase::Commit, false));
		assert_eq!(round.candidates.len(), 1);
		assert_eq!(round.candidates[0].account, trainer);
		assert_eq!(round.candidates[0].deposit, 7 * NRN);
		assert_eq!(Runtime::round(0, 1).unwrap().phase, Phase::Waiting);
		assert_eq!(Runtime::round(0, u32::MAX), None);
		assert_eq!(Runtime::round(2, 0), None);
	});
}

#[test]
fn events_are_those_of_the_block() {
	with_groups(|_, trainer| {
		let committed = ChainEvent::Committed { group: 0, round: 0, account: trainer };
		assert_eq!(Runtime::events(), [committed]);
		System::reset_events();
		assert!(Runtime::events().is_empty());
		let stakeholder = account("//Eve");
		assert_ok!(Groups::stake(RuntimeOrigin::signed(stakeholder.clone()), 1, 12 * NRN));
		let staked = ChainEvent::Staked { group: 1, account: stakeholder, stake: 12 * NRN, total: 42 * NRN };
		assert_eq!(Runtime::events(), [staked]);
	});
}

#[test]
fn a_commitment_sets_an_alarm_for_its_settlement() {
	with_groups(|_, trainer| {
		let settle = Runtime::round(0, 0).unwrap().windows.settle;
		assert_eq!(pallet_scheduler::Agenda::<Runtime>::get(settle).len(), 1);
		let held = Balances::reserved_balance(trainer);
		assert_eq!(held, 7 * NRN);
	});
}

#[test]
fn the_alarm_settles_a_round_and_a_trainer_who_never_revealed_pays() {
	with_groups(|_, trainer| {
		let treasury = || Balances::free_balance(Treasury::account_id());
		let (owned, before) = (Balances::total_balance(&trainer), treasury());
		let settle = Runtime::round(0, 0).unwrap().windows.settle;
		for block in 4..=settle {
			assert!(!Runtime::round(0, 0).unwrap().settled);
			System::set_block_number(block);
			System::reset_events();
			Scheduler::on_initialize(block);
		}
		let round = Runtime::round(0, 0).unwrap();
		assert!(round.settled);
		assert_eq!(round.candidates[0].outcome, Some(Outcome::Unrevealed));
		assert_eq!(round.candidates[0].slashed, 35 * NRN / 10);
		assert_eq!(owned - Balances::total_balance(&trainer), 35 * NRN / 10);
		assert_eq!(treasury() - before, 35 * NRN / 10);
		assert_eq!(Balances::reserved_balance(&trainer), 0);
		assert_eq!(Runtime::group(0).unwrap().settled, Some(0));
		assert_eq!(Runtime::leaderboard(0, 0, u32::MAX)[0].account, trainer);
		let kinds: Vec<_> = Runtime::events().iter().map(core::mem::discriminant).collect();
		assert_eq!(kinds.len(), 2, "one commitment ended, one round was settled");
	});
}

#[test]
fn the_largest_settlement_fits_into_what_due_calls_may_take() {
	let largest = <Runtime as pallet_rounds::Config>::WeightInfo::settle(
		MAX_CANDIDATES,
		crate::constants::MAX_VALIDATORS,
	);
	let due = <Runtime as pallet_scheduler::Config>::MaximumWeight::get();
	assert!(largest.saturating_mul(5).all_lte(due), "{largest:?} of {due:?}");
}

#[test]
fn the_largest_tally_fits_into_what_due_calls_may_take() {
	let amendments = <Runtime as pallet_groups::Config>::WeightInfo::close_period(MAX_AMENDMENTS);
	let deltas = <Runtime as pallet_groups::Config>::Observer::period_closed_weight();
	let largest = amendments.saturating_add(deltas);
	let due = <Runtime as pallet_scheduler::Config>::MaximumWeight::get();
	assert!(deltas.any_gt(Weight::zero()));
	assert!(largest.saturating_mul(5).all_lte(due), "{largest:?} of {due:?}");
}

#[test]
fn rounds_keep_the_vrf_output_that_babe_leaves_in_the_same_block() {
	let names: Vec<_> = AllPalletsWithSystem::infos().into_iter().map(|pallet| pallet.name).collect();
	let place = |name| names.iter().position(|other| *other == name).unwrap();
	assert!(place("Babe") < place("Rounds"));

	genesis_of(LOCAL_PRESET).execute_with(|| {
		System::set_block_number(5);
		pallet_babe::AuthorVrfRandomness::<Runtime>::put(Some([9; 32]));
		Rounds::on_finalize(5);
		let kept = pallet_rounds::Seeds::<Runtime>::iter_values().collect::<Vec<_>>();
		let mixed = sp_io::hashing::blake2_256(&[[0; 32], [9; 32]].concat());
		assert_eq!(kept, [(5, mixed)]);
	});
}
