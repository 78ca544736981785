//! Recorded trainings, as several commands show them.

use crate::{
	content_ref::Reference,
	format,
	output::{Output, Style},
	table::{fields, table},
};
use anyhow::Result;
use descent_client::{AccountId, Client, Error};
use descent_protocol::{
	trace::Base,
	view::{RecordingView, RoundView},
	GroupId, RoundIndex,
};
use futures::future::try_join_all;
use serde::Serialize;

/// The recorded training of a round's candidate.
#[derive(Debug, Serialize)]
pub(super) struct Recorded {
	account: AccountId,
	#[serde(flatten)]
	recording: RecordingView,
}

/// Reads the recording that came with an account's checkpoint. A node that is older than recordings has none.
pub(super) async fn of(
	client: &Client,
	group: GroupId,
	round: RoundIndex,
	account: &AccountId,
) -> Result<Option<RecordingView>> {
	match client.recording(group, round, account).await {
		Err(Error::Unsupported { .. }) => Ok(None),
		recording => Ok(recording?),
	}
}

/// Reads the recordings of a round's candidates. All of those that were revealed have one, or none has.
pub(super) async fn of_round(client: &Client, view: &RoundView) -> Result<Vec<Recorded>> {
	let revealed = view.candidates.iter().filter(|candidate| candidate.reveal.is_some());
	let mut accounts = revealed.map(|candidate| candidate.account.clone());
	let read = async |account: AccountId| -> Result<Option<Recorded>> {
		let recording = of(client, view.group, view.round, &account).await?;
		Ok(recording.map(|recording| Recorded { account, recording }))
	};
	let Some(first) = accounts.next() else { return Ok(Vec::new()) };
	let Some(first) = read(first).await? else { return Ok(Vec::new()) };
	let others = try_join_all(accounts.map(read)).await?;
	Ok(std::iter::once(first).chain(others.into_iter().flatten()).collect())
}

/// The recordings of a round below each other; nothing where there are none.
pub(super) fn list(output: &Output, recorded: &[Recorded]) -> String {
	if recorded.is_empty() {
		return String::new();
	}
	let heads = ["account", "segments", "drawn", "rate", "precision", "optimizer", "began with"];
	let rows: Vec<_> = recorded.iter().map(row).collect();
	format!("{}\n{}", output.paint(Style::Dim, "recorded trainings"), table(output, heads, &rows))
}

fn row(recorded: &Recorded) -> [String; 7] {
	let RecordingView { recipe, trace, number, rate, .. } = &recorded.recording;
	[
		recorded.account.to_string(),
		trace.segments.to_string(),
		number.to_string(),
		format::rate(*rate),
		recipe.precision.to_string(),
		format::optimizer(&recipe.optimizer),
		base(&recipe.base),
	]
}

/// A recording in lines.
pub(super) fn show(output: &Output, recording: &RecordingView) -> String {
	let RecordingView { recipe, trace, number, rate, start, end } = recording;
	let start = start.map_or_else(|| base(&recipe.base), |start| Reference::from(start).to_string());
	fields(
		output,
		&[
			("recorded", training(recording)),
			("began with", base(&recipe.base)),
			("trace", format!("{:?}", trace.root)),
			("drawn", format!("segment {number} of {}, rate {}", trace.segments, format::rate(*rate))),
			("from", start),
			("to", Reference::from(*end).to_string()),
		],
	)
}

/// The size and the kind of a training.
pub(super) fn training(recording: &RecordingView) -> String {
	let RecordingView { recipe, trace, .. } = recording;
	let segments = match trace.segments {
		1 => "1 segment".into(),
		segments => format!("{segments} segments"),
	};
	format!(
		"{segments} of {} steps of {} records, in {} by {}",
		recipe.steps,
		recipe.batch,
		recipe.precision,
		format::optimizer(&recipe.optimizer)
	)
}

/// The weights that a training began with.
pub(super) fn base(base: &Base) -> String {
	match base {
		Base::Initial { seed } => format!("the initial weights of the seed {seed}"),
		Base::Checkpoint { checkpoint } => Reference::from(*checkpoint).to_string(),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::fixtures::recording;
	use descent_protocol::{trace::Recipe, ContentRef};

	#[test]
	fn a_recording_is_told_in_lines() {
		let text = show(&Output::new(true), &recording());
		for part in [
			"recorded    140 segments of 200 steps of 64 records, in f32 by adam (betas 0.9 and 0.999)",
			"began with  the initial weights of the seed 5",
			"drawn       segment 17 of 140, rate 0.001",
			"from        the initial weights of the seed 5",
		] {
			assert!(text.contains(part), "{part} in\n{text}");
		}
		let checkpoint = ContentRef::raw(b"head").unwrap();
		let base = Base::Checkpoint { checkpoint };
		let recipe = Recipe { base, ..recording().recipe };
		let state = ContentRef::raw(b"state").unwrap();
		let text = show(&Output::new(true), &RecordingView { recipe, start: Some(state), ..recording() });
		let [head, state] = [checkpoint, state].map(|content| Reference::from(content).to_string());
		assert!(text.contains(&format!("began with  {head}")), "{text}");
		assert!(text.contains(&format!("from        {state}")), "{text}");
	}

	#[test]
	fn recordings_of_a_round_are_rows_and_flat_json() {
		let recorded = Recorded { account: AccountId::new([1; 32]), recording: recording() };
		let json = serde_json::to_value(&recorded).unwrap();
		assert_eq!(json["account"], AccountId::new([1; 32]).to_string());
		assert_eq!((&json["number"], &json["recipe"]["steps"]), (&17.into(), &200.into()));
		let text = list(&Output::new(true), &[recorded]);
		let row = text.lines().nth(2).unwrap();
		for part in ["  140 ", "  17 ", "  0.001 ", "  f32 ", "seed 5"] {
			assert!(row.contains(part), "{part} in\n{text}");
		}
		assert_eq!(list(&Output::new(true), &[]), "");
	}
}
