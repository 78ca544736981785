//! Ballots of a group's stakeholders: amendments of its rules, and deltas that are proposed for its data set.

use super::submit::submit;
use crate::{
	args::{Global, Signing},
	format,
	output::Output,
	table::table,
};
use anyhow::{anyhow, Error, Result};
use chrono::SecondsFormat;
use descent_client::{format_amount, Call};
use descent_protocol::{
	view::{GroupView, VoterView},
	BlockNumber, Share,
};
use serde::Serialize;
use std::time::SystemTime;

/// Longest summary in a table, in characters.
pub(super) const SUMMARY: usize = 60;

/// Voters that are shown beside a proposal or an amendment.
const FIRST_VOTERS: usize = 20;

/// The voting period of a group, for one of the items that are voted on.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Voting {
	/// All stake that counts in the close, in the token's smallest unit.
	stake: String,
	/// The stake that the item needs, in the token's smallest unit.
	needs: String,
	/// The block that closes the period.
	closes: BlockNumber,
	/// The time at which that block is expected, by RFC 3339.
	closes_at: String,
	/// The block at which this was read.
	block: BlockNumber,
	#[serde(skip)]
	needed: u128,
	#[serde(skip)]
	expected: String,
}

impl Voting {
	/// The period of a group in which an item needs so much stake, read at the time `clock`.
	pub(super) fn new(group: &GroupView, needed: u128, clock: SystemTime) -> Self {
		let at = format::moment(group.closes, group.block, clock);
		Self {
			stake: group.stake.to_string(),
			needs: needed.to_string(),
			closes: group.closes,
			closes_at: at.map_or_else(String::new, |at| at.to_rfc3339_opts(SecondsFormat::Secs, true)),
			block: group.block,
			needed,
			expected: at.map_or("never".into(), |at| at.format("%Y-%m-%d %H:%M UTC, expected").to_string()),
		}
	}

	/// The stake that the item needs, and its part of all stake as the rule names it.
	pub(super) fn needed(&self, part: Share) -> String {
		format!("{}, {part} of all stake", format_amount(self.needed))
	}

	/// The time and the block of the close.
	pub(super) fn closes(&self, group: &GroupView) -> String {
		format!("{}; {}", self.expected, format::closes(group))
	}
}

/// The error of an item that a group does not have, as `proposal` 3, which the command `dataset list` lists.
pub(super) fn unknown(
	group: &GroupView,
	what: &str,
	command: &str,
	id: u32,
	known: impl Iterator<Item = u32>,
) -> Error {
	let known: Vec<_> = known.map(|id| id.to_string()).collect();
	let known = match known.as_slice() {
		[] => String::new(),
		known => format!("; those it has: {}", known.join(", ")),
	};
	anyhow!(
		"group {0} has no {what} {id}, or has forgotten it{known}. descent {command} list --group {0} says \
		 more",
		group.id
	)
}

/// The heads of a table, and the cells of an item in it.
pub(super) struct Columns<F, const N: usize>(pub [&'static str; N], pub F);

impl<F, const N: usize> Columns<F, N> {
	fn table<T>(&self, output: &Output, items: &[&T]) -> String
	where
		F: Fn(&T) -> [String; N],
	{
		let rows: Vec<_> = items.iter().map(|item| self.1(item)).collect();
		table(output, self.0, &rows)
	}
}

/// The items that are open, or the sentence `none`, and those that have ended, below the sentence `period`.
pub(super) fn show<T, const N: usize, const M: usize>(
	output: &Output,
	period: String,
	items: &[T],
	is_open: impl Fn(&T) -> bool,
	none: &str,
	open_columns: &Columns<impl Fn(&T) -> [String; N], N>,
	ended_columns: &Columns<impl Fn(&T) -> [String; M], M>,
) -> String {
	let (open, ended): (Vec<_>, Vec<_>) = items.iter().partition(|item| is_open(item));
	let mut parts = vec![period];
	parts.push(if open.is_empty() { none.into() } else { open_columns.table(output, &open) });
	if !ended.is_empty() {
		parts.push(ended_columns.table(output, &ended));
	}
	parts.join("\n\n")
}

/// The accounts that vote for an item as `proposal 3`, the largest stake first. The part of the stake that
/// does not count in the next close is named where there is some.
pub(super) fn voters(output: &Output, group: &GroupView, item: &str, mut voters: Vec<VoterView>) -> String {
	if voters.is_empty() {
		return format!("Nobody votes for {item}.");
	}
	sort(&mut voters);
	voters_table(output, group, &voters)
}

/// Sorts voters, the largest stake first.
pub(super) fn sort(voters: &mut [VoterView]) {
	voters.sort_by(|one, other| (other.stake, &one.account).cmp(&(one.stake, &other.account)));
}

/// The largest of some sorted voters, and the command `more` that shows the others.
pub(super) fn first_voters(
	output: &Output,
	group: &GroupView,
	item: &str,
	voters: &[VoterView],
	more: &str,
) -> String {
	let first = voters.get(..FIRST_VOTERS).unwrap_or(voters);
	if first.is_empty() {
		return format!("Nobody votes for {item}.");
	}
	let table = voters_table(output, group, first);
	match voters.len().saturating_sub(first.len()) {
		0 => table,
		others => format!("{table}\nand {others} more: {more}"),
	}
}

fn voters_table(output: &Output, group: &GroupView, voters: &[VoterView]) -> String {
	let row = |voter: &VoterView| {
		let counted = voter.stake.saturating_sub(voter.pending);
		[
			format_amount(voter.stake),
			if voter.pending == 0 { "-".into() } else { format_amount(voter.pending) },
			format::part(counted, group.stake),
			voter.account.to_string(),
		]
	};
	let rows: Vec<_> = voters.iter().map(row).collect();
	table(output, ["stake", "pending", "of all", "account"], &rows)
}

/// Sends a call that takes back an item of the signer's, as `amendment 2`, and says so.
pub(super) async fn withdraw(
	global: &Global,
	signing: &Signing,
	output: &Output,
	call: &Call,
	item: &str,
) -> Result<()> {
	let sentence = |block| format!("Withdrew {item} in block {block}; its deposit is returned.");
	submit(global, signing, output, call, sentence).await
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::fixtures::group;
	use descent_client::{AccountId, UNIT};

	#[test]
	fn the_largest_voter_comes_first() {
		let voter = |number: u8, stake, pending| VoterView {
			account: AccountId::new([number; 32]),
			stake: stake * UNIT,
			pending: pending * UNIT,
		};
		let list = vec![voter(1, 30, 0), voter(2, 600, 300)];
		let text = voters(&Output::new(true), &group(), "proposal 3", list);
		let cells = |line: usize| -> Vec<String> {
			let line = text.lines().nth(line).unwrap();
			line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(Into::into).collect()
		};
		assert_eq!(cells(1)[..3], ["600 NRN", "300 NRN", "20%"]);
		assert_eq!(cells(2)[..3], ["30 NRN", "-", "2%"]);
		let crowd: Vec<_> = (0..25).map(|number| voter(number, 100 - u128::from(number), 0)).collect();
		let text = first_voters(&Output::new(true), &group(), "proposal 3", &crowd, "descent dataset voters");
		assert!(text.ends_with("\nand 5 more: descent dataset voters"), "{text}");
		assert_eq!(text.lines().count(), FIRST_VOTERS + 2);
		let none = voters(&Output::new(true), &group(), "proposal 3", vec![]);
		assert_eq!(none, "Nobody votes for proposal 3.");
	}
}
