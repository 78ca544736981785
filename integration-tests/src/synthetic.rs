//! A small data set that is fast to train on and to evaluate.

use anyhow::Result;
use descent_dataset::{DeltaWriter, Description};
use std::path::{Path, PathBuf};

/// A classifier of points in the plane: one linear layer, six parameters.
pub const MODEL: &str = r#"{
  "descent": 1,
  "name": "two-clouds",
  "inputs": [{"column": "x", "dtype": "f32", "shape": [2]}],
  "target": {"column": "y", "dtype": "u8", "shape": [], "classes": 2},
  "layers": [{"type": "linear", "out": 2}],
  "loss": "cross_entropy"
}
"#;

/// State in which the stream of the points of test sets begins.
const TEST_SETS: u64 = 0xbf58_476d_1ce4_e5b9;

/// Files of a group's first data.
#[derive(Clone, Debug)]
pub struct Files {
	/// Path of the model description.
	pub model: PathBuf,
	/// Path of the first delta.
	pub dataset: PathBuf,
	/// Path of the validation set.
	pub validation: PathBuf,
}

/// Writes a model description, a delta of 512 records and a validation set of 128 into a folder. The two
/// classes are clouds with a gap between them, so that no linear classifier is the best one and the loss can
/// always fall further.
///
/// # Errors
/// Fails if the files cannot be written.
pub fn write(folder: &Path) -> Result<Files> {
	let files = Files {
		model: folder.join("two-clouds.json"),
		dataset: folder.join("two-clouds.parquet"),
		validation: folder.join("two-clouds-validation.parquet"),
	};
	std::fs::write(&files.model, MODEL)?;
	for (path, points) in [&files.dataset, &files.validation].into_iter().zip(points()) {
		write_points(path, points)?;
	}
	Ok(files)
}

/// Writes this many test sets of 128 records into a folder. They have points of the same clouds, and none of
/// those of [`write()`].
///
/// # Errors
/// Fails if the files cannot be written.
pub fn write_test_sets(folder: &Path, sets: usize) -> Result<Vec<PathBuf>> {
	let mut stream = Points(TEST_SETS);
	let mut paths = Vec::new();
	for number in 0..sets {
		let path = folder.join(format!("two-clouds-test-{number}.parquet"));
		write_points(&path, stream.take(128))?;
		paths.push(path);
	}
	Ok(paths)
}

/// Writes a delta that adds these points.
fn write_points(path: &Path, points: Vec<Point>) -> Result<()> {
	let description = Description::parse(MODEL.as_bytes())?;
	let mut writer = DeltaWriter::create(path, &description.schema())?;
	for point in points {
		writer.add(&point.record())?;
	}
	writer.finish()?;
	Ok(())
}

/// Returns the points of the first delta, and those of the validation set.
fn points() -> [Vec<Point>; 2] {
	let mut stream = Points(0x9e37_79b9_7f4a_7c15);
	[512, 128].map(|records| stream.take(records))
}

/// Returns the mean cross-entropy of a model on the validation set, in natural units. `logits` is the model:
/// it maps a point to the logits of the two classes. Everything is computed in f64 and in order, as
/// evaluators do, but by the standard library alone.
pub fn loss(logits: impl Fn([f64; 2]) -> [f64; 2]) -> f64 {
	let [_, validation] = points();
	let of = |point: &Point| {
		let [left, right] = logits([point.x, point.y].map(f64::from));
		let excess = if point.right { left - right } else { right - left };
		// ln(1 + e^excess) without an overflow.
		excess.max(0.0) + (-excess.abs()).exp().ln_1p()
	};
	let total = validation.iter().map(of).sum::<f64>();
	total / validation.len() as f64
}

/// Writes the description of another model for the same data, with a hidden layer, into a folder.
///
/// # Errors
/// Fails if it cannot be written.
pub fn write_wider_model(folder: &Path) -> Result<PathBuf> {
	let path = folder.join("two-clouds-wider.json");
	std::fs::write(&path, wider_model())?;
	Ok(path)
}

/// Returns the description of [`write_wider_model`].
pub fn wider_model() -> String {
	const LAYERS: &str = r#"[{"type": "linear", "out": 2}]"#;
	const WIDER: &str = r#"[{"type": "linear", "out": 16}, {"type": "tanh"}, {"type": "linear", "out": 2}]"#;
	MODEL.replace(LAYERS, WIDER)
}

/// A point of the plane and its class: right of the gap, or left of it.
#[derive(Clone, Copy, Debug)]
struct Point {
	x: f32,
	y: f32,
	right: bool,
}

impl Point {
	/// Returns the canonical bytes of the record.
	fn record(&self) -> Vec<u8> {
		[&self.x.to_le_bytes()[..], &self.y.to_le_bytes(), &[u8::from(self.right)]].concat()
	}
}

/// A stream of points, always the same (xorshift64, Marsaglia 2003).
struct Points(u64);

impl Points {
	/// Returns a number that is uniform in `[0, 1)`.
	fn uniform(&mut self) -> f32 {
		self.0 ^= self.0 << 13;
		self.0 ^= self.0 >> 7;
		self.0 ^= self.0 << 17;
		f32::from((self.0 >> 48) as u16) / 65_536.0
	}

	/// Returns the next points, of both classes in turn.
	fn take(&mut self, records: usize) -> Vec<Point> {
		(0..records).map(|index| self.next(index % 2 == 1)).collect()
	}

	/// Returns the next point: right of the gap for class 1, left of it for class 0.
	fn next(&mut self, right: bool) -> Point {
		let side = if right { 1.0 } else { -1.0 };
		let x = side * (0.25 + self.uniform());
		Point { x, y: 2.0 * self.uniform() - 1.0, right }
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_wider_model_is_another_for_the_same_data() {
		let folder = tempfile::tempdir().unwrap();
		let wider = std::fs::read(write_wider_model(folder.path()).unwrap()).unwrap();
		let [model, wider] = [MODEL.as_bytes(), &wider].map(|json| Description::parse(json).unwrap());
		assert_ne!(model, wider);
		assert_eq!(model.schema(), wider.schema());
	}

	#[test]
	fn the_loss_of_a_model_that_says_nothing_is_ln_2_and_falls_with_what_it_says() {
		assert!((loss(|_| [7.0, 7.0]) - std::f64::consts::LN_2).abs() < 1e-15);
		let [weak, strong, wrong] = [1.0, 2.0, -1e6].map(|weight| loss(|[x, _]| [-weight * x, weight * x]));
		assert!(strong < weak && weak < std::f64::consts::LN_2 && wrong > 1e5, "{weak} {strong} {wrong}");
	}

	#[test]
	fn is_always_the_same() {
		let [first, second] = [(); 2].map(|()| tempfile::tempdir().unwrap());
		let [first, second] = [&first, &second].map(|folder| write(folder.path()).unwrap());
		assert_eq!(std::fs::read(&first.dataset).unwrap(), std::fs::read(&second.dataset).unwrap());
		assert_ne!(std::fs::read(&first.dataset).unwrap(), std::fs::read(&first.validation).unwrap());
	}

	#[test]
	fn no_point_is_in_two_sets() {
		let mut stream = Points(TEST_SETS);
		let mut records: Vec<_> = points().into_iter().flatten().chain(stream.take(5 * 128)).collect();
		records.sort_by_key(|point| point.record());
		assert!(records.windows(2).all(|pair| pair[0].record() != pair[1].record()));
	}
}
