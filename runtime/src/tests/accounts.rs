//! Multisig accounts, proxies and vesting.

use super::{
	account,
	chain::{block, run_to, submit},
	config_of, genesis_of, new_group, state_of,
};
use crate::{
	apis::runtime_decl_for_training_api::TrainingApi as _,
	constants::{DAYS, EXISTENTIAL_DEPOSIT, NRN},
	AccountId, Balance, Balances, ProxyType, Runtime, RuntimeCall, RuntimeEvent, System, Validators,
	LIVE_PRESET, LOCAL_PRESET,
};
use frame_support::{assert_ok, traits::fungible::Inspect};
use serde_json::json;
use sp_runtime::{DispatchError, DispatchResult, MultiAddress};

/// Lets one account act for another.
fn add_proxy(of: &str, delegate: &str, kind: ProxyType) {
	block(|| {
		let call = pallet_proxy::Call::add_proxy {
			delegate: MultiAddress::Id(account(delegate)),
			proxy_type: kind,
			delay: 0,
		};
		assert_ok!(submit(of, call));
	});
}

/// Has an account make a call for another. Returns the call's result.
fn act(delegate: &str, real: &str, call: impl Into<RuntimeCall>) -> DispatchResult {
	let call = pallet_proxy::Call::proxy {
		real: MultiAddress::Id(account(real)),
		force_proxy_type: None,
		call: Box::new(call.into()),
	};
	block(|| submit(delegate, call).unwrap());
	System::read_events_no_consensus()
		.find_map(|record| match record.event {
			RuntimeEvent::Proxy(pallet_proxy::Event::ProxyExecuted { result }) => Some(result),
			_ => None,
		})
		.expect("the call was made")
}

fn transfer(to: &str, value: Balance) -> RuntimeCall {
	pallet_balances::Call::transfer_allow_death { dest: MultiAddress::Id(account(to)), value }.into()
}

#[test]
fn a_trainer_s_machine_trains_for_its_owner_and_can_t_take_its_money() {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		add_proxy("//Trainer1", "//Liar", ProxyType::Training);
		let group = new_group("digits");
		assert_ok!(act("//Liar", "//Trainer1", pallet_groups::Call::create { group }));
		let filtered = Err(frame_system::Error::<Runtime>::CallFiltered.into());
		let stolen = transfer("//Liar", NRN);
		assert_eq!(act("//Liar", "//Trainer1", stolen.clone()), filtered);
		let wrapped = pallet_utility::Call::batch_all { calls: vec![stolen] };
		assert_eq!(act("//Liar", "//Trainer1", wrapped), filtered);
		let fund = pallet_emission::Call::fund {
			group: 0,
			amount: 2 * NRN,
			per_round: NRN,
			terms: crate::tests::terms(0),
		};
		assert_eq!(act("//Liar", "//Trainer1", fund), filtered);
		let bond = pallet_validators::Call::bond { amount: 1_000 * NRN };
		assert_eq!(act("//Liar", "//Trainer1", bond), filtered);
	});
}

#[test]
fn a_validator_s_machine_bonds_for_its_owner() {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		add_proxy("//Eve", "//Liar", ProxyType::Validation);
		let bond = pallet_validators::Call::bond { amount: 1_000 * NRN };
		assert_ok!(act("//Liar", "//Eve", bond));
		assert_eq!(Validators::validator_view(account("//Eve")).unwrap().bond, 1_000 * NRN);
		let filtered = Err(frame_system::Error::<Runtime>::CallFiltered.into());
		assert_eq!(act("//Liar", "//Eve", transfer("//Liar", NRN)), filtered);
	});
}

#[test]
fn nobody_acts_for_an_account_that_did_not_ask_for_it() {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		block(|| {
			let call = pallet_proxy::Call::proxy {
				real: MultiAddress::Id(account("//Eve")),
				force_proxy_type: None,
				call: Box::new(transfer("//Liar", NRN)),
			};
			let refused = pallet_proxy::Error::<Runtime>::NotProxy;
			assert_eq!(submit("//Liar", call), Err(refused.into()));
		});
	});
}

#[test]
fn two_of_three_sign_for_a_common_account() {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		let mut signers = ["//Eve", "//Ferdie", "//Trainer1"].map(account);
		signers.sort();
		let common = pallet_multisig::Pallet::<Runtime>::multi_account_id(&signers, 2);
		let others = |who: &str| -> Vec<AccountId> {
			let who = account(who);
			signers.iter().filter(|signer| **signer != who).cloned().collect()
		};
		let held = || Balances::reserved_balance(account("//Eve"));
		block(|| {
			let fund = pallet_balances::Call::transfer_allow_death {
				dest: MultiAddress::Id(common.clone()),
				value: 10 * NRN,
			};
			assert_ok!(submit("//Eve", fund));
		});
		let call = transfer("//Trainer5", 7 * NRN);
		let as_multi = |who: &str, maybe_timepoint| pallet_multisig::Call::as_multi {
			threshold: 2,
			other_signatories: others(who),
			maybe_timepoint,
			call: Box::new(call.clone()),
			max_weight: crate::RuntimeBlockWeights::get().max_block / 10,
		};
		block(|| submit("//Eve", as_multi("//Eve", None)).unwrap());
		assert!(held() > 0);
		let timepoint = pallet_multisig::Timepoint { height: System::block_number(), index: 1 };
		block(|| {
			let stranger = submit("//Liar", as_multi("//Eve", Some(timepoint)));
			assert!(stranger.is_err());
			assert_ok!(submit("//Ferdie", as_multi("//Ferdie", Some(timepoint))));
		});
		assert_eq!(Balances::total_balance(&common), 3 * NRN);
		assert_eq!(held(), 0);
	});
}

/// Runs a test on a chain with two buyers: Alice, which validates, and one whose tokens are released over ten
/// days.
fn sold(test: impl FnOnce(AccountId)) {
	let buyer = account("//Buyer");
	let mut config = config_of(LIVE_PRESET);
	let session = config_of("development")["session"].clone();
	config["balances"]["balances"] = json!([[account("//Alice"), 20_000 * NRN], [buyer, 1_000 * NRN]]);
	config["vesting"]["vesting"] = json!([[buyer, 0, 10 * DAYS, 100 * NRN]]);
	config["validators"]["bonds"] = json!([[account("//Alice"), 10_000 * NRN]]);
	config["session"] = session;
	state_of(&config).execute_with(|| test(buyer));
}

#[test]
fn a_live_chain_begins_with_what_was_sold_exactly() {
	sold(|_| {
		assert_eq!(Balances::total_issuance(), 21_000 * NRN);
		assert_eq!(Runtime::emission().genesis, 21_000 * NRN);
		assert_eq!(crate::Session::validators(), [account("//Alice")]);
		assert_eq!(pallet_sudo::Key::<Runtime>::get(), None);
		super::ledger::check();
		block(|| ());
		assert_eq!(Balances::total_issuance(), 21_000 * NRN);
	});
}

#[test]
fn what_was_sold_to_the_treasury_stays_its() {
	let mut config = config_of(LIVE_PRESET);
	let treasury = crate::Treasury::account_id();
	let amount = 2 * EXISTENTIAL_DEPOSIT;
	config["balances"]["balances"] = json!([[treasury, amount], [account("//Alice"), NRN]]);
	state_of(&config).execute_with(|| {
		assert_eq!(Balances::total_issuance(), NRN + amount);
		assert_eq!(Balances::total_balance(&crate::Treasury::account_id()), amount);
	});
}

#[test]
fn what_is_released_over_time_can_be_staked_but_not_sold_before() {
	sold(|buyer| {
		run_to(1);
		block(|| {
			let frozen = sp_runtime::TokenError::Frozen;
			assert_eq!(submit("//Buyer", transfer("//Alice", 200 * NRN)), Err(DispatchError::Token(frozen)));
			assert_ok!(submit("//Buyer", transfer("//Alice", 90 * NRN)));
			let mut group = new_group("digits");
			group.stake = 500 * NRN;
			assert_ok!(submit("//Buyer", pallet_groups::Call::create { group }));
		});
		assert!(Balances::reserved_balance(&buyer) >= 600 * NRN);
	});
}
