//! The command `descent group show`.

use crate::{
	args::Global,
	content_ref::Reference,
	format,
	output::{plain, Output},
	positional::GroupArg,
	table::fields,
};
use anyhow::Result;
use clap::Args;
use descent_client::format_amount;
use descent_protocol::{view::GroupView, Clock, EvaluationPolicy, RoundLengths, Score};

const EXAMPLES: &str = "Example:
  descent group show 0";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Show {
	#[command(flatten)]
	group: GroupArg,
}

impl Show {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let group = global.connect().await?.group(self.group.id(global).await?).await?;
		output.print(&group, |output| show(output, &group))
	}
}

fn show(output: &Output, group: &GroupView) -> String {
	let lines = |lines: Vec<String>| lines.join("\n");
	let mut pairs = vec![
		("group", format!("{} {}", group.id, plain(&group.name))),
		("owner", group.owner.to_string()),
		("model", Reference::from(group.model).to_string()),
		("model version", group.model_version.to_string()),
		("data set", format!("version {}, root {:?}", group.dataset_version, group.dataset_root)),
		("providers", lines(group.providers.iter().map(|provider| plain(provider)).collect())),
		("metric", format::metric(group.metric).into()),
		("measured on", format::policy(&group.policy)),
	];
	match &group.policy {
		EvaluationPolicy::Training { .. } => {}
		EvaluationPolicy::Validation { set, .. } => {
			pairs.push(("validation", Reference::from(*set).to_string()));
		}
		EvaluationPolicy::Hidden { series, otherwise, .. } => {
			pairs.push(("series", format!("{series:?}")));
			pairs.push(("otherwise", Reference::from(*otherwise).to_string()));
		}
	}
	pairs.extend([
		("improvement", format!("{} at least", Score(group.minimum_improvement))),
		("target", format::target(group.target)),
		("rounds", rounds(&group.clock)),
		("deposit", format!("{} at least", format_amount(group.deposit))),
		("stake", format_amount(group.stake)),
		("quorum", format!("{} of all stake", group.quorum)),
		("shares", format::shares(group.shares)),
		("committee", format::seats(group.optional_rules.committee_seats())),
		("winners", format!("{} a round", format::winners(group.optional_rules.ranked_winners()))),
		(
			"recordings",
			group.optional_rules.recipe().map_or("none".into(), |rule| format::recipe_rule(&rule)),
		),
		("voting period", format::span(group.voting_period)),
		("closes", format::closes(group)),
		("at block", group.block.to_string()),
		("round", group.round.map_or("not begun".into(), |round| format!("{round} takes commitments"))),
		("settled", group.settled.map_or("none yet".into(), |round| format!("up to round {round}"))),
	]);
	pairs.extend(
		group.optional_rules.pretrained().map(|file| ("pretrained", Reference::from(file).to_string())),
	);
	match &group.head {
		None => pairs.push(("head", "none yet".into())),
		Some(head) => {
			pairs.push(("head", format!("{} in round {} by {}", head.score, head.round, head.account)));
			pairs.push(("checkpoint", Reference::from(head.checkpoint).to_string()));
			pairs.push(("served by", lines(head.providers.iter().map(|provider| plain(provider)).collect())));
		}
	}
	fields(output, &pairs)
}

fn rounds(clock: &Clock) -> String {
	let lengths =
		RoundLengths { length: clock.length, reveal: clock.reveal, attest: clock.attest, open: clock.open };
	let first = match clock.first {
		0 => String::new(),
		first => format!(" for round {first}"),
	};
	format!("{}; from block {} on{first}", format::rounds(&lengths), clock.start)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::fixtures::group;
	use descent_client::AccountId;
	use descent_protocol::{
		trace::{RecipeRule, WorkReward},
		view::HeadView,
		OptionalRule, Share,
	};

	#[test]
	fn shows_every_rule_in_words() {
		let mut group = group();
		let text = show(&Output::new(true), &group);
		for part in [
			"7 mnist\u{fffd}",
			"0.001000 at least",
			"10 NRN at least",
			"512 records of the validation set",
			"20 blocks; reveal 4, attest 8, open 4; from block 5 on",
			"version 2, root 0x0000",
			"1500 NRN",
			"20% of all stake",
			"winners 80%, validators 20%, keepers 0%",
			"31 seats",
			"recordings     none",
			"100 blocks (5m)",
			"at block 105, in 35 blocks (1m 45s)",
			"none yet",
			"3 takes commitments",
		] {
			assert!(text.contains(part), "{part} in\n{text}");
		}
		group.head = Some(HeadView {
			model_version: 0,
			round: 2,
			account: AccountId::new([1; 32]),
			checkpoint: group.model,
			score: Score(71_234),
			measured_on: None,
			providers: vec!["http://c\u{1b}[2J".into()],
		});
		group.optional_rules.set(OptionalRule::Committee { seats: 41 });
		let recipe = RecipeRule {
			steps: 200,
			batch: 64,
			smallest_rate: 10_000,
			largest_rate: 100_000_000,
			exact: false,
			work_reward: Some(WorkReward {
				share: Share::percent(20),
				deposit: 5_000_000_000_000,
				draws: 2,
				margin: Share::percent(10),
			}),
		};
		group.optional_rules.set(OptionalRule::Recipe { recipe });
		group.policy = EvaluationPolicy::Hidden {
			series: descent_client::H256::repeat_byte(9),
			records: 7,
			otherwise: group.model,
		};
		let text = show(&Output::new(true), &group);
		assert!(text.contains("7 records of hidden test sets") && text.contains("0x0909"), "{text}");
		assert!(text.contains("41 seats"), "{text}");
		let recordings = "200 steps a segment, 64 records a step, rates 0.00001 to 0.1, f64, f32 or bf16";
		assert!(text.contains(recordings), "{text}");
		let work =
			"work: 20% of the winner's pot in 2 draws a round, 5 NRN a segment, scores up to 10% worse";
		assert!(text.contains(work), "{text}");
		assert!(text.contains("0.071234 in round 2 by") && text.contains("http://c\u{fffd}[2J"), "{text}");
	}
}
