//! A judgement as it is printed.

use anyhow::{bail, Context, Result};
use descent_dataset::{Cell, DeltaSample, Picture, Schema};
use descent_evaluator::judgement::{Judgement, Side, Worst};
use serde::Serialize;
use std::{
	io::Write,
	path::{Path, PathBuf},
};

/// Values of a target or an input in a line.
const SHOWN: usize = 6;
/// Characters of a label below a picture.
const CAPTION: usize = 6;

/// A judgement as it is printed, in JSON or as text.
#[derive(Debug, Serialize)]
pub(super) struct Report {
	/// Name of the judged records.
	what: String,
	/// The checkpoint that judged it.
	by: String,
	/// Records that the delta adds.
	added: u64,
	/// Records that it removes.
	removed: u64,
	/// Seed that drew the records.
	seed: u64,
	/// The new records that were measured.
	new: Measured,
	/// The data set's own records that were measured.
	own: Measured,
	/// Share of the new records whose loss is above that of 99% of the own ones.
	unusual: f64,
	/// The worst of the new records, the highest loss first.
	worst: Vec<Line>,
	/// Sheet with the pictures of the worst.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub png: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Measured {
	records: usize,
	loss: f64,
	/// Share of the records whose class is not predicted, absent if the model has no classes.
	#[serde(skip_serializing_if = "Option::is_none")]
	error: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Line {
	/// Its row in the delta, from 0.
	row: u64,
	id: String,
	label: String,
	#[serde(skip_serializing_if = "Option::is_none")]
	predicted: Option<u64>,
	loss: f64,
	input: String,
}

impl From<&Side> for Measured {
	fn from(side: &Side) -> Self {
		Self { records: side.records, loss: side.loss, error: side.error }
	}
}

impl Report {
	pub(super) fn new(
		schema: &Schema,
		what: &str,
		by: &str,
		drawn: &DeltaSample,
		judgement: &Judgement,
		seed: u64,
	) -> Self {
		let line = |worst: &Worst| {
			let mut columns = schema.split(&worst.sampled.record);
			let mut text =
				|| columns.next().map(|(column, bytes)| column.text(bytes, SHOWN)).unwrap_or_default();
			let values = text();
			let is_picture = schema.columns.first().is_some_and(|column| Picture::of(column).is_some());
			let input = if is_picture { "a picture".into() } else { values };
			Line {
				row: worst.sampled.place,
				id: worst.sampled.id.to_string(),
				label: text(),
				predicted: worst.predicted,
				loss: worst.loss,
				input,
			}
		};
		Self {
			what: what.into(),
			by: by.into(),
			added: drawn.added,
			removed: drawn.removed,
			seed,
			new: (&judgement.new).into(),
			own: (&judgement.own).into(),
			unusual: judgement.unusual as f64 / judgement.new.records as f64,
			worst: judgement.worst.iter().map(line).collect(),
			png: None,
		}
	}

	pub(super) fn text(&self) -> String {
		let side = |name: &str, side: &Measured| {
			let error =
				side.error.map_or_else(String::new, |error| format!("  {:>6.2} % wrong", error * 100.0));
			format!("{name:<12}  {:>7} records  loss {:<10.6}{error}", side.records, side.loss)
		};
		let mut lines = vec![
			format!("{} adds {} records and removes {}", self.what, self.added, self.removed),
			format!("judged by {} on records drawn by the seed {}:", self.by, self.seed),
			String::new(),
			side("new records", &self.new),
			side("own records", &self.own),
			String::new(),
			format!(
				"{:.1} % of the new records have a higher loss than 99 % of the data set's own.",
				self.unusual * 100.0
			),
		];
		if let Some(png) = &self.png {
			lines.push(format!("The pictures of the worst are in {}, in the order below.", png.display()));
		}
		lines.push(String::new());
		lines.push(format!(
			"{:>8}  {:<16}  {:>8}  {:>9}  {:>10}  input",
			"row", "id begins", "label", "predicted", "loss"
		));
		lines.extend(self.worst.iter().map(|line| {
			let predicted = line.predicted.map_or("-".into(), |predicted| predicted.to_string());
			let id = line.id.get(..16).unwrap_or(&line.id);
			let (row, label, input) = (line.row, &line.label, &line.input);
			format!("{row:>8}  {id}  {label:>8}  {predicted:>9}  {:>10.6}  {input}", line.loss)
		}));
		lines.join("\n")
	}
}

/// Makes a PNG sheet of the worst records, with `label>prediction` below a picture where the two differ.
///
/// # Errors
/// Fails if the input does not have the shape of pictures, or the sheet would be too large.
pub(super) fn sheet(schema: &Schema, worst: &[Worst]) -> Result<Vec<u8>> {
	let Some((column, picture)) =
		schema.columns.first().and_then(|column| Some((column, Picture::of(column)?)))
	else {
		bail!(
			"the model's input does not have the shape of pictures, [1 or 3, height, width]: leave out --png"
		)
	};
	let cell = |worst: &'_ Worst| -> (String, bool) {
		let target = schema.split(&worst.sampled.record).nth(1);
		let label = target.map(|(column, bytes)| column.text(bytes, 1)).unwrap_or_default();
		let label: String = label.chars().take(CAPTION).collect();
		match worst.predicted.map(|predicted| predicted.to_string()) {
			Some(predicted) if predicted != label => (format!("{label}>{predicted}"), true),
			_ => (label, false),
		}
	};
	let cells: Vec<_> = worst
		.iter()
		.map(|worst| {
			let (caption, is_marked) = cell(worst);
			let values = worst.sampled.record.get(..column.bytes()).unwrap_or_default();
			Cell { values, caption, is_marked }
		})
		.collect();
	Ok(picture.sheet(column, &cells)?)
}

/// Writes a file that appears under its name when it is complete.
pub(super) fn write(out: &Path, bytes: &[u8]) -> Result<()> {
	let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
	let write = || -> Result<()> {
		let mut file = tempfile::NamedTempFile::new_in(folder)?;
		file.write_all(bytes)?;
		file.persist(out)?;
		Ok(())
	};
	write().with_context(|| format!("{} cannot be written", out.display()))
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_dataset::{Column, Dtype, RecordId, Sampled};

	fn worst(label: u8, predicted: u64) -> Worst {
		let record = vec![0, 255, 0, 255, label];
		let sampled = Sampled { place: 7, id: RecordId::of(&record), record };
		Worst { sampled, loss: 9.5, predicted: Some(predicted) }
	}

	fn schema(shape: &[u64]) -> Schema {
		let column = |name: &str, shape: &[u64], bound| Column {
			name: name.into(),
			dtype: Dtype::U8,
			shape: shape.to_vec(),
			bound,
		};
		Schema { columns: vec![column("x", shape, None), column("y", &[], Some(10))] }
	}

	#[test]
	fn wrong_labels_are_marked_on_the_sheet() {
		let sheet = |worst: Worst| sheet(&schema(&[2, 2]), &[worst]).unwrap();
		assert!(sheet(worst(4, 9)).starts_with(b"\x89PNG"));
		assert_ne!(sheet(worst(4, 9)), sheet(worst(4, 4)));
		let error = super::sheet(&schema(&[4]), &[worst(4, 9)]).unwrap_err().to_string();
		assert!(error.contains("leave out --png"), "{error}");
	}
}
