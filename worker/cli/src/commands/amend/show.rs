//! The command `descent amend show`.

use crate::{
	args::Global,
	commands::ballot::{self, Voting},
	format,
	output::{plain, Output},
	positional::{AmendmentArg, GroupArg},
	table::{fields, table},
};
use anyhow::Result;
use clap::Args;
use descent_client::format_amount;
use descent_protocol::{
	bound_addresses, is_in_time,
	view::{AmendmentEnding, AmendmentView, GroupView, VoterView},
	Change, Majority, OptionalRule, OptionalRuleKind, RoundLengths,
};
use serde::Serialize;
use std::time::SystemTime;

const EXAMPLES: &str = "Examples:
  descent amend show 0 3
  descent amend show 0 3 --json | jq '.rules[]'

The rules before are those that the group has now.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Show {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	amendment: AmendmentArg,
}

/// An amendment, what it changes, its voters and its prospects.
#[derive(Debug, Serialize)]
struct Shown {
	#[serde(flatten)]
	amendment: AmendmentView,
	/// Each change beside the rule that the group has now; none once the amendment has ended.
	rules: Vec<Rule>,
	#[serde(flatten)]
	voting: Voting,
	/// Those that approve it, the largest stake first; none once it has ended.
	voters: Vec<VoterView>,
	/// Sentence about the close, if nothing changes until then.
	outlook: String,
}

/// A rule before and after.
#[derive(Debug, Serialize)]
struct Rule {
	before: String,
	after: String,
}

impl Show {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let number = self.amendment.value()?;
		let client = global.connect().await?;
		let group = client.group(self.group.id(global).await?).await?;
		let all = client.amendments(group.id).await?;
		let found = all.iter().find(|amendment| amendment.id == number).cloned();
		let amendment = found.ok_or_else(|| {
			let known = all.iter().map(|amendment| amendment.id);
			ballot::unknown(&group, "amendment", "amend", number, known)
		})?;
		let mut voters = Vec::new();
		if amendment.ending.is_none() {
			voters = client.amendment_voters(group.id, amendment.id).await?;
			ballot::sort(&mut voters);
		}
		let shown = Shown::new(&group, amendment, voters, SystemTime::now());
		output.print(&shown, |output| show(output, &group, &shown))
	}
}

impl Shown {
	fn new(group: &GroupView, amendment: AmendmentView, voters: Vec<VoterView>, clock: SystemTime) -> Self {
		let is_open = amendment.ending.is_none();
		let changes = amendment.changes.iter().filter(|_| is_open);
		Self {
			rules: changes.map(|change| Rule::of(group, change)).collect(),
			voting: Voting::new(group, needed(amendment.majority, group.stake), clock),
			voters,
			outlook: outlook(group, &amendment),
			amendment,
		}
	}
}

impl Rule {
	fn of(group: &GroupView, change: &Change) -> Self {
		let before = now(group, change).map_or("-".into(), |now| format::change(&now));
		Self { before, after: format::change(change) }
	}
}

/// The rule that a change replaces, as a change to what it is now.
fn now(group: &GroupView, change: &Change) -> Option<Change> {
	let clock = &group.clock;
	Some(match change {
		Change::VotingPeriod { .. } => Change::VotingPeriod { blocks: group.voting_period },
		Change::Quorum { .. } => Change::Quorum { share: group.quorum },
		Change::Clock { .. } => Change::Clock {
			lengths: RoundLengths {
				length: clock.length,
				reveal: clock.reveal,
				attest: clock.attest,
				open: clock.open,
			},
		},
		Change::MinimumImprovement { .. } => Change::MinimumImprovement { micros: group.minimum_improvement },
		Change::Policy { .. } => Change::Policy { policy: group.policy },
		Change::Target { .. } => Change::Target { score: group.target },
		Change::Shares { .. } => Change::Shares { shares: group.shares },
		Change::Providers { .. } => {
			Change::Providers { providers: bound_addresses(group.providers.clone())? }
		}
		Change::Model { .. } => Change::Model { model: group.model },
		Change::SetRule { rule: OptionalRule::RankedWinners { .. } }
		| Change::RemoveRule { rule: OptionalRuleKind::RankedWinners } => {
			let winners = group.optional_rules.ranked_winners();
			Change::SetRule { rule: OptionalRule::RankedWinners { winners } }
		}
		Change::SetRule { rule: OptionalRule::Committee { .. } }
		| Change::RemoveRule { rule: OptionalRuleKind::Committee } => {
			let seats = u16::try_from(group.optional_rules.committee_seats()).ok()?;
			Change::SetRule { rule: OptionalRule::Committee { seats } }
		}
		Change::SetRule { rule: OptionalRule::Recipe { .. } }
		| Change::RemoveRule { rule: OptionalRuleKind::Recipe } => match group.optional_rules.recipe() {
			Some(recipe) => Change::SetRule { rule: OptionalRule::Recipe { recipe } },
			None => Change::RemoveRule { rule: OptionalRuleKind::Recipe },
		},
		Change::SetRule { rule: OptionalRule::Pretrained { .. } }
		| Change::RemoveRule { rule: OptionalRuleKind::Pretrained } => match group.optional_rules.pretrained() {
			Some(checkpoint) => Change::SetRule { rule: OptionalRule::Pretrained { checkpoint } },
			None => Change::RemoveRule { rule: OptionalRuleKind::Pretrained },
		},
	})
}

/// The smallest stake that is a majority of all stake.
fn needed(majority: Majority, stake: u128) -> u128 {
	let most_without = match majority {
		Majority::Half => stake / 2,
		Majority::TwoThirds => {
			(stake / 3).saturating_mul(2).saturating_add((stake % 3).saturating_mul(2) / 3)
		}
	};
	most_without.saturating_add(1)
}

/// A sentence about what happens to an amendment when the voting period closes, if votes stay as they are.
fn outlook(group: &GroupView, amendment: &AmendmentView) -> String {
	match &amendment.ending {
		Some(AmendmentEnding::Adopted { from }) => {
			return format!("Nothing: it is in force, for rounds from round {from} on.")
		}
		Some(_) => return "Nothing: it has ended.".into(),
		None => {}
	}
	if !is_in_time(amendment.block, group.closes, group.voting_period) {
		let text =
			"It waits for the close after this one, as it was proposed less than half a period before.";
		return text.into();
	}
	if amendment.majority.is_met(amendment.ayes, group.stake) {
		return "As votes stand, it is adopted: what concerns voting is in force at once, all else from the \
		        first round on that has not begun."
			.into();
	}
	let missing = needed(amendment.majority, group.stake).saturating_sub(amendment.ayes);
	let lost = amendment.lost.saturating_add(1);
	format!(
		"As votes stand, it lacks {} of its majority; it loses the period ({lost} of the four after which an \
		 amendment ends).",
		format_amount(missing)
	)
}

fn show(output: &Output, group: &GroupView, shown: &Shown) -> String {
	let amendment = &shown.amendment;
	let mut pairs = vec![
		("amendment", format!("{} of group {} {}", amendment.id, group.id, plain(&group.name))),
		("summary", plain(&amendment.summary)),
		("proposer", amendment.proposer.to_string()),
		("proposed", format!("in block {}", amendment.block)),
		("deposit", format_amount(amendment.deposit)),
	];
	if let Some(ending) = &amendment.ending {
		let changes: Vec<_> = amendment.changes.iter().map(format::change).collect();
		pairs.push(("changes", changes.join("\n")));
		pairs.push(("ayes", format_amount(amendment.ayes)));
		pairs.push(("ended", format::amendment_ending(ending)));
		return fields(output, &pairs);
	}
	let ayes = format::stake(amendment.ayes, group.stake);
	pairs.extend([
		("ayes", format!("{ayes}; it needs {}", format::majority(amendment.majority))),
		("lost", format::periods(amendment.lost)),
		("closes", shown.voting.closes(group)),
		("outlook", shown.outlook.clone()),
	]);
	let rules: Vec<_> = shown.rules.iter().map(|rule| [rule.before.clone(), rule.after.clone()]).collect();
	let item = format!("amendment {}", amendment.id);
	let more = format!("descent amend voters --group {} --amendment {}", group.id, amendment.id);
	[
		fields(output, &pairs),
		table(output, ["before", "after"], &rules),
		ballot::first_voters(output, group, &item, &shown.voters, &more),
	]
	.join("\n\n")
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::fixtures::{amendment, group};
	use descent_client::{AccountId, UNIT};
	use descent_protocol::{trace::RecipeRule, EvaluationPolicy, Score};
	use std::time::{Duration, UNIX_EPOCH};

	fn shown(amendment: AmendmentView) -> Shown {
		let voter = VoterView { account: AccountId::new([4; 32]), stake: 600 * UNIT, pending: 0 };
		Shown::new(&group(), amendment, vec![voter], UNIX_EPOCH + Duration::from_secs(1_728_000_000))
	}

	#[test]
	fn shows_the_rules_before_and_after() {
		let text = show(&Output::new(true), &group(), &shown(amendment()));
		for part in [
			"2 of group 7 mnist\u{fffd}",
			"faster\u{fffd}[2J",
			"600 NRN, 40% of all stake; it needs more than 1/2",
			"voting period 100 blocks (5m)  voting period 20 blocks (1m)",
			"quorum 20%                     quorum 30%",
			"2024-10-04 00:01 UTC, expected",
			"(2 of the four after which an amendment ends)",
		] {
			assert!(text.contains(part), "{part} in\n{text}");
		}
		let json = serde_json::to_value(shown(amendment())).unwrap();
		assert_eq!(json["rules"][1]["before"], "quorum 20%");
		assert_eq!(json["rules"][1]["after"], "quorum 30%");
	}

	#[test]
	fn each_rule_has_one_that_it_replaces() {
		let group = group();
		let lengths = RoundLengths { length: 40, reveal: 4, attest: 8, open: 4 };
		for (change, before) in [
			(Change::Clock { lengths }, "rounds 20 blocks; reveal 4, attest 8, open 4"),
			(Change::MinimumImprovement { micros: 7 }, "improvement 0.001000 at least"),
			(
				Change::Policy { policy: EvaluationPolicy::Training { records: 1 } },
				"measured on 512 records of the",
			),
			(Change::Target { score: Some(Score(1)) }, "target none"),
			(Change::Shares { shares: Default::default() }, "winners 80%"),
			(Change::Providers { providers: Default::default() }, "providers http://a http://b"),
			(Change::Model { model: group.model }, "model "),
			(Change::SetRule { rule: OptionalRule::Committee { seats: 41 } }, "committees of 31 seats"),
			(Change::RemoveRule { rule: OptionalRuleKind::Committee }, "committees of 31 seats"),
			(Change::SetRule { rule: OptionalRule::RankedWinners { winners: 3 } }, "1 winner a round"),
			(Change::RemoveRule { rule: OptionalRuleKind::RankedWinners }, "1 winner a round"),
		] {
			let rule = Rule::of(&group, &change);
			assert!(rule.before.starts_with(before), "{rule:?}");
		}
	}

	#[test]
	fn the_rule_for_recordings_is_told_before_and_after() {
		let recipe = RecipeRule {
			steps: 50,
			batch: 8,
			smallest_rate: 1,
			largest_rate: 2,
			exact: true,
			work_reward: None,
		};
		let set = Change::SetRule { rule: OptionalRule::Recipe { recipe } };
		let rule = Rule::of(&group(), &set);
		assert_eq!(rule.before, "recorded trainings: none");
		let after =
			"recorded trainings: 50 steps a segment, 8 records a step, rates 0.000000001 to 0.000000002, \
		             f64 alone";
		assert_eq!(rule.after, after);
		let mut recorded = group();
		recorded.optional_rules.set(OptionalRule::Recipe { recipe });
		let rule = Rule::of(&recorded, &Change::RemoveRule { rule: OptionalRuleKind::Recipe });
		assert_eq!((rule.before.as_str(), rule.after.as_str()), (after, "recorded trainings: none"));
	}

	#[test]
	fn the_smallest_majority_is_one() {
		for majority in [Majority::Half, Majority::TwoThirds] {
			for stake in [0, 1, 2, 3, 4, 5, 6, 7, 299, 300, 301] {
				let needed = needed(majority, stake);
				assert!(needed > stake || majority.is_met(needed, stake), "{majority:?} of {stake}");
				assert!(!majority.is_met(needed - 1, stake), "{majority:?} of {stake}");
			}
		}
	}

	#[test]
	fn says_what_happens_at_the_close() {
		let mut amendment = amendment();
		amendment.ayes = 800 * UNIT;
		assert!(outlook(&group(), &amendment).contains("it is adopted"));
		amendment.ayes = 750 * UNIT;
		assert!(
			outlook(&group(), &amendment).contains("it lacks 0.000000000001 NRN of its majority"),
			"{amendment:?}"
		);
		amendment.block = 56;
		assert!(outlook(&group(), &amendment).contains("waits for the close after this one"));
		amendment.ending = Some(AmendmentEnding::Adopted { from: 12 });
		assert!(outlook(&group(), &amendment).contains("from round 12 on"));
		let text = show(&Output::new(true), &group(), &shown(amendment));
		assert!(text.contains("adopted: from round 12 on") && !text.contains("before"), "{text}");
	}
}
