use crate::{
	builder::NetworkBuilder,
	node::{argument, offline, VALIDATORS, WELL_KNOWN},
};
use anyhow::{ensure, Context, Result};
use serde_json::Value;
use std::path::Path;

/// Number of validators of the preset `local`.
const LOCAL: usize = 4;

/// Name of the fewest seats of a committee, a parameter of the runtime that no other chain stores.
const MINIMUM_SEATS: &[u8] = b":MinimumCommitteeSeats:";

/// Name of the number of blocks for which clients' money stays, another such parameter.
const FUNDING_GRACE: &[u8] = b":FundingGrace:";

/// Returns the path of a network's chain spec, made from the preset `local`. Its genesis is raw, so that no
/// node has to compile the runtime to make it.
pub(crate) fn chain(builder: &NetworkBuilder, directory: &Path) -> Result<String> {
	let NetworkBuilder { validators, ref genesis_code, minimum_seats, funding_grace, .. } = *builder;
	let parameters = [(MINIMUM_SEATS, minimum_seats), (FUNDING_GRACE, funding_grace)];
	ensure!(
		(1..=VALIDATORS.len()).contains(&validators),
		"a network has 1 to {} validators, as there are names for so many, not {validators}",
		VALIDATORS.len()
	);
	let mut spec: Value = serde_json::from_str(&offline(&["export-chain-spec", "--chain", "local"])?)
		.context("export-chain-spec printed no JSON")?;
	if validators != LOCAL {
		set_validators(&mut spec, &VALIDATORS[..validators])?;
	}
	if let Some(code) = genesis_code {
		let wasm = std::fs::read(code).with_context(|| format!("{} cannot be read", code.display()))?;
		*spec.pointer_mut("/genesis/runtimeGenesis/code").context("the preset local has no code")? =
			sp_core::bytes::to_hex(&wasm, false).into();
	}
	let file = directory.join("chain.json");
	let write = |spec: &Value| std::fs::write(&file, serde_json::to_vec_pretty(spec)?);
	write(&spec)?;
	let path = argument(&file)?;
	let mut raw: Value = serde_json::from_str(&offline(&["export-chain-spec", "--raw", "--chain", path])?)?;
	let state = raw.pointer_mut("/genesis/raw/top").and_then(Value::as_object_mut);
	let state = state.context("export-chain-spec printed no state")?;
	for (name, value) in parameters.into_iter().filter_map(|(name, value)| Some((name, value?))) {
		let key = sp_crypto_hashing::twox_128(name);
		let [key, value] = [&key[..], &value.to_le_bytes()].map(|bytes| sp_core::bytes::to_hex(bytes, false));
		state.insert(key, value.into());
	}
	write(&raw)?;
	Ok(path.to_owned())
}

/// Makes these accounts the validators of a chain, each with the same bond as the validators that it had.
fn set_validators(spec: &mut Value, validators: &[&str]) -> Result<()> {
	let keys = spec
		.pointer_mut("/genesis/runtimeGenesis/patch/session/keys")
		.and_then(Value::as_array_mut)
		.context("the preset local has no session keys at session.keys")?;
	let template = keys.first().cloned().context("the preset local has no validator")?;
	*keys = validators.iter().map(|name| session_keys(&template, name)).collect::<Result<_>>()?;
	let bonds = spec
		.pointer_mut("/genesis/runtimeGenesis/patch/validators/bonds")
		.and_then(Value::as_array_mut)
		.context("the preset local has no bonds at validators.bonds")?;
	let bond = bonds.first().map(|entry| entry[1].clone()).context("the preset local has no bond")?;
	*bonds = entries(validators, &bond)?;
	let balances = spec
		.pointer_mut("/genesis/runtimeGenesis/patch/balances/balances")
		.and_then(Value::as_array_mut)
		.context("the preset local has no balances at balances.balances")?;
	let balance =
		balances.first().map(|entry| entry[1].clone()).context("the preset local has no balance")?;
	balances.extend(entries(validators.get(WELL_KNOWN..).unwrap_or_default(), &balance)?);
	spec["name"] = format!("Descent with {} validators", validators.len()).into();
	spec["id"] = format!("descent_{}", validators.len()).into();
	Ok(())
}

/// Returns an entry `[account, amount]` of the genesis for each name.
fn entries(names: &[&str], amount: &Value) -> Result<Vec<Value>> {
	names.iter().map(|name| Ok(serde_json::json!([address(name, "sr25519")?, amount]))).collect()
}

/// Returns an entry of the session's genesis, `[account, validator, {key type: public key}]`, for another
/// development key.
fn session_keys(template: &Value, name: &str) -> Result<Value> {
	let (account, ed25519) = (address(name, "sr25519")?, address(name, "ed25519")?);
	let kinds = template[2].as_object().context("a validator's session keys are no object")?.keys();
	let keys =
		kinds.map(|kind| (kind.clone(), if kind == "grandpa" { &ed25519 } else { &account }.clone().into()));
	let keys: Value = Value::Object(keys.collect());
	Ok(serde_json::json!([account, account, keys]))
}

/// Returns the address of a development key.
fn address(name: &str, scheme: &str) -> Result<String> {
	let uri = format!("//{name}");
	let output = offline(&["key", "inspect", "--scheme", scheme, "--output-type", "json", &uri])?;
	let key: Value = serde_json::from_str(&output).context("key inspect printed no JSON")?;
	Ok(key["ss58Address"].as_str().context("key inspect printed no address")?.to_owned())
}
