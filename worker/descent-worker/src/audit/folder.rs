//! The audit of a recording on this machine.

use super::{
	dataset,
	report::{Audited, Finding, Report},
	segment::{Recorded, Replayer},
	Progress,
};
use anyhow::{bail, ensure, Context, Result};
use descent_dataset::Description;
use descent_model::Checkpoint;
use descent_protocol::trace::smallest_departure_limit;
use descent_replay::{Recording, RecordingError};
use sp_core::H256;
use std::{fs::File, path::Path};

/// Replays the segments of a recording until one departs.
pub(super) fn audit(
	folder: &Path,
	model: &Path,
	dataset: &Path,
	trace: Option<H256>,
	progress: &Progress,
) -> Result<Report> {
	let recording = Recording::read(folder)?;
	let header = recording.header();
	let count = recording.count();
	ensure!(count > 0, "{} has no segments", folder.display());
	let root = recording.trace().root;
	ensure!(
		trace.is_none_or(|trace| trace == root),
		"{} is another recording: its trace has the root {root:?}",
		folder.display()
	);
	let description = Description::read(model)
		.with_context(|| format!("{} is not a usable model description", model.display()))?;
	let digest = descent_content::address(File::open(model)?)?.digest;
	ensure!(
		digest == header.model,
		"{} is not the model description that was trained: its digest is {digest:?}, and the recording's is \
		 {:?}",
		model.display(),
		header.model
	);
	let scratch = tempfile::tempdir().context("cannot make a temporary directory; set TMPDIR")?;
	let records = dataset::open(dataset, header.dataset.root, &description.schema(), scratch.path())?;
	let replayer = Replayer {
		recipe: &header.recipe,
		order: &header.order,
		records: &records,
		limit: smallest_departure_limit(header.recipe.precision),
		progress,
		what: "the recording",
	};
	let mut replayed = Vec::new();
	for number in 0..count {
		let finding = segment(&recording, number, &description, &replayer)?;
		let departs = finding.departs;
		replayed.push(finding);
		if departs {
			break;
		}
	}
	let (account, precision) = (header.order.account.to_string(), header.recipe.precision);
	Ok(Report::new(None, vec![Audited::new(account, count, precision, replayed, None)]))
}

fn segment(
	recording: &Recording,
	number: u16,
	description: &Description,
	replayer: &Replayer,
) -> Result<Finding> {
	let state = |read: Result<Checkpoint, RecordingError>| match read {
		Ok(state) => Ok(Ok(state)),
		Err(error) if error.is_invalid() => {
			Ok(Err(Finding::departs(number, replayer.limit, error.to_string())))
		}
		Err(error) => Err(anyhow::Error::from(error)),
	};
	let (start, end) =
		match (state(recording.start(number, description))?, state(recording.state(number, description))?) {
			(Ok(start), Ok(end)) => (start, end),
			(Err(finding), _) | (_, Err(finding)) => return Ok(finding),
		};
	let losses = recording.losses(number)?;
	let Some(segment) = recording.segments().get(usize::from(number)) else {
		bail!("the recording has no segment {number}");
	};
	let rate = segment.rate;
	replayer.replay(&Recorded { number, rate, start: &start, end: &end, losses: Some(&losses) })
}
