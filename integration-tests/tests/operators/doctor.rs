//! Faults that are planted one by one, and found by `descent doctor`.

use crate::{write_secret, User};
use anyhow::{ensure, Context, Result};
use descent_integration_tests::{free_port, wait_until, Account, Network};
use serde_json::Value;
use std::{os::unix::fs::PermissionsExt, path::Path, time::Duration};

/// Library that makes a program's clock wrong, from the package faketime.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
/// Blocks without finality that the doctor calls a fault.
const TOO_MANY: u32 = 13;

/// A run of the doctor in which everything is as it should be, but for what its changes break.
struct Visit<'a> {
	user: &'a User,
	arguments: Vec<String>,
}

impl<'a> Visit<'a> {
	/// The visit with an argument and its value, or with another value where it has one.
	fn with(&self, name: &str, value: &str) -> Self {
		let mut arguments = self.arguments.clone();
		match arguments.iter().position(|argument| argument == name) {
			Some(place) => arguments[place + 1] = value.into(),
			None => arguments.extend([name.into(), value.into()]),
		}
		Self { user: self.user, arguments }
	}

	fn without(&self, name: &str) -> Self {
		let mut arguments = self.arguments.clone();
		if let Some(place) = arguments.iter().position(|argument| argument == name) {
			arguments.drain(place..place + 2);
		}
		Self { user: self.user, arguments }
	}

	/// The findings, and the names of those that are faults.
	async fn faults(&self) -> Result<(Vec<String>, Value)> {
		let arguments: Vec<&str> =
			["doctor"].into_iter().chain(self.arguments.iter().map(String::as_str)).collect();
		let printed = self.user.descent(&arguments).await?;
		let findings = printed.json["findings"].as_array().with_context(|| printed.errors.clone())?;
		let faults = findings.iter().filter(|finding| finding["state"] == "fault");
		let faults: Vec<_> =
			faults.filter_map(|finding| finding["check"].as_str()).map(String::from).collect();
		let status = i32::from(!faults.is_empty());
		ensure!(printed.status == status, "status {} with {}", printed.status, printed.json);
		Ok((faults, printed.json))
	}

	/// Fails unless this is the one fault that is found, with a remedy.
	async fn finds(&self, check: &str, part: &str) -> Result<()> {
		let (faults, json) = self.faults().await?;
		ensure!(faults == [check], "{faults:?} in place of {check}: {json}");
		let findings = json["findings"].as_array().context("no findings")?;
		let finding =
			findings.iter().find(|finding| finding["check"] == check && finding["state"] == "fault");
		let finding = finding.context("it was there")?;
		let has = |field: &str| finding[field].as_str().unwrap_or_default();
		ensure!(has("found").contains(part) && !has("remedy").is_empty(), "no '{part}' in {finding}");
		Ok(())
	}
}

pub(crate) async fn faults_are_found_with_their_remedies(network: &mut Network, user: &User) -> Result<()> {
	let nodes = [network.nodes[0].rpc.ws(), network.nodes[1].rpc.ws()];
	let key = user.home.join("alice.key");
	write_secret(&key, "//Alice")?;
	// The well-known names bring their keys with them, in no file.
	network.insert_session_keys(&user.home.join("node"), "//Alice")?;
	let evaluator = network.nodes[0].evaluators.last().context("a validator has an evaluator")?.clone();
	let healthy = Visit { user, arguments: Vec::new() }
		.with("--node", &nodes[0])
		.with("--key-file", &key.display().to_string())
		.with("--evaluator-url", &evaluator)
		.with("--data", &user.home.display().to_string())
		.with("--room", "1M");
	wait_until("nothing is wrong", Duration::from_secs(60), async || {
		let (faults, json) = healthy.faults().await?;
		ensure!(faults.is_empty(), "{json}");
		Ok(Some(()))
	})
	.await?;

	of_this_machine(&healthy, &key).await?;
	of_the_chain(&healthy, &nodes).await?;
	let stranger = user.home.join("stranger");
	network.make_session_keys(&stranger, &Account::from_uri("//Alice")?)?;
	healthy.with("--data", &stranger.display().to_string()).finds("session-keys", "does not have").await?;
	of_the_account(&healthy).await?;
	let nobody = format!("http://127.0.0.1:{}", free_port()?);
	healthy.with("--evaluator-url", &nobody).finds("evaluator", "does not answer").await?;
	healthy.with("--public-url", &nobody).finds("address", "private").await?;
	let closed = format!("http://localhost:{}", free_port()?);
	healthy.with("--public-url", &closed).finds("address", "private").await?;
	of_the_network(&healthy, network).await
}

async fn of_this_machine(healthy: &Visit<'_>, key: &Path) -> Result<()> {
	let configuration = healthy.user.configuration("config.toml");
	std::fs::write(&configuration, "nodse = []")?;
	healthy.finds("configuration", "unknown field `nodse`").await?;
	std::fs::remove_file(&configuration)?;

	std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o644))?;
	healthy.finds("key", "others can read").await?;
	std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o600))?;

	let worker = healthy.user.home.join("descent-worker");
	std::fs::write(
		&worker,
		"#!/bin/sh\necho 'libtorch_cpu.so: cannot open shared object file' >&2\nexit 127\n",
	)?;
	std::fs::set_permissions(&worker, std::fs::Permissions::from_mode(0o755))?;
	healthy.with("--worker", &worker.display().to_string()).finds("libtorch", "libtorch_cpu.so").await?;
	healthy.with("--room", "999999G").finds("disk", "less than").await?;

	if !Path::new(FAKETIME).exists() {
		eprintln!("no clock is made wrong: there is no {FAKETIME}; scripts/setup installs it");
		return Ok(());
	}
	for (shift, found) in [("+60s", "ahead of"), ("-60s", "behind")] {
		let user = healthy.user.with("LD_PRELOAD", FAKETIME).with("FAKETIME", shift);
		let user = user.with("FAKETIME_DONT_FAKE_MONOTONIC", "1");
		Visit { user: &user, arguments: healthy.arguments.clone() }.finds("clock", found).await?;
	}
	Ok(())
}

async fn of_the_chain(healthy: &Visit<'_>, nodes: &[String; 2]) -> Result<()> {
	let nobody = format!("ws://127.0.0.1:{}", free_port()?);
	healthy.with("--node", &nobody).finds("node", "no node answers").await?;
	let configuration = healthy.user.configuration("config.toml");
	let other = "07".repeat(32);
	std::fs::write(
		&configuration,
		format!("[networks.other]\nnodes = ['{}']\ngenesis = '0x{other}'\n", nodes[0]),
	)?;
	healthy.without("--node").with("--network", "other").finds("node", "another chain").await?;
	Ok(std::fs::remove_file(&configuration)?)
}

async fn of_the_account(healthy: &Visit<'_>) -> Result<()> {
	let poor = healthy.user.home.join("poor.key");
	write_secret(&poor, "//Nobody")?;
	healthy.with("--key-file", &poor.display().to_string()).finds("balance", "are needed").await?;
	let cold = healthy.user.home.join("cold.key");
	write_secret(&cold, "//Ferdie")?;
	healthy.with("--key-file", &cold.display().to_string()).finds("validator", "bond").await
}

/// One of two validators goes, and finality stands still; then the last peer, without which nothing is made.
async fn of_the_network(healthy: &Visit<'_>, network: &mut Network) -> Result<()> {
	network.nodes[1].process.kill();
	let rpc = network.nodes[0].rpc.clone();
	wait_until("finality stands still", Duration::from_secs(240), async || {
		let behind = rpc.best().await?.saturating_sub(rpc.finalized().await?.0);
		Ok((behind >= TOO_MANY).then_some(()))
	})
	.await?;
	let (faults, json) = healthy.faults().await?;
	ensure!(faults == ["finality"], "{faults:?}: {json}");
	network.nodes[2].process.kill();
	let (faults, json) = healthy.faults().await?;
	ensure!(faults == ["peers", "blocks"], "{faults:?}: {json}");
	Ok(())
}
