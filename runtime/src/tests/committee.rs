//! The powers of the technical committee, and their limits for single members.

use super::{
	account,
	chain::{apply, block, run_to, submit},
	genesis_of,
};
use crate::{
	apis::runtime_decl_for_training_api::TrainingApi as _,
	configs::{dynamic_params, RuntimeParameters},
	constants::NRN,
	Balances, Hash, Runtime, RuntimeCall, RuntimeEvent, Session, System, Treasury, LOCAL_PRESET,
};
use codec::Encode;
use frame_support::{
	assert_noop, assert_ok,
	dispatch::GetDispatchInfo,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::Preservation,
	},
};
use pallet_collective::Instance1;
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_runtime::{
	traits::{BlakeTwo256, Hash as _},
	transaction_validity::InvalidTransaction,
	DispatchError, DispatchResult,
};

type Collective = pallet_collective::Call<Runtime, Instance1>;

/// The motion that has a call dispatched as Root.
fn as_root(call: impl Into<RuntimeCall>) -> RuntimeCall {
	let call = call.into();
	let calls = vec![
		pallet_whitelist::Call::whitelist_call { call_hash: BlakeTwo256::hash_of(&call) }.into(),
		pallet_whitelist::Call::dispatch_whitelisted_call_with_preimage { call: Box::new(call) }.into(),
	];
	pallet_utility::Call::batch_all { calls }.into()
}

fn propose(member: &str, threshold: u32, call: &RuntimeCall) -> DispatchResult {
	submit(
		member,
		Collective::propose {
			threshold,
			proposal: Box::new(call.clone()),
			length_bound: call.encoded_size() as u32,
		},
	)
}

fn vote(member: &str, call: &RuntimeCall, index: u32, approve: bool) -> DispatchResult {
	let proposal = BlakeTwo256::hash_of(call);
	submit(member, Collective::vote { proposal, index, approve })
}

fn close(member: &str, call: &RuntimeCall, index: u32) -> DispatchResult {
	submit(
		member,
		Collective::close {
			proposal_hash: BlakeTwo256::hash_of(call),
			index,
			proposal_weight_bound: call.get_dispatch_info().call_weight,
			length_bound: call.encoded_size() as u32,
		},
	)
}

/// Returns the result of the last motion of this block that was carried out.
fn executed() -> Option<DispatchResult> {
	System::read_events_no_consensus()
		.filter_map(|record| match record.event {
			RuntimeEvent::TechnicalCommittee(pallet_collective::Event::Executed { result, .. }) => {
				Some(result)
			}
			_ => None,
		})
		.last()
}

/// Has two of the three members carry a motion, which is the first that is stored.
fn carry(index: u32, call: &RuntimeCall) {
	block(|| {
		assert_ok!(propose("//Alice", 2, call));
		assert_ok!(vote("//Alice", call, index, true));
		assert_ok!(vote("//Bob", call, index, true));
	});
	block(|| close("//Charlie", call, index).unwrap());
	assert_eq!(executed(), Some(Ok(())));
}

fn authorize(code_hash: Hash) -> frame_system::Call<Runtime> {
	frame_system::Call::authorize_upgrade { code_hash }
}

fn seats(seats: u32) -> pallet_parameters::Call<Runtime> {
	use dynamic_params::validators::{Parameters, Seats};
	pallet_parameters::Call::set_parameter {
		key_value: RuntimeParameters::Validators(Parameters::Seats(Seats, Some(seats))),
	}
}

fn spend(amount: u128) -> RuntimeCall {
	pallet_treasury::Call::spend {
		asset_kind: Box::new(()),
		amount,
		beneficiary: Box::new(account("//Trainer5")),
		valid_from: None,
	}
	.into()
}

fn with_committee(test: impl FnOnce()) {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		block(|| ());
		test();
	});
}

#[test]
fn two_thirds_authorize_a_runtime_that_anybody_may_then_apply() {
	with_committee(|| {
		let code = vec![7; 100];
		let code_hash = BlakeTwo256::hash(&code);
		carry(0, &as_root(authorize(code_hash)));
		assert_eq!(Runtime::governance().authorized_upgrade, Some(code_hash));
		block(|| {
			let call = frame_system::Call::apply_authorized_upgrade { code: vec![8; 100] };
			assert_eq!(apply("//Eve", 0, call), Err(InvalidTransaction::Call.into()));
		});
	});
}

#[test]
fn one_vote_short_of_two_thirds_is_not_carried() {
	with_committee(|| {
		let call = as_root(authorize(Hash::repeat_byte(7)));
		block(|| {
			assert_ok!(propose("//Alice", 2, &call));
			assert_ok!(vote("//Alice", &call, 0, true));
			assert_ok!(vote("//Bob", &call, 0, false));
			let early = pallet_collective::Error::<Runtime, Instance1>::TooEarly;
			assert_eq!(close("//Alice", &call, 0), Err(early.into()));
			assert_ok!(vote("//Charlie", &call, 0, false));
			assert_ok!(close("//Alice", &call, 0));
		});
		assert_eq!(executed(), None);
		assert_eq!(Runtime::governance().authorized_upgrade, None);
		assert!(Runtime::governance().motions.is_empty());
	});
}

#[test]
fn a_member_that_needs_nobody_else_s_vote_is_not_root_by_it() {
	with_committee(|| {
		for call in [
			as_root(authorize(Hash::repeat_byte(7))),
			authorize(Hash::repeat_byte(7)).into(),
			as_root(seats(1)),
			spend(NRN),
		] {
			block(|| propose("//Alice", 1, &call).unwrap());
			assert_eq!(executed(), Some(Err(DispatchError::BadOrigin)), "{call:?}");
		}
		assert_eq!(Runtime::governance().authorized_upgrade, None);
		assert_eq!(pallet_whitelist::WhitelistedCall::<Runtime>::iter().count(), 0);
	});
}

#[test]
fn who_is_no_member_has_no_vote() {
	with_committee(|| {
		let call = as_root(authorize(Hash::repeat_byte(7)));
		let hash = BlakeTwo256::hash_of(&call);
		let length = call.encoded_size() as u32;
		block(|| {
			assert_ok!(propose("//Alice", 2, &call));
			for call in [
				Collective::propose { threshold: 2, proposal: Box::new(call.clone()), length_bound: length },
				Collective::vote { proposal: hash, index: 0, approve: true },
			] {
				assert_eq!(apply("//Dave", 0, call.clone()), Err(InvalidTransaction::BadSigner.into()));
				// In a bundle it takes no room that is kept for others, and fails.
				let remark = frame_system::Call::remark { remark: vec![] };
				let calls = vec![call.into(), remark.into()];
				let stranger = pallet_collective::Error::<Runtime, Instance1>::NotMember;
				let bundle = pallet_utility::Call::batch_all { calls };
				assert_eq!(submit("//Dave", bundle), Err(stranger.into()));
			}
		});
	});
}

#[test]
fn the_seats_of_a_session_are_a_parameter() {
	with_committee(|| {
		assert_eq!(Runtime::validator_rules().seats, 100);
		carry(0, &as_root(seats(3)));
		assert_eq!(Runtime::validator_rules().seats, 3);
		assert_eq!(Session::validators().len(), 4);
		run_to(130);
		assert_eq!(Session::validators(), ["//Alice", "//Bob", "//Charlie"].map(account));

		carry(1, &as_root(seats(0)));
		assert_eq!(Runtime::validator_rules().seats, 1, "a chain without validators could not be repaired");
		carry(2, &as_root(seats(u32::MAX)));
		assert_eq!(Runtime::validator_rules().seats, 100);
	});
}

#[test]
fn a_majority_spends_from_the_treasury_within_bounds() {
	with_committee(|| {
		assert_ok!(<Balances as Mutate<_>>::transfer(
			&account("//Ferdie"),
			&Treasury::account_id(),
			200_000 * NRN,
			Preservation::Preserve,
		));
		carry(0, &spend(100_000 * NRN));
		let before = Balances::total_balance(&account("//Trainer5"));
		block(|| submit("//Eve", pallet_treasury::Call::payout { index: 0 }).unwrap());
		assert_eq!(Balances::total_balance(&account("//Trainer5")), before + 100_000 * NRN);

		let more = spend(100_001 * NRN);
		block(|| {
			assert_ok!(propose("//Alice", 2, &more));
			assert_ok!(vote("//Alice", &more, 1, true));
			assert_ok!(vote("//Charlie", &more, 1, true));
			assert_ok!(close("//Alice", &more, 1));
		});
		let refused = pallet_treasury::Error::<Runtime>::InsufficientPermission;
		assert_eq!(executed(), Some(Err(refused.into())));
	});
}

#[test]
fn the_developer_is_the_committee() {
	genesis_of(DEV_RUNTIME_PRESET).execute_with(|| {
		let hash = Hash::repeat_byte(7);
		block(|| propose("//Alice", 1, &as_root(authorize(hash))).unwrap());
		assert_eq!(Runtime::governance().authorized_upgrade, Some(hash));
	});
}

#[test]
fn motions_are_told_in_words() {
	with_committee(|| {
		let call = as_root(seats(3));
		block(|| {
			assert_ok!(propose("//Charlie", 2, &call));
			assert_ok!(vote("//Charlie", &call, 0, true));
			assert_ok!(vote("//Bob", &call, 0, false));
		});
		let view = Runtime::governance();
		assert_eq!(view.spec_version, crate::VERSION.spec_version);
		assert_eq!(view.members.len(), 3);
		let motion = &view.motions[0];
		assert_eq!(
			motion.summary,
			"whitelist.whitelist_call and parameters.set_parameter(seats 3) in \
			 whitelist.dispatch_whitelisted_call_with_preimage in utility.batch_all"
		);
		assert_eq!((motion.index, motion.threshold), (0, 2));
		assert_eq!((&motion.ayes, &motion.nays), (&vec![account("//Charlie")], &vec![account("//Bob")]));
		assert_eq!((&motion.call, motion.hash), (&call.encode(), BlakeTwo256::hash_of(&call)));
		assert_eq!(motion.end, System::block_number() + 7 * crate::constants::DAYS);
	});
}

#[test]
fn members_see_what_they_vote_on() {
	let described = |call: RuntimeCall| {
		genesis_of(DEV_RUNTIME_PRESET).execute_with(|| {
			let members = vec![account("//Alice"), account("//Bob"), account("//Charlie")];
			assert_ok!(crate::TechnicalCommittee::set_members(
				crate::RuntimeOrigin::root(),
				members,
				None,
				32
			));
			block(|| propose("//Alice", 2, &call).unwrap());
			Runtime::governance().motions[0].summary.clone()
		})
	};
	let bob = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";
	let spend = pallet_treasury::Call::spend {
		asset_kind: Box::new(()),
		amount: 5 * NRN / 2,
		beneficiary: Box::new(account("//Bob")),
		valid_from: None,
	};
	assert_eq!(described(spend.into()), format!("treasury.spend(2.5 NRN to {bob})"));
	let code = Hash::repeat_byte(7);
	let whitelisted = "whitelist.dispatch_whitelisted_call_with_preimage in utility.batch_all";
	assert_eq!(
		described(as_root(authorize(code))),
		format!("whitelist.whitelist_call and system.authorize_upgrade({code:#x}) in {whitelisted}")
	);
	// One call's hash beside another, harmless one.
	let RuntimeCall::Utility(pallet_utility::Call::batch_all { mut calls }) = as_root(seats(3)) else {
		panic!("it is a bundle");
	};
	let hidden = Hash::repeat_byte(9);
	calls[0] = pallet_whitelist::Call::whitelist_call { call_hash: hidden }.into();
	assert_eq!(
		described(pallet_utility::Call::batch_all { calls }.into()),
		format!(
			"whitelist.whitelist_call({hidden:#x}) and parameters.set_parameter(seats 3) in {whitelisted}"
		)
	);
	// A call that is not described gives its name to no hash.
	let RuntimeCall::Utility(pallet_utility::Call::batch_all { calls }) = as_root(seats(3)) else {
		panic!("it is a bundle");
	};
	let hash = BlakeTwo256::hash_of(&RuntimeCall::from(seats(3)));
	let mut many = vec![RuntimeCall::from(frame_system::Call::remark { remark: vec![] }); 7];
	many.extend(calls);
	let description = described(pallet_utility::Call::batch_all { calls: many }.into());
	let end = format!("whitelist.whitelist_call({hash:#x}) and 1 more in utility.batch_all");
	assert!(description.ends_with(&end), "{description}");
	let members = pallet_collective::Call::set_members {
		new_members: vec![account("//Bob"); 10],
		prime: None,
		old_count: 3,
	};
	assert_eq!(
		described(RuntimeCall::TechnicalCommittee(members)),
		format!("technicalCommittee.set_members({}2 more)", format!("{bob}, ").repeat(8))
	);
}

#[test]
fn calls_in_calls_are_told_within_bounds() {
	with_committee(|| {
		let mut call: RuntimeCall = frame_system::Call::remark { remark: vec![] }.into();
		for _ in 0..40 {
			call = pallet_utility::Call::batch { calls: vec![call; 1] }.into();
		}
		let many = pallet_utility::Call::batch { calls: vec![call; 20] }.into();
		block(|| propose("//Alice", 2, &many).unwrap());
		let summary = &Runtime::governance().motions[0].summary;
		assert!(summary.contains("12 more in utility.batch"), "{summary}");
		assert!(summary.len() < 2_000, "{}", summary.len());
	});
}

#[test]
fn only_root_names_members_and_sets_parameters() {
	with_committee(|| {
		let origin = || crate::RuntimeOrigin::signed(account("//Alice"));
		assert_noop!(
			crate::TechnicalCommittee::set_members(origin(), vec![account("//Alice")], None, 32),
			DispatchError::BadOrigin
		);
		let RuntimeCall::Parameters(pallet_parameters::Call::set_parameter { key_value }) = seats(1).into()
		else {
			panic!("it sets a parameter");
		};
		assert_noop!(crate::Parameters::set_parameter(origin(), key_value), DispatchError::BadOrigin);
	});
}
