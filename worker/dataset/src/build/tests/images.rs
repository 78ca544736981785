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
	Images::open(&folder.path("set"), schema)
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
	list("file,label\n2.png,10\n");
	assert!(refused().contains("set/2.png, row 0 of set/labels.csv (line 2): column 'label' holds 10"));
	list("file,label\n3.png,1\n");
	assert!(refused().contains("reading set/3.png failed"));
	for outside in ["../set/2.png", "/etc/passwd", "a/../2.png", ""] {
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
