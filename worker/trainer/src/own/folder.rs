//! The folder that an own training shares with the worker. All of its files are replaced, never changed.

use super::recording::RecordingTask;
use crate::{
	best_weights::link,
	control::{Terms, TrainingTask},
};
use anyhow::{Context, Result};
use descent_artifacts::disk::{create_directory, write_atomically};
use descent_dataset::Description;
use descent_evaluator::evaluation_set::EvaluationSet;
use descent_model::Checkpoint;
use descent_protocol::{trace::Base, BlockNumber, Metric, RoundIndex, Score};
use serde::{Deserialize, Serialize};
use sp_core::H256;
use std::{
	fs::{self, File},
	io::{self, ErrorKind},
	path::{Path, PathBuf},
	time::SystemTime,
};
use tempfile::NamedTempFile;

/// Version of the folder's form.
const VERSION: u32 = 1;
/// Results that are kept. The oldest are removed when there are twice as many.
const RESULTS: usize = 1000;

/// Contents of `state.json`.
#[derive(Debug, Serialize, Deserialize, PartialEq)]
struct State {
	/// Version of the folder's form, which is 1.
	version: u32,
	model: String,
	model_version: Option<u32>,
	metric: Metric,
	train: Records,
	holdout: Records,
	/// The head in `head.safetensors`; null while there is none.
	head: Option<Scored>,
	/// The best checkpoint that was taken, which is what will be offered; null while there is none.
	best: Option<Scored>,
	/// Micro-units by which a checkpoint has to beat the head.
	minimum_improvement: Option<u64>,
	/// The current round; null where there is none.
	round: Option<Round>,
	/// What a recording of the round has to say, where trainings are recorded and its first block is final.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	recording: Option<RecordingTask>,
}

/// Records in a Parquet file.
#[derive(Debug, Serialize, Deserialize, PartialEq)]
struct Records {
	/// Root of the data set that they are from.
	root: H256,
	records: u64,
}

/// A checkpoint and its score on the holdout, in micro-units.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub(super) struct Scored {
	/// The head's digest, or the name of the file in the inbox.
	pub name: String,
	pub score: Score,
}

#[derive(Debug, Serialize, Deserialize, PartialEq)]
struct Round {
	round: RoundIndex,
	/// The block before which a commitment must be in.
	commit_before: BlockNumber,
}

/// The folder, open to be kept current.
pub(super) struct OwnFolder {
	root: PathBuf,
	/// The state as it was written last.
	written: Option<Vec<u8>>,
}

impl OwnFolder {
	/// Opens a folder, which is made if it is not there.
	pub(super) fn open(root: &Path) -> Result<Self> {
		for folder in ["inbox", "results"] {
			create_directory(&root.join(folder))?;
		}
		Ok(Self { root: root.into(), written: None })
	}

	/// Path of something in the folder.
	pub(super) fn path(&self, name: &str) -> PathBuf {
		self.root.join(name)
	}

	/// Writes model and records of a task. Those that are there already are left.
	pub(super) fn write_task(&mut self, task: &TrainingTask, holdout: &EvaluationSet) -> Result<()> {
		let description = serde_json::to_vec_pretty(task.description.document())?;
		let before = self.read_state().filter(|_| {
			let known = Description::read(&self.path("description.json"));
			known.is_ok_and(|known| known == *task.description)
		});
		let is_there = before.is_some_and(|before| before.train == Records::of(task))
			&& self.path("train.parquet").exists();
		write_atomically(&self.path("description.json"), &description)?;
		if !is_there {
			task.training.export(&self.path("train.parquet"), |_| ())?;
		}
		self.write_holdout(holdout)
	}

	/// Writes the records that checkpoints are compared on.
	pub(super) fn write_holdout(&mut self, holdout: &EvaluationSet) -> Result<()> {
		Ok(holdout.set().export_records(holdout.records(), &self.path("holdout.parquet"))?)
	}

	/// Puts the head into the folder.
	pub(super) fn write_head(&self, file: &Path) -> Result<()> {
		let copy = || -> io::Result<()> {
			let mut partial = NamedTempFile::new_in(&self.root)?;
			io::copy(&mut File::open(file)?, &mut partial)?;
			partial.as_file().sync_all()?;
			partial.persist(self.path("head.safetensors"))?;
			Ok(())
		};
		copy().context("the head cannot be written for the own training")
	}

	/// Writes the weights that recordings of the round begin with: the head, where there is one in the
	/// folder, or else the initial ones of a seed. Returns the base that they are, and the file of a head.
	pub(super) fn write_base(&self, description: &Description, seed: u64) -> Result<(Base, Option<PathBuf>)> {
		let (head, base) = (self.path("head.safetensors"), self.path("base.safetensors"));
		if head.exists() {
			link(&head, &base)?;
			let checkpoint = descent_content::address(File::open(&base)?)?;
			return Ok((Base::Checkpoint { checkpoint }, Some(base)));
		}
		let partial = self.path(".base.safetensors");
		Checkpoint::initial(description, seed).save(&partial)?;
		fs::rename(&partial, &base)?;
		Ok((Base::Initial { seed }, None))
	}

	/// Removes the head, which is one of another model.
	pub(super) fn remove_head(&self) -> Result<()> {
		remove(&self.path("head.safetensors"))?;
		Ok(())
	}

	/// Writes the state if it is another one than before.
	pub(super) fn write_state(
		&mut self,
		task: &TrainingTask,
		holdout: &EvaluationSet,
		terms: Option<&Terms>,
		head: Option<(H256, Score)>,
		best: Option<Scored>,
		recording: Option<RecordingTask>,
	) -> Result<()> {
		let round = terms.and_then(|terms| terms.round);
		let state = State {
			version: VERSION,
			model: task.description.name().into(),
			model_version: terms.map(|terms| terms.model_version),
			metric: task.metric,
			train: Records::of(task),
			holdout: Records { root: task.evaluation.root(), records: holdout.records().len() as u64 },
			head: head.map(|(digest, score)| Scored { name: format!("{digest:?}"), score }),
			best,
			minimum_improvement: terms.map(|terms| terms.minimum_improvement),
			round: round.map(|(round, commit_before)| Round { round, commit_before }),
			recording,
		};
		let json = serde_json::to_vec_pretty(&state)?;
		if self.written.as_ref() != Some(&json) {
			write_atomically(&self.path("state.json"), &json)?;
			self.written = Some(json);
		}
		Ok(())
	}

	/// Writes what came of a checkpoint, beside those before.
	pub(super) fn write_result(&self, name: &str, result: &impl Serialize) -> Result<()> {
		let results = self.path("results");
		write_atomically(&results.join(format!("{name}.json")), &serde_json::to_vec_pretty(result)?)?;
		prune(&results).context("old results cannot be removed")
	}

	fn read_state(&self) -> Option<State> {
		serde_json::from_slice(&fs::read(self.path("state.json")).ok()?).ok()
	}
}

impl Records {
	fn of(task: &TrainingTask) -> Self {
		Self { root: task.training.root(), records: task.training.len() }
	}
}

/// Removes the oldest files of a folder that has twice as many as are kept.
fn prune(folder: &Path) -> io::Result<()> {
	let mut files = Vec::new();
	for entry in fs::read_dir(folder)? {
		let entry = entry?;
		let modified = entry.metadata()?.modified().unwrap_or(SystemTime::UNIX_EPOCH);
		files.push((modified, entry.path()));
	}
	if files.len() < RESULTS * 2 {
		return Ok(());
	}
	files.sort();
	files.iter().take(files.len() - RESULTS).try_for_each(|(_, path)| remove(path))
}

/// Removes a file if there is one.
fn remove(path: &Path) -> io::Result<()> {
	match fs::remove_file(path) {
		Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
		_ => Ok(()),
	}
}
