//! The genesis of a chain: the presets that a node's chain specification names.

use crate::{
	constants::NRN, types::SessionKeys, AccountId, BabeConfig, Balance, Balances, BalancesConfig, Runtime,
	RuntimeGenesisConfig, SessionConfig, SudoConfig, TechnicalCommitteeConfig, Treasury, ValidatorsConfig,
	BABE_GENESIS_EPOCH_CONFIG,
};
use alloc::{format, string::ToString, vec, vec::Vec};
use frame_support::{
	build_struct_json_patch,
	genesis_builder_helper::build_state,
	traits::{
		fungible::Mutate,
		tokens::{Fortitude, Precision, Preservation},
	},
};
use serde_json::Value;
use sp_core::{sr25519, Pair};
use sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

/// Four validators on one machine. The usual name of such a preset, `local_testnet`, means the same.
pub const LOCAL_PRESET: &str = "local";

/// An empty chain: its starter adds the buyers, the validators and the committee.
pub const LIVE_PRESET: &str = "live";

/// Balance of each well-known account at genesis.
const ENDOWMENT: Balance = 1_000_000 * NRN;
/// Part of it that each validator bonds.
const BOND: Balance = 100_000 * NRN;
/// Number of trainers, `//Trainer1` and on, that have an endowment.
const TRAINERS: u32 = 8;

/// The accounts that demonstrations and tests sign with: Alice to Ferdie, the trainers, and one that lies.
/// Their secrets are public: `//Alice` and so on under the development phrase.
fn well_known_accounts() -> Vec<AccountId> {
	let derived = (1..=TRAINERS)
		.map(|number| format!("//Trainer{number}"))
		.chain(["//Liar".to_string()])
		.filter_map(|path| sr25519::Pair::from_string(&path, None).ok())
		.map(|pair| AccountId::from(pair.public()));
	Sr25519Keyring::invulnerable().map(Sr25519Keyring::to_account_id).chain(derived).collect()
}

/// Returns the session keys of a well-known validator, all derived from its name.
fn session_keys(account: Sr25519Keyring, finality: Ed25519Keyring) -> SessionKeys {
	SessionKeys {
		babe: account.public().into(),
		grandpa: finality.public().into(),
		evaluator: account.public().into(),
	}
}

fn preset(
	validators: &[(Sr25519Keyring, Ed25519Keyring)],
	committee: &[Sr25519Keyring],
	sudo: Option<AccountId>,
) -> Value {
	let keys = validators
		.iter()
		.map(|(validator, finality)| {
			let account = validator.to_account_id();
			(account.clone(), account, session_keys(*validator, *finality))
		})
		.collect::<Vec<_>>();
	let bonds = keys.iter().map(|(account, _, _)| (account.clone(), BOND)).collect::<Vec<_>>();
	let members = committee.iter().map(|member| member.to_account_id()).collect::<Vec<_>>();
	let balances = well_known_accounts().into_iter().map(|account| (account, ENDOWMENT)).collect::<Vec<_>>();
	build_struct_json_patch!(RuntimeGenesisConfig {
		balances: BalancesConfig { balances },
		babe: BabeConfig { epoch_config: BABE_GENESIS_EPOCH_CONFIG },
		validators: ValidatorsConfig { bonds },
		session: SessionConfig { keys },
		technical_committee: TechnicalCommitteeConfig { members },
		sudo: SudoConfig { key: sudo },
	})
}

/// Returns a preset with one validator, Alice, which is the technical committee and the superuser as well.
fn development() -> Value {
	preset(
		&[(Sr25519Keyring::Alice, Ed25519Keyring::Alice)],
		&[Sr25519Keyring::Alice],
		Some(Sr25519Keyring::Alice.to_account_id()),
	)
}

/// Returns a preset with four validators, Alice to Dave, and no superuser. The first three are the technical
/// committee.
fn local() -> Value {
	preset(
		&[
			(Sr25519Keyring::Alice, Ed25519Keyring::Alice),
			(Sr25519Keyring::Bob, Ed25519Keyring::Bob),
			(Sr25519Keyring::Charlie, Ed25519Keyring::Charlie),
			(Sr25519Keyring::Dave, Ed25519Keyring::Dave),
		],
		&[Sr25519Keyring::Alice, Sr25519Keyring::Bob, Sr25519Keyring::Charlie],
		None,
	)
}

fn live() -> Value {
	build_struct_json_patch!(RuntimeGenesisConfig {
		babe: BabeConfig { epoch_config: BABE_GENESIS_EPOCH_CONFIG },
	})
}

/// Builds the state of a chain's first block. The treasury's genesis mints the existential deposit; where
/// nobody gave it that, it is burned again: only sold tokens are issued.
pub(crate) fn build(config: Vec<u8>) -> sp_genesis_builder::Result {
	build_state::<RuntimeGenesisConfig>(config)?;
	let made = Balances::total_issuance().saturating_sub(pallet_emission::GenesisIssuance::<Runtime>::get());
	Balances::burn_from(
		&Treasury::account_id(),
		made,
		Preservation::Expendable,
		Precision::Exact,
		Fortitude::Force,
	)
	.map(drop)
	.map_err(|error| format!("what the treasury made at genesis can't be taken back: {error:?}"))
}

/// Returns the preset of that name as a JSON patch of the default genesis.
pub(crate) fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
	let patch = match id.as_ref() {
		DEV_RUNTIME_PRESET => development(),
		LOCAL_PRESET | LOCAL_TESTNET_RUNTIME_PRESET => local(),
		LIVE_PRESET => live(),
		_ => return None,
	};
	Some(patch.to_string().into_bytes())
}

/// Returns the names of all presets.
pub(crate) fn preset_names() -> Vec<PresetId> {
	vec![
		PresetId::from(DEV_RUNTIME_PRESET),
		PresetId::from(LOCAL_PRESET),
		PresetId::from(LOCAL_TESTNET_RUNTIME_PRESET),
		PresetId::from(LIVE_PRESET),
	]
}
