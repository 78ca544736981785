//! Proxies, dry runs, and keys of wallets.

use crate::{write_secret, User};
use anyhow::{ensure, Context, Result};
use descent_integration_tests::{repository, Account, Network};
use serde_json::Value;

/// Session keys that belong to somebody else, or whose secrets are elsewhere, are not sent at all.
pub(crate) async fn session_keys_are_set_by_their_owner_from_their_keystore(
	network: &Network,
	user: &User,
) -> Result<()> {
	let node = network.nodes[0].rpc.ws();
	let (owner, other) = (Account::from_uri("//Trainer3")?, Account::from_uri("//Trainer4")?);
	let [own, elsewhere] = ["own", "elsewhere"].map(|name| user.home.join(name));
	network.make_session_keys(&elsewhere, &owner)?;
	let file = user.home.join("keys.json");
	std::fs::write(&file, network.make_session_keys(&own, &owner)?)?;
	let [file, own, elsewhere] = [file, own, elsewhere].map(|path| path.display().to_string());
	let set = async |account: &Account, data: &str, more: &[&str]| {
		let set = ["--node", &node, "validator", "keys", "--set", &file, "--data", data];
		user.with("DESCENT_SURI", account.uri()).descent(&[&set[..], more].concat()).await
	};

	let stolen = set(&other, &own, &[]).await?;
	ensure!(stolen.status == 1 && stolen.errors.contains("made for"), "{}", stolen.errors);
	let lost = set(&owner, &elsewhere, &[]).await?;
	ensure!(lost.status == 1 && lost.errors.contains("does not have these keys"), "{}", lost.errors);
	let planned = set(&owner, &own, &["--dry-run"]).await?;
	ensure!(planned.status == 0 && planned.json["accepted"] == true, "{} {}", planned.json, planned.errors);
	let shown = ["--node", &node, "validator", "keys"];
	let none = user.with("DESCENT_SURI", owner.uri()).descent(&shown).await?;
	ensure!(none.status == 1 && none.errors.contains("no session keys"), "{} {}", none.json, none.errors);
	let done = set(&owner, &own, &[]).await?;
	ensure!(done.status == 0 && done.json["in_node"] == true, "{} {}", done.json, done.errors);
	Ok(())
}

/// The account of `//Alice`, whose key the wallet has exported.
const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

/// Text of a field of a JSON object.
fn text<'a>(json: &'a Value, field: &str) -> Result<&'a str> {
	json[field].as_str().with_context(|| format!("no {field} in {json}"))
}

/// The cold account signs once, to name its proxy; from then on its key is not needed.
pub(crate) async fn a_proxy_bonds_for_a_cold_account_and_does_nothing_else(
	network: &Network,
	user: &User,
) -> Result<()> {
	let node = network.nodes[0].rpc.ws();
	let (cold, hot) = (Account::from_uri("//Ferdie")?, Account::from_uri("//Eve")?);
	let (cold_id, hot_id) = (cold.id().to_string(), hot.id().to_string());
	let (owner, operator) = (user.with("DESCENT_SURI", cold.uri()), user.with("DESCENT_SURI", hot.uri()));
	let bond = ["--node", &node, "validator", "bond", "5000", "--proxy-for", &cold_id];

	let early = operator.descent(&bond).await?;
	ensure!(early.status == 4 && early.errors.contains("Proxy::NotProxy"), "{}", early.errors);

	let add = ["--node", &node, "proxy", "add", &hot_id, "--kind", "validation"];
	let planned = owner.descent(&[&add[..], &["--dry-run"]].concat()).await?;
	ensure!(planned.status == 0 && planned.json["accepted"] == true, "{} {}", planned.json, planned.errors);
	let deposit = text(&planned.json, "takes")?.to_owned();
	let listed = owner.descent(&["--node", &node, "proxy", "list"]).await?.json;
	ensure!(listed["proxies"] == serde_json::json!([]), "a dry run has added {listed}");
	let added = owner.descent(&add).await?;
	ensure!(added.status == 0, "{}", added.errors);
	let listed = user.descent(&["--node", &node, "proxy", "list", &cold_id]).await?.json;
	let expected = serde_json::json!([{ "account": hot_id, "kind": "validation", "delay": 0 }]);
	ensure!(listed["proxies"] == expected && text(&listed, "deposit")? == deposit, "{listed}, not {deposit}");

	let bonded = operator.descent(&bond).await?;
	ensure!(bonded.status == 0, "{}", bonded.errors);
	let status = user.descent(&["--node", &node, "validator", "status", &cold_id]).await?.json;
	ensure!(status["account"] == cold_id.as_str() && status["bond"] != 0, "{status}");
	let own = user.descent(&["--node", &node, "validator", "status", &hot_id]).await?;
	ensure!(own.status == 1, "the proxy itself has bonded: {}", own.json);

	let to = ["--node", &node, "transfer", &hot_id, "1", "--proxy-for", &cold_id];
	let planned = operator.descent(&[&to[..], &["--dry-run"]].concat()).await?;
	ensure!(
		planned.status == 0 && planned.json["accepted"].is_null(),
		"it is told to be good: {}",
		planned.json
	);
	let theft = operator.descent(&to).await?;
	ensure!(theft.status == 4 && theft.errors.contains("CallFiltered"), "{}", theft.errors);
	ensure!(theft.errors.contains("descent proxy list"), "no hint in {}", theft.errors);

	let removed = owner.descent(&["--node", &node, "proxy", "remove", &hot_id]).await?;
	ensure!(
		removed.status == 0 && removed.json["removed"] == expected,
		"{} {}",
		removed.json,
		removed.errors
	);
	let late = operator.descent(&bond).await?;
	ensure!(late.status == 4 && late.errors.contains("Proxy::NotProxy"), "{}", late.errors);
	Ok(())
}

pub(crate) async fn a_dry_run_tells_the_costs_and_sends_nothing(
	network: &Network,
	user: &User,
) -> Result<()> {
	let node = network.nodes[0].rpc.ws();
	let account = Account::from_uri("//Dave")?;
	let user = user.with("DESCENT_SURI", account.uri());
	let before = user.descent(&["--node", &node, "balance"]).await?.json;
	let send = ["--node", &node, "transfer", ALICE, "7"];
	let planned = user.descent(&[&send[..], &["--dry-run"]].concat()).await?;
	ensure!(planned.status == 0 && planned.json["accepted"] == true, "{}", planned.errors);
	ensure!(text(&planned.json, "takes")? == "7000000000000", "{}", planned.json);
	let fee: u128 = text(&planned.json, "fee")?.parse()?;
	let after = user.descent(&["--node", &node, "balance"]).await?.json;
	ensure!(after == before, "a dry run has changed {before} to {after}");

	let sent = user.descent(&send).await?;
	ensure!(sent.status == 0, "{}", sent.errors);
	let free = |json: &Value| json["free"].as_str().and_then(|free| free.parse::<u128>().ok());
	let after = user.descent(&["--node", &node, "balance"]).await?.json;
	let paid = free(&before).zip(free(&after)).map(|(before, after)| before - after);
	ensure!(paid == Some(7_000_000_000_000 + fee), "{paid:?} were paid, and a fee of {fee} was told");

	let refused = user.descent(&["--node", &node, "stake", "add", "99", "5", "--dry-run"]).await?;
	ensure!(refused.status == 4 && refused.json["accepted"] == false, "{}", refused.json);
	ensure!(text(&refused.json, "code")? == "Groups::UnknownGroup", "{}", refused.json);
	ensure!(refused.errors.contains("descent group list"), "no hint in {}", refused.errors);
	Ok(())
}

/// The imported key is the user's default one, for the network that the configuration names.
pub(crate) async fn a_key_of_a_wallet_signs_with_its_password(network: &Network, user: &User) -> Result<()> {
	let node = &network.nodes[0].rpc;
	let exported = repository("worker/client/fixtures/alice.json").display().to_string();
	let locked = user.descent(&["key", "import", &exported]).await?;
	ensure!(locked.status == 1 && locked.errors.contains("DESCENT_KEY_PASSWORD"), "{}", locked.errors);
	let wrong =
		user.with("DESCENT_KEY_PASSWORD", "wrong horse").descent(&["key", "import", &exported]).await?;
	ensure!(wrong.status == 1 && wrong.errors.contains("the password is wrong"), "{}", wrong.errors);
	ensure!(!user.configuration("key").exists(), "a key was imported that nothing opens");

	let user = user.with("DESCENT_KEY_PASSWORD", "correct horse");
	let imported = user.descent(&["key", "import", &exported]).await?;
	ensure!(text(&imported.json, "account")? == ALICE, "{} {}", imported.json, imported.errors);
	ensure!(std::fs::read_to_string(user.configuration("key"))?.contains("xsalsa20"), "it is not encrypted");

	let genesis = node.block_hash(0).await?.context("there is no genesis")?;
	let text =
		format!("network = 'mine'\n[networks.mine]\nnodes = ['{}']\ngenesis = '{genesis:?}'\n", node.ws());
	write_secret(&user.configuration("config.toml"), &text)?;
	let to = Account::from_uri("//Dave")?.id().to_string();
	let sent = user.descent(&["transfer", &to, "1"]).await?;
	ensure!(sent.status == 0 && sent.json["from"] == ALICE, "{} {}", sent.json, sent.errors);
	std::fs::remove_file(user.configuration("config.toml"))?;
	Ok(std::fs::remove_file(user.configuration("key"))?)
}
