use super::{Probe, Trial};
use crate::segment::{ReplayedSegment, Segment};
use descent_dataset::{Schema, Set, Summary};
use descent_protocol::{DeltaVerdict, Metric, Rounding, Score};
use serde::{Deserialize, Serialize};
use sp_core::H256;
use std::{
	path::{Path, PathBuf},
	sync::Arc,
};

/// Bytes of the longest line, in either direction. A description has 64 KiB, a transcript 4,096 scores.
pub(crate) const MAX_LINE: u64 = 1 << 20;

/// First line that a child gets.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Setup {
	/// Process id of the parent.
	pub parent: u32,
	/// Threads that compute when a job names no other number.
	pub threads: usize,
	/// Folders that may be read.
	pub readable: Vec<PathBuf>,
	/// The only folder that may be written to.
	pub writable: PathBuf,
	/// True if the child evaluates checkpoints, and so has threads ready.
	pub computes: bool,
	/// Number of the GPU that measures, if one does.
	pub gpu: Option<usize>,
}

/// A request and the limits under which it is answered.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Job {
	/// Bytes of memory beyond those of the idle process.
	pub memory: u64,
	/// Bytes of the largest file that is written.
	pub file: u64,
	/// Milliseconds until the parent gives up.
	pub time_ms: u64,
	/// Threads that compute.
	pub threads: usize,
	/// True if the GPU measures nothing of it, because a child that had one crashed at it.
	pub spares_gpu: bool,
	/// The request.
	pub request: Request,
}

/// A request to a child.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Request {
	/// Evaluates a checkpoint.
	Evaluate(Box<EvaluateJob>),
	/// Replays a segment.
	Replay(Box<ReplayJob>),
	/// Counts the rows of a delta.
	Count(DeltaJob),
	/// Checks a delta.
	Check(DeltaJob),
	/// Builds a version in the writable folder.
	Build {
		/// The delta and the version that it applies to.
		delta: DeltaJob,
		/// The digest of the delta's content reference.
		digest: H256,
	},
	/// Tries something, for tests.
	Probe(Probe),
}

/// A checkpoint and the records that it is evaluated on.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct EvaluateJob {
	/// The model description's document, with exact numbers, see [`super::to_exact`].
	pub description: serde_json::Value,
	/// The checkpoint file.
	pub checkpoint: PathBuf,
	/// The data set.
	pub set: BaseSet,
	/// Draws the records.
	pub seed: H256,
	/// Number of records.
	pub records: u32,
	/// The metric.
	pub metric: Metric,
	/// True if scores are dithered by the seed, false if they are rounded half to even.
	pub dithered: bool,
}

impl EvaluateJob {
	/// Returns the rule for scores.
	pub(super) fn rounding(&self) -> Rounding {
		match self.dithered {
			true => Rounding::dithered(self.seed),
			false => Rounding::HalfEven,
		}
	}
}

/// A segment and the data set whose records it takes.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ReplayJob {
	/// The model description's document, with exact numbers, see [`super::to_exact`].
	pub description: serde_json::Value,
	/// The data set.
	pub set: BaseSet,
	/// The segment.
	pub segment: Segment,
}

/// A delta and the version that it applies to.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DeltaJob {
	/// The Parquet file.
	pub file: PathBuf,
	/// The version, `None` if the delta is the first.
	pub base: Option<BaseSet>,
	/// The columns.
	pub schema: Schema,
}

/// A version of a data set on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BaseSet {
	/// Folder of all versions.
	pub folder: PathBuf,
	/// The version.
	pub root: H256,
	/// The columns.
	pub schema: Schema,
}

impl From<&Set> for BaseSet {
	fn from(set: &Set) -> Self {
		let folder = set.folder().parent().unwrap_or(Path::new("/")).into();
		Self { folder, root: set.root(), schema: set.schema().clone() }
	}
}

impl BaseSet {
	/// Opens the version for reading.
	pub(super) fn open(&self) -> Result<Arc<Set>, Answer> {
		match Set::open(&self.folder, self.root, &self.schema) {
			Ok(Some(set)) => Ok(Arc::new(set)),
			Ok(None) => Err(Answer::Failed(format!("version {:?} of the data set is gone", self.root))),
			Err(error) => Err(Answer::Failed(error.to_string())),
		}
	}
}

/// Line that a child answers with.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Reply {
	/// The answer.
	pub answer: Answer,
	/// True if the child ends, because it has grown.
	pub retire: bool,
}

/// An answer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
	/// The child is limited and waits for jobs.
	Ready(Isolation),
	/// The child ends, because the GPU may not measure, for this reason.
	NoGpu(String),
	/// Scores of a checkpoint.
	Evaluated {
		/// Mean over all records.
		score: Score,
		/// Mean over each batch.
		transcript: Vec<Score>,
		/// Number of records.
		records: u64,
		/// The condition, where it was measured.
		condition: Option<f64>,
	},
	/// The end of a replay.
	Replayed(ReplayedSegment),
	/// Number of rows of a delta.
	Counted(u64),
	/// The delta applies.
	Checked {
		/// Records that it adds.
		added: u64,
		/// Records that it removes.
		removed: u64,
		/// Records after it.
		records: u64,
		/// Digest of its rows.
		rows: H256,
	},
	/// The version is in the writable folder.
	Built,
	/// What was tried, and whether it was denied.
	Tried(Vec<Trial>),
	/// The checkpoint or the recording is at fault.
	Invalid(String),
	/// The checkpoint amplifies rounding errors.
	IllConditioned(String),
	/// The delta is at fault.
	Faulty(DeltaVerdict, String),
	/// The work panicked, which a fresh process may not repeat.
	Crashed(String),
	/// This machine is at fault.
	Failed(String),
}

impl From<Summary> for Answer {
	fn from(Summary { added, removed, records, rows }: Summary) -> Self {
		Self::Checked { added, removed, records, rows }
	}
}

/// Limits that are in force for the children.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Isolation {
	/// Number of processes that evaluate; 0 if this process evaluates by itself.
	pub processes: usize,
	/// True if a process that takes more memory than its job may is ended. The driver of a GPU takes memory
	/// of its own, so a process that has one is not limited.
	pub memory: bool,
	/// True if the kernel keeps the processes from all files but the data (landlock).
	pub landlock: bool,
	/// True if the kernel refuses them the network and other programs (seccomp).
	pub seccomp: bool,
}
