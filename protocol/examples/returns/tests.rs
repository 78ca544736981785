use super::{
	fit::Fit,
	ours::{default_shares, earnings, fees, winners, Market},
	paper::{HARDWARE, PRICE},
	plot, table,
};
use std::{fs, path::PathBuf};

#[test]
fn two_constants_reproduce_the_grid_of_each_machine() {
	for fit in Fit::all() {
		assert!(fit.error() < 3.0, "{}: {} points", fit.machine.name, fit.error());
		// Three years of one kilowatt.
		let kilowatt = 3.0 * 8_760.0;
		assert!((fit.energy / kilowatt - 1.0).abs() < 0.03, "{}: {}", fit.machine.name, fit.energy);
	}
}

/// It is not fitted.
#[test]
fn the_figure_of_hardware_follows() {
	let fit = &Fit::all()[0];
	for (usd, paper) in HARDWARE {
		let percent = (fit.earnings / (usd + fit.energy * PRICE) - 1.0) * 100.0;
		assert!((percent - paper).abs() < 3.0, "{usd}: {percent}, {paper}");
	}
}

#[test]
fn all_machines_together_earn_the_winners_part() {
	let shares = default_shares();
	for machines in [1, 1_000] {
		let all = f64::from(machines) * (earnings(machines, 0, shares) + fees());
		assert!((all / winners(0, shares) - 1.0).abs() < 1e-12);
	}
}

#[test]
fn a_halving_halves_what_a_token_s_issuance_does_not_make_up_for() {
	let [first, second] = [0, 1].map(|era| winners(era, default_shares()));
	assert!((0.5..0.75).contains(&(second / first)), "{first} {second}");
}

/// Splits a page into what is before a table, the table, and what is after it.
fn split<'a>(page: &'a str, name: &str) -> (&'a str, &'a str, &'a str) {
	let mark = format!("<!-- scripts/simulate returns --markdown: {name} -->\n");
	let begin = page.find(&mark).expect("the table's beginning is marked") + mark.len();
	let end = begin + page[begin..].find("<!-- end -->").expect("the table's end is marked");
	(&page[..begin], page[begin..end].trim(), &page[end..])
}

/// With `WRITE_BOOK` the book is written instead.
#[test]
fn the_book_says_the_same() {
	let book = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/src");
	let (page, picture) = (book.join("returns.md"), book.join("images/returns.svg"));
	let (fits, market) = (Fit::all(), Market::default());
	let mut text = fs::read_to_string(&page).unwrap();
	let svg = plot::svg(&fits, &market);
	let writes = std::env::var_os("WRITE_BOOK").is_some();
	for (_, name, table) in table::all(&fits, &market) {
		let table = table.markdown();
		if writes {
			let (before, _, after) = split(&text, name);
			text = format!("{before}\n{table}\n{after}");
		}
		let hint = "the book is not what the code says: run this test with WRITE_BOOK=1";
		assert_eq!(split(&text, name).1, table.trim(), "{hint}");
	}
	if writes {
		fs::write(&page, &text).unwrap();
		fs::write(&picture, &svg).unwrap();
	}
	assert!(fs::read_to_string(&picture).unwrap() == svg, "the picture is an old one");
}

#[test]
fn odd_arguments_are_named() {
	for (line, named) in [
		("--machines 0", "0 is not a number of machines"),
		("--price free", "free is not a price"),
		("--price", "--price needs a value"),
		("--xml", "--xml is not an option"),
	] {
		let error = super::arguments(line.split(' ').map(str::to_owned)).err().unwrap();
		assert!(error.contains(named), "{error}");
	}
}
