//! The same training in a process of PyTorch.

use crate::Outcome;
use descent_dataset::{Batch, Description};
use serde_json::{json, Value};
use std::{
	fs,
	io::{BufRead, BufReader, Write},
	path::{Path, PathBuf},
	process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// A process of PyTorch. It ends when this is dropped.
pub(crate) struct Eager {
	child: Child,
	orders: ChildStdin,
	answers: BufReader<ChildStdout>,
	folder: tempfile::TempDir,
}

impl Eager {
	pub(crate) fn start(threads: usize, compiles: bool) -> Outcome<Self> {
		let model = Path::new(env!("CARGO_MANIFEST_DIR"));
		let mut command = Command::new(descent_testing::python());
		command.arg(model.join("examples/trainer_speed/eager.py")).arg(threads.to_string());
		command.args(compiles.then_some("--compile")).env("PYTHONPATH", model.join("../../python/src"));
		command.env("OMP_NUM_THREADS", threads.to_string());
		let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
		let orders = child.stdin.take().ok_or("PyTorch has no input")?;
		let answers = BufReader::new(child.stdout.take().ok_or("PyTorch has no output")?);
		Ok(Self { child, orders, answers, folder: tempfile::tempdir()? })
	}

	/// Builds a model and its batch.
	pub(crate) fn build(&mut self, description: &Description, batch: &Batch) -> Outcome<()> {
		let file = |name: &str, column: usize| -> Outcome<PathBuf> {
			let path = self.folder.path().join(name);
			fs::write(&path, &batch.columns[column].bytes)?;
			Ok(path)
		};
		let (input, target) = (file("input", 0)?, file("target", 1)?);
		let model = description.document();
		let order = json!({ "model": model, "records": batch.len, "input": input, "target": target });
		self.ask(&order).map(drop)
	}

	/// Makes so many steps. Returns the seconds of one.
	pub(crate) fn step(&mut self, steps: u32) -> Outcome<f64> {
		Ok(self.ask(&json!({ "steps": steps }))? / f64::from(steps))
	}

	fn ask(&mut self, order: &Value) -> Outcome<f64> {
		writeln!(self.orders, "{order}")?;
		let mut answer = String::new();
		self.answers.read_line(&mut answer)?;
		answer.trim().parse().map_err(|_| "PyTorch has ended: its error is above".into())
	}
}

impl Drop for Eager {
	fn drop(&mut self) {
		let _ = self.child.kill();
		let _ = self.child.wait();
	}
}
