//! Issuance at any block, without stepping every block: within a period the flow is known in closed form.

use descent_protocol::{era, flown, BlockNumber, Stream, DAYS, HOURS, UNIT, YEARS};

/// One neuron in the chain's smallest units.
pub(crate) const NRN: u128 = UNIT;

/// The lengths of periods and eras, in blocks.
#[derive(Clone, Copy)]
pub(crate) struct Lengths {
	/// A period of each stream, in the order of [`Stream::ALL`].
	pub periods: [BlockNumber; 2],
	/// From one halving to the next.
	pub era: BlockNumber,
}

impl Lengths {
	/// Those of the chain: an hour, a week, four years.
	pub(crate) const CHAIN: Self = Self { periods: [HOURS, 7 * DAYS], era: 4 * YEARS };
}

/// A period of a stream, and what the stream minted in those before.
#[derive(Clone, Copy)]
struct Period {
	length: BlockNumber,
	since: BlockNumber,
	emission: u128,
	earned: u128,
}

impl Period {
	fn end(&self) -> BlockNumber {
		self.since.saturating_add(self.length)
	}

	fn flown(&self, block: BlockNumber) -> u128 {
		flown(self.emission, block.saturating_sub(self.since), self.length)
	}
}

/// A chain on which there is stake in every block, so that all that may be minted is.
pub(crate) struct Simulation {
	lengths: Lengths,
	genesis: u128,
	periods: [Period; 2],
}

impl Simulation {
	/// A chain that begins with so many units.
	pub(crate) fn new(genesis: u128, lengths: Lengths) -> Self {
		let [trainers, proposers] = Stream::ALL;
		let period = |stream: Stream, length| Period {
			length,
			since: 0,
			emission: stream.emission(genesis, 0),
			earned: 0,
		};
		let [first, second] = lengths.periods;
		Self { lengths, genesis, periods: [period(trainers, first), period(proposers, second)] }
	}

	/// Goes on until the periods are those of a block. Periods begin in their order, each with what is issued
	/// by then.
	pub(crate) fn advance(&mut self, block: BlockNumber) {
		loop {
			let next = self.periods.iter().map(Period::end).min().unwrap_or(BlockNumber::MAX);
			if next > block {
				return;
			}
			let issuance = self.issuance(next);
			let emissions = Stream::ALL.map(|stream| stream.emission(issuance, era(next, self.lengths.era)));
			for (period, emission) in self.periods.iter_mut().zip(emissions) {
				if period.end() == next {
					period.earned += period.emission;
					period.since = next;
					period.emission = emission;
				}
			}
		}
	}

	/// All that is issued at a block of the present periods.
	pub(crate) fn issuance(&self, block: BlockNumber) -> u128 {
		let minted: u128 = Stream::ALL.map(|stream| self.minted(stream, block)).iter().sum();
		self.genesis + minted
	}

	/// The amount that a stream has minted up to a block of its present period.
	pub(crate) fn minted(&self, stream: Stream, block: BlockNumber) -> u128 {
		let period = self.period(stream);
		period.earned + period.flown(block)
	}

	/// The emission of a stream's present period.
	pub(crate) fn emission(&self, stream: Stream) -> u128 {
		self.period(stream).emission
	}

	fn period(&self, stream: Stream) -> &Period {
		let [trainers, proposers] = &self.periods;
		match stream {
			Stream::Trainers => trainers,
			Stream::Proposers => proposers,
		}
	}
}

/// The emission of an era, as far as it was simulated.
pub(crate) struct Era {
	/// Its number: how often emission has halved.
	pub number: u32,
	/// The years with which it begins and ends.
	pub years: [u32; 2],
	/// Issuance when it begins and when it ends.
	pub issuance: [u128; 2],
	/// The emission of each stream in it.
	pub income: [u128; 2],
	/// The emission of the first period of each stream that begins in it.
	pub period: [u128; 2],
	/// Growth in its first year, in millionths of issuance when it begins.
	pub inflation: u128,
}

/// The result of a simulation: each era, and issuance at the end of each year.
pub(crate) struct Outlook {
	/// The eras.
	pub eras: Vec<Era>,
	/// Issuance after each year, genesis first.
	pub years: Vec<u128>,
}

/// Lets a chain run for so many years. Eras are whole numbers of years.
pub(crate) fn outlook(genesis: u128, years: u32) -> Outlook {
	let lengths = Lengths::CHAIN;
	let mut simulation = Simulation::new(genesis, lengths);
	let mut issued = vec![genesis];
	let mut eras: Vec<Era> = Vec::new();
	let mut before = [0; 2];
	for year in 1..=years {
		let start = (year - 1) * YEARS;
		let end = year * YEARS;
		let opening = simulation.issuance(start);
		if start.is_multiple_of(lengths.era) {
			before = Stream::ALL.map(|stream| simulation.minted(stream, start));
			eras.push(Era {
				number: era(start, lengths.era),
				years: [year - 1, year],
				issuance: [opening, opening],
				income: [0; 2],
				period: first_periods(&mut simulation, start),
				inflation: 0,
			});
		}
		simulation.advance(end);
		let issuance = simulation.issuance(end);
		issued.push(issuance);
		if let Some(era) = eras.last_mut() {
			let minted = Stream::ALL.map(|stream| simulation.minted(stream, end));
			if era.years[1] == year {
				era.inflation = (issuance - opening) * 1_000_000 / opening.max(1);
			}
			era.years[1] = year;
			era.issuance[1] = issuance;
			era.income = [minted[0] - before[0], minted[1] - before[1]];
		}
	}
	Outlook { eras, years: issued }
}

/// The emission of the first periods of an era that begins at a block: its own of a stream whose period began
/// before is over first.
fn first_periods(simulation: &mut Simulation, start: BlockNumber) -> [u128; 2] {
	Stream::ALL.map(|stream| {
		let period = simulation.period(stream);
		let first = if period.since < start { period.end() } else { start };
		simulation.advance(first);
		simulation.emission(stream)
	})
}
