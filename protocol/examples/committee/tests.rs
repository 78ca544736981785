use super::{
	load::{bonds, GROUPS, VALIDATORS},
	odds::{distribution, odds, PERCENT, SEATS},
	plot, table, Simulation,
};
use descent_protocol::{
	committee::{is_quorum, is_veto},
	committee_weights, DEFAULT_COMMITTEE_SEATS, MIN_COMMITTEE_SEATS,
};
use sp_core::H256;
use std::{fs, path::PathBuf};

/// The number of sequences in which liars, who are so many of a number of faces, take a number of seats.
fn sequences(liars: u128, faces: u128, seats: u32, taken: u32) -> u128 {
	let choose = (0..taken).fold(1u128, |sum, place| sum * u128::from(seats - place) / u128::from(place + 1));
	choose * liars.pow(taken) * (faces - liars).pow(seats - taken)
}

#[test]
fn the_odds_are_those_of_counting_all_sequences_of_seats() {
	for (percent, liars, faces, seats) in [
		(10, 1u128, 10u128, 31),
		(20, 1, 5, 40),
		(25, 1, 4, 40),
		(25, 1, 4, 16),
		(33, 33, 100, 16),
		(20, 1, 5, 22),
	] {
		let bad = |is_bad: fn(u64, u64) -> bool| {
			let taken = (0..=seats).filter(|taken| is_bad(u64::from(*taken), u64::from(seats)));
			let count: u128 = taken.map(|taken| sequences(liars, faces, seats, taken)).sum();
			count as f64 / faces.pow(seats) as f64
		};
		let odds = odds(percent, seats);
		for (computed, counted) in [(odds.accepts_lie, bad(is_quorum)), (odds.refuses_truth, bad(is_veto))] {
			assert!((computed / counted - 1.0).abs() < 1e-12, "{percent}% of {seats}: {computed}, {counted}");
		}
	}
}

#[test]
fn the_probabilities_of_all_numbers_of_seats_are_one() {
	for percent in PERCENT {
		for seats in SEATS {
			let sum: f64 = distribution(f64::from(percent) / 100.0, seats).iter().sum();
			assert!((sum - 1.0).abs() < 1e-12);
		}
	}
}

#[test]
fn liars_refuse_where_the_honest_have_no_quorum() {
	for seats in 1..=100 {
		for taken in 0..=seats {
			assert_eq!(is_veto(taken, seats), !is_quorum(seats - taken, seats));
		}
	}
}

/// The first 25 of 100 with equal bonds are liars.
#[test]
fn draws_have_the_odds_that_are_computed() {
	let draws = 1_000u32;
	let bonds = [1_000u128; 100];
	let seats = u64::from(DEFAULT_COMMITTEE_SEATS);
	let refused = (0..draws).filter(|number| {
		let drawn =
			committee_weights(H256::from_low_u64_be(u64::from(*number)), &bonds, DEFAULT_COMMITTEE_SEATS);
		is_veto(drawn.iter().take(25).sum(), seats)
	});
	let (expected, draws) = (odds(25, DEFAULT_COMMITTEE_SEATS).refuses_truth, f64::from(draws));
	let deviation = (draws * expected * (1.0 - expected)).sqrt();
	assert!((refused.count() as f64 - draws * expected).abs() < 4.0 * deviation);
}

/// Number of groups that this simulates: all of them where the book is written, which takes minutes without
/// optimization.
fn simulated() -> u32 {
	if std::env::var_os("WRITE_BOOK").is_some() {
		GROUPS[GROUPS.len() - 1]
	} else {
		1_000
	}
}

#[test]
fn work_grows_with_a_third_of_the_groups_and_reports_do_not() {
	let simulation = Simulation::new(simulated());
	assert!(simulation
		.loads
		.iter()
		.map(|load| load.groups)
		.eq(GROUPS.into_iter().take(simulation.loads.len())));
	for load in &simulation.loads {
		assert_eq!(load.seats, u64::from(load.groups) * u64::from(DEFAULT_COMMITTEE_SEATS));
		assert!(load.memberships * 100 < u64::from(load.groups) * u64::from(VALIDATORS) * 32);
		assert!(load.most_reports <= u64::from(VALIDATORS));
	}
	// The largest bond has about twice the seats of the smallest.
	let last = simulation.loads.last().unwrap();
	let ratio = last.seats_of_largest as f64 / last.seats_of_smallest as f64;
	assert!((ratio - 1.99).abs() < 0.5, "{ratio}");
	assert_eq!(bonds().len(), 100);
	the_book_says_the_same(&simulation);
}

#[test]
fn fewer_seats_than_the_minimum_are_worse() {
	assert!(SEATS.contains(&MIN_COMMITTEE_SEATS) && SEATS.contains(&DEFAULT_COMMITTEE_SEATS));
	for percent in PERCENT {
		assert!(
			odds(percent, MIN_COMMITTEE_SEATS).accepts_lie
				> odds(percent, DEFAULT_COMMITTEE_SEATS).accepts_lie
		);
	}
}

#[test]
fn odd_arguments_are_named() {
	for (line, named) in [("--svg", "--svg needs a value"), ("--xml", "--xml is not an option")] {
		let error = super::arguments(line.split(' ').map(str::to_owned)).err().unwrap();
		assert!(error.contains(named), "{error}");
	}
}

/// Splits a page into what is before a table, the table, and what is after it.
fn split<'a>(page: &'a str, name: &str) -> (&'a str, &'a str, &'a str) {
	let mark = format!("<!-- scripts/simulate committee --markdown: {name} -->\n");
	let begin = page.find(&mark).expect("the table's beginning is marked") + mark.len();
	let end = begin + page[begin..].find("<!-- end -->").expect("the table's end is marked");
	(&page[..begin], page[begin..end].trim(), &page[end..])
}

/// Compares the book with what this prints, as far as that was simulated. With `WRITE_BOOK` it is written
/// instead.
fn the_book_says_the_same(simulation: &Simulation) {
	let book = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/src");
	let (page, picture) = (book.join("committees.md"), book.join("images/committees.svg"));
	let mut text = fs::read_to_string(&page).unwrap();
	let odds = table::odds(&simulation.odds).markdown();
	let work = table::loads(&simulation.loads).markdown();
	let svg = plot::svg(&simulation.loads);
	if std::env::var_os("WRITE_BOOK").is_some() {
		for (name, table) in [("odds", odds), ("work", work)] {
			let (before, _, after) = split(&text, name);
			text = format!("{before}\n{table}\n{after}");
		}
		fs::write(&page, &text).unwrap();
		fs::write(&picture, svg).unwrap();
		return;
	}
	let hint = "the book is not what the code says: run this test with WRITE_BOOK=1";
	assert_eq!(split(&text, "odds").1, odds.trim(), "{hint}");
	assert!(split(&text, "work").1.starts_with(work.trim()), "{hint}");
	let drawn = fs::read_to_string(&picture).unwrap();
	assert_eq!(drawn.lines().count(), svg.lines().count(), "{hint}");
	for (drawn, line) in drawn.lines().zip(svg.lines()) {
		// Lines of the book go on to the largest number of groups.
		assert!(drawn.starts_with(line.trim_end_matches("'/>")), "{hint}: {line}");
	}
}
