//! Canonical bytes, ids, roots and refusals as `vectors.py` finds them, which shares nothing with this crate.

use blake2::{digest::consts::U32, Blake2b, Digest};
use descent_dataset::{
	check, Column, DeltaLimits, DeltaReader, DeltaWriter, Dtype, RecordId, Schema, Set, Summary,
};
use descent_protocol::DeltaFault;
use serde::{de::DeserializeOwned, Deserialize};
use sp_core::H256;
use std::path::{Path, PathBuf};
use std::process::Command;

fn schema() -> Schema {
	let column = |name: &str, dtype, shape: &[u64], bound| Column {
		name: name.into(),
		dtype,
		shape: shape.to_vec(),
		bound,
	};
	Schema {
		columns: vec![
			column("x", Dtype::F32, &[2, 2], None),
			column("t", Dtype::I64, &[3], Some(50)),
			column("n", Dtype::I32, &[], None),
			column("y", Dtype::U8, &[], Some(10)),
		],
	}
}

/// Result of applying a delta.
#[derive(Deserialize)]
struct Applied {
	added: u64,
	removed: u64,
	records: u64,
	rows: H256,
	root: String,
	ids: Vec<String>,
}

#[derive(Deserialize)]
struct Step {
	file: String,
	#[serde(flatten)]
	applied: Applied,
}

#[derive(Deserialize)]
struct Variants {
	files: Vec<String>,
	#[serde(flatten)]
	applied: Applied,
}

#[derive(Deserialize)]
struct Bad {
	file: String,
	fault: DeltaFault,
}

/// Makes the script do a task, and returns its result.
fn run<T: DeserializeOwned>(task: &str, folder: &Path) -> T {
	let python = PathBuf::from(std::env::var_os("DESCENT_PYTHON").expect("`. scripts/env` names it"));
	let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors.py");
	let output = Command::new(&python).arg(&script).arg(task).arg(folder).output().unwrap_or_else(|error| {
		panic!(
			"{} cannot be run ({error}): run scripts/setup, which installs it with pyarrow",
			python.display()
		)
	});
	assert!(
		output.status.success(),
		"vectors.py failed; scripts/setup installs the pyarrow that it needs:\n{}",
		String::from_utf8_lossy(&output.stderr)
	);
	let found = std::fs::read(folder.join(format!("{task}.json"))).unwrap();
	serde_json::from_slice(&found).unwrap()
}

fn ids(set: &Set) -> Vec<String> {
	let mut record = Vec::new();
	let id = |position| {
		set.read(position, &mut record).unwrap();
		RecordId::of(&record).to_string()
	};
	(0..set.len()).map(id).collect()
}

fn agrees(found: &Summary, expected: &Applied, file: &str) {
	let found = (found.added, found.removed, found.records, found.rows);
	let expected = (expected.added, expected.removed, expected.records, expected.rows);
	assert_eq!(found, expected, "{file}");
}

/// Applies the first delta of the log.
fn first(folder: &Path) -> Set {
	let log: Vec<Step> = run("log", folder);
	let file = folder.join(&log[0].file);
	let digest = H256(Blake2b::<U32>::digest(std::fs::read(&file).unwrap()).into());
	Set::apply(&folder.join("store"), None, &file, digest, &schema(), &DeltaLimits::default()).unwrap()
}

#[test]
fn a_log_makes_the_same_versions() {
	let folder = tempfile::tempdir().unwrap();
	let folder = folder.path();
	let (schema, limits) = (schema(), DeltaLimits::default());
	let mut set: Option<Set> = None;
	for step in run::<Vec<Step>>("log", folder) {
		let file = folder.join(&step.file);
		let summary = check(folder, set.as_ref(), &file, &schema, &limits).unwrap();
		agrees(&summary, &step.applied, &step.file);
		let digest = H256(Blake2b::<U32>::digest(std::fs::read(&file).unwrap()).into());
		let next = Set::apply(folder, set.as_ref(), &file, digest, &schema, &limits).unwrap();
		next.verify().unwrap();
		assert_eq!(hex::encode(next.root()), step.applied.root, "{}", step.file);
		assert_eq!(ids(&next), step.applied.ids, "{}", step.file);
		set = Some(next);
	}
}

#[test]
fn it_does_not_matter_how_a_delta_is_written() {
	let folder = tempfile::tempdir().unwrap();
	let folder = folder.path();
	let base = first(folder);
	let (schema, limits) = (schema(), DeltaLimits::default());
	let expected: Variants = run("variants", folder);
	assert!(expected.files.len() > 100);
	for file in &expected.files {
		let summary = check(folder, Some(&base), &folder.join(file), &schema, &limits)
			.unwrap_or_else(|error| panic!("{file}: {error}"));
		agrees(&summary, &expected.applied, file);
	}
	let file = folder.join(&expected.files[0]);
	let set = Set::apply(folder, Some(&base), &file, H256::zero(), &schema, &limits).unwrap();
	assert_eq!(ids(&set), expected.applied.ids);
}

#[test]
fn bad_files_are_refused_for_what_is_wrong() {
	let folder = tempfile::tempdir().unwrap();
	let folder = folder.path();
	let base = first(folder);
	let (schema, limits) = (schema(), DeltaLimits::default());
	for bad in run::<Vec<Bad>>("bad", folder) {
		let error = check(folder, Some(&base), &folder.join(&bad.file), &schema, &limits)
			.err()
			.unwrap_or_else(|| panic!("{} is taken", bad.file));
		assert_eq!(error.fault(), Some(bad.fault), "{}: {error}", bad.file);
	}
}

#[derive(Deserialize)]
struct Found {
	delta: Vec<(String, String)>,
	set: Vec<String>,
}

#[test]
fn pyarrow_reads_what_is_written() {
	let folder = tempfile::tempdir().unwrap();
	let folder = folder.path();
	let base = first(folder);
	let mut writer = DeltaWriter::create(&folder.join("delta.parquet"), &schema()).unwrap();
	let mut written = Vec::new();
	for n in 0..5000i32 {
		let x = [0.1, -0.0, f32::MIN_POSITIVE / 2.0, n as f32].map(f32::to_le_bytes).concat();
		let t = [49, i64::from(n % 50), 0].map(i64::to_le_bytes).concat();
		let record = [&x[..], &t, &(n - 2500).to_le_bytes(), &[(n % 10) as u8]].concat();
		written.push(("add".into(), writer.add(&record).unwrap().to_string()));
		if n % 1000 == 0 {
			let id = RecordId([(n / 1000) as u8; 32]);
			writer.remove(id).unwrap();
			written.push(("remove".into(), id.to_string()));
		}
	}
	let rows = writer.finish().unwrap();
	base.export(&folder.join("set.parquet"), |_| ()).unwrap();
	let found: Found = run("read", folder);
	assert_eq!(found.delta, written);
	assert_eq!(found.delta.len() as u64, rows);
	assert_eq!(found.set, ids(&base));
	// and so does this crate, what it has written itself
	let reader =
		DeltaReader::open(&folder.join("delta.parquet"), &schema(), &DeltaLimits::default()).unwrap();
	assert_eq!(reader.map(|row| row.unwrap().id.to_string()).collect::<Vec<_>>(), {
		written.into_iter().map(|(_, id)| id).collect::<Vec<_>>()
	});
}
