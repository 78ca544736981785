//! The same work in a process of PyTorch.

use descent_bench::Outcome;
use descent_dataset::{Batch, Description};
use serde_json::{json, Value};
use std::{
	fs,
	io::{BufRead, BufReader, Write},
	path::{Path, PathBuf},
	process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// A process of PyTorch. It ends when this is dropped.
pub(crate) struct PyTorch {
	child: Child,
	orders: ChildStdin,
	answers: BufReader<ChildStdout>,
	folder: tempfile::TempDir,
}

impl PyTorch {
	/// Starts it. A checkpoint is loaded into each model.
	pub(crate) fn start(threads: usize, options: &[&str]) -> Outcome<Self> {
		let model = Path::new(env!("CARGO_MANIFEST_DIR"));
		let mut command = Command::new(descent_testing::python());
		command.arg(model.join("examples/shared/pytorch.py")).arg(threads.to_string());
		command.args(options).env("PYTHONPATH", model.join("../../python/src"));
		command.env("OMP_NUM_THREADS", threads.to_string());
		let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
		let orders = child.stdin.take().ok_or("PyTorch has no input")?;
		let answers = BufReader::new(child.stdout.take().ok_or("PyTorch has no output")?);
		Ok(Self { child, orders, answers, folder: tempfile::tempdir()? })
	}

	/// Builds a model and its batch. A checkpoint, as safetensors, gives it weights.
	pub(crate) fn build(
		&mut self,
		description: &Description,
		batch: &Batch,
		checkpoint: Option<&Path>,
	) -> Outcome<()> {
		let file = |name: &str, column: usize| -> Outcome<PathBuf> {
			let path = self.folder.path().join(name);
			fs::write(&path, &batch.columns[column].bytes)?;
			Ok(path)
		};
		let (input, target) = (file("input", 0)?, file("target", 1)?);
		let model = description.document();
		let order = json!({ "model": model, "records": batch.len, "input": input, "target": target,
			"checkpoint": checkpoint });
		self.ask(&order).map(drop)
	}

	/// Sends an order. Returns its answer.
	pub(crate) fn ask(&mut self, order: &Value) -> Outcome<f64> {
		writeln!(self.orders, "{order}")?;
		let mut answer = String::new();
		self.answers.read_line(&mut answer)?;
		answer.trim().parse().map_err(|_| "PyTorch has ended: its error is above".into())
	}
}

impl Drop for PyTorch {
	fn drop(&mut self) {
		let _ = self.child.kill();
		let _ = self.child.wait();
	}
}
