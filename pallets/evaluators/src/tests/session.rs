use crate::{
	mock::{evaluator, new_test_ext, start_session, Evaluators, Test},
	EvaluatorSet,
};
use descent_protocol::MAX_COMMITTEE;
use frame_support::traits::OneSessionHandler;
use sp_core::Pair;

fn members() -> Vec<u64> {
	let members = <Evaluators as EvaluatorSet<u64>>::members();
	members.into_iter().map(|(account, _)| account).collect()
}

#[test]
fn the_validators_of_the_session_are_the_evaluators() {
	new_test_ext().execute_with(|| {
		start_session([5, 6]);
		assert_eq!(members(), [5, 6]);
		assert_eq!(crate::Evaluators::<Test>::get()[1].1, evaluator(6).public());
		start_session([6]);
		assert_eq!(members(), [6]);
	});
}

#[test]
fn genesis_sets_them_as_well() {
	new_test_ext().execute_with(|| {
		Evaluators::on_genesis_session([(&5, evaluator(5).public())].into_iter());
		assert_eq!(members(), [5]);
	});
}

#[test]
fn a_large_set_is_cut_to_what_a_committee_can_have() {
	new_test_ext().execute_with(|| {
		start_session(1..=120);
		assert_eq!(u32::try_from(members().len()), Ok(MAX_COMMITTEE));
		assert_eq!(members()[99], 100);
	});
}
