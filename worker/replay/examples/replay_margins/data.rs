//! Data sets: pictures of blobs, tokens that follow from each other, and MNIST.

use crate::noise::Noise;
use anyhow::{ensure, Context, Result};
use descent_content::address;
use descent_dataset::{DeltaLimits, DeltaWriter, Schema, Set};
use std::{
	fs::{self, File},
	path::{Path, PathBuf},
};

/// Number of classes of pictures.
pub(crate) const CLASSES: u64 = 10;
/// Number of tokens.
pub(crate) const VOCABULARY: u64 = 64;
/// Number of blobs of a picture.
const BLOBS: u64 = 4;
/// Length of the head of an IDX file with pictures, and of one with labels.
const IDX: (usize, usize) = (16, 8);

/// A source of records.
#[derive(Clone, Debug)]
pub(crate) enum Source {
	/// Square pictures with so many pixels on a side. The class decides where blobs lie. They are shifted,
	/// noise is added, and one label of twenty is wrong.
	Blobs { side: u64 },
	/// Sequences of so many tokens. Most follow from the one or two before them.
	Tokens { length: u64 },
	/// The handwritten digits in a folder.
	Mnist { folder: PathBuf },
}

impl Source {
	/// Builds a data set of so many records in a folder of versions.
	pub(crate) fn build(&self, folder: &Path, schema: &Schema, records: u64) -> Result<Set> {
		let path = folder.join("delta.parquet");
		let mut writer = DeltaWriter::create(&path, schema)?;
		match self {
			Self::Blobs { side } => {
				(0..records).try_for_each(|number| writer.add(&blobs(*side, number)).map(drop))?;
			}
			Self::Tokens { length } => {
				(0..records).try_for_each(|number| writer.add(&tokens(*length, number)).map(drop))?;
			}
			Self::Mnist { folder } => {
				for record in digits(folder, usize::try_from(records)?)? {
					writer.add(&record)?;
				}
			}
		}
		writer.finish()?;
		let digest = address(File::open(&path)?)?.digest;
		let set = Set::apply(&folder.join("sets"), None, &path, digest, schema, &DeltaLimits::default())?;
		fs::remove_file(&path)?;
		Ok(set)
	}
}

/// Returns the pixels of a picture, and its label.
fn blobs(side: u64, number: u64) -> Vec<u8> {
	let mut noise = Noise::new(number);
	let class = noise.below(CLASSES);
	let width = side as f64;
	let shift = [noise.part() - 0.5, noise.part() - 0.5].map(|part| part * width / 5.0);
	let mut of_class = Noise::new(1 << 40 | class);
	let centres: Vec<_> = (0..BLOBS)
		.map(|_| {
			let [x, y] = [of_class.part(), of_class.part()].map(|part| (0.2 + 0.6 * part) * width);
			(x + shift[0], y + shift[1], 0.4 + 0.6 * noise.part())
		})
		.collect();
	let spread = width / 12.0;
	let mut record = Vec::new();
	for position in 0..side * side {
		let (x, y) = ((position % side) as f64, (position / side) as f64);
		let lights = centres.iter().map(|(u, v, light)| {
			light * (-((x - u).powi(2) + (y - v).powi(2)) / (2.0 * spread.powi(2))).exp()
		});
		let light = lights.sum::<f64>() + 0.5 * (noise.part() - 0.5);
		record.push((light.clamp(0.0, 1.0) * 255.0) as u8);
	}
	let wrong = noise.below(20) == 0;
	record.push(if wrong { noise.below(CLASSES) } else { class } as u8);
	record
}

/// Returns the tokens of a sequence, and the same beginning with the second.
fn tokens(length: u64, number: u64) -> Vec<u8> {
	let mut noise = Noise::new(number);
	let (mut before, mut last) = (noise.below(VOCABULARY), noise.below(VOCABULARY));
	let mut tokens = vec![last];
	for _ in 0..length {
		let next = match noise.below(10) {
			0..6 => Noise::new(1 << 40 | last).below(VOCABULARY),
			6..8 => Noise::new(1 << 41 | before << 8 | last).below(VOCABULARY),
			_ => noise.below(VOCABULARY),
		};
		(before, last) = (last, next);
		tokens.push(next);
	}
	let input = tokens.iter().take(tokens.len().saturating_sub(1));
	input.chain(tokens.iter().skip(1)).flat_map(|token| token.to_le_bytes()).collect()
}

/// Reads the first digits of MNIST, with their labels.
fn digits(folder: &Path, records: usize) -> Result<Vec<Vec<u8>>> {
	let read = |name: &str| {
		let path = folder.join(name);
		fs::read(&path).with_context(|| format!("{} could not be read", path.display()))
	};
	let (pictures, labels) = (read("train-images-idx3-ubyte")?, read("train-labels-idx1-ubyte")?);
	let (pictures, labels) = (pictures.get(IDX.0..), labels.get(IDX.1..));
	let (pictures, labels) = pictures.zip(labels).context("MNIST's files are too short")?;
	let pictures = pictures.chunks_exact(28 * 28);
	ensure!(pictures.len() == labels.len(), "MNIST's files have different numbers of records");
	let records = pictures.zip(labels).take(records);
	Ok(records.map(|(picture, label)| [picture, &[*label]].concat()).collect())
}
