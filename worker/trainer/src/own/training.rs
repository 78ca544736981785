//! The own training as the worker sees it: checkpoints come out of the inbox, and the best one is offered.

use super::{
	folder::OwnFolder,
	inbox::{Inbox, Taken, WAITING},
	offers::{Bar, Offers},
	recording::OwnRecording,
};
use crate::{
	control::{Command, Shared, Snapshot, TrainingSettings, TrainingTask},
	events::Event,
	holdout::{Check, Holdout},
	recorded::{Recorded, Recordings, RoundStart},
};
use anyhow::{Context, Result};
use descent_evaluator::evaluation_set;
use descent_model::Checkpoint;
use descent_protocol::Score;
use descent_replay::is_replayable;
use sp_core::H256;
use std::{
	fs::File,
	path::{Path, PathBuf},
	sync::{
		mpsc::{Receiver, RecvTimeoutError},
		Arc,
	},
	time::{Duration, Instant},
};

/// Time between two looks into the inbox.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Receives the events of an own training.
pub(crate) type Tell = Box<dyn Fn(Event) + Send>;

/// Takes checkpoints from another program, measures them, and keeps the best one.
pub(crate) struct OwnTraining {
	task: TrainingTask,
	settings: TrainingSettings,
	shared: Arc<Shared>,
	tell: Tell,
	holdout: Holdout,
	folder: OwnFolder,
	inbox: Inbox,
	offers: Offers,
	/// The recording of the round, in a group whose checkpoints come with one.
	recording: Option<OwnRecording>,
}

/// The folders of an own training.
pub(crate) struct Folders {
	/// The one that it shares with the worker.
	pub shared: PathBuf,
	/// The one in which the best checkpoint is kept.
	pub kept: PathBuf,
	/// Those of recordings, in a group whose checkpoints come with one.
	pub recordings: Option<Recordings>,
}

impl OwnTraining {
	/// Writes all that the other program needs into the folder that both share.
	///
	/// # Errors
	/// If files cannot be written, or trainings of the model cannot be replayed where they are recorded.
	pub(crate) fn new(
		task: TrainingTask,
		settings: TrainingSettings,
		folders: Folders,
		shared: Arc<Shared>,
		tell: Tell,
	) -> Result<Self> {
		let Folders { shared: folder, kept, recordings } = folders;
		if recordings.is_some() {
			is_replayable(&task.description)
				.context("the group's checkpoints come with a recorded training")?;
		}
		let folder = OwnFolder::open(&folder)?;
		shared.status().taken = Some(0);
		let mut own = Self {
			holdout: Holdout::draw(&task, &settings)?,
			inbox: Inbox::new(folder.path("inbox"), folder.path(".taken")),
			offers: Offers::open(&kept)?,
			recording: recordings.map(OwnRecording::new),
			folder,
			task,
			settings,
			shared,
			tell,
		};
		own.folder.remove_head()?;
		own.folder.write_task(&own.task, own.holdout.set())?;
		own.rescore()?;
		own.write_state()?;
		Ok(own)
	}

	/// Takes checkpoints until the commands end, or it is asked to end.
	pub(crate) fn run(mut self, commands: &Receiver<Command>) -> Result<()> {
		while !self.shared.is_ending() {
			match commands.recv_timeout(POLL_INTERVAL) {
				Ok(command) => self.handle(command)?,
				Err(RecvTimeoutError::Timeout) => {}
				Err(RecvTimeoutError::Disconnected) => return Ok(()),
			}
			self.follow_round()?;
			if !self.shared.is_paused() {
				self.take()?;
				self.follow_recording();
			}
			// The folder may be that of another model's training by now.
			if !self.shared.is_ending() {
				self.write_state()?;
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
			Command::Reject => self.offers.forget(),
		}
	}

	/// Begins with a round once its start is known and its data are here, where trainings are recorded. What
	/// was offered in the round before is a part of no recording of this one.
	fn follow_round(&mut self) -> Result<()> {
		let start = self.shared.round_start().clone();
		let start = start.filter(|start| start.dataset.root == self.task.training.root());
		if self.recording.as_ref().is_none_or(|recording| recording.start() == start.as_ref()) {
			return Ok(());
		}
		self.offers.forget()?;
		self.shared.status().best = None;
		self.begin(start)
	}

	/// Gives out the weights that recordings of a round begin with.
	fn begin(&mut self, start: Option<RoundStart>) -> Result<()> {
		let Some(recording) = &mut self.recording else {
			return Ok(());
		};
		let (base, file) = self.folder.write_base(&self.task.description, self.settings.seed)?;
		recording.begin(start, base, file)
	}

	/// Reads the program's new segments, and says so if one is refused.
	fn follow_recording(&mut self) {
		let Some(recording) = &mut self.recording else {
			return;
		};
		let Some(reason) = recording.follow(&self.folder.path(""), &self.task.description) else {
			return;
		};
		self.refuse_recording(reason);
	}

	fn refuse_recording(&self, reason: String) {
		let task = self.recording.as_ref().and_then(OwnRecording::task);
		let file = task.map_or("recordings".into(), |task| task.folder.display().to_string());
		(self.tell)(Event::Refused { file, reason });
	}

	/// Returns what a commitment to the best checkpoint binds, where trainings are recorded; otherwise the
	/// reason for which there can be none.
	fn submit(&mut self) -> Result<Result<Option<Recorded>, String>> {
		self.follow_recording();
		let (Some(recording), Some(best)) = (&mut self.recording, self.offers.file()) else {
			return Ok(Ok(None));
		};
		let digest = descent_content::address(File::open(best)?)?.digest;
		Ok(recording.submit(digest)?.map(Some))
	}

	fn set_task(&mut self, task: TrainingTask) -> Result<()> {
		self.holdout = Holdout::draw(&task, &self.settings)?;
		self.task = task;
		self.folder.write_task(&self.task, self.holdout.set())?;
		self.rescore()
	}

	fn snapshot(&mut self, path: &Path) -> Result<Option<Snapshot>> {
		// The newest one may have come a moment ago.
		self.take()?;
		if self.offers.best().is_none() {
			return Ok(None);
		}
		let recorded = match self.submit()? {
			Ok(recorded) => recorded,
			Err(reason) => {
				self.refuse_recording(reason);
				return Ok(None);
			}
		};
		let score = self.offers.offer(path)?;
		let head = self.shared.status().evaluated_head();
		let holdout = self.holdout.set().clone();
		Ok(score.map(|score| Snapshot { score, holdout, head, recorded }))
	}

	/// Measures a new head, and passes it on.
	fn set_head(&mut self, digest: H256, file: &Path) -> Result<()> {
		let checkpoint = match evaluation_set::load(&self.task.description, file) {
			Ok(checkpoint) => checkpoint,
			Err(reason) => {
				tracing::warn!(?digest, "the head is no checkpoint of this model: {reason}");
				return Ok(());
			}
		};
		self.folder.write_head(file)?;
		if self.recording.as_ref().is_some_and(OwnRecording::is_empty) {
			let start = self.recording.as_ref().and_then(OwnRecording::start).cloned();
			self.begin(start)?;
		}
		if let Ok(score) = self.judge(&checkpoint)? {
			// another head, or none, may have been set meanwhile
			if let Some(head) = self.shared.status().head.as_mut().filter(|head| head.digest == digest) {
				head.score = Some(score);
			}
		}
		Ok(())
	}

	/// Takes a checkpoint from the inbox, if there is one, and says what comes of it.
	fn take(&mut self) -> Result<()> {
		let Some(taken) = self.inbox.take()? else {
			return Ok(());
		};
		let event = self.consider(&taken)?;
		if let Some(taken) = &mut self.shared.status().taken {
			*taken = taken.saturating_add(1);
		}
		self.folder.write_result(&taken.name, &Outcome { event: &event, sentence: event.sentence() })?;
		(self.tell)(event);
		Ok(())
	}

	fn consider(&mut self, taken: &Taken) -> Result<Event> {
		let refused = |reason| Event::Refused { file: taken.name.clone(), reason };
		if taken.passed_over {
			let reason = format!("more than {WAITING} checkpoints wait, and newer ones go first");
			return Ok(refused(reason));
		}
		let checkpoint = match taken.read(&self.task.description)? {
			Ok(checkpoint) => checkpoint,
			Err(reason) => return Ok(refused(reason)),
		};
		let score = match self.judge(&checkpoint)? {
			Ok(score) => score,
			Err(reason) => return Ok(refused(reason)),
		};
		let bar = Bar::new(self.shared.terms().as_ref(), self.shared.status().evaluated_head());
		let event = self.offers.consider(&taken.name, &checkpoint, score, bar)?;
		self.shared.status().best = self.offers.best().map(|best| best.score);
		Ok(event)
	}

	/// Measures a checkpoint on the holdout, which is halved as long as that takes too long.
	///
	/// # Errors
	/// The inner one is the reason for which a committee would find no score.
	fn judge(&mut self, checkpoint: &Checkpoint) -> Result<Result<Score, String>> {
		loop {
			let began = Instant::now();
			let check = self.holdout.judge(checkpoint)?;
			self.shared.status().check = began.elapsed();
			match check {
				Check::Score(score) => return Ok(Ok(score)),
				Check::Unusable(reason) => return Ok(Err(reason)),
				Check::Halved => {
					// it has to be given again
					self.shared.status().head = None;
					self.folder.write_holdout(self.holdout.set())?;
				}
			}
			if self.shared.is_ending() {
				return Ok(Err("the worker ends: offer it again".into()));
			}
		}
	}

	/// Measures the best checkpoint on the holdout, which is another one than before.
	fn rescore(&mut self) -> Result<()> {
		let Some(file) = self.offers.file() else {
			return Ok(());
		};
		let score = match evaluation_set::load(&self.task.description, file) {
			Ok(checkpoint) => self.judge(&checkpoint)?.ok(),
			Err(error) => {
				tracing::warn!("{} cannot be used: {error}", file.display());
				None
			}
		};
		self.offers.rescore(score)?;
		self.shared.status().best = score;
		Ok(())
	}

	fn write_state(&mut self) -> Result<()> {
		let terms = self.shared.terms().clone();
		let head = self.shared.status().evaluated_head();
		let best = self.offers.best().cloned();
		let recording = self.recording.as_ref().and_then(OwnRecording::task);
		self.folder.write_state(&self.task, self.holdout.set(), terms.as_ref(), head, best, recording)
	}
}

/// Result of a checkpoint, for machines and for people.
#[derive(serde::Serialize)]
struct Outcome<'a> {
	#[serde(flatten)]
	event: &'a Event,
	sentence: String,
}
