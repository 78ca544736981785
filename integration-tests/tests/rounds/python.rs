//! The Python package in `python/` on a network: a loop in numpy wins a round, and the head is taken home.

use anyhow::{ensure, Context, Result};
use descent_integration_tests::{python, repository, Binary, Network};
use descent_protocol::GroupId;
use std::{process::Stdio, time::Duration};
use tokio::process::Command;

/// Account that competes.
const ACCOUNT: &str = "//Ferdie";
/// Time in which it has to win: ten rounds.
const LIMIT: Duration = Duration::from_secs(420);

/// Runs `python/tests/network_test.py` against the first node, for a group of points in the plane.
pub(super) async fn a_loop_in_numpy_wins(network: &Network, group: GroupId) -> Result<()> {
	let folder = network.directory().join("python");
	let node = network.nodes.first().context("there is no node")?.rpc.ws();
	let programs = Binary::Cli.path()?;
	let run = Command::new(python()?)
		.arg(repository("python/tests/network_test.py"))
		.args([&node, &group.to_string()])
		.arg(&folder)
		.env("DESCENT_BIN", programs.parent().context("the programs have no folder")?)
		.env("DESCENT_SURI", ACCOUNT)
		// Versions of the data set are kept in the user's cache.
		.env("XDG_CACHE_HOME", folder.join("cache"))
		.env("PYTHONDONTWRITEBYTECODE", "1")
		.stdin(Stdio::null())
		.kill_on_drop(true)
		.output();
	let output = tokio::time::timeout(LIMIT, run).await.context("network_test.py did not end")?;
	let output = output.context("Python cannot be run: run scripts/setup, which installs it")?;
	ensure!(
		output.status.success(),
		"network_test.py failed; scripts/setup installs the packages that it needs:\n{}\n{}",
		String::from_utf8_lossy(&output.stdout),
		String::from_utf8_lossy(&output.stderr)
	);
	Ok(())
}
