//! Output on a terminal: results on standard output, logs and progress on standard error, without mixing
//! them.

use crate::visible_line;
use clap::ValueEnum;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde::Serialize;
use std::{
	fmt,
	io::{self, IsTerminal, Write},
	sync::OnceLock,
	time::Duration,
};
use tracing::field::Field;
use tracing_subscriber::{
	field::MakeExt,
	fmt::format::{self, Writer},
	EnvFilter,
};

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

/// Form of the logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
	/// Lines of text, in colour on a terminal.
	#[default]
	Text,
	/// Lines of JSON.
	Json,
}

/// Starts logging to standard error as text, filtered by `RUST_LOG` or else by `level`.
pub fn start_logging(level: &str, with_time: bool) {
	start_logging_as(LogFormat::Text, level, with_time);
}

/// Starts logging to standard error, filtered by `RUST_LOG` or else by `level`. JSON always has the time.
/// Escape sequences in what is logged, which may come from strangers, are made visible.
pub fn start_logging_as(format: LogFormat, level: &str, with_time: bool) {
	let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
	let logs = tracing_subscriber::fmt()
		.with_env_filter(filter)
		.with_writer(|| Log)
		.with_ansi(io::stderr().is_terminal())
		.with_target(false);
	let fields = format::debug_fn(write_field).delimited(" ");
	match format {
		LogFormat::Json => logs.json().flatten_event(true).init(),
		LogFormat::Text if with_time => logs.fmt_fields(fields).init(),
		LogFormat::Text => logs.fmt_fields(fields).without_time().init(),
	}
}

/// Writes a field of a log line.
fn write_field(writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
	let text = format!("{value:?}");
	let text = visible_line(&text);
	match field.name() {
		"message" => write!(writer, "{text}"),
		name => write!(writer, "{}={text}", name.trim_start_matches("r#")),
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

#[cfg(test)]
mod tests {
	use super::*;
	use std::sync::{Arc, Mutex};

	#[derive(Clone, Default)]
	struct Written(Arc<Mutex<Vec<u8>>>);

	impl Write for Written {
		fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
			self.0.lock().unwrap().extend(bytes);
			Ok(bytes.len())
		}

		fn flush(&mut self) -> io::Result<()> {
			Ok(())
		}
	}

	#[test]
	fn escape_sequences_are_not_logged() {
		let written = Written::default();
		let writer = written.clone();
		let logs = tracing_subscriber::fmt()
			.with_ansi(false)
			.with_writer(move || writer.clone())
			.fmt_fields(format::debug_fn(write_field).delimited(" "))
			.finish();
		tracing::subscriber::with_default(logs, || {
			let hostile = "\u{1b}[2J\n2026 ERROR forged";
			tracing::info!(%hostile, number = 3, "said {hostile}");
		});
		let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
		assert!(text.contains("said \u{fffd}[2J 2026") && text.contains("number=3"), "{text}");
		assert!(!text.contains('\u{1b}') && text.lines().count() == 1, "{text}");
	}
}
