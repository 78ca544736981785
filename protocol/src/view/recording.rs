use crate::{
	trace::{Recipe, Trace},
	ContentRef,
};
use codec::{Decode, Encode};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// The recording that came with a revealed checkpoint, with the segment that the committee replays.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordingView {
	/// The recipe.
	pub recipe: Recipe,
	/// The trace.
	pub trace: Trace,
	/// The number of the drawn segment.
	pub number: u16,
	/// Its learning rate, in billionths.
	pub rate: u32,
	/// The checkpoint that it begins with; `None` for the initial weights of the recipe's seed.
	pub start: Option<ContentRef>,
	/// The checkpoint that was recorded at its end.
	pub end: ContentRef,
}
