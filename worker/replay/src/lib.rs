//! Recorded trainings: a trainer writes down how a checkpoint was made, and anybody replays it.

mod departure;
mod recording;
mod replay;

pub use departure::Replayed;
pub use recording::{
	DatasetVersion, Full, Recorder, Recording, RecordingError, RecordingHeader, MAX_BATCH, MAX_STEPS,
};
pub use replay::{is_replayable, replay, NotReplayable, ReplayError, SegmentTask, SegmentTrainer};
