mod accounts;
mod balances;
mod chain;
mod committee;
mod custody;
mod deposits;
mod economy;
mod equivocation;
mod full_chain;
mod genesis;
mod governance;
mod layout;
mod ledger;
mod round;
mod training;
mod transactions;
mod validators;
mod weights;

use crate::{constants::NRN, AccountId, Groups, RuntimeGenesisConfig};
use descent_protocol::{Clock, Codec, ContentRef, EvaluationPolicy, GroupId, Metric, Share, Shares};
use frame_support::genesis_builder_helper;
use pallet_groups::{GroupRules, NewGroup};
use sp_core::{sr25519, Pair, H256};
use sp_genesis_builder::PresetId;

/// The state that a node builds of a preset.
fn genesis_of(preset: &str) -> sp_io::TestExternalities {
	state_of(&config_of(preset))
}

/// The configuration of a preset: the default genesis with the preset's patch over it.
fn config_of(preset: &str) -> serde_json::Value {
	let default = genesis_builder_helper::get_preset::<RuntimeGenesisConfig>(&None, |_| None);
	let mut config = serde_json::from_slice(&default.unwrap()).unwrap();
	let patch = crate::genesis::get_preset(&PresetId::from(preset)).expect("the preset exists");
	merge(&mut config, serde_json::from_slice(&patch).unwrap());
	config
}

/// The state that a node builds of a whole genesis configuration.
fn state_of(config: &serde_json::Value) -> sp_io::TestExternalities {
	let mut ext = sp_io::TestExternalities::default();
	ext.execute_with(|| crate::genesis::build(serde_json::to_vec(config).unwrap()).expect("it builds"));
	ext
}

fn merge(into: &mut serde_json::Value, patch: serde_json::Value) {
	match (into, patch) {
		(serde_json::Value::Object(into), serde_json::Value::Object(patch)) => {
			for (key, value) in patch {
				merge(into.entry(key).or_insert(serde_json::Value::Null), value);
			}
		}
		(into, patch) => *into = patch,
	}
}

fn pair(uri: &str) -> sr25519::Pair {
	sr25519::Pair::from_string(uri, None).unwrap()
}

fn account(uri: &str) -> AccountId {
	pair(uri).public().into()
}

fn content(byte: u8) -> ContentRef {
	ContentRef { digest: H256::repeat_byte(byte), codec: Codec::Raw, size: 10 }
}

/// The rules of a group that clients pay for.
fn terms(group: GroupId) -> H256 {
	<Groups as GroupRules<_>>::terms(group).unwrap_or_default()
}

/// A group whose first round takes commitments from the next block on, for twelve blocks.
fn new_group(name: &str) -> NewGroup<u128> {
	NewGroup {
		name: name.as_bytes().to_vec().try_into().unwrap(),
		model: content(1),
		dataset: content(2),
		providers: vec![b"http://127.0.0.1:8080".to_vec().try_into().unwrap()].try_into().unwrap(),
		metric: Metric::Loss,
		policy: EvaluationPolicy::Training { records: 100 },
		minimum_improvement: 1,
		target: None,
		clock: Clock { first: 0, start: 0, length: 12, reveal: 3, attest: 5, open: 3 },
		deposit: 5 * NRN,
		shares: Shares::default(),
		stake: 30 * NRN,
		voting_period: 100,
		quorum: Share::percent(20),
		optional_rules: Default::default(),
	}
}
