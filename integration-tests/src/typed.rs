//! Pages of the book whose commands are typed as they are written.

use crate::{mnist, python, repository, Binary};
use anyhow::{ensure, Context, Result};
use std::{env, path::PathBuf, process::Stdio, time::Duration};
use tokio::process::Command;

/// Runs a script of this crate that types commands, in an empty folder, with the programs in its `PATH`.
///
/// # Errors
/// Fails if a command fails, or not all of them end within `limit`.
pub async fn type_commands(script: &str, limit: Duration) -> Result<()> {
	let folder = tempfile::Builder::new().prefix("descent-").tempdir()?;
	let python = python()?;
	let cache = variable("DESCENT_CACHE")?;
	// The commands have no network, so that what they fetch has to be here.
	mnist::Images::fetch()?;
	let programs = Binary::Cli.path()?;
	let before = [programs.parent(), python.parent()].into_iter().flatten().map(PathBuf::from);
	let path = env::join_paths(before.chain(env::split_paths(&env::var_os("PATH").unwrap_or_default())))?;
	// As those of the other networks do, its trainers give way.
	let run = Command::new("nice")
		.args(["-n", "5"])
		.arg(&python)
		.arg(repository("integration-tests").join(script))
		.arg(folder.path())
		.env("PATH", path)
		.env("DESCENT_CACHE", &cache)
		.env("LIBTORCH", variable("LIBTORCH")?)
		.env("PYTHONDONTWRITEBYTECODE", "1")
		.stdin(Stdio::null())
		.kill_on_drop(true)
		.output();
	let output = tokio::time::timeout(limit, run).await.context("the commands did not end")??;
	let (printed, failed) =
		(String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
	println!("{printed}");
	ensure!(output.status.success(), "{printed}\n{failed}");
	Ok(())
}

fn variable(name: &str) -> Result<PathBuf> {
	let value = env::var_os(name).with_context(|| format!("{name} is not set: run . scripts/env"))?;
	Ok(value.into())
}
