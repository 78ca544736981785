//! The command `descent validator list`.

use crate::{args::Global, format, output::Output, table::table};
use anyhow::Result;
use clap::Args;
use descent_client::format_amount;
use descent_protocol::{
	view::{ValidatorRules, ValidatorView},
	BlockNumber,
};

const EXAMPLES: &str = "Example:
  descent validator list
  descent validator list --json | jq '.[].account'

The candidates with the largest bonds validate, from the session after the next on.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct List {}

impl List {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let client = global.connect().await?;
		let validators = client.validators().await?;
		let rules = client.validator_rules().await?;
		let now = client.best_block().await?.number;
		output.print(&validators, |output| show(output, &validators, &rules, now))
	}
}

fn show(output: &Output, validators: &[ValidatorView], rules: &ValidatorRules, now: BlockNumber) -> String {
	let rules = format!(
		"{} seats; a candidate bonds {} at least, which stays held for {} after unbonding.",
		rules.seats,
		format_amount(rules.minimum_bond),
		format::span(rules.unbonding)
	);
	if validators.is_empty() {
		return format!("{rules}\n\nNobody has bonded: descent validator bond NRN");
	}
	let mut ranked: Vec<_> = validators.iter().collect();
	ranked.sort_by_key(|validator| validator.rank.unwrap_or(u32::MAX));
	let rows: Vec<_> = ranked.into_iter().map(|validator| row(validator, now)).collect();
	let heads = ["rank", "account", "bond", "keys", "strikes", "standing"];
	format!("{rules}\n\n{}", table(output, heads, &rows))
}

fn row(validator: &ValidatorView, now: BlockNumber) -> [String; 6] {
	[
		validator.rank.map_or("-".into(), |rank| rank.saturating_add(1).to_string()),
		validator.account.to_string(),
		format_amount(validator.bond),
		if validator.keys.is_some() { "set" } else { "not set" }.into(),
		validator.strikes.to_string(),
		format::standing(validator.standing, now),
	]
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::commands::validator::status::tests::{rules, validator};
	use descent_protocol::view::ValidatorStanding;

	#[test]
	fn candidates_come_in_their_order() {
		let leaving = ValidatorView {
			rank: None,
			is_candidate: false,
			standing: ValidatorStanding::Active,
			..validator()
		};
		let first = ValidatorView { rank: Some(0), keys: None, ..validator() };
		let text = show(&Output::new(true), &[leaving, validator(), first], &rules(), 100);
		let rows: Vec<Vec<_>> = text.lines().skip(3).map(|line| line.split_whitespace().collect()).collect();
		assert_eq!(rows.iter().map(|row| row[0]).collect::<Vec<_>>(), ["1", "2", "-"], "{text}");
		assert!(rows[0].contains(&"not") && rows[2].contains(&"active"), "{text}");
		assert!(text.starts_with("2 seats; a candidate bonds 1000 NRN"), "{text}");
		assert!(show(&Output::new(true), &[], &rules(), 1).contains("validator bond"));
	}
}
