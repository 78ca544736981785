//! MNIST: 60,000 and 10,000 images of handwritten digits (LeCun, Cortes and Burges).

use crate::Binary;
use anyhow::{ensure, Context, Result};
use std::{
	path::{Path, PathBuf},
	process::{Command, Stdio},
};

/// How many of the training images are trained on; the others make the validation set.
const TRAINING: u32 = 55_000;

/// MNIST as delta files.
#[derive(Clone, Debug)]
pub struct Mnist {
	/// The model description: a perceptron with one hidden layer of 128.
	pub model: PathBuf,
	/// The first 55,000 training images.
	pub dataset: PathBuf,
	/// The last 5,000 training images.
	pub validation: PathBuf,
	/// The 10,000 test images.
	pub test: PathBuf,
}

/// Fetches the images with `scripts/mnist`, unless they are there, and converts them with `descent dataset mnist`. The
/// images are kept in `$DESCENT_CACHE/mnist`; the delta files go to `folder`.
///
/// # Errors
/// Where the images can't be had or not be converted, with what helps.
pub fn prepare(folder: &Path) -> Result<Mnist> {
	let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
	let cache = std::env::var_os("DESCENT_CACHE")
		.map(PathBuf::from)
		.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache/descent")));
	let images = cache
		.context("neither DESCENT_CACHE nor HOME is set: say where MNIST is to be kept")?
		.join("mnist");
	succeed(
		Command::new(repository.join("scripts/mnist")).arg(&images),
		"scripts/mnist",
	)?;
	std::fs::create_dir_all(folder)?;
	let mnist = Mnist {
		model: repository.join("integration-tests/models/mnist.json"),
		dataset: folder.join("mnist.parquet"),
		validation: folder.join("mnist-validation.parquet"),
		test: folder.join("mnist-test.parquet"),
	};
	for (out, set, from, to) in [
		(&mnist.dataset, "train", 0, TRAINING),
		(&mnist.validation, "train", TRAINING, 60_000),
		(&mnist.test, "t10k", 0, 10_000),
	] {
		let mut convert = Command::new(Binary::Cli.path()?);
		convert.args(["--json", "dataset", "mnist"]);
		convert
			.arg("--images")
			.arg(images.join(format!("{set}-images-idx3-ubyte")));
		convert
			.arg("--labels")
			.arg(images.join(format!("{set}-labels-idx1-ubyte")));
		convert.args(["--from", &from.to_string(), "--to", &to.to_string()]);
		convert
			.arg("--description")
			.arg(&mnist.model)
			.arg("--out")
			.arg(out);
		succeed(&mut convert, "descent dataset mnist")?;
	}
	Ok(mnist)
}

fn succeed(command: &mut Command, what: &str) -> Result<()> {
	let output = command
		.stdin(Stdio::null())
		.output()
		.with_context(|| format!("{what} cannot be started"))?;
	ensure!(
		output.status.success(),
		"{what} failed: {}",
		String::from_utf8_lossy(&output.stderr).trim()
	);
	Ok(())
}
