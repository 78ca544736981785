//! Turns: which keeper of a group opens its next check.

use descent_protocol::{view::CustodyView, BlockNumber, RoundIndex};

/// Blocks for which a keeper waits for each one before it.
const PATIENCE: BlockNumber = 2;

/// The checks of a group, as this keeper opens them: one in a round at most, in turn with the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Turn {
	/// Number of checks that were opened so far.
	checks: u32,
	/// The round in which the last of them was.
	round: Option<RoundIndex>,
	/// The block since which another could be.
	possible: Option<BlockNumber>,
}

impl Turn {
	/// Returns true if the keeper at a place of the list is to open a check at this block.
	pub(crate) fn is_due(
		&mut self,
		view: &CustodyView,
		place: usize,
		round: Option<RoundIndex>,
		now: BlockNumber,
	) -> bool {
		if view.checks != self.checks {
			(self.checks, self.round) = (view.checks, round);
		}
		let is_done = round.is_some() && round == self.round;
		if view.check.is_some() || view.due < view.least || is_done {
			self.possible = None;
			return false;
		}
		let since = *self.possible.get_or_insert(now);
		let keepers = u32::try_from(view.keepers.len()).unwrap_or(u32::MAX).max(1);
		let place = u32::try_from(place).unwrap_or_default() % keepers;
		let before = (place + keepers - view.checks % keepers) % keepers;
		now.saturating_sub(since) >= before.saturating_mul(PATIENCE)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_protocol::view::{CustodyCheckView, KeeperView};
	use sp_core::crypto::AccountId32;

	fn view(keepers: usize, checks: u32) -> CustodyView {
		let keeper = KeeperView {
			account: AccountId32::new([1; 32]),
			deposit: 5,
			providers: Vec::new(),
			since: 1,
			missed: 0,
			leaving: false,
		};
		CustodyView {
			group: 0,
			keepers: vec![keeper; keepers],
			checks,
			check: None,
			due: 10,
			least: 10,
			deposit: 5,
		}
	}

	#[test]
	fn keepers_take_turns_and_wait_for_those_before_them() {
		// Three keepers, one check so far: it is the turn of the second.
		let due = |place: usize| {
			let mut turn = Turn { checks: 1, ..Turn::default() };
			(100..120).find(|now| turn.is_due(&view(3, 1), place, Some(7), *now)).unwrap()
		};
		assert_eq!((due(1), due(2), due(0)), (100, 102, 104));
	}

	#[test]
	fn a_round_has_one_check() {
		let mut turn = Turn { checks: 1, ..Turn::default() };
		assert!(turn.is_due(&view(1, 1), 0, Some(7), 100));
		// It was opened, whoever did it.
		assert!(!turn.is_due(&view(1, 2), 0, Some(7), 101));
		assert!(!turn.is_due(&view(1, 2), 0, Some(7), 150));
		assert!(turn.is_due(&view(1, 2), 0, Some(8), 151));
		// A group without rounds has one whenever there is something to be paid.
		let mut turn = Turn::default();
		assert!(turn.is_due(&view(1, 0), 0, None, 100));
		assert!(turn.is_due(&view(1, 1), 0, None, 101));
	}

	#[test]
	fn nothing_is_opened_while_one_goes_on_or_too_little_is_due() {
		let mut turn = Turn::default();
		let poor = CustodyView { due: 9, ..view(1, 0) };
		assert!(!turn.is_due(&poor, 0, Some(7), 100));
		let open = CustodyCheckView { number: 1, attest: 1..2, open: 2..3 };
		let busy = CustodyView { check: Some(open), ..view(1, 0) };
		assert!(!turn.is_due(&busy, 0, Some(7), 100));
		assert!(turn.is_due(&view(1, 0), 0, Some(7), 100));
	}
}
