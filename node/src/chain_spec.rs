//! The chains that a node knows by name.

use descent_runtime::{LIVE_PRESET, LOCAL_PRESET, WASM_BINARY};
use sc_service::{ChainType, Properties};

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
	Ok(ChainSpec::builder(code, None)
		.with_name(name)
		.with_id(id)
		.with_protocol_id("descent")
		.with_chain_type(kind)
		.with_properties(properties())
		.with_genesis_config_preset_name(preset)
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
}
