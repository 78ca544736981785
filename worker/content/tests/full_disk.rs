//! A disk that is full, in every state of a store. The disk is a file system in memory that only the test's
//! own process sees, where the system lets it have one.

mod support;

use std::{
	fs,
	path::{Path, PathBuf},
	process::Command,
};

use descent_content::{FetchError, Fetcher, Store, StoreError};
use descent_protocol::LEAF_SIZE;
use support::{quick, random_bytes, sample, Provider, LEAF};

/// Environment of the process that has the disk: where it is.
const DISK: &str = "DESCENT_TEST_DISK";

#[test]
fn a_full_disk_is_an_error_and_loses_nothing() {
	let folder = tempfile::tempdir().unwrap();
	let inside = |script: &str| {
		let mut command = Command::new("unshare");
		command.args(["--map-root-user", "--mount", "sh", "-c", script, "sh"]).arg(folder.path());
		command
	};
	let mount = "mount -t tmpfs -o size=8m none \"$1\"";
	if !inside(mount).output().is_ok_and(|output| output.status.success()) {
		eprintln!("no file system of its own is to be had: a full disk was not tried");
		return;
	}
	let mut command = inside(&format!("{mount} && exec \"$2\" --exact survives_a_full_disk --nocapture"));
	let output = command.arg(std::env::current_exe().unwrap()).env(DISK, folder.path()).output().unwrap();
	assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn is_full(error: &StoreError) -> bool {
	matches!(error, StoreError::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull)
}

fn files(folder: &Path) -> Vec<PathBuf> {
	fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// Runs on the disk, which has 8 MiB. Elsewhere it does nothing.
#[tokio::test(flavor = "multi_thread")]
async fn survives_a_full_disk() {
	let Some(disk) = std::env::var_os(DISK).map(PathBuf::from) else {
		return;
	};
	let path = disk.join("store");
	let store = Store::open(&path, 1 << 30).unwrap();
	let small = random_bytes(1, 2 * LEAF + 1);
	let kept = store.import(&small[..]).unwrap();
	let used = store.used_bytes();

	// An import leaves nothing.
	assert!(is_full(&store.import(&random_bytes(2, 10 * LEAF)[..]).unwrap_err()));
	assert_eq!((store.used_bytes(), files(&path.join("tmp")).len()), (used, 0));

	// A fetch leaves what has come, and goes on when there is room again.
	let (content, bytes, blocks) = sample(3, 10 * LEAF);
	let provider = Provider::honest(blocks.clone()).await;
	let fetcher = Fetcher::new(store.clone(), quick()).unwrap();
	let error = fetcher.fetch(&content, &[&provider.url], |_| {}).await.unwrap_err();
	assert!(
		matches!(&error, FetchError::Io(source) if source.downcast_ref().is_some_and(is_full)),
		"{error}"
	);
	assert!(store.used_bytes() > used && !store.is_complete(&content).unwrap());

	// All that is whole can still be read and removed.
	assert!(store.read(&kept, u64::MAX).unwrap() == small);
	assert!(is_full(&store.export_to(&kept, disk.join("out")).unwrap_err()) && !disk.join("out").exists());
	assert!(store.check(|_, _| {}).unwrap().damaged.is_empty());
	assert!(store.remove(&kept).unwrap() > 2 * LEAF_SIZE);
	let (half, _, blocks) = sample(4, LEAF);
	let other = Provider::honest(blocks).await;
	fetcher.fetch(&half, &[&other.url], |_| {}).await.unwrap();
	assert_eq!(store.pins(), [half]);
	drop((fetcher, store));

	// After a restart the disk is as full as before, and only what is here in part has to go.
	let store = Store::open(&path, 1 << 30).unwrap();
	assert_eq!(store.pins(), [half]);
	assert!(store.gc().unwrap() > 0);
	assert_eq!(store.used_bytes(), LEAF_SIZE);
	assert!(store.import(&bytes[..5 * LEAF]).is_ok());
}
