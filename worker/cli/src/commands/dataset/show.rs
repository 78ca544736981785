//! The command `descent dataset show`.

use crate::{
	args::Global,
	commands::ballot::{self, Voting},
	content_ref::Reference,
	format,
	output::{plain, Output},
	positional::{GroupArg, ProposalArg},
	table::fields,
};
use anyhow::Result;
use clap::Args;
use descent_client::{format_amount, Client};
use descent_protocol::{
	view::{CheckView, GroupView, ProposalEnding, ProposalView, VoterView},
	winner, Contender, DeltaVerdict, ProposalId,
};
use serde::Serialize;
use std::time::SystemTime;

const EXAMPLES: &str = "Examples:
  descent dataset show 0 3
  descent dataset show 0 3 --json | jq .delta.cid

What it would put into the data set: descent dataset sample and get.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Show {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	proposal: ProposalArg,
}

/// A proposal, its voters and its prospects.
#[derive(Debug, Serialize)]
struct Shown {
	#[serde(flatten)]
	proposal: ProposalView,
	/// `CID:SIZE` of the delta.
	reference: String,
	#[serde(flatten)]
	voting: Voting,
	/// Those that vote for it, the largest stake first; none once it has ended.
	voters: Vec<VoterView>,
	/// Sentence about the close, if nothing changes until then.
	outlook: String,
}

impl Show {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let number = self.proposal.value()?;
		let client = global.connect().await?;
		let group = client.group(self.group.id(global).await?).await?;
		let all = client.proposals(group.id).await?;
		let proposal = find(&group, &all, number)?.clone();
		let voters = voters(&client, &proposal).await?;
		let shown = Shown {
			reference: Reference::from(proposal.delta).to_string(),
			voting: Voting::new(&group, group.quorum.of(group.stake), SystemTime::now()),
			voters,
			outlook: outlook(&group, &all, &proposal),
			proposal,
		};
		output.print(&shown, |output| show(output, &group, &shown))
	}
}

/// The proposal with this number among those that a node tells.
///
/// # Errors
/// Fails with the numbers that there are where it is none of them.
pub(super) fn find<'a>(
	group: &GroupView,
	proposals: &'a [ProposalView],
	id: ProposalId,
) -> Result<&'a ProposalView> {
	let numbers = proposals.iter().map(|proposal| proposal.id);
	let found = proposals.iter().find(|proposal| proposal.id == id);
	found.ok_or_else(|| ballot::unknown(group, "proposal", "dataset", id, numbers))
}

/// The voters of an open proposal. It may end, or its votes may go, between two questions to the node: such a
/// proposal has none.
async fn voters(client: &Client, proposal: &ProposalView) -> Result<Vec<VoterView>> {
	if proposal.ending.is_some() {
		return Ok(vec![]);
	}
	let mut voters = client.voters(proposal.group, proposal.id).await?;
	ballot::sort(&mut voters);
	Ok(voters)
}

fn show(output: &Output, group: &GroupView, shown: &Shown) -> String {
	let proposal = &shown.proposal;
	let providers: Vec<_> = proposal.providers.iter().map(|provider| plain(provider)).collect();
	let providers = if providers.is_empty() { "the group's".into() } else { providers.join("\n") };
	let mut pairs = vec![
		("proposal", format!("{} of group {} {}", proposal.id, group.id, plain(&group.name))),
		("summary", plain(&proposal.summary)),
		("proposer", proposal.proposer.to_string()),
		("proposed", format!("in block {}, on version {}", proposal.block, proposal.base)),
		("deposit", format_amount(proposal.deposit)),
		("delta", shown.reference.clone()),
		("providers", providers),
	];
	if let Some(check) = &proposal.check {
		pairs.push(("check", check_lines(check)));
	}
	let ayes = format::stake(proposal.ayes, group.stake);
	match &proposal.ending {
		Some(ending) => {
			let price = format::proposal_price(ending);
			pairs.push(("ayes", format_amount(proposal.ayes)));
			pairs.push(("ended", format!("{}; deposit {price}", format::proposal_ending(ending))));
		}
		None => {
			pairs.push(("ayes", format!("{ayes}; the quorum is {}", shown.voting.needed(group.quorum))));
			pairs.push(("lost", format::periods(proposal.lost)));
			pairs.push(("closes", shown.voting.closes(group)));
			pairs.push(("outlook", shown.outlook.clone()));
		}
	}
	let mut text = fields(output, &pairs);
	if proposal.ending.is_none() {
		let item = format!("proposal {}", proposal.id);
		let more = format!("descent dataset voters --group {} --proposal {}", group.id, proposal.id);
		text = format!("{text}\n\n{}", ballot::first_voters(output, group, &item, &shown.voters, &more));
	}
	text
}

/// The state of a check, its committee, and the verdicts that were opened.
fn check_lines(check: &CheckView) -> String {
	let mut lines = vec![
		format::check(check),
		format!("a committee of {} on version {}", check.committee, check.version),
	];
	let verdicts = check.verdicts.iter();
	lines.extend(verdicts.map(|(verdict, members)| format!("{members} members say {verdict}")));
	lines.join("\n")
}

/// A sentence about what happens to a proposal when the voting period closes, if nothing changes until then.
fn outlook(group: &GroupView, all: &[ProposalView], proposal: &ProposalView) -> String {
	if let Some(ending) = &proposal.ending {
		return match ending {
			ProposalEnding::Applied { version } => {
				format!("Nothing: it is version {version} of the data set.")
			}
			_ => "Nothing: it has ended.".into(),
		};
	}
	let (needed, lost) = (group.quorum.of(group.stake), proposal.lost);
	let lost = lost.saturating_add(1);
	let stays = format!("it loses the period ({lost} of the four after which a proposal ends)");
	if !is_valid(proposal) {
		let text = "Votes decide if its check ends before the close and finds it valid. The proposal stays \
		            open and loses nothing if the check takes longer.";
		return text.into();
	}
	let open = all.iter().filter(|other| other.ending.is_none());
	let contenders: Vec<_> =
		open.map(|other| Contender { id: other.id, ayes: other.ayes, is_valid: is_valid(other) }).collect();
	match winner(&contenders, group.stake, group.quorum) {
		Some(id) if id == proposal.id => "As votes stand, it wins: it is applied to the data set.".into(),
		Some(id) if proposal.ayes >= needed => {
			format!("As votes stand, proposal {id} wins, which has more stake or is older; {stays}.")
		}
		_ => {
			let missing = format_amount(needed.saturating_sub(proposal.ayes).max(1));
			format!("As votes stand, it lacks {missing} of the quorum; {stays}.")
		}
	}
}

fn is_valid(proposal: &ProposalView) -> bool {
	let decided = proposal.check.as_ref().and_then(|check| check.decided.as_ref());
	matches!(decided, Some(DeltaVerdict::Valid(_)))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::fixtures::{group, proposal, valid};
	use descent_client::{AccountId, UNIT};
	use std::time::{Duration, UNIX_EPOCH};

	fn shown(proposal: ProposalView) -> Shown {
		let group = group();
		let voter = VoterView { account: AccountId::new([4; 32]), stake: 500 * UNIT, pending: 0 };
		let clock = UNIX_EPOCH + Duration::from_secs(1_728_000_000);
		Shown {
			reference: Reference::from(proposal.delta).to_string(),
			voting: Voting::new(&group, group.quorum.of(group.stake), clock),
			voters: vec![voter],
			outlook: outlook(&group, std::slice::from_ref(&proposal), &proposal),
			proposal,
		}
	}

	#[test]
	fn shows_all_that_is_known_of_a_proposal() {
		let mut open = proposal();
		open.summary = format!("{}\u{1b}[2J", "long ".repeat(30));
		open.providers = vec!["http://a\u{1b}[2J".into()];
		open.check = Some(valid());
		let shown = shown(open);
		let text = show(&Output::new(true), &group(), &shown);
		for part in [
			"3 of group 7 mnist\u{fffd}",
			&"long ".repeat(30),
			"http://a\u{fffd}[2J",
			&shown.reference,
			"in block 60, on version 2",
			"valid: +5000 -0",
			"a committee of 4 on version 2",
			"3 members say valid",
			"500 NRN, 33.33% of all stake; the quorum is 300 NRN, 20% of all stake",
			"2024-10-04 00:01 UTC, expected; at block 105, in 35 blocks (1m 45s)",
			"it wins",
			"of all",
		] {
			assert!(text.contains(part), "{part} in\n{text}");
		}
		assert!(!text.contains('\u{1b}'), "{text}");
	}

	#[test]
	fn says_what_happens_at_the_close() {
		let (group, mut one, mut two) = (group(), proposal(), proposal());
		let said = |all: &[&ProposalView]| {
			outlook(&group, &all.iter().map(|&p| p.clone()).collect::<Vec<_>>(), all[0])
		};
		assert!(said(&[&one]).contains("if its check ends before the close"), "{}", said(&[&one]));
		one.check = Some(valid());
		assert!(said(&[&one]).contains("it wins"));
		one.ayes = 299 * UNIT;
		one.lost = 1;
		let lacks = "it lacks 1 NRN of the quorum; it loses the period (2 of the four";
		assert!(said(&[&one]).contains(lacks), "{}", said(&[&one]));
		two.id = 4;
		two.ayes = 600 * UNIT;
		two.check = Some(valid());
		one.ayes = 500 * UNIT;
		assert!(said(&[&one, &two]).contains("proposal 4 wins"), "{}", said(&[&one, &two]));
		assert!(said(&[&two, &one]).contains("it wins"));
		one.ending = Some(ProposalEnding::Applied { version: 3 });
		assert_eq!(said(&[&one]), "Nothing: it is version 3 of the data set.");
	}

	#[test]
	fn an_unknown_proposal_is_told_with_those_that_are() {
		let error = find(&group(), &[proposal()], 9).unwrap_err().to_string();
		assert!(error.contains("no proposal 9") && error.contains("those it has: 3"), "{error}");
		let error = find(&group(), &[], 9).unwrap_err().to_string();
		assert!(error.contains("descent dataset list --group 7"), "{error}");
		assert_eq!(find(&group(), &[proposal()], 3).unwrap().id, 3);
	}

	#[test]
	fn json_has_the_cid_and_the_voters() {
		let json = serde_json::to_value(shown(proposal())).unwrap();
		assert_eq!(json["id"], 3);
		assert_eq!(json["delta"]["cid"], proposal().delta.cid().to_string());
		assert_eq!(json["voters"][0]["stake"], (500 * UNIT).to_string());
		assert_eq!((json["needs"].as_str(), json["closes"].as_u64()), (Some("300000000000000"), Some(105)));
		assert_eq!(json["closes_at"], "2024-10-04T00:01:45Z");
	}
}
