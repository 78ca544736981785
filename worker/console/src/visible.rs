//! Text of strangers, made harmless for a terminal.

use std::borrow::Cow;

/// Replaces what could move the cursor, change colours or the clipboard, or show text in another order than
/// it has: control characters but the tab and the end of a line, and the marks of Unicode for the direction
/// of text.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
	replaced(text, |c| is_harmful(c) && c != '\n')
}

/// Does what [`visible`] does, to the ends of lines too: nothing looks like a line of its own.
#[must_use]
pub fn visible_line(text: &str) -> Cow<'_, str> {
	replaced(text, is_harmful)
}

fn replaced(text: &str, is_harmful: impl Fn(char) -> bool) -> Cow<'_, str> {
	if !text.contains(&is_harmful) {
		return text.into();
	}
	let shown = |c: char| match c {
		'\n' | '\r' if is_harmful(c) => ' ',
		c if is_harmful(c) => char::REPLACEMENT_CHARACTER,
		c => c,
	};
	text.chars().map(shown).collect()
}

fn is_harmful(c: char) -> bool {
	let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
	turns || (c.is_control() && c != '\t')
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn nothing_reaches_the_terminal_but_text() {
		for (text, shown) in [
			("step 3 (5/s),\tloss 0.1 \u{e9}", "step 3 (5/s),\tloss 0.1 \u{e9}"),
			("\u{1b}[2J\u{1b}]52;c;aGk=\u{7}", "\u{fffd}[2J\u{fffd}]52;c;aGk=\u{fffd}"),
			("\u{9b}31m", "\u{fffd}31m"),
			("a\u{202e}b", "a\u{fffd}b"),
			("one\ntwo", "one\ntwo"),
		] {
			assert_eq!(visible(text), shown);
		}
		assert_eq!(visible_line("one\ntwo\r"), "one two ");
	}
}
