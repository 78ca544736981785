//! Model descriptions: a small declarative JSON document instead of code, because validators run descriptions
//! that strangers publish.
//!
//! ```json
//! {"descent": 1, "name": "mnist-mlp",
//!  "inputs": [{"column": "image", "dtype": "u8", "shape": [1, 28, 28], "scale": 0.00392156862745098}],
//!  "target": {"column": "label", "dtype": "u8", "shape": [], "classes": 10},
//!  "layers": [{"type": "flatten"}, {"type": "linear", "out": 128}, {"type": "relu"},
//!             {"type": "dropout", "p": 0.1}, {"type": "linear", "out": 10}],
//!  "loss": "cross_entropy"}
//! ```

mod effect;
mod layer;
mod limits;
mod plan;
#[cfg(test)]
mod tests;

pub use layer::Layer;
pub use limits::{DescriptionError, Limits, MAX_DESCRIPTION_BYTES};
pub use plan::{Plan, TensorSpec};

use crate::schema::{Column, Dtype, Schema};
use serde::{Deserialize, Serialize};
use std::{collections::HashSet, fs::File, io::Read, path::Path};

/// The most feature columns of a description.
pub const MAX_INPUTS: usize = 16;

/// A description as it is written in JSON. It is not checked yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
	/// Version of the format, which is 1.
	pub descent: u32,
	/// The model's name, 1 to 64 printable ASCII characters.
	pub name: String,
	/// Feature columns, 1 to [`MAX_INPUTS`]. Where there are several, what the layers of each make of it is
	/// flattened and joined, one input after the other, to `[n]`, which enters the model's layers.
	pub inputs: Vec<Input>,
	/// Column that the model predicts.
	pub target: Target,
	/// Layers, applied one after the other.
	pub layers: Vec<Layer>,
	/// Loss between the last layer's output and the target.
	pub loss: Loss,
}

/// A feature column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
	/// The column's name in delta files.
	pub column: String,
	/// Type of the stored values.
	pub dtype: Dtype,
	/// Shape of one record's value, without the batch.
	pub shape: Vec<u64>,
	/// Scale: values enter the first layer as `value * scale + shift`. 1 if absent. Not allowed for tokens.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub scale: Option<f64>,
	/// Shift, see `scale`. 0 if absent. Not allowed for tokens.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub shift: Option<f64>,
	/// Layers that this input alone passes, before it is joined with the others. None for the only input.
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	pub layers: Vec<Layer>,
}

/// The target column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
	/// The column's name in delta files.
	pub column: String,
	/// Type of the stored values.
	pub dtype: Dtype,
	/// Shape of one record's value: empty for one label or number, `[T]` for one label per position.
	pub shape: Vec<u64>,
	/// Number of classes, for cross entropy. Labels lie in `0..classes`.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub classes: Option<u64>,
}

/// Quantity that training minimises. A record's loss is the mean over its target's values; a set's loss is
/// the mean over its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
	/// Cross entropy: negative log-likelihood, in nats, of the labels under the softmax over the output's
	/// last dimension.
	CrossEntropy,
	/// Mean squared error.
	Mse,
}

/// A checked description. It is safe to allocate the tensors that its plan lists.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
	document: Document,
	plan: Plan,
}

impl Description {
	/// Reads and checks a description in a file, of which at most [`MAX_DESCRIPTION_BYTES`] are read.
	pub fn read(path: &Path) -> Result<Self, DescriptionError> {
		let read = || -> std::io::Result<(u64, Vec<u8>)> {
			let file = File::open(path)?;
			let size = file.metadata()?.len();
			let mut json = Vec::new();
			file.take(MAX_DESCRIPTION_BYTES + 1).read_to_end(&mut json)?;
			Ok((size.max(json.len() as u64), json))
		};
		let (size, json) = read().map_err(|error| DescriptionError::File(error.to_string()))?;
		if size > MAX_DESCRIPTION_BYTES {
			return Err(DescriptionError::FileTooLarge {
				bytes: usize::try_from(size).unwrap_or(usize::MAX),
				limit: MAX_DESCRIPTION_BYTES as usize,
			});
		}
		Self::parse(&json)
	}

	/// Parses and checks a description under the default [`Limits`].
	///
	/// # Errors
	/// See [`DescriptionError`].
	pub fn parse(json: &[u8]) -> Result<Self, DescriptionError> {
		Self::parse_within(json, &Limits::default())
	}

	/// Parses and checks a description. It allocates nothing in proportion to the described model.
	///
	/// # Errors
	/// See [`DescriptionError`].
	pub fn parse_within(json: &[u8], limits: &Limits) -> Result<Self, DescriptionError> {
		if json.len() > limits.file_bytes {
			return Err(DescriptionError::FileTooLarge { bytes: json.len(), limit: limits.file_bytes });
		}
		// serde_json itself refuses more than 128 nested values.
		let document = serde_json::from_slice(json).map_err(|e| DescriptionError::Json(e.to_string()))?;
		Self::check(document, limits)
	}

	/// Checks a document that was built in memory.
	///
	/// # Errors
	/// See [`DescriptionError`]; [`DescriptionError::Json`] does not occur.
	pub fn check(document: Document, limits: &Limits) -> Result<Self, DescriptionError> {
		check_document(&document, limits)?;
		let plan = plan::plan(&document, limits)?;
		Ok(Self { document, plan })
	}

	/// Returns the document as JSON holds it.
	pub fn document(&self) -> &Document {
		&self.document
	}

	/// The model's name.
	pub fn name(&self) -> &str {
		&self.document.name
	}

	/// The feature columns.
	pub fn inputs(&self) -> &[Input] {
		&self.document.inputs
	}

	/// The first feature column, which is the only one of most models.
	pub fn input(&self) -> &Input {
		&self.document.inputs[0]
	}

	/// Returns the layers that an input passes first: its own where there are several inputs.
	pub fn layers_of(&self, input: usize) -> &[Layer] {
		match self.document.inputs.as_slice() {
			[_] => &self.document.layers,
			inputs => inputs.get(input).map_or(&[], |input| &input.layers),
		}
	}

	/// Returns the number of tokens that an input may hold; `None` if its values are numbers.
	pub fn vocabulary(&self, input: usize) -> Option<u64> {
		match self.layers_of(input).first() {
			Some(Layer::Embedding { vocabulary, .. }) => Some(*vocabulary),
			_ => None,
		}
	}

	/// Returns the layers in the order of their tensors, those of single inputs first, each with its name,
	/// for example `layers.0` or `inputs.1.layers.0`, and the shape of its output.
	pub fn every_layer(&self) -> impl Iterator<Item = (String, &Layer, &[u64])> {
		let inputs = self.inputs().iter().zip(&self.plan.inputs).enumerate();
		let inputs =
			inputs.map(|(at, (input, shapes))| (format!("inputs.{at}.layers"), &input.layers, shapes));
		let model = ("layers".to_string(), &self.document.layers, &self.plan.shapes);
		inputs.chain([model]).flat_map(|(prefix, layers, shapes)| {
			let outputs = shapes.iter().skip(1);
			let layers = layers.iter().zip(outputs).enumerate();
			layers.map(move |(at, (layer, output))| (format!("{prefix}.{at}"), layer, output.as_slice()))
		})
	}

	/// The target column.
	pub fn target(&self) -> &Target {
		&self.document.target
	}

	/// The layers.
	pub fn layers(&self) -> &[Layer] {
		&self.document.layers
	}

	/// Returns the first layer that draws at random in training, with its place as errors have it.
	pub fn random_layer(&self) -> Option<(String, &Layer)> {
		let mut layers = self.every_layer().filter(|(_, layer, _)| layer.draws_at_random());
		layers.next().map(|(name, layer, _)| (name.trim_start_matches("layers.").into(), layer))
	}

	/// The loss.
	pub fn loss(&self) -> Loss {
		self.document.loss
	}

	/// Returns the shapes, parameters and costs.
	pub fn plan(&self) -> &Plan {
		&self.plan
	}

	/// Returns the columns of the group's data set.
	pub fn schema(&self) -> Schema {
		let target = self.target();
		let inputs = self.inputs().iter().enumerate().map(|(at, input)| Column {
			name: input.column.clone(),
			dtype: input.dtype,
			shape: input.shape.clone(),
			bound: self.vocabulary(at),
		});
		let target = Column {
			name: target.column.clone(),
			dtype: target.dtype,
			shape: target.shape.clone(),
			bound: target.classes,
		};
		Schema { columns: inputs.chain([target]).collect() }
	}
}

fn invalid(reason: impl Into<String>) -> DescriptionError {
	DescriptionError::Invalid(reason.into())
}

fn check_inputs(inputs: &[Input]) -> Result<(), DescriptionError> {
	if inputs.is_empty() || inputs.len() > MAX_INPUTS {
		return Err(invalid(format!("there must be 1 to {MAX_INPUTS} inputs, not {}", inputs.len())));
	}
	if inputs.len() == 1 && !inputs[0].layers.is_empty() {
		return Err(invalid("the layers of the only input are those of the model; move them there"));
	}
	let numbers = inputs.iter().flat_map(|input| [("scale", input.scale), ("shift", input.shift)]);
	for (what, value) in numbers {
		if value.is_some_and(|v| !v.is_finite() || v.abs() > 1e30) {
			return Err(invalid(format!("{what} must be a number between -1e30 and 1e30")));
		}
	}
	Ok(())
}

fn check_document(document: &Document, limits: &Limits) -> Result<(), DescriptionError> {
	if document.descent != 1 {
		return Err(DescriptionError::Version(document.descent));
	}
	let name = &document.name;
	if name.is_empty() || name.len() > 64 || !name.bytes().all(|b| (b' '..=b'~').contains(&b)) {
		return Err(invalid("the name must be 1 to 64 printable ASCII characters"));
	}
	check_inputs(&document.inputs)?;
	let target = &document.target;
	let (mut names, mut record_bytes) = (HashSet::from(["op", "id"]), 0u64);
	let inputs = document.inputs.iter().map(|input| (&input.column, input.dtype, &input.shape));
	for (column, dtype, shape) in inputs.chain([(&target.column, target.dtype, &target.shape)]) {
		let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
		if column.is_empty() || column.len() > 64 || !column.bytes().all(legal) {
			return Err(invalid("column names must be 1 to 64 letters, digits, '_' or '-'"));
		}
		if !names.insert(column) {
			return Err(invalid(format!("the column name '{column}' is taken; 'op' and 'id' are reserved")));
		}
		let values = limits.values(shape);
		let bytes = values
			.and_then(|n| n.checked_mul(dtype.bytes() as u64))
			.filter(|bytes| *bytes <= limits.record_bytes)
			.ok_or_else(|| {
				invalid(format!(
					"column '{column}' has shape {shape:?}; a shape has at most {} dimensions, none of \
					 them 0, and at most {} bytes",
					limits.rank, limits.record_bytes
				))
			})?;
		record_bytes = record_bytes.saturating_add(bytes);
	}
	if record_bytes > limits.record_bytes {
		return Err(DescriptionError::TooLarge {
			what: "bytes for one record",
			needed: record_bytes,
			limit: limits.record_bytes,
		});
	}
	match (document.loss, target.classes) {
		(Loss::CrossEntropy, None) => Err(invalid("cross entropy needs the target's number of classes")),
		(Loss::CrossEntropy, Some(classes)) if !(2..=limits.dimension).contains(&classes) => {
			Err(invalid(format!("the target's classes must be 2 to {}, not {classes}", limits.dimension)))
		}
		(Loss::CrossEntropy, Some(_)) if !target.dtype.is_integer() => {
			Err(invalid(format!("cross entropy needs integer labels, not {}", target.dtype)))
		}
		(Loss::Mse, Some(_)) => Err(invalid("mean squared error takes no classes")),
		_ => Ok(()),
	}
}
