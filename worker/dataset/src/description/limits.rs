//! What a description may ask of whoever runs it.

/// The longest description that is read, in bytes.
pub const MAX_DESCRIPTION_BYTES: u64 = 64 << 10;

/// Bounds on a description, checked before anything is allocated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
	/// Length of the JSON file in bytes.
	pub file_bytes: usize,
	/// Number of layers.
	pub layers: usize,
	/// Dimensions of a shape, without the batch.
	pub rank: usize,
	/// Largest single dimension.
	pub dimension: u64,
	/// Canonical bytes of one record.
	pub record_bytes: u64,
	/// Parameters and running statistics of the whole model, in values.
	pub parameters: u64,
	/// Values that one layer holds for one record while it is evaluated.
	pub activations: u64,
	/// Floating point operations to evaluate one record.
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
			activations: 32 << 20,
			flops: 256_000_000_000,
		}
	}
}

/// Why a description is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DescriptionError {
	/// The file is longer than any description needs to be.
	#[error("the description has {bytes} bytes; at most {limit} are allowed")]
	FileTooLarge {
		/// Its length.
		bytes: usize,
		/// The limit.
		limit: usize,
	},
	/// The file cannot be opened or read.
	#[error("the file cannot be read: {0}")]
	File(String),
	/// Not JSON, or not of the documented form.
	#[error("the description cannot be read: {0}")]
	Json(String),
	/// Another version of the format.
	#[error("the description is of version {0}; this program reads version 1")]
	Version(u32),
	/// A value outside what the format allows.
	#[error("{0}")]
	Invalid(String),
	/// A layer that does not fit its input.
	#[error("layer {layer} ({kind}): {reason}")]
	Layer {
		/// Its position, from 0.
		layer: usize,
		/// Its type.
		kind: &'static str,
		/// What is wrong and what to change.
		reason: String,
	},
	/// The model asks for more than is allowed.
	#[error("the model needs {needed} {what}; at most {limit} are allowed")]
	TooLarge {
		/// The resource.
		what: &'static str,
		/// How much of it, saturated.
		needed: u64,
		/// The limit.
		limit: u64,
	},
}
