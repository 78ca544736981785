//! The recording of a round that another program writes, and the worker's own of the same training.
//!
//! The program writes a folder in the form of [`descent_replay::Recording`] for each round, into `recordings`
//! of the folder that it shares with the worker. The worker reads each segment as it comes, checks it, and
//! records it again in its own folder: in the form that all checkpoints of a model have, which gives them one
//! size, and out of the program's reach, which could change what a commitment binds.

use crate::recorded::{Recorded, Recordings, RoundStart};
use anyhow::{ensure, Context, Result};
use descent_dataset::Description;
use descent_protocol::{
	trace::{Base, BatchOrder, RecipeRule},
	GroupId, RoundIndex,
};
use descent_replay::{DatasetVersion, Recorder, Recording, RecordingHeader};
use serde::{Deserialize, Serialize};
use sp_core::{crypto::AccountId32, H256};
use std::{
	fs,
	path::{Path, PathBuf},
};

/// All that a program needs to record a round, in `state.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct RecordingTask {
	/// The folder of the round's recording, in the shared folder.
	pub folder: PathBuf,
	/// The group's rule for recipes.
	pub rule: RecipeRule,
	/// The weights that the recording begins with, which are in `base.safetensors`.
	pub base: Base,
	order: Order,
	/// Digest of the model description's file.
	model: H256,
	dataset: DatasetVersion,
}

/// The order of the batches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
	genesis: H256,
	group: GroupId,
	round: RoundIndex,
	link: H256,
	account: AccountId32,
}

/// The recording of the current round.
pub(super) struct OwnRecording {
	recordings: Recordings,
	round: Option<Round>,
}

/// A round whose start is known.
struct Round {
	start: RoundStart,
	base: Base,
	/// The file of the base, unless a seed draws it.
	base_file: Option<PathBuf>,
	/// The worker's own recording, once the program has begun with its.
	recorder: Option<Recorder>,
	/// Length of the program's list of segments when it was read last.
	seen: u64,
	/// True once no further segment is read: the recording is committed to, or a segment was refused.
	is_closed: bool,
}

impl OwnRecording {
	pub(super) fn new(recordings: Recordings) -> Self {
		Self { recordings, round: None }
	}

	/// The start of the round that is recorded.
	pub(super) fn start(&self) -> Option<&RoundStart> {
		self.round.as_ref().map(|round| &round.start)
	}

	/// Returns true while another base can be given out for the round: nothing is recorded yet.
	pub(super) fn is_empty(&self) -> bool {
		self.round.as_ref().is_some_and(|round| round.recorder.is_none() && !round.is_closed)
	}

	/// Begins with a round, whose recordings begin with initial weights or with this base.
	pub(super) fn begin(
		&mut self,
		start: Option<RoundStart>,
		base: Base,
		base_file: Option<PathBuf>,
	) -> Result<()> {
		self.round = None;
		let Some(start) = start else {
			return Ok(());
		};
		let number = start.order.round;
		self.recordings.prune(number)?;
		let is_closed = self.recordings.submission(number).is_some();
		self.round = Some(Round { start, base, base_file, recorder: None, seen: 0, is_closed });
		Ok(())
	}

	/// Returns what the program has to know.
	pub(super) fn task(&self) -> Option<RecordingTask> {
		let Round { start, base, .. } = self.round.as_ref()?;
		let BatchOrder { genesis, group, round, link, account } = start.order.clone();
		Some(RecordingTask {
			folder: folder(round),
			rule: start.rule,
			base: *base,
			order: Order { genesis, group, round, link, account },
			model: start.model,
			dataset: start.dataset,
		})
	}

	/// Records the program's new segments again. Returns the reason for which one is refused, once: no
	/// segment of the round is read after it.
	pub(super) fn follow(&mut self, shared: &Path, description: &Description) -> Option<String> {
		let round = self.round.as_mut().filter(|round| !round.is_closed)?;
		let from = shared.join(folder(round.start.order.round));
		let length = fs::metadata(from.join("segments.jsonl")).ok()?.len();
		if length == round.seen || !from.join("recording.json").exists() {
			return None;
		}
		round.seen = length;
		let refused = round.read(&from, description, &self.recordings).err()?;
		round.is_closed = true;
		Some(format!("{refused:#}"))
	}

	/// Closes the recording, and returns what a commitment to the checkpoint with this digest binds.
	///
	/// # Errors
	/// The inner one is the reason for which nothing can be committed to.
	pub(super) fn submit(&mut self, digest: H256) -> Result<Result<Recorded, String>> {
		let Some(round) = &mut self.round else {
			return Ok(Err("the first block of the round is not final yet".into()));
		};
		let Some(recorder) = &round.recorder else {
			return Ok(Err("nothing of this round is recorded".into()));
		};
		let (recording, number) = (recorder.recording(), round.start.order.round);
		let last = recording.segments().iter().rposition(|segment| segment.state == digest);
		let Some(last) = last.and_then(|last| u16::try_from(last).ok()) else {
			let reason = "the best checkpoint is not the end of a recorded segment: offer the weights that \
				a segment was recorded with";
			return Ok(Err(reason.into()));
		};
		round.is_closed = true;
		recorder.sync()?;
		let (recipe, trace) = (recording.header().recipe, recording.trace());
		Ok(Ok(Recorded { round: number, recipe, trace, last, own_base: None }))
	}
}

/// Returns the folder of a round's recording, in the shared folder.
fn folder(round: RoundIndex) -> PathBuf {
	Path::new("recordings").join(round.to_string())
}

impl Round {
	/// Reads the segments of the program's recording that are new, and records them again.
	fn read(&mut self, from: &Path, description: &Description, recordings: &Recordings) -> Result<()> {
		let found = Recording::read(from)?;
		if self.recorder.is_none() {
			self.check(found.header())?;
			self.recorder = Some(self.open(found.header(), recordings)?);
		}
		let recorder = self.recorder.as_mut().context("there is no recorder")?;
		ensure!(
			recorder.recording().header() == found.header(),
			"recording.json has been changed since the round began"
		);
		for number in recorder.recording().count()..found.count() {
			let segment = found.segments().get(usize::from(number)).context("there is no such segment")?;
			ensure!(
				self.start.rule.admits_rate(segment.rate),
				"segment {number} has a learning rate of {} billionths, and the group takes {} to {}",
				segment.rate,
				self.start.rule.smallest_rate,
				self.start.rule.largest_rate
			);
			let end = found.state(number, description).with_context(|| format!("segment {number}"))?;
			let losses = found.losses(number)?;
			let losses: Vec<_> = losses.into_iter().map(|loss| loss as f64 / 1e6).collect();
			recorder.add(segment.from, segment.rate, &end, &losses)?;
		}
		Ok(())
	}

	/// Checks that a recording is one of this round, and keeps to the group's rule.
	fn check(&self, header: &RecordingHeader) -> Result<()> {
		let RecordingHeader { recipe, order, model, dataset } = header;
		let RoundStart { rule, .. } = &self.start;
		ensure!(
			(order, model, dataset) == (&self.start.order, &self.start.model, &self.start.dataset),
			"recording.json is one of another round: order, model and dataset have to be those of state.json"
		);
		ensure!(
			rule.admits(recipe),
			"the group takes no such recipe: segments have {} steps of {} records{}",
			rule.steps,
			rule.batch,
			if rule.exact { " in f64" } else { "" }
		);
		ensure!(
			matches!(recipe.base, Base::Initial { .. }) || recipe.base == self.base,
			"the recording begins with other weights than base.safetensors"
		);
		Ok(())
	}

	/// Opens the worker's recording of a process before, or creates one.
	fn open(&self, header: &RecordingHeader, recordings: &Recordings) -> Result<Recorder> {
		let round = self.start.order.round;
		let (folder, room) = (recordings.folder(round), recordings.room(round)?);
		if let Ok(recorder) = Recorder::open(&folder, room) {
			if recorder.recording().header() == header {
				return Ok(recorder);
			}
		}
		recordings.remove(round)?;
		let base = match header.recipe.base {
			Base::Initial { .. } => None,
			Base::Checkpoint { .. } => self.base_file.as_deref(),
		};
		Ok(Recorder::create(&folder, header.clone(), base, room)?)
	}
}
