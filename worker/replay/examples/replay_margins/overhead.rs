//! The cost of recording, beside the training itself, and of replays beside both.

use crate::{cases::Case, measure::BATCH};
use anyhow::{ensure, Result};
use descent_dataset::Set;
use descent_model::Device;
use descent_protocol::trace::{Base, BatchOrder, Precision, Recipe};
use descent_replay::{
	replay, DatasetVersion, Recorder, Recording, RecordingHeader, SegmentTask, SegmentTrainer,
};
use serde::Serialize;
use sp_core::{crypto::AccountId32, H256};
use std::{path::Path, time::Instant};

/// The most bytes of a recording.
const ROOM: u64 = 1 << 32;
/// Number of segments that each trainer of a round records.
const SEGMENTS: f64 = 60.0;
/// Number of segments that a member replays in a round: that of the winner, and two draws.
const REPLAYS: f64 = 3.0;
/// Numbers of trainers of a round.
pub(crate) const TRAINERS: [u32; 2] = [3, 30];

/// Sizes of a run.
pub(crate) struct Sizes {
	pub(crate) records: u64,
	/// Number of steps of a segment.
	pub(crate) steps: u16,
	/// Number of segments that are trained each time.
	pub(crate) segments: u16,
	/// Number of times that both trainings are made.
	pub(crate) times: usize,
}

/// The times of a model.
#[derive(Serialize)]
pub(crate) struct Row {
	pub(crate) model: String,
	pub(crate) optimizer: &'static str,
	/// Milliseconds of a step without a recorder.
	pub(crate) step: f64,
	/// The smallest, median and largest ratio of the times with a recorder and without, less one.
	pub(crate) overhead: [f64; 3],
	/// Seconds to train a segment without a recorder, and of its replay.
	pub(crate) segment: f64,
	pub(crate) replay: f64,
	/// True if a replay of a training in f64 leads to the same weights, bit for bit.
	pub(crate) is_exact: bool,
	/// Time of one member's replays in a round, over the training of all [`TRAINERS`].
	pub(crate) verification: [f64; 2],
	/// Seconds to audit the drawn segments of a round of three trainers, and all their segments.
	pub(crate) audit: [f64; 2],
}

/// A training that is made with a recorder and without.
struct Training<'a> {
	case: &'a Case,
	records: &'a Set,
	recipe: Recipe,
	order: BatchOrder,
	segments: u16,
}

impl Training<'_> {
	fn task<'a>(&'a self, number: u16, start: &'a descent_model::Checkpoint) -> SegmentTask<'a> {
		let (recipe, order, rate) = (&self.recipe, &self.order, self.case.optimizer.rate);
		SegmentTask { recipe, order, number, rate, start }
	}

	/// Trains, and records into a folder where there is one. Returns the seconds.
	fn run(&self, folder: Option<&Path>) -> Result<f64> {
		let description = self.case.description()?;
		let mut recorder = match folder {
			Some(folder) => {
				let header = RecordingHeader {
					recipe: self.recipe,
					order: self.order.clone(),
					model: H256::zero(),
					dataset: DatasetVersion { version: 1, root: self.records.root() },
				};
				Some(Recorder::create(folder, header, None, ROOM)?)
			}
			None => None,
		};
		let mut state = descent_model::Checkpoint::initial(&description, 1);
		let began = Instant::now();
		for number in 0..self.segments {
			let mut trainer = SegmentTrainer::new(&self.task(number, &state), Device::Cpu)?;
			let mut losses = Vec::new();
			while !trainer.is_done() {
				losses.push(trainer.step(self.records)?);
			}
			state = trainer.finish()?;
			if let Some(recorder) = &mut recorder {
				recorder.add(number.checked_sub(1), self.case.optimizer.rate, &state, &losses)?;
			}
		}
		if let Some(recorder) = &recorder {
			recorder.sync()?;
		}
		Ok(began.elapsed().as_secs_f64())
	}

	/// Replays the last segment of a recording. Returns the seconds, and true if it leads to the same
	/// weights.
	fn replay(&self, folder: &Path) -> Result<(f64, bool)> {
		let description = self.case.description()?;
		let recording = Recording::read(folder)?;
		ensure!(recording.count() == self.segments, "not all segments were recorded");
		let number = self.segments.saturating_sub(1);
		let (start, end) = (recording.start(number, &description)?, recording.state(number, &description)?);
		let began = Instant::now();
		let replayed = replay(&self.task(number, &start), self.records, || false)?;
		Ok((began.elapsed().as_secs_f64(), replayed.departure(&end) == 0))
	}
}

fn median(mut values: Vec<f64>) -> [f64; 3] {
	values.sort_by(f64::total_cmp);
	let at = |place: usize| values.get(place).copied().unwrap_or_default();
	[at(0), at(values.len() / 2), at(values.len().saturating_sub(1))]
}

/// Measures a case in a folder. Trainings with a recorder and without take turns.
pub(crate) fn measure(case: &Case, sizes: &Sizes, folder: &Path) -> Result<Row> {
	let records = case.source.build(folder, &case.description()?.schema(), sizes.records)?;
	let recipe = Recipe {
		base: Base::Initial { seed: 1 },
		optimizer: case.optimizer.optimizer,
		precision: Precision::F32,
		steps: sizes.steps,
		batch: BATCH,
	};
	let account = AccountId32::new([7; 32]);
	let order = BatchOrder { genesis: H256::zero(), group: 0, round: 0, link: H256::zero(), account };
	let training = Training { case, records: &records, recipe, order, segments: sizes.segments };
	// What is loaded or allocated once is nobody's.
	training.run(None)?;
	let (mut plain, mut ratios) = (Vec::new(), Vec::new());
	for time in 0..sizes.times {
		let into = folder.join(time.to_string());
		// Each goes first in turn.
		let (without, with) = if time % 2 == 0 {
			let without = training.run(None)?;
			(without, training.run(Some(&into))?)
		} else {
			let with = training.run(Some(&into))?;
			(training.run(None)?, with)
		};
		plain.push(without / f64::from(sizes.segments));
		ratios.push(with / without - 1.0);
	}
	let exact = Training { recipe: Recipe { precision: Precision::F64, ..recipe }, segments: 2, ..training };
	let into = folder.join("exact");
	exact.run(Some(&into))?;
	let (replay, is_exact) = exact.replay(&into)?;
	let [_, segment, _] = median(plain);
	let trained = |trainers: u32| f64::from(trainers) * SEGMENTS * segment;
	Ok(Row {
		model: case.model.clone(),
		optimizer: case.optimizer.name,
		step: segment / f64::from(sizes.steps) * 1_000.0,
		overhead: median(ratios),
		segment,
		replay,
		is_exact,
		verification: TRAINERS.map(|trainers| REPLAYS * replay / trained(trainers)),
		audit: [3.0 * replay, 3.0 * SEGMENTS * replay],
	})
}

/// The table, with an explanation above it.
pub(crate) fn text(rows: &[Row], sizes: &Sizes) -> String {
	let mut text = format!(
		"{} segments of {} steps of {BATCH} records in f32, {} times with a recorder and without, in turns\n\
		 recorder: what it adds to the training, median and spread. PoUW adds 69% to 74% to an iteration\n\
		 member: its 3 replays in f64 over the training of 3 and of 30 trainers, each of 60 segments\n\
		 audit: the drawn segments of a round of 3 trainers, and all of them\n\n\
		 {:<32} {:<13} {:>8} {:>9} {:>17} {:>9} {:>8} {:>6} {:>17} {:>16}\n",
		sizes.segments,
		sizes.steps,
		sizes.times,
		"model",
		"optimizer",
		"step, ms",
		"recorder",
		"spread",
		"segment,s",
		"replay,s",
		"exact",
		"member",
		"audit, s",
	);
	for row in rows {
		let [least, middle, most] = row.overhead.map(|part| 100.0 * part);
		let [few, many] = row.verification.map(|part| 100.0 * part);
		text += &format!(
			"{:<32} {:<13} {:>8.2} {middle:>8.2}% {:>17} {:>9.2} {:>8.2} {:>6} {:>17} {:>16}\n",
			row.model,
			row.optimizer,
			row.step,
			format!("{least:.2}% to {most:.2}%"),
			row.segment,
			row.replay,
			if row.is_exact { "yes" } else { "no" },
			format!("{few:.2}%, {many:.3}%"),
			format!("{:.1}, {:.0}", row.audit[0], row.audit[1]),
		);
	}
	text
}
