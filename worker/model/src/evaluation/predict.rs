//! Outputs of a checkpoint for inputs without targets.

use super::{buffers::Buffers, network::Network, records};
use crate::{memory::piece, Checkpoint, ModelError};
use descent_dataset::{Batch, ColumnValues};

/// Returns the outputs of a checkpoint for inputs, whose canonical bytes lie one after the other: for each
/// the values `[..output]` of the last layer, in f64. They are computed by the kernels, as in an evaluation.
///
/// # Errors
/// Returns [`ModelError::Batch`] if the bytes are no inputs of the description.
pub fn predict(checkpoint: &Checkpoint, inputs: &[u8]) -> Result<Vec<f64>, ModelError> {
	let description = checkpoint.description();
	let columns = description.schema().columns;
	let Some(column) = columns.first() else {
		return Err(ModelError::Batch { column: "(all)".into(), reason: "are not input and target".into() });
	};
	let width = column.bytes().max(1);
	let network = Network::new(checkpoint, None);
	let (mut outputs, mut memory) = (Vec::new(), Buffers::default());
	for bytes in inputs.chunks(piece(description).saturating_mul(width)) {
		let len = bytes.len() / width;
		let values = ColumnValues {
			name: column.name.clone(),
			dtype: column.dtype,
			shape: column.shape.clone(),
			bytes: bytes.to_vec(),
		};
		let batch = Batch { len, columns: vec![values] };
		let input = records::input(description, &columns, &batch, &mut memory)?;
		outputs.extend(network.forward(input, len, &mut memory));
	}
	Ok(outputs)
}
