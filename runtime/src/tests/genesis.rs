use super::{account, genesis_of};
use crate::{
	constants::NRN, genesis, Babe, Balance, Balances, Grandpa, Runtime, Session, Sudo, LOCAL_PRESET,
};
use frame_support::traits::fungible::Inspect;
use sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use sp_keyring::Sr25519Keyring;

#[test]
fn development_has_one_validator_who_is_the_superuser() {
	genesis_of(DEV_RUNTIME_PRESET).execute_with(|| {
		let alice = Sr25519Keyring::Alice.to_account_id();
		assert_eq!(Session::validators(), vec![alice.clone()]);
		assert_eq!(Babe::authorities().len(), 1);
		assert_eq!(Grandpa::grandpa_authorities().len(), 1);
		assert_eq!(pallet_sudo::Key::<Runtime>::get(), Some(alice));
	});
}

#[test]
fn local_has_four_validators_and_no_superuser() {
	for preset in [LOCAL_PRESET, LOCAL_TESTNET_RUNTIME_PRESET] {
		genesis_of(preset).execute_with(|| {
			let validators =
				[Sr25519Keyring::Alice, Sr25519Keyring::Bob, Sr25519Keyring::Charlie, Sr25519Keyring::Dave];
			assert_eq!(Session::validators(), validators.map(Sr25519Keyring::to_account_id).to_vec());
			assert_eq!(Babe::authorities().len(), 4);
			assert_eq!(Grandpa::grandpa_authorities().len(), 4);
			let evaluators = pallet_evaluators::CurrentEvaluators::<Runtime>::get();
			assert_eq!(
				evaluators.evaluators.into_iter().map(|evaluator| evaluator.account).collect::<Vec<_>>(),
				Session::validators()
			);
			let proven = pallet_session::historical::HistoricalSessions::<Runtime>::get(0);
			assert_eq!(proven.map(|(_, validators)| validators), Some(4), "the first session can be proven");
			assert_eq!(pallet_sudo::Key::<Runtime>::get(), None);
			let call = frame_system::Call::remark { remark: vec![] }.into();
			let origin = frame_system::RawOrigin::Signed(account("//Alice")).into();
			assert!(Sudo::sudo(origin, Box::new(call)).is_err());
		});
	}
}

#[test]
fn well_known_accounts_have_money_and_no_others() {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		let mut total: Balance = 0;
		for uri in [
			"//Alice",
			"//Bob",
			"//Charlie",
			"//Dave",
			"//Eve",
			"//Ferdie",
			"//Trainer1",
			"//Trainer8",
			"//Liar",
		] {
			assert_eq!(Balances::total_balance(&account(uri)), 1_000_000 * NRN, "{uri}");
		}
		assert_eq!(Balances::free_balance(account("//Trainer9")), 0);
		for account in frame_system::Account::<Runtime>::iter_values() {
			total += account.data.free + account.data.reserved;
		}
		assert_eq!(total, Balances::total_issuance());
		assert_eq!(total, 15 * 1_000_000 * NRN);
	});
}

#[test]
fn every_named_preset_exists_and_no_other() {
	for name in genesis::preset_names() {
		assert!(genesis::get_preset(&name).is_some());
	}
	assert_eq!(genesis::get_preset(&PresetId::from("mainnet")), None);
}
