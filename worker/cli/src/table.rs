//! Aligned columns of text.

use crate::output::{Output, Style};

/// Blanks between two columns.
const GAP: &str = "  ";

/// Rows below their heads, every column as wide as its widest cell. More lines of the last cell are indented.
pub(crate) fn table<const N: usize>(output: &Output, heads: [&str; N], rows: &[[String; N]]) -> String {
	let width = |column: usize| {
		let cells = rows.iter().map(|row| row[column].chars().count());
		cells.chain([heads[column].chars().count()]).max().unwrap_or_default()
	};
	let widths: [usize; N] = std::array::from_fn(width);
	let before = widths.iter().rev().skip(1).map(|width| width.saturating_add(GAP.len()));
	let indent = format!("\n{}", " ".repeat(before.sum()));
	let line = |cells: [&str; N]| {
		let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
		let line = padded.collect::<Vec<_>>().join(GAP);
		line.trim_end().replace('\n', &indent)
	};
	let head = output.paint(Style::Bold, &line(heads));
	let rows = rows.iter().map(|row| line(row.each_ref().map(String::as_str)));
	std::iter::once(head).chain(rows).collect::<Vec<_>>().join("\n")
}

/// Names and values, one pair a line, the values below each other. Further lines of a value are indented.
pub(crate) fn fields(output: &Output, pairs: &[(&str, String)]) -> String {
	let width = pairs.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
	let indent = format!("\n{}{GAP}", " ".repeat(width));
	let line = |(name, value): &(&str, String)| {
		let name = output.paint(Style::Dim, &format!("{name:width$}"));
		format!("{name}{GAP}{}", value.replace('\n', &indent)).trim_end().to_string()
	};
	pairs.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
	use super::*;

	fn plain() -> Output {
		Output::new(true)
	}

	#[test]
	fn columns_are_as_wide_as_their_widest_cell() {
		let rows = [["1".into(), "mnist".into(), "x".into()], ["10".into(), "é".into(), String::new()]];
		let text = table(&plain(), ["id", "name", "head"], &rows);
		assert_eq!(text, "id  name   head\n1   mnist  x\n10  é");
	}

	#[test]
	fn a_last_cell_of_several_lines_stays_in_its_column() {
		let rows = [["10".into(), "a\nb".into()], ["2".into(), "c".into()]];
		let text = table(&plain(), ["id", "changes"], &rows);
		assert_eq!(text, "id  changes\n10  a\n    b\n2   c");
	}

	#[test]
	fn values_are_below_each_other() {
		let text = fields(
			&plain(),
			&[("name", "mnist".into()), ("providers", "a\nb".into()), ("head", String::new())],
		);
		assert_eq!(text, "name       mnist\nproviders  a\n           b\nhead");
	}
}
