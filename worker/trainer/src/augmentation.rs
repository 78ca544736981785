//! Random changes of images that leave their classes as they are.

use anyhow::{bail, ensure, Result};
use descent_dataset::{Batch, Description};
use rand::{rngs::StdRng, Rng, SeedableRng};
use std::{fmt, str::FromStr};

/// The most pixels by which a crop moves an image.
const MOST: usize = 32;

/// Changes of the images of each batch, as for CIFAR (He et al., "Deep residual learning for image
/// recognition", 2016).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Augmentation {
	/// True if each image is mirrored with a probability of one half: left becomes right.
	pub flip: bool,
	/// Number of zeros that are put around each image, before one of the same size is cut out at random.
	pub crop: usize,
}

impl FromStr for Augmentation {
	type Err = anyhow::Error;

	/// Reads `flip`, `crop:4`, or both with a comma between them.
	fn from_str(text: &str) -> Result<Self> {
		let mut augmentation = Self::default();
		for part in text.split(',') {
			match part.split_once(':') {
				None if part == "flip" => augmentation.flip = true,
				Some(("crop", pixels)) => {
					let pixels = pixels.parse().ok().filter(|pixels| (1..=MOST).contains(pixels));
					let Some(pixels) = pixels else { bail!("a crop moves images by 1 to {MOST} pixels") };
					augmentation.crop = pixels;
				}
				_ => bail!("'{part}' is no augmentation: there are flip and crop:PIXELS"),
			}
		}
		Ok(augmentation)
	}
}

impl fmt::Display for Augmentation {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		match (self.flip, self.crop) {
			(false, 0) => f.write_str("none"),
			(true, 0) => f.write_str("flip"),
			(false, crop) => write!(f, "crop:{crop}"),
			(true, crop) => write!(f, "flip,crop:{crop}"),
		}
	}
}

/// Augments the images of a model.
pub(crate) struct Augmenter {
	augmentation: Augmentation,
	/// Height and width of an image.
	sides: [usize; 2],
	/// Bytes of a value.
	bytes: usize,
	/// Bytes of a record's input.
	record: usize,
	random: StdRng,
	/// A plane as it was before.
	before: Vec<u8>,
}

impl Augmenter {
	/// Returns what augments the inputs of a model; `None` if nothing is asked for.
	///
	/// # Errors
	/// Fails if the model's inputs are no images `[channels, height, width]`.
	pub(crate) fn new(
		augmentation: Augmentation,
		description: &Description,
		seed: u64,
	) -> Result<Option<Self>> {
		if augmentation == Augmentation::default() {
			return Ok(None);
		}
		let input = description.input();
		let shape: Vec<_> =
			input.shape.iter().map(|side| usize::try_from(*side)).collect::<Result<_, _>>()?;
		ensure!(
			shape.len() == 3,
			"--augment {augmentation} needs inputs [channels, height, width], and this model has {:?}",
			input.shape
		);
		let bytes = input.dtype.bytes();
		Ok(Some(Self {
			augmentation,
			sides: [shape[1], shape[2]],
			bytes,
			record: shape.iter().product::<usize>() * bytes,
			random: StdRng::seed_from_u64(seed),
			before: vec![0; shape[1] * shape[2] * bytes],
		}))
	}

	/// Changes the inputs of a batch, which are its first column.
	pub(crate) fn apply(&mut self, batch: &mut Batch) {
		let Some(input) = batch.columns.first_mut() else { return };
		for image in input.bytes.chunks_exact_mut(self.record) {
			let flips = self.augmentation.flip && self.random.random();
			let crop = self.augmentation.crop;
			let start = [0; 2].map(|_| if crop == 0 { 0 } else { self.random.random_range(0..=2 * crop) });
			if !flips && start == [crop; 2] {
				continue;
			}
			for plane in image.chunks_exact_mut(self.before.len()) {
				self.before.copy_from_slice(plane);
				cut(&self.before, plane, self.sides, self.bytes, (flips, crop, start));
			}
		}
	}
}

/// Writes the part of a plane that begins at `start` of the plane with `crop` zeros around it, mirrored if it
/// `flips`.
fn cut(
	from: &[u8],
	to: &mut [u8],
	[height, width]: [usize; 2],
	bytes: usize,
	(flips, crop, [top, left]): (bool, usize, [usize; 2]),
) {
	for (y, row) in to.chunks_exact_mut(width * bytes).enumerate() {
		let source = (y + top).checked_sub(crop).filter(|y| *y < height);
		for (x, value) in row.chunks_exact_mut(bytes).enumerate() {
			let x = if flips { width - 1 - x } else { x };
			let place = source.zip((x + left).checked_sub(crop).filter(|x| *x < width));
			match place {
				Some((y, x)) => value.copy_from_slice(&from[(y * width + x) * bytes..][..bytes]),
				None => value.fill(0),
			}
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_dataset::{ColumnValues, Dtype};

	fn description(shape: &str) -> Description {
		let json = format!(
			r#"{{"descent": 1, "name": "images",
			"inputs": [{{"column": "x", "dtype": "u8", "shape": {shape}}}],
			"target": {{"column": "y", "dtype": "u8", "shape": [], "classes": 2}},
			"layers": [{{"type": "flatten"}}, {{"type": "linear", "out": 2}}], "loss": "cross_entropy"}}"#
		);
		Description::parse(json.as_bytes()).unwrap()
	}

	/// Images of two planes, with 2 x 3 values each.
	fn batch(images: usize) -> Batch {
		let column = |name: &str, shape: &[u64], bytes: Vec<u8>| ColumnValues {
			name: name.into(),
			dtype: Dtype::U8,
			shape: shape.to_vec(),
			bytes,
		};
		let image: Vec<u8> = (1..=12).collect();
		let columns = vec![column("x", &[2, 2, 3], image.repeat(images)), column("y", &[], vec![1; images])];
		Batch { len: images, columns }
	}

	fn augmented(text: &str, seed: u64) -> Batch {
		let mut batch = batch(200);
		let augmenter = Augmenter::new(text.parse().unwrap(), &description("[2, 2, 3]"), seed);
		augmenter.unwrap().unwrap().apply(&mut batch);
		batch
	}

	#[test]
	fn half_of_the_images_are_mirrored() {
		let flipped = augmented("flip", 1);
		let mirrored = [3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10];
		let original: Vec<u8> = (1..=12).collect();
		let images = flipped.columns[0].bytes.chunks_exact(12);
		assert!(images.clone().all(|image| image == mirrored || image == original));
		let count = images.filter(|image| *image == mirrored).count();
		assert!((70..130).contains(&count), "{count}");
		assert_eq!(flipped.columns[1], batch(200).columns[1]);
	}

	#[test]
	fn a_crop_moves_all_planes_of_an_image_alike() {
		let mut seen = std::collections::BTreeSet::new();
		for image in augmented("crop:1", 2).columns[0].bytes.chunks_exact(12) {
			let (first, second) = image.split_at(6);
			let moved: Vec<u8> = first.iter().map(|value| if *value == 0 { 0 } else { value + 6 }).collect();
			assert_eq!(second, moved);
			seen.insert(first.to_vec());
		}
		assert_eq!(seen.len(), 9, "three places each way");
		assert!(seen.contains(&vec![0, 0, 0, 0, 1, 2]) && seen.contains(&vec![5, 6, 0, 0, 0, 0]));
	}

	#[test]
	fn a_seed_gives_the_same_images() {
		let both = |seed| augmented("flip,crop:2", seed);
		assert_eq!(both(3), both(3));
		assert_ne!(both(3), both(4));
	}

	#[test]
	fn what_is_no_augmentation_or_no_image_is_refused() {
		let read = |text: &str| text.parse::<Augmentation>();
		assert_eq!(read("crop:4,flip").unwrap().to_string(), "flip,crop:4");
		for (text, said) in [("turn", "no augmentation"), ("crop", "no augmentation"), ("crop:0", "1 to 32")]
		{
			let error = read(text).unwrap_err().to_string();
			assert!(error.contains(said), "{error}");
		}
		let error = Augmenter::new(read("flip").unwrap(), &description("[12]"), 1).err().unwrap().to_string();
		assert!(error.contains("[channels, height, width]"), "{error}");
		assert!(Augmenter::new(Augmentation::default(), &description("[12]"), 1).unwrap().is_none());
	}
}
