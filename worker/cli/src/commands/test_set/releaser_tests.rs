use super::*;
use descent_client::H256;
use descent_protocol::Clock;
use proptest::prelude::*;
use std::{collections::BTreeMap, path::Path};

const CLOCK: Clock = Clock { first: 0, start: 10, length: 20, reveal: 6, attest: 5, open: 4 };
const SETS: u16 = 5;

/// A chain with one series, as the pallet keeps it.
struct Fake {
	best: BlockNumber,
	/// Blocks from the last final one to the best one.
	lag: BlockNumber,
	next: u16,
	is_suspended: bool,
	has_bond: bool,
	/// Rounds in which nobody commits.
	empty: Vec<RoundIndex>,
	/// The sets that rounds are measured on.
	measured: BTreeMap<RoundIndex, u16>,
	/// The sets that are used up without measuring a round.
	skipped: Vec<u16>,
	/// The set whose key is in the pool, and the first block in which it can't be any more.
	pool: Option<(u16, BlockNumber)>,
}

impl Fake {
	fn at(best: BlockNumber) -> Self {
		Self {
			best,
			lag: 2,
			next: 0,
			is_suspended: false,
			has_bond: true,
			empty: vec![],
			measured: BTreeMap::new(),
			skipped: vec![],
			pool: None,
		}
	}

	fn waits(&self, round: RoundIndex) -> bool {
		self.next < SETS && !self.is_suspended && self.has_bond && !self.measured.contains_key(&round)
	}

	fn rounds(&self) -> Vec<RoundIndex> {
		let newest = CLOCK.round_at(self.best);
		newest.map_or(vec![], |newest| (newest.saturating_sub(1)..=newest).collect())
	}

	fn chain(&self) -> Chain {
		let round = |number: RoundIndex| {
			let windows = CLOCK.windows(number).unwrap();
			Round {
				number,
				commit_end: windows.commit.end,
				release: windows.release(),
				has_commitments: !self.empty.contains(&number) && self.best >= windows.commit.start,
				awaits: self.waits(number).then_some(self.next),
				released: self.measured.get(&number).copied(),
			}
		};
		Chain {
			best: self.best,
			finalized: self.best.saturating_sub(self.lag),
			sets: SETS,
			left: SETS - self.next,
			is_suspended: self.is_suspended,
			has_bond: self.has_bond,
			rounds: self.rounds().into_iter().map(round).collect(),
		}
	}

	/// Makes a block, with what is in the pool if it is not `censored`.
	fn make_block(&mut self, censored: bool) {
		self.best += 1;
		let Some((set, dies)) = self.pool.filter(|_| !censored) else {
			return;
		};
		self.pool = None;
		if self.best >= dies || set != self.next {
			return;
		}
		let open = |round: &RoundIndex| CLOCK.windows(*round).unwrap().release().contains(&self.best);
		let round = self.rounds().into_iter().filter(|round| self.waits(*round)).find(open);
		match round {
			Some(round) => drop(self.measured.insert(round, set)),
			None => {
				self.is_suspended = false;
				self.skipped.push(set);
			}
		}
		self.next += 1;
	}
}

/// A process that releases keys. It may be killed.
struct Process {
	releaser: Releaser,
	ended: Option<End>,
}

impl Process {
	fn start(folder: &Path, once: bool) -> Self {
		let journal = Journal::open(&folder.join("released.json"), H256::zero()).unwrap();
		Self { releaser: Releaser::new(journal, once), ended: None }
	}

	/// Looks at the chain, and sends what is to be sent unless the process is killed before.
	fn look(&mut self, fake: &mut Fake, is_killed: bool) -> Step {
		let chain = fake.chain();
		self.releaser.observe(&chain);
		let step = self.releaser.step(&chain);
		match step {
			Step::Wait => {}
			Step::End(end) => self.ended = Some(end),
			Step::Send(sending) => {
				self.releaser.note(&sending, chain.best).unwrap();
				if !is_killed {
					let life = 1 << sending.life.clamp(4, 64).ilog2();
					fake.pool = Some((sending.set, fake.best + life));
				}
			}
		}
		step
	}

	/// Looks at every block up to this one.
	fn run(&mut self, fake: &mut Fake, until: BlockNumber) {
		while fake.best < until && self.ended.is_none() {
			self.look(fake, false);
			fake.make_block(false);
		}
	}
}

fn windows(round: RoundIndex) -> descent_protocol::Windows {
	CLOCK.windows(round).unwrap()
}

#[test]
fn a_key_is_sent_in_each_round_until_the_series_is_used_up() {
	let folder = tempfile::tempdir().unwrap();
	let (mut fake, mut process) = (Fake::at(0), Process::start(folder.path(), false));
	process.run(&mut fake, 1_000);
	assert_eq!(process.ended, Some(End::UsedUp));
	let all: BTreeMap<_, _> = (0..SETS).map(|set| (u32::from(set), set)).collect();
	assert_eq!(fake.measured, all);
	assert!(fake.skipped.is_empty());
}

#[test]
fn nothing_is_sent_before_the_commitments_are_final() {
	let folder = tempfile::tempdir().unwrap();
	let release = windows(0).release();
	let mut fake = Fake { lag: release.end, ..Fake::at(release.start) };
	let mut process = Process::start(folder.path(), false);
	assert_eq!(process.look(&mut fake, false), Step::Wait);
	let mut chain = fake.chain();
	chain.finalized = windows(0).commit.end - 2;
	assert_eq!(process.releaser.step(&chain), Step::Wait);
	chain.finalized = windows(0).commit.end - 1;
	assert!(matches!(process.releaser.step(&chain), Step::Send(_)));
	chain.best = release.start - 2;
	assert_eq!(process.releaser.step(&chain), Step::Wait, "the next block is not the seed's");
	chain.best = release.start - 1;
	assert!(matches!(process.releaser.step(&chain), Step::Send(_)));
}

#[test]
fn a_round_without_commitments_costs_no_set() {
	let folder = tempfile::tempdir().unwrap();
	let mut fake = Fake { empty: vec![0, 2], ..Fake::at(0) };
	Process::start(folder.path(), false).run(&mut fake, windows(3).settle);
	assert_eq!(fake.measured, BTreeMap::from([(1, 0), (3, 1)]));
}

#[test]
fn a_process_that_comes_late_keeps_its_key_for_the_next_round() {
	let folder = tempfile::tempdir().unwrap();
	let mut fake = Fake::at(windows(0).release().end - 1);
	Process::start(folder.path(), false).run(&mut fake, windows(1).settle);
	assert_eq!((fake.measured, fake.skipped), (BTreeMap::from([(1, 0)]), vec![]));
}

#[test]
fn a_key_that_was_sent_in_time_and_is_in_no_block_is_given_up() {
	let folder = tempfile::tempdir().unwrap();
	let mut fake = Fake::at(windows(0).release().start);
	let mut process = Process::start(folder.path(), false);
	let mut sent = 0;
	while fake.best < windows(0).release().end {
		sent += u32::from(matches!(process.look(&mut fake, false), Step::Send(_)));
		fake.make_block(true);
	}
	assert!(sent > 0);
	process.run(&mut fake, windows(1).settle);
	assert_eq!(fake.skipped, [0], "others may know it");
	assert_eq!(fake.measured, BTreeMap::from([(1, 1)]));
}

#[test]
fn a_process_that_is_killed_sends_again_in_time_and_gives_up_later() {
	let folder = tempfile::tempdir().unwrap();
	let release = windows(0).release();
	let mut fake = Fake::at(release.start);
	let killed = Process::start(folder.path(), false).look(&mut fake, true);
	assert!(matches!(killed, Step::Send(Sending { set: 0, purpose: Purpose::Measure(0), .. })));
	assert_eq!(fake.pool, None);

	let again = Process::start(folder.path(), false).look(&mut fake, true);
	assert!(matches!(again, Step::Send(Sending { set: 0, purpose: Purpose::Measure(0), .. })));

	fake.best = windows(1).release().start;
	let mut process = Process::start(folder.path(), false);
	assert_eq!(process.look(&mut fake, false), Step::Wait, "it would measure another round");
	fake.best = windows(1).release().end - 1;
	let step = process.look(&mut fake, false);
	let Step::Send(Sending { set: 0, purpose: Purpose::Late(Some(0)), life }) = step else {
		panic!("{step:?}")
	};
	assert!(fake.best + life < windows(2).release().start);
	process.run(&mut fake, windows(2).settle);
	assert_eq!((fake.skipped, fake.measured), (vec![0], BTreeMap::from([(2, 1)])));
}

#[test]
fn nothing_is_given_up_shortly_before_it_could_count() {
	let folder = tempfile::tempdir().unwrap();
	let mut fake = Fake::at(windows(0).release().start);
	Process::start(folder.path(), false).look(&mut fake, true);
	let start = windows(1).release().start;
	for (best, waits) in [(start - 5, false), (start - 4, true), (start - 1, true), (start, true)] {
		fake.best = best;
		let step = Process::start(folder.path(), false).look(&mut fake, true);
		assert_eq!(step == Step::Wait, waits, "{best}: {step:?}");
	}
}

#[test]
fn a_key_is_not_sent_again_in_every_block() {
	let folder = tempfile::tempdir().unwrap();
	let mut fake = Fake::at(windows(0).release().start - 1);
	let mut process = Process::start(folder.path(), false);
	let mut sent = Vec::new();
	while fake.best + 1 < windows(0).release().end {
		if let Step::Send(_) = process.look(&mut fake, false) {
			sent.push(fake.best);
		}
		fake.make_block(true);
	}
	assert!(sent.len() > 1 && sent.windows(2).all(|pair| pair[1] - pair[0] == PATIENCE), "{sent:?}");
}

#[test]
fn a_key_that_no_node_has_taken_is_sent_again_at_once() {
	let folder = tempfile::tempdir().unwrap();
	let mut fake = Fake::at(windows(0).release().start);
	let mut process = Process::start(folder.path(), false);
	let first = process.look(&mut fake, true);
	assert_eq!(process.look(&mut fake, true), Step::Wait);
	process.releaser.not_taken();
	assert_eq!(process.look(&mut fake, true), first);
}

#[test]
fn a_block_that_is_replaced_has_the_key_sent_again() {
	let folder = tempfile::tempdir().unwrap();
	let before = windows(0).release().start - 1;
	let mut fake = Fake::at(before);
	let mut process = Process::start(folder.path(), false);
	process.look(&mut fake, false);
	fake.make_block(false);
	process.look(&mut fake, false);
	assert_eq!(fake.measured, BTreeMap::from([(0, 0)]));
	fake.measured.clear();
	fake.next = 0;
	fake.best = before + PATIENCE;
	let step = process.look(&mut fake, false);
	assert!(matches!(step, Step::Send(Sending { set: 0, purpose: Purpose::Measure(0), .. })), "{step:?}");
}

#[test]
fn a_suspended_series_gives_up_a_set_and_goes_on() {
	let folder = tempfile::tempdir().unwrap();
	let mut fake = Fake { is_suspended: true, ..Fake::at(windows(0).release().start) };
	let mut process = Process::start(folder.path(), false);
	assert_eq!(process.look(&mut fake, false), Step::Wait, "not while a round could be measured");
	process.run(&mut fake, windows(1).settle);
	assert_eq!((fake.skipped, fake.measured), (vec![0], BTreeMap::from([(1, 1)])));
}

#[test]
fn it_ends_when_nothing_is_left_to_do() {
	let folder = tempfile::tempdir().unwrap();
	let mut fake = Fake { has_bond: false, ..Fake::at(0) };
	assert_eq!(Process::start(folder.path(), false).look(&mut fake, false), Step::End(End::NoBond));

	let (mut fake, mut process) = (Fake { lag: 5, ..Fake::at(0) }, Process::start(folder.path(), true));
	process.run(&mut fake, 1_000);
	assert_eq!((process.ended, fake.measured), (Some(End::Once), BTreeMap::from([(0, 0)])));

	let mut fake = Fake { next: SETS, lag: 5, ..Fake::at(100) };
	let mut process = Process::start(folder.path(), false);
	assert_eq!(process.look(&mut fake, false), Step::Wait, "the last block may be replaced");
	fake.best += 5;
	assert_eq!(process.look(&mut fake, false), Step::End(End::UsedUp));
}

#[test]
fn the_rounds_of_released_sets_are_told() {
	let folder = tempfile::tempdir().unwrap();
	let mut fake = Fake::at(windows(0).release().start);
	let mut process = Process::start(folder.path(), false);
	assert!(process.releaser.observe(&fake.chain()).is_empty());
	fake.measured.insert(0, 0);
	fake.next = 2;
	let known = process.releaser.observe(&fake.chain());
	assert_eq!(known, [Known { set: 0, round: Some(0) }, Known { set: 1, round: None }]);
	assert!(process.releaser.observe(&fake.chain()).is_empty());
}

proptest! {
	#[test]
	fn a_key_measures_the_round_that_it_was_first_sent_for_or_none(
		blocks in prop::collection::vec((any::<bool>(), 0..6u8, 0..12u32), 50..250),
	) {
		let folder = tempfile::tempdir().unwrap();
		let mut fake = Fake::at(0);
		let mut process = Process::start(folder.path(), false);
		let mut first = BTreeMap::new();
		for (censored, fate, lag) in blocks {
			fake.lag = lag;
			// The process is killed before it has sent, or is away.
			let is_killed = fate == 0;
			if fate != 1 {
				if let Step::Send(Sending { set, purpose, .. }) = process.look(&mut fake, is_killed) {
					first.entry(set).or_insert(purpose);
				}
			}
			if is_killed {
				process = Process::start(folder.path(), false);
			}
			fake.make_block(censored);
		}
		for (round, set) in &fake.measured {
			prop_assert_eq!(first.get(set), Some(&Purpose::Measure(*round)));
		}
		let used: Vec<_> = fake.measured.values().chain(&fake.skipped).collect();
		prop_assert_eq!(used.len(), usize::from(fake.next));
	}
}
