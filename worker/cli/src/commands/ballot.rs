//! Ballots of a group's stakeholders: amendments of its rules, and deltas that are proposed for its data set.

use super::submit::submit;
use crate::{
	args::{Global, Signing},
	format,
	output::Output,
	table::table,
};
use anyhow::Result;
use descent_client::{format_amount, Call};
use descent_protocol::view::{GroupView, VoterView};

/// Longest summary in a table, in characters.
pub(super) const SUMMARY: usize = 60;

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
	voters.sort_by(|one, other| (other.stake, &one.account).cmp(&(one.stake, &other.account)));
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
		let none = voters(&Output::new(true), &group(), "proposal 3", vec![]);
		assert_eq!(none, "Nobody votes for proposal 3.");
	}
}
