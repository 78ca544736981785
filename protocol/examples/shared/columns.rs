//! Tables of simulations, for people and for the book.

/// A table, its headings first.
pub(crate) struct Table(pub Vec<Vec<String>>);

impl Table {
	/// As Markdown.
	pub(crate) fn markdown(&self) -> String {
		let row = |cells: &Vec<String>| format!("| {} |\n", cells.join(" | "));
		let mut rows = self.0.iter();
		let headings =
			rows.next().map(|headings| format!("{}|{}\n", row(headings), "---:|".repeat(headings.len())));
		headings.into_iter().chain(rows.map(row)).collect()
	}

	/// In columns.
	pub(crate) fn text(&self) -> String {
		let width = |column: usize| self.0.iter().filter_map(|row| Some(row.get(column)?.len())).max();
		let cell = |(column, cell): (usize, &String)| {
			let width = width(column).unwrap_or_default();
			format!("{cell:>width$}")
		};
		let line = |row: &Vec<String>| row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ") + "\n";
		self.0.iter().map(line).collect()
	}
}
