//! The measurement of a case.

use crate::{
	cases::Case,
	replaying::{elsewhere, here, Found, MACHINES, PRECISIONS},
	training::{cheating, honest, CHEATS},
};
use anyhow::Result;
use descent_content::address;
use descent_dataset::Set;
use descent_model::Checkpoint;
use descent_protocol::trace::{departure_limit, Base, BatchOrder, Precision, Recipe};
use descent_replay::{DatasetVersion, Recorder, RecordingHeader, SegmentTask};
use serde::Serialize;
use sp_core::{crypto::AccountId32, H256};
use std::{
	fs::{self, File},
	ops::Range,
	path::Path,
};

/// Number of records of a batch.
pub(crate) const BATCH: u32 = 64;
/// The most bytes of a recording.
const ROOM: u64 = 1 << 32;

/// Sizes of a run.
pub(crate) struct Sizes {
	pub(crate) records: u64,
	/// Number of steps of a segment.
	pub(crate) steps: u16,
	/// Number of segments before the one that is measured, as weights that have been trained are met with
	/// gradients of another kind.
	pub(crate) trained: Vec<u16>,
}

/// Departures and times of a segment.
#[derive(Serialize)]
pub(crate) struct Row {
	pub(crate) model: String,
	pub(crate) optimizer: &'static str,
	/// Number of segments that were trained before.
	pub(crate) trained: u16,
	/// Number of weights.
	pub(crate) weights: u64,
	/// The losses of its first step and of its last.
	pub(crate) loss: (f64, f64),
	/// The findings of each machine, this one first.
	pub(crate) machines: Vec<OnMachine>,
	/// Departures of cheats in billionths.
	pub(crate) cheats: Vec<(&'static str, u64)>,
	/// Precisions in which the departure reaches the smallest limit on one of the machines.
	pub(crate) too_far: Vec<&'static str>,
	/// Cheats whose departure does not exceed the largest limit of f32.
	pub(crate) may_pass: Vec<&'static str>,
}

impl Row {
	/// The largest departures of honest trainings in f64, f32 and bf16.
	pub(crate) fn honest(&self) -> [u64; 3] {
		let most = |of: fn(&OnMachine) -> u64| self.machines.iter().map(of).max().unwrap_or_default();
		[most(|machine| machine.f64), most(|machine| machine.f32), most(|machine| machine.bf16)]
	}

	/// Compares the departures with the limits, see [`limits`].
	fn judged(mut self) -> Self {
		let limits = limits();
		let honest = ["f64", "f32", "bf16"].into_iter().zip(self.honest()).zip(&limits);
		self.too_far =
			honest.filter(|((_, found), limit)| *found >= limit.start).map(|((name, _), _)| name).collect();
		let [_, f32, _] = limits;
		self.may_pass =
			self.cheats.iter().filter(|(_, found)| *found < f32.end).map(|(name, _)| *name).collect();
		self
	}
}

/// The limits that seeds draw for trainings in f64, f32 and bf16, in billionths: the smallest and the largest
/// of many.
pub(crate) fn limits() -> [Range<u64>; 3] {
	PRECISIONS.map(|precision| {
		let drawn = (0..10_000).map(|seed| departure_limit(H256::from_low_u64_be(seed), precision));
		drawn.clone().min().unwrap_or_default()..drawn.max().unwrap_or_default().saturating_add(1)
	})
}

/// The findings of a machine about honest trainings.
#[derive(Serialize)]
pub(crate) struct OnMachine {
	pub(crate) machine: &'static str,
	/// Departures in billionths.
	pub(crate) f64: u64,
	pub(crate) f32: u64,
	pub(crate) bf16: u64,
	/// Number of weights of the f64 training that it rounds to another f32.
	pub(crate) other_weights: u64,
	/// Number of losses of the f64 training that it rounds to other micro-units.
	pub(crate) other_losses: u64,
	/// Largest difference to a loss of this machine.
	pub(crate) losses_apart: f64,
	/// Seconds of the replay.
	pub(crate) seconds: f64,
}

impl OnMachine {
	fn new(machine: &'static str, found: &Found, this: &Found) -> Self {
		let departure = |position: usize| found.departures.get(position).copied().unwrap_or(u64::MAX);
		Self {
			machine,
			f64: departure(0),
			f32: departure(1),
			bf16: departure(2),
			other_weights: found.other_weights,
			other_losses: found.other_losses,
			losses_apart: found.apart(this),
			seconds: found.seconds,
		}
	}
}

/// Measures a case in a folder that is empty, once for each number of segments before.
pub(crate) fn measure(case: &Case, sizes: &Sizes, folder: &Path) -> Result<Vec<Row>> {
	let description = case.description()?;
	fs::write(folder.join("model.json"), &case.json)?;
	let records = case.source.build(folder, &description.schema(), sizes.records)?;
	let order = BatchOrder {
		genesis: H256::repeat_byte(1),
		group: 0,
		round: 7,
		link: H256::repeat_byte(2),
		account: AccountId32::new([3; 32]),
	};
	let recipe = Recipe {
		base: Base::Initial { seed: 1 },
		optimizer: case.optimizer.optimizer,
		precision: Precision::F32,
		steps: sizes.steps,
		batch: BATCH,
	};
	let earlier = BatchOrder { round: 6, ..order.clone() };
	let mut start = Checkpoint::initial(&description, 1);
	let (mut rows, mut done) = (Vec::new(), 0);
	for trained in &sizes.trained {
		for number in done..*trained {
			let rate = case.optimizer.rate;
			let task = SegmentTask { recipe: &recipe, order: &earlier, number, rate, start: &start };
			start = honest(&task, Precision::F32, &records)?.0;
		}
		done = *trained;
		let segment = Segment { case, recipe, order: &order, start: &start, records: &records };
		rows.push(segment.measure(done, folder)?);
	}
	Ok(rows)
}

/// The segment that is measured.
struct Segment<'a> {
	case: &'a Case,
	recipe: Recipe,
	order: &'a BatchOrder,
	start: &'a Checkpoint,
	records: &'a Set,
}

impl Segment<'_> {
	fn measure(mut self, trained: u16, folder: &Path) -> Result<Row> {
		let base = folder.join("base");
		self.start.save(&base)?;
		self.recipe.base = Base::Checkpoint { checkpoint: address(File::open(&base)?)? };
		for precision in PRECISIONS {
			self.record(precision, &base, folder)?;
		}
		let (this, replayed) = here(folder)?;
		let mut machines = vec![OnMachine::new("this", &this, &this)];
		for machine in &MACHINES {
			machines.push(OnMachine::new(machine.name, &elsewhere(machine, folder)?, &this));
		}
		let mut cheats = Vec::new();
		for (name, cheat) in CHEATS {
			cheats.push((name, replayed.departure(&cheating(&self.task(), cheat, self.records)?)));
		}
		let losses = replayed.losses();
		Ok(Row {
			model: self.case.model.clone(),
			optimizer: self.case.optimizer.name,
			trained,
			weights: self.start.description().plan().parameter_values,
			loss: (losses.first().copied().unwrap_or_default(), losses.last().copied().unwrap_or_default()),
			machines,
			cheats,
			too_far: Vec::new(),
			may_pass: Vec::new(),
		}
		.judged())
	}

	fn task(&self) -> SegmentTask<'_> {
		let (recipe, rate) = (&self.recipe, self.case.optimizer.rate);
		SegmentTask { recipe, order: self.order, number: 0, rate, start: self.start }
	}

	/// Records an honest training in this precision, in place of the one before.
	fn record(&self, precision: Precision, base: &Path, folder: &Path) -> Result<()> {
		let (end, losses) = honest(&self.task(), precision, self.records)?;
		let folder = folder.join(precision.to_string());
		if folder.exists() {
			fs::remove_dir_all(&folder)?;
		}
		let header = RecordingHeader {
			recipe: Recipe { precision, ..self.recipe },
			order: self.order.clone(),
			model: address(self.case.json.as_bytes())?.digest,
			dataset: DatasetVersion { version: 1, root: self.records.root() },
		};
		let mut recorder = Recorder::create(&folder, header, Some(base), ROOM)?;
		recorder.add(None, self.case.optimizer.rate, &end, &losses)?;
		Ok(())
	}
}
