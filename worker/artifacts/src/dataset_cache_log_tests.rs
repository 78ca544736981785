//! Versions of a log, as the command line builds them.

use super::*;
use crate::{dataset_log::check_log, test_log::LogFolder, within};
use std::{cell::RefCell, time::Duration};

/// A log, and the versions whose deltas were asked for.
struct Fixture {
	folder: LogFolder,
	cache: DatasetCache,
	log: Vec<LogEntryView>,
	asked: RefCell<Vec<u32>>,
}

impl Fixture {
	/// A log of additions and removals.
	fn new(deltas: &[(&[u8], &[u8])]) -> Self {
		let folder = LogFolder::new();
		let log = folder.log(deltas);
		check_log(&[], &log).unwrap();
		let cache = DatasetCache::open(&folder.path("sets"), u64::MAX).unwrap();
		Self { cache, folder, log, asked: RefCell::default() }
	}

	fn build(&self, version: usize) -> Result<Arc<Set>> {
		let (schema, log) = (self.folder.schema(), &self.log[..version]);
		self.cache.verify(&schema, &sources(log))?;
		self.cache.build_log(&schema, log, within(Duration::from_secs(60)), |entry| {
			self.asked.borrow_mut().push(entry.version);
			let copy = tempfile::NamedTempFile::new()?.into_temp_path();
			fs::copy(self.folder.path(&format!("{}.parquet", entry.version)), &copy)?;
			Ok(copy)
		})
	}

	/// Returns the deltas that were needed since the last time.
	fn asked(&self) -> Vec<u32> {
		self.asked.take()
	}

	fn versions(&self) -> PathBuf {
		self.cache.folder(&self.folder.schema()).unwrap()
	}

	fn kept(&self) -> usize {
		fs::read_dir(self.versions()).unwrap().count()
	}
}

fn numbers(set: &Set) -> Vec<u8> {
	let mut record = Vec::new();
	(0..set.len())
		.map(|index| {
			set.read(index, &mut record).unwrap();
			f32::from_le_bytes([record[0], record[1], record[2], record[3]]) as u8
		})
		.collect()
}

const LOG: &[(&[u8], &[u8])] = &[(&[1, 2, 3], &[]), (&[4], &[1]), (&[1], &[2, 3]), (&[9], &[])];

#[test]
fn every_version_is_built_from_what_is_there() {
	let fixture = Fixture::new(LOG);
	assert_eq!(numbers(&fixture.build(3).unwrap()), [4, 1]);
	assert_eq!((fixture.asked(), fixture.kept()), (vec![1, 2, 3], 1), "those on the way are gone");
	let newest = fixture.build(4).unwrap();
	assert_eq!(numbers(&newest), [4, 1, 9]);
	assert_eq!(newest.root(), fixture.log[3].root);
	assert_eq!((fixture.asked(), fixture.kept()), (vec![4], 2), "only what is new is applied");
	assert_eq!(numbers(&fixture.build(1).unwrap()), [1, 2, 3]);
	assert_eq!(fixture.asked(), [1]);
	assert_eq!(numbers(&fixture.build(2).unwrap()), [2, 3, 4]);
	assert_eq!(fixture.asked(), [2]);
	for version in 1..=4 {
		fixture.build(version).unwrap();
	}
	assert_eq!((fixture.asked(), fixture.kept()), (vec![], 4), "nothing is applied twice");
	assert!(fixture.build(0).is_err());
}

#[test]
fn a_delta_of_other_content_is_refused() {
	let mut fixture = Fixture::new(LOG);
	fixture.log[2].report = fixture.log[1].report;
	let error = fixture.build(3).unwrap_err().to_string();
	assert!(error.starts_with("version 3 is not the one in the log: it has 2 records"), "{error}");
	let fixture = Fixture::new(&[(&[1, 2], &[]), (&[2], &[])]);
	let error = format!("{:#}", fixture.build(2).unwrap_err());
	assert!(error.starts_with("version 2 cannot be built: row 0: "), "{error}");
	assert_eq!(numbers(&fixture.build(1).unwrap()), [1, 2], "what came before stays");
}

#[test]
fn a_damaged_version_is_built_again() {
	let fixture = Fixture::new(LOG);
	let folder = fixture.build(2).unwrap().folder().to_path_buf();
	fixture.asked();
	let mut records = std::fs::read(folder.join("records")).unwrap();
	records[0] ^= 1;
	std::fs::write(folder.join("records"), records).unwrap();
	assert_eq!(numbers(&fixture.build(3).unwrap()), [4, 1]);
	assert_eq!(fixture.asked(), [1, 2, 3]);
	let folder = fixture.build(3).unwrap().folder().to_path_buf();
	fixture.asked();
	std::fs::remove_file(folder.join("set.json")).unwrap();
	assert_eq!(numbers(&fixture.build(3).unwrap()), [4, 1]);
	assert_eq!(fixture.asked(), [1, 2, 3], "what a kill has left of a removed version");
	std::fs::create_dir(fixture.versions().join(".building-x")).unwrap();
	DatasetCache::open(&fixture.folder.path("sets"), u64::MAX).unwrap();
	assert_eq!(fixture.kept(), 1);
}
