//! The state machine: it chooses moves, makes them and checks the invariants.

use super::{
	balances, check, custody, dataset, groups, rounds, secrets::Secrets, tally::Tally, test_sets, validators,
};
use crate::{
	constants::{EPOCH_DURATION_IN_SLOTS, HOURS, NRN},
	tests::economy::{
		actor::{actors, Actor, Submitted},
		blocks,
	},
	AccountId, BlockNumber, Groups, Runtime, RuntimeCall, System,
};
use descent_protocol::{GroupId, Salt};
use rand::{seq::IndexedRandom, Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::VecDeque;

/// Number of last steps that a failing machine prints.
const TRACE: usize = 60;

/// The origin of a call.
enum By {
	/// An actor.
	Somebody(&'static Actor),
	/// Any account: the call brings its own proof.
	Proof,
	/// The node that makes the block.
	Node,
}

/// A move.
pub(crate) struct Move {
	by: By,
	call: RuntimeCall,
}

impl Move {
	pub(crate) fn signed(by: &'static Actor, call: impl Into<RuntimeCall>) -> Option<Self> {
		let (by, call) = (By::Somebody(by), call.into());
		Some(Self { by, call })
	}

	pub(crate) fn authorized(call: RuntimeCall) -> Option<Self> {
		let by = By::Proof;
		Some(Self { by, call })
	}

	pub(crate) fn unsigned(call: RuntimeCall) -> Option<Self> {
		let by = By::Node;
		Some(Self { by, call })
	}
}

/// Finds a move of a kind, if there is one.
type Finder = fn(&mut Machine) -> Option<Move>;

/// Moves with their weights and finders. Duties have windows that close: they are looked at first.
const DUTIES: [(&str, u32, Finder); 9] = [
	("rounds.reveal", 3, rounds::reveal),
	("rounds.reveal_recorded", 3, rounds::reveal_recorded),
	("rounds.attest", 3, rounds::attest),
	("rounds.open", 3, rounds::open),
	("dataset.attest", 2, dataset::attest),
	("dataset.open", 2, dataset::open),
	("test_sets.release", 3, test_sets::release),
	("custody.attest", 3, custody::attest),
	("custody.open", 3, custody::open),
];
const WHIMS: [(&str, u32, Finder); 40] = [
	("rounds.commit", 40, rounds::commit),
	("rounds.settle", 8, rounds::settle),
	("groups.create", 3, groups::create),
	("groups.stake", 16, groups::stake),
	("groups.unstake", 10, groups::unstake),
	("groups.withdraw", 8, groups::withdraw),
	("groups.propose_amendment", 5, groups::propose_amendment),
	("groups.vote_amendment", 12, groups::vote_amendment),
	("groups.withdraw_amendment", 3, groups::withdraw_amendment),
	("groups.close_period", 8, groups::close_period),
	("dataset.announce", 10, dataset::announce),
	("dataset.propose", 16, dataset::propose),
	("dataset.vote", 16, dataset::vote),
	("dataset.withdraw_vote", 3, dataset::withdraw_vote),
	("dataset.withdraw_proposal", 4, dataset::withdraw_proposal),
	("emission.claim", 8, balances::claim),
	("emission.fund", 8, balances::fund),
	("emission.stop_funding", 4, balances::stop_funding),
	("emission.refund", 6, balances::refund),
	("emission.order", 12, balances::order),
	("emission.cancel_order", 3, balances::cancel_order),
	("emission.refund_order", 8, balances::refund_order),
	("balances.transfer", 6, balances::transfer),
	("balances.transfer_all", 1, balances::transfer_all),
	("balances.burn", 1, balances::burn),
	("validators.bond", 6, validators::bond),
	("validators.unbond", 4, validators::unbond),
	("validators.withdraw", 8, validators::withdraw),
	("validators.chill", 2, validators::chill),
	("validators.validate", 6, validators::validate),
	("session.set_keys", 4, validators::set_keys),
	("session.purge_keys", 1, validators::purge_keys),
	("babe.report_equivocation", 1, validators::equivocate),
	("treasury.donate", 2, balances::donate),
	("rounds.commit_again", 2, rounds::commit_copied),
	("test_sets.open_series", 12, test_sets::open_series),
	("test_sets.close_series", 4, test_sets::close_series),
	("custody.keep", 6, custody::keep),
	("custody.leave", 1, custody::leave),
	("custody.check", 8, custody::check),
];

/// The kinds of calls that must succeed at least once in a run. `balances.burn` never does.
pub(crate) const KINDS: [&str; 48] = [
	"rounds.reveal",
	"rounds.reveal_recorded",
	"rounds.attest",
	"rounds.open",
	"dataset.attest",
	"dataset.open",
	"rounds.commit",
	"rounds.commit_again",
	"treasury.donate",
	"rounds.settle",
	"groups.create",
	"groups.stake",
	"groups.unstake",
	"groups.withdraw",
	"groups.propose_amendment",
	"groups.vote_amendment",
	"groups.withdraw_amendment",
	"groups.close_period",
	"dataset.announce",
	"dataset.propose",
	"dataset.vote",
	"dataset.withdraw_vote",
	"dataset.withdraw_proposal",
	"emission.claim",
	"emission.fund",
	"emission.stop_funding",
	"emission.refund",
	"emission.order",
	"emission.cancel_order",
	"emission.refund_order",
	"balances.transfer",
	"balances.transfer_all",
	"validators.bond",
	"validators.unbond",
	"validators.withdraw",
	"validators.chill",
	"validators.validate",
	"session.set_keys",
	"session.purge_keys",
	"babe.report_equivocation",
	"test_sets.release",
	"test_sets.open_series",
	"test_sets.close_series",
	"custody.keep",
	"custody.leave",
	"custody.check",
	"custody.attest",
	"custody.open",
];

/// A chain with its actors.
pub(crate) struct Machine {
	seed: u64,
	pub(crate) rng: ChaCha8Rng,
	pub(crate) secrets: Secrets,
	/// The validator that lies whenever it attests. Alice, which makes the blocks, is honest.
	pub(crate) liar: Option<AccountId>,
	tally: Tally,
	trace: VecDeque<String>,
	steps: u64,
	slept: bool,
}

impl Machine {
	pub(crate) fn new(seed: u64) -> Self {
		blocks::begin(1);
		let mut rng = ChaCha8Rng::seed_from_u64(seed);
		let liar = rng.random_bool(0.8).then(|| {
			let liar = actors()[1..6].choose(&mut rng).expect("there are validators");
			liar.account.clone()
		});
		Self {
			seed,
			rng,
			secrets: Secrets::default(),
			liar,
			tally: Tally::default(),
			trace: VecDeque::new(),
			steps: 0,
			slept: false,
		}
	}

	/// Makes one move, and checks the invariants.
	pub(crate) fn step(&mut self) {
		self.steps += 1;
		match self.rng.random_range(0..1_000u32) {
			0..2 => self.leap(),
			2 if self.steps > 500 && !self.slept && self.rng.random_bool(0.15) => self.sleep(),
			3..6 => self.lose_alarm(),
			6..70 => self.next_block(1),
			_ => self.act(),
		}
		check::check();
	}

	/// Ends the last block and returns the counts.
	pub(crate) fn finish(mut self) -> Tally {
		self.end_block();
		std::mem::take(&mut self.tally)
	}

	fn act(&mut self) {
		if groups_count() == 0 {
			if let Some(create) = groups::create(self) {
				return self.play("groups.create", create);
			}
		}
		let is_duty = self.rng.random_bool(0.75);
		let found = is_duty.then(|| self.find(&DUTIES, 10)).flatten().or_else(|| self.find(&WHIMS, 20));
		match found {
			Some((kind, found)) => self.play(kind, found),
			None => self.next_block(1),
		}
	}

	/// Finds a move among kinds of moves, in so many attempts.
	fn find(&mut self, kinds: &[(&'static str, u32, Finder)], attempts: u32) -> Option<(&'static str, Move)> {
		(0..attempts).find_map(|_| {
			let (kind, _, find) =
				kinds.choose_weighted(&mut self.rng, |(_, weight, _)| *weight).expect("weights are positive");
			Some((*kind, find(self)?))
		})
	}

	fn play(&mut self, kind: &'static str, Move { by, call }: Move) {
		let name = match by {
			By::Somebody(actor) => actor.name,
			By::Proof => "authorized",
			By::Node => "unsigned",
		};
		let said = format!("{}: {name} {call:?}", System::block_number());
		let done: Submitted = match by {
			By::Somebody(actor) => actor.submit(call),
			By::Proof => blocks::submit_authorized(call),
			By::Node => blocks::submit_unsigned(call),
		};
		self.tally.call(kind, done == Ok(Ok(())));
		self.note(format!("{said} -> {done:?}"));
	}

	fn note(&mut self, line: String) {
		if self.trace.len() == TRACE {
			self.trace.pop_front();
		}
		self.trace.push_back(line);
	}

	fn end_block(&mut self) {
		check::count_events(&mut self.tally);
		blocks::end();
	}

	/// Ends the block and begins the one after a number of blocks.
	fn next_block(&mut self, gap: BlockNumber) {
		self.end_block();
		let number = System::block_number() + gap;
		self.note(format!("block {number}"));
		blocks::begin(number);
	}

	/// Lets the chain stand still for a while, until the next emission period at most, as a chain does not
	/// skip whole periods.
	fn leap(&mut self) {
		let left = HOURS - System::block_number() % HOURS;
		let epoch = EPOCH_DURATION_IN_SLOTS as BlockNumber;
		let gap = *[1, left.saturating_sub(1).max(1), left, self.rng.random_range(1..=left), epoch.min(left)]
			.choose(&mut self.rng)
			.expect("there are several");
		self.next_block(gap);
	}

	/// Lets a month and some days pass, so that bonds come free. That takes long, so it is done once at most.
	fn sleep(&mut self) {
		self.slept = true;
		let until = System::block_number() + 33 * 24 * HOURS;
		while System::block_number() < until {
			let left = HOURS - System::block_number() % HOURS;
			self.next_block(left);
		}
	}

	/// Removes the alarm of a settlement or of the close of a voting period from the scheduler.
	fn lose_alarm(&mut self) {
		let due: Vec<_> = (0..groups_count())
			.flat_map(|group| {
				let closing =
					pallet_groups::Groups::<Runtime>::get(group).and_then(|group| group.voting.closing);
				rounds::settles(group).into_iter().chain(closing)
			})
			.collect();
		if let Some(block) = self.one_of(&due) {
			pallet_scheduler::Agenda::<Runtime>::remove(block);
			self.note(format!("the alarms of block {block} are lost"));
		}
	}

	/// Returns true with this probability.
	pub(crate) fn chance(&mut self, probability: f64) -> bool {
		self.rng.random_bool(probability)
	}

	/// Returns true if a validator lies now.
	pub(crate) fn lies(&mut self, account: &AccountId) -> bool {
		let may = *account != actors()[0].account;
		may && (self.liar.as_ref() == Some(account) || self.chance(0.01))
	}

	/// Returns a random actor.
	pub(crate) fn somebody(&mut self) -> &'static Actor {
		actors().choose(&mut self.rng).expect("there are some")
	}

	/// Returns one of several values.
	pub(crate) fn one_of<T: Clone>(&mut self, of: &[T]) -> Option<T> {
		of.choose(&mut self.rng).cloned()
	}

	/// Returns a group, sometimes one that does not exist.
	pub(crate) fn group(&mut self) -> GroupId {
		let groups = groups_count();
		if groups == 0 || self.chance(0.005) {
			return groups;
		}
		self.rng.random_range(0..groups)
	}

	pub(crate) fn salt(&mut self) -> Salt {
		self.rng.random()
	}

	/// Returns an amount: zero, dust, a small or a large one, or one beyond any balance.
	pub(crate) fn amount(&mut self) -> u128 {
		match self.rng.random_range(0..100u32) {
			0 => 0,
			1 => 1,
			2 => u128::MAX,
			3 => self.rng.random_range(1..2_000_000 * NRN),
			4..20 => self.rng.random_range(1..10 * NRN),
			20..60 => self.rng.random_range(1..100) * NRN,
			_ => self.rng.random_range(1..10_000 * NRN),
		}
	}
}

/// Returns the number of groups.
pub(crate) fn groups_count() -> GroupId {
	pallet_groups::NextGroup::<Runtime>::get()
}

/// Returns the number of the block that is being made.
pub(crate) fn now() -> BlockNumber {
	System::block_number()
}

impl Drop for Machine {
	fn drop(&mut self) {
		if std::thread::panicking() {
			let trace: Vec<_> = self.trace.iter().map(String::as_str).collect();
			eprintln!(
				"{}\nafter step {} of the episode: play it again with DESCENT_FUZZ_SEED={}",
				trace.join("\n"),
				self.steps,
				self.seed
			);
		}
	}
}

/// Returns the round of a group that takes commitments.
pub(crate) fn round_of(group: GroupId) -> Option<u32> {
	<Groups as pallet_groups::GroupRules<u128>>::round_at(group, now())
}
