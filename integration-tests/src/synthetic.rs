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
	let description = Description::parse(MODEL.as_bytes())?;
	let mut points = Points(0x9e37_79b9_7f4a_7c15);
	for (path, records) in [(&files.dataset, 512), (&files.validation, 128)] {
		let mut writer = DeltaWriter::create(path, &description.schema())?;
		for index in 0..records {
			writer.add(&points.record(index % 2 == 1))?;
		}
		writer.finish()?;
	}
	Ok(files)
}

/// Writes the description of another model for the same data, with a hidden layer, into a folder.
///
/// # Errors
/// Fails if it cannot be written.
pub fn write_wider_model(folder: &Path) -> Result<PathBuf> {
	const LAYERS: &str = r#"[{"type": "linear", "out": 2}]"#;
	const WIDER: &str = r#"[{"type": "linear", "out": 16}, {"type": "tanh"}, {"type": "linear", "out": 2}]"#;
	let path = folder.join("two-clouds-wider.json");
	std::fs::write(&path, MODEL.replace(LAYERS, WIDER))?;
	Ok(path)
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

	/// Returns the canonical bytes of a record: a point right of the gap for class 1, left of it for class 0.
	fn record(&mut self, right: bool) -> Vec<u8> {
		let side = if right { 1.0 } else { -1.0 };
		let x = side * (0.25 + self.uniform());
		let y = 2.0 * self.uniform() - 1.0;
		[&x.to_le_bytes()[..], &y.to_le_bytes(), &[u8::from(right)]].concat()
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
	fn is_always_the_same() {
		let [first, second] = [(); 2].map(|()| tempfile::tempdir().unwrap());
		let [first, second] = [&first, &second].map(|folder| write(folder.path()).unwrap());
		assert_eq!(std::fs::read(&first.dataset).unwrap(), std::fs::read(&second.dataset).unwrap());
		assert_ne!(std::fs::read(&first.dataset).unwrap(), std::fs::read(&first.validation).unwrap());
	}
}
