//! Records as people look at them: rows of a table, and pictures on a sheet.

use anyhow::{bail, Result};
use descent_dataset::{Cell, Picture, Sampled, Schema, Vocabulary};
use serde::Serialize;
use serde_json::Value;

/// Values of a target, or of an input, in a table.
const SHOWN: usize = 8;
/// Values of an input in JSON; records with more have none there.
const WHOLE: usize = 4096;
/// Characters of a text in a table.
const TEXT: usize = 200;
/// Characters below a picture.
const CAPTION: usize = 8;

/// A record as a command prints it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Looked {
	/// Its row in the delta, or its position in the data set; from 0.
	pub place: u64,
	/// Its id.
	pub id: String,
	/// The values of its target.
	pub target: Vec<Value>,
	/// The values of its input, unless there are too many.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub input: Option<Vec<Value>>,
	/// Its tokens as text, where there is a vocabulary.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub text: Option<String>,
	/// The target in a table.
	#[serde(skip)]
	pub label: String,
	/// The input in a table.
	#[serde(skip)]
	pub values: String,
}

/// Sorts records by their targets, and those with the same target by their places.
pub(super) fn sort(schema: &Schema, records: &mut [Sampled]) {
	let key = |sampled: &Sampled| -> Vec<f64> {
		let target = schema.split(&sampled.record).nth(1);
		let numbers = target.map(|(column, bytes)| column.numbers(bytes)).unwrap_or_default();
		numbers.iter().map(|number| number.as_f64().unwrap_or(f64::MAX)).collect()
	};
	records.sort_by(|one, other| {
		let order = key(one).partial_cmp(&key(other)).unwrap_or(std::cmp::Ordering::Equal);
		order.then(one.place.cmp(&other.place))
	});
}

/// Makes rows of records.
pub(super) fn look(schema: &Schema, records: &[Sampled], vocabulary: Option<&Vocabulary>) -> Vec<Looked> {
	let look = |sampled: &Sampled| {
		let mut columns = schema.split(&sampled.record);
		let (input, target) = (columns.next(), columns.next());
		let text = input
			.zip(vocabulary)
			.filter(|((column, _), _)| column.bound.is_some())
			.map(|((column, bytes), vocabulary)| vocabulary.text(column, bytes));
		let values = match &text {
			Some(text) => crate::format::short(text, TEXT),
			None if input.is_some_and(|(column, _)| Picture::of(column).is_some()) => "a picture".into(),
			None => input.map(|(column, bytes)| column.text(bytes, SHOWN)).unwrap_or_default(),
		};
		Looked {
			place: sampled.place,
			id: sampled.id.to_string(),
			target: target.map(|(column, bytes)| column.numbers(bytes)).unwrap_or_default(),
			input: input
				.filter(|(column, _)| column.values() <= WHOLE)
				.map(|(column, bytes)| column.numbers(bytes)),
			text,
			label: target.map(|(column, bytes)| column.text(bytes, SHOWN)).unwrap_or_default(),
			values,
		}
	};
	records.iter().map(look).collect()
}

/// Makes a PNG sheet of records, each with its label below it.
///
/// # Errors
/// Fails if the input does not have the shape of pictures, there are no records, or the sheet would be too
/// large.
pub(super) fn png(schema: &Schema, records: &[Sampled]) -> Result<Vec<u8>> {
	let Some(column) = schema.columns.first() else { bail!("the model description names no columns") };
	let Some(picture) = Picture::of(column) else {
		bail!(
			"the input '{}' has the shape {:?}, which is not that of pictures, [1 or 3, height, width]: \
			 leave out --png",
			column.name,
			column.shape
		)
	};
	let cells: Vec<_> = records.iter().filter_map(|sampled| cell(schema, sampled)).collect();
	Ok(picture.sheet(column, &cells)?)
}

fn cell<'a>(schema: &'a Schema, sampled: &'a Sampled) -> Option<Cell<'a>> {
	let mut columns = schema.split(&sampled.record);
	let (_, values) = columns.next()?;
	let label = columns.next().map(|(column, bytes)| column.text(bytes, 1)).unwrap_or_default();
	Some(Cell { values, caption: label.chars().take(CAPTION).collect(), is_marked: false })
}
