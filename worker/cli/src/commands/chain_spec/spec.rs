//! A chain specification whose genesis holds what was sold, and nothing else.

use super::{ledger::Ledger, validators::Validators};
use anyhow::{bail, ensure, Context, Result};
use descent_client::{AccountId, H256};
use serde_json::{json, Map, Value};

/// The first state of a chain.
pub(super) struct Genesis<'a> {
	pub ledger: &'a Ledger,
	pub validators: &'a Validators,
	pub committee: &'a [AccountId],
}

/// Puts a genesis into a specification that has none of what it decides on.
///
/// # Errors
/// Where the specification has no readable genesis, or one with balances already: then the issuance would not
/// be what was sold.
pub(super) fn fill(mut spec: Value, genesis: &Genesis) -> Result<Value> {
	let patch = spec.pointer_mut("/genesis/runtimeGenesis/patch");
	let patch = patch.and_then(Value::as_object_mut).context(
		"it has no genesis that can be filled in: make it with descent-node export-chain-spec --chain live, \
		 without --raw",
	)?;
	ensure!(
		patch.get("sudo").and_then(|sudo| sudo.get("key")).is_none_or(Value::is_null),
		"it has a superuser (sudo.key): a chain whose tokens were sold is governed by its committee"
	);
	if let Some(dev) = patch.get("balances").and_then(|balances| balances.get("devAccounts")) {
		ensure!(dev.is_null(), "it has development accounts (balances.devAccounts)");
	}
	let Genesis { ledger, validators, committee } = genesis;
	let balances = ledger.lines().iter().map(|sale| json!([sale.account.to_string(), sale.amount]));
	put(patch, "balances", "balances", balances.collect())?;
	let vesting = ledger.lines().iter().filter_map(|sale| {
		let vesting = sale.vesting?;
		Some(json!([sale.account.to_string(), vesting.start, vesting.blocks, vesting.liquid]))
	});
	put(patch, "vesting", "vesting", vesting.collect())?;
	let validators = validators.lines();
	let bonds = validators.iter().map(|validator| json!([validator.account.to_string(), validator.bond]));
	put(patch, "validators", "bonds", bonds.collect())?;
	let keys = validators.iter().map(|validator| {
		let account = validator.account.to_string();
		let [babe, grandpa, evaluator] = validator.keys.map(address);
		json!([account, account, { "babe": babe, "grandpa": grandpa, "evaluator": evaluator }])
	});
	put(patch, "session", "keys", keys.collect())?;
	let members = committee.iter().map(|member| json!(member.to_string()));
	put(patch, "technicalCommittee", "members", members.collect())?;
	if let Some(spec) = spec.as_object_mut() {
		spec.insert("chainType".into(), json!("Live"));
	}
	Ok(spec)
}

/// A public key as a genesis has it, which is an address.
fn address(key: H256) -> String {
	AccountId::new(key.0).to_string()
}

/// Sets a list of a pallet's genesis that is not there or empty.
fn put(patch: &mut Map<String, Value>, pallet: &str, field: &str, list: Vec<Value>) -> Result<()> {
	let config = patch.entry(pallet).or_insert_with(|| json!({}));
	let config = config.as_object_mut().with_context(|| format!("its {pallet} is no object"))?;
	match config.get(field) {
		None | Some(Value::Null) => {}
		Some(Value::Array(items)) if items.is_empty() => {}
		Some(_) => bail!(
			"it has {pallet}.{field} already: begin with one that has not, as descent-node export-chain-spec \
			 --chain live"
		),
	}
	config.insert(field.into(), Value::Array(list));
	Ok(())
}

/// Gives a specification another name and identifier.
pub(super) fn rename(spec: &mut Value, name: Option<String>, id: Option<String>) {
	if let Some(spec) = spec.as_object_mut() {
		let given = [("name", name), ("id", id)];
		for (field, text) in given {
			if let Some(text) = text {
				spec.insert(field.into(), json!(text));
			}
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_client::UNIT;
	use proptest::prelude::*;

	fn account(number: u8) -> AccountId {
		AccountId::new([number; 32])
	}

	fn base(patch: Value) -> Value {
		let genesis = json!({ "runtimeGenesis": { "code": "0x00", "patch": patch } });
		json!({ "name": "Live", "id": "live", "chainType": "Local", "genesis": genesis })
	}

	fn filled(ledger: &str, patch: Value) -> Result<Value> {
		let ledger = Ledger::parse(ledger.as_bytes()).unwrap();
		let (first, keys) = (account(1), "07".repeat(32));
		let validators =
			format!("account,bond,babe,grandpa,evaluator\n{first},1500.5,{keys},0x{keys},{keys}\n");
		let validators = Validators::parse(validators.as_bytes(), &ledger).unwrap();
		let genesis =
			Genesis { ledger: &ledger, validators: &validators, committee: &[account(2), account(3)] };
		fill(base(patch), &genesis)
	}

	fn sold() -> String {
		format!(
			"account,amount,vesting_start,vesting_blocks,liquid\n{},20000000.000000000001,,,\n{},5,100,200,0.5\n",
			account(1),
			account(2)
		)
	}

	#[test]
	fn everything_is_where_the_runtime_reads_it() {
		let epoch = json!({ "epochConfig": { "c": [1, 4] } });
		let spec = filled(&sold(), json!({ "babe": epoch, "balances": { "balances": [] } })).unwrap();
		let patch = &spec["genesis"]["runtimeGenesis"]["patch"];
		let (first, second, third) = (account(1).to_string(), account(2).to_string(), account(3).to_string());
		let key = account(7).to_string();
		assert_eq!(
			*patch,
			json!({
				"babe": epoch,
				"balances": { "balances": [[first, 20_000_000 * UNIT + 1], [second, 5 * UNIT]] },
				"vesting": { "vesting": [[second, 100, 200, UNIT / 2]] },
				"validators": { "bonds": [[first, 3_001 * UNIT / 2]] },
				"session": { "keys": [[first, first, { "babe": key, "grandpa": key, "evaluator": key }]] },
				"technicalCommittee": { "members": [second, third] },
			})
		);
		assert_eq!(spec["chainType"], "Live");
		let mut spec = spec;
		rename(&mut spec, Some("Descent".into()), None);
		assert_eq!((&spec["name"], &spec["id"]), (&json!("Descent"), &json!("live")));
	}

	#[test]
	fn amounts_beyond_what_floats_hold_survive() {
		let spec = filled(&sold(), json!({})).unwrap();
		for text in [spec.to_string(), format!("{spec:#}")] {
			assert!(text.contains("20000000000000000001"), "{text}");
			assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), spec);
		}
	}

	#[test]
	fn a_base_that_gives_something_away_is_refused() {
		for (patch, part) in [
			(json!({ "balances": { "balances": [["5Grw", 1]] } }), "balances.balances already"),
			(json!({ "balances": { "devAccounts": [1, 1, "//Sender"] } }), "development accounts"),
			(json!({ "validators": { "bonds": [["5Grw", 1]] } }), "validators.bonds already"),
			(json!({ "session": { "keys": "x" } }), "session.keys already"),
			(json!({ "technicalCommittee": [] }), "is no object"),
			(json!({ "sudo": { "key": "5Grw" } }), "superuser"),
		] {
			let error = format!("{:#}", filled(&sold(), patch).unwrap_err());
			assert!(error.contains(part), "{part} in {error}");
		}
		assert!(filled(&sold(), json!({ "sudo": { "key": null } })).is_ok());
		let ledger = Ledger::parse(sold().as_bytes()).unwrap();
		let genesis = Genesis { ledger: &ledger, validators: &Validators::default(), committee: &[] };
		for raw in [json!({ "genesis": { "raw": {} } }), json!([]), json!(null)] {
			let error = fill(raw, &genesis).unwrap_err().to_string();
			assert!(error.contains("without --raw"), "{error}");
		}
	}

	proptest! {
		#[test]
		fn the_genesis_holds_what_was_sold(amounts in prop::collection::vec(2_000 * UNIT..=u128::MAX / 16, 1..16)) {
			let mut text = String::from("account,amount\n");
			for (number, amount) in (1u8..).zip(&amounts) {
				text.push_str(&format!("{},{amount}p\n", account(number)));
			}
			let spec = filled(&text, json!({})).unwrap().to_string();
			let spec: Value = serde_json::from_str(&spec).unwrap();
			let balances = &spec["genesis"]["runtimeGenesis"]["patch"]["balances"]["balances"];
			let written: Vec<u128> = balances
				.as_array()
				.unwrap()
				.iter()
				.map(|balance| balance[1].to_string().parse().unwrap())
				.collect();
			prop_assert_eq!(written, amounts);
		}
	}
}
