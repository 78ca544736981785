//! Processes, and what they take.

use crate::Outcome;
use std::{
	fs,
	process::{Child, Command, Stdio},
	thread,
	time::{Duration, Instant},
};

/// Time between two looks at a process's memory.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Time and memory of a process.
pub(crate) struct Taken {
	pub(crate) seconds: f64,
	/// Most memory in MiB.
	pub(crate) memory: f64,
}

/// Runs a process to its end.
pub(crate) fn run(command: &mut Command) -> Outcome<Taken> {
	let started = Instant::now();
	let mut child = command.stdout(Stdio::null()).spawn()?;
	let mut memory = 0.0;
	let status = loop {
		if let Some(status) = child.try_wait()? {
			break status;
		}
		memory = peak(&child).unwrap_or(memory);
		thread::sleep(LOOK_EVERY);
	};
	let seconds = started.elapsed().as_secs_f64();
	match status.success() {
		true => Ok(Taken { seconds, memory }),
		false => Err(format!("{command:?} ended with {status}").into()),
	}
}

/// Returns the most memory that a process has had, in MiB.
fn peak(child: &Child) -> Option<f64> {
	let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
	let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
	line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kibibytes| kibibytes / 1024.0)
}
