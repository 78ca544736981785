//! Nobody pays for a full chain: room is kept for reveals, and blocks without room cost nobody.

use super::{
	account,
	chain::{apply, block, run_to, submit},
	content, genesis_of, new_group,
	round::{commit, SALT},
};
use crate::{
	apis::runtime_decl_for_training_api::TrainingApi as _,
	constants::{MAX_VALIDATORS, NRN},
	Balance, Balances, ProxyType, Runtime, RuntimeBlockWeights, RuntimeCall, System, LOCAL_PRESET,
};
use codec::Encode;
use descent_protocol::{view::RoundView, Outcome, Score};
use frame_support::{
	assert_ok,
	dispatch::DispatchClass,
	migrations::MultiStepMigrator,
	traits::{fungible::Inspect, Get},
	weights::Weight,
};
use pallet_migrations::{Cursor, MigrationCursor};
use pallet_rounds::Error;
use pallet_validators::WeightInfo;
use sp_runtime::{
	transaction_validity::{InvalidTransaction, TransactionValidityError},
	DispatchResult, MultiAddress,
};

/// A group of Trainer1, and commitments of Trainer2 and Trainer3 to its first round.
fn with_commitments(test: impl FnOnce()) {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		let create = pallet_groups::Call::create { group: new_group("digits") };
		block(|| submit("//Trainer1", create).unwrap());
		commit("//Trainer2", 0, 3);
		commit("//Trainer3", 0, 4);
		test();
	});
}

fn round() -> RoundView {
	Runtime::round(0, 0).unwrap()
}

fn reveal(checkpoint: u8) -> RuntimeCall {
	let (checkpoint, claim, providers) = (content(checkpoint), Score(70), Default::default());
	pallet_rounds::Call::reveal { group: 0, round: 0, checkpoint, salt: SALT, claim, providers }.into()
}

fn refused(reason: InvalidTransaction) -> Result<DispatchResult, TransactionValidityError> {
	Err(reason.into())
}

/// The refusal of a call that would fail, which names the error.
fn fails(error: Error<Runtime>) -> Result<DispatchResult, TransactionValidityError> {
	refused(InvalidTransaction::Custom(error.encode()[0]))
}

/// A call that fails, and takes a tenth of a block before.
fn heavy() -> RuntimeCall {
	let weight = RuntimeBlockWeights::get().max_block / 10;
	let call = Box::new(frame_system::Call::remark { remark: vec![] }.into());
	pallet_utility::Call::with_weight { call, weight }.into()
}

fn long(bytes: usize) -> RuntimeCall {
	frame_system::Call::remark { remark: vec![0; bytes] }.into()
}

/// Puts calls of Eve into the block until it takes no more of them.
fn stuff(call: impl Fn() -> RuntimeCall) {
	let mut count = 0;
	loop {
		match apply("//Eve", 0, call()) {
			Ok(_) => count += 1,
			Err(error) => {
				assert_eq!(error, InvalidTransaction::ExhaustsResources.into());
				break;
			}
		}
		assert!(count < 100_000);
	}
	assert!(count > 2, "the block takes some of them");
}

fn start_of_reveals() {
	run_to(round().windows.reveal.start - 1);
}

#[test]
fn a_block_that_is_full_by_weight_takes_reveals() {
	with_commitments(|| {
		start_of_reveals();
		block(|| {
			stuff(heavy);
			assert_ok!(submit("//Trainer2", reveal(3)));
		});
		assert!(round().candidates[0].reveal.is_some());
	});
}

#[test]
fn a_block_that_is_full_by_length_takes_reveals() {
	with_commitments(|| {
		start_of_reveals();
		block(|| {
			stuff(|| long(100_000));
			stuff(|| long(1_000));
			assert_ok!(submit("//Trainer2", reveal(3)));
		});
		assert!(round().candidates[0].reveal.is_some());
	});
}

#[test]
fn nobody_takes_the_room_of_reveals_with_calls_that_fail() {
	with_commitments(|| {
		start_of_reveals();
		let eve = |call| apply("//Eve", 0, call);
		block(|| {
			let vote =
				pallet_collective::Call::vote { proposal: Default::default(), index: 0, approve: true };
			let bundle = pallet_utility::Call::batch { calls: vec![reveal(3)] };
			for junk in [
				RuntimeCall::TechnicalCommittee(vote),
				bundle.into(),
				frame_system::Call::set_heap_pages { pages: 9 }.into(),
				frame_system::Call::set_storage { items: vec![(vec![0; 100_000], vec![])] }.into(),
			] {
				assert_eq!(eve(junk.clone()), refused(InvalidTransaction::BadSigner), "{junk:?}");
			}
			let upgrade = frame_system::Call::apply_authorized_upgrade { code: vec![0; 100_000] };
			assert_eq!(eve(upgrade.into()), refused(InvalidTransaction::Call));
			assert_eq!(eve(reveal(3)), fails(Error::NotCommitted), "Eve has committed to nothing");
			let other = apply("//Trainer2", 0, reveal(4));
			assert_eq!(other, fails(Error::CommitmentMismatch), "it is the checkpoint of another");
			assert_ok!(submit("//Trainer2", reveal(3)));
			let again = apply("//Trainer2", 0, reveal(3));
			assert_eq!(again, fails(Error::AlreadyRevealed), "a commitment is revealed once");
			let mixed = pallet_utility::Call::batch { calls: vec![reveal(4), long(0)] };
			assert_ok!(submit("//Trainer3", mixed));
		});
		let taken = System::block_weight();
		assert!(taken.get(DispatchClass::Operational).all_lt(RuntimeBlockWeights::get().max_block / 100));
		assert!(round().candidates.iter().all(|candidate| candidate.reveal.is_some()));
	});
}

#[test]
fn a_proxy_reveals_into_a_full_block() {
	with_commitments(|| {
		block(|| {
			let delegate = MultiAddress::Id(account("//Liar"));
			let proxy_type = ProxyType::Training;
			assert_ok!(submit(
				"//Trainer2",
				pallet_proxy::Call::add_proxy { delegate, proxy_type, delay: 0 }
			));
		});
		start_of_reveals();
		let by_proxy = |real: &str, checkpoint| {
			let real = MultiAddress::Id(account(real));
			let call = Box::new(reveal(checkpoint));
			RuntimeCall::from(pallet_proxy::Call::proxy { real, force_proxy_type: None, call })
		};
		block(|| {
			stuff(heavy);
			let refused = refused(InvalidTransaction::BadSigner);
			assert_eq!(apply("//Eve", 0, by_proxy("//Trainer2", 3)), refused);
			assert_eq!(apply("//Liar", 0, by_proxy("//Trainer3", 4)), refused);
			assert_ok!(submit("//Liar", by_proxy("//Trainer2", 3)));
		});
		assert!(round().candidates[0].reveal.is_some());
	});
}

/// Plays the round to its end without a reveal. Returns what Trainer2 lost of its deposit.
fn penalty() -> Balance {
	run_to(round().windows.settle);
	let [candidate, _] = &round().candidates[..] else { panic!("two have committed") };
	assert_eq!(candidate.outcome, Some(Outcome::Unrevealed));
	assert_eq!(Balances::reserved_balance(account("//Trainer2")), 0);
	candidate.slashed
}

#[test]
fn migrations_through_a_whole_reveal_window_cost_nobody() {
	with_commitments(|| {
		start_of_reveals();
		Cursor::<Runtime>::put(MigrationCursor::Stuck);
		assert!(<Runtime as frame_system::Config>::MultiBlockMigrator::ongoing(), "nobody can reveal");
		run_to(round().windows.reveal.end - 1);
		Cursor::<Runtime>::kill();
		assert_eq!(penalty(), 0);
	});
}

#[test]
fn migrations_before_and_after_the_reveal_window_excuse_nobody() {
	with_commitments(|| {
		Cursor::<Runtime>::put(MigrationCursor::Stuck);
		start_of_reveals();
		Cursor::<Runtime>::kill();
		run_to(round().windows.reveal.end - 1);
		Cursor::<Runtime>::put(MigrationCursor::Stuck);
		run_to(round().windows.attest.end);
		Cursor::<Runtime>::kill();
		assert_eq!(penalty(), 5 * NRN / 2);
	});
}

#[test]
fn a_nudge_is_free_and_only_the_first_is_taken() {
	with_commitments(|| {
		let settle = || RuntimeCall::from(pallet_rounds::Call::settle { group: 0, round: 0 });
		let nudge = |trainer| apply(trainer, 0, settle());
		let invalid = || fails(Error::NotUnsettled);
		let due = round().windows.settle;
		run_to(due - 1);
		// The alarm is lost.
		pallet_scheduler::Agenda::<Runtime>::remove(due);
		block(|| ());
		let before = ["//Trainer2", "//Trainer3"].map(|trainer| Balances::total_balance(&account(trainer)));
		block(|| {
			assert_eq!(nudge("//Trainer2"), Ok(Ok(())));
			assert_eq!(nudge("//Trainer3"), invalid());
		});
		block(|| assert_eq!(nudge("//Trainer3"), invalid()));
		assert!(round().settled);
		let after = ["//Trainer2", "//Trainer3"].map(|trainer| Balances::total_balance(&account(trainer)));
		assert_eq!(before.map(|balance| balance - 5 * NRN / 2), after, "they pay for silence, and no fee");
	});
}

#[test]
fn the_first_block_of_a_session_takes_transactions() {
	with_commitments(|| {
		let session = pallet_session::CurrentIndex::<Runtime>::get();
		while pallet_session::CurrentIndex::<Runtime>::get() == session {
			let call = long(0);
			block(|| submit("//Eve", call).unwrap());
		}
		let taken = System::block_weight().total();
		assert!(taken.all_lte(RuntimeBlockWeights::get().max_block / 20), "{taken:?}");
		assert!(
			taken.all_gte(Weight::from_parts(3_000_000_000, 0)),
			"the session's end is counted: {taken:?}"
		);
		block(|| stuff(heavy));
	});
}

#[test]
fn the_largest_change_of_a_session_leaves_room_for_transactions() {
	let weight = <Runtime as pallet_validators::Config>::WeightInfo::rotate_session(MAX_VALIDATORS);
	let limits = RuntimeBlockWeights::get();
	assert!(weight.all_lte(limits.max_block / 10), "{weight:?}");
	let reserved = limits.get(DispatchClass::Operational).reserved.expect("room is kept");
	assert_eq!(reserved.ref_time(), limits.max_block.ref_time() / 4);
}

/// The sizes with which chains have stored their rings: other ones need migrations.
#[test]
fn rings_keep_their_sizes() {
	let seeds = <<Runtime as pallet_rounds::Config>::SeedRing as Get<u32>>::get();
	assert_eq!(seeds, 2_401);
	assert_eq!(pallet_rounds::KEPT_RING, 256);
	assert_eq!(pallet_dataset::MAX_ENDED, 64);
}
