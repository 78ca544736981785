//! The command `descent test-set show`.

use super::GroupOption;
use crate::{
	args::Global,
	content_ref::Reference,
	output::{plain, Output},
	parse,
	table::fields,
};
use anyhow::{Context, Result};
use clap::Args;
use descent_client::{format_amount, H256};
use descent_protocol::{
	view::{RoundTestSetView, TestSetRelease, TestSetSeriesView},
	RoundIndex,
};
use serde::Serialize;

const EXAMPLES: &str = "Examples:
  descent test-set show 0x5d1c..
  descent test-set show --group mnist
  descent test-set show --group mnist --round 3 --json

With --group it shows the series that the rounds of the group are measured on, and with --round the set of \
that round as well.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Show {
	/// Id of the series
	#[arg(
		value_name = "SERIES",
		value_parser = parse::hash,
		required_unless_present = "group",
		conflicts_with = "group"
	)]
	series: Option<H256>,
	#[command(flatten)]
	group: GroupOption,
	/// Number of a round of the group
	#[arg(long, value_name = "ROUND", requires = "group", conflicts_with = "series")]
	round: Option<RoundIndex>,
}

/// A series, and the set of a round if one is asked for.
#[derive(Debug, Serialize)]
struct Shown {
	#[serde(flatten)]
	series: TestSetSeriesView,
	#[serde(skip_serializing_if = "Option::is_none")]
	round: Option<RoundShown>,
}

#[derive(Debug, Serialize)]
struct RoundShown {
	round: RoundIndex,
	#[serde(flatten)]
	set: RoundTestSetView,
}

impl Show {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let client = global.connect().await?;
		let (mut id, mut round) = (self.series, None);
		if let Some(group) = self.group.find(&client).await? {
			let series = client.group(group).await?.policy.series();
			id = Some(series.with_context(|| {
				format!("the rounds of group {group} are not measured on hidden test sets")
			})?);
			if let Some(number) = self.round {
				let set = client.round_test_set(group, number).await?;
				let set = set.with_context(|| {
					format!("round {number} of group {group} is measured on no series that is open")
				})?;
				id = Some(set.series);
				round = Some(RoundShown { round: number, set });
			}
		}
		let id = id.context("name a series or a group")?;
		let series = client.test_set_series(id).await?.with_context(|| {
			format!("the series {id:?} is not open: it never was, was closed, or a broken set has ended it")
		})?;
		let shown = Shown { series, round };
		output.print(&shown, |output| show(output, &shown))
	}
}

fn show(output: &Output, shown: &Shown) -> String {
	let series = &shown.series;
	let addresses: Vec<_> = series.providers.iter().map(|provider| plain(provider)).collect();
	let mut pairs = vec![
		("series", format!("{:?}", series.series)),
		("requester", series.requester.to_string()),
		("group", series.group.map_or("the next one of the requester".into(), |group| group.to_string())),
		("manifest", Reference::from(series.manifest).to_string()),
		("providers", addresses.join("\n")),
		("keys", format!("{} of {} are left", series.left, series.sets)),
		("bond", format_amount(series.bond)),
		("misses", misses(series)),
	];
	if let Some(round) = &shown.round {
		pairs.push(("round", round.round.to_string()));
		pairs.push(("set", set(&round.set)));
	}
	fields(output, &pairs)
}

fn misses(series: &TestSetSeriesView) -> String {
	match (series.suspended, series.misses) {
		(true, misses) => {
			format!("{misses} in a row: suspended, no round waits until a key is released")
		}
		(false, 0) => "none since the last key".into(),
		(false, misses) => format!("{misses} in a row"),
	}
}

/// The set of a round in words.
fn set(view: &RoundTestSetView) -> String {
	match view.state {
		TestSetRelease::Awaited { index } => {
			let (first, last) = (view.release.start, view.release.end.saturating_sub(1));
			format!("waits for the key of set {index}, in blocks {first} to {last}")
		}
		TestSetRelease::Released { index, key } => format!("set {index}, key {key:?}"),
		TestSetRelease::Otherwise => "the public validation set".into(),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::Parser;
	use descent_client::{AccountId, UNIT};
	use descent_protocol::ContentRef;

	#[derive(Debug, Parser)]
	struct Line {
		#[command(flatten)]
		show: Show,
	}

	fn shown(state: Option<TestSetRelease>) -> Shown {
		let manifest = ContentRef::raw(b"manifest").unwrap();
		let set = |state| RoundTestSetView {
			series: H256::repeat_byte(7),
			manifest,
			providers: vec![],
			release: 40..44,
			state,
		};
		Shown {
			series: TestSetSeriesView {
				series: H256::repeat_byte(7),
				requester: AccountId::new([1; 32]),
				group: Some(5),
				manifest,
				providers: vec!["http://a\u{1b}[2J".into()],
				sets: 9,
				left: 4,
				latest: H256::zero(),
				bond: 109 * UNIT,
				misses: 0,
				suspended: false,
			},
			round: state.map(|state| RoundShown { round: 3, set: set(state) }),
		}
	}

	#[test]
	fn a_series_in_words() {
		let text = |shown: &Shown| show(&Output::new(true), shown);
		for part in ["0x0707", "4 of 9 are left", "109 NRN", "none since", "http://a\u{fffd}[2J"] {
			assert!(text(&shown(None)).contains(part), "{part} in\n{}", text(&shown(None)));
		}
		for (state, part) in [
			(TestSetRelease::Awaited { index: 5 }, "the key of set 5, in blocks 40 to 43"),
			(TestSetRelease::Released { index: 5, key: H256::repeat_byte(2) }, "set 5, key 0x0202"),
			(TestSetRelease::Otherwise, "the public validation set"),
		] {
			let text = text(&shown(Some(state)));
			assert!(text.contains(part), "{part} in\n{text}");
		}
		let mut suspended = shown(None);
		(suspended.series.misses, suspended.series.suspended) = (3, true);
		assert!(text(&suspended).contains("3 in a row: suspended"));
	}

	#[test]
	fn the_round_is_beside_the_series_in_json() {
		let json = serde_json::to_value(shown(Some(TestSetRelease::Otherwise))).unwrap();
		assert_eq!((json["left"].as_u64(), json["round"]["round"].as_u64()), (Some(4), Some(3)), "{json}");
		assert_eq!(json["round"]["state"]["state"], "otherwise", "{json}");
		assert!(serde_json::to_value(shown(None)).unwrap().get("round").is_none());
	}

	#[test]
	fn a_series_or_a_group_is_named() {
		let series = format!("0x{}", "ab".repeat(32));
		let parse = |line: String| Line::try_parse_from(line.split_whitespace().map(str::to_string));
		for line in [format!("show {series}"), "show --group 5".into(), "show --group mnist --round 3".into()]
		{
			parse(line.clone()).unwrap_or_else(|error| panic!("{line}: {error}"));
		}
		for line in ["show".into(), format!("show {series} --group 5"), format!("show {series} --round 3")] {
			assert!(parse(line.clone()).is_err(), "{line}");
		}
	}
}
