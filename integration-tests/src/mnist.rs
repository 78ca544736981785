//! MNIST: 60,000 and 10,000 images of handwritten digits (LeCun, Cortes and Burges).

use crate::{repository, Binary};
use anyhow::{ensure, Context, Result};
use std::{
	ops::Range,
	path::{Path, PathBuf},
	process::{Command, Stdio},
};

/// Number of images that are proposed to be added.
pub const PROPOSED: u32 = 5_000;

/// MNIST as delta files.
#[derive(Clone, Debug)]
pub struct Mnist {
	/// The model description: a perceptron with one hidden layer of 128.
	pub model: PathBuf,
	/// Path of the first training images.
	pub dataset: PathBuf,
	/// Path of the 5,000 training images after them.
	pub more: PathBuf,
	/// Path of the same 5,000 images with wrong labels.
	pub mislabelled: PathBuf,
	/// Path of the last 5,000 training images.
	pub validation: PathBuf,
	/// Path of the 10,000 test images.
	pub test: PathBuf,
}

/// The original images and labels, in IDX files.
#[derive(Clone, Debug)]
pub struct Images {
	folder: PathBuf,
}

impl Images {
	/// Fetches the images with `scripts/mnist` to `$DESCENT_CACHE/mnist`, unless they are there.
	///
	/// # Errors
	/// Fails if they cannot be fetched, with a remedy.
	pub fn fetch() -> Result<Self> {
		let cache = std::env::var_os("DESCENT_CACHE")
			.map(PathBuf::from)
			.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache/descent")));
		let folder = cache
			.context("neither DESCENT_CACHE nor HOME is set: say where MNIST is to be kept")?
			.join("mnist");
		let mut fetch = Command::new(repository("scripts/mnist"));
		succeed(fetch.arg(&folder), "scripts/mnist")?;
		Ok(Self { folder })
	}

	/// Folder of the IDX files.
	pub fn folder(&self) -> &Path {
		&self.folder
	}

	/// Returns the path of the model description: a perceptron with one hidden layer of 128.
	pub fn model(&self) -> PathBuf {
		repository("integration-tests/models/mnist.json")
	}

	/// Writes a delta that adds the images of a range, with `descent dataset build`. `set` is `train` or
	/// `t10k`.
	///
	/// # Errors
	/// Fails if they cannot be converted.
	pub fn delta(&self, set: &str, range: Range<u32>, out: &Path) -> Result<()> {
		let labels = self.folder.join(format!("{set}-labels-idx1-ubyte"));
		self.build(set, &labels, range, out)
	}

	/// Writes a delta that adds the training images of a range, each with the label of the next digit.
	///
	/// # Errors
	/// Fails if they cannot be converted.
	pub fn mislabelled(&self, range: Range<u32>, out: &Path) -> Result<()> {
		/// Number of bytes of the header of an IDX file with one dimension: magic number and length.
		const HEADER: usize = 8;
		let mut labels = std::fs::read(self.folder.join("train-labels-idx1-ubyte"))?;
		let values = labels.get_mut(HEADER..).context("the file of labels is cut off")?;
		values.iter_mut().for_each(|label| *label = (*label + 1) % 10);
		let file = out.with_extension("labels");
		std::fs::write(&file, labels)?;
		self.build("train", &file, range, out)
	}

	fn build(&self, set: &str, labels: &Path, range: Range<u32>, out: &Path) -> Result<()> {
		let mut build = Command::new(Binary::Cli.path()?);
		build.args(["--json", "dataset", "build"]);
		build.arg("--images").arg(self.folder.join(format!("{set}-images-idx3-ubyte")));
		build.arg("--labels").arg(labels);
		build.args(["--from", &range.start.to_string(), "--to", &range.end.to_string()]);
		build.arg("--description").arg(self.model()).arg("--out").arg(out);
		succeed(&mut build, "descent dataset build")
	}
}

/// Writes a data set of the first `training` training images, and the delta files that go with it.
///
/// # Errors
/// Fails if the images cannot be fetched or converted, with a remedy.
pub fn prepare(folder: &Path, training: u32) -> Result<Mnist> {
	let images = Images::fetch()?;
	std::fs::create_dir_all(folder)?;
	let mnist = Mnist {
		model: images.model(),
		dataset: folder.join("mnist.parquet"),
		more: folder.join("mnist-more.parquet"),
		mislabelled: folder.join("mnist-mislabelled.parquet"),
		validation: folder.join("mnist-validation.parquet"),
		test: folder.join("mnist-test.parquet"),
	};
	images.delta("train", 0..training, &mnist.dataset)?;
	images.delta("train", training..training + PROPOSED, &mnist.more)?;
	images.mislabelled(training..training + PROPOSED, &mnist.mislabelled)?;
	images.delta("train", 55_000..60_000, &mnist.validation)?;
	images.delta("t10k", 0..10_000, &mnist.test)?;
	Ok(mnist)
}

fn succeed(command: &mut Command, what: &str) -> Result<()> {
	let output =
		command.stdin(Stdio::null()).output().with_context(|| format!("{what} cannot be started"))?;
	ensure!(output.status.success(), "{what} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
	Ok(())
}
