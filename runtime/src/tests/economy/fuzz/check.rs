//! Invariants that hold after every step.

use super::{custody, tally::Tally, test_sets};
use crate::{
	constants::{DAYS, HOURS},
	AccountId, Balances, BlockNumber, Custody, Dataset, Emission, Groups, Rounds, Runtime, RuntimeEvent,
	System, TestSets, Validators,
};
use descent_protocol::{
	view::{AmendmentEnding, ProposalEnding},
	Outcome, Stream, MAX_STRIKES,
};
use pallet_balances::Holds;
use pallet_emission::{Burned, GenesisIssuance, Minted};

/// Events that a run must have.
pub(crate) const EXPECTED_EVENTS: [&str; 44] = [
	"round won",
	"round won behind another",
	"key released",
	"test set skipped",
	"release missed",
	"series slashed",
	"series bound",
	"round lost by rank",
	"claim refuted",
	"training departed",
	"commitment never revealed",
	"head not beaten",
	"no quorum",
	"commitment slashed",
	"winner paid",
	"work paid",
	"members paid",
	"delta applied",
	"delta outvoted",
	"delta copied",
	"delta invalid",
	"delta unavailable",
	"delta withdrawn",
	"proposal slashed",
	"proposer paid",
	"announcement forfeited",
	"amendment adopted",
	"amendment outvoted",
	"funding spent",
	"funding refunded",
	"order paid",
	"order used up",
	"order fulfilled",
	"order refunded",
	"emission period begun",
	"validator struck",
	"validator struck out",
	"validator slashed",
	"validator jailed",
	"candidate entered",
	"candidate left",
	"session begun",
	"check missed",
	"keepers served",
];

/// Checks all pallets' states, and that the issuance is sold plus minted minus burned tokens, and the sum of
/// all balances.
pub(crate) fn check() {
	Groups::do_try_state().expect("groups");
	Rounds::do_try_state().expect("rounds");
	Dataset::do_try_state().expect("data sets");
	Emission::do_try_state().expect("emission");
	TestSets::do_try_state().expect("test sets");
	Custody::do_try_state().expect("custody");
	Validators::do_try_state().expect("validators");
	let issued = Balances::total_issuance();
	assert_eq!(
		issued,
		GenesisIssuance::<Runtime>::get() + Minted::<Runtime>::get() - Burned::<Runtime>::get()
	);
	assert!(Minted::<Runtime>::get() <= schedule(issued), "more is minted than promised");
	let owned: u128 = frame_system::Account::<Runtime>::iter()
		.map(|(account, kept)| {
			check_holds(&account, kept.data.reserved);
			kept.data.free + kept.data.reserved
		})
		.sum();
	assert_eq!(owned, issued, "every token is somebody's");
}

/// Returns an upper limit of the tokens minted by now.
fn schedule(issued: u128) -> u128 {
	let most = issued + issued / 10;
	let periods = |length: BlockNumber| u128::from(System::block_number() / length + 1);
	Stream::ALL
		.into_iter()
		.map(|stream| match stream {
			Stream::Trainers => stream.emission(most, 0) * periods(HOURS),
			Stream::Proposers => stream.emission(most, 0) * periods(7 * DAYS),
		})
		.sum()
}

/// Checks that the reserved balance of an account is the sum of its holds.
fn check_holds(account: &AccountId, reserved: u128) {
	let held: u128 = Holds::<Runtime>::get(account).iter().map(|hold| hold.amount).sum();
	assert_eq!(held, reserved, "what is on hold is reserved");
}

/// Counts the events of the block.
pub(crate) fn count_events(tally: &mut Tally) {
	for record in System::read_events_no_consensus() {
		for kind in kinds(&record.event) {
			tally.event(kind);
		}
	}
}

fn kinds(event: &RuntimeEvent) -> Vec<&'static str> {
	match event {
		RuntimeEvent::Rounds(event) => of_round(event),
		RuntimeEvent::Dataset(event) => of_dataset(event),
		RuntimeEvent::Groups(event) => of_group(event),
		RuntimeEvent::Emission(event) => of_emission(event),
		RuntimeEvent::Validators(event) => of_validators(event),
		RuntimeEvent::TestSets(event) => test_sets::kinds(event),
		RuntimeEvent::Custody(event) => custody::kinds(event),
		RuntimeEvent::Session(pallet_session::Event::NewSession { .. }) => vec!["session begun"],
		_ => vec![],
	}
}

fn of_round(event: &pallet_rounds::Event<Runtime>) -> Vec<&'static str> {
	use pallet_rounds::Event;

	match event {
		Event::Ended { outcome, reward, slashed, .. } => {
			let kind = match outcome {
				Outcome::Won => "round won",
				Outcome::Outranked => "round lost by rank",
				Outcome::NotBetter => "head not beaten",
				Outcome::Refuted => "claim refuted",
				Outcome::Unrevealed => "commitment never revealed",
				Outcome::NoQuorum => "no quorum",
				Outcome::Placed => "round won behind another",
				Outcome::Departed => "training departed",
			};
			let is_winner = matches!(outcome, Outcome::Won | Outcome::Placed);
			let paid = (*reward > 0).then_some(if is_winner { "winner paid" } else { "work paid" });
			let slashed = (*slashed > 0).then_some("commitment slashed");
			[Some(kind), paid, slashed].into_iter().flatten().collect()
		}
		Event::AlarmMissing { .. } => vec!["alarm missing"],
		_ => vec![],
	}
}

fn of_dataset(event: &pallet_dataset::Event<Runtime>) -> Vec<&'static str> {
	use pallet_dataset::Event;

	match event {
		Event::ProposalEnded { ending, reward, slashed, .. } => {
			let kind = match ending {
				ProposalEnding::Applied { .. } => "delta applied",
				ProposalEnding::Invalid { .. } => "delta invalid",
				ProposalEnding::Unavailable => "delta unavailable",
				ProposalEnding::Conflict { .. } => "delta in conflict",
				ProposalEnding::Copied => "delta copied",
				ProposalEnding::Outvoted => "delta outvoted",
				ProposalEnding::Withdrawn => "delta withdrawn",
				ProposalEnding::Evicted => "delta evicted",
			};
			let paid = (*reward > 0).then_some("proposer paid");
			let slashed = (*slashed > 0).then_some("proposal slashed");
			[Some(kind), paid, slashed].into_iter().flatten().collect()
		}
		Event::Forfeited { .. } => vec!["announcement forfeited"],
		_ => vec![],
	}
}

fn of_group(event: &pallet_groups::Event<Runtime>) -> Vec<&'static str> {
	use pallet_groups::Event;

	match event {
		Event::AmendmentEnded { ending, .. } => vec![match ending {
			AmendmentEnding::Adopted { .. } => "amendment adopted",
			AmendmentEnding::Outvoted => "amendment outvoted",
			_ => "amendment ended otherwise",
		}],
		Event::AlarmMissing { .. } => vec!["alarm missing"],
		_ => vec![],
	}
}

fn of_emission(event: &pallet_emission::Event<Runtime>) -> Vec<&'static str> {
	use pallet_emission::Event;

	match event {
		Event::PeriodBegan { .. } => vec!["emission period begun"],
		Event::MembersPaid { .. } => vec!["members paid"],
		Event::FundingSpent { .. } => vec!["funding spent"],
		Event::Refunded { .. } => vec!["funding refunded"],
		Event::OrderPaid { .. } => vec!["order paid"],
		Event::OrderPaused { .. } => vec!["order paused"],
		Event::OrderDisplaced { .. } => vec!["order displaced"],
		Event::OrderSpent { .. } => vec!["order used up"],
		Event::OrderFulfilled { .. } => vec!["order fulfilled"],
		Event::OrderRefunded { .. } => vec!["order refunded"],
		_ => vec![],
	}
}

fn of_validators(event: &pallet_validators::Event<Runtime>) -> Vec<&'static str> {
	use pallet_validators::Event;

	match event {
		Event::Struck { strikes, .. } if *strikes >= MAX_STRIKES => vec!["validator struck out"],
		Event::Struck { .. } => vec!["validator struck"],
		Event::Slashed { amount, .. } if *amount > 0 => vec!["validator slashed"],
		Event::Jailed { .. } => vec!["validator jailed"],
		Event::Entered { .. } => vec!["candidate entered"],
		Event::Left { .. } => vec!["candidate left"],
		_ => vec![],
	}
}
