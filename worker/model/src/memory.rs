//! Memory that an evaluation takes, known before anything is allocated.

use descent_dataset::Description;

/// Returns the most bytes of memory that an evaluation of a checkpoint of this model allocates, beside what
/// the process takes before it.
pub fn evaluation_memory(description: &Description) -> u64 {
	let weights = description.plan().parameter_values.saturating_mul(8 * 3);
	weights.saturating_add(2 << 30)
}
