//! The cost of lies to the actors that tell them. In each row somebody lies, and a twin does the honest thing
//! in the same run: the liar ends poorer, by an amount that is known to the last unit.

mod balances;
mod committee;
mod proposer;
mod requester;
pub(crate) mod scenario;
mod trainer;

use crate::constants::NRN;

/// A lie, with its results for the liar and for the honest twin.
pub(crate) struct Row {
	pub(crate) lie: &'static str,
	/// Change of the liar's wealth: free, on hold, and earned.
	pub(crate) liar: i128,
	/// Change of the honest twin's wealth.
	pub(crate) twin: i128,
}

/// Formats tokens with their decimals.
fn tokens(amount: i128) -> String {
	let (whole, rest) = (amount.unsigned_abs() / NRN, amount.unsigned_abs() % NRN);
	let sign = if amount < 0 { "-" } else { "+" };
	format!("{sign}{whole}.{rest:012}")
}

#[test]
fn lies_cost_those_who_tell_them() {
	let rows = [
		trainer::claims_what_is_not_true(),
		trainer::never_reveals(),
		trainer::copies_a_commitment(),
		trainer::steals_a_checkpoint(),
		trainer::records_what_it_did_not_do(),
		trainer::hides_what_it_did_not_do(),
		committee::copies_an_attestation(),
		committee::says_nothing(),
		committee::says_a_false_score_once(),
		committee::says_a_false_score_twice(),
		committee::says_a_wrong_root_twice(),
		committee::says_a_departure_twice(),
		committee::says_a_false_verdict_twice(),
		committee::equivocates(),
		committee::unbonds_before_the_slash(),
		proposer::proposes_junk(),
		proposer::proposes_what_nobody_serves(),
		proposer::copies_and_proposes_first(),
		proposer::copies_too_late(),
		requester::releases_no_key(),
		requester::releases_too_late(),
		requester::serves_its_set_to_some(),
		requester::seals_garbage(),
		balances::stakes_just_before_the_payout(),
		balances::stakes_just_before_the_period_ends(),
	];
	println!("{:<44} {:>24} {:>24}", "lie", "the liar, NRN", "the honest twin, NRN");
	for row in &rows {
		println!("{:<44} {:>24} {:>24}", row.lie, tokens(row.liar), tokens(row.twin));
		assert!(row.liar < row.twin, "{}", row.lie);
	}
}
