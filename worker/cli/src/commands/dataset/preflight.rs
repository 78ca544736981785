//! Checks of a delta before anything is sent.

use crate::description;
use anyhow::{bail, ensure, Context, Result};
use descent_client::AccountId;
use descent_dataset::{DeltaLimits, DeltaReader, Op, Schema};
use descent_protocol::{
	view::{LogEntryView, ProposalView},
	BlockNumber, ContentRef,
};
use indicatif::ProgressBar;
use std::path::Path;

/// Refuses a delta that the chain would refuse, before anything is paid for. `precedes` returns true if the
/// delta may have been announced before a block.
pub(super) fn admit(
	log: &[LogEntryView],
	proposals: &[ProposalView],
	account: &AccountId,
	delta: &ContentRef,
	precedes: impl Fn(BlockNumber) -> bool,
) -> Result<()> {
	if let Some(entry) = log.iter().find(|entry| entry.delta.digest == delta.digest) {
		bail!("this delta is part of the data set already: it made version {}", entry.version);
	}
	let mut open = proposals.iter().filter(|proposal| proposal.ending.is_none());
	let own = open.clone().find(|proposal| proposal.proposer == *account);
	if let Some(own) = own {
		ensure!(
			own.delta.digest != delta.digest,
			"you have proposed this delta already, as proposal {}: descent dataset list {} shows how \
			 it stands",
			own.id,
			own.group
		);
		bail!(
			"you have proposal {0} open, and one is allowed at a time: wait until it has ended, or take it \
			 back once it has lost a voting period: descent dataset withdraw {1} {0}",
			own.id,
			own.group
		);
	}
	if let Some(same) = open.find(|proposal| proposal.delta.digest == delta.digest) {
		// An account that announced it before takes the proposal's place.
		ensure!(
			precedes(same.block),
			"{} has proposed this delta already: vote for it: descent dataset vote {} {}",
			same.proposer,
			same.group,
			same.id
		);
	}
	Ok(())
}

/// Refuses a file whose rows are not those of a delta. It does not check that the delta applies to the data
/// set.
pub(super) fn check_rows(file: &Path, description: &Path, bar: &ProgressBar) -> Result<()> {
	rows(file, &description::read(description)?.schema(), bar).map(drop)
}

/// Reads all rows of a delta and returns the numbers of its additions and removals.
///
/// # Errors
/// Fails if a row is not one of a delta, or there is none.
pub(super) fn rows(file: &Path, schema: &Schema, bar: &ProgressBar) -> Result<(u64, u64)> {
	let wrong = || format!("{} is not a delta for this model", file.display());
	let reader = DeltaReader::open(file, schema, &DeltaLimits::default()).with_context(wrong)?;
	bar.set_length(reader.len());
	let (mut added, mut removed) = (0u64, 0u64);
	for row in bar.wrap_iter(reader) {
		let count = if row.with_context(wrong)?.op() == Op::Add { &mut added } else { &mut removed };
		*count = count.saturating_add(1);
	}
	bar.finish_and_clear();
	ensure!(added.saturating_add(removed) > 0, "{} has no rows", file.display());
	Ok((added, removed))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::commands::dataset::{propose::tests::proposal, testing::Folder};
	use descent_protocol::view::ProposalEnding;

	#[test]
	fn what_can_t_be_proposed_is_refused_before_it_is_announced() {
		let (delta, other) = (ContentRef::raw(b"x").unwrap(), ContentRef::raw(b"y").unwrap());
		let account = AccountId::new([1; 32]);
		let applied = LogEntryView {
			version: 4,
			delta,
			providers: vec![],
			root: Default::default(),
			from: 0,
			report: None,
			proposer: account.clone(),
			block: 5,
		};
		let refused = |log: &[LogEntryView], open: ProposalView, announced: Option<BlockNumber>| {
			let precedes = |block| announced.is_some_and(|announced| announced < block);
			let admitted = admit(log, &[open], &account, &delta, precedes);
			admitted.err().map(|error| error.to_string()).unwrap_or_default()
		};
		let strangers = proposal([2; 32], other);
		assert_eq!(refused(&[], strangers.clone(), None), "");
		assert!(refused(&[applied], strangers, None).contains("made version 4"));
		assert!(refused(&[], proposal([1; 32], delta), None).contains("as proposal 3"));
		assert!(refused(&[], proposal([1; 32], other), None).contains("descent dataset withdraw 7 3"));
		let ended = ProposalView { ending: Some(ProposalEnding::Outvoted), ..proposal([1; 32], delta) };
		assert_eq!(refused(&[], ended, None), "");
		let copied = proposal([2; 32], delta);
		assert!(refused(&[], copied.clone(), None).contains("descent dataset vote 7 3"));
		assert!(refused(&[], copied.clone(), Some(60)).contains("vote for it"));
		assert_eq!(refused(&[], copied, Some(59)), "");
	}

	#[test]
	fn the_rows_of_a_delta_are_counted() {
		let folder = Folder::new();
		let delta = folder.delta("d", &[1, 2, 3], &[4]);
		let counted = rows(&delta, &folder.schema(), &ProgressBar::hidden()).unwrap();
		assert_eq!(counted, (3, 1));
		let empty = folder.delta("e", &[], &[]);
		let error = rows(&empty, &folder.schema(), &ProgressBar::hidden()).unwrap_err();
		assert!(error.to_string().ends_with("has no rows"), "{error}");
	}

	#[test]
	fn a_file_that_is_no_delta_is_refused_before_anything_is_sent() {
		let folder = tempfile::tempdir().unwrap();
		let (file, description) = (folder.path().join("d.parquet"), folder.path().join("m.json"));
		let json = r#"{"descent": 1, "name": "m", "inputs": [{"column": "x", "dtype": "u8", "shape": [2]}],
			"target": {"column": "y", "dtype": "u8", "shape": [], "classes": 3},
			"layers": [{"type": "linear", "out": 3}], "loss": "cross_entropy"}"#;
		std::fs::write(&description, json).unwrap();
		let schema = description::read(&description).unwrap().schema();
		let check =
			|| check_rows(&file, &description, &ProgressBar::hidden()).map_err(|error| format!("{error:#}"));
		let mut writer = descent_dataset::DeltaWriter::create(&file, &schema).unwrap();
		writer.add(&[1, 2, 0]).unwrap();
		writer.finish().unwrap();
		assert_eq!(check(), Ok(()));
		std::fs::write(&file, b"PAR1").unwrap();
		let error = check().unwrap_err();
		assert!(error.contains("d.parquet is not a delta for this model: "), "{error}");
	}
}
