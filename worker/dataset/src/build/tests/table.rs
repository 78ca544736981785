use super::*;
use arrow_array::builder::{FixedSizeListBuilder, Float32Builder, ListBuilder, PrimitiveBuilder};
use arrow_array::types::{ArrowPrimitiveType, Float32Type, Float64Type, Int64Type};
use arrow_array::{
	ArrayRef, BinaryArray, Float64Array, Int64Array, RecordBatch, StringArray, StructArray, UInt64Array,
	UInt8Array,
};
use arrow_schema::{DataType, Field};
use parquet::arrow::ArrowWriter;
use std::sync::Arc;

fn write(folder: &Folder, columns: Vec<(&str, ArrayRef)>) -> PathBuf {
	let path = folder.path("t.parquet");
	let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true)));
	let batch = batch.unwrap();
	let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
	writer.write(&batch).unwrap();
	writer.close().unwrap();
	path
}

fn lists<T: ArrowPrimitiveType>(rows: &[Option<&[Option<T::Native>]>]) -> ArrayRef {
	let mut builder = ListBuilder::new(PrimitiveBuilder::<T>::new());
	for row in rows {
		if let Some(values) = row {
			values.iter().for_each(|value| builder.values().append_option(*value));
		}
		builder.append(row.is_some());
	}
	Arc::new(builder.finish())
}

fn lists_of_lists() -> ArrayRef {
	let mut builder = ListBuilder::new(ListBuilder::new(Float32Builder::new()));
	builder.values().values().append_slice(&[1.0, 2.0]);
	builder.values().append(true);
	builder.append(true);
	Arc::new(builder.finish())
}

/// Encodes grey pixels as PNG.
fn png(pixels: &[u8], [height, width]: [u32; 2]) -> Vec<u8> {
	let mut file = Vec::new();
	let image = image::GrayImage::from_raw(width, height, pixels.to_vec()).unwrap();
	image.write_to(&mut std::io::Cursor::new(&mut file), image::ImageFormat::Png).unwrap();
	file
}

/// Returns a column as data sets of Hugging Face have images: their bytes and their paths.
fn encoded(files: Vec<Option<Vec<u8>>>) -> ArrayRef {
	let paths = StringArray::from_iter(files.iter().map(|file| file.is_none().then_some("a.png")));
	let bytes = BinaryArray::from_iter(files);
	let field = |name: &str, kind| Arc::new(Field::new(name, kind, true));
	Arc::new(StructArray::from(vec![
		(field("bytes", DataType::Binary), Arc::new(bytes) as ArrayRef),
		(field("path", DataType::Utf8), Arc::new(paths) as ArrayRef),
	]))
}

#[test]
fn encoded_images_become_pixels() {
	let schema = pictures(Dtype::U8, &[1, 2, 3]);
	let pixels = [[1, 2, 3, 4, 5, 6], [255, 0, 7, 8, 9, 10]];
	let files = || pixels.iter().map(|pixels| Some(png(pixels, [2, 3])));
	let open = |folder: &Folder, images: ArrayRef, schema: &Schema| {
		let path = write(folder, vec![("image", images), ("label", labels(&[3, 9]))]);
		open_table(&path, schema, &TableColumns::default())
	};
	let expected = [[&pixels[0][..], &[3]].concat(), [&pixels[1][..], &[9]].concat()];
	let plain: ArrayRef = Arc::new(BinaryArray::from_iter(files()));
	for images in [encoded(files().collect()), plain] {
		let folder = Folder::new();
		let source = open(&folder, images, &schema).unwrap();
		assert_eq!(folder.records(source, &schema).unwrap(), expected);
	}
	let refused = |images, schema: &Schema| {
		let folder = Folder::new();
		let source = open(&folder, images, schema);
		folder.refused(source, schema)
	};
	let other = vec![Some(png(&pixels[0], [2, 3])), Some(png(&pixels[1], [3, 2]))];
	assert_eq!(
		refused(encoded(other), &schema),
		"row 1 of t.parquet: the image has 1 channel of 3 x 2; the description asks for 1 channel of 2 x 3"
	);
	let broken = vec![Some(b"GIF89a".to_vec()), None];
	assert!(refused(encoded(broken), &schema).contains("row 0 of t.parquet: the image cannot be read"));
	let path_alone = vec![Some(png(&pixels[0], [2, 3])), None];
	let reason = refused(encoded(path_alone), &schema);
	assert!(reason.contains("row 1 of t.parquet: column 'image' has no bytes"), "{reason}");
	let numbers = pictures(Dtype::U8, &[6]);
	let reason = refused(encoded(files().collect()), &numbers);
	assert!(reason.contains("column 'image' must hold flat lists of numbers, not"), "{reason}");
}

fn labels(values: &[u8]) -> ArrayRef {
	Arc::new(UInt8Array::from(values.to_vec()))
}

fn open(path: &Path) -> Result<Box<dyn Source>, BuildError> {
	open_table(path, &points(), &TableColumns::default())
}

#[test]
fn lists_of_both_kinds_and_scalars_are_the_same() {
	let folder = Folder::new();
	let expected = [point(1.0, 2.0, 3), point(-0.5, 0.25, 9)];
	let flat = [[1.0, 2.0], [-0.5, 0.25]];
	let rows: [Option<&[_]>; 2] = [Some(&[Some(1.0), Some(2.0)]), Some(&[Some(-0.5), Some(0.25)])];
	let mut fixed = FixedSizeListBuilder::new(Float32Builder::new(), 2);
	for row in flat {
		fixed.values().append_slice(&row);
		fixed.append(true);
	}
	let scalars = |at: usize| Arc::new(Float64Array::from_iter_values(flat.map(|row| f64::from(row[at]))));
	let y = || ("y", labels(&[3, 9]));
	let wide: ArrayRef = Arc::new(UInt64Array::from(vec![3, 9]));
	for columns in [
		vec![("x", lists::<Float32Type>(&rows)), y()],
		vec![("y", wide), ("other", labels(&[0, 0])), ("x", Arc::new(fixed.finish()) as ArrayRef)],
		vec![("x0", scalars(0) as ArrayRef), ("x1", scalars(1)), y()],
	] {
		let source = open(&write(&folder, columns)).unwrap();
		assert_eq!(source.records(), Some(2));
		assert_eq!(folder.records(source, &points()).unwrap(), expected);
	}
}

#[test]
fn only_exact_values_are_cast() {
	let folder = Folder::new();
	let refused = |columns| folder.refused(open(&write(&folder, columns)), &points());
	let good: &[_] = &[Some(0.5), Some(1.0)];
	let double = |rows: &[Option<&[Option<f64>]>]| lists::<Float64Type>(rows);
	assert_eq!(
		refused(vec![("x", double(&[Some(good), Some(&[Some(1.0), Some(0.1)])])), ("y", labels(&[0, 0]))]),
		"row 1 of t.parquet: column 'x': f32 cannot hold 0.1 exactly; round it in the source"
	);
	let y: ArrayRef = Arc::new(Int64Array::from(vec![1, -1]));
	assert_eq!(
		refused(vec![("x", double(&[Some(good), Some(good)])), ("y", y)]),
		"row 1 of t.parquet: column 'y': u8 cannot hold -1 exactly; round it in the source"
	);
	assert_eq!(
		refused(vec![("x", double(&[Some(&[Some(1.0), Some(f64::NAN)])])), ("y", labels(&[0]))]),
		"row 0 of t.parquet: column 'x' holds a value that is not finite"
	);
	assert_eq!(
		refused(vec![("x", double(&[Some(good)])), ("y", labels(&[10]))]),
		"row 0 of t.parquet: column 'y' holds 10, which is outside 0..10"
	);
}

#[test]
fn wrong_shapes_and_nulls_are_named() {
	let folder = Folder::new();
	let x = |rows: &[Option<&[Option<i64>]>]| {
		let count = rows.len();
		let columns = vec![("x", lists::<Int64Type>(rows)), ("y", labels(&vec![0; count]))];
		folder.refused(open(&write(&folder, columns)), &points())
	};
	let good: &[_] = &[Some(1), Some(2)];
	assert_eq!(
		x(&[Some(good), Some(&[Some(1)])]),
		"row 1 of t.parquet: column 'x' holds 1 values; its shape has 2"
	);
	assert_eq!(
		x(&[Some(good), Some(&[Some(1), Some(2), Some(3)])]),
		"row 1 of t.parquet: column 'x' holds 3 values; its shape has 2"
	);
	assert_eq!(x(&[Some(good), None]), "row 1 of t.parquet: column 'x' holds null");
	assert_eq!(x(&[Some(&[Some(1), None])]), "row 0 of t.parquet: column 'x' holds null");
	let y: ArrayRef = Arc::new(Int64Array::from(vec![None]));
	let path = write(&folder, vec![("x", lists::<Int64Type>(&[Some(good)])), ("y", y)]);
	assert_eq!(folder.refused(open(&path), &points()), "row 0 of t.parquet: column 'y' holds null");
}

#[test]
fn wrong_columns_are_named() {
	let folder = Folder::new();
	let refused = |columns| folder.refused(open(&write(&folder, columns)), &points());
	let text: ArrayRef = Arc::new(StringArray::from(vec!["a"]));
	let x = lists::<Int64Type>(&[Some(&[Some(1), Some(2)])]);
	assert_eq!(refused(vec![("x", x.clone())]), "t.parquet: column 'y' is missing; there are: x");
	assert_eq!(
		refused(vec![("x", x.clone()), ("y", text.clone())]),
		"t.parquet: column 'y' must hold numbers, not Utf8"
	);
	assert!(refused(vec![("x", text), ("y", labels(&[0]))]).contains("must hold flat lists of numbers"));
	assert!(
		refused(vec![("x", labels(&[0])), ("y", labels(&[0]))]).contains("must hold flat lists of numbers")
	);
	assert!(refused(vec![("x", x.clone()), ("y", x)]).contains("column 'y' holds 2 values; its shape has 1"));
	let nested = lists_of_lists();
	assert!(refused(vec![("x", nested), ("y", labels(&[0]))]).contains("must hold flat lists of numbers"));
}

#[test]
fn what_is_no_parquet_file_is_refused() {
	let folder = Folder::new();
	let columns = vec![
		("x", lists::<Int64Type>(&vec![Some(&[Some(1), Some(2)][..]); 1000])),
		("y", labels(&[0; 1000])),
	];
	let path = write(&folder, columns);
	let good = std::fs::read(&path).unwrap();
	for cut in [4, 12, good.len() / 2, good.len() - 1] {
		let refused = folder.refused(open(&folder.write("t.parquet", &good[..cut])), &points());
		assert!(refused.contains("not a readable Parquet file"), "{cut}: {refused}");
	}
	// A footer that claims to be longer than the file, and one whose claims are all false.
	for footer in [&[0xff; 4], &[16, 0, 0, 0]] {
		let absurd = [b"PAR1", &[0xff; 16][..], footer, b"PAR1"].concat();
		let refused = folder.refused(open(&folder.write("t.parquet", absurd)), &points());
		assert!(refused.contains("not a readable Parquet file"), "{refused}");
	}
	// A file with flipped bytes may be valid, but reading it must return.
	let mut random = 0x9e37_79b9_7f4a_7c15u64;
	for _ in 0..500 {
		let mut bad = good.clone();
		for _ in 0..2 {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			let at = random as usize % bad.len();
			bad[at] = (random >> 32) as u8;
		}
		if let Ok(source) = open(&folder.write("t.parquet", &bad)) {
			drop(folder.make(source, &points(), None));
		}
	}
}
