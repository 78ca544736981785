//! Bounds on the resources that a description may need.

/// The longest description that is read, in bytes.
pub const MAX_DESCRIPTION_BYTES: u64 = 64 << 10;

/// Bounds on a description. They are checked before anything is allocated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
	/// Longest JSON file, in bytes.
	pub file_bytes: usize,
	/// Largest number of layers.
	pub layers: usize,
	/// Most dimensions of a shape, without the batch.
	pub rank: usize,
	/// Largest single dimension.
	pub dimension: u64,
	/// Most canonical bytes of one record.
	pub record_bytes: u64,
	/// Most parameters and running statistics of the whole model, in values.
	pub parameters: u64,
	/// Most values that one layer holds for one record in evaluation.
	pub activations: u64,
	/// Most floating point operations to evaluate one record.
	pub flops: u64,
}

impl Default for Limits {
	fn default() -> Self {
		Self {
			file_bytes: MAX_DESCRIPTION_BYTES as usize,
			layers: 512,
			rank: 4,
			dimension: 1 << 24,
			record_bytes: 16 << 20,
			parameters: 256_000_000,
			activations: 64 << 20,
			flops: 320_000_000_000,
		}
	}
}

impl Limits {
	/// Returns the number of values of a shape, or `None` if the shape is not allowed.
	pub(super) fn values(&self, shape: &[u64]) -> Option<u64> {
		if shape.len() > self.rank || shape.iter().any(|d| *d == 0 || *d > self.dimension) {
			return None;
		}
		shape.iter().try_fold(1u64, |n, d| n.checked_mul(*d))
	}
}

/// Reasons for which a description is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DescriptionError {
	/// The file is longer than the limit.
	#[error("the description has {bytes} bytes; at most {limit} are allowed")]
	FileTooLarge {
		/// Length of the file in bytes.
		bytes: usize,
		/// The limit in bytes.
		limit: usize,
	},
	/// The file cannot be opened or read.
	#[error("the file cannot be read: {0}")]
	File(String),
	/// The file is not JSON, or not of the documented form.
	#[error("the description cannot be read: {0}")]
	Json(String),
	/// The description has another version of the format.
	#[error("the description is of version {0}; this program reads version 1")]
	Version(u32),
	/// A value lies outside the bounds of the format.
	#[error("{0}")]
	Invalid(String),
	/// A layer does not fit its input.
	#[error("layer {layer} ({kind}): {reason}")]
	Layer {
		/// Position of the layer, from 0; with the input for a layer of one, as in `inputs.1.layers.0`.
		layer: String,
		/// Type of the layer, as in JSON.
		kind: &'static str,
		/// Description of the fault and of the change that it needs.
		reason: String,
	},
	/// The model needs more of a resource than is allowed.
	#[error("the model needs {needed} {what}; at most {limit} are allowed")]
	TooLarge {
		/// Name of the resource.
		what: &'static str,
		/// Amount that the model needs; saturates at `u64::MAX`.
		needed: u64,
		/// Largest amount that is allowed.
		limit: u64,
	},
}
