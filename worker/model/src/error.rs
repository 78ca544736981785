//! Errors of building and running a model.

/// Reasons for which a model could not be built or run.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
	/// A batch does not have the columns or values of the description.
	#[error("the batch's column '{column}' {reason}")]
	Batch {
		/// Name of the column.
		column: String,
		/// Description of the fault.
		reason: String,
	},
	/// libtorch failed, for example because memory ran out.
	#[error("libtorch failed: {0}")]
	Torch(#[from] tch::TchError),
}
