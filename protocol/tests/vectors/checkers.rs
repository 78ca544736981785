use crate::{file, folder, functions};
use std::{
	env, fs,
	io::ErrorKind,
	path::{Path, PathBuf},
	process::{self, Command, Output},
};

/// Programs and the checkers that they run.
const CHECKERS: [(&str, &str); 2] = [("python3", "vectors.py"), ("node", "vectors.mjs")];

/// Runs a checker on a file; `None` where its program is not installed.
fn run(program: &str, checker: &str, file: Option<&Path>) -> Option<Output> {
	match Command::new(program).arg(folder().join(checker)).args(file).output() {
		Ok(output) => Some(output),
		Err(error) if error.kind() == ErrorKind::NotFound => {
			println!("skipped: {program} is not installed");
			None
		}
		Err(error) => panic!("{program}: {error}"),
	}
}

/// The text with the last digit of a line changed by one.
fn flipped(lines: &[&str], line: usize) -> String {
	let place = lines[line].rfind(|letter: char| letter.is_ascii_digit()).unwrap();
	let mut bytes = lines[line].as_bytes().to_vec();
	bytes[place] ^= 1;
	let mut lines = lines.to_vec();
	let changed = String::from_utf8(bytes).unwrap();
	lines[line] = &changed;
	lines.join("\n")
}

/// A file that is removed in the end.
struct Copy(PathBuf);

impl Copy {
	fn new(name: &str, text: &str) -> Self {
		let path = env::temp_dir().join(format!("descent-vectors-{}-{name}.json", process::id()));
		fs::write(&path, text).unwrap();
		Self(path)
	}
}

impl Drop for Copy {
	fn drop(&mut self) {
		let _ = fs::remove_file(&self.0);
	}
}

#[test]
fn other_languages_compute_the_same() {
	file();
	for (program, checker) in CHECKERS {
		let Some(output) = run(program, checker, None) else { continue };
		assert!(output.status.success(), "{checker}: {}", String::from_utf8_lossy(&output.stderr));
	}
}

#[test]
fn checkers_name_the_vector_that_differs() {
	let text = fs::read_to_string(file()).unwrap();
	let lines: Vec<_> = text.lines().collect();
	for function in functions() {
		let start = lines.iter().position(|line| *line == format!("  \"{}\": {{", function.name)).unwrap();
		// The first vector of each function depends on every digit.
		let end = lines[start..].iter().position(|line| line.trim() == "},").unwrap();
		for line in start..start + end {
			if !["\"input\"", "\"encoded\"", "\"result\""]
				.iter()
				.any(|field| lines[line].trim().starts_with(field))
			{
				continue;
			}
			let copy = Copy::new(&format!("line-{line}"), &flipped(&lines, line));
			for (program, checker) in CHECKERS {
				let Some(output) = run(program, checker, Some(&copy.0)) else { continue };
				let message = String::from_utf8_lossy(&output.stderr);
				let expected = format!("{}, vector 0: ", function.name);
				assert_eq!(output.status.code(), Some(1), "{checker}, line {line}: {message}");
				assert!(message.contains(&expected), "{checker}, line {line}: {message}");
			}
		}
	}
}

#[test]
fn checkers_refuse_functions_that_are_unknown_or_absent() {
	let text = fs::read_to_string(file()).unwrap();
	for (name, changed) in [
		("renamed", text.replace("\"commitment_hash\"", "\"commitment\"")),
		("empty", String::from("{}")),
		("truncated", text[..text.len() / 2].into()),
	] {
		let copy = Copy::new(name, &changed);
		for (program, checker) in CHECKERS {
			let Some(output) = run(program, checker, Some(&copy.0)) else { continue };
			assert!(!output.status.success(), "{checker}: {name}");
		}
	}
}
