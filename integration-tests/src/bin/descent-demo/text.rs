//! Texts that are longer than a line.

/// Most columns of a line of a text that has several.
const WIDTH: usize = 100;

/// Returns a text in lines, broken at its blanks.
pub(crate) fn wrapped(text: &str) -> Vec<String> {
	filled(text.split(' '), "  ")
}

/// Returns a command as it is typed into a shell, on several lines if it is long, broken before its options.
pub(crate) fn typed(command: &str) -> Vec<String> {
	let command = format!("$ {}", command.replace(" --", "\n--"));
	let mut lines = filled(command.lines(), "    ");
	if let Some((_, before)) = lines.split_last_mut() {
		before.iter_mut().for_each(|line| line.push_str(" \\"));
	}
	lines
}

/// Puts as many parts into each line as it holds. All lines but the first are indented.
fn filled<'a>(parts: impl Iterator<Item = &'a str>, indent: &str) -> Vec<String> {
	let mut lines: Vec<String> = Vec::new();
	for part in parts {
		match lines.last_mut() {
			Some(line) if line.chars().count() + part.chars().count() < WIDTH => {
				line.push(' ');
				line.push_str(part);
			}
			Some(_) => lines.push(format!("{indent}{part}")),
			None => lines.push(part.to_owned()),
		}
	}
	lines
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_text_keeps_its_words_and_its_columns() {
		assert_eq!(wrapped(""), [""]);
		assert_eq!(wrapped("  set   0"), ["  set   0"]);
		let long = "word ".repeat(50);
		let lines = wrapped(long.trim());
		assert!(lines.len() == 3 && lines.iter().all(|line| line.len() <= WIDTH), "{lines:?}");
		assert_eq!(lines.join(" ").split_whitespace().count(), 50);
	}

	#[test]
	fn a_long_command_can_be_typed_as_it_is_shown() {
		assert_eq!(typed("descent order show 0"), ["$ descent order show 0"]);
		let lines = typed(&format!("descent group create{}", " --provider http://127.0.0.1:8080".repeat(4)));
		assert_eq!(lines.len(), 2);
		assert!(lines[0].ends_with(" \\") && lines[1].starts_with("    --provider http"), "{lines:?}");
	}
}
