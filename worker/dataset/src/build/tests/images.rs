use super::*;
use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage, Rgba, RgbaImage};

fn save(folder: &Folder, name: &str, image: impl Into<DynamicImage>) {
	let path = folder.path(name);
	std::fs::create_dir_all(path.parent().unwrap()).unwrap();
	image.into().save(path).unwrap();
}

fn grey(seed: u8) -> GrayImage {
	GrayImage::from_fn(3, 2, |x, y| Luma([seed + 10 * y as u8 + x as u8]))
}

fn colour() -> RgbImage {
	RgbImage::from_fn(3, 2, |x, y| Rgb([x as u8, 10 + y as u8, 100 + (3 * y + x) as u8]))
}

fn images(folder: &Folder, schema: &Schema) -> Result<Images, BuildError> {
	Images::open(&folder.path("set"), schema, None)
}

#[test]
fn folders_are_classes_in_the_order_of_their_names() {
	let folder = Folder::new();
	for (name, seed) in [("set/cat/2.png", 2), ("set/cat/10.png", 10), ("set/ant/z.PNG", 100)] {
		save(&folder, name, grey(seed));
	}
	folder.write("set/.hidden", "");
	folder.write("set/cat/.hidden", "");
	std::fs::create_dir(folder.path("set/bee")).unwrap();
	for shape in [&[1, 2, 3][..], &[2, 3]] {
		let schema = pictures(Dtype::U8, shape);
		let source = images(&folder, &schema).unwrap();
		assert_eq!(source.records(), Some(3));
		let record = |seed: u8, label| [seed, seed + 1, seed + 2, seed + 10, seed + 11, seed + 12, label];
		let expected = [record(100, 0), record(10, 2), record(2, 2)];
		assert_eq!(folder.records(source, &schema).unwrap(), expected);
	}
}

#[test]
fn a_list_gives_labels() {
	let folder = Folder::new();
	save(&folder, "set/a/1.png", grey(1));
	save(&folder, "set/2.png", grey(2));
	let list = |text: &str| {
		folder.write("set/labels.csv", text);
	};
	list("label,file\n7,2.png\n3,a/1.png\n");
	let schema = pictures(Dtype::U8, &[2, 3]);
	let records = folder.records(images(&folder, &schema).unwrap(), &schema).unwrap();
	assert_eq!((records[0][0], records[0][6], records[1][0], records[1][6]), (2, 7, 1, 3));

	std::fs::remove_file(folder.path("delta")).unwrap();
	let refused = || folder.refused(images(&folder, &schema), &schema);
	list("file\n2.png\n");
	assert_eq!(refused(), "set/labels.csv: column 'label' is missing; it needs file and label");
	list("file,label\n2.png,cat\n");
	assert!(refused().contains("row 0 of set/labels.csv (line 2): column 'label': 'cat' is not of type u8"));
	list("file,label\n./2.png,4\n");
	assert_eq!(folder.records(images(&folder, &schema).unwrap(), &schema).unwrap()[0][6], 4);
	std::fs::remove_file(folder.path("delta")).unwrap();
	let names = "a,b".parse().unwrap();
	let both = Images::open(&folder.path("set"), &schema, Some(&names));
	assert!(folder.refused(both, &schema).contains("give no list of classes"));
	list("file,label\n2.png,10\n");
	assert!(refused().contains("set/2.png, row 0 of set/labels.csv (line 2): column 'label' holds 10"));
	list("file,label\n3.png,1\n");
	assert!(refused().contains("reading set/3.png failed"));
	for outside in ["../set/2.png", "/etc/passwd", "a/../2.png", ".", ""] {
		list(&format!("file,label\n{outside},1\n"));
		assert!(refused().contains("no path below the folder"), "{outside}");
	}
}

#[test]
fn channels_follow_each_other() {
	let folder = Folder::new();
	save(&folder, "set/a/1.png", colour());
	let schema = pictures(Dtype::U8, &[3, 2, 3]);
	let records = folder.records(images(&folder, &schema).unwrap(), &schema).unwrap();
	let planes = [[0, 1, 2, 0, 1, 2], [10, 10, 10, 11, 11, 11], [100, 101, 102, 103, 104, 105]];
	assert_eq!(records, [[planes.concat(), vec![0]].concat()]);

	let schema = pictures(Dtype::F32, &[3, 2, 3]);
	let records = folder.records(images(&folder, &schema).unwrap(), &schema).unwrap();
	let scaled = planes.concat().into_iter().flat_map(|p| (f32::from(p) / 255.0).to_le_bytes());
	assert_eq!(records, [scaled.chain([0]).collect::<Vec<u8>>()]);
}

#[test]
fn jpeg_is_read() {
	let folder = Folder::new();
	save(&folder, "set/a/1.jpeg", GrayImage::from_pixel(8, 8, Luma([128])));
	save(&folder, "set/b/1.jpg", GrayImage::from_pixel(8, 8, Luma([0])));
	let schema = pictures(Dtype::U8, &[1, 8, 8]);
	let records = folder.records(images(&folder, &schema).unwrap(), &schema).unwrap();
	assert_eq!(records, [[vec![128; 64], vec![0]].concat(), [vec![0; 64], vec![1]].concat()]);
}

/// A noisy picture of 64 x 64.
fn noise() -> RgbImage {
	let noise = |x: u32, y: u32| ((x * 7919 + y * 104_729 + x * y * 31) >> 3) as u8;
	RgbImage::from_fn(64, 64, |x, y| Rgb([noise(x, y), noise(y + 9, x), noise(x + y, y)]))
}

/// JPEG as an encoder without this crate's decoder writes it.
fn jpeg(image: &RgbImage) -> Vec<u8> {
	let mut bytes = std::io::Cursor::new(Vec::new());
	image.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
	bytes.into_inner()
}

/// A progressive JPEG of 16 x 16, and one in CMYK with Adobe's marker: see `tests/fixtures/make.py`.
const PROGRESSIVE: &[u8] = include_bytes!("../../../tests/fixtures/progressive.jpg");
const CMYK: &[u8] = include_bytes!("../../../tests/fixtures/cmyk.jpg");

#[test]
fn a_jpeg_that_is_cut_off_is_refused() {
	let folder = Folder::new();
	let check = |whole: &[u8], size: u64, ends: &[usize]| {
		let schema = pictures(Dtype::U8, &[3, size, size]);
		for end in ends {
			folder.write("set/a/1.jpg", &whole[..*end]);
			let error = folder.refused(images(&folder, &schema), &schema);
			assert!(error.starts_with("set/a/1.jpg: ") && error.contains("cut off"), "{end}: {error}");
		}
		folder.write("set/a/1.jpg", [whole, b"tail"].concat());
		assert_eq!(folder.records(images(&folder, &schema).unwrap(), &schema).unwrap().len(), 1);
		std::fs::remove_file(folder.path("delta")).unwrap();
	};
	let baseline = jpeg(&noise());
	let length = baseline.len();
	check(&baseline, 64, &[3, 20, 700, length / 2, length * 9 / 10, length - 2, length - 1]);
	let length = PROGRESSIVE.len();
	check(PROGRESSIVE, 16, &[length / 2, length * 9 / 10, length - 2]);
}

#[test]
fn a_jpeg_with_damage_that_shows_is_refused() {
	let folder = Folder::new();
	let schema = pictures(Dtype::U8, &[3, 64, 64]);
	let mut bytes = jpeg(&noise());
	let middle = bytes.len() / 2;
	// 32 bits of ones, which no Huffman code begins with.
	bytes[middle..middle + 8].copy_from_slice(&[0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0]);
	folder.write("set/a/1.jpg", &bytes);
	assert!(folder.refused(images(&folder, &schema), &schema).contains("cannot be read"));
}

#[test]
fn a_jpeg_of_four_channels_is_refused() {
	let folder = Folder::new();
	let mut ycck = CMYK.to_vec();
	let adobe = ycck.windows(5).position(|bytes| bytes == b"Adobe").unwrap();
	ycck[adobe + 11] = 2;
	let mut unmarked = CMYK.to_vec();
	unmarked.drain(adobe - 4..adobe + 12);
	for file in [CMYK, &ycck, &unmarked] {
		folder.write("set/a/1.jpg", file);
		for channels in [1, 3, 4] {
			let schema = pictures(Dtype::U8, &[channels, 16, 16]);
			let error = folder.refused(images(&folder, &schema), &schema);
			assert!(error.contains("4 channels, CMYK or YCCK"), "{error}");
			assert!(error.contains("convert it to RGB"), "{error}");
		}
	}
}

/// Returns a PNG of one row of four pixels with these chunks between header and data.
fn png(depth: u8, colour: u8, chunks: &[(&[u8; 4], &[u8])], row: &[u8]) -> Vec<u8> {
	use flate2::{write::ZlibEncoder, Compression, Crc};
	use std::io::Write;
	let mut data = ZlibEncoder::new(Vec::new(), Compression::fast());
	data.write_all(&[&[0], row].concat()).unwrap();
	let data = data.finish().unwrap();
	let header = [&[0, 0, 0, 4, 0, 0, 0, 1], &[depth, colour, 0, 0, 0][..]].concat();
	let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
	let all = [(b"IHDR", header.as_slice())].into_iter().chain(chunks.iter().copied());
	for (name, content) in all.chain([(b"IDAT", data.as_slice()), (b"IEND", &[])]) {
		let chunk = [name, content].concat();
		let mut crc = Crc::new();
		crc.update(&chunk);
		file.extend((content.len() as u32).to_be_bytes());
		file.extend(chunk);
		file.extend(crc.sum().to_be_bytes());
	}
	file
}

#[test]
fn pixels_of_a_png_are_those_that_it_stands_for() {
	let folder = Folder::new();
	let palette: &[u8] = &[9, 8, 7, 250, 251, 252];
	let cases: [(u64, Vec<u8>, &[u8]); 4] = [
		(1, png(1, 0, &[], &[0b0110_0000]), &[0, 255, 255, 0]),
		(1, png(2, 0, &[], &[0b0001_1011]), &[0, 85, 170, 255]),
		(
			3,
			png(1, 3, &[(b"PLTE", palette)], &[0b0110_0000]),
			&[9, 250, 250, 9, 8, 251, 251, 8, 7, 252, 252, 7],
		),
		(2, png(8, 0, &[(b"tRNS", &[0, 5])], &[4, 5, 6, 7]), &[4, 5, 6, 7, 255, 0, 255, 255]),
	];
	for (channels, file, expected) in cases {
		folder.write("set/a/1.png", file);
		let schema = pictures(Dtype::U8, &[channels, 1, 4]);
		let records = folder.records(images(&folder, &schema).unwrap(), &schema).unwrap();
		assert_eq!(records, [[expected, &[0]].concat()]);
	}
}

#[test]
fn an_animated_png_is_refused() {
	let folder = Folder::new();
	let control: &[u8] = &[0, 0, 0, 1, 0, 0, 0, 0];
	folder.write("set/a/1.png", png(8, 0, &[(b"acTL", control)], &[1, 2, 3, 4]));
	let schema = pictures(Dtype::U8, &[1, 1, 4]);
	assert!(folder.refused(images(&folder, &schema), &schema).contains("it is animated"));
}

#[test]
fn numbered_folders_are_their_labels() {
	let folder = Folder::new();
	for class in 0..10 {
		save(&folder, &format!("set/{class}/1.png"), grey(10 * class));
	}
	let schema = Schema {
		columns: vec![column("image", Dtype::U8, &[2, 3], None), column("label", Dtype::U8, &[], Some(12))],
	};
	save(&folder, "set/10/1.png", grey(100));
	let labelled = |source: Images| -> Vec<(u8, u8)> {
		let records = folder.records(source, &schema).unwrap();
		records.iter().map(|record| (record[0] / 10, record[6])).collect()
	};
	let source = images(&folder, &schema).unwrap();
	let class = |label: u64| Class { label, name: label.to_string(), images: 1 };
	assert!(source.classes().iter().cloned().eq((0..11).map(class)));
	assert_eq!(labelled(source), (0..11).map(|n| (n, n)).collect::<Vec<_>>());

	std::fs::remove_dir_all(folder.path("set/5")).unwrap();
	std::fs::remove_file(folder.path("delta")).unwrap();
	let error = folder.refused(images(&folder, &schema), &schema);
	assert!(error.starts_with("set/6: the label of this folder would be 5"), "{error}");
	std::fs::create_dir(folder.path("set/5")).unwrap();
	assert_eq!(labelled(images(&folder, &schema).unwrap()).last(), Some(&(10, 10)));
	std::fs::remove_dir_all(folder.path("set/5")).unwrap();
	let list = "x,10,9,8,7,6,4,3,2,1,0,y".parse().unwrap();
	let listed = Images::open(&folder.path("set"), &schema, Some(&list)).unwrap();
	assert_eq!(labelled(listed)[..2], [(10, 1), (9, 2)]);
}

#[test]
fn images_of_another_form_are_refused() {
	let folder = Folder::new();
	save(&folder, "set/a/1.png", colour());
	let refused = |shape: &[u64]| {
		let schema = pictures(Dtype::U8, shape);
		folder.refused(images(&folder, &schema), &schema)
	};
	assert_eq!(
		refused(&[3, 3, 2]),
		"set/a/1.png: the image has 3 channels of 2 x 3; the description asks for 3 channels of 3 x 2"
	);
	assert!(refused(&[1, 2, 3]).contains("asks for 1 channel of 2 x 3"));
	assert!(refused(&[18]).contains("not [18]"));
	save(&folder, "set/a/1.png", RgbaImage::from_pixel(3, 2, Rgba([1; 4])));
	assert!(refused(&[3, 2, 3]).contains("has 4 channels of 2 x 3"));
	let deep = image::ImageBuffer::<Luma<u16>, Vec<u16>>::from_pixel(3, 2, Luma([1]));
	save(&folder, "set/a/1.png", deep);
	assert!(refused(&[1, 2, 3]).contains("more than 8 bits"));
}

#[test]
fn what_is_no_image_is_refused() {
	let folder = Folder::new();
	let schema = pictures(Dtype::U8, &[2, 3]);
	let refused = || folder.refused(images(&folder, &schema), &schema);
	assert!(refused().starts_with("reading ") && refused().contains("set failed"));
	std::fs::create_dir(folder.path("set")).unwrap();
	assert!(refused().contains("nothing to add"));

	let mut good = std::io::Cursor::new(Vec::new());
	grey(1).write_to(&mut good, ImageFormat::Png).unwrap();
	let good = good.into_inner();
	for cut in [0, 7, 20, good.len() / 2, good.len() - 13] {
		folder.write("set/a/1.png", &good[..cut]);
		let error = refused();
		assert!(error.starts_with("set/a/1.png: the image cannot be read"), "{cut}: {error}");
	}
	// The size in the header, which the checksum of the header covers as well.
	let mut huge = good.clone();
	huge[16..24].fill(0x7f);
	folder.write("set/a/1.png", &huge);
	assert!(refused().starts_with("set/a/1.png: the image"));
	folder.write("set/a/1.png", &good);

	folder.write("set/README", "");
	assert!(refused().starts_with("set/README: there must be folders"));
	std::fs::remove_file(folder.path("set/README")).unwrap();
	folder.write("set/a/notes.txt", "");
	assert!(refused().starts_with("set/a/notes.txt: "));
}

#[test]
fn a_class_too_many_is_refused() {
	let folder = Folder::new();
	for class in 0..11 {
		save(&folder, &format!("set/{class:02}/1.png"), grey(class));
	}
	let schema = pictures(Dtype::U8, &[2, 3]);
	assert_eq!(
		folder.refused(images(&folder, &schema), &schema),
		"set/10/1.png: column 'label' holds 10, which is outside 0..10"
	);
}

#[test]
fn one_image_is_read_without_a_label() {
	let folder = Folder::new();
	save(&folder, "a.png", grey(4));
	let schema = pictures(Dtype::U8, &[1, 2, 3]);
	let bytes = crate::read_image(&folder.path("a.png"), &schema.columns[0]).unwrap();
	assert_eq!(bytes, [4, 5, 6, 14, 15, 16]);
	let scaled = crate::read_image(&folder.path("a.png"), &pictures(Dtype::F32, &[2, 3]).columns[0]).unwrap();
	assert_eq!(scaled[..4], (4.0f32 / 255.0).to_le_bytes());
	for shape in [&[1, 3, 2][..], &[6]] {
		let column = &pictures(Dtype::U8, shape).columns[0];
		assert!(crate::read_image(&folder.path("a.png"), column).is_err(), "{shape:?}");
	}
}
