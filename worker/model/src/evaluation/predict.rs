//! Outputs of a checkpoint for inputs without targets.

use super::{buffers::Buffers, network::Network, records};
use crate::{memory::piece, Checkpoint, ModelError};
use descent_dataset::Batch;

/// Returns the outputs of a checkpoint for records without their targets, whose canonical bytes lie one after
/// the other: for each the values `[..output]` of the last layer, in f64. They are computed by the kernels,
/// as in an evaluation.
///
/// # Errors
/// Returns [`ModelError::Batch`] if the bytes are no such records.
pub fn predict(checkpoint: &Checkpoint, records: &[u8]) -> Result<Vec<f64>, ModelError> {
	let description = checkpoint.description();
	let mut schema = description.schema();
	schema.columns.pop();
	let width = schema.record_bytes().max(1);
	let network = Network::new(checkpoint, None);
	let (mut outputs, mut memory) = (Vec::new(), Buffers::default());
	for bytes in records.chunks(piece(description).saturating_mul(width)) {
		let batch = Batch::from_records(&schema, bytes).ok_or_else(|| ModelError::Batch {
			column: "(all)".into(),
			reason: format!("hold {} bytes of records of {width} each", bytes.len()),
		})?;
		let inputs = records::inputs(description, &schema.columns, &batch, &mut memory)?;
		outputs.extend(network.forward(inputs, batch.len, &mut memory));
	}
	Ok(outputs)
}
