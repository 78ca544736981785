//! What can go wrong when a model is built or run.

/// Why a model could not be built or run.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
	/// A batch is not what the description says.
	#[error("the batch's column '{column}' {reason}")]
	Batch {
		/// The column.
		column: String,
		/// What is wrong with it.
		reason: String,
	},
	/// libtorch failed, as when memory runs out.
	#[error("libtorch failed: {0}")]
	Torch(#[from] tch::TchError),
}
