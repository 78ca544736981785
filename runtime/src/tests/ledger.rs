//! Invariants of all balances at every block.

use crate::{Balance, Balances, Runtime, RuntimeHoldReason, System};
use core::cell::Cell;
use pallet_rounds::RoundOf;

/// Checks that balances make up the issuance, that the issuance is that of genesis plus minted minus burned
/// tokens, and that the holds of every reason are those of the pallets.
pub(crate) fn check() {
	let issued = Balances::total_issuance();
	let owned: Balance = frame_system::Account::<Runtime>::iter_values()
		.map(|account| account.data.free + account.data.reserved)
		.sum();
	assert_eq!(owned, issued, "block {}", System::block_number());
	let genesis = pallet_emission::GenesisIssuance::<Runtime>::get();
	let minted = pallet_emission::Minted::<Runtime>::get();
	let burned = pallet_emission::Burned::<Runtime>::get();
	assert_eq!(genesis + minted - burned, issued, "block {}", System::block_number());
	check_holds();
}

fn check_holds() {
	let checked = Cell::new(0);
	let check = |reason: RuntimeHoldReason, expected: Balance| {
		let held = held(|other| *other == reason);
		assert_eq!(held, expected, "{reason:?} in block {}", System::block_number());
		checked.set(checked.get() + held);
	};
	use pallet_dataset::HoldReason as Dataset;
	use pallet_groups::HoldReason as Groups;
	check(
		Groups::Group.into(),
		pallet_groups::Groups::<Runtime>::iter_values().map(|group| group.held).sum(),
	);
	check(
		Groups::Stake.into(),
		pallet_groups::Stakes::<Runtime>::iter_values()
			.map(|ledger| ledger.active + sum(ledger.unstaking.iter().map(|(amount, _)| *amount)))
			.sum(),
	);
	check(
		Groups::Amendment.into(),
		pallet_groups::Amendments::<Runtime>::iter_values().map(|amendment| amendment.deposit).sum(),
	);
	check(
		pallet_rounds::HoldReason::Commitment.into(),
		pallet_rounds::Rounds::<Runtime>::iter_values().map(at_stake).sum(),
	);
	check(
		Dataset::Announcement.into(),
		pallet_dataset::Announcements::<Runtime>::iter_values()
			.map(|announcement| announcement.deposit)
			.sum(),
	);
	check(
		Dataset::Proposal.into(),
		pallet_dataset::Proposals::<Runtime>::iter_values().map(|proposal| proposal.deposit).sum(),
	);
	check(
		pallet_custody::HoldReason::Keeper.into(),
		pallet_custody::Keepers::<Runtime>::iter_values().flatten().map(|keeper| keeper.deposit).sum(),
	);
	check(
		pallet_validators::HoldReason::Bond.into(),
		pallet_validators::Ledgers::<Runtime>::iter_values().map(|ledger| ledger.held()).sum(),
	);
	let others =
		held(|reason| matches!(reason, RuntimeHoldReason::Session(..) | RuntimeHoldReason::Preimage(..)));
	assert_eq!(checked.get() + others, held(|_| true), "every hold has a reason that is known here");
}

fn sum(amounts: impl Iterator<Item = Balance>) -> Balance {
	amounts.sum()
}

/// Returns the sum of the deposits in a round.
fn at_stake(round: RoundOf<Runtime>) -> Balance {
	if round.settled.is_some() {
		return 0;
	}
	round.commitments.iter().map(|commitment| commitment.deposit).sum()
}

/// Returns the sum of the holds for some reasons.
fn held(is_counted: impl Fn(&RuntimeHoldReason) -> bool) -> Balance {
	let holds = pallet_balances::Holds::<Runtime>::iter_values();
	holds.flatten().filter(|hold| is_counted(&hold.id)).map(|hold| hold.amount).sum()
}
