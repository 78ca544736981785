//! Segments of recorded trainings, replayed by the processes of evaluators.

use anyhow::{ensure, Context, Result};
use descent_dataset::{DeltaLimits, Description, Set};
use descent_integration_tests::{
	checkpoint::Tensor, offline::Group, procfs::descendants, wait_until, Evaluator, Machine,
};
use descent_model::{Checkpoint, Device, Model, Optimizer, Trainer, TrainingOptions};
use descent_protocol::{
	evaluation::{DeltaSource, EvaluationRequest, JobStatus, ReplaySource, Replays},
	trace::{Base, BatchOrder, Precision, Recipe, RecipeOptimizer},
	Ballot, EvaluationPolicy, Score, Verdict,
};
use sp_core::{crypto::AccountId32, H256};
use std::time::Duration;

/// Longest wait for an answer.
const WAIT: Duration = Duration::from_secs(240);
const LINK: H256 = H256::repeat_byte(9);
const RATE: u32 = 2_000_000;
const MIB: u64 = 1 << 20;

const PERCEPTRON: &str = r#"{"descent": 1, "name": "perceptron",
	"inputs": [{"column": "x", "dtype": "f32", "shape": [64]}],
	"target": {"column": "y", "dtype": "u8", "shape": [], "classes": 4},
	"layers": [{"type": "linear", "out": 2048}, {"type": "gelu"}, {"type": "linear", "out": 2048},
		{"type": "tanh"}, {"type": "linear", "out": 4}],
	"loss": "cross_entropy"}"#;

const CONVNET: &str = r#"{"descent": 1, "name": "convnet",
	"inputs": [{"column": "x", "dtype": "u8", "shape": [3, 24, 24], "scale": 0.00392156862745098}],
	"target": {"column": "y", "dtype": "u8", "shape": [], "classes": 4},
	"layers": [{"type": "conv2d", "out": 16, "kernel": 3, "padding": 1}, {"type": "batch_norm"}, {"type": "relu"},
		{"type": "max_pool2d", "kernel": 2}, {"type": "conv2d", "out": 32, "kernel": 3, "padding": 1},
		{"type": "batch_norm"}, {"type": "relu"}, {"type": "flatten"}, {"type": "linear", "out": 4}],
	"loss": "cross_entropy"}"#;

const TRANSFORMER: &str = r#"{"descent": 1, "name": "transformer",
	"inputs": [{"column": "x", "dtype": "i64", "shape": [64]}],
	"target": {"column": "y", "dtype": "i64", "shape": [64], "classes": 50},
	"layers": [{"type": "embedding", "vocabulary": 50, "dim": 64}, {"type": "position_embedding"},
		{"type": "transformer_block", "heads": 4, "mlp_ratio": 4},
		{"type": "transformer_block", "heads": 4, "mlp_ratio": 4}, {"type": "layer_norm"},
		{"type": "linear", "out": 50}],
	"loss": "cross_entropy"}"#;

/// A group whose trainings are recorded.
struct Recorded {
	group: Group,
	description: Description,
	set: Set,
	delta: DeltaSource,
}

impl Recorded {
	async fn new(model: &str, records: u64) -> Result<Self> {
		let description = Description::parse(model.as_bytes())?;
		let group = Group::of(model, (0..records).map(|number| record(&description, number))).await?;
		let EvaluationPolicy::Validation { set, .. } = group.request(1, Vec::new()).policy else {
			anyhow::bail!("another policy");
		};
		let (path, schema) = (group.folder.path().join("validation.parquet"), description.schema());
		let limits = DeltaLimits::default();
		let built = Set::apply(&group.folder.path().join("own"), None, &path, set.digest, &schema, &limits)?;
		Ok(Self { group, description, set: built, delta: DeltaSource { delta: set, providers: Vec::new() } })
	}

	/// Trains a segment, on this part of each batch.
	fn train(&self, recipe: Recipe, (numerator, denominator): (usize, usize)) -> Result<Checkpoint> {
		let options = TrainingOptions {
			optimizer: Optimizer::from(recipe.optimizer),
			learning_rate: f64::from(RATE) / 1e9,
			..TrainingOptions::default()
		};
		let EvaluationRequest { genesis, group, round, .. } = self.group.request(1, Vec::new());
		let order = BatchOrder { genesis, group, round, link: LINK, account: AccountId32::new([1; 32]) };
		let start = Checkpoint::initial(&self.description, 3);
		let model = Model::for_training(&start, recipe.precision, Device::Cpu)?;
		let mut trainer = Trainer::new(model, options)?;
		for step in 0..recipe.steps {
			let mut positions = order.batch(0, step, self.set.len(), recipe.batch);
			positions.truncate(positions.len() * numerator / denominator);
			trainer.step(&self.set.gather(&positions)?)?;
		}
		Ok(trainer.model().checkpoint()?)
	}

	/// Returns a request to replay the segment that leads to a checkpoint, with a claim that this evaluator
	/// measures.
	async fn request(
		&self,
		evaluator: &Evaluator,
		recipe: Recipe,
		end: &Checkpoint,
	) -> Result<EvaluationRequest> {
		let specs = self.description.plan().tensors().zip(end.tensors());
		let tensors = specs.map(|(spec, values)| Tensor::new(&spec.name, &spec.shape, values)).collect();
		let mut candidate = self.group.candidate(tensors, Score(1)).await?;
		let ballot = evaluator.ballot(&self.group.request(1, vec![candidate.clone()]), WAIT).await?;
		let Some(Verdict::Mismatch(measured)) = ballot.verdicts.first() else {
			anyhow::bail!("{ballot:?}");
		};
		candidate.claim = measured.score;
		let source = ReplaySource {
			account: AccountId32::new([1; 32]),
			recipe,
			number: 0,
			rate: RATE,
			start: None,
			end: candidate.checkpoint,
		};
		let replays = Some(Replays { link: LINK, segments: vec![source], drawn: Vec::new() });
		let deltas = vec![self.delta.clone()];
		Ok(EvaluationRequest { deltas, replays, ..self.group.request(1, vec![candidate]) })
	}
}

/// Returns a record of a model with a class or tokens, drawn by its number.
fn record(description: &Description, number: u64) -> Vec<u8> {
	let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
	let mut next = move || {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		state >> 40
	};
	let mut record = Vec::new();
	for column in description.schema().columns {
		for _ in 0..column.values() {
			let value = next();
			match column.bound {
				Some(bound) => {
					record.extend(&(value % bound).to_le_bytes()[..column.bytes() / column.values()])
				}
				None if column.bytes() == column.values() => record.push((value % 256) as u8),
				None => record.extend((value as f32 / (1 << 23) as f32 - 1.0).to_le_bytes()),
			}
		}
	}
	record
}

fn recipe(precision: Precision, steps: u16, batch: u32) -> Recipe {
	let optimizer = RecipeOptimizer::Adam { betas: (900_000, 999_000), weight_decay: 0 };
	Recipe { base: Base::Initial { seed: 3 }, optimizer, precision, steps, batch }
}

/// A verdict by the first letters of its name.
fn verdict(ballot: &Ballot) -> &'static str {
	match ballot.verdicts.as_slice() {
		[Verdict::Match(_)] => "match",
		[Verdict::Departed(_)] => "departed",
		_ => "another",
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn evaluators_on_all_machines_hold_one_ballot() -> Result<()> {
	// Replays are slow in f64 with one thread, and three machines make each of them.
	let perceptron = PERCEPTRON.replace("2048", "256");
	for model in [&perceptron, CONVNET, TRANSFORMER] {
		let recorded = Recorded::new(model, 500).await?;
		let folder = recorded.group.folder.path();
		let plain = Evaluator::start("plain", folder, |launch| launch).await?;
		let old = Evaluator::start_as(Machine::OLD, "old", folder).await?;
		let middling = Evaluator::start_as(Machine::MIDDLING, "middling", folder).await?;
		let cases = [
			(Precision::F64, (1, 1), "match"),
			(Precision::F32, (1, 2), "departed"),
			(Precision::F32, (1, 1), "match"),
			(Precision::F64, (15, 16), "departed"),
		];
		let cases = if model == perceptron { &cases[..] } else { &cases[..2] };
		for (precision, part, expected) in cases.iter().copied() {
			let recipe = recipe(precision, 20, 16);
			let request = recorded.request(&plain, recipe, &recorded.train(recipe, part)?).await?;
			let ballot = plain.ballot(&request, WAIT).await?;
			ensure!(verdict(&ballot) == expected, "{model} {precision} {part:?}: {ballot:?}");
			let measured =
				plain.ballot(&EvaluationRequest { replays: None, ..request.clone() }, WAIT).await?;
			let root = |ballot: &Ballot| ballot.verdicts.first().and_then(Verdict::measurement);
			ensure!(root(&ballot) != root(&measured), "{ballot:?}");
			for other in [&old, &middling] {
				let other = other.ballot(&request, WAIT).await?;
				ensure!(other == ballot, "{model} {precision} {part:?}: {other:?} and {ballot:?}");
			}
		}
	}
	Ok(())
}

/// Returns a number of a process's status in bytes.
fn status(id: u32, name: &str) -> Option<u64> {
	let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
	let line = status.lines().find_map(|line| line.strip_prefix(name))?;
	Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? << 10)
}

#[tokio::test(flavor = "multi_thread")]
async fn replays_of_large_batches_keep_to_the_memory_that_is_computed() -> Result<()> {
	for (model, batch) in [(PERCEPTRON, 4_000), (CONVNET, 1_000), (TRANSFORMER, 256)] {
		let recorded = Recorded::new(model, u64::from(batch)).await?;
		let mut evaluator =
			Evaluator::start("evaluator", recorded.group.folder.path(), |launch| launch).await?;
		let recipe = recipe(Precision::F64, 3, batch);
		let request = recorded.request(&evaluator, recipe, &recorded.train(recipe, (1, 1))?).await?;
		let own = evaluator.id()?;
		let data = |id: &u32| status(*id, "VmData:");
		let before = descendants(own)?.iter().filter_map(data).max().context("no child processes")?;
		let mut peak = 0;
		let ended = wait_until("the evaluator answers", WAIT, async || {
			let status = evaluator.submit(&request).await?.status;
			peak = descendants(own)?.iter().filter_map(data).max().unwrap_or_default().max(peak);
			Ok(matches!(status, JobStatus::Done(_) | JobStatus::Failed { .. }).then_some(status))
		});
		let JobStatus::Done(measured) = ended.await? else { anyhow::bail!("no ballot") };
		eprintln!("{} MiB before, {} MiB at most", before / MIB, peak / MIB);
		// A process that needed more would have had no memory, and the candidate no match.
		ensure!(verdict(&measured.ballot) == "match", "{:?}", measured.ballot);
		evaluator.process.stop().await?;
	}
	Ok(())
}
