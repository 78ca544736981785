//! The doctor's look at this machine: configuration, key, the worker's libraries, disk.

use super::finding::Finding;
use crate::{args, args::Global, keystore};
use descent_client::{is_exposed, AccountId, KeyError};
use descent_console::config::{self, Config};
use std::{
	env,
	path::{Path, PathBuf},
	process::Stdio,
	time::Duration,
};
use tokio::process::Command;

/// Longest time in which the worker says its version: it loads libtorch first.
const WORKER_LIMIT: Duration = Duration::from_secs(60);

/// Looks at the configuration, and at the nodes that it comes to.
pub(super) fn configuration(global: &Global) -> Finding {
	const CHECK: &str = "configuration";
	let path = Config::path().map_or_else(|| "no file".into(), |path| path.display().to_string());
	let remedy = "`descent --help` shows how the file is written";
	if let Err(error) = Config::load() {
		return Finding::fault(CHECK, one_line(&format!("{error:#}")), remedy);
	}
	match global.nodes() {
		Err(error) => Finding::fault(CHECK, one_line(&format!("{error:#}")), remedy),
		Ok(nodes) => Finding::good(CHECK, format!("{path}; nodes: {}", nodes.urls.join(", "))),
	}
}

fn one_line(text: &str) -> String {
	text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Looks at the key, and returns its account.
pub(super) fn key(file: Option<&Path>) -> (Finding, Option<AccountId>) {
	const CHECK: &str = "key";
	let make = "make one with `descent key generate`, or name yours with --key-file or in config.toml";
	let (file, key) = match config::key_file(file) {
		Err(error) => return (Finding::fault(CHECK, one_line(&format!("{error:#}")), make), None),
		Ok(file) => {
			let key = args::key(file.as_deref());
			(file, key)
		}
	};
	let key = match key {
		Ok(key) => key,
		Err(error) if matches!(error.downcast_ref::<KeyError>(), Some(KeyError::Absent)) => {
			return (Finding::warning(CHECK, one_line(&format!("{error:#}")), make), None)
		}
		Err(error) => return (Finding::fault(CHECK, one_line(&format!("{error:#}")), make), None),
	};
	let account = key.account();
	let source = file.as_ref().map_or_else(|| "DESCENT_SURI".into(), |file| file.display().to_string());
	let finding = match file.as_deref().is_some_and(is_exposed) {
		true => Finding::fault(
			CHECK,
			format!("others can read {source}, the key of {account}"),
			format!("chmod 600 {source}; if others use this machine, move to another key"),
		),
		false => Finding::good(CHECK, format!("{account}, from {source}")),
	};
	(finding, Some(account))
}

/// Looks at the program that trains and measures: does it load libtorch, and which.
pub(super) async fn worker(given: Option<&Path>) -> Finding {
	const CHECK: &str = "libtorch";
	let Some(program) = given.map(Path::to_path_buf).or_else(beside) else {
		return Finding::warning(
			CHECK,
			"descent-worker is not beside this program",
			"name it with --worker; only who trains, validates or keeps needs it",
		);
	};
	let name = program.display().to_string();
	let remedy = "build it again after `. scripts/env`, or take program and libraries from one release";
	let version = Command::new(&program).arg("--version").stdin(Stdio::null()).kill_on_drop(true).output();
	let output = match tokio::time::timeout(WORKER_LIMIT, version).await {
		Ok(Ok(output)) => output,
		Ok(Err(error)) => return Finding::fault(CHECK, format!("{name} does not start: {error}"), remedy),
		Err(_) => return Finding::fault(CHECK, format!("{name} does not say its version"), remedy),
	};
	let text = |bytes: &[u8]| one_line(&String::from_utf8_lossy(bytes));
	match output.status.success() {
		true => Finding::good(CHECK, text(&output.stdout)),
		false => Finding::fault(
			CHECK,
			format!("{name} fails ({}): {}", output.status, text(&output.stderr)),
			remedy,
		),
	}
}

/// The worker beside this program, if it is there.
fn beside() -> Option<PathBuf> {
	let program = env::current_exe().ok()?.with_file_name("descent-worker");
	program.exists().then_some(program)
}

/// The folder of the programs' data that the book names, if it is there; or else the working directory.
pub(super) fn default_folders() -> Vec<PathBuf> {
	vec![keystore::default_folder().unwrap_or_else(|| ".".into())]
}

/// Looks at the free space of a folder.
pub(super) fn disk(folder: &Path, least: u64) -> Finding {
	const CHECK: &str = "disk";
	let name = folder.display();
	match rustix::fs::statvfs(folder) {
		Err(error) => Finding::fault(CHECK, format!("{name}: {error}"), "name a directory that is there"),
		Ok(state) => {
			let free = state.f_bavail.saturating_mul(state.f_frsize);
			let found = format!("{} are free at {name}", gib(free));
			match free < least {
				true => Finding::fault(
					CHECK,
					format!("{found}, less than {}", gib(least)),
					"make room: `descent content prune`, a smaller --max-content, or another disk",
				),
				false => Finding::good(CHECK, found),
			}
		}
	}
}

fn gib(bytes: u64) -> String {
	let tenths = bytes / ((1 << 30) / 10);
	format!("{}.{} GiB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
	use super::{super::finding::State, *};

	#[test]
	fn space_is_told_in_gibibytes() {
		assert_eq!(
			(gib(0), gib(3 << 29), gib(20 << 30)),
			("0.0 GiB".into(), "1.5 GiB".into(), "20.0 GiB".into())
		);
		let folder = tempfile::tempdir().unwrap();
		assert_eq!(disk(folder.path(), 0).state, State::Good);
		let full = disk(folder.path(), u64::MAX);
		assert!(full.state == State::Fault && full.found.contains("less than"), "{full:?}");
		assert_eq!(disk(&folder.path().join("absent"), 0).state, State::Fault);
	}

	#[test]
	fn a_key_that_others_can_read_is_a_fault() {
		use std::os::unix::fs::PermissionsExt;
		let folder = tempfile::tempdir().unwrap();
		let file = folder.path().join("key");
		std::fs::write(&file, "//Alice").unwrap();
		let mode = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
		mode(0o600);
		assert_eq!(key(Some(&file)).0.state, State::Good);
		mode(0o644);
		let (finding, account) = key(Some(&file));
		assert!(finding.state == State::Fault && finding.remedy.unwrap().starts_with("chmod 600"));
		assert!(account.is_some());
		std::fs::write(&file, "hunter2").unwrap();
		let (finding, account) = key(Some(&file));
		assert!(finding.state == State::Fault && !finding.found.contains("hunter2") && account.is_none());
	}

	#[tokio::test]
	async fn a_worker_that_does_not_start_is_a_fault() {
		use std::os::unix::fs::PermissionsExt;
		let folder = tempfile::tempdir().unwrap();
		let program = folder.path().join("descent-worker");
		assert_eq!(worker(Some(&program)).await.state, State::Fault);
		let broken = "#!/bin/sh\necho libtorch_cpu.so: cannot open shared object file >&2\nexit 127\n";
		std::fs::write(&program, broken).unwrap();
		std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
		let finding = worker(Some(&program)).await;
		assert!(finding.state == State::Fault && finding.found.contains("libtorch_cpu.so"), "{finding:?}");
	}
}
