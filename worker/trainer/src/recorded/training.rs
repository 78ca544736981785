//! The training of a group whose checkpoints come with a recording, as the worker sees it: a round is trained
//! from its first block on, and its best checkpoint is offered.

use super::{
	base::ChosenBase,
	plan::Plan,
	round_training::{EndedSegment, RoundTraining, Step},
	status::{Closed, RecordedStatus},
	Recordings, RoundStart, Submission,
};
use crate::{
	best_weights::link,
	control::{Command, Shared, Snapshot, TrainingSettings, TrainingTask},
	holdout::Holdout,
};
use anyhow::{Context, Result};
use descent_protocol::{ContentRef, Score};
use descent_replay::{is_replayable, RecordingError};
use std::{
	path::Path,
	sync::{
		mpsc::{Receiver, TryRecvError},
		Arc,
	},
	thread,
	time::{Duration, Instant},
};

/// Weight of the past in the loss that is shown.
const SMOOTHING: f64 = 0.98;
/// Time between two looks for something to do.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Trains a model segment by segment, and records it.
pub(crate) struct RecordedTraining {
	pub(super) task: TrainingTask,
	settings: TrainingSettings,
	pub(super) recordings: Recordings,
	pub(super) shared: Arc<Shared>,
	pub(super) holdout: Holdout,
	/// The head, in [`Recordings::head`].
	pub(super) head: Option<Head>,
	pub(super) round: State,
}

/// The group's head.
pub(super) struct Head {
	pub content: ContentRef,
	pub score: Score,
}

/// State of the round.
pub(super) enum State {
	/// Its start is not known, or its data are not here.
	Awaited,
	/// Its training can't be recorded.
	Failed(RoundStart),
	/// A commitment of a process before binds its recording.
	Committed(RoundStart, Submission),
	Open(Box<RoundTraining>),
}

impl RecordedTraining {
	/// Prepares a training, which begins once the start of a round is known.
	///
	/// # Errors
	/// If trainings of the model cannot be replayed, or the settings are against the group's rule.
	pub(crate) fn new(
		task: TrainingTask,
		settings: TrainingSettings,
		recordings: Recordings,
		shared: Arc<Shared>,
	) -> Result<Self> {
		is_replayable(&task.description).context("the group's checkpoints come with a recorded training")?;
		let holdout = Holdout::draw(&task, &settings)?;
		let training =
			Self { task, settings, recordings, shared, holdout, head: None, round: State::Awaited };
		training.show();
		Ok(training)
	}

	/// Trains until the commands end, or it is asked to end.
	pub(crate) fn run(mut self, commands: &Receiver<Command>) -> Result<()> {
		let (mut since, mut steps) = (Instant::now(), 0u64);
		while !self.shared.is_ending() {
			match commands.try_recv() {
				Ok(command) => {
					self.handle(command)?;
					continue;
				}
				Err(TryRecvError::Empty) => {}
				Err(TryRecvError::Disconnected) => return Ok(()),
			}
			self.follow_round()?;
			let is_idle = !matches!(&self.round, State::Open(round) if !round.is_closed());
			if is_idle || self.shared.is_paused() {
				self.shared.status().rate = 0.0;
				thread::sleep(POLL_INTERVAL);
				continue;
			}
			if let Err(error) = self.step() {
				tracing::error!("nothing more is recorded in this round: {error:#}");
				self.close(Closed::Failed);
			}
			steps = steps.saturating_add(1);
			let elapsed = since.elapsed();
			if elapsed >= Duration::from_secs(1) {
				self.shared.status().rate = steps as f64 / elapsed.as_secs_f64();
				(since, steps) = (Instant::now(), 0);
			}
		}
		Ok(())
	}

	fn handle(&mut self, command: Command) -> Result<()> {
		match command {
			Command::Snapshot(path, reply) => {
				let snapshot = self.snapshot(&path);
				// the receiver is gone if the caller is
				let _ = reply.send(snapshot);
				Ok(())
			}
			Command::Head(digest, file) => self.set_head(digest, &file),
			Command::Task(task) => self.set_task(task),
			Command::Accept(_, reply) => {
				// the receiver is gone if the caller is
				let _ = reply.send(Ok(()));
				Ok(())
			}
			// Nothing more is recorded in the round, and the next one begins with other weights.
			Command::Reject => Ok(()),
		}
	}

	fn close(&mut self, reason: Closed) {
		if let State::Open(round) = &mut self.round {
			round.close(reason);
		}
		self.show();
	}

	/// Shows the state of the recording.
	fn show(&self) {
		let recorded = match &self.round {
			State::Awaited => RecordedStatus::Awaiting,
			State::Failed(start) => RecordedStatus::Failed(start.order.round),
			State::Committed(start, Submission { segments, .. }) => RecordedStatus::Closed {
				round: start.order.round,
				segments: *segments,
				reason: Closed::Offered,
			},
			State::Open(round) => round.status(),
		};
		let mut status = self.shared.status();
		status.recorded = Some(recorded);
		status.best = match &self.round {
			State::Open(round) => round.best.better().map(|(_, score)| score),
			State::Awaited | State::Failed(_) | State::Committed(..) => None,
		};
	}

	/// Begins with a round once its start is known and its data are here.
	pub(super) fn follow_round(&mut self) -> Result<()> {
		let start = self.shared.round_start().clone();
		let start = start.filter(|start| start.dataset.root == self.task.training.root());
		let known = match &self.round {
			State::Awaited => None,
			State::Failed(start) | State::Committed(start, _) => Some(start),
			State::Open(round) => Some(&round.start),
		};
		if known == start.as_ref() {
			return Ok(());
		}
		self.round = State::Awaited;
		if let Some(start) = start {
			self.round = match self.begin(&start) {
				Ok(state) => state,
				// Another thread is about to end with it.
				Err(error) if matches!(error.downcast_ref(), Some(RecordingError::InUse(_))) => {
					State::Awaited
				}
				Err(error) => {
					tracing::error!(
						"the training of round {} cannot be recorded: {error:#}",
						start.order.round
					);
					State::Failed(start)
				}
			};
		}
		self.show();
		Ok(())
	}

	/// Goes on with the recording of a round, or begins it with the better one of head and last own
	/// checkpoint.
	fn begin(&mut self, start: &RoundStart) -> Result<State> {
		if let Some(submission) = self.recordings.submission(start.order.round) {
			return Ok(State::Committed(start.clone(), submission));
		}
		let plan = Plan::new(start.rule, &self.settings)?;
		let earlier = self.recordings.earlier(start.order.round)?;
		self.recordings.prune(start.order.round)?;
		if let Some(mut round) = RoundTraining::reopen(&self.recordings, start, &plan)? {
			self.rescore(&mut round)?;
			return Ok(State::Open(Box::new(round)));
		}
		let own = self.recordings.own_checkpoint(start, &self.task.description)?;
		let own = match own {
			Some(own) => {
				let score = self.evaluate(&own.weights)?;
				Some(ChosenBase::checkpoint(own.content, own.file, score)).filter(|_| score.is_some())
			}
			None => None,
		};
		if self.shared.is_ending() {
			return Ok(State::Awaited);
		}
		let head = self.head.as_ref();
		let head =
			head.map(|head| ChosenBase::checkpoint(head.content, self.recordings.head(), Some(head.score)));
		let base = match (own, head) {
			(Some(own), head) if head.as_ref().is_none_or(|head| own.score < head.score) => own,
			(_, Some(head)) => head,
			(_, None) => ChosenBase::initial(self.settings.seed),
		};
		let round = RoundTraining::create(&self.recordings, start, &plan, base, earlier.as_ref())?;
		Ok(State::Open(Box::new(round)))
	}

	fn step(&mut self) -> Result<()> {
		let State::Open(round) = &mut self.round else {
			return Ok(());
		};
		match round.step(&self.task.description, &self.task.training, self.settings.device)? {
			Step::Loss(loss) => {
				let learning_rate = round.learning_rate();
				self.count(loss, learning_rate);
				Ok(())
			}
			Step::End(ended) => self.end_segment(&ended),
			Step::Diverged => self.recover(),
		}
	}

	fn count(&self, loss: f64, learning_rate: f64) {
		let mut status = self.shared.status();
		status.steps = status.steps.saturating_add(1);
		status.learning_rate = learning_rate;
		let is_first = status.steps == 1;
		status.loss = if is_first { loss } else { status.loss * SMOOTHING + loss * (1.0 - SMOOTHING) };
	}

	/// Measures the end of a segment, and records it. One whose weights have no score is dropped.
	fn end_segment(&mut self, ended: &EndedSegment) -> Result<()> {
		let began = Instant::now();
		let score = self.evaluate(&ended.end)?;
		self.shared.status().check = began.elapsed();
		let Some(score) = score else {
			return if self.shared.is_ending() { Ok(()) } else { self.recover() };
		};
		if let State::Open(round) = &mut self.round {
			if round.is_base_lost(&self.recordings) {
				tracing::info!(
					"beginning a new recording of the round: no committee has confirmed the own checkpoint \
					 that this one begins with"
				);
				return self.begin_anew();
			}
			round.record(ended, score)?;
		}
		self.show();
		Ok(())
	}

	/// Removes the recording of the round, and begins another one.
	pub(super) fn begin_anew(&mut self) -> Result<()> {
		if let State::Open(round) = &self.round {
			self.recordings.remove(round.round())?;
		}
		self.round = State::Awaited;
		self.follow_round()
	}

	fn recover(&mut self) -> Result<()> {
		if let State::Open(round) = &mut self.round {
			round.recover()?;
		}
		self.show();
		Ok(())
	}

	/// Goes on with other data, or another holdout.
	fn set_task(&mut self, task: TrainingTask) -> Result<()> {
		self.holdout = Holdout::draw(&task, &self.settings)?;
		self.task = task;
		// A round of other data is over.
		self.follow_round()?;
		self.forget_scores()?;
		self.show();
		Ok(())
	}

	/// Closes the round's recording, and puts its best checkpoint into a file.
	fn snapshot(&mut self, path: &Path) -> Result<Option<Snapshot>> {
		let current = self.shared.terms().as_ref().and_then(|terms| terms.round);
		let State::Open(round) = &mut self.round else {
			return Ok(None);
		};
		if current.is_none_or(|(current, _)| current != round.round()) {
			return Ok(None);
		}
		let offered = round.offer()?;
		self.show();
		let Some((recorded, file, score)) = offered else {
			return Ok(None);
		};
		link(&file, path)?;
		let head = self.shared.status().evaluated_head();
		Ok(Some(Snapshot { score, holdout: self.holdout.set().clone(), head, recorded: Some(recorded) }))
	}
}

#[cfg(test)]
#[path = "training_tests.rs"]
mod tests;
