//! Runs the program `descent` against a network.

use crate::{binaries::Binary, wait_until, Account, GroupSetup, Network};
use anyhow::{ensure, Context, Result};
use descent_protocol::view::GroupView;
use serde_json::Value;
use std::{path::Path, process::Stdio, time::Duration};

impl Network {
	/// Runs the program `descent` against the first node, signing as `account`, and returns its `--json`
	/// output.
	///
	/// # Errors
	/// Fails if the program fails, with its error output.
	pub async fn descent(&self, account: &Account, arguments: &[&str]) -> Result<Value> {
		self.descent_at(0, account, arguments).await
	}

	/// Runs the program `descent` as [`Self::descent`] does, against one of the nodes.
	///
	/// # Errors
	/// Fails if the program fails, with its error output.
	pub async fn descent_at(&self, node: usize, account: &Account, arguments: &[&str]) -> Result<Value> {
		let node = self.nodes.get(node).context("there is no such node")?.rpc.ws();
		let output = tokio::process::Command::new(Binary::Cli.path()?)
			.args(["--node", &node, "--json"])
			.args(arguments)
			.env("DESCENT_SURI", account.uri())
			.stdin(Stdio::null())
			.kill_on_drop(true)
			.output();
		let output =
			tokio::time::timeout(Duration::from_secs(120), output).await.context("descent did not end")??;
		let error = String::from_utf8_lossy(&output.stderr);
		ensure!(output.status.success(), "descent {} failed: {error}", arguments.join(" "));
		serde_json::from_slice(&output.stdout)
			.with_context(|| format!("not JSON: {}", String::from_utf8_lossy(&output.stdout)))
	}

	/// Creates a group of `//Ferdie` with the program `descent`, whose model and data the gateway serves.
	///
	/// # Errors
	/// Fails if the chain refuses the group, or the gateway does not start.
	pub async fn create_group(&mut self, setup: &GroupSetup) -> Result<GroupView> {
		self.create_group_of(&Account::from_uri("//Ferdie")?, setup).await
	}

	/// Creates a group as [`Self::create_group`] does, for another owner.
	///
	/// # Errors
	/// Those of [`Self::create_group`].
	pub async fn create_group_of(&mut self, owner: &Account, setup: &GroupSetup) -> Result<GroupView> {
		self.provider().await?;
		self.create_group_with(owner, setup, &[]).await
	}

	/// Creates a group as [`Self::create_group_of`] does, with more options of `descent group create`. The
	/// gateway was started before. With `--hidden-series` the setup's validation set is the public one, for
	/// rounds without a hidden test set. Groups that are created at the same time have different owners.
	///
	/// # Errors
	/// Those of [`Self::create_group`]. Fails as well if the gateway was not started.
	pub async fn create_group_with(
		&self,
		owner: &Account,
		setup: &GroupSetup,
		options: &[(&str, &str)],
	) -> Result<GroupView> {
		let (store, provider) = (self.store(), self.started_provider()?);
		let numbers = [
			("--records", setup.records.to_string()),
			("--minimum-improvement", setup.minimum_improvement.to_string()),
			("--round-length", setup.lengths.round.to_string()),
			("--reveal", setup.lengths.reveal.to_string()),
			("--attest", setup.lengths.attest.to_string()),
			("--open", setup.lengths.open.to_string()),
			("--deposit", setup.deposit.to_string()),
			("--stake", setup.stake.to_string()),
			("--voting-period", setup.voting_period.to_string()),
			("--committee-seats", setup.seats.map_or("default".into(), |seats| seats.to_string())),
		];
		let is_hidden = options.iter().any(|(option, _)| *option == "--hidden-series");
		let text = |path: &'_ Path| path.to_str().map(str::to_owned).context("a path is not UTF-8");
		let files = [
			("--model", text(&setup.model)?),
			("--dataset", text(&setup.dataset)?),
			(if is_hidden { "--otherwise" } else { "--validation" }, text(&setup.validation)?),
			("--store", text(&store)?),
		];
		let mut arguments =
			vec!["group", "create", "--name", &setup.name, "--provider", &provider, "--metric", "loss"];
		arguments.extend(files.iter().chain(&numbers).flat_map(|(option, value)| [*option, value.as_str()]));
		arguments.extend(options.iter().flat_map(|(option, value)| [*option, *value]));
		let known = self.groups_of(owner).await?.len();
		self.descent(owner, &arguments).await?;
		wait_until("the group is on the chain", Duration::from_secs(60), async || {
			Ok(self.groups_of(owner).await?.into_iter().nth(known))
		})
		.await
	}

	async fn groups_of(&self, owner: &Account) -> Result<Vec<GroupView>> {
		let mut groups = self.groups().await?;
		groups.retain(|group| group.owner == owner.id());
		Ok(groups)
	}

	/// Returns all groups.
	///
	/// # Errors
	/// Fails if the first node does not answer.
	pub async fn groups(&self) -> Result<Vec<GroupView>> {
		let node = self.nodes.first().context("there is no node")?;
		Ok(node.rpc.call("training_groups", serde_json::json!([0, 100])).await?)
	}
}
