use super::{metric_name, policy_text};
use crate::{
	args::{Global, GroupArg},
	content_ref::Reference,
	output::{plain, Output},
	table::fields,
};
use anyhow::Result;
use clap::Args;
use descent_chain::format_amount;
use descent_protocol::{view::GroupView, Clock, EvaluationPolicy, Score};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  descent group show --group 0")]
pub struct Show {
	#[command(flatten)]
	group: GroupArg,
}

impl Show {
	pub async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let group = global.connect().await?.group(self.group.group).await?;
		output.print(&group, |output| show(output, &group))
	}
}

fn show(output: &Output, group: &GroupView) -> String {
	let lines = |lines: Vec<String>| lines.join("\n");
	let mut pairs = vec![
		("group", format!("{} {}", group.id, plain(&group.name))),
		("owner", group.owner.to_string()),
		("model", Reference::from(group.model).to_string()),
		(
			"deltas",
			lines(
				group
					.deltas
					.iter()
					.map(|delta| Reference::from(*delta).to_string())
					.collect(),
			),
		),
		("data set", format!("{:?}", group.dataset_root)),
		(
			"providers",
			lines(group.providers.iter().map(|provider| plain(provider)).collect()),
		),
		("metric", metric_name(group.metric).into()),
		("measured on", policy_text(&group.policy)),
	];
	if let EvaluationPolicy::Validation { set, .. } = &group.policy {
		pairs.push(("validation", Reference::from(*set).to_string()));
	}
	pairs.extend([
		("tolerance", Score(group.tolerance).to_string()),
		(
			"improvement",
			format!("{} at least", Score(group.minimum_improvement)),
		),
		("rounds", rounds(&group.clock)),
		("deposit", format!("{} at least", format_amount(group.deposit))),
		("at block", group.block.to_string()),
		(
			"round",
			group
				.round
				.map_or("not begun".into(), |round| format!("{round} takes commitments")),
		),
		(
			"settled",
			group
				.settled
				.map_or("none yet".into(), |round| format!("up to round {round}")),
		),
	]);
	match &group.head {
		None => pairs.push(("head", "none yet".into())),
		Some(head) => {
			pairs.push((
				"head",
				format!("{} in round {} by {}", head.score, head.round, head.account),
			));
			pairs.push(("checkpoint", Reference::from(head.checkpoint).to_string()));
			pairs.push((
				"served by",
				lines(head.providers.iter().map(|provider| plain(provider)).collect()),
			));
		}
	}
	fields(output, &pairs)
}

fn rounds(clock: &Clock) -> String {
	let Clock {
		start,
		length,
		reveal,
		attest,
		open,
	} = clock;
	format!("{length} blocks from block {start} on; reveal {reveal}, attest {attest}, open {open}")
}

#[cfg(test)]
pub mod tests {
	use super::*;
	use descent_chain::AccountId;
	use descent_protocol::{view::HeadView, ContentRef, Metric};

	/// A group whose name tries to steer the terminal.
	pub fn group() -> GroupView {
		let content = ContentRef::raw(b"x").unwrap();
		GroupView {
			id: 7,
			owner: AccountId::new([0; 32]),
			name: "mnist\u{7}".into(),
			model: content,
			deltas: vec![content],
			dataset_root: Default::default(),
			providers: vec!["http://a".into(), "http://b".into()],
			metric: Metric::Loss,
			policy: EvaluationPolicy::Validation {
				set: content,
				records: 512,
			},
			tolerance: 100,
			minimum_improvement: 1000,
			clock: Clock {
				start: 5,
				length: 20,
				reveal: 4,
				attest: 8,
				open: 4,
			},
			deposit: 10_000_000_000_000,
			head: None,
			block: 70,
			round: Some(3),
			settled: None,
		}
	}

	#[test]
	fn shows_every_rule_in_words() {
		let mut group = group();
		let text = show(&Output::new(true), &group);
		for part in [
			"7 mnist\u{fffd}",
			"0.000100",
			"0.001000 at least",
			"10 NRN at least",
			"512 records of the validation set",
			"20 blocks from block 5 on",
			"none yet",
			"3 takes commitments",
		] {
			assert!(text.contains(part), "{part} in\n{text}");
		}
		group.head = Some(HeadView {
			round: 2,
			account: AccountId::new([1; 32]),
			checkpoint: group.model,
			score: Score(71_234),
			providers: vec!["http://c\u{1b}[2J".into()],
		});
		let text = show(&Output::new(true), &group);
		assert!(
			text.contains("0.071234 in round 2 by") && text.contains("http://c\u{fffd}[2J"),
			"{text}"
		);
	}
}
