//! A checkpoint that answers: inputs become canonical bytes, and outputs become classes or numbers.

use anyhow::{anyhow, bail, ensure, Context, Result};
use clap::Args;
use descent_dataset::{read_image, Column, Description, Dtype, Layer, Loss, Schema};
use descent_model::{predict, Checkpoint};
use serde::Serialize;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Arguments that name a model on disk.
#[derive(Args, Clone, Debug)]
pub(crate) struct ModelArg {
	/// Folder with the model description config.json and the checkpoint model.safetensors, as `descent model
	/// export` writes it.
	#[arg(long, value_name = "DIR", required_unless_present = "description")]
	model: Option<PathBuf>,
	/// The model description, a JSON file, instead of a folder.
	#[arg(long, value_name = "FILE", requires = "checkpoint", conflicts_with = "model")]
	description: Option<PathBuf>,
	/// The checkpoint, a safetensors file.
	#[arg(long, value_name = "FILE", requires = "description")]
	checkpoint: Option<PathBuf>,
}

/// A model with its weights.
pub(crate) struct Predictor {
	checkpoint: Checkpoint,
	/// The columns without the target.
	schema: Schema,
	/// Number of positions of a record that each have an answer; 1 for models with one answer.
	positions: usize,
	/// True if the answer of a position depends on it and those before it only, so that a record may end
	/// early.
	is_causal: bool,
}

/// An input as the model takes it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Encoded {
	/// The canonical bytes.
	pub bytes: Vec<u8>,
	/// Number of positions that were given; the rest is filled up.
	pub given: usize,
}

/// The model's answer to one input.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Prediction {
	/// The most probable class; for a model of sequences that of the last position.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub class: Option<usize>,
	/// Its probability.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub probability: Option<f64>,
	/// The most probable class of each position, for a model of sequences.
	#[serde(skip_serializing_if = "Vec::is_empty")]
	pub classes: Vec<usize>,
	/// The probability of every class, if asked for.
	#[serde(skip_serializing_if = "Vec::is_empty")]
	pub probabilities: Vec<f64>,
	/// The predicted numbers, for a model without classes.
	#[serde(skip_serializing_if = "Vec::is_empty")]
	pub values: Vec<f64>,
}

impl ModelArg {
	/// Reads the model.
	///
	/// # Errors
	/// Fails if a file is missing or no description or checkpoint.
	pub(crate) fn load(&self) -> Result<Predictor> {
		let folder = self.model.clone().unwrap_or_default();
		let description = self.description.clone().unwrap_or_else(|| folder.join("config.json"));
		let checkpoint = self.checkpoint.clone().unwrap_or_else(|| folder.join("model.safetensors"));
		let read = Description::read(&description)
			.with_context(|| format!("{} is not a usable model description", description.display()))?;
		let loaded = Checkpoint::load(&read, &checkpoint)
			.with_context(|| format!("{} is not a checkpoint of this model", checkpoint.display()))?;
		Predictor::new(loaded)
	}
}

impl Predictor {
	pub(crate) fn new(checkpoint: Checkpoint) -> Result<Self> {
		let description = checkpoint.description();
		let mut schema = description.schema();
		schema.columns.pop();
		let target = &description.target().shape;
		let is_causal = match schema.columns.as_slice() {
			[input] => {
				description.vocabulary(0).is_some()
					&& *target == input.shape
					&& !description.layers().iter().any(Layer::looks_ahead)
			}
			_ => false,
		};
		let positions = match description.loss() {
			Loss::CrossEntropy => target.iter().product(),
			Loss::Mse => 1u64,
		};
		let positions = usize::try_from(positions).context("a record has more positions than memory")?;
		Ok(Self { schema, positions, is_causal, checkpoint })
	}

	pub(crate) fn description(&self) -> &Description {
		self.checkpoint.description()
	}

	/// The columns of a table of inputs.
	pub(crate) fn schema(&self) -> Schema {
		self.schema.clone()
	}

	/// The only input.
	///
	/// # Errors
	/// Fails if there are several.
	fn input(&self) -> Result<&Column> {
		match self.schema.columns.as_slice() {
			[input] => Ok(input),
			columns => {
				let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
				bail!("the model has several inputs: give an object with the fields {}", names.join(", "))
			}
		}
	}

	/// Checks an input that was read as canonical bytes.
	///
	/// # Errors
	/// Fails if a column does not hold one of its values.
	pub(crate) fn check(&self, bytes: Vec<u8>) -> Result<Encoded> {
		self.schema.check(&bytes).map_err(|(column, reason)| anyhow!("column '{column}' {reason}"))?;
		Ok(Encoded { bytes, given: self.positions })
	}

	/// Reads an image.
	///
	/// # Errors
	/// Fails if the model takes no images, or the file holds none of its size.
	pub(crate) fn encode_image(&self, path: &Path) -> Result<Encoded> {
		self.check(read_image(path, self.input()?)?)
	}

	/// Encodes numbers, nested in arrays or not; for a model of several inputs an object with those of each.
	/// A sequence may be shorter than the model's if its answers do not depend on what follows.
	///
	/// # Errors
	/// Fails if there are too many or too few, or a column does not hold one.
	pub(crate) fn encode(&self, numbers: &Value) -> Result<Encoded> {
		let mut bytes = Vec::with_capacity(self.schema.record_bytes());
		if let Value::Object(fields) = numbers {
			for column in &self.schema.columns {
				let numbers = fields.get(&column.name);
				let numbers = numbers.with_context(|| format!("the field '{}' is missing", column.name))?;
				self.append(column, numbers, &mut bytes)
					.with_context(|| format!("the field '{}' cannot be used", column.name))?;
			}
			ensure!(
				fields.len() == self.schema.columns.len(),
				"an input has {} fields, not {}",
				self.schema.columns.len(),
				fields.len()
			);
			return self.check(bytes);
		}
		let given = self.append(self.input()?, numbers, &mut bytes)?;
		self.check(bytes)
			.map(|encoded| Encoded { given: if self.is_causal { given } else { encoded.given }, ..encoded })
	}

	/// Appends the numbers of a column, and zeros where it may end early. Returns how many there were.
	fn append(&self, column: &Column, numbers: &Value, bytes: &mut Vec<u8>) -> Result<usize> {
		let (end, wanted) = (bytes.len() + column.bytes(), column.values());
		let given = append(numbers, column.dtype, wanted, bytes)?;
		let is_enough = given == wanted || (self.is_causal && given > 0);
		ensure!(is_enough, "an input has {wanted} numbers, of the shape {:?}, not {given}", column.shape);
		bytes.resize(end, 0);
		Ok(given)
	}

	/// Encodes the bytes of a text, each of which is a token.
	///
	/// # Errors
	/// Fails for a model of other tokens than bytes, or a text that is empty or too long.
	pub(crate) fn encode_text(&self, text: &str) -> Result<Encoded> {
		let tokens = self.input()?.bound.filter(|_| self.is_causal);
		ensure!(
			tokens.is_some_and(|tokens| tokens <= 256),
			"text is for models whose tokens are bytes; make token ids of it by the tokenizer of the data set"
		);
		self.encode(&text.bytes().map(Value::from).collect())
	}

	/// Returns the answers to inputs.
	///
	/// # Errors
	/// Fails if the outputs are not finite.
	pub(crate) fn predict(&self, inputs: &[Encoded], probabilities: bool) -> Result<Vec<Prediction>> {
		let bytes: Vec<u8> = inputs.iter().flat_map(|input| input.bytes.iter().copied()).collect();
		let outputs = predict(&self.checkpoint, &bytes)?;
		let width = outputs.len().checked_div(inputs.len()).unwrap_or(0).max(1);
		let answers = outputs.chunks_exact(width).zip(inputs);
		answers.map(|(output, input)| self.answer(output, input.given, probabilities)).collect()
	}

	fn answer(&self, output: &[f64], given: usize, probabilities: bool) -> Result<Prediction> {
		ensure!(output.iter().all(|value| value.is_finite()), "the model's output is not finite");
		let mut answer = Prediction {
			class: None,
			probability: None,
			classes: Vec::new(),
			probabilities: Vec::new(),
			values: Vec::new(),
		};
		if self.description().loss() == Loss::Mse {
			answer.values = output.to_vec();
			return Ok(answer);
		}
		let classes = output.len().checked_div(self.positions).unwrap_or(0).max(1);
		let rows: Vec<_> = output.chunks_exact(classes).take(given.max(1)).collect();
		let row = rows.last().copied().unwrap_or_default();
		let softmax = softmax(row);
		let class = largest(row);
		answer.class = Some(class);
		answer.probability = softmax.get(class).copied();
		if self.positions > 1 {
			answer.classes = rows.into_iter().map(largest).collect();
		}
		if probabilities {
			answer.probabilities = softmax;
		}
		Ok(answer)
	}
}

/// The position of the largest value, the first among equals, as the metric `error` has it.
fn largest(row: &[f64]) -> usize {
	let better = |best: usize, at: usize| if row[at] > row[best] { at } else { best };
	(0..row.len()).reduce(better).unwrap_or(0)
}

fn softmax(row: &[f64]) -> Vec<f64> {
	let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
	let powers: Vec<_> = row.iter().map(|value| (value - largest).exp()).collect();
	let sum: f64 = powers.iter().sum();
	powers.into_iter().map(|power| power / sum).collect()
}

/// Appends numbers in their order and returns how many there were, at most `limit`.
fn append(numbers: &Value, dtype: Dtype, limit: usize, bytes: &mut Vec<u8>) -> Result<usize> {
	if let Value::Array(parts) = numbers {
		let mut count = 0;
		for part in parts {
			count += append(part, dtype, limit - count, bytes)?;
		}
		return Ok(count);
	}
	ensure!(limit > 0, "an input has more numbers than the model takes");
	let unfit = || format!("{numbers} is no number that {dtype} holds");
	match dtype {
		Dtype::U8 => bytes.push(integer(numbers).with_context(unfit)?),
		Dtype::U16 => bytes.extend(integer::<u16>(numbers).with_context(unfit)?.to_le_bytes()),
		Dtype::I32 => bytes.extend(integer::<i32>(numbers).with_context(unfit)?.to_le_bytes()),
		Dtype::I64 => bytes.extend(integer::<i64>(numbers).with_context(unfit)?.to_le_bytes()),
		Dtype::F32 => {
			let value = numbers.as_f64().with_context(unfit)? as f32;
			if !value.is_finite() {
				bail!(unfit());
			}
			bytes.extend(value.to_le_bytes());
		}
	}
	Ok(1)
}

fn integer<T: TryFrom<i64>>(number: &Value) -> Option<T> {
	T::try_from(number.as_i64()?).ok()
}

#[cfg(test)]
#[path = "predictor_tests.rs"]
pub(crate) mod tests;
