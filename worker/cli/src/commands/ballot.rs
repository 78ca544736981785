//! Ballots of a group's stakeholders: amendments of its rules, and deltas that are proposed for its data set.

use super::submit::submit;
use crate::{
	args::{Global, Signing},
	output::Output,
	table::table,
};
use anyhow::Result;
use descent_client::Call;

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
