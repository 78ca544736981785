//! Outcomes of finished jobs on disk.

use anyhow::{Context, Result};
use descent_artifacts::disk::{create_directory, write_atomically};
use descent_protocol::evaluation::{Job, JobStatus};
use serde::{de::DeserializeOwned, Serialize};
use sp_core::H256;
use std::{
	collections::{HashMap, VecDeque},
	fs,
	path::{Path, PathBuf},
	time::SystemTime,
};

/// Outcomes of finished jobs: one JSON file each, named by the request's id, the oldest removed first.
#[derive(Debug)]
pub(crate) struct Results<Outcome> {
	directory: PathBuf,
	limit: usize,
	outcomes: HashMap<H256, Outcome>,
	/// Oldest first.
	order: VecDeque<H256>,
}

impl<Outcome: Clone + Serialize + DeserializeOwned> Results<Outcome> {
	/// Reads the results in the directory. Removes any other file: the rest of a write that was cut short, or
	/// a file whose content does not fit its name.
	pub(crate) fn open(directory: &Path, limit: usize) -> Result<Self> {
		create_directory(directory)?;
		let mut found = Vec::<(SystemTime, H256, Outcome)>::new();
		let entries =
			fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
		for entry in entries {
			let path = entry?.path();
			match read(&path) {
				Ok((written, id, outcome)) => found.push((written, id, outcome)),
				Err(error) => {
					tracing::warn!(path = %path.display(), "removing what is not a result: {error:#}");
					fs::remove_file(&path)
						.with_context(|| format!("cannot remove {}: it is not a result", path.display()))?;
				}
			}
		}
		found.sort_by_key(|(written, id, _)| (*written, *id));
		let mut results = Self {
			directory: directory.into(),
			limit: limit.max(1),
			outcomes: HashMap::new(),
			order: found.iter().map(|(_, id, _)| *id).collect(),
		};
		results.outcomes = found.into_iter().map(|(_, id, outcome)| (id, outcome)).collect();
		results.trim();
		Ok(results)
	}

	/// Returns the outcome of a finished job.
	pub(crate) fn get(&self, id: &H256) -> Option<&Outcome> {
		self.outcomes.get(id)
	}

	/// Returns the number of outcomes.
	pub(crate) fn len(&self) -> usize {
		self.outcomes.len()
	}

	/// Keeps an outcome. It is on disk when this returns.
	pub(crate) fn insert(&mut self, id: H256, outcome: Outcome) -> Result<()> {
		let path = self.path(&id);
		let job = Job { id, status: JobStatus::Done(outcome.clone()) };
		write_atomically(&path, &serde_json::to_vec(&job)?)?;
		if self.outcomes.insert(id, outcome).is_none() {
			self.order.push_back(id);
		}
		self.trim();
		Ok(())
	}

	fn trim(&mut self) {
		while self.order.len() > self.limit {
			let Some(oldest) = self.order.pop_front() else {
				break;
			};
			self.outcomes.remove(&oldest);
			if let Err(error) = fs::remove_file(self.path(&oldest)) {
				tracing::warn!(id = ?oldest, "cannot remove an old result: {error}");
			}
		}
	}

	fn path(&self, id: &H256) -> PathBuf {
		self.directory.join(format!("{}.json", hex::encode(id)))
	}
}

fn read<Outcome: DeserializeOwned>(path: &Path) -> Result<(SystemTime, H256, Outcome)> {
	let job: Job<Outcome> = serde_json::from_slice(&fs::read(path)?)?;
	let name = path.file_name().and_then(|name| name.to_str());
	anyhow::ensure!(name == Some(&format!("{}.json", hex::encode(job.id))), "its name is not its id");
	match job.status {
		JobStatus::Done(outcome) => Ok((fs::metadata(path)?.modified()?, job.id, outcome)),
		_ => anyhow::bail!("it is not finished"),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_protocol::{evaluation::Measured, Ballot};

	fn measured() -> Measured {
		let ballot = Ballot { baseline: None, verdicts: Default::default() };
		Measured { ballot, test_set: None }
	}

	#[test]
	fn results_outlive_the_process_and_the_oldest_go_first() {
		let directory = tempfile::tempdir().unwrap();
		let ids: Vec<_> = (0..4).map(H256::from_low_u64_be).collect();
		{
			let mut results = Results::open(directory.path(), 3).unwrap();
			for id in &ids {
				results.insert(*id, measured()).unwrap();
			}
			assert_eq!(results.len(), 3);
		}
		let results = Results::<Measured>::open(directory.path(), 3).unwrap();
		assert_eq!(results.get(&ids[0]), None);
		assert!(ids[1..].iter().all(|id| results.get(id).is_some()));
		assert_eq!(Results::<Measured>::open(directory.path(), 1).unwrap().len(), 1);
		assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
	}

	#[test]
	fn rubbish_is_removed() {
		let directory = tempfile::tempdir().unwrap();
		let mut results = Results::open(directory.path(), 3).unwrap();
		results.insert(H256::zero(), measured()).unwrap();
		let whole = results.path(&H256::zero());
		fs::copy(&whole, results.path(&H256::repeat_byte(1))).unwrap();
		fs::write(directory.path().join(".tmpAbCd"), b"{").unwrap();
		fs::write(results.path(&H256::repeat_byte(2)), b"{\"id\":").unwrap();
		let results = Results::<Measured>::open(directory.path(), 3).unwrap();
		assert_eq!(results.len(), 1);
		assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
	}
}
