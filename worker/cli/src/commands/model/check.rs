//! The command `descent model check`.

use crate::{
	output::{plain, Output},
	table::{fields, table},
};
use anyhow::Result;
use clap::Args;
use descent_dataset::{Description, Dtype, Loss, TensorSpec};
use serde::Serialize;
use std::path::PathBuf;

const EXAMPLES: &str = "Example:
  descent model check mnist.json

The tensors are those that a checkpoint of the model has to have, all of them f32, and no others: \
safetensors under these names. The activations are what one record needs in memory while it is evaluated.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Check {
	/// Model description, JSON
	#[arg(value_name = "FILE")]
	file: PathBuf,
}

/// A layer and what it makes of one record.
#[derive(Debug, Serialize)]
struct LayerView {
	/// Begin of the names of its tensors.
	layer: String,
	r#type: &'static str,
	/// Shape of its output.
	output: Vec<u64>,
	/// Number of values of its tensors.
	parameters: u64,
}

/// A tensor of a checkpoint.
#[derive(Debug, Serialize)]
struct TensorView {
	name: String,
	shape: Vec<u64>,
	values: u64,
	/// False for running statistics.
	trained: bool,
}

/// A column of the data set.
#[derive(Debug, Serialize)]
struct ColumnView {
	column: String,
	dtype: Dtype,
	shape: Vec<u64>,
	/// Labels and tokens lie below it.
	#[serde(skip_serializing_if = "Option::is_none")]
	bound: Option<u64>,
}

/// The plan of a description.
#[derive(Debug, Serialize)]
struct Checked {
	name: String,
	columns: Vec<ColumnView>,
	loss: Loss,
	layers: Vec<LayerView>,
	tensors: Vec<TensorView>,
	/// Number of values of all tensors.
	parameters: u64,
	/// Bytes of all tensors of a checkpoint; its header comes on top.
	checkpoint_bytes: u64,
	record_bytes: u64,
	/// Bytes that one record needs in evaluation, which computes in f64.
	activation_bytes: u64,
	flops_per_record: u64,
}

impl Check {
	pub(crate) fn run(self, output: &Output) -> Result<()> {
		let checked = Checked::new(&crate::description::read(&self.file)?);
		output.print(&checked, |output| show(output, &checked))
	}
}

impl Checked {
	fn new(description: &Description) -> Self {
		let plan = description.plan();
		let layers = description.every_layer().map(|(layer, found, output)| {
			let prefix = format!("{layer}.");
			let own = plan.tensors().filter(|tensor| tensor.name.starts_with(&prefix));
			let parameters = own.map(TensorSpec::values).sum();
			LayerView { layer, r#type: found.kind(), output: output.to_vec(), parameters }
		});
		let tensor = |trained| {
			move |spec: &TensorSpec| TensorView {
				name: spec.name.clone(),
				shape: spec.shape.clone(),
				values: spec.values(),
				trained,
			}
		};
		let columns = description.schema().columns.into_iter().map(|column| ColumnView {
			column: column.name,
			dtype: column.dtype,
			shape: column.shape,
			bound: column.bound,
		});
		Self {
			name: description.name().into(),
			columns: columns.collect(),
			loss: description.loss(),
			layers: layers.collect(),
			tensors: plan
				.parameters
				.iter()
				.map(tensor(true))
				.chain(plan.buffers.iter().map(tensor(false)))
				.collect(),
			parameters: plan.parameter_values,
			checkpoint_bytes: plan.parameter_values.saturating_mul(4),
			record_bytes: plan.record_bytes,
			activation_bytes: plan.peak_activations.saturating_mul(8),
			flops_per_record: plan.flops_per_record,
		}
	}
}

fn show(output: &Output, checked: &Checked) -> String {
	let column = |column: &ColumnView| {
		let bound = column.bound.map_or_else(String::new, |bound| format!(", below {bound}"));
		format!("{} {} {:?}{bound}", plain(&column.column), column.dtype, column.shape)
	};
	let mut columns: Vec<_> = checked.columns.iter().map(column).collect();
	let target = columns.pop().unwrap_or_default();
	let loss = match checked.loss {
		Loss::CrossEntropy => "cross entropy",
		Loss::Mse => "mean squared error",
	};
	let pairs = [
		("name", plain(&checked.name)),
		("input", columns.join("\n")),
		("target", target),
		("loss", loss.into()),
		("parameters", checked.parameters.to_string()),
		("checkpoint", format!("{} bytes and a header", checked.checkpoint_bytes)),
		("record", format!("{} bytes", checked.record_bytes)),
		("activations", format!("{} bytes", checked.activation_bytes)),
		("operations", format!("{} a record", checked.flops_per_record)),
	];
	let layers: Vec<_> = checked
		.layers
		.iter()
		.map(|layer| {
			let parameters = layer.parameters.to_string();
			[layer.layer.clone(), layer.r#type.into(), format!("{:?}", layer.output), parameters]
		})
		.collect();
	let tensors: Vec<_> = checked
		.tensors
		.iter()
		.map(|tensor| {
			let kind = if tensor.trained { "" } else { "running statistic" };
			[tensor.name.clone(), format!("{:?}", tensor.shape), tensor.values.to_string(), kind.into()]
		})
		.collect();
	format!(
		"{}\n\n{}\n\n{}",
		fields(output, &pairs),
		table(output, ["layer", "type", "output", "parameters"], &layers),
		table(output, ["tensor", "shape", "values", ""], &tensors)
	)
}

#[cfg(test)]
mod tests {
	use super::*;

	const NORMALISED: &str = r#"{"descent":1,"name":"m",
		"inputs":[{"column":"x","dtype":"f32","shape":[6]}],
		"target":{"column":"y","dtype":"u8","shape":[],"classes":3},
		"layers":[{"type":"linear","out":4},{"type":"batch_norm"},{"type":"linear","out":3}],
		"loss":"cross_entropy"}"#;

	#[test]
	fn layers_and_tensors_are_those_of_the_plan() {
		let checked = Checked::new(&Description::parse(NORMALISED.as_bytes()).unwrap());
		let layers: Vec<_> =
			checked.layers.iter().map(|layer| (layer.output.as_slice(), layer.parameters)).collect();
		assert_eq!(layers, [(&[4][..], 28), (&[4], 16), (&[3], 15)]);
		assert_eq!((checked.parameters, checked.checkpoint_bytes, checked.tensors.len()), (59, 236, 8));
		let text = show(&Output::new(true), &checked);
		for part in ["x f32 [6]", "y u8 [], below 3", "layers.1  batch_norm  [4]", "layers.1.running_var"] {
			assert!(text.contains(part), "{part} in\n{text}");
		}
		assert_eq!(text.matches("running statistic").count(), 2);
	}

	#[test]
	fn a_fault_is_named_with_its_layer() {
		let file = tempfile::NamedTempFile::new().unwrap();
		std::fs::write(&file, NORMALISED.replace("\"out\":3", "\"out\":0")).unwrap();
		let error = Check { file: file.path().into() }.run(&Output::new(true)).unwrap_err();
		assert!(format!("{error:#}").contains("layer 2 (linear)"), "{error:#}");
	}
}
