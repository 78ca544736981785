use super::*;
use crate::{within, Quota};
use descent_content::Store;
use descent_dataset::DeltaWriter;
use descent_testing::{description, sealing_key, write_delta, Fixture, SealedFixture};
use std::{path::Path, time::Duration};
use tokio::runtime::Runtime;

/// Artifacts of a machine, and a group whose requester serves sealed test sets.
struct World {
	runtime: Runtime,
	artifacts: Artifacts,
	fixture: Fixture,
	gateway: String,
}

fn artifacts(directory: &Path, runtime: &Runtime) -> Artifacts {
	let quota = Quota { content: 1 << 24, candidates: 1 << 20, data: 1 << 24, allow_private: true };
	Artifacts::open(directory, quota, runtime.handle().clone()).unwrap()
}

impl World {
	fn new() -> Self {
		let runtime = Runtime::new().unwrap();
		let mut fixture = Fixture::new(10);
		let gateway = runtime.block_on(fixture.serve());
		let artifacts = artifacts(&fixture.directory.path().join("data"), &runtime);
		Self { runtime, artifacts, fixture, gateway }
	}

	fn seal(&self, files: &[Vec<u8>]) -> SealedFixture {
		SealedFixture::new(&self.fixture.store, files)
	}

	fn source(&self, manifest: ContentRef, index: u16) -> SealedSource {
		SealedSource { manifest, index, providers: vec![self.gateway.clone()], peers: Vec::new() }
	}

	fn open(&self, source: &SealedSource, key: H256) -> Result<Arc<Set>, ArtifactError> {
		let (soon, later) = (within(Duration::from_secs(1)), within(Duration::from_secs(60)));
		self.artifacts.test_set(&self.fixture.description, source, &key, (soon, later))
	}

	/// Returns the reason for which the file of a test set is broken.
	fn broken(&self, file: Vec<u8>) -> String {
		let sealed = self.seal(&[file]);
		match self.open(&self.source(sealed.manifest, 0), sealing_key(0)) {
			Err(ArtifactError::Invalid(reason)) => reason,
			other => panic!("{other:?}"),
		}
	}
}

#[test]
fn a_test_set_is_opened_with_its_key_and_needs_nobody_after_that() {
	let mut world = World::new();
	let files = [2, 3].map(|seed| world.fixture.hidden(seed, 40));
	let sealed = world.seal(&files.each_ref().map(|(file, _)| file.clone()));
	let source = world.source(sealed.manifest, 1);
	let soon = || within(Duration::from_secs(10));
	let held = world.artifacts.prefetch_test_set(&source, 1 << 20, soon()).unwrap();
	assert_eq!(held.content(), [sealed.manifest, sealed.sealed[1]]);
	// From now on nobody serves anything.
	let nobody = SealedSource { providers: Vec::new(), ..source };
	world.artifacts.cache().clear().unwrap();
	for _ in 0..2 {
		let set = world.open(&nobody, sealing_key(1)).unwrap();
		assert_eq!((set.len(), set.root()), (40, files[1].1.root()));
	}
	assert_eq!(std::fs::read_dir(world.artifacts.scratch()).unwrap().count(), 0);
	drop(held);
	world.artifacts.cache().clear().unwrap();
	let error = world.open(&nobody, sealing_key(1)).unwrap_err();
	assert!(matches!(error, ArtifactError::Unavailable(_)), "{error}");
	// Another machine has the files, and passes them on.
	let peers = vec![std::mem::take(&mut world.gateway)];
	let set = world.open(&SealedSource { peers, ..nobody }, sealing_key(1)).unwrap();
	assert_eq!(set.root(), files[1].1.root());
}

#[test]
fn what_is_not_the_set_of_the_key_is_broken() {
	let world = World::new();
	let (file, _) = world.fixture.hidden(2, 40);
	let sealed = world.seal(&[file.clone(), file.clone()]);
	let invalid = |manifest, index, key| match world.open(&world.source(manifest, index), key) {
		Err(ArtifactError::Invalid(reason)) => reason,
		other => panic!("{other:?}"),
	};
	assert!(invalid(sealed.manifest, 0, sealing_key(1)).contains("another key"));
	assert!(invalid(sealed.manifest, 2, sealing_key(2)).contains("none at place 2"));
	let import = |bytes: &[u8]| world.fixture.store.import(bytes).unwrap();
	assert!(invalid(import(b"{}"), 0, sealing_key(0)).contains("manifest"));
	let huge = ContentRef { size: MAX_MANIFEST_BYTES + 1, ..sealed.manifest };
	assert!(invalid(huge, 0, sealing_key(0)).contains("bytes"));
	let set = |sealed, size| import(&Manifest { sets: vec![SealedSet { sealed, size }] }.to_bytes());
	let (first, size) = (sealed.sealed[0], file.len() as u64);
	assert!(invalid(set(first, size + 1), 0, sealing_key(0)).contains("its manifest says"));
	assert!(invalid(set(first, size - 1), 0, sealing_key(0)).contains("it may have"));
	assert!(invalid(set(first, MAX_TEST_SET_BYTES + 1), 0, sealing_key(0)).contains("at most"));
	let bytes = world.fixture.store.read(&first, 1 << 20).unwrap();
	let cut = import(&bytes[..bytes.len() - 1]);
	assert!(invalid(set(cut, size), 0, sealing_key(0)).contains("damaged"));
}

#[test]
fn what_is_no_validation_set_of_the_model_is_broken() {
	let world = World::new();
	assert!(world.broken(b"no Parquet".to_vec()).contains("Parquet"));
	let path = world.fixture.directory.path().join("other.parquet");
	let other = r#"{"descent": 1, "name": "other",
		"inputs": [{"column": "z", "dtype": "f32", "shape": [8]}],
		"target": {"column": "y", "dtype": "u8", "shape": [], "classes": 3},
		"layers": [{"type": "linear", "out": 3}], "loss": "cross_entropy"}"#;
	write_delta(&path, &Description::parse(other.as_bytes()).unwrap(), 2, 5);
	assert!(world.broken(std::fs::read(&path).unwrap()).contains("column"));
	let mut writer = DeltaWriter::create(&path, &description(16).schema()).unwrap();
	let mut record = vec![0; 32];
	record.push(1);
	writer.add(&record).unwrap();
	writer.remove(descent_dataset::RecordId([7; 32])).unwrap();
	writer.finish().unwrap();
	assert!(world.broken(std::fs::read(&path).unwrap()).contains("not in the data set"));
}

#[test]
fn a_machine_without_room_says_nothing_of_the_set() {
	let world = World::new();
	let (file, _) = world.fixture.hidden(2, 40);
	let sealed = world.seal(&[file]);
	let source = world.source(sealed.manifest, 0);
	let error = world.artifacts.prefetch_test_set(&source, 100, within(Duration::from_secs(10)));
	let error = error.unwrap_err();
	assert!(matches!(&error, ArtifactError::Failed(_)), "{error}");
	assert!(error.to_string().contains("--max-content"), "{error}");
	let folder = world.fixture.directory.path().join("little");
	let quota = Quota { content: 1 << 24, candidates: 0, data: 100, allow_private: true };
	let little = Artifacts::open(&folder, quota, world.runtime.handle().clone()).unwrap();
	let (soon, later) = (within(Duration::from_secs(1)), within(Duration::from_secs(60)));
	let error = little.test_set(&world.fixture.description, &source, &sealing_key(0), (soon, later));
	let error = error.unwrap_err();
	assert!(matches!(&error, ArtifactError::Failed(_)), "{error}");
	assert!(error.to_string().contains("--max-data"), "{error}");
}

#[test]
fn a_set_that_nobody_serves_is_unavailable() {
	let world = World::new();
	let (file, _) = world.fixture.hidden(2, 40);
	let elsewhere = Store::open(world.fixture.directory.path().join("elsewhere"), 1 << 24).unwrap();
	let unserved = SealedFixture::new(&elsewhere, &[file]);
	let source = world.source(unserved.manifest, 0);
	let error = world.open(&source, sealing_key(0)).unwrap_err();
	assert!(matches!(error, ArtifactError::Unavailable(_)), "{error}");
	// The manifest alone is not enough.
	let manifest = elsewhere.read(&unserved.manifest, 1 << 20).unwrap();
	world.fixture.store.import(manifest.as_slice()).unwrap();
	let error = world.open(&source, sealing_key(0)).unwrap_err();
	assert!(matches!(error, ArtifactError::Unavailable(_)), "{error}");
}
