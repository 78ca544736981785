//! The machine that measures, and the versions of what is measured.

use descent_bench::Outcome;
use serde::Serialize;
use std::{fmt, fs, process::Command};

#[derive(Serialize)]
pub(crate) struct Machine {
	pub processor: String,
	/// Number of threads that it computes at a time.
	pub threads: usize,
	/// Memory in GiB.
	pub memory_gib: f64,
	pub system: String,
	/// The day, as year, month and day.
	pub day: String,
	pub descent: &'static str,
	pub pytorch: String,
}

impl Machine {
	/// Describes this machine.
	pub(crate) fn this() -> Outcome<Self> {
		let field = |text: &str, name: &str| {
			let line = text.lines().find(|line| line.starts_with(name))?;
			Some(line.split_once(':')?.1.trim().to_owned())
		};
		let processor = field(&fs::read_to_string("/proc/cpuinfo")?, "model name");
		let memory = field(&fs::read_to_string("/proc/meminfo")?, "MemTotal").ok_or("no size of memory")?;
		let kib: f64 = memory.trim_end_matches("kB").trim().parse()?;
		let python = std::env::var_os("DESCENT_PYTHON").unwrap_or("python3".into());
		Ok(Self {
			processor: processor.unwrap_or_else(|| "unknown processor".into()),
			threads: std::thread::available_parallelism()?.get(),
			memory_gib: (kib / 1_048_576.0).round(),
			system: said(Command::new("uname").arg("-sr"))?,
			day: said(Command::new("date").arg("+%F"))?,
			descent: env!("CARGO_PKG_VERSION"),
			pytorch: said(Command::new(python).args(["-c", "import torch; print(torch.__version__)"]))?,
		})
	}
}

/// Returns what a program prints.
fn said(command: &mut Command) -> Outcome<String> {
	let output = command.output()?;
	if !output.status.success() {
		return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
	}
	Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

impl fmt::Display for Machine {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		let Self { processor, threads, memory_gib, system, day, descent, pytorch } = self;
		write!(
			f,
			"{processor}, {threads} threads, {memory_gib} GiB, {system}; Descent {descent}, PyTorch \
			 {pytorch}; {day}"
		)
	}
}
