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

/// A description as it is written in JSON. It is not checked yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
	/// Version of the format, which is 1.
	pub descent: u32,
	/// The model's name, 1 to 64 printable ASCII characters.
	pub name: String,
	/// Feature columns. Version 1 takes exactly one.
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

	/// The feature column.
	pub fn input(&self) -> &Input {
		&self.document.inputs[0]
	}

	/// The target column.
	pub fn target(&self) -> &Target {
		&self.document.target
	}

	/// The layers.
	pub fn layers(&self) -> &[Layer] {
		&self.document.layers
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
		let input = self.input();
		let target = self.target();
		let tokens = match self.layers().first() {
			Some(Layer::Embedding { vocabulary, .. }) => Some(*vocabulary),
			_ => None,
		};
		Schema {
			columns: vec![
				Column {
					name: input.column.clone(),
					dtype: input.dtype,
					shape: input.shape.clone(),
					bound: tokens,
				},
				Column {
					name: target.column.clone(),
					dtype: target.dtype,
					shape: target.shape.clone(),
					bound: target.classes,
				},
			],
		}
	}
}

fn invalid(reason: impl Into<String>) -> DescriptionError {
	DescriptionError::Invalid(reason.into())
}

fn check_document(document: &Document, limits: &Limits) -> Result<(), DescriptionError> {
	if document.descent != 1 {
		return Err(DescriptionError::Version(document.descent));
	}
	let name = &document.name;
	if name.is_empty() || name.len() > 64 || !name.bytes().all(|b| (b' '..=b'~').contains(&b)) {
		return Err(invalid("the name must be 1 to 64 printable ASCII characters"));
	}
	let [input] = document.inputs.as_slice() else {
		return Err(invalid(format!("there must be exactly one input, not {}", document.inputs.len())));
	};
	let target = &document.target;
	let (mut names, mut record_bytes) = (HashSet::from(["op", "id"]), 0u64);
	for (column, dtype, shape) in
		[(&input.column, input.dtype, &input.shape), (&target.column, target.dtype, &target.shape)]
	{
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
	for (what, value) in [("scale", input.scale), ("shift", input.shift)] {
		if value.is_some_and(|v| !v.is_finite() || v.abs() > 1e30) {
			return Err(invalid(format!("{what} must be a number between -1e30 and 1e30")));
		}
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
