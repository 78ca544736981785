//! Memory does not grow with the delta: each is checked and applied by a process of its own.

mod large;

use descent_dataset::Dtype;
use large::{Job, Large, Taken, Task};
use sp_core::H256;
use std::path::Path;
use std::process::Command;

/// Environment variable with the task of a measuring process.
const TASK: &str = "DESCENT_MEMORY_TASK";
/// Prefix of the measurement in the process's output.
const TAKEN: &str = "taken: ";

#[test]
fn measuring_process() {
	if let Ok(task) = std::env::var(TASK) {
		let taken = serde_json::from_str::<Task>(&task).unwrap().run().unwrap();
		println!("\n{TAKEN}{}", serde_json::to_string(&taken).unwrap());
	}
}

fn measure(task: &Task) -> Taken {
	let output = Command::new(std::env::current_exe().unwrap())
		.args(["--exact", "measuring_process", "--nocapture"])
		.env(TASK, serde_json::to_string(task).unwrap())
		.output()
		.unwrap();
	let text = String::from_utf8_lossy(&output.stdout);
	let taken = text.lines().find_map(|line| line.strip_prefix(TAKEN));
	let taken = taken.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)));
	serde_json::from_str(taken).unwrap()
}

/// Checks and applies a delta on `base` in at most `limit` MiB. Returns the root of the resulting version.
fn bounded(large: Large, limit: f64, base: H256, folder: &Path) -> H256 {
	let delta = folder.join("delta.parquet");
	large.write(&delta).unwrap();
	let mut task = Task { large, store: folder.into(), base, delta, job: Job::Check };
	let checked = measure(&task);
	task.job = Job::Apply;
	let applied = measure(&task);
	let peaks = (checked.peak, applied.peak);
	assert!(peaks.0 < limit && peaks.1 < limit, "{peaks:?} MiB for {:?}", task.large);
	applied.root
}

/// Their ids alone take 45 MB, and 90 in a hash map.
#[test]
fn many_records() {
	let limit = 64.0;
	let folder = tempfile::tempdir().unwrap();
	let additions = Large { values: 4, dtype: Dtype::F32, target: 0, from: 0, add: 1_400_000, remove: 0 };
	let base = bounded(additions.clone(), limit, H256::zero(), folder.path());
	let removals = Large { from: 1_400_000, add: 700_000, remove: 700_000, ..additions };
	bounded(removals, limit, base, folder.path());
}

/// A record has 4 MiB, the delta 200.
#[test]
fn long_records() {
	let folder = tempfile::tempdir().unwrap();
	let long = Large { values: 4 << 20, dtype: Dtype::U8, target: 0, from: 0, add: 50, remove: 0 };
	bounded(long, 160.0, H256::zero(), folder.path());
}

/// A record has 16 MiB, the most that the format allows. Processes that only read the version take no lock,
/// and memory for what they read: two records, one more on the way, and the one that they are compared with.
#[test]
fn longest_records() {
	let folder = tempfile::tempdir().unwrap();
	let longest = Large { values: (16 << 20) - 1, dtype: Dtype::U8, target: 0, from: 0, add: 4, remove: 0 };
	let base = bounded(longest.clone(), 352.0, H256::zero(), folder.path());
	let (store, delta) = (folder.path().to_path_buf(), folder.path().join("delta.parquet"));
	let peak = measure(&Task { large: longest, store, base, delta, job: Job::Gather }).peak;
	assert!(peak < 112.0, "{peak} MiB for four records of 16");
}
