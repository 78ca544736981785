mod genesis;
mod training;
mod transactions;

use crate::{AccountId, RuntimeGenesisConfig};
use frame_support::genesis_builder_helper;
use sp_genesis_builder::PresetId;

/// The state that a node builds of a preset: the default genesis with the preset's patch over it.
fn genesis_of(preset: &str) -> sp_io::TestExternalities {
	let default = genesis_builder_helper::get_preset::<RuntimeGenesisConfig>(&None, |_| None);
	let mut config = serde_json::from_slice(&default.unwrap()).unwrap();
	let patch = crate::genesis::get_preset(&PresetId::from(preset)).expect("the preset exists");
	merge(&mut config, serde_json::from_slice(&patch).unwrap());
	let mut ext = sp_io::TestExternalities::default();
	ext.execute_with(|| {
		let config = serde_json::to_vec(&config).unwrap();
		genesis_builder_helper::build_state::<RuntimeGenesisConfig>(config).expect("the preset builds");
	});
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

fn account(uri: &str) -> AccountId {
	use sp_core::Pair;
	sp_core::sr25519::Pair::from_string(uri, None)
		.unwrap()
		.public()
		.into()
}
