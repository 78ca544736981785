//! Judgement of how a process ended and of what it printed until then.

use anyhow::{ensure, Result};
use std::{os::unix::process::ExitStatusExt, process::ExitStatus};

/// Phrases that no program prints however it is ended: a panic, libtorch that is called after its
/// destructors, a thread that outlives its runtime, and a node that takes its own end for a failure.
const FORBIDDEN: [&str; 4] = ["panicked", "Invalid (backend", "Tokio 1.x context", "Essential task"];

/// Part of the line with which a runtime refuses the block of a disabled validator, as it is meant to: that
/// is a panic of the WebAssembly code alone.
const DISABLED: &str = "/pallet-babe-";

/// The line after a panic with which a runtime refuses a transaction in the pool that another runtime made, as
/// it can't decode it: that is a panic of the WebAssembly code alone, too.
const UNDECODABLE: &str = "Bad input data provided to validate_transaction";

/// The signal SIGINT.
const INTERRUPT: i32 = 2;
/// The signal SIGTERM.
const TERMINATE: i32 = 15;

/// Checks a process that was asked to end: its exit status is 0, or tells of the signal that asked for it,
/// and its standard error has none of the [`FORBIDDEN`] phrases.
///
/// # Errors
/// Names the process, its status, or the line with the phrase.
pub(crate) fn check(name: &str, status: ExitStatus, log: &str) -> Result<()> {
	is_silent(name, log)?;
	let asked = [INTERRUPT, TERMINATE];
	let by_signal = status.signal().is_some_and(|signal| asked.contains(&signal));
	let as_shells_say = status.code().is_some_and(|code| asked.iter().any(|signal| code == 128 + signal));
	ensure!(status.success() || by_signal || as_shells_say, "{name} did not end cleanly: {status}");
	Ok(())
}

/// Checks that a process's standard error has none of the [`FORBIDDEN`] phrases.
///
/// # Errors
/// Names the process and the line.
pub(crate) fn is_silent(name: &str, log: &str) -> Result<()> {
	let following = log.lines().skip(1).chain([""]);
	for (line, next) in log.lines().zip(following) {
		let is_forbidden = FORBIDDEN.iter().any(|phrase| line.contains(phrase));
		let is_meant = line.contains(DISABLED) || next.contains(UNDECODABLE);
		ensure!(!is_forbidden || is_meant, "{name} printed: {line}\n{next}");
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;

	fn with_code(code: i32) -> ExitStatus {
		ExitStatus::from_raw(code << 8)
	}

	#[test]
	fn success_and_the_signals_that_ask_for_it_are_clean_ends() {
		for status in [with_code(0), with_code(130), with_code(143)] {
			check("node", status, "ended").unwrap();
		}
		for signal in [INTERRUPT, TERMINATE] {
			check("node", ExitStatus::from_raw(signal), "").unwrap();
		}
	}

	#[test]
	fn errors_and_crashes_are_not() {
		for status in [with_code(1), with_code(101), with_code(139), ExitStatus::from_raw(11)] {
			let error = check("trainer", status, "").unwrap_err().to_string();
			assert!(error.contains("trainer did not end cleanly"), "{error}");
		}
	}

	#[test]
	fn a_runtime_may_refuse_the_block_of_a_disabled_validator() {
		let log = "panicked at /registry/pallet-babe-50.0.0/src/lib.rs:356:6:";
		check("node", with_code(0), log).unwrap();
	}

	#[test]
	fn a_runtime_may_refuse_a_transaction_that_another_one_made() {
		let log =
			"panicked at runtime/src/apis.rs:119:1:\nBad input data provided to validate_transaction: no";
		check("node", with_code(0), log).unwrap();
		let other = "panicked at runtime/src/apis.rs:119:1:\nBad input data provided to execute_block: no";
		check("node", with_code(0), other).unwrap_err();
	}

	#[test]
	fn a_forbidden_phrase_is_told_with_its_line() {
		for phrase in FORBIDDEN {
			let log = format!("ready\nthread 'x': {phrase} at y\nended\n");
			let error = check("node", with_code(0), &log).unwrap_err().to_string();
			assert_eq!(error, format!("node printed: thread 'x': {phrase} at y\nended"));
		}
	}
}
