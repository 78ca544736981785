use crate::{
	mock::{account, build_and_execute, evaluator, start_session, Rounds, Test},
	Evaluators,
};
use descent_protocol::MAX_COMMITTEE;
use frame_support::traits::OneSessionHandler;
use sp_core::Pair;

fn members() -> Vec<sp_runtime::AccountId32> {
	let evaluators = Evaluators::<Test>::get();
	evaluators.into_iter().map(|(account, _)| account).collect()
}

#[test]
fn the_validators_of_the_session_are_the_evaluators() {
	build_and_execute(|| {
		start_session([5, 6]);
		assert_eq!(members(), [account(5), account(6)]);
		assert_eq!(Evaluators::<Test>::get()[1].1, evaluator(6).public());
		start_session([6]);
		assert_eq!(members(), [account(6)]);
	});
}

#[test]
fn genesis_sets_them_as_well() {
	build_and_execute(|| {
		let validator = account(5);
		Rounds::on_genesis_session([(&validator, evaluator(5).public())].into_iter());
		assert_eq!(members(), [validator]);
	});
}

#[test]
fn a_large_set_is_cut_to_what_a_round_can_count() {
	build_and_execute(|| {
		start_session(1..=120);
		assert_eq!(u32::try_from(members().len()), Ok(MAX_COMMITTEE));
		assert_eq!(members()[99], account(100));
	});
}
