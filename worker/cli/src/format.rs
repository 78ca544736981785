//! Text for values that several commands show.

use crate::{
	content_ref::Reference,
	output::plain,
	parse::{BLOCK_SECONDS, UNITS},
};
use chrono::{DateTime, Utc};
use descent_client::format_amount;
pub(crate) use descent_protocol::view::{format_part as part, format_stake as stake};
use descent_protocol::{
	addresses,
	trace::{RecipeOptimizer, RecipeRule, WorkReward, FRACTION, RATE_UNIT},
	view::{AmendmentEnding, CheckView, GroupView, ProposalEnding, ValidatorStanding},
	BlockNumber, Change, EvaluationPolicy, Majority, Metric, OptionalRule, OptionalRuleKind, RoundLengths,
	Score, Shares, DEFAULT_COMMITTEE_SEATS,
};
use std::time::{SystemTime, UNIX_EPOCH};

/// The name of a metric.
pub(crate) fn metric(metric: Metric) -> &'static str {
	match metric {
		Metric::Loss => "loss",
		Metric::Error => "error",
	}
}

/// The records on which a group measures.
pub(crate) fn policy(policy: &EvaluationPolicy) -> String {
	match policy {
		EvaluationPolicy::Training { records } => format!("{records} records of the training set"),
		EvaluationPolicy::Validation { records, .. } => format!("{records} records of the validation set"),
		EvaluationPolicy::Hidden { records, .. } => format!("{records} records of hidden test sets"),
	}
}

/// The lengths of rounds.
pub(crate) fn rounds(lengths: &RoundLengths) -> String {
	let RoundLengths { length, reveal, attest, open } = lengths;
	format!("{length} blocks; reveal {reveal}, attest {attest}, open {open}")
}

/// The score that a group wants to reach.
pub(crate) fn target(target: Option<Score>) -> String {
	target.map_or("none".into(), |score| score.to_string())
}

/// The time that blocks take, in its two largest units: `1h 30m`.
pub(crate) fn time(blocks: BlockNumber) -> String {
	let mut rest = u64::from(blocks).saturating_mul(BLOCK_SECONDS);
	let mut parts = Vec::new();
	for (unit, seconds) in UNITS {
		let count = rest / seconds;
		rest %= seconds;
		if count > 0 {
			parts.push(format!("{count}{unit}"));
		} else if !parts.is_empty() {
			break;
		}
	}
	parts.truncate(2);
	if parts.is_empty() {
		return "0s".into();
	}
	parts.join(" ")
}

/// A number of blocks and the time that they take: `200 blocks (10m)`.
pub(crate) fn span(blocks: BlockNumber) -> String {
	let unit = if blocks == 1 { "block" } else { "blocks" };
	format!("{blocks} {unit} ({})", time(blocks))
}

/// The block at which something is due, and the time until then: `at block 120, in 20 blocks (1m)`.
pub(crate) fn due(at: BlockNumber, now: BlockNumber) -> String {
	format!("at block {at}, in {}", span(at.saturating_sub(now)))
}

/// The block at which a group's voting period closes, or the command that closes one that is overdue.
pub(crate) fn closes(group: &GroupView) -> String {
	if group.closes > group.block {
		return due(group.closes, group.block);
	}
	let (at, id) = (group.closes, group.id);
	format!("at block {at}, overdue: descent group close {id}")
}

/// An amount and its part of all that is issued: `30 NRN, 0.1% of all there is`.
pub(crate) fn stake_of_all(amount: u128, issuance: u128) -> String {
	format!("{}, {} of all there is", format_amount(amount), part(amount, issuance))
}

/// A number of voting periods.
pub(crate) fn periods(periods: u32) -> String {
	match periods {
		1 => "1 period".into(),
		periods => format!("{periods} periods"),
	}
}

/// The part of all stake that an amendment needs.
pub(crate) fn majority(majority: Majority) -> &'static str {
	match majority {
		Majority::Half => "more than 1/2",
		Majority::TwoThirds => "more than 2/3",
	}
}

/// The state of the check of a proposed delta.
pub(crate) fn check(check: &CheckView) -> String {
	match (&check.decided, check.attempt, check.until) {
		(Some(decided), _, _) => decided.to_string(),
		(None, Some(attempt), Some(until)) => {
			let opened: u32 = check.verdicts.iter().map(|(_, members)| *members).sum();
			let attempt = attempt.saturating_add(1);
			let text = format!("checking, attempt {attempt} until block {until}");
			match opened {
				0 => text,
				opened => format!("{text}, {opened} of {} opened", check.committee),
			}
		}
		_ => "not decided".into(),
	}
}

/// The end of a delta proposal.
pub(crate) fn proposal_ending(ending: &ProposalEnding) -> String {
	ending.to_string()
}

/// The effect of a delta proposal's end on its deposit.
pub(crate) fn proposal_price(ending: &ProposalEnding) -> &'static str {
	match ending {
		ProposalEnding::Applied { .. } => "returned, reward paid",
		ProposalEnding::Invalid { .. } => "lost",
		ProposalEnding::Unavailable => "lost, unless it had been valid before",
		ProposalEnding::Conflict { .. }
		| ProposalEnding::Copied
		| ProposalEnding::Outvoted
		| ProposalEnding::Withdrawn
		| ProposalEnding::Evicted => "returned",
	}
}

/// The end of an amendment.
pub(crate) fn amendment_ending(ending: &AmendmentEnding) -> String {
	ending.to_string()
}

/// A change of a rule, and the new value.
pub(crate) fn change(change: &Change) -> String {
	match change {
		Change::VotingPeriod { blocks } => format!("voting period {}", span(*blocks)),
		Change::Quorum { share } => format!("quorum {share}"),
		Change::Clock { lengths } => format!("rounds {}", rounds(lengths)),
		Change::MinimumImprovement { micros } => format!("improvement {} at least", Score(*micros)),
		Change::Policy { policy: changed } => match changed {
			EvaluationPolicy::Training { .. } => format!("measured on {}", policy(changed)),
			EvaluationPolicy::Validation { set, .. } => {
				format!("measured on {} {}", policy(changed), Reference::from(*set))
			}
			EvaluationPolicy::Hidden { series, otherwise, .. } => {
				let otherwise = Reference::from(*otherwise);
				format!("measured on {} of the series {series:?}, otherwise {otherwise}", policy(changed))
			}
		},
		Change::Target { score } => format!("target {}", target(*score)),
		Change::Shares { shares: changed } => shares(*changed),
		Change::Providers { providers } => {
			let providers = addresses(providers);
			let shown: Vec<_> = providers.iter().map(|provider| plain(provider)).collect();
			format!("providers {}", shown.join(" "))
		}
		Change::Model { model } => format!("model {}", Reference::from(*model)),
		Change::SetRule { rule: OptionalRule::Committee { seats: changed } } => {
			format!("committees of {}", seats(u32::from(*changed)))
		}
		Change::RemoveRule { rule: OptionalRuleKind::Committee } => {
			format!("committees of {}", seats(DEFAULT_COMMITTEE_SEATS))
		}
		Change::SetRule { rule: OptionalRule::RankedWinners { winners: changed } } => {
			format!("{} a round", winners(*changed))
		}
		Change::RemoveRule { rule: OptionalRuleKind::RankedWinners } => format!("{} a round", winners(1)),
		Change::SetRule { rule: OptionalRule::Recipe { recipe: changed } } => {
			format!("recorded trainings: {}", recipe_rule(changed))
		}
		Change::RemoveRule { rule: OptionalRuleKind::Recipe } => "recorded trainings: none".into(),
		Change::SetRule { rule: OptionalRule::Pretrained { checkpoint } } => {
			format!("pretrained checkpoint {}", Reference::from(*checkpoint))
		}
		Change::RemoveRule { rule: OptionalRuleKind::Pretrained } => "no pretrained checkpoint".into(),
	}
}

/// The rule for the recipes of recorded trainings.
pub(crate) fn recipe_rule(rule: &RecipeRule) -> String {
	let RecipeRule { steps, batch, smallest_rate, largest_rate, exact, work_reward } = rule;
	let precisions = if *exact { "f64 alone" } else { "f64, f32 or bf16" };
	let (smallest, largest) = (rate(*smallest_rate), rate(*largest_rate));
	let work = work_reward.map_or(String::new(), |reward| format!("; {}", self::work_reward(&reward)));
	format!(
		"{steps} steps a segment, {batch} records a step, rates {smallest} to {largest}, {precisions}{work}"
	)
}

/// The reward for recorded work.
fn work_reward(reward: &WorkReward) -> String {
	let WorkReward { share, deposit, draws, margin } = reward;
	let draws = if *draws == 1 { "1 draw".into() } else { format!("{draws} draws") };
	let deposit = format_amount(*deposit);
	format!(
		"work: {share} of the winner's pot in {draws} a round, {deposit} a segment, scores up to {margin} \
		 worse than the head's"
	)
}

/// A learning rate in billionths: `0.001`.
pub(crate) fn rate(billionths: u32) -> String {
	decimal(billionths, RATE_UNIT, 9)
}

/// A number of parts of a unit, of which there are ten to the power of `digits`, without zeros at its end.
fn decimal(parts: u32, unit: u32, digits: usize) -> String {
	let (whole, part) = (parts / unit, parts % unit);
	format!("{whole}.{part:0digits$}").trim_end_matches('0').trim_end_matches('.').into()
}

/// An optimizer, with the names of PyTorch: `adam (betas 0.9 and 0.999)`.
pub(crate) fn optimizer(optimizer: &RecipeOptimizer) -> String {
	let fraction = |parts: u32| decimal(parts, FRACTION, 6);
	let (name, mut terms, decay) = match *optimizer {
		RecipeOptimizer::Sgd { momentum, nesterov, weight_decay } => {
			let kind = if nesterov { "nesterov momentum" } else { "momentum" };
			("sgd", vec![format!("{kind} {}", fraction(momentum))], weight_decay)
		}
		RecipeOptimizer::Adam { betas: (mean, square), weight_decay } => {
			("adam", vec![format!("betas {} and {}", fraction(mean), fraction(square))], weight_decay)
		}
		RecipeOptimizer::AdamW { betas: (mean, square), weight_decay } => {
			("adamw", vec![format!("betas {} and {}", fraction(mean), fraction(square))], weight_decay)
		}
	};
	if decay > 0 {
		terms.push(format!("weight decay {}", fraction(decay)));
	}
	format!("{name} ({})", terms.join(", "))
}

/// The number of winners of a round.
pub(crate) fn winners(winners: u8) -> String {
	match winners {
		1 => "1 winner".into(),
		winners => format!("{winners} winners"),
	}
}

/// The size of a committee.
pub(crate) fn seats(seats: u32) -> String {
	format!("{seats} seats")
}

/// The division of what rounds earn.
pub(crate) fn shares(shares: Shares) -> String {
	format!("winners {}, validators {}, keepers {}", shares.winner(), shares.validators, shares.keepers)
}

/// A validator's standing, and the rest of its time in jail.
pub(crate) fn standing(standing: ValidatorStanding, now: BlockNumber) -> String {
	match standing {
		ValidatorStanding::Active => "active".into(),
		ValidatorStanding::Waiting => "waiting".into(),
		ValidatorStanding::Chilled => "chilled".into(),
		ValidatorStanding::Jailed { until } if until > now => {
			format!("jailed until block {until}, for {}", span(until.saturating_sub(now)))
		}
		ValidatorStanding::Jailed { .. } => "jailed, free to validate again".into(),
	}
}

/// The day on which a block is expected, as blocks come every 3 seconds: `2030-11-20`.
pub(crate) fn day(at: BlockNumber, now: BlockNumber, clock: SystemTime) -> String {
	moment(at, now, clock).map_or("never".into(), |at| at.date_naive().to_string())
}

/// The time at which a block is expected, as blocks come every 3 seconds; `None` beyond the calendar's end.
pub(crate) fn moment(at: BlockNumber, now: BlockNumber, clock: SystemTime) -> Option<DateTime<Utc>> {
	let blocks = u64::from(at.saturating_sub(now));
	let seconds = clock
		.duration_since(UNIX_EPOCH)
		.map_or(0, |since| since.as_secs())
		.saturating_add(blocks.saturating_mul(BLOCK_SECONDS));
	DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0)
}

/// Text that is not longer than so many characters.
pub(crate) fn short(text: &str, length: usize) -> String {
	let text = plain(text);
	if text.chars().count() <= length {
		return text;
	}
	let mut cut: String = text.chars().take(length.saturating_sub(1)).collect();
	cut.push('…');
	cut
}

#[cfg(test)]
#[path = "format_tests.rs"]
mod tests;
