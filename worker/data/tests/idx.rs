//! From IDX files to a data set.

use descent_data::{check, convert, DeltaLimits, Description, IdxError, IdxFile, Set};
use flate2::{write::GzEncoder, Compression};
use sp_core::H256;
use std::io::Write;
use std::path::{Path, PathBuf};

fn description(dtype: &str, shape: &str) -> Description {
	let json = format!(
		r#"{{"descent":1,"name":"m","inputs":[{{"column":"image","dtype":"{dtype}","shape":{shape}}}],
		"target":{{"column":"label","dtype":"u8","shape":[],"classes":10}},
		"layers":[{{"type":"flatten"}},{{"type":"linear","out":10}}],"loss":"cross_entropy"}}"#
	);
	Description::parse(json.as_bytes()).unwrap()
}

fn idx(kind: u8, dimensions: &[u32], values: &[u8]) -> Vec<u8> {
	let mut bytes = vec![0, 0, kind, dimensions.len() as u8];
	dimensions.iter().for_each(|d| bytes.extend(d.to_be_bytes()));
	bytes.extend(values);
	bytes
}

fn write(folder: &Path, name: &str, bytes: &[u8], gzip: bool) -> PathBuf {
	let path = folder.join(name);
	let file = std::fs::File::create(&path).unwrap();
	if gzip {
		GzEncoder::new(file, Compression::fast())
			.write_all(bytes)
			.unwrap();
	} else {
		(&file).write_all(bytes).unwrap();
	}
	path
}

/// Five 2x3 images, the last one equal to the first, and their labels.
fn pair(folder: &Path, gzip: bool) -> (PathBuf, PathBuf) {
	let pixels: Vec<u8> = (0..24).chain(0..6).collect();
	let images = write(folder, "images", &idx(8, &[5, 2, 3], &pixels), gzip);
	let labels = write(folder, "labels", &idx(8, &[5], &[0, 1, 2, 9, 0]), gzip);
	(images, labels)
}

#[test]
fn a_pair_becomes_a_data_set() {
	for gzip in [false, true] {
		let folder = tempfile::tempdir().unwrap();
		let (images, labels) = pair(folder.path(), gzip);
		let description = description("u8", "[1,2,3]");
		let delta = folder.path().join("delta.parquet");
		assert_eq!(
			convert(&images, &labels, 0..5, &description, &delta).unwrap(),
			4,
			"the copy is left out"
		);
		let schema = description.schema();
		let limits = DeltaLimits::default();
		assert_eq!(check(None, &delta, &schema, &limits).unwrap().added, 4);
		let set = Set::apply(
			folder.path(),
			None,
			&delta,
			H256::repeat_byte(1),
			&schema,
			&limits,
		)
		.unwrap();
		let mut record = Vec::new();
		set.read(3, &mut record).unwrap();
		assert_eq!(record, [18, 19, 20, 21, 22, 23, 9]);

		assert_eq!(convert(&images, &labels, 1..3, &description, &delta).unwrap(), 2);
	}
}

#[test]
fn misfits_are_refused() {
	let folder = tempfile::tempdir().unwrap();
	let (images, labels) = pair(folder.path(), false);
	let delta = folder.path().join("delta.parquet");
	let refuse = |images: &Path, labels: &Path, range, description: &Description| {
		convert(images, labels, range, description, &delta).unwrap_err()
	};
	let good = description("u8", "[2,3]");
	assert!(matches!(
		refuse(&images, &labels, 0..6, &good),
		IdxError::Range { .. }
	));
	assert!(matches!(
		refuse(&images, &labels, 0..5, &description("u8", "[3,2]")),
		IdxError::Mismatch { .. }
	));
	assert!(matches!(
		refuse(&images, &labels, 0..5, &description("f32", "[2,3]")),
		IdxError::Mismatch { .. }
	));
	let cut = write(folder.path(), "cut", &idx(8, &[5, 2, 3], &[0; 29]), false);
	assert!(matches!(refuse(&cut, &labels, 0..5, &good), IdxError::Io(_)));
	let huge = write(
		folder.path(),
		"huge",
		&idx(8, &[u32::MAX, u32::MAX, u32::MAX], &[]),
		true,
	);
	assert!(matches!(
		refuse(&huge, &labels, 0..5, &good),
		IdxError::Mismatch { .. }
	));
	let high = write(folder.path(), "high", &idx(8, &[5], &[10; 5]), false);
	assert!(refuse(&images, &high, 0..5, &good)
		.to_string()
		.contains("outside 0..10"));
	let open = |name, bytes: &[u8]| {
		IdxFile::open(&write(folder.path(), name, bytes, false))
			.err()
			.unwrap()
	};
	assert!(matches!(open("magic", b"PNG.0000"), IdxError::Magic(_)));
	assert!(matches!(
		open("double", &idx(0x0e, &[1], &[0; 8])),
		IdxError::Type(0x0e)
	));
	assert!(!delta.exists());
}

#[test]
fn wider_values_are_turned_around() {
	let folder = tempfile::tempdir().unwrap();
	let bytes: Vec<u8> = [1.5f32, -2.0].iter().flat_map(|v| v.to_be_bytes()).collect();
	let images = write(folder.path(), "images", &idx(0x0d, &[1, 2], &bytes), false);
	let labels = write(folder.path(), "labels", &idx(8, &[1], &[7]), false);
	let description = description("f32", "[2]");
	let delta = folder.path().join("d");
	convert(&images, &labels, 0..1, &description, &delta).unwrap();
	let rows: Vec<_> =
		descent_data::DeltaReader::open(&delta, &description.schema(), &DeltaLimits::default())
			.unwrap()
			.collect();
	let expected = [&1.5f32.to_le_bytes()[..], &(-2.0f32).to_le_bytes(), &[7]].concat();
	assert_eq!(rows[0].as_ref().unwrap().record, Some(expected));
}
