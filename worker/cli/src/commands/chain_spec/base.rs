//! The base specification that is filled in.

use anyhow::{ensure, Context, Result};
use serde_json::Value;
use std::{
	env,
	path::{Path, PathBuf},
	process::Command,
};

/// Name of the program of the node.
const NODE: &str = "descent-node";
/// The preset without balances and validators.
const PRESET: &str = "live";

/// A specification from a file.
///
/// # Errors
/// Where it can't be read or is no JSON.
pub(super) fn read(file: &Path) -> Result<Value> {
	let shown = file.display();
	let text = std::fs::read(file).with_context(|| format!("reading {shown}"))?;
	serde_json::from_slice(&text).with_context(|| format!("{shown} is no chain specification"))
}

/// The specification that the node beside this program, or else on the search path, prints.
///
/// # Errors
/// Where there is no node, or it fails.
pub(super) fn export() -> Result<Value> {
	let node = node();
	let shown = node.display();
	let mut command = Command::new(&node);
	command.args(["export-chain-spec", "--chain", PRESET]);
	let exported = command.output().with_context(|| {
		format!(
			"running {shown} to begin with its chain `{PRESET}`; install it beside descent, or give --base a \
			 file that it made"
		)
	})?;
	let said = String::from_utf8_lossy(&exported.stderr);
	ensure!(exported.status.success(), "{shown} export-chain-spec --chain {PRESET} failed: {}", said.trim());
	serde_json::from_slice(&exported.stdout)
		.with_context(|| format!("what {shown} export-chain-spec printed is no chain specification"))
}

/// The node beside this program, where there is one.
fn node() -> PathBuf {
	let name = format!("{NODE}{}", env::consts::EXE_SUFFIX);
	let beside = env::current_exe().ok().map(|own| own.with_file_name(&name));
	beside.filter(|node| node.is_file()).unwrap_or_else(|| name.into())
}
