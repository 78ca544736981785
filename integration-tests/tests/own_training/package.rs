//! The Python package in `python/`: a loop wins a round, and the head is taken home.

use crate::ROUND;
use anyhow::{ensure, Context, Result};
use descent_integration_tests::{python, repository, Binary, Rpc};
use descent_protocol::GroupId;
use std::{path::Path, process::Stdio};
use tokio::process::Command;

/// Runs `python/tests/network_test.py` with a loop, for a group of points in the plane.
pub(super) async fn wins(
	directory: &Path,
	rpc: &Rpc,
	group: GroupId,
	training: &str,
	uri: &str,
) -> Result<()> {
	let folder = directory.join(format!("package-{training}"));
	let programs = Binary::Cli.path()?;
	let run = Command::new("nice")
		.args(["-n", "10"])
		.arg(python()?)
		.arg(repository("python/tests/network_test.py"))
		.args([&rpc.ws(), &group.to_string()])
		.arg(&folder)
		.arg(training)
		.env("DESCENT_BIN", programs.parent().context("the programs have no folder")?)
		.env("DESCENT_SURI", uri)
		.env("PYTHONDONTWRITEBYTECODE", "1")
		.stdin(Stdio::null())
		.kill_on_drop(true)
		.output();
	let output = tokio::time::timeout(ROUND, run).await.context("network_test.py did not end")?;
	let output = output.context("Python cannot be run: run scripts/setup, which installs it")?;
	ensure!(
		output.status.success(),
		"network_test.py {training} failed:\n{}\n{}",
		String::from_utf8_lossy(&output.stdout),
		String::from_utf8_lossy(&output.stderr)
	);
	Ok(())
}
