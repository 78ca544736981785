//! Printing of results, notes and errors.

use crate::{failure::Failure, hints::hint_of};
use anyhow::{Error, Result};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::{
	io::{self, IsTerminal, Write},
	time::Duration,
};

/// The form in which a command prints.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
	json: bool,
	colour: bool,
}

/// A way to set off a piece of text on a terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Style {
	Bold,
	Dim,
	Good,
	Bad,
}

impl Output {
	/// Text, coloured on a terminal unless `NO_COLOR` is set, or JSON.
	pub(crate) fn new(json: bool) -> Self {
		let colour = !json && io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
		Self { json, colour }
	}

	/// Prints a result: `value` as one line of JSON, or the text that `human` makes of it.
	pub(crate) fn print<T: Serialize>(&self, value: &T, human: impl FnOnce(&Self) -> String) -> Result<()> {
		let text = if self.json { serde_json::to_string(value)? } else { human(self) };
		let mut stdout = io::stdout().lock();
		writeln!(stdout, "{}", text.trim_end())?;
		stdout.flush()?;
		Ok(())
	}

	/// Prints a note that is not part of the result, for people only.
	pub(crate) fn note(&self, text: &str) {
		if !self.json {
			eprintln!("{text}");
		}
	}

	/// Prints the error of a command that failed.
	pub(crate) fn error(&self, error: &Error) {
		// Nothing is left to be done where stderr is closed.
		let _ = writeln!(io::stderr(), "{}", self.error_text(error));
	}

	/// Prints the error of a command line that was not understood.
	pub(crate) fn usage(&self, error: &clap::Error) {
		let text = error.to_string();
		let message = usage_text(&text);
		let text = match self.json {
			true => serde_json::json!({ "error": message, "code": "Usage" }).to_string(),
			false => format!("error: {message}"),
		};
		// Nothing is left to be done where stderr is closed.
		let _ = writeln!(io::stderr(), "{text}");
	}

	/// The text of an error. In JSON its kind is a field, and its hint, if it has one, the field `advice`;
	/// for people the hint is a line of its own.
	fn error_text(&self, error: &Error) -> String {
		let message = message(error);
		match (self.json, hint_of(error)) {
			(true, advice) => {
				let code = Failure::of(error).code;
				let mut json = serde_json::json!({ "error": message, "code": code });
				if let Some(advice) = advice {
					json["advice"] = advice.into();
				}
				json.to_string()
			}
			(false, None) => format!("error: {message}"),
			(false, Some(hint)) => {
				let message = message.strip_suffix(hint).unwrap_or(&message).trim_end();
				format!("error: {message}\nhint: {hint}")
			}
		}
	}

	/// Text as it is set off on a terminal.
	pub(crate) fn paint(&self, style: Style, text: &str) -> String {
		let code = match style {
			Style::Bold => "1",
			Style::Dim => "2",
			Style::Good => "32",
			Style::Bad => "31",
		};
		if self.colour {
			format!("\x1b[{code}m{text}\x1b[0m")
		} else {
			text.into()
		}
	}

	/// A spinner on stderr, shown on a terminal only.
	pub(crate) fn spinner(&self, message: &str) -> ProgressBar {
		let spinner = self.bar(ProgressBar::new_spinner());
		spinner.set_message(message.to_string());
		spinner.enable_steady_tick(Duration::from_millis(100));
		spinner
	}

	/// A progress bar over bytes on stderr, shown on a terminal only.
	pub(crate) fn byte_bar(&self, total: u64, message: &str) -> ProgressBar {
		let bar = self.bar(ProgressBar::new(total));
		let style = ProgressStyle::with_template(
			"{msg} [{bar:30}] {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta}",
		);
		if let Ok(style) = style {
			bar.set_style(style);
		}
		bar.set_message(message.to_string());
		bar
	}

	/// A progress bar over records on stderr, shown on a terminal only.
	pub(crate) fn count_bar(&self, total: u64, message: &str) -> ProgressBar {
		let bar = self.bar(ProgressBar::new(total));
		if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} {eta}") {
			bar.set_style(style);
		}
		bar.set_message(message.to_string());
		bar
	}

	fn bar(&self, bar: ProgressBar) -> ProgressBar {
		if self.json {
			bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
		}
		bar
	}
}

/// The message of clap, without the prefix that an error of ours gets.
fn usage_text(text: &str) -> &str {
	let text = text.trim();
	text.strip_prefix("error: ").unwrap_or(text)
}

/// An error and its causes in one line. A cause that the text before it repeats already is left out.
fn message(error: &Error) -> String {
	let mut text = String::new();
	for cause in error.chain() {
		let cause = cause.to_string();
		if text.is_empty() {
			text = cause;
		} else if !text.contains(&cause) {
			text = format!("{text}: {cause}");
		}
	}
	// A cause may hold a stranger's text, as the name of a delta's column.
	text.replace(|c: char| c.is_control() && c != '\n', "\u{fffd}")
}

/// Returns true if the reader of our output went away, which is not a failure of ours.
pub(crate) fn is_broken_pipe(error: &Error) -> bool {
	error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Text that strangers wrote, without what could steer a terminal.
pub(crate) fn plain(text: &str) -> String {
	text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::hints::failed;
	use anyhow::anyhow;
	use descent_client::CallError;

	#[test]
	fn errors_have_one_shape_each() {
		let error = anyhow!("inner").context("outer");
		let json = Output { json: true, colour: false }.error_text(&error);
		assert_eq!(json, r#"{"code":"Failed","error":"outer: inner"}"#);
		assert_eq!(Output { json: false, colour: false }.error_text(&error), "error: outer: inner");
	}

	#[test]
	fn hints_have_their_own_line() {
		let call = CallError { pallet: "Session".into(), name: "NoKeys".into(), doc: "No keys.".into() };
		let error = failed(call).context("validating");
		let hint = hint_of(&error).unwrap();
		let said = "validating: the call failed: Session::NoKeys: No keys.";
		let text = Output { json: false, colour: false }.error_text(&error);
		assert_eq!(text, format!("error: {said}\nhint: {hint}"));
		let json = Output { json: true, colour: false }.error_text(&error);
		let json: serde_json::Value = serde_json::from_str(&json).unwrap();
		let expected = serde_json::json!({
			"error": format!("{said} {hint}"), "code": "Session::NoKeys", "advice": hint,
		});
		assert_eq!(json, expected);
	}

	#[test]
	fn wrong_usage_reads_as_any_error() {
		assert_eq!(
			usage_text("error: unexpected argument '--x' found\n\nUsage: descent\n"),
			"unexpected argument '--x' found\n\nUsage: descent"
		);
		assert_eq!(usage_text("Groups, rounds"), "Groups, rounds");
	}

	#[test]
	fn causes_are_said_once() {
		let error = anyhow!("file k: not found").context("file k: not found").context("outer");
		assert_eq!(message(&error), "outer: file k: not found");
		assert_eq!(message(&anyhow!("column \u{1b}[2J")), "column \u{fffd}[2J");
	}

	#[test]
	fn colour_is_for_terminals() {
		assert_eq!(Output { json: false, colour: false }.paint(Style::Good, "won"), "won");
		assert_eq!(Output { json: false, colour: true }.paint(Style::Good, "won"), "\x1b[32mwon\x1b[0m");
	}

	#[test]
	fn strangers_do_not_steer_the_terminal() {
		assert_eq!(plain("a\x1b[2Jb\nc"), "a\u{fffd}[2Jb\u{fffd}c");
	}

	#[test]
	fn a_closed_pipe_is_no_failure() {
		assert!(is_broken_pipe(&io::Error::from(io::ErrorKind::BrokenPipe).into()));
		assert!(!is_broken_pipe(&io::Error::from(io::ErrorKind::NotFound).into()));
	}
}
