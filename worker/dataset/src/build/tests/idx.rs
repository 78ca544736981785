use super::*;
use flate2::{write::GzEncoder, Compression};
use std::io::Write;

fn idx(kind: u8, dimensions: &[u32], values: &[u8]) -> Vec<u8> {
	let mut bytes = vec![0, 0, kind, dimensions.len() as u8];
	dimensions.iter().for_each(|d| bytes.extend(d.to_be_bytes()));
	bytes.extend(values);
	bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
	let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
	encoder.write_all(bytes).unwrap();
	encoder.finish().unwrap()
}

/// Five 2x3 images, the last one equal to the first, and their labels.
fn pair(folder: &Folder, encode: fn(&[u8]) -> Vec<u8>) -> (PathBuf, PathBuf) {
	let pixels: Vec<u8> = (0..24).chain(0..6).collect();
	let images = folder.write("images", encode(&idx(8, &[5, 2, 3], &pixels)));
	let labels = folder.write("labels", encode(&idx(8, &[5], &[0, 1, 2, 9, 0])));
	(images, labels)
}

#[test]
fn a_pair_becomes_records() {
	for encode in [<[u8]>::to_vec as fn(&[u8]) -> Vec<u8>, gzip] {
		let folder = Folder::new();
		let (images, labels) = pair(&folder, encode);
		let schema = pictures(Dtype::U8, &[1, 2, 3]);
		let open = || Idx::open(&images, &labels, &schema).unwrap();
		let records = folder.records(open(), &schema).unwrap();
		assert_eq!(records.len(), 4, "the copy is left out");
		assert_eq!(records[3], [18, 19, 20, 21, 22, 23, 9]);
		let part = Records::new(open(), 1, Some(3)).unwrap();
		assert_eq!(folder.records(part, &schema).unwrap(), records[1..3]);
	}
}

#[test]
fn pixels_are_scaled_and_labels_are_not() {
	let folder = Folder::new();
	let images = folder.write("images", idx(8, &[1, 2], &[0, 51]));
	let labels = folder.write("labels", idx(8, &[1], &[7]));
	let schema = Schema {
		columns: vec![column("image", Dtype::F32, &[2], None), column("label", Dtype::F32, &[], None)],
	};
	let source = Idx::open(&images, &labels, &schema).unwrap();
	let expected = [0f32, 51.0 / 255.0, 7.0].map(f32::to_le_bytes).concat();
	assert_eq!(folder.records(source, &schema).unwrap(), [expected]);
}

#[test]
fn wider_values_are_turned_around() {
	let folder = Folder::new();
	let floats: Vec<u8> = [1.5f32, -2.0].iter().flat_map(|v| v.to_be_bytes()).collect();
	let images = folder.write("images", idx(0x0d, &[1, 2], &floats));
	let labels = folder.write("labels", idx(0x0c, &[1], &7i32.to_be_bytes()));
	let schema = points();
	let source = Idx::open(&images, &labels, &schema).unwrap();
	assert_eq!(folder.records(source, &schema).unwrap(), [point(1.5, -2.0, 7)]);
}

#[test]
fn misfits_are_refused() {
	let folder = Folder::new();
	let (images, labels) = pair(&folder, <[u8]>::to_vec);
	let schema = |shape: &[u64]| pictures(Dtype::U8, shape);
	let refused = |images: &Path, labels: &Path, schema: &Schema| {
		folder.refused(Idx::open(images, labels, schema), schema)
	};
	let good = schema(&[2, 3]);
	assert!(refused(&images, &labels, &schema(&[3, 2])).contains("have the shape [2, 3]"));
	assert!(refused(&labels, &labels, &good).contains("have the shape []"));
	let fewer = folder.write("fewer", idx(8, &[4], &[0; 4]));
	assert_eq!(refused(&images, &fewer, &good), "fewer: it has 4 items, but there are 5 inputs");
	let cut = folder.write("cut", idx(8, &[5, 2, 3], &[0; 29]));
	assert_eq!(refused(&cut, &labels, &good), "cut: the file is cut off");
	let cut = folder.write("cut", &gzip(&idx(8, &[5, 2, 3], &[0; 30]))[..20]);
	assert_eq!(refused(&cut, &labels, &good), "cut: the file is cut off");
	let huge = folder.write("huge", gzip(&idx(8, &[u32::MAX; 3], &[])));
	assert!(refused(&huge, &labels, &good).contains("4294967295"));
	let empty = folder.write("empty", []);
	assert_eq!(refused(&empty, &labels, &good), "empty: the file is cut off");
	let high = folder.write("high", idx(8, &[5], &[0, 1, 10, 2, 3]));
	assert_eq!(
		refused(&images, &high, &good),
		"item 2 of images and high: column 'label' holds 10, which is outside 0..10"
	);
	let wide = folder.write("wide", idx(0x0c, &[5], &[1; 20]));
	assert_eq!(
		refused(&images, &wide, &good),
		"item 0 of wide: column 'label': u8 cannot hold 16843009 exactly; round it in the source"
	);
	let other = folder.write("other", b"PNG.0000");
	assert!(refused(&other, &labels, &good).contains("not an IDX file"));
	let double = folder.write("double", idx(0x0e, &[1], &[0; 8]));
	assert!(refused(&double, &labels, &good).contains("0x0e"));
}

#[test]
fn a_range_beyond_the_end_is_refused() {
	let folder = Folder::new();
	let (images, labels) = pair(&folder, <[u8]>::to_vec);
	let schema = pictures(Dtype::U8, &[2, 3]);
	for (start, end) in [(0, 6), (7, 8), (3, 2)] {
		let source = Idx::open(&images, &labels, &schema).unwrap();
		let refused = folder.refused(Records::new(source, start, Some(end)), &schema);
		assert_eq!(refused, format!("records {start}..{end} were asked for, but there are 5"));
	}
}
