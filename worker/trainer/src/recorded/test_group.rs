//! A group with the recipe rule for tests, and recordings of it.

use super::{Recorded, Recordings, RoundStart};
use crate::control::{TrainingSettings, TrainingTask};
use descent_model::{Device, Optimizer};
use descent_protocol::{
	trace::{Base, BatchOrder, Precision, Recipe, RecipeOptimizer, RecipeRule},
	ContentRef, Metric, RoundIndex,
};
use descent_replay::{DatasetVersion, Recorder, RecordingHeader, SegmentTask, SegmentTrainer};
use descent_testing::Fixture;
use sp_core::{crypto::AccountId32, H256};
use std::{fs::File, sync::Arc};

pub(crate) const RULE: RecipeRule = RecipeRule {
	steps: 20,
	batch: 16,
	smallest_rate: 1_000_000,
	largest_rate: 100_000_000,
	exact: false,
	work_reward: None,
};

/// A group of small models, and a trainer's folder of recordings.
pub(crate) struct TestGroup {
	pub fixture: Fixture,
	pub recordings: Recordings,
}

impl TestGroup {
	pub(crate) fn new() -> Self {
		let fixture = Fixture::new(400);
		let folder = fixture.directory.path().join("recordings");
		Self { recordings: Recordings::open(folder, 1 << 30).unwrap(), fixture }
	}

	pub(crate) fn task(&self) -> TrainingTask {
		TrainingTask {
			description: Arc::new(self.fixture.description.clone()),
			training: self.fixture.set.clone(),
			evaluation: self.fixture.set.clone(),
			metric: Metric::Loss,
		}
	}

	pub(crate) fn settings(&self) -> TrainingSettings {
		TrainingSettings {
			optimizer: Optimizer::Adam { betas: (0.9, 0.999), weight_decay: 0.0 },
			learning_rate: 0.01,
			batch: 64,
			augmentation: Default::default(),
			accumulate: 1,
			average: None,
			seed: 7,
			holdout: 300,
			device: Device::Cpu,
			own: None,
			recorded: Default::default(),
		}
	}

	/// The start of a round, whose first block has a hash of the round's number.
	pub(crate) fn start(&self, round: RoundIndex) -> RoundStart {
		let link = H256::from_low_u64_be(round.into());
		RoundStart {
			rule: RULE,
			order: BatchOrder { genesis: H256::zero(), group: 1, round, link, account: account() },
			model: self.fixture.model.digest,
			dataset: DatasetVersion { version: 1, root: self.fixture.set.root() },
		}
	}

	/// Records this many segments more in a round, each from the end of the one before, in f64.
	pub(crate) fn record(&self, round: RoundIndex, segments: u16) -> Recorded {
		let RoundStart { order, model, dataset, .. } = self.start(round);
		let optimizer = RecipeOptimizer::Adam { betas: (900_000, 999_000), weight_decay: 0 };
		let (base, precision) = (Base::Initial { seed: 7 }, Precision::F64);
		let recipe = Recipe { base, optimizer, precision, steps: RULE.steps, batch: RULE.batch };
		let header = RecordingHeader { recipe, order: order.clone(), model, dataset };
		let folder = self.recordings.folder(round);
		let mut recorder = Recorder::create(&folder, header, None, u64::MAX)
			.or_else(|_| Recorder::open(&folder, u64::MAX))
			.unwrap();
		for _ in 0..segments {
			let description = &self.fixture.description;
			let number = recorder.recording().count();
			let from = number.checked_sub(1);
			let start = match from {
				Some(from) => recorder.recording().state(from, description).unwrap(),
				None => recorder.recording().base(description).unwrap(),
			};
			let task =
				SegmentTask { recipe: &recipe, order: &order, number, rate: 10_000_000, start: &start };
			let mut trainer = SegmentTrainer::new(&task, Device::Cpu).unwrap();
			let mut losses = Vec::new();
			while !trainer.is_done() {
				losses.push(trainer.step(&self.fixture.set).unwrap());
			}
			recorder.add(from, 10_000_000, &trainer.finish().unwrap(), &losses).unwrap();
		}
		let last = recorder.recording().count() - 1;
		Recorded { round, recipe, trace: recorder.recording().trace(), last, own_base: None }
	}

	/// Returns the checkpoint at the end of a recorded training.
	pub(crate) fn checkpoint(&self, recorded: &Recorded) -> ContentRef {
		let folder = descent_replay::Recording::read(&self.recordings.folder(recorded.round)).unwrap();
		let path = folder.state_path(recorded.last).unwrap();
		descent_content::address(File::open(path).unwrap()).unwrap()
	}
}

pub(crate) fn account() -> AccountId32 {
	AccountId32::new([7; 32])
}
