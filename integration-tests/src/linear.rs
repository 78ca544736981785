//! The model of [`crate::synthetic`], trained by hand in f64: with nothing of the workers' code.

use crate::{
	checkpoint::{safetensors, two_clouds_of, Tensor},
	synthetic,
};
use anyhow::{Context, Result};
use descent_dataset::{DeltaLimits, Description, Set};
use descent_protocol::{ContentRef, Rounding, Score};
use rand_chacha::{
	rand_core::{RngCore, SeedableRng},
	ChaCha12Rng,
};
use sp_core::H256;
use std::{fs::File, io::Read, path::Path};
use tempfile::TempDir;

/// A point of the plane and its class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
	/// Place of the point.
	pub at: [f64; 2],
	/// Number of its class, 0 or 1.
	pub class: usize,
}

/// The records of a data set, in their order.
pub struct Records {
	set: Set,
	_folder: TempDir,
}

impl Records {
	/// Reads the records of a first delta of the model's columns.
	///
	/// # Errors
	/// Fails if it is not one.
	pub fn read(delta: &Path) -> Result<Self> {
		let folder = tempfile::tempdir()?;
		let schema = Description::parse(synthetic::MODEL.as_bytes())?.schema();
		let digest = descent_content::address(File::open(delta)?)?.digest;
		let set = Set::apply(folder.path(), None, delta, digest, &schema, &DeltaLimits::default())?;
		Ok(Self { set, _folder: folder })
	}

	/// The data set.
	pub fn set(&self) -> &Set {
		&self.set
	}

	/// Number of records.
	pub fn count(&self) -> u64 {
		self.set.len()
	}

	/// Returns the records at these positions.
	///
	/// # Errors
	/// Fails if there is none at one of them.
	pub fn points(&self, positions: &[u64]) -> Result<Vec<Point>> {
		positions.iter().map(|position| self.point(*position)).collect()
	}

	fn point(&self, position: u64) -> Result<Point> {
		let mut record = Vec::new();
		self.set.read(position, &mut record)?;
		let (coordinates, class) = record.split_at_checked(8).context("a record is too short")?;
		let coordinates =
			coordinates.as_chunks::<4>().0.iter().map(|word| f64::from(f32::from_le_bytes(*word)));
		let at = coordinates.collect::<Vec<_>>().try_into().ok().context("a point has two coordinates")?;
		Ok(Point { at, class: usize::from(*class.first().context("a record has no class")?) })
	}
}

/// Parameters of the model: a linear layer for two classes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Linear {
	weight: [[f64; 2]; 2],
	bias: [f64; 2],
}

impl Linear {
	/// Returns the initial parameters that a seed draws.
	pub fn initial(seed: u64) -> Self {
		let mut stream = ChaCha12Rng::seed_from_u64(seed);
		let bound = 1.0 / 2f32.sqrt();
		let mut draw = || f64::from(((stream.next_u32() >> 8) as f32 / (1u32 << 23) as f32 - 1.0) * bound);
		Self { weight: [[draw(), draw()], [draw(), draw()]], bias: [0.0; 2] }
	}

	/// Returns parameters that separate the classes, with a loss that falls with `strength`.
	pub fn separating(strength: f32) -> Self {
		let strength = f64::from(strength);
		Self { weight: [[-strength, 0.0], [strength, 0.0]], bias: [0.0; 2] }
	}

	/// Returns the parameters after a step of gradient descent on the mean cross-entropy of these points.
	pub fn stepped(&self, points: &[Point], rate: f64) -> Self {
		let mut next = *self;
		let share = rate / points.len() as f64;
		for Point { at: [x, y], class } in points {
			let probabilities = softmax(self.logits([*x, *y]));
			for (number, probability) in probabilities.into_iter().enumerate() {
				let error = probability - if number == *class { 1.0 } else { 0.0 };
				next.weight[number][0] -= share * error * x;
				next.weight[number][1] -= share * error * y;
				next.bias[number] -= share * error;
			}
		}
		next
	}

	/// Returns the parameters as a checkpoint has them, in f32.
	pub fn rounded(&self) -> Self {
		let round = |value: f64| f64::from(value as f32);
		Self { weight: self.weight.map(|row| row.map(round)), bias: self.bias.map(round) }
	}

	/// Returns the tensors of the checkpoint.
	pub fn tensors(&self) -> Vec<Tensor> {
		let narrow = |value: f64| value as f32;
		two_clouds_of(self.weight.map(|row| row.map(narrow)), self.bias.map(narrow))
	}

	/// Returns the reference of the checkpoint's file.
	///
	/// # Panics
	/// If the file is too long for one block, which it is not.
	pub fn content(&self) -> ContentRef {
		let mut file = Vec::new();
		safetensors(&self.tensors()).read_to_end(&mut file).expect("memory can be read; qed");
		ContentRef::raw(&file).expect("six numbers fit into a block; qed")
	}

	/// Returns the score that evaluators have to measure on the whole validation set in a round with this
	/// seed.
	///
	/// # Panics
	/// If the loss is not finite.
	pub fn score(&self, seed: H256) -> Score {
		let rounded = self.rounded();
		let score = Rounding::dithered(seed).score(synthetic::loss(|point| rounded.logits(point)));
		score.expect("parameters that gradient descent leads to have a finite loss; qed")
	}

	fn logits(&self, [x, y]: [f64; 2]) -> [f64; 2] {
		let [left, right] = self.weight.map(|[a, b]| a * x + b * y);
		[left + self.bias[0], right + self.bias[1]]
	}
}

fn softmax(logits: [f64; 2]) -> [f64; 2] {
	let largest = logits[0].max(logits[1]);
	let powers = logits.map(|logit| (logit - largest).exp());
	powers.map(|power| power / (powers[0] + powers[1]))
}

#[cfg(test)]
mod tests {
	use super::*;

	fn records() -> Records {
		let folder = tempfile::tempdir().unwrap();
		Records::read(&synthetic::write(folder.path()).unwrap().dataset).unwrap()
	}

	#[test]
	fn a_step_goes_down_the_gradient() {
		let points = records().points(&(0..512).collect::<Vec<_>>()).unwrap();
		let loss = |model: &Linear| {
			let of = |point: &Point| -softmax(model.logits(point.at))[point.class].ln();
			points.iter().map(of).sum::<f64>() / points.len() as f64
		};
		let (start, rate) = (Linear::initial(3), 1e-4);
		let next = start.stepped(&points, rate);
		// The loss falls by the rate times the square of the gradient.
		let square: f64 = [(start, next)]
			.iter()
			.flat_map(|(start, next)| {
				let weights = start.weight.as_flattened().iter().zip(next.weight.as_flattened());
				weights.chain(start.bias.iter().zip(&next.bias)).map(|(a, b)| ((a - b) / rate).powi(2))
			})
			.sum();
		let fell = (loss(&start) - loss(&next)) / rate;
		assert!((fell / square - 1.0).abs() < 1e-3, "{fell} and {square}");
	}

	#[test]
	fn records_are_points_of_two_classes() {
		let records = records();
		assert_eq!(records.count(), 512);
		let points = records.points(&[0, 511]).unwrap();
		assert!(points.iter().all(|Point { at, class }| (at[0] > 0.0) == (*class == 1)), "{points:?}");
		assert!(records.points(&[512]).is_err());
	}

	#[test]
	fn a_checkpoint_has_the_numbers_in_f32() {
		let model = Linear::initial(5);
		assert_eq!(model, model.rounded(), "initial weights are in f32");
		assert_ne!(model, Linear::initial(6));
		let [weight, bias] = &model.tensors()[..] else { panic!("{:?}", model.tensors()) };
		assert_eq!(
			weight.values,
			model.weight.as_flattened().iter().map(|value| *value as f32).collect::<Vec<_>>()
		);
		assert_eq!(bias.values, [0.0; 2]);
		assert!(weight.values.iter().all(|value| value.abs() < 0.7072 && *value != 0.0));
		assert_eq!(model.content().size, Linear::separating(2.0).content().size);
		assert_eq!(Linear::separating(2.0).tensors()[0].values, [-2.0, 0.0, 2.0, 0.0]);
	}
}
