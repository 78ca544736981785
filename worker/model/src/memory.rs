//! Memory that an evaluation takes, known before anything is allocated.

use descent_dataset::Description;

/// Bytes of values that are kept for later layers.
pub(crate) const KEPT: u64 = 64 << 20;
/// Bytes that the values of one layer may take, unless those of one record are more.
const ACTIVATIONS: u64 = 32 << 20;
/// Most records that are computed at a time. Weights are unpacked once for all of them.
const MOST_RECORDS: usize = 1024;
/// Bytes that an evaluation takes whatever the model is: packed weights, patches of convolutions, the
/// allocator's remains.
const BASE: u64 = 192 << 20;

/// Returns the number of records that are computed at a time. The score is the same with any number.
pub(crate) fn piece(description: &Description) -> usize {
	let records = ACTIVATIONS / bytes_per_record(description);
	usize::try_from(records).unwrap_or(usize::MAX).clamp(1, MOST_RECORDS)
}

/// Bytes of the values of the largest layer for one record: its input, its output and what it holds beside
/// them.
fn bytes_per_record(description: &Description) -> u64 {
	description.plan().peak_activations.max(1).saturating_mul(8)
}

/// Returns the most bytes of memory that an evaluation of a checkpoint of this model allocates, beside what
/// the process takes before it: the weights in f32, and twice in f64 the largest tensor and the values of a
/// layer for the records of a piece.
pub fn evaluation_memory(description: &Description) -> u64 {
	let plan = description.plan();
	let records = piece(description) as u64;
	let values = bytes_per_record(description).saturating_mul(records);
	let raw = plan.record_bytes.saturating_mul(records.saturating_mul(3));
	let weights = plan.parameter_values.saturating_mul(4);
	let largest = plan.tensors().map(|tensor| tensor.values().saturating_mul(4)).max().unwrap_or_default();
	[BASE, KEPT, values, values, raw, weights, largest]
		.iter()
		.fold(0, |sum: u64, part| sum.saturating_add(*part))
}
