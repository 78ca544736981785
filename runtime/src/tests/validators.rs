//! The validator set, session after session.

use super::{
	account,
	chain::{block, run_to, submit},
	genesis_of, pair,
};
use crate::{
	apis::runtime_decl_for_training_api::TrainingApi as _, constants::NRN, types::SessionKeys, AccountId,
	Balance, Balances, Grandpa, Historical, Runtime, Session, LOCAL_PRESET,
};
use codec::Encode;
use descent_protocol::view::ValidatorStanding;
use frame_support::{assert_ok, traits::KeyOwnerProofSystem};
use sp_core::{ed25519, Pair};
use sp_runtime::DispatchResult;

/// The keys of an account under another name, with the proof that it has them.
fn keys(owner: &AccountId, name: &str) -> (SessionKeys, Vec<u8>) {
	let (pair, finality) = (pair(name), ed25519::Pair::from_string(name, None).unwrap());
	let keys = SessionKeys {
		babe: pair.public().into(),
		grandpa: finality.public().into(),
		evaluator: pair.public().into(),
	};
	let statement = [b"POP_".as_slice(), &owner.encode()].concat();
	let proof = (pair.sign(&statement), finality.sign(&statement), pair.sign(&statement)).encode();
	(keys, proof)
}

fn set_keys(uri: &str, keys_of: &str) -> DispatchResult {
	let (keys, proof) = keys(&account(uri), keys_of);
	submit(uri, pallet_session::Call::set_keys { keys, proof })
}

fn bond(uri: &str, amount: Balance) -> DispatchResult {
	submit(uri, pallet_validators::Call::bond { amount })
}

fn standing(uri: &str) -> ValidatorStanding {
	Runtime::validator(account(uri)).unwrap().standing
}

#[test]
fn a_fifth_validator_bonds_and_enters_the_set() {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		block(|| {
			let little = bond("//Eve", 999 * NRN);
			assert_eq!(little, Err(pallet_validators::Error::<Runtime>::BondTooSmall.into()));
			assert_ok!(bond("//Eve", 200_000 * NRN));
		});
		run_to(130);
		assert_eq!(standing("//Eve"), ValidatorStanding::Waiting, "it has no session keys");
		block(|| set_keys("//Eve", "//Eve//session").unwrap());
		assert!(Balances::reserved_balance(account("//Eve")) > 200_000 * NRN, "its keys hold a deposit");
		run_to(250);
		assert_eq!(standing("//Eve"), ValidatorStanding::Active);
		assert_eq!(Session::validators(), ["//Eve", "//Alice", "//Bob", "//Charlie", "//Dave"].map(account));
		assert_eq!(pallet_evaluators::CurrentEvaluators::<Runtime>::get().evaluators.len(), 5);
		let views = Runtime::validators(0, u32::MAX);
		let ranks: Vec<_> = views.iter().map(|view| view.rank).collect();
		assert_eq!(ranks, [Some(0), Some(1), Some(2), Some(3), Some(4)]);
	});
}

#[test]
fn keys_that_somebody_else_has_are_refused() {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		block(|| {
			let (keys, _) = keys(&account("//Liar"), "//Victim");
			let (_, proof) = self::keys(&account("//Liar"), "//Liar//session");
			let stolen = submit("//Liar", pallet_session::Call::set_keys { keys, proof });
			assert_eq!(stolen, Err(pallet_session::Error::<Runtime>::InvalidProof.into()));
			let (keys, proof) = self::keys(&account("//Eve"), "//Eve//session");
			let copied = submit("//Liar", pallet_session::Call::set_keys { keys, proof });
			assert_eq!(copied, Err(pallet_session::Error::<Runtime>::InvalidProof.into()));
			let taken = set_keys("//Liar", "//Alice");
			assert_eq!(taken, Err(pallet_session::Error::<Runtime>::DuplicatedKey.into()));
		});
	});
}

#[test]
fn finality_has_another_set_only_where_validators_or_keys_change() {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		run_to(250);
		assert!(Session::current_index() >= 6);
		assert_eq!(Grandpa::current_set_id(), 0);
		block(|| bond("//Dave", NRN).unwrap());
		run_to(380);
		assert_eq!(Grandpa::current_set_id(), 0, "who is first is no matter");
		block(|| set_keys("//Bob", "//Bob//session").unwrap());
		run_to(530);
		assert_eq!(Grandpa::current_set_id(), 1);
		let key = ed25519::Pair::from_string("//Bob//session", None).unwrap().public();
		assert!(Grandpa::grandpa_authorities().iter().any(|(other, _)| *other == key.into()));

		let proof = Historical::prove((sp_consensus_grandpa::KEY_TYPE, key.encode())).unwrap();
		run_to(630);
		assert!(proof.session < Session::current_index());
		let owner = Historical::check_proof((sp_consensus_grandpa::KEY_TYPE, key.encode()), proof);
		assert_eq!(owner, Some((account("//Bob"), ())), "the new keys can be proven afterwards");
	});
}

#[test]
fn who_chills_leaves_the_set_and_keeps_its_bond() {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		block(|| submit("//Dave", pallet_validators::Call::chill {}).unwrap());
		run_to(130);
		assert_eq!(standing("//Dave"), ValidatorStanding::Chilled);
		assert_eq!(Session::validators().len(), 3);
		assert_eq!(Balances::reserved_balance(account("//Dave")), 100_000 * NRN);
		block(|| submit("//Dave", pallet_validators::Call::validate {}).unwrap());
		run_to(250);
		assert_eq!(standing("//Dave"), ValidatorStanding::Active);
	});
}

#[test]
fn a_chain_keeps_its_last_validators() {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		block(|| {
			for uri in ["//Alice", "//Bob", "//Charlie", "//Dave"] {
				assert_ok!(submit(uri, pallet_validators::Call::chill {}));
			}
		});
		run_to(130);
		assert_eq!(Session::validators().len(), 4);
	});
}
