//! Any order of calls and answers.

use super::*;
use crate::mock::{new_test_ext, Balances, Pot, ENDOWMENT};
use frame_support::traits::fungible::Inspect;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
	Keep(u8, u128),
	Leave(u8),
	Open,
	/// Has the check decided: bit `n` says that keeper `n` serves.
	Decide(u16),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
	let step = prop_oneof![
		(1..30u8, 90..400u128).prop_map(|(number, deposit)| Step::Keep(number, deposit)),
		(1..30u8).prop_map(Step::Leave),
		Just(Step::Open),
		any::<u16>().prop_map(Step::Decide),
	];
	proptest::collection::vec(step, 1..60)
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 64, ..Default::default() })]

	#[test]
	fn whatever_happens_deposits_add_up(steps in steps()) {
		new_test_ext().execute_with(|| {
			let issuance = Balances::total_issuance();
			let mut task = None;
			for step in steps {
				match step {
					Step::Keep(number, deposit) => {
						let _ = frame_support::storage::with_storage_layer(|| keep(number, deposit));
					}
					Step::Leave(number) => {
						let _ = Custody::leave(signed(number), 0);
					}
					Step::Open => {
						Pot::set(1_000_000);
						if Custody::check(signed(40), 0).is_ok() {
							let check = crate::CheckCount::<Test>::get(0);
							task = Some(TaskId::Custody { group: 0, check });
						}
					}
					Step::Decide(serves) => {
						if let Some(task) = task.take() {
							let TaskId::Custody { check, .. } = task else { unreachable!() };
							let asked = Custody::asked(0, check).len();
							let hash = |keeper: usize| (serves >> keeper & 1 == 1).then_some(7);
							let hashes: Vec<_> = (0..asked).map(hash).collect();
							answer(task, [Some(&hashes); 4]);
						}
					}
				}
				Custody::do_try_state().expect("the state stays consistent");
			}
			let lost = |number| ENDOWMENT - Balances::total_balance(&account(number));
			let lost: u128 = (1..=40).map(lost).sum();
			assert_eq!(Balances::total_issuance(), issuance - lost, "what is slashed is gone, and no more");
		});
	}
}
