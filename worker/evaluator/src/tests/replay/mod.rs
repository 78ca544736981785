//! Rounds whose candidates come with a recorded training.

mod requests;
mod states;
mod verdicts;

use super::*;
use crate::evaluation_set::EvaluationSet;
use descent_dataset::Set;
use descent_model::{Checkpoint, Device, Model, Optimizer, Trainer, TrainingOptions};
use descent_protocol::{
	evaluation::{ReplaySource, Replays},
	trace::{replay_root, Base, BatchOrder, Precision, Recipe, RecipeOptimizer},
	Measurement, Verdict,
};
use descent_replay::{SegmentTask, SegmentTrainer};
use sp_core::crypto::AccountId32;

const LINK: H256 = H256::repeat_byte(9);
/// Number of segments of a training.
const SEGMENTS: u16 = 3;
const RECIPE: Recipe = Recipe {
	base: Base::Initial { seed: 3 },
	optimizer: RecipeOptimizer::Adam { betas: (900_000, 999_000), weight_decay: 0 },
	precision: Precision::F32,
	steps: 60,
	batch: 32,
};
const RATE: u32 = 5_000_000;

/// A training that was recorded, in segments one after the other.
struct Recorded {
	account: u8,
	recipe: Recipe,
	rate: u32,
	/// The checkpoint that it begins with, unless a seed draws its weights.
	base: Option<Checkpoint>,
	/// The checkpoint at the end of each segment.
	states: Vec<Checkpoint>,
}

impl Recorded {
	fn honest(fixture: &Fixture, account: u8, recipe: Recipe) -> Self {
		Self::train(fixture, account, recipe, None, |positions| positions)
	}

	/// Trains on what `cut` leaves of each batch.
	fn train(
		fixture: &Fixture,
		account: u8,
		recipe: Recipe,
		base: Option<Checkpoint>,
		cut: fn(Vec<u64>) -> Vec<u64>,
	) -> Self {
		let mut recorded = Self { account, recipe, rate: RATE, base, states: Vec::new() };
		for number in 0..SEGMENTS {
			let end = recorded.segment(&fixture.set, &recorded.start(fixture, number), number, cut);
			recorded.states.push(end);
		}
		recorded
	}

	fn order(&self) -> BatchOrder {
		let account = AccountId32::new([self.account; 32]);
		BatchOrder { genesis: H256::repeat_byte(1), group: 2, round: 3, link: LINK, account }
	}

	/// The checkpoint that a segment begins with.
	fn start(&self, fixture: &Fixture, number: u16) -> Checkpoint {
		let before = number.checked_sub(1).map(|before| &self.states[usize::from(before)]);
		let initial = || Checkpoint::initial(&fixture.description, 3);
		before.or(self.base.as_ref()).cloned().unwrap_or_else(initial)
	}

	fn segment(
		&self,
		set: &Set,
		start: &Checkpoint,
		number: u16,
		cut: fn(Vec<u64>) -> Vec<u64>,
	) -> Checkpoint {
		let options = TrainingOptions {
			optimizer: Optimizer::from(self.recipe.optimizer),
			learning_rate: f64::from(self.rate) / 1e9,
			..TrainingOptions::default()
		};
		let model = Model::for_training(start, self.recipe.precision, Device::Cpu).unwrap();
		let mut trainer = Trainer::new(model, options).unwrap();
		for step in 0..self.recipe.steps {
			let positions = cut(self.order().batch(number, step, set.len(), self.recipe.batch));
			trainer.step(&set.gather(&positions).unwrap()).unwrap();
		}
		trainer.model().checkpoint().unwrap()
	}

	/// The losses that a replay of a segment finds, in micro-units, up to where it diverges.
	fn losses(&self, fixture: &Fixture, number: u16) -> Vec<Score> {
		let recipe = Recipe { precision: Precision::F64, ..self.recipe };
		let (order, start) = (self.order(), self.start(fixture, number));
		let task = SegmentTask { recipe: &recipe, order: &order, number, rate: self.rate, start: &start };
		let mut trainer = SegmentTrainer::new(&task, Device::Cpu).unwrap();
		let mut losses = Vec::new();
		while let Ok(loss) = trainer.step(&fixture.set) {
			losses.push(Score::from_f64(loss).unwrap_or(Score(u64::MAX)));
		}
		losses
	}

	fn source(&self, number: u16, mut publish: impl FnMut(&Checkpoint) -> ContentRef) -> ReplaySource {
		let before = number.checked_sub(1).map(|before| &self.states[usize::from(before)]);
		ReplaySource {
			account: AccountId32::new([self.account; 32]),
			recipe: self.recipe,
			number,
			rate: self.rate,
			start: before.or(self.base.as_ref()).map(&mut publish),
			end: publish(&self.states[usize::from(number)]),
		}
	}

	/// Returns the last state as a candidate with a true claim, and this segment as the drawn one.
	fn drawn(&self, fixture: &Fixture, number: u16) -> (CandidateSource, ReplaySource) {
		let last = self.states.last().unwrap();
		let candidate = candidate(fixture, publish(fixture, last), score(fixture, last));
		(candidate, self.source(number, |state| publish(fixture, state)))
	}
}

fn half(mut positions: Vec<u64>) -> Vec<u64> {
	positions.truncate(positions.len() / 2);
	positions
}

/// Writes a checkpoint to a file.
fn write(fixture: &Fixture, checkpoint: &Checkpoint) -> std::path::PathBuf {
	let path = fixture.directory.path().join("state.safetensors");
	checkpoint.save(&path).unwrap();
	path
}

fn publish(fixture: &Fixture, checkpoint: &Checkpoint) -> ContentRef {
	fixture.store.import_path(write(fixture, checkpoint)).unwrap()
}

/// The reference of a checkpoint that nobody serves.
fn withhold(fixture: &Fixture, checkpoint: &Checkpoint) -> ContentRef {
	descent_content::address(std::fs::File::open(write(fixture, checkpoint)).unwrap()).unwrap()
}

fn score(fixture: &Fixture, checkpoint: &Checkpoint) -> Score {
	let set = EvaluationSet::draw(fixture.set.clone(), SEED, RECORDS, Metric::Loss).unwrap();
	set.evaluate(checkpoint, Instant::now() + Duration::from_secs(60)).unwrap().score
}

/// A request to measure candidates and to replay their segments.
fn recorded(fixture: &Fixture, drawn: Vec<(CandidateSource, ReplaySource)>) -> EvaluationRequest {
	let (candidates, segments) = drawn.into_iter().unzip();
	EvaluationRequest {
		replays: Some(Replays { link: LINK, segments, drawn: Vec::new() }),
		..request(fixture, candidates)
	}
}

async fn start(fixture: &Fixture) -> Client {
	Client::start(&fixture.directory.path().join("evaluator")).await
}

/// Measures the first candidate alone, without a replay.
async fn measurement(client: &Client, request: &EvaluationRequest) -> Measurement {
	let candidates = request.candidates[..1].to_vec();
	let plain = EvaluationRequest { replays: None, candidates, ..request.clone() };
	match client.ballot(&plain).await.verdicts.as_slice() {
		[Verdict::Match(measurement)] => *measurement,
		other => panic!("{other:?}"),
	}
}
