//! Judging proposed records by the head: its loss on them beside its loss on the data set's own. Stakeholders
//! look at it before they vote; nothing depends on it.

use descent_dataset::{Batch, Description, Dtype, Loss, Sampled, Schema};
use descent_model::{record_values, Checkpoint, Engine, EvaluationError};
use descent_protocol::Metric;

/// Records that are measured at a time, which bounds memory.
const PIECE: usize = 32;
/// Most classes of a model whose predictions are told.
const MAX_CLASSES: u64 = 1000;
/// The part of the own records, in hundredths, below whose losses a loss is taken as usual.
const USUAL: usize = 99;

/// The losses of a checkpoint on records.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
	/// Number of records.
	pub records: usize,
	/// Mean loss.
	pub loss: f64,
	/// Share of records whose class is not predicted, `None` if the model has no classes.
	pub error: Option<f64>,
	/// The loss of each record.
	losses: Vec<f64>,
}

/// A record on which the checkpoint is worst.
#[derive(Clone, Debug, PartialEq)]
pub struct Worst {
	/// The record.
	pub sampled: Sampled,
	/// Its loss.
	pub loss: f64,
	/// The class that the checkpoint predicts, where each record has one of at most 1000.
	pub predicted: Option<u64>,
}

/// New records beside own ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
	/// The new records.
	pub new: Side,
	/// The data set's own records.
	pub own: Side,
	/// Number of new records whose loss is above that of 99% of the own ones.
	pub unusual: usize,
	/// The new records with the highest losses, the highest first.
	pub worst: Vec<Worst>,
}

impl Judgement {
	/// Measures a checkpoint on new records and on own ones, with the kernels that measure rounds. At most
	/// `worst` records are kept.
	///
	/// # Errors
	/// [`EvaluationError::Empty`] where there are no new or no own records; others where the checkpoint has
	/// no finite output.
	pub fn of(
		checkpoint: &Checkpoint,
		new: &[Sampled],
		own: &[Sampled],
		worst: usize,
	) -> Result<Self, EvaluationError> {
		let (side, own) = (Side::of(checkpoint, new)?, Side::of(checkpoint, own)?);
		let mut usual = own.losses.clone();
		usual.sort_by(f64::total_cmp);
		let bound = usual.get(usual.len().saturating_sub(1) * USUAL / 100).copied().unwrap_or(f64::INFINITY);
		let unusual = side.losses.iter().filter(|loss| **loss > bound).count();
		let mut order: Vec<_> = new.iter().zip(&side.losses).collect();
		order.sort_by(|(one, a), (other, b)| b.total_cmp(a).then(one.place.cmp(&other.place)));
		let worst = order.into_iter().take(worst).map(|(sampled, loss)| {
			let predicted = predicted(checkpoint, sampled)?;
			Ok(Worst { sampled: sampled.clone(), loss: *loss, predicted })
		});
		let worst = worst.collect::<Result<_, EvaluationError>>()?;
		Ok(Self { new: side, own, unusual, worst })
	}
}

impl Side {
	fn of(checkpoint: &Checkpoint, records: &[Sampled]) -> Result<Self, EvaluationError> {
		if records.is_empty() {
			return Err(EvaluationError::Empty);
		}
		let (description, count) = (checkpoint.description(), records.len() as f64);
		let mean = |values: &[f64]| values.iter().sum::<f64>() / count;
		let records: Vec<_> = records.iter().map(|sampled| sampled.record.as_slice()).collect();
		let losses = values(checkpoint, &records, Metric::Loss)?;
		let error = match description.loss() {
			Loss::CrossEntropy => Some(mean(&values(checkpoint, &records, Metric::Error)?)),
			Loss::Mse => None,
		};
		Ok(Self { records: records.len(), loss: mean(&losses), error, losses })
	}
}

/// Returns the value of the metric of each record, given by its canonical bytes.
fn values(checkpoint: &Checkpoint, records: &[&[u8]], metric: Metric) -> Result<Vec<f64>, EvaluationError> {
	let schema = checkpoint.description().schema();
	let mut values = Vec::with_capacity(records.len());
	for piece in records.chunks(PIECE) {
		let batch = Batch::from_records(&schema, &piece.concat()).ok_or(EvaluationError::Empty)?;
		values.extend(record_values(Engine::Kernels, checkpoint, &batch, metric)?);
	}
	Ok(values)
}

/// Returns the class that a checkpoint predicts: the label with the least loss.
fn predicted(checkpoint: &Checkpoint, sampled: &Sampled) -> Result<Option<u64>, EvaluationError> {
	let description = checkpoint.description();
	let Some(labels) = labels(description, &description.schema(), &sampled.record) else { return Ok(None) };
	let records: Vec<_> = labels.iter().map(Vec::as_slice).collect();
	let losses = values(checkpoint, &records, Metric::Loss)?;
	let least = losses.iter().zip(0u64..).min_by(|(a, _), (b, _)| a.total_cmp(b));
	Ok(least.map(|(_, label)| label))
}

/// Returns a record with each of the labels that it could have, in their order; `None` where it has not one
/// of a few classes.
fn labels(description: &Description, schema: &Schema, record: &[u8]) -> Option<Vec<Vec<u8>>> {
	let target = description.target();
	let classes = target.classes.filter(|classes| target.shape.is_empty() && *classes <= MAX_CLASSES)?;
	let label = schema.columns.last()?.bytes();
	let inputs = record.get(..schema.record_bytes().checked_sub(label)?)?;
	let label = |label: u64| match target.dtype {
		Dtype::U8 => u8::try_from(label).ok().map(|label| vec![label]),
		Dtype::U16 => u16::try_from(label).ok().map(|label| label.to_le_bytes().to_vec()),
		Dtype::I32 => i32::try_from(label).ok().map(|label| label.to_le_bytes().to_vec()),
		Dtype::I64 => i64::try_from(label).ok().map(|label| label.to_le_bytes().to_vec()),
		Dtype::F32 => None,
	};
	// A byte may have fewer labels than the description has classes.
	Some((0..classes).map_while(label).map(|label| [inputs, &label].concat()).collect())
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_dataset::RecordId;
	use descent_model::{Device, Model};

	/// Logits that are the three inputs themselves.
	fn checkpoint(folder: &tempfile::TempDir) -> Checkpoint {
		let json = br#"{"descent":1,"name":"m","inputs":[{"column":"x","dtype":"f32","shape":[3]}],
			"target":{"column":"y","dtype":"i32","shape":[],"classes":3},
			"layers":[{"type":"linear","out":3,"bias":false}],"loss":"cross_entropy"}"#;
		let description = Description::parse(json).unwrap();
		let path = folder.path().join("head.safetensors");
		Model::new(&description, 7, Device::Cpu).unwrap().save(&path).unwrap();
		let mut bytes = std::fs::read(&path).unwrap();
		let weights = bytes.len() - 9 * 4;
		for (number, weight) in bytes[weights..].chunks_exact_mut(4).enumerate() {
			let value = if number % 4 == 0 { 1.0f32 } else { 0.0 };
			weight.copy_from_slice(&value.to_le_bytes());
		}
		std::fs::write(&path, bytes).unwrap();
		Checkpoint::load(&description, &path).unwrap()
	}

	fn sampled(place: u64, hot: usize, label: i32) -> Sampled {
		let mut input = [0.0f32; 3];
		input[hot] = 8.0 + place as f32 / 100.0;
		let input = input.iter().flat_map(|value| value.to_le_bytes());
		let record: Vec<u8> = input.chain(label.to_le_bytes()).collect();
		Sampled { place, id: RecordId::of(&record), record }
	}

	#[test]
	fn wrong_labels_stand_out() {
		let folder = tempfile::tempdir().unwrap();
		let checkpoint = checkpoint(&folder);
		let own: Vec<_> = (0..100).map(|n| sampled(n, n as usize % 3, n as i32 % 3)).collect();
		let mut new: Vec<_> = (0..40).map(|n| sampled(n, n as usize % 3, n as i32 % 3)).collect();
		new[6] = sampled(6, 0, 2);
		new[33] = sampled(33, 2, 1);
		let judgement = Judgement::of(&checkpoint, &new, &own, 3).unwrap();
		let worst: Vec<_> = judgement.worst.iter().map(|w| (w.sampled.place, w.predicted)).collect();
		assert_eq!(worst[..2], [(33, Some(2)), (6, Some(0))]);
		assert!(judgement.worst[0].loss > 8.0 && judgement.worst[2].loss < 0.01, "{judgement:?}");
		assert_eq!(judgement.new.error, Some(0.05));
		assert_eq!(judgement.own.error, Some(0.0));
		assert!(judgement.new.loss > 100.0 * judgement.own.loss, "{judgement:?}");
		assert_eq!((judgement.new.records, judgement.own.records), (40, 100));
		assert!((2..40).contains(&judgement.unusual), "{}", judgement.unusual);
		let right = Judgement::of(&checkpoint, &own, &own, 3).unwrap();
		assert!(right.unusual <= 1, "{}", right.unusual);
	}

	#[test]
	fn nothing_can_t_be_judged() {
		let folder = tempfile::tempdir().unwrap();
		let checkpoint = checkpoint(&folder);
		let records = [sampled(0, 1, 1)];
		assert!(matches!(Judgement::of(&checkpoint, &[], &records, 3), Err(EvaluationError::Empty)));
		assert!(matches!(Judgement::of(&checkpoint, &records, &[], 3), Err(EvaluationError::Empty)));
	}
}
