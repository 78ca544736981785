//! Output on a terminal: results on standard output, logs and progress on standard error, without mixing
//! them.

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde::Serialize;
use std::{
	io::{self, IsTerminal, Write},
	sync::OnceLock,
	time::Duration,
};
use tracing_subscriber::EnvFilter;

fn bars() -> &'static MultiProgress {
	static BARS: OnceLock<MultiProgress> = OnceLock::new();
	BARS.get_or_init(MultiProgress::new)
}

/// Standard error. Progress bars are hidden while it is written to.
struct Log;

impl Write for Log {
	fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
		bars().suspend(|| io::stderr().write(bytes))
	}

	fn flush(&mut self) -> io::Result<()> {
		io::stderr().flush()
	}
}

/// Starts logging to standard error, filtered by `RUST_LOG` or else by `level`.
pub fn start_logging(level: &str, with_time: bool) {
	let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
	let logs = tracing_subscriber::fmt()
		.with_env_filter(filter)
		.with_writer(|| Log)
		.with_ansi(io::stderr().is_terminal())
		.with_target(false);
	if with_time {
		logs.init();
	} else {
		logs.without_time().init();
	}
}

/// Creates a spinner, which is shown if standard error is a terminal.
pub fn spinner() -> ProgressBar {
	let style =
		ProgressStyle::with_template("{spinner} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
	let spinner = bars().add(ProgressBar::new_spinner().with_style(style));
	spinner.enable_steady_tick(Duration::from_millis(200));
	spinner
}

/// Prints a line on standard output. A closed output is not an error.
pub fn line(text: &str) {
	bars().suspend(|| {
		let mut out = io::stdout().lock();
		let _ = writeln!(out, "{text}").and_then(|()| out.flush());
	});
}

/// Prints a value as a line of JSON on standard output.
pub fn json(value: &impl Serialize) {
	match serde_json::to_string(value) {
		Ok(text) => line(&text),
		Err(error) => tracing::error!("cannot be written as JSON: {error}"),
	}
}
