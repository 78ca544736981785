//! Evaluates a checkpoint on records.

mod buffers;
mod network;
mod predict;
mod records;

use crate::{error::ModelError, input::sizes, memory::piece, Checkpoint, Model};
use buffers::Buffers;
use descent_dataset::{Description, Loss, SetError};
use descent_kernels::{cross_entropy, is_finite, squared_error, wrong_label, Perturbation, PERTURBATION};
use descent_protocol::{condition_limit, perturbation_seed, Metric, Rounding, Score};
use network::Network;
pub use predict::predict;
pub use records::{Drawn, Records};
use records::{Input, Targets};
use sp_core::H256;
use std::ops::Range;
use tch::{no_grad, Device, Tensor};

/// Number of records of a batch; the last one may have fewer. The transcript has one score per batch, so the
/// size is part of the protocol and never changes.
pub const EVALUATION_BATCH: usize = 256;
/// Number of the stream that changes the first input, beside those of the tensors. Others have those below
/// it.
const INPUTS: u64 = u64::MAX;

/// Rules of an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvaluationRules {
	/// The metric.
	pub metric: Metric,
	/// The rule by which values become scores.
	pub rounding: Rounding,
	/// The limit on a checkpoint's condition; `None` does not measure it.
	pub condition: Option<Condition>,
}

impl EvaluationRules {
	/// The rules of a round with this seed.
	pub fn of_round(metric: Metric, seed: H256) -> Self {
		Self { metric, rounding: Rounding::dithered(seed), condition: Some(Condition::from_seed(seed)) }
	}

	/// Rules for a score that nobody has to agree on: the nearest, without a measurement of the condition.
	pub fn informal(metric: Metric) -> Self {
		Self { metric, rounding: Rounding::HalfEven, condition: None }
	}
}

/// The measurement of a checkpoint's condition, see [`condition_limit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
	/// Seed of the changes of weights and inputs.
	pub perturbation: u64,
	/// The largest condition of a checkpoint that has a score.
	pub limit: u64,
}

impl Condition {
	/// The measurement in a round with this seed.
	pub fn from_seed(seed: H256) -> Self {
		Self { perturbation: perturbation_seed(seed), limit: condition_limit(seed) }
	}
}

/// Code that computes the layers of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
	/// The kernels of `descent_kernels`, which define an evaluation.
	Kernels,
	/// libtorch in f64 on a device, for example a GPU. Its values differ from those of the kernels by
	/// rounding errors, some 1e-15, so that scores differ with a probability of some 1e-9 each.
	Libtorch(Device),
}

/// Scores of a checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
	/// Mean over all records, in micro-units.
	pub score: Score,
	/// Mean over each batch, in order and in micro-units.
	pub transcript: Vec<Score>,
	/// Number of records.
	pub records: u64,
	/// The condition, where it was measured.
	pub condition: Option<f64>,
}

/// Reasons for which a checkpoint could not be evaluated.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
	/// An output is NaN or infinite, so the checkpoint is invalid. Holds the number of the batch, from 0.
	#[error("an output for batch {0} is not a finite number, so the checkpoint has no score")]
	NotFinite(usize),
	/// The value is NaN or too large for a score, so the checkpoint is invalid. Holds the number of the
	/// batch, from 0, and the value.
	#[error("the {0} of batch {1} is {2:e}, which is more than a score can be")]
	TooLarge(&'static str, usize, f64),
	/// The checkpoint amplifies rounding errors, so it has no score.
	#[error(
		"the checkpoint is ill-conditioned: a change of its weights and inputs by 1e-10 changes batch {batch} \
		 {condition:.1e} times as much, where at most {limit} times are allowed. Rounding errors would decide \
		 its score"
	)]
	IllConditioned {
		/// Number of the batch, from 0.
		batch: usize,
		/// The condition of the batch.
		condition: f64,
		/// The largest condition that is allowed.
		limit: u64,
	},
	/// There are no records to evaluate on.
	#[error("there are no records to evaluate on")]
	Empty,
	/// An error rate needs a target with classes.
	#[error("a model with mean squared error has no error rate; the group's metric must be the loss")]
	NoClasses,
	/// The deadline passed, or the evaluation was cancelled.
	#[error("the evaluation was stopped before batch {0}")]
	Stopped(usize),
	/// The records could not be read.
	#[error(transparent)]
	Set(#[from] SetError),
	/// The records are not those of the model.
	#[error(transparent)]
	Model(#[from] ModelError),
}

/// Sets the number of threads that compute in this process. Scores do not depend on it.
pub fn set_threads(threads: usize) {
	let threads = threads.max(1);
	tch::set_num_threads(i32::try_from(threads).unwrap_or(i32::MAX));
	// The pool can be set once; later calls concern libtorch alone.
	let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
}

/// Evaluates a checkpoint on records, in batches of [`EVALUATION_BATCH`].
///
/// It computes in f64 with the kernels of `descent_kernels`, so the result is the same on every processor and
/// with every number of threads. A record's value does not depend on the other records.
///
/// `stop` is called between pieces of batches. If it returns true, the evaluation ends with
/// [`EvaluationError::Stopped`].
///
/// # Errors
/// See [`EvaluationError`].
pub fn evaluate(
	checkpoint: &Checkpoint,
	records: &impl Records,
	rules: &EvaluationRules,
	stop: impl Fn() -> bool,
) -> Result<Evaluation, EvaluationError> {
	evaluate_with(Engine::Kernels, checkpoint, records, rules, stop)
}

/// Evaluates a checkpoint as [`evaluate`] does, with an engine.
///
/// # Errors
/// See [`EvaluationError`].
pub fn evaluate_with(
	engine: Engine,
	checkpoint: &Checkpoint,
	records: &impl Records,
	rules: &EvaluationRules,
	stop: impl Fn() -> bool,
) -> Result<Evaluation, EvaluationError> {
	if rules.metric == Metric::Error && checkpoint.description().loss() != Loss::CrossEntropy {
		return Err(EvaluationError::NoClasses);
	}
	if records.is_empty() {
		return Err(EvaluationError::Empty);
	}
	let evaluator = Evaluator::new(engine, checkpoint, records, rules, stop)?;
	let piece = piece(checkpoint.description());
	let (mut values, mut memory) = (Values::default(), Buffers::default());
	let mut scores = Scores { rules, transcript: Vec::new(), total: 0.0, condition: 0.0 };
	for start in (0..records.len()).step_by(piece) {
		let end = records.len().min(start + piece);
		evaluator.measure(start..end, &mut values, &mut memory)?;
		let mut batches = values.plain.chunks_exact(EVALUATION_BATCH).len() * EVALUATION_BATCH;
		if end == records.len() {
			batches = values.plain.len();
		}
		for batch in values.take(batches).batches() {
			scores.push(batch)?;
		}
	}
	scores.finish(records.len())
}

/// Scores of the batches so far.
struct Scores<'a> {
	rules: &'a EvaluationRules,
	transcript: Vec<Score>,
	/// Sum over all records.
	total: f64,
	/// The largest condition.
	condition: f64,
}

impl Scores<'_> {
	/// Adds a batch: the values of its records, and those with changed weights.
	fn push(&mut self, (plain, changed): (&[f64], &[f64])) -> Result<(), EvaluationError> {
		let batch = self.transcript.len();
		let count = plain.len() as f64;
		let mean = plain.iter().fold(0.0, |sum, value| sum + value) / count;
		self.total = plain.iter().fold(self.total, |sum, value| sum + value);
		self.transcript.push(self.score(mean)?);
		if let Some(rule) = self.rules.condition {
			let changed = changed.iter().fold(0.0, |sum, value| sum + value) / count;
			self.condition = self.condition.max(check_condition(batch, mean, changed, rule.limit)?);
		}
		Ok(())
	}

	fn score(&self, mean: f64) -> Result<Score, EvaluationError> {
		let score = self.rules.rounding.score(mean);
		let metric = match self.rules.metric {
			Metric::Loss => "loss",
			Metric::Error => "error rate",
		};
		score.ok_or(EvaluationError::TooLarge(metric, self.transcript.len(), mean))
	}

	fn finish(self, records: usize) -> Result<Evaluation, EvaluationError> {
		let score = self.score(self.total / records as f64)?;
		let condition = self.rules.condition.map(|_| self.condition);
		Ok(Evaluation { score, transcript: self.transcript, records: records as u64, condition })
	}
}

/// Values of the metric of records that have no score yet.
#[derive(Default)]
struct Values {
	/// The values.
	plain: Vec<f64>,
	/// The values with changed weights and inputs, where they are measured.
	changed: Vec<f64>,
}

impl Values {
	/// Removes and returns the values of the first records.
	fn take(&mut self, count: usize) -> Self {
		let changed = self.changed.len().min(count);
		Self { plain: self.plain.drain(..count).collect(), changed: self.changed.drain(..changed).collect() }
	}

	fn batches(&self) -> impl Iterator<Item = (&[f64], &[f64])> {
		let changed = self.changed.chunks(EVALUATION_BATCH).chain(std::iter::repeat(&[][..]));
		self.plain.chunks(EVALUATION_BATCH).zip(changed)
	}
}

/// Returns the condition of a batch with this mean, whose changed records have the mean `changed`.
fn check_condition(batch: usize, mean: f64, changed: f64, limit: u64) -> Result<f64, EvaluationError> {
	let condition = (changed - mean).abs() / (PERTURBATION * mean.abs().max(1.0));
	// NaN, where the changed records have no finite mean, is no number below the limit either.
	if condition <= limit as f64 {
		Ok(condition)
	} else {
		Err(EvaluationError::IllConditioned { batch, condition, limit })
	}
}

/// Returns the value of the metric of each record, before it is rounded to a score.
///
/// # Errors
/// See [`EvaluationError`].
pub fn record_values(
	engine: Engine,
	checkpoint: &Checkpoint,
	records: &impl Records,
	metric: Metric,
) -> Result<Vec<f64>, EvaluationError> {
	let rules = EvaluationRules::informal(metric);
	let evaluator = Evaluator::new(engine, checkpoint, records, &rules, || false)?;
	let mut values = Values::default();
	evaluator.measure(0..records.len(), &mut values, &mut Buffers::default())?;
	Ok(values.plain)
}

/// A checkpoint on an engine.
enum Loaded<'a> {
	Kernels(Network<'a>),
	Libtorch(Box<Model>),
}

impl<'a> Loaded<'a> {
	fn new(
		engine: Engine,
		checkpoint: &'a Checkpoint,
		perturbation: Option<u64>,
	) -> Result<Self, ModelError> {
		Ok(match engine {
			Engine::Kernels => Self::Kernels(Network::new(checkpoint, perturbation)),
			Engine::Libtorch(device) => {
				Self::Libtorch(Box::new(Model::in_double(checkpoint, perturbation, device)?))
			}
		})
	}

	/// Returns the output `[records, ..output]` for inputs `[records, ..input]`.
	fn forward(
		&self,
		inputs: Vec<Input>,
		records: usize,
		memory: &mut Buffers,
	) -> Result<Vec<f64>, ModelError> {
		match self {
			Self::Kernels(network) => Ok(network.forward(inputs, records, memory)),
			Self::Libtorch(model) => forward_in_libtorch(model, inputs, records),
		}
	}
}

fn forward_in_libtorch(model: &Model, inputs: Vec<Input>, records: usize) -> Result<Vec<f64>, ModelError> {
	let tensor = |(input, values): (&descent_dataset::Input, Input)| {
		let mut shape = sizes(&input.shape);
		shape.insert(0, i64::try_from(records).unwrap_or(i64::MAX));
		let tensor = match values {
			Input::Values(values) => Tensor::f_from_slice(&values)?,
			Input::Tokens(tokens) => {
				let tokens = tokens.iter().map(|token| i64::try_from(*token).unwrap_or(i64::MAX));
				Tensor::f_from_slice(&tokens.collect::<Vec<_>>())?
			}
		};
		tensor.f_reshape(&shape)?.f_to_device(model.device)
	};
	no_grad(|| {
		let inputs = model.description.inputs().iter().zip(inputs).map(tensor);
		let output = model
			.forward(&inputs.collect::<Result<Vec<_>, _>>()?, false)?
			.f_to_device(Device::Cpu)?
			.f_contiguous()?;
		let mut values = vec![0.0; output.numel()];
		output.f_copy_data(&mut values, output.numel())?;
		Ok(values)
	})
}

struct Evaluator<'a, R, S> {
	description: &'a Description,
	network: Loaded<'a>,
	/// The network with changed weights, and the seed of the change.
	changed: Option<(u64, Loaded<'a>)>,
	records: &'a R,
	rules: &'a EvaluationRules,
	stop: S,
}

impl<'a, R: Records, S: Fn() -> bool> Evaluator<'a, R, S> {
	fn new(
		engine: Engine,
		checkpoint: &'a Checkpoint,
		records: &'a R,
		rules: &'a EvaluationRules,
		stop: S,
	) -> Result<Self, ModelError> {
		let change = |condition: Condition| {
			let seed = condition.perturbation;
			Ok::<_, ModelError>((seed, Loaded::new(engine, checkpoint, Some(seed))?))
		};
		let changed = rules.condition.map(change).transpose()?;
		let network = Loaded::new(engine, checkpoint, None)?;
		Ok(Self { description: checkpoint.description(), network, changed, records, rules, stop })
	}

	/// Appends the values of records.
	fn measure(
		&self,
		range: Range<usize>,
		values: &mut Values,
		memory: &mut Buffers,
	) -> Result<(), EvaluationError> {
		self.check_time(range.start)?;
		let columns = self.description.schema().columns;
		let raw = self.records.gather(range.clone())?;
		let inputs = records::inputs(self.description, &columns, &raw, memory)?;
		let targets = records::targets(&columns, &raw, self.description.loss() == Loss::CrossEntropy)?;
		drop(raw);
		if let Some((seed, network)) = &self.changed {
			let mut changed = Vec::with_capacity(inputs.len());
			for (input, stream) in inputs.iter().zip((0..=INPUTS).rev()) {
				changed.push(input.perturbed(range.clone(), Perturbation::new(*seed, stream), memory));
			}
			let output = network.forward(changed, range.len(), memory)?;
			self.reduce(&output, &targets, &mut values.changed);
			memory.give(output);
			self.check_time(range.start)?;
		}
		let output = self.network.forward(inputs, range.len(), memory)?;
		// The class of a NaN output would be arbitrary.
		let width = output.len() / range.len().max(1);
		if let Some(record) = output.chunks(width.max(1)).position(|output| !is_finite(output)) {
			return Err(EvaluationError::NotFinite((range.start + record) / EVALUATION_BATCH));
		}
		self.reduce(&output, &targets, &mut values.plain);
		memory.give(output);
		Ok(())
	}

	fn check_time(&self, record: usize) -> Result<(), EvaluationError> {
		match (self.stop)() {
			true => Err(EvaluationError::Stopped(record / EVALUATION_BATCH)),
			false => Ok(()),
		}
	}

	/// Appends the value of the metric of each record.
	fn reduce(&self, output: &[f64], targets: &Targets, values: &mut Vec<f64>) {
		let records = self.description.target().shape.iter().product::<u64>();
		let positions = usize::try_from(records).unwrap_or(usize::MAX).max(1);
		let mean = |values: &mut dyn Iterator<Item = f64>| {
			values.fold(0.0, |sum, value| sum + value) / positions as f64
		};
		match targets {
			Targets::Labels(labels) => {
				let classes = output.len() / labels.len().max(1);
				let value = match self.rules.metric {
					Metric::Loss => cross_entropy,
					Metric::Error => wrong_label,
				};
				let records = labels.chunks_exact(positions).zip(output.chunks_exact(classes * positions));
				values.extend(records.map(|(labels, output)| {
					let outputs = output.chunks_exact(classes);
					mean(&mut outputs.zip(labels).map(|(output, label)| value(output, *label)))
				}));
			}
			Targets::Values(targets) => {
				let records = targets.chunks_exact(positions).zip(output.chunks_exact(positions));
				values.extend(records.map(|(targets, output)| {
					mean(
						&mut output
							.iter()
							.zip(targets)
							.map(|(output, target)| squared_error(*output, *target)),
					)
				}));
			}
		}
	}
}

impl EvaluationError {
	/// Returns true if the checkpoint itself is wrong, so that everyone who evaluates it finds the same.
	pub fn is_invalid(&self) -> bool {
		matches!(self, EvaluationError::NotFinite(_) | EvaluationError::TooLarge(..))
	}
}
