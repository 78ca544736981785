use super::{
	plot,
	simulation::{outlook, Lengths, Simulation, NRN},
	table,
};
use descent_protocol::{era, flown, BlockNumber, Stream, YEARS};
use std::{fs, path::PathBuf};

/// A chain that does in each block what it has to, and what each stream has minted by the end.
struct Stepped {
	issuance: u128,
	minted: [u128; 2],
}

fn step_every_block(
	genesis: u128,
	lengths: Lengths,
	blocks: BlockNumber,
	mut seen: impl FnMut(BlockNumber, &Stepped),
) {
	let mut chain = Stepped { issuance: genesis, minted: [0; 2] };
	let mut emissions = [0; 2];
	let mut of_period = [0; 2];
	for block in 0..=blocks {
		for stream in 0..2 {
			let length = lengths.periods[stream];
			let elapsed = match block % length {
				0 => length,
				within => within,
			};
			let due = flown(emissions[stream], elapsed, length);
			chain.issuance += due - of_period[stream];
			chain.minted[stream] += due - of_period[stream];
			of_period[stream] = due;
		}
		for stream in 0..2 {
			if block.is_multiple_of(lengths.periods[stream]) {
				emissions[stream] = Stream::ALL[stream].emission(chain.issuance, era(block, lengths.era));
				of_period[stream] = 0;
			}
		}
		seen(block, &chain);
	}
}

fn agree(genesis: u128, lengths: Lengths, blocks: BlockNumber) {
	let mut simulation = Simulation::new(genesis, lengths);
	step_every_block(genesis, lengths, blocks, |block, chain| {
		simulation.advance(block);
		assert_eq!(simulation.issuance(block), chain.issuance, "block {block}");
		let minted = Stream::ALL.map(|stream| simulation.minted(stream, block));
		assert_eq!(minted, chain.minted, "block {block}");
	});
	assert!(simulation.issuance(blocks) > genesis);
}

#[test]
fn every_block_of_two_weeks_and_more_comes_to_the_same() {
	agree(1_000_000_000 * NRN + 7, Lengths::CHAIN, 2 * 201_600 + 601);
}

#[test]
fn and_so_does_every_block_of_many_eras() {
	for (periods, era) in [([12, 84], 420), ([7, 45], 100), ([13, 5], 61), ([1, 1], 3)] {
		agree(999_999_999_999_999, Lengths { periods, era }, 2_000);
	}
}

#[test]
fn years_are_whole_periods_of_trainers_and_eras_are_whole_years() {
	let Lengths { periods, era } = Lengths::CHAIN;
	assert!(YEARS.is_multiple_of(periods[0]));
	assert!(era.is_multiple_of(YEARS));
	// But not of proposers: one of their periods goes on into the next era with what it began with.
	assert!(!era.is_multiple_of(periods[1]));
}

#[test]
fn an_hour_of_the_first_era_is_the_published_number() {
	let outlook = outlook(1_000_000_000 * NRN, 5);
	assert_eq!(outlook.eras[0].period, [10_000 * NRN, 1_000 * NRN]);
	let [_, second] = &outlook.eras[..] else {
		panic!("five years are two eras");
	};
	assert_eq!(second.period[0], Stream::Trainers.emission(second.issuance[0], 1));
	assert_eq!(second.issuance[1] - second.issuance[0], second.income.iter().sum());
	assert_eq!(outlook.years[5], second.issuance[1]);
}

#[test]
fn all_that_is_issued_was_sold_or_earned() {
	let outlook = outlook(1_000_000_000 * NRN, 50);
	let earned: u128 = outlook.eras.iter().flat_map(|era| era.income).sum();
	assert_eq!(outlook.years[0] + earned, outlook.years[50]);
	assert_eq!(outlook.eras.len(), 13);
	for pair in outlook.eras.windows(2) {
		assert_eq!(pair[0].issuance[1], pair[1].issuance[0]);
	}
}

#[test]
fn it_ends_before_block_numbers_do() {
	let outlook = outlook(1_000_000_000 * NRN, 400);
	let last = outlook.eras.last().unwrap();
	assert_eq!(last.period, [0, 0]);
	assert_eq!(last.inflation, 0);
}

#[test]
fn odd_arguments_are_named() {
	for (line, named) in [
		("--sold many", "--sold: many"),
		("--sold", "--sold needs a value"),
		("--years 0", "--years: 0"),
		("--years 401", "--years: 401"),
		("--xml", "--xml is not an option"),
	] {
		let error = super::arguments(line.split(' ').map(str::to_owned)).err().unwrap();
		assert!(error.contains(named), "{error}");
	}
}

/// Compares the book with what this prints. With `WRITE_BOOK` it is written instead.
#[test]
fn the_book_says_the_same() {
	const BEGIN: &str = "<!-- scripts/simulate --markdown -->\n";
	const END: &str = "<!-- end -->\n";
	let outlook = outlook(1_000_000_000 * NRN, 50);
	let book = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/src");
	let page = book.join("economy.md");
	let text = fs::read_to_string(&page).unwrap();
	let (before, rest) = text.split_once(BEGIN).expect("the table's beginning is marked");
	let (_, after) = rest.split_once(END).expect("the table's end is marked");
	let expected = format!("{before}{BEGIN}\n{}\n{END}{after}", table::markdown(&outlook));
	let picture = book.join("images/emission.svg");
	let svg = plot::svg(&outlook);
	if std::env::var_os("WRITE_BOOK").is_some() {
		fs::write(&page, &expected).unwrap();
		fs::create_dir_all(picture.parent().unwrap()).unwrap();
		fs::write(&picture, &svg).unwrap();
	}
	let hint = "the book is not what the code says: run this test with WRITE_BOOK=1";
	assert!(text == expected || std::env::var_os("WRITE_BOOK").is_some(), "{hint}");
	assert!(fs::read_to_string(&picture).unwrap_or_default() == svg, "{hint}");
}
