//! The process that reads what strangers publish: it evaluates checkpoints, replays segments of trainings and
//! reads deltas for its parent.
//!
//! The parent writes one line of JSON to the child's standard input, the [`Setup`]. The child limits itself,
//! answers with [`Answer::Ready`], and then answers one [`Job`] after the other until the input ends. It has
//! no network and no key, reads the parent's data directory only, and writes to one folder of its own.

mod exact;
mod limits;
mod probe;
mod request;
mod sandbox;
mod work;

pub(crate) use exact::{from_exact, to_exact};
pub use probe::{Probe, Trial};
pub use request::Isolation;
pub(crate) use request::{
	Answer, BaseSet, DeltaJob, EvaluateJob, Job, ReplayJob, Reply, Request, Setup, MAX_LINE,
};

use anyhow::{bail, ensure, Context, Result};
use descent_model::selftest;
use serde::{de::DeserializeOwned, Serialize};
use std::{
	io::{BufRead, Read, Write},
	path::PathBuf,
};

/// Runs the process until its input ends.
///
/// # Errors
/// Fails if the process cannot be limited, or if the parent does not speak the protocol.
pub fn run() -> Result<()> {
	let mut input = std::io::stdin().lock();
	let setup: Setup = read(&mut input)?.context("this is started by descent-worker evaluate only")?;
	limits::follow_parent(setup.parent)?;
	limits::close_inherited()?;
	limits::set_fixed()?;
	let isolation = sandbox::enter(&setup)?;
	if let Some(number) = setup.gpu {
		// As in a job: what the driver needs beyond that, it must not need first in one.
		limits::forbid_files()?;
		if let Err(reason) = selftest::check_gpu(number) {
			return write(&Reply { answer: Answer::NoGpu(reason), retire: true });
		}
	}
	let mut worker = work::Worker::new(&setup);
	// A driver of a GPU keeps memory, which is no growth.
	let idle = setup.gpu.map(|_| limits::data_bytes()).transpose()?.unwrap_or_default();
	write(&Reply { answer: Answer::Ready(isolation), retire: false })?;
	while let Some(job) = read::<Job>(&mut input)? {
		limits::set_for_job(&job, isolation.memory)?;
		let answer = worker.answer(job);
		let retire = limits::has_grown(idle);
		write(&Reply { answer, retire })?;
		if retire {
			break;
		}
	}
	Ok(())
}

/// Reads a line; `None` at the end of the input.
fn read<T: DeserializeOwned>(input: &mut impl BufRead) -> Result<Option<T>> {
	let mut line = Vec::new();
	input.take(MAX_LINE).read_until(b'\n', &mut line).context("reading a request")?;
	match line.last() {
		None => Ok(None),
		Some(b'\n') => Ok(Some(serde_json::from_slice(&line).context("a malformed request")?)),
		Some(_) => bail!("a request that is cut off, or longer than {MAX_LINE} bytes"),
	}
}

fn write(reply: &impl Serialize) -> Result<()> {
	let mut line = serde_json::to_vec(reply)?;
	line.push(b'\n');
	ensure!(line.len() as u64 <= MAX_LINE, "an answer longer than {MAX_LINE} bytes");
	let mut output = std::io::stdout().lock();
	output.write_all(&line).and_then(|()| output.flush()).context("answering")
}

/// Returns the folders that hold the libraries which this process has loaded, so that it may go on to read
/// them.
fn library_folders() -> Vec<PathBuf> {
	let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
	let files = maps.lines().filter_map(|line| line.find('/').map(|start| PathBuf::from(&line[start..])));
	let libraries = files.filter(|file| file.to_string_lossy().contains(".so"));
	let mut folders: Vec<_> = libraries.filter_map(|file| file.parent().map(Into::into)).collect();
	folders.sort();
	folders.dedup();
	folders
}
