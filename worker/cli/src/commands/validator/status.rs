//! The command `descent validator status`.

use crate::{
	args::{AccountArg, Global},
	format,
	output::Output,
	table::fields,
};
use anyhow::{Context, Result};
use clap::Args;
use descent_client::format_amount;
use descent_protocol::{
	view::{ValidatorRules, ValidatorStanding, ValidatorView},
	BlockNumber, MAX_STRIKES,
};
use serde::Serialize;

const EXAMPLES: &str = "Examples:
  descent validator status --key-file ~/.descent/key
  descent validator status 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY --json";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Status {
	#[command(flatten)]
	account: AccountArg,
}

#[derive(Debug, Serialize)]
struct Shown {
	#[serde(flatten)]
	validator: ValidatorView,
	rules: ValidatorRules,
	at_block: BlockNumber,
}

impl Status {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let account = self.account.account()?;
		let client = global.connect().await?;
		let rules = client.validator_rules().await?;
		let validator = client.validator(&account).await?;
		let validator = validator.with_context(|| {
			format!(
				"{account} has nothing bonded and is no validator; a candidate bonds {} at least: descent \
				 validator bond NRN",
				format_amount(rules.minimum_bond)
			)
		})?;
		let at_block = client.best_block().await?.number;
		let shown = Shown { validator, rules, at_block };
		output.print(&shown, |output| show(output, &shown))
	}
}

fn show(output: &Output, shown: &Shown) -> String {
	let Shown { validator, rules, at_block } = shown;
	let mut pairs = vec![
		("account", validator.account.to_string()),
		("standing", format::standing(validator.standing, *at_block)),
		("bond", format_amount(validator.bond)),
	];
	if !validator.unbonding.is_empty() {
		let parts = validator
			.unbonding
			.iter()
			.map(|part| format!("{} free {}", format_amount(part.amount), format::due(part.free, *at_block)));
		pairs.push(("taken out", parts.collect::<Vec<_>>().join("\n")));
	}
	pairs.push(("candidate", candidate(validator, rules)));
	let keys = match &validator.keys {
		None => "not set".into(),
		Some([babe, grandpa, evaluator]) => {
			format!("babe {babe:?}\ngrandpa {grandpa:?}\nevaluator {evaluator:?}")
		}
	};
	pairs.push(("session keys", keys));
	pairs.push((
		"strikes",
		format!(
			"{} of {MAX_STRIKES}, at which {} of the bond or more are lost",
			validator.strikes, rules.minimum_penalty
		),
	));
	if let Some(step) = next_step(validator, rules, *at_block) {
		pairs.push(("next", step));
	}
	fields(output, &pairs)
}

fn candidate(validator: &ValidatorView, rules: &ValidatorRules) -> String {
	match (validator.is_candidate, validator.rank) {
		(false, _) => "no".into(),
		(true, None) => "yes".into(),
		(true, Some(rank)) => {
			format!(
				"number {} of all by bond; at most the first {} validate",
				rank.saturating_add(1),
				rules.seats
			)
		}
	}
}

/// The next step that an account has to take to validate; `None` if there is nothing to do.
pub(crate) fn next_step(
	validator: &ValidatorView,
	rules: &ValidatorRules,
	now: BlockNumber,
) -> Option<String> {
	if let ValidatorStanding::Jailed { until } = validator.standing {
		return Some(if until > now {
			format!("from block {until} on it can be a candidate again: descent validator validate")
		} else {
			"be a candidate again: descent validator validate".into()
		});
	}
	if validator.bond == 0 {
		return None;
	}
	let missing = rules.minimum_bond.saturating_sub(validator.bond);
	if missing > 0 && !validator.is_candidate {
		return Some(format!(
			"bond {} more to be a candidate: descent validator bond",
			format_amount(missing)
		));
	}
	if validator.keys.is_none() {
		return Some(
			"make session keys, and set them: descent-node session-keys, descent validator keys --set FILE"
				.into(),
		);
	}
	if !validator.is_candidate && validator.standing != ValidatorStanding::Active {
		return Some("be a candidate: descent validator validate".into());
	}
	let outbid = validator.rank.is_some_and(|rank| rank >= rules.seats);
	outbid.then(|| "others have bonded more: bond more to be among the first".into())
}

#[cfg(test)]
pub(crate) mod tests {
	use super::*;
	use descent_client::{AccountId, H256, UNIT};
	use descent_protocol::{view::Unbonding, Share};

	pub(crate) fn rules() -> ValidatorRules {
		ValidatorRules {
			minimum_bond: 1_000 * UNIT,
			seats: 2,
			unbonding: 100,
			jail: 100,
			minimum_penalty: Share::percent(5),
		}
	}

	pub(crate) fn validator() -> ValidatorView {
		ValidatorView {
			account: AccountId::new([1; 32]),
			bond: 5_000 * UNIT,
			unbonding: vec![],
			standing: ValidatorStanding::Waiting,
			is_candidate: true,
			keys: Some([H256::repeat_byte(1), H256::repeat_byte(2), H256::repeat_byte(3)]),
			strikes: 1,
			rank: Some(1),
		}
	}

	#[test]
	fn shows_bond_and_keys() {
		let shown = Shown {
			validator: ValidatorView {
				unbonding: vec![Unbonding { amount: UNIT, free: 120 }],
				..validator()
			},
			rules: rules(),
			at_block: 100,
		};
		let text = show(&Output::new(true), &shown);
		for part in [
			"standing      waiting",
			"bond          5000 NRN",
			"taken out     1 NRN free at block 120, in 20 blocks (1m)",
			"candidate     number 2 of all by bond; at most the first 2 validate",
			"grandpa 0x0202",
			"strikes       1 of",
			"5% of the bond or more are lost",
		] {
			assert!(text.contains(part), "{part} in\n{text}");
		}
		assert!(!text.contains("next"), "{text}");
	}

	#[test]
	fn says_what_to_do_next() {
		let step = |change: fn(&mut ValidatorView)| {
			let mut validator = validator();
			change(&mut validator);
			next_step(&validator, &rules(), 100)
		};
		assert_eq!(step(|_| ()), None);
		assert_eq!(step(|validator| validator.bond = 0), None);
		for (change, part) in [
			(
				(|validator: &mut ValidatorView| {
					validator.standing = ValidatorStanding::Jailed { until: 120 }
				}) as fn(&mut _),
				"from block 120 on",
			),
			(
				|validator: &mut ValidatorView| validator.standing = ValidatorStanding::Jailed { until: 90 },
				"validator validate",
			),
			(
				|validator: &mut ValidatorView| {
					(validator.bond, validator.is_candidate) = (999 * UNIT, false)
				},
				"bond 1 NRN more",
			),
			(|validator: &mut ValidatorView| validator.keys = None, "keys --set"),
			(
				|validator: &mut ValidatorView| {
					(validator.is_candidate, validator.standing) = (false, ValidatorStanding::Chilled)
				},
				"validator validate",
			),
			(|validator: &mut ValidatorView| validator.rank = Some(2), "others have bonded more"),
		] {
			let step = step(change).unwrap();
			assert!(step.contains(part), "{part} in {step}");
		}
	}
}
