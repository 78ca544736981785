//! The chains that a node knows by name.

use descent_runtime::{Runtime, LIVE_PRESET, LOCAL_PRESET, WASM_BINARY};
use sc_service::{ChainType, Properties};
use sp_genesis_builder::runtime_decl_for_genesis_builder::GenesisBuilderV1;

/// A chain's genesis and its name.
pub(crate) type ChainSpec = sc_service::GenericChainSpec;

/// The runtime's preset with one validator and a superuser.
const DEVELOPMENT_PRESET: &str = "development";

/// One validator, Alice, who is the superuser as well.
pub(crate) fn development() -> Result<ChainSpec, String> {
	from_preset("Descent Development", "dev", ChainType::Development, DEVELOPMENT_PRESET)
}

/// Four validators, Alice to Dave, on one machine.
pub(crate) fn local() -> Result<ChainSpec, String> {
	from_preset("Descent Local", "local", ChainType::Local, LOCAL_PRESET)
}

/// An empty chain, to be filled with its buyers, validators and committee. Without these it makes no blocks.
pub(crate) fn live() -> Result<ChainSpec, String> {
	from_preset("Descent", "descent", ChainType::Live, LIVE_PRESET)
}

fn from_preset(name: &str, id: &str, kind: ChainType, preset: &str) -> Result<ChainSpec, String> {
	let code = WASM_BINARY.ok_or(
		"this node was built without the runtime's wasm: build it again with SKIP_WASM_BUILD unset, or \
		 give --chain the path of a chain specification",
	)?;
	// The runtime that is linked into the node says the same as its wasm, which would be compiled for it.
	let patch = Runtime::get_preset(&Some(preset.into())).ok_or("the runtime has no such preset")?;
	let patch = serde_json::from_slice(&patch).map_err(|error| error.to_string())?;
	Ok(ChainSpec::builder(code, None)
		.with_name(name)
		.with_id(id)
		.with_protocol_id("descent")
		.with_chain_type(kind)
		.with_properties(properties())
		.with_genesis_config_patch(patch)
		.build())
}

/// Returns the properties by which wallets show amounts and addresses.
fn properties() -> Properties {
	Properties::from_iter([
		("tokenSymbol".into(), "NRN".into()),
		("tokenDecimals".into(), 12.into()),
		("ss58Format".into(), 42.into()),
	])
}

#[cfg(test)]
mod tests {
	use super::*;
	use sc_service::ChainSpec as _;

	#[test]
	fn known_chains_have_a_genesis() {
		if WASM_BINARY.is_none() {
			let refused = development().err().expect("there is no wasm to make a genesis of");
			assert!(refused.contains("SKIP_WASM_BUILD"));
			return;
		}
		for (chain, id) in [(development(), "dev"), (local(), "local"), (live(), "descent")] {
			let chain = chain.unwrap();
			assert_eq!(chain.id(), id);
			assert_eq!(chain.properties()["tokenSymbol"], "NRN");
			assert_eq!(chain.properties()["tokenDecimals"], 12);
			assert!(chain.telemetry_endpoints().is_none());
			assert!(!chain.as_storage_builder().build_storage().unwrap().top.is_empty());
		}
	}

	#[test]
	fn presets_are_those_of_the_wasm() {
		let Some(code) = WASM_BINARY else { return };
		let spec = local().unwrap().as_json(false).unwrap();
		let spec: serde_json::Value = serde_json::from_str(&spec).unwrap();
		let caller = sc_chain_spec::GenesisConfigBuilderRuntimeCaller::<()>::new(code);
		let preset = caller.get_named_preset(Some(&LOCAL_PRESET.to_owned())).unwrap();
		assert_eq!(spec["genesis"]["runtimeGenesis"]["patch"], preset);
	}
}
