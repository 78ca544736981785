//! The recorded training of one round: its recording, and the segment that is being trained.

use super::{
	base::{ChosenBase, Earlier},
	best::Best,
	plan::Plan,
	progress::Progress,
	rate::SegmentRate,
	status::{Closed, RecordedStatus},
	Recorded, Recordings, RoundStart,
};
use anyhow::{Context, Result};
use descent_dataset::{Description, Set};
use descent_model::{Checkpoint, Device};
use descent_protocol::{
	trace::{Base, Recipe},
	RoundIndex, Score,
};
use descent_replay::{
	Recorder, Recording, RecordingError, RecordingHeader, ReplayError, SegmentTask, SegmentTrainer,
};
use std::path::PathBuf;

/// A recording that grows by a segment at a time.
pub(super) struct RoundTraining {
	pub start: RoundStart,
	pub best: Best,
	recorder: Recorder,
	own_base: Option<RoundIndex>,
	rate: SegmentRate,
	/// The place from which the next segment goes on: the end of a segment, or the base.
	position: Option<u16>,
	segment: Option<Segment>,
	closed: Option<Closed>,
}

/// A segment that is being trained.
struct Segment {
	trainer: SegmentTrainer,
	from: Option<u16>,
	rate: u32,
	losses: Vec<f64>,
}

/// The result of a step.
pub(super) enum Step {
	/// The loss of a batch.
	Loss(f64),
	/// The weights at the end of a segment, which is not recorded yet.
	End(Box<EndedSegment>),
	/// The segment has diverged, and is dropped.
	Diverged,
}

/// A segment that was trained.
pub(super) struct EndedSegment {
	pub end: Checkpoint,
	from: Option<u16>,
	rate: u32,
	losses: Vec<f64>,
}

impl RoundTraining {
	/// Goes on with the round's recording on disk, if there is one that fits to the start and the plan. A
	/// recording that does not is removed. Nothing may have been committed to it: opening it drops segments
	/// whose states are lost, and then it could not be revealed.
	///
	/// # Errors
	/// If the files cannot be read or written, or another recorder has them open.
	pub(super) fn reopen(recordings: &Recordings, start: &RoundStart, plan: &Plan) -> Result<Option<Self>> {
		let round = start.order.round;
		let folder = recordings.folder(round);
		let reason = match Recorder::open(&folder, recordings.room(round)?) {
			Ok(recorder) if fits(recorder.recording().header(), start, plan) => {
				return Self::go_on(recordings, start, plan, recorder).map(Some);
			}
			Ok(_) => "it is one of another start of the round, or of another recipe".into(),
			Err(RecordingError::Missing(_)) => return Ok(None),
			Err(error) if error.is_invalid() => error.to_string(),
			Err(error) => return Err(error.into()),
		};
		tracing::info!(round, "beginning a new recording in place of the one on disk: {reason}");
		recordings.remove(round)?;
		Ok(None)
	}

	/// Goes on with a recording that is open, from the place and with the learning rate of the process
	/// before.
	fn go_on(recordings: &Recordings, start: &RoundStart, plan: &Plan, recorder: Recorder) -> Result<Self> {
		let round = start.order.round;
		let recording = recorder.recording();
		let (count, base) = (recording.count(), recording.header().recipe.base);
		let progress = Progress::read(recording.folder(), count);
		let last = count.checked_sub(1);
		let mut rate = SegmentRate::new(plan.rate, &plan.rule);
		let mut best = Best { at: last, ..Best::default() };
		let mut position = last;
		if let Some(progress) = progress {
			rate.go_on(progress.rate);
			best.at = progress.best;
			position = if progress.segments == count { progress.position } else { last };
		}
		tracing::info!(round, segments = count, "going on with the recording on disk");
		Ok(Self {
			own_base: recordings.round_of(&base, round)?,
			start: start.clone(),
			recorder,
			best,
			rate,
			position,
			segment: None,
			closed: None,
		})
	}

	/// Begins the recording of a round, with the learning rate of an earlier one that it goes on with.
	///
	/// # Errors
	/// If its files cannot be written.
	pub(super) fn create(
		recordings: &Recordings,
		start: &RoundStart,
		plan: &Plan,
		base: ChosenBase,
		earlier: Option<&Earlier>,
	) -> Result<Self> {
		let round = start.order.round;
		let Plan { rule, optimizer, precision, rate } = *plan;
		let ChosenBase { base, file, score } = base;
		let recipe = Recipe { base, optimizer, precision, steps: rule.steps, batch: rule.batch };
		let (order, model, dataset) = (start.order.clone(), start.model, start.dataset);
		let header = RecordingHeader { recipe, order, model, dataset };
		let folder = recordings.folder(round);
		let own_base = recordings.round_of(&base, round)?;
		let mut rate = SegmentRate::new(rate, &rule);
		if let Some(earlier) = earlier {
			earlier.lower(&mut rate, &header, own_base.is_some());
		}
		let recorder = Recorder::create(&folder, header, file.as_deref(), recordings.room(round)?)?;
		Ok(Self {
			own_base,
			start: start.clone(),
			recorder,
			best: Best { score, ..Best::default() },
			rate,
			position: None,
			segment: None,
			closed: None,
		})
	}

	/// The round.
	pub(super) fn round(&self) -> RoundIndex {
		self.start.order.round
	}

	/// Returns true if the recording begins with an own checkpoint that the chain does not take as a base.
	pub(super) fn is_base_lost(&self, recordings: &Recordings) -> bool {
		self.own_base.is_some_and(|round| recordings.is_lost(round))
	}

	/// Returns true once no further segment is recorded.
	pub(super) fn is_closed(&self) -> bool {
		self.closed.is_some()
	}

	pub(super) fn status(&self) -> RecordedStatus {
		let (round, segments) = (self.round(), self.recording().count());
		match self.closed {
			None => RecordedStatus::Recording { round, segments },
			Some(reason) => RecordedStatus::Closed { round, segments, reason },
		}
	}

	/// The learning rate of the next segment.
	pub(super) fn learning_rate(&self) -> f64 {
		f64::from(self.rate.current()) / f64::from(descent_protocol::trace::RATE_UNIT)
	}

	fn recording(&self) -> &Recording {
		self.recorder.recording()
	}

	/// Reads the weights at a place.
	pub(super) fn weights(&self, place: Option<u16>, description: &Description) -> Result<Checkpoint> {
		let read = match place {
			Some(number) => self.recording().state(number, description),
			None => self.recording().base(description),
		};
		read.context("the recording on disk is damaged")
	}

	/// Returns true if the weights at a place are initial ones.
	pub(super) fn is_initial(&self, place: Option<u16>) -> bool {
		place.is_none() && matches!(self.recording().header().recipe.base, Base::Initial { .. })
	}

	/// Makes the next step of the segment, and begins one where there is none.
	pub(super) fn step(&mut self, description: &Description, records: &Set, device: Device) -> Result<Step> {
		let mut segment = match self.segment.take() {
			Some(segment) => segment,
			None => self.begin(description, device)?,
		};
		match segment.trainer.step(records) {
			Ok(loss) => {
				segment.losses.push(loss);
				if !segment.trainer.is_done() {
					self.segment = Some(segment);
					return Ok(Step::Loss(loss));
				}
			}
			Err(ReplayError::Diverged { .. }) => return Ok(Step::Diverged),
			Err(error) => return Err(error.into()),
		}
		let Segment { trainer, from, rate, losses } = segment;
		match trainer.finish() {
			Ok(end) => Ok(Step::End(Box::new(EndedSegment { end, from, rate, losses }))),
			Err(ReplayError::Diverged { .. }) => Ok(Step::Diverged),
			Err(error) => Err(error.into()),
		}
	}

	fn begin(&self, description: &Description, device: Device) -> Result<Segment> {
		let recording = self.recording();
		let (recipe, order) = (&recording.header().recipe, &recording.header().order);
		let (number, rate, from) = (recording.count(), self.rate.current(), self.position);
		let start = self.weights(from, description)?;
		let trainer =
			SegmentTrainer::new(&SegmentTask { recipe, order, number, rate, start: &start }, device)?;
		Ok(Segment { trainer, from, rate, losses: Vec::new() })
	}

	/// Records a segment with its score on the holdout. Goes back to the best weights, with a smaller
	/// learning rate, once no segment has been better for long. Where there is no room for it the recording
	/// is closed.
	pub(super) fn record(&mut self, ended: &EndedSegment, score: Score) -> Result<()> {
		let EndedSegment { end, from, rate, losses } = ended;
		let added = self.recorder.add(*from, *rate, end, losses);
		let number = match added {
			Ok(number) => number,
			Err(error) => {
				tracing::warn!(
					round = self.round(),
					segments = self.recording().count(),
					"no further segment of this round can be recorded, and those that are there still count: \
					 {error}"
				);
				self.close(Closed::Full);
				return Ok(());
			}
		};
		self.position = Some(number);
		if self.best.record(number, score) {
			self.rate.lower();
			tracing::debug!(
				learning_rate = self.learning_rate(),
				"no better any more: going back to the best weights, and on in smaller steps"
			);
			self.go_back();
		}
		self.write_progress()
	}

	/// Goes back to the best weights, with half the learning rate, after a segment that diverged.
	pub(super) fn recover(&mut self) -> Result<()> {
		if !self.rate.recover() {
			tracing::warn!(
				round = self.round(),
				"the training diverges, and the group's rule admits no smaller learning rate: nothing more \
				 is recorded in this round"
			);
			self.close(Closed::Diverging);
			return Ok(());
		}
		tracing::warn!(
			learning_rate = self.learning_rate(),
			"a segment has diverged, and is not recorded: going back, and on in smaller steps"
		);
		self.go_back();
		self.write_progress()
	}

	fn go_back(&mut self) {
		self.position = self.best.at;
		self.best.stale = 0;
	}

	fn write_progress(&self) -> Result<()> {
		let (segments, rate) = (self.recording().count(), self.rate.current());
		let progress = Progress { segments, best: self.best.at, position: self.position, rate };
		progress.write(self.recording().folder())
	}

	/// Records nothing more in this round.
	pub(super) fn close(&mut self, reason: Closed) {
		self.segment = None;
		self.closed = Some(reason);
	}

	/// Closes the recording, and returns what a commitment to its best segment binds, the file of that and
	/// its score; `None` if no segment is better than the base, and the group does not pay for work.
	pub(super) fn offer(&mut self) -> Result<Option<(Recorded, PathBuf, Score)>> {
		let worked = self.start.rule.work_reward.and(self.best.segment);
		let Some((last, score)) = self.best.better().or(worked) else {
			return Ok(None);
		};
		self.close(Closed::Offered);
		self.recorder.sync()?;
		let recording = self.recording();
		let recorded = Recorded {
			round: self.round(),
			recipe: recording.header().recipe,
			trace: recording.trace(),
			last,
			own_base: self.own_base,
		};
		Ok(Some((recorded, recording.state_path(last)?, score)))
	}
}

/// Returns true if a recording is one of this start and this plan.
fn fits(header: &RecordingHeader, start: &RoundStart, plan: &Plan) -> bool {
	let RecordingHeader { recipe, order, model, dataset } = header;
	let Recipe { optimizer, precision, steps, batch, .. } = recipe;
	(order, model, dataset) == (&start.order, &start.model, &start.dataset)
		&& (*optimizer, *precision) == (plan.optimizer, plan.precision)
		&& (*steps, *batch) == (plan.rule.steps, plan.rule.batch)
}
