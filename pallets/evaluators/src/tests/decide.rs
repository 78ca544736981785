use super::report::{attest, ballot, open, ROUND};
use crate::{
	mock::{
		account, apply, build_and_execute, put_task, remove_task, run_to, task, Evaluators, Observed,
		RuntimeOrigin, Scheduler, System, Test, TestTask, TestTasks,
	},
	tasks::Committees,
	Attestations, Call, Error, Event, Tasks as _,
};
use descent_protocol::{Performance, MAX_COMMITTEE};
use frame_support::{
	assert_noop,
	dispatch::{GetDispatchInfo, Pays},
};
use sp_runtime::traits::BadOrigin;

/// A task whose members attest in blocks 10 to 15 and open in blocks 16 to 19; two of four have opened.
fn answered() {
	put_task(ROUND, TestTask::new(10));
	run_to(10);
	for (member, validator) in (0u32..).zip([1, 2, 3]) {
		assert_eq!(apply(attest(validator, member)), Ok(Ok(())));
	}
	run_to(16);
	for (member, validator) in (0u32..).zip([1, 2]) {
		assert_eq!(apply(open(validator, member)), Ok(Ok(())));
	}
}

fn decide(origin: RuntimeOrigin) -> Result<Pays, sp_runtime::DispatchError> {
	Evaluators::decide(origin, ROUND).map(|done| done.pays_fee).map_err(|failed| failed.error)
}

#[test]
fn an_alarm_decides_once_by_what_was_opened() {
	build_and_execute(|| {
		put_task(ROUND, TestTask::new(10));
		assert!(Evaluators::set_alarm(&ROUND, 20));
		answered();
		run_to(20);
		let decided = task(&ROUND).unwrap().decided.unwrap();
		assert_eq!(decided, [Some(ballot(1)), Some(ballot(1)), None, None]);
		System::assert_has_event(Event::Decided { task: ROUND }.into());
		let performance = [Performance::Sound, Performance::Sound, Performance::Absent, Performance::Absent];
		let told: Vec<_> = (1..=4).zip(performance).collect();
		assert_eq!(Observed::get(), [told]);
		assert_eq!(Attestations::<Test>::iter().count(), 0);
		assert!(decide(RuntimeOrigin::root()).is_err(), "it is decided");
	});
}

#[test]
fn anybody_can_have_it_decided_if_no_alarm_could_be_set() {
	build_and_execute(|| {
		// No block has room for more than two alarms.
		for block in 20..25 {
			for name in 0..2u8 {
				use frame_support::traits::schedule::{v3::Named, DispatchTime};
				let call = frame_system::Call::remark { remark: vec![] }.into();
				let call =
					<crate::mock::Preimage as frame_support::traits::StorePreimage>::bound(call).unwrap();
				let name = sp_io::hashing::blake2_256(&[block as u8, name]);
				let (when, root) = (DispatchTime::At(block), frame_system::RawOrigin::Root.into());
				<Scheduler as Named<_, _, _>>::schedule_named(name, when, None, 0, root, call).unwrap();
			}
		}
		assert!(!Evaluators::set_alarm(&ROUND, 20));
		answered();
		run_to(19);
		let anybody = || RuntimeOrigin::signed(account(9));
		assert_noop!(decide(anybody()), Error::<Test>::TooEarly);
		run_to(30);
		assert_noop!(decide(RuntimeOrigin::none()), BadOrigin);
		assert_eq!(decide(anybody()), Ok(Pays::No));
		assert_noop!(decide(anybody()), Error::<Test>::UnknownTask);
	});
}

#[test]
fn of_a_task_that_was_given_up_nothing_stays() {
	build_and_execute(|| {
		assert!(Evaluators::set_alarm(&ROUND, 20));
		answered();
		remove_task(&ROUND);
		run_to(20);
		assert_eq!(Attestations::<Test>::iter().count(), 0);
		assert_eq!(crate::Committees::<Test>::iter().count(), 0);
		assert!(Observed::get().is_empty());
	});
}

#[test]
fn a_decision_costs_what_its_members_cost() {
	build_and_execute(|| {
		answered();
		run_to(20);
		let done = Evaluators::decide(RuntimeOrigin::root(), ROUND).unwrap();
		let of = |members| Evaluators::take_weight(members).saturating_add(TestTasks::decide_weight(members));
		assert_eq!(done.actual_weight, Some(of(4)));
		let call = Call::<Test>::decide { task: ROUND };
		assert_eq!(call.get_dispatch_info().call_weight, of(MAX_COMMITTEE));
	});
}

#[test]
fn a_task_that_nobody_answered_is_decided_too() {
	build_and_execute(|| {
		put_task(ROUND, TestTask::new(10));
		run_to(20);
		assert_eq!(decide(RuntimeOrigin::root()), Ok(Pays::No));
		assert_eq!(task(&ROUND).unwrap().decided, Some(vec![None; 4]));
	});
}
