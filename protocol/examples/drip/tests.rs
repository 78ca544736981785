use super::{
	race::{run, total, Race, Steps, Strategy, Sum, BEFORE, ROUND},
	Simulation,
};
use std::{fs, path::PathBuf};

const RACE: Race =
	Race { minimum: 1_000, lead: 100_000, others: 3, pace: 1_000, steps: Steps(1), rounds: 1_008 };

/// Strategies of a leader that is not honest.
const DRIPS: [Strategy; 4] = [Strategy::Drip(1), Strategy::Drip(4), Strategy::Least, Strategy::Answer];

#[test]
fn a_leader_alone_wins_as_often_as_its_lead_has_steps() {
	let alone = Race { others: 0, pace: 0, rounds: 200, ..RACE };
	let sum = |strategy| run(alone, strategy, 0);
	let before = u64::from(BEFORE) * ROUND;
	let at_once = sum(Strategy::AtOnce);
	assert_eq!((at_once.wins, at_once.emission, at_once.duration), (1, before + ROUND, 1));
	for (strategy, wins) in [(Strategy::Drip(1), 100), (Strategy::Drip(4), 25), (Strategy::Least, 100)] {
		let drip = sum(strategy);
		assert_eq!((drip.wins, drip.payments, drip.duration), (wins, wins, wins));
		assert_eq!(drip.emission, before + wins * ROUND, "what was minted before is in the pot");
	}
	assert_eq!(sum(Strategy::Answer), Sum { duration: 200, withheld: 200, ..Sum::default() });
}

#[test]
fn dripping_adds_as_much_as_the_formula_says() {
	// Slow others: 99 rounds more than at once, of which they would have won three quarters.
	let slow = Race { pace: 100, ..RACE };
	let runs = 50;
	let [at_once, drip] = [Strategy::AtOnce, Strategy::Drip(1)].map(|strategy| total(slow, strategy, runs));
	let added = (drip.emission - at_once.emission) as f64 / (runs * ROUND) as f64;
	assert!((added - 99.0 * 0.75).abs() < 5.0, "{added}");
}

#[test]
fn a_leader_that_sees_the_others_first_gains_at_any_pace() {
	for pace in [100, 500, 1_000, 5_000] {
		for others in [1, 3, 10] {
			let race = Race { pace, others, ..RACE };
			let [at_once, least] =
				[Strategy::AtOnce, Strategy::Least].map(|strategy| total(race, strategy, 20));
			assert!(least.wins > at_once.wins && least.emission > at_once.emission, "{race:?}");
		}
	}
}

#[test]
fn a_lead_of_two_steps_gains_nothing_and_one_of_ten_does() {
	let runs = 100;
	let gained = |lead, strategy| {
		let race = Race { lead, ..RACE };
		let [at_once, drip] = [Strategy::AtOnce, strategy].map(|strategy| total(race, strategy, runs));
		(drip.emission as f64 - at_once.emission as f64) / (runs * ROUND) as f64
	};
	for strategy in DRIPS {
		assert!(gained(2 * RACE.minimum, strategy) < 0.5, "{strategy:?}");
	}
	assert!(gained(10 * RACE.minimum, Strategy::Least) > 3.0);
}

/// A win that is paid for its size, up to the whole lead.
#[test]
fn paid_by_size_nobody_gains_by_dripping() {
	let runs = 20;
	for pace in [100, 1_000, 5_000] {
		for others in [1, 3, 10] {
			let race = Race { pace, others, steps: Steps(100), ..RACE };
			let at_once = total(race, Strategy::AtOnce, runs);
			for strategy in DRIPS {
				let drip = total(race, strategy, runs);
				// Less than a payment in a run, of the steps that the last one is rounded to.
				assert!(drip.payments < at_once.payments + runs, "{strategy:?} {race:?}");
				assert!(drip.emission <= at_once.emission, "{strategy:?} {race:?}");
			}
		}
	}
}

#[test]
fn the_same_number_makes_the_same_race() {
	let sums = [1, 1, 2].map(|number| run(RACE, Strategy::Least, number));
	assert_eq!(sums[0], sums[1]);
	assert_ne!(sums[0], sums[2]);
}

#[test]
fn odd_arguments_are_named() {
	let error = super::arguments(["--xml".to_owned()].into_iter()).err().unwrap();
	assert!(error.contains("--xml is not an option"), "{error}");
}

/// Splits a page into what is before a table, the table, and what is after it.
fn split<'a>(page: &'a str, name: &str) -> (&'a str, &'a str, &'a str) {
	let mark = format!("<!-- scripts/simulate drip --markdown: {name} -->\n");
	let begin = page.find(&mark).expect("the table's beginning is marked") + mark.len();
	let end = begin + page[begin..].find("<!-- end -->").expect("the table's end is marked");
	(&page[..begin], page[begin..end].trim(), &page[end..])
}

/// Compares the book with what this prints. With `WRITE_BOOK` it is written instead.
#[test]
fn the_book_says_the_same() {
	let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/src/lying.md");
	let mut text = fs::read_to_string(&page).unwrap();
	for (name, table) in Simulation::new().tables() {
		let table = table.markdown();
		let (before, written, after) = split(&text, name);
		if std::env::var_os("WRITE_BOOK").is_some() {
			text = format!("{before}\n{table}\n{after}");
		} else {
			assert_eq!(
				written,
				table.trim(),
				"the book is not what the code says: run this test with WRITE_BOOK=1"
			);
		}
	}
	if std::env::var_os("WRITE_BOOK").is_some() {
		fs::write(&page, &text).unwrap();
	}
}
