//! Evaluates a model on records.

use crate::error::ModelError;
use crate::input;
use crate::model::Model;
use descent_dataset::{Batch, Loss, Set, SetError};
use descent_protocol::{Metric, Score};
use tch::{no_grad, Kind};

/// Number of records of a batch; the last one may have fewer. The transcript has one score per batch, so the
/// size is part of the protocol and never changes.
pub const EVALUATION_BATCH: usize = 256;

/// Number of bytes that the values of one layer may take. A batch is split into as many pieces as that needs.
/// Its score is the same, because records are summed in order.
const ACTIVATION_BYTES: u64 = 512 << 20;

/// Scores of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
	/// Mean over all records, in micro-units.
	pub score: Score,
	/// Mean over each batch, in order and in micro-units.
	pub transcript: Vec<Score>,
	/// Number of records.
	pub records: u64,
}

/// Reasons for which a checkpoint could not be evaluated.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
	/// The result is NaN, infinite or too large for a score, so the checkpoint is invalid. Holds the number
	/// of the batch, from 0.
	#[error("the {0:?} of batch {1} is not a finite number, so the checkpoint has no score")]
	NotFinite(Metric, usize),
	/// There are no records to evaluate on.
	#[error("there are no records to evaluate on")]
	Empty,
	/// A batch other than the last one does not have [`EVALUATION_BATCH`] records, or the last one has more.
	#[error("batch {0} has {1} records; all but the last must have {EVALUATION_BATCH}")]
	BatchSize(usize, usize),
	/// An error rate needs a target with classes.
	#[error("a model with mean squared error has no error rate; the group's metric must be the loss")]
	NoClasses,
	/// The deadline passed, or the evaluation was cancelled.
	#[error("the evaluation was stopped before batch {0}")]
	Stopped(usize),
	/// The records could not be read.
	#[error(transparent)]
	Set(#[from] SetError),
	/// The model could not be run.
	#[error(transparent)]
	Model(#[from] ModelError),
}

impl EvaluationError {
	/// Returns true if the checkpoint itself is wrong, so that everyone who evaluates it finds the same.
	pub fn is_invalid(&self) -> bool {
		matches!(self, EvaluationError::NotFinite(..))
	}
}

/// Sets the number of threads that libtorch computes with in this process. Scores do not depend on it.
pub fn set_threads(threads: usize) {
	tch::set_num_threads(i32::try_from(threads.max(1)).unwrap_or(i32::MAX));
}

/// Evaluates a model on the records at these positions of a data set, in this order.
///
/// `stop` is called between pieces of batches. If it returns true, the evaluation ends with
/// [`EvaluationError::Stopped`].
///
/// # Errors
/// See [`EvaluationError`].
pub fn evaluate_set(
	model: &Model,
	set: &Set,
	indices: &[u64],
	metric: Metric,
	stop: impl Fn() -> bool,
) -> Result<Evaluation, EvaluationError> {
	evaluate(model, indices.chunks(EVALUATION_BATCH).map(|chunk| set.gather(chunk)), metric, stop)
}

/// Evaluates a model on batches of [`EVALUATION_BATCH`] records. It computes in f64 on the CPU, whatever the
/// model's device.
///
/// # Errors
/// See [`EvaluationError`].
pub fn evaluate<E>(
	model: &Model,
	batches: impl IntoIterator<Item = Result<Batch, E>>,
	metric: Metric,
	stop: impl Fn() -> bool,
) -> Result<Evaluation, EvaluationError>
where
	EvaluationError: From<E>,
{
	if metric == Metric::Error && model.description.loss() != Loss::CrossEntropy {
		return Err(EvaluationError::NoClasses);
	}
	let model = model.for_evaluation()?;
	let (mut total, mut records, mut transcript) = (0.0, 0u64, Vec::new());
	let mut short = None;
	for (position, batch) in batches.into_iter().enumerate() {
		let batch = batch?;
		if let Some((position, len)) = short {
			return Err(EvaluationError::BatchSize(position, len));
		}
		match batch.len {
			EVALUATION_BATCH => {}
			0 => return Err(EvaluationError::Empty),
			len if len > EVALUATION_BATCH => return Err(EvaluationError::BatchSize(position, len)),
			len => short = Some((position, len)),
		}
		let mut sum = 0.0;
		for value in measure(&model, &batch, metric, position, &stop)? {
			sum += value;
			total += value;
		}
		records += batch.len as u64;
		let score = Score::from_f64(sum / batch.len as f64);
		transcript.push(score.ok_or(EvaluationError::NotFinite(metric, position))?);
	}
	if records == 0 {
		return Err(EvaluationError::Empty);
	}
	let score = Score::from_f64(total / records as f64);
	let score = score.ok_or(EvaluationError::NotFinite(metric, transcript.len()))?;
	Ok(Evaluation { score, transcript, records })
}

/// Returns each record's value of the metric, with the shape `[records]` in f64.
fn measure(
	model: &Model,
	batch: &Batch,
	metric: Metric,
	position: usize,
	stop: impl Fn() -> bool,
) -> Result<Vec<f64>, EvaluationError> {
	let columns = model.description.schema().columns;
	let bytes_per_record = model.description.plan().peak_activations.max(1).saturating_mul(8);
	let piece = i64::try_from((ACTIVATION_BYTES / bytes_per_record).max(1)).unwrap_or(i64::MAX);
	let torch = |e: tch::TchError| EvaluationError::Model(ModelError::Torch(e));
	no_grad(|| {
		let (input, target) =
			input::tensors(&model.description, &columns, batch, Kind::Double, model.device)?;
		let len = input.size().first().copied().unwrap_or(0);
		let mut values = vec![0.0; batch.len];
		let mut start = 0;
		while start < len {
			if stop() {
				return Err(EvaluationError::Stopped(position));
			}
			let count = piece.min(len - start);
			let x = input.f_narrow(0, start, count).map_err(torch)?;
			let y = target.f_narrow(0, start, count).map_err(torch)?;
			let output = model.forward(&x, false)?;
			// The classes of a NaN output would be arbitrary.
			let finite = output.f_isfinite().and_then(|f| f.f_all()).and_then(|f| f.f_int64_value(&[]));
			if finite.map_err(torch)? == 0 {
				return Err(EvaluationError::NotFinite(metric, position));
			}
			let measured = match metric {
				Metric::Loss => model.losses(&output, &y)?,
				Metric::Error => model.errors(&output, &y)?,
			};
			let (from, to) = (start as usize, (start + count) as usize);
			measured
				.f_contiguous()
				.and_then(|m| m.f_copy_data(&mut values[from..to], to - from))
				.map_err(torch)?;
			start += count;
		}
		Ok(values)
	})
}
