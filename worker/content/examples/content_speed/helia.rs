//! Helia on the same file, where its packages are in the cache of the tests.

use crate::{gateways::Served, Outcome};
use std::{
	env,
	io::{BufRead, BufReader},
	path::{Path, PathBuf},
	process::{Command, Stdio},
};

/// A node of Helia that serves the file.
pub(crate) struct Helia {
	folder: PathBuf,
	pub(crate) served: Served,
}

impl Helia {
	/// Starts it; `None` where the packages are not installed.
	pub(crate) fn start(file: &Path) -> Outcome<Option<Self>> {
		let folder = PathBuf::from(env::var_os("DESCENT_CACHE").unwrap_or_default()).join("helia");
		if !folder.join("node_modules").is_dir() {
			eprintln!("Helia is left out: scripts/test -E 'binary(ipfs)' installs its packages");
			return Ok(None);
		}
		let mut command = Command::new("node");
		command.arg("serve.mjs").arg(file).current_dir(&folder).stdout(Stdio::piped());
		let mut child = command.spawn()?;
		let out = child.stdout.take().ok_or("it has no output")?;
		let mut served = Served::new(String::new(), child);
		let mut line = String::new();
		BufReader::new(out).read_line(&mut line)?;
		let printed: serde_json::Value = serde_json::from_str(&line)?;
		served.url = printed["address"].as_str().ok_or("it printed no address")?.to_owned();
		Ok(Some(Self { folder, served }))
	}

	/// Returns the command by which another node of Helia fetches content from a gateway.
	pub(crate) fn fetch(&self, cid: &str, gateway: &Served, out: &Path) -> Command {
		let mut command = Command::new("node");
		command.arg("fetch.mjs").arg(cid).arg(out).arg(&gateway.url).current_dir(&self.folder);
		command
	}
}
