//! Replays of recordings in folders, in processes that are kept from some of the processor's instructions.

use anyhow::{ensure, Context, Result};
use descent_dataset::{Description, Set};
use descent_model::set_threads;
use descent_protocol::trace::Precision;
use descent_replay::{replay, Recording, Replayed, SegmentTask};
use serde::{Deserialize, Serialize};
use std::{
	path::Path,
	process::{Command, Stdio},
	time::Instant,
};

/// The precisions that are recorded, each in a folder of its name.
pub(crate) const PRECISIONS: [Precision; 3] = [Precision::F64, Precision::F32, Precision::Bf16];

/// The machine that replays as a committee does.
pub(crate) const COMMITTEE: &str = "committee";

/// A machine that is pretended.
pub(crate) struct Machine {
	pub(crate) name: &'static str,
	/// Number of threads, or 0 for all.
	threads: usize,
	/// The environment that keeps libtorch and what it calls from instructions.
	environment: &'static [(&'static str, &'static str)],
}

/// The machines, beside that of this process.
pub(crate) const MACHINES: [Machine; 4] = [
	// As evaluators replay.
	Machine {
		name: COMMITTEE,
		threads: 1,
		environment: &[
			("ATEN_CPU_CAPABILITY", "default"),
			("MKL_CBWR", "COMPATIBLE"),
			("OMP_NUM_THREADS", "1"),
		],
	},
	Machine { name: "1 thread", threads: 1, environment: &[] },
	Machine {
		name: "AVX2",
		threads: 0,
		environment: &[
			("ATEN_CPU_CAPABILITY", "avx2"),
			("MKL_ENABLE_INSTRUCTIONS", "AVX2"),
			("ONEDNN_MAX_CPU_ISA", "AVX2"),
		],
	},
	Machine {
		name: "SSE4.2",
		threads: 0,
		environment: &[
			("ATEN_CPU_CAPABILITY", "default"),
			("MKL_ENABLE_INSTRUCTIONS", "SSE4_2"),
			("ONEDNN_MAX_CPU_ISA", "SSE41"),
		],
	},
];

/// A machine's findings about the recordings of a segment.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Found {
	/// Departures of the recordings in billionths, in the order of [`PRECISIONS`].
	pub(crate) departures: Vec<u64>,
	/// Number of weights of the f64 training that it rounds to another f32.
	pub(crate) other_weights: u64,
	/// Number of losses of the f64 training that it rounds to other micro-units.
	pub(crate) other_losses: u64,
	/// The loss of each step, as bits of an f64.
	losses: Vec<u64>,
	/// Seconds of the replay.
	pub(crate) seconds: f64,
}

impl Found {
	/// Returns the largest difference to another machine's losses.
	pub(crate) fn apart(&self, other: &Self) -> f64 {
		let losses = self.losses.iter().zip(&other.losses);
		losses.map(|(one, two)| (f64::from_bits(*one) - f64::from_bits(*two)).abs()).fold(0.0, f64::max)
	}
}

/// Replays the recordings in a folder in a process that pretends to be another machine.
pub(crate) fn elsewhere(machine: &Machine, folder: &Path) -> Result<Found> {
	let output = Command::new(std::env::current_exe()?)
		.arg("child")
		.arg(folder)
		.arg(machine.threads.to_string())
		.envs(machine.environment.iter().copied())
		.stderr(Stdio::inherit())
		.output()?;
	ensure!(output.status.success(), "the replay on '{}' failed: {}", machine.name, output.status);
	Ok(serde_json::from_slice(&output.stdout)?)
}

/// Replays the recordings in a folder as [`elsewhere`] asks for, and prints what it finds.
pub(crate) fn child(folder: &Path, threads: usize) -> Result<()> {
	if threads > 0 {
		set_threads(threads);
	}
	println!("{}", serde_json::to_string(&here(folder)?.0)?);
	Ok(())
}

/// Replays the recordings in a folder in this process.
pub(crate) fn here(folder: &Path) -> Result<(Found, Replayed)> {
	let description = Description::read(&folder.join("model.json"))?;
	let recordings = PRECISIONS.map(|precision| Recording::read(&folder.join(precision.to_string())));
	let [exact, ..] = &recordings;
	let exact = exact.as_ref().map_err(|error| anyhow::anyhow!("{error}"))?;
	let header = exact.header();
	let records = Set::open(&folder.join("sets"), header.dataset.root, &description.schema())?;
	let records = records.context("the data set is missing")?;
	let start = exact.start(0, &description)?;
	let segment = exact.segments().first().context("the recording is empty")?;
	let (recipe, order) = (&header.recipe, &header.order);
	let task = SegmentTask { recipe, order, number: 0, rate: segment.rate, start: &start };
	let began = Instant::now();
	let mut replayed = replay(&task, &records, || false)?;
	let seconds = began.elapsed().as_secs_f64();

	let state = exact.state(0, &description)?;
	let weights = replayed.checkpoint().tensors().iter().flatten().zip(state.tensors().iter().flatten());
	let other_weights = weights.filter(|(one, two)| one != two).count();
	let recorded = exact.losses(0)?;
	let other_losses =
		replayed.scores().iter().zip(&recorded).filter(|(score, loss)| score.0 != **loss).count();
	let losses = replayed.losses().iter().map(|loss| loss.to_bits()).collect();
	let mut departures = Vec::new();
	for (recording, precision) in recordings.into_iter().zip(PRECISIONS) {
		replayed = replayed.with_precision(precision);
		departures.push(replayed.departure(&recording?.state(0, &description)?));
	}
	let (other_weights, other_losses) = (other_weights.try_into()?, other_losses.try_into()?);
	// The cheats train in f32.
	let replayed = replayed.with_precision(Precision::F32);
	Ok((Found { departures, other_weights, other_losses, losses, seconds }, replayed))
}
