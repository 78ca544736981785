use super::*;
use descent_dataset::DeltaWriter;
use descent_protocol::ContentRef;
use descent_testing::{description, Fixture};
use std::cell::Cell;

/// Hands out the deltas of these paths, and counts how many are asked for.
fn source<'a>(
	deltas: &'a [(ContentRef, PathBuf)],
	asked: &'a Cell<u32>,
) -> impl FnMut(&DeltaSource) -> Result<tempfile::TempPath> + use<'a> {
	move |wanted| {
		asked.set(asked.get() + 1);
		let (_, path) = deltas.iter().find(|(delta, _)| *delta == wanted.delta).context("no such delta")?;
		let copy = tempfile::NamedTempFile::new()?.into_temp_path();
		fs::copy(path, &copy)?;
		Ok(copy)
	}
}

fn soon() -> Instant {
	Instant::now() + std::time::Duration::from_secs(60)
}

fn plain(delta: ContentRef) -> DeltaSource {
	DeltaSource { delta, providers: Vec::new() }
}

fn delta(directory: &Path, features: f32) -> (ContentRef, PathBuf) {
	let path = directory.join(format!("{features}.parquet"));
	let mut writer = DeltaWriter::create(&path, &description(16).schema()).unwrap();
	let mut record: Vec<u8> = [features; 8].iter().flat_map(|value| value.to_le_bytes()).collect();
	record.push(1);
	writer.add(&record).unwrap();
	writer.finish().unwrap();
	(ContentRef::raw(&fs::read(&path).unwrap()).unwrap(), path)
}

#[test]
fn sets_are_built_once_and_grow() {
	let directory = tempfile::tempdir().unwrap();
	let schema = description(16).schema();
	let deltas = [1.0, 2.0, 3.0].map(|features| delta(directory.path(), features));
	let references: Vec<_> = deltas.iter().map(|(delta, _)| plain(*delta)).collect();
	let folder = directory.path().join("sets");
	let asked = Cell::new(0);
	let sets = DatasetCache::open(&folder, 1 << 20).unwrap();
	let two = sets.build(&schema, &references[..2], soon(), source(&deltas, &asked)).unwrap();
	assert_eq!((two.len(), asked.get()), (2, 2));
	let sets = DatasetCache::open(&folder, 1 << 20).unwrap();
	let three = sets.build(&schema, &references, soon(), source(&deltas, &asked)).unwrap();
	assert_eq!((three.len(), asked.get()), (3, 3));
	sets.build(&schema, &references, soon(), source(&deltas, &asked)).unwrap();
	assert_eq!(asked.get(), 3);
	let versions = subfolders(&subfolders(&folder).unwrap()[0]).unwrap();
	assert_eq!(versions.len(), 2, "the version on the way to the second is gone");
}

#[test]
fn what_was_left_half_done_is_removed_and_what_is_damaged_is_built_again() {
	let fixture = Fixture::new(10);
	let schema = fixture.description.schema();
	let folder = fixture.directory.path().join("sets");
	let path = fixture.directory.path().join("delta.parquet");
	let deltas = [(fixture.delta, path)];
	let asked = Cell::new(0);
	let sets = DatasetCache::open(&folder, 1 << 20).unwrap();
	let set = sets.build(&schema, &[plain(fixture.delta)], soon(), source(&deltas, &asked)).unwrap();
	fs::write(set.folder().join("set.json"), b"{").unwrap();
	let unfinished = set.folder().with_file_name(".building-x");
	fs::create_dir(&unfinished).unwrap();
	let sets = DatasetCache::open(&folder, 1 << 20).unwrap();
	assert!(!unfinished.exists());
	let set = sets.build(&schema, &[plain(fixture.delta)], soon(), source(&deltas, &asked)).unwrap();
	assert_eq!((set.len(), asked.get()), (10, 2));
	set.verify().unwrap();
	fs::remove_file(set.folder().join("records")).unwrap();
	let set = sets.build(&schema, &[plain(fixture.delta)], soon(), source(&deltas, &asked)).unwrap();
	assert_eq!((set.len(), asked.get()), (10, 3));
	set.verify().unwrap();
}

#[test]
fn room_is_made_and_not_exceeded() {
	let directory = tempfile::tempdir().unwrap();
	let schema = description(16).schema();
	let deltas = [1.0, 2.0].map(|features| delta(directory.path(), features));
	let folder = directory.path().join("sets");
	let asked = Cell::new(0);
	let error = DatasetCache::open(&folder, 100)
		.unwrap()
		.build(&schema, &[plain(deltas[0].0)], soon(), source(&deltas, &asked))
		.unwrap_err();
	assert!(error.to_string().contains("--max-data"), "{error}");
	let sets = DatasetCache::open(&folder, 1 << 20).unwrap();
	let first = sets.build(&schema, &[plain(deltas[0].0)], soon(), source(&deltas, &asked)).unwrap();
	let cap = size(first.folder()).unwrap() + 100;
	let sets = DatasetCache::open(&folder, cap).unwrap();
	sets.build(&schema, &[plain(deltas[1].0)], soon(), source(&deltas, &asked)).unwrap();
	assert!(!first.folder().exists(), "the older one had to go");
}

#[test]
fn what_somebody_reads_is_not_removed_to_make_room() {
	let directory = tempfile::tempdir().unwrap();
	let schema = description(16).schema();
	let deltas = [1.0, 2.0].map(|features| delta(directory.path(), features));
	let folder = directory.path().join("sets");
	let asked = Cell::new(0);
	let build = |sets: &DatasetCache, number: usize| {
		let wanted = [plain(deltas[number].0)];
		sets.build(&schema, &wanted, soon(), source(&deltas, &asked))
	};
	let first = build(&DatasetCache::open(&folder, 1 << 20).unwrap(), 0).unwrap();
	let cap = size(first.folder()).unwrap() + Set::disk_bytes(&schema, 0, 1) - 1;
	let sets = DatasetCache::open(&folder, cap).unwrap();
	let [read, again] = [0, 1].map(|_| build(&sets, 0).unwrap());
	assert!(Arc::ptr_eq(&read, &again));
	drop(again);
	let error = build(&sets, 1).unwrap_err();
	assert!(error.to_string().contains("--max-data"), "{error}");
	read.verify().unwrap();
	drop(read);
	build(&sets, 1).unwrap();
	assert!(!first.folder().exists());
}

#[test]
fn several_threads_build_side_by_side() {
	let directory = tempfile::tempdir().unwrap();
	let schema = description(16).schema();
	let deltas = [1.0, 2.0, 3.0].map(|features| delta(directory.path(), features));
	let references: Vec<_> = deltas.iter().map(|(delta, _)| plain(*delta)).collect();
	let sets = DatasetCache::open(&directory.path().join("sets"), 1 << 20).unwrap();
	for _ in 0..20 {
		let built = std::thread::scope(|scope| {
			let build = |count: usize| {
				let (sets, schema, deltas, references) = (&sets, &schema, &deltas, &references);
				scope.spawn(move || {
					let asked = Cell::new(0);
					sets.build(schema, &references[..count], soon(), source(deltas, &asked)).unwrap()
				})
			};
			[build(3), build(2), build(3), build(1)].map(|thread| thread.join().unwrap())
		});
		assert_eq!(built.each_ref().map(|set| set.len()), [3, 2, 3, 1]);
		built.iter().for_each(|set| set.verify().unwrap());
		for set in built {
			sets.forget(set).unwrap();
		}
	}
	assert!(sets.lock().building.is_empty());
}
