//! The decision when the key of a set is sent.
//!
//! A key measures a round only if nobody could know it while the round took commitments. So it is sent once
//! the last block of the commit window is final, as another fork could still take commitments, and within the
//! blocks in which the chain counts it. A key that was sent once may be known to anybody who has seen it,
//! even if no block holds it. It measures the round that it was sent for or none: the chain is shown it at a
//! time at which it only uses up its set.

use super::journal::{Journal, Sent};
use anyhow::Result;
use descent_protocol::{BlockNumber, RoundIndex};
use std::ops::Range;

/// Fewest blocks to the next block in which a key counts, for a key that is given up: pools keep it for four.
const ROOM: BlockNumber = 5;
/// Number of blocks after which a key that is in no block is sent again.
const PATIENCE: BlockNumber = 3;

/// A round as far as keys depend on it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Round {
	pub(super) number: RoundIndex,
	/// The block after the last one that takes commitments.
	pub(super) commit_end: BlockNumber,
	/// The blocks in which a key counts.
	pub(super) release: Range<BlockNumber>,
	pub(super) has_commitments: bool,
	/// The set whose key the round waits for.
	pub(super) awaits: Option<u16>,
	/// The set that the round is measured on.
	pub(super) released: Option<u16>,
}

/// A series and the rounds of its group that are not over, as of a block.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Chain {
	pub(super) best: BlockNumber,
	pub(super) finalized: BlockNumber,
	/// Number of sets.
	pub(super) sets: u16,
	/// Number of sets whose keys the chain does not know.
	pub(super) left: u16,
	/// True if no round waits for the series until a set is given up.
	pub(super) is_suspended: bool,
	/// True if something of the bond is left.
	pub(super) has_bond: bool,
	pub(super) rounds: Vec<Round>,
}

impl Chain {
	/// The place of the set whose key is the next.
	pub(super) fn next(&self) -> u16 {
		self.sets.saturating_sub(self.left)
	}
}

/// A key that is to be sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sending {
	pub(super) set: u16,
	pub(super) purpose: Purpose,
	/// Number of blocks for which pools keep the transaction.
	pub(super) life: BlockNumber,
}

/// The purpose of a key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Purpose {
	/// A round is measured on its set.
	Measure(RoundIndex),
	/// Its set is used up, as it was sent before and came too late for this round, or was not counted.
	Late(Option<RoundIndex>),
	/// Its set is used up so that rounds wait for the series again.
	Resume,
}

/// The reason that there is nothing more to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
	/// All keys are released.
	UsedUp,
	/// Nothing is left of the bond, so that no round waits for the series any more.
	NoBond,
	/// The key of one round is released, and no more was asked for.
	Once,
}

/// The action at a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Step {
	Wait,
	Send(Sending),
	End(End),
}

/// A set whose key the chain has come to know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Known {
	pub(super) set: u16,
	/// The round that is measured on it, if one is.
	pub(super) round: Option<RoundIndex>,
}

/// The releaser of the keys of a series.
#[derive(Debug)]
pub(super) struct Releaser {
	journal: Journal,
	/// True if it ends after the key of one round.
	once: bool,
	/// The set whose key was the next at the last look.
	next: Option<u16>,
	/// The best block when that last changed.
	changed: BlockNumber,
	/// The set whose key this process has sent last, and the best block then.
	last: Option<(u16, BlockNumber)>,
	/// The first set whose key this process has sent for a round.
	first: Option<u16>,
}

impl Releaser {
	pub(super) fn new(journal: Journal, once: bool) -> Self {
		Self { journal, once, next: None, changed: 0, last: None, first: None }
	}

	/// Notes the state of the chain. Returns the sets whose keys it has come to know since the last look.
	pub(super) fn observe(&mut self, chain: &Chain) -> Vec<Known> {
		let next = chain.next();
		let before = self.next.replace(next).unwrap_or(next);
		if before != next || self.changed == 0 {
			self.changed = chain.best;
		}
		let round = |set: u16| chain.rounds.iter().find(|round| round.released == Some(set));
		(before..next).map(|set| Known { set, round: round(set).map(|round| round.number) }).collect()
	}

	/// Decides what to do, after [`Self::observe`].
	pub(super) fn step(&self, chain: &Chain) -> Step {
		let set = chain.next();
		let goal = self.first.filter(|first| self.once && *first < set);
		let end = match goal {
			Some(_) => Some(End::Once),
			None if chain.left == 0 => Some(End::UsedUp),
			None => None,
		};
		if let Some(end) = end {
			// A block that is replaced by another may give the key back.
			return if chain.finalized >= self.changed { Step::End(end) } else { Step::Wait };
		}
		if !chain.has_bond {
			return Step::End(End::NoBond);
		}
		let was_just_sent =
			|(last, block): (u16, BlockNumber)| last == set && chain.best < block.saturating_add(PATIENCE);
		if self.last.is_some_and(was_just_sent) {
			return Step::Wait;
		}
		let block = chain.best.saturating_add(1);
		let open = chain.rounds.iter().find(|round| round.release.contains(&block));
		match (self.journal.sent(set), open) {
			(Some(Sent { round: Some(sent), .. }), Some(open)) if sent == open.number => {
				measure(set, chain, open)
			}
			// Others may know the key while this round took commitments.
			(Some(_), Some(_)) => Step::Wait,
			(Some(sent), None) => give_up(set, chain, Purpose::Late(sent.round)),
			(None, Some(open)) if self.may_measure(set, chain, open) => measure(set, chain, open),
			(None, None) if chain.is_suspended => give_up(set, chain, Purpose::Resume),
			(None, _) => Step::Wait,
		}
	}

	/// Returns true if a key that nobody knows may be sent for a round.
	fn may_measure(&self, set: u16, chain: &Chain, round: &Round) -> bool {
		let is_closed = chain.finalized.saturating_add(1) >= round.commit_end;
		round.awaits == Some(set)
			&& round.has_commitments
			&& is_closed
			&& !self.journal.has_served(round.number)
	}

	/// Notes that a key is about to be sent, so that it measures no other round after a restart.
	///
	/// # Errors
	/// Fails if that can't be noted: the key must not be sent then.
	pub(super) fn note(&mut self, sending: &Sending, best: BlockNumber) -> Result<()> {
		let round = match sending.purpose {
			Purpose::Measure(round) => Some(round),
			Purpose::Late(round) => round,
			Purpose::Resume => None,
		};
		self.journal.note(Sent { set: sending.set, round })?;
		self.last = Some((sending.set, best));
		if matches!(sending.purpose, Purpose::Measure(_)) {
			self.first.get_or_insert(sending.set);
		}
		Ok(())
	}

	/// Notes that no node has taken the key, so that it is sent again at once.
	pub(super) fn not_taken(&mut self) {
		self.last = None;
	}
}

fn measure(set: u16, chain: &Chain, round: &Round) -> Step {
	let life = round.release.end.saturating_sub(chain.best);
	Step::Send(Sending { set, purpose: Purpose::Measure(round.number), life })
}

/// Sends a key that is to measure nothing, unless a round may be measured on it before it is in a block.
fn give_up(set: u16, chain: &Chain, purpose: Purpose) -> Step {
	let starts = chain.rounds.iter().map(|round| round.release.start).filter(|start| *start > chain.best);
	let room = starts.min().map_or(BlockNumber::MAX, |start| start.saturating_sub(chain.best));
	if room < ROOM {
		return Step::Wait;
	}
	Step::Send(Sending { set, purpose, life: room.saturating_sub(1) })
}

#[cfg(test)]
#[path = "releaser_tests.rs"]
mod tests;
