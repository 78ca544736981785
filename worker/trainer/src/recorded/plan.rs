//! The settings of a recorded training, brought together with the rule of its group.

use crate::control::TrainingSettings;
use anyhow::{bail, ensure, Context, Result};
use descent_model::Optimizer;
use descent_protocol::trace::{Precision, RecipeOptimizer, RecipeRule, FRACTION, RATE_UNIT};

/// Largest size of all recordings, in bytes, if nothing else is asked for.
const MAX_BYTES: u64 = 16 << 30;

/// Settings of the training in a group whose checkpoints come with a recording. What the user does not choose
/// is as the group's rule asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecordedSettings {
	/// The type of number. If absent f32, or f64 where the rule takes nothing else.
	pub precision: Option<Precision>,
	/// Records of a batch; absent unless the user chooses them.
	pub batch: Option<u32>,
	/// The learning rate; absent unless the user chooses it.
	pub learning_rate: Option<f64>,
	/// Most bytes of all recordings on disk.
	pub max_bytes: u64,
}

impl Default for RecordedSettings {
	fn default() -> Self {
		Self { precision: None, batch: None, learning_rate: None, max_bytes: MAX_BYTES }
	}
}

/// The part of a recipe that a user chooses, and that keeps to the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
	pub rule: RecipeRule,
	pub optimizer: RecipeOptimizer,
	pub precision: Precision,
	/// The first learning rate, in billionths.
	pub rate: u32,
}

impl Plan {
	/// Brings the settings together with the rule.
	///
	/// # Errors
	/// A sentence that names the setting, the rule and the remedy.
	pub(crate) fn new(rule: RecipeRule, settings: &TrainingSettings) -> Result<Self> {
		let chosen = settings.recorded;
		ensure!(
			chosen.batch.is_none_or(|batch| batch == rule.batch),
			"--batch {} is not what the group's rule asks for: a batch has {} records; leave --batch away",
			chosen.batch.unwrap_or_default(),
			rule.batch
		);
		let precision = match chosen.precision {
			None if rule.exact => Precision::F64,
			None => Precision::F32,
			Some(precision) if rule.exact && precision != Precision::F64 => bail!(
				"--precision {precision} is not what the group's rule asks for: only trainings in f64 are \
				 taken; leave --precision away"
			),
			Some(precision) => precision,
		};
		let optimizer = recipe_optimizer(&settings.optimizer)
			.with_context(|| format!("the optimizer {:?} cannot be recorded", settings.optimizer))?;
		Ok(Self { rule, optimizer, precision, rate: rate(&rule, settings)? })
	}
}

/// Returns the first learning rate. One that the user did not choose is the nearest that the rule admits.
fn rate(rule: &RecipeRule, settings: &TrainingSettings) -> Result<u32> {
	let Some(chosen) = settings.recorded.learning_rate else {
		let usual = units(settings.learning_rate, RATE_UNIT).unwrap_or(rule.largest_rate);
		return Ok(usual.clamp(rule.smallest_rate, rule.largest_rate));
	};
	let admitted = units(chosen, RATE_UNIT).filter(|rate| rule.admits_rate(*rate));
	let shown = |rate: u32| f64::from(rate) / f64::from(RATE_UNIT);
	admitted.with_context(|| {
		format!(
			"--learning-rate {chosen} is not what the group's rule asks for: it admits {} to {}",
			shown(rule.smallest_rate),
			shown(rule.largest_rate)
		)
	})
}

/// Returns an optimizer as a recipe names it; `None` if it has no such form.
fn recipe_optimizer(optimizer: &Optimizer) -> Option<RecipeOptimizer> {
	let fraction = |value| units(value, FRACTION);
	let betas = |(mean, square)| Some((fraction(mean)?, fraction(square)?));
	let optimizer = match *optimizer {
		Optimizer::Sgd { momentum, nesterov, weight_decay } => RecipeOptimizer::Sgd {
			momentum: fraction(momentum)?,
			nesterov,
			weight_decay: fraction(weight_decay)?,
		},
		Optimizer::Adam { betas: both, weight_decay } => {
			RecipeOptimizer::Adam { betas: betas(both)?, weight_decay: fraction(weight_decay)? }
		}
		Optimizer::AdamW { betas: both, weight_decay } => {
			RecipeOptimizer::AdamW { betas: betas(both)?, weight_decay: fraction(weight_decay)? }
		}
	};
	optimizer.is_valid().then_some(optimizer)
}

/// Returns a number in units of which one has this many, rounded to the nearest; `None` if it is negative or
/// too large.
fn units(value: f64, unit: u32) -> Option<u32> {
	// Without a fraction it is written with digits alone.
	format!("{:.0}", value * f64::from(unit)).parse().ok()
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_model::Device;

	const RULE: RecipeRule = RecipeRule {
		steps: 200,
		batch: 64,
		smallest_rate: 1_000,
		largest_rate: 10_000_000,
		exact: false,
		work_reward: None,
	};

	fn settings(recorded: RecordedSettings) -> TrainingSettings {
		TrainingSettings {
			optimizer: Optimizer::AdamW { betas: (0.9, 0.999), weight_decay: 0.01 },
			learning_rate: 0.001,
			batch: 32,
			augmentation: Default::default(),
			accumulate: 1,
			average: None,
			seed: 7,
			holdout: 100,
			device: Device::Cpu,
			own: None,
			recorded,
		}
	}

	fn refusal(rule: RecipeRule, recorded: RecordedSettings) -> String {
		Plan::new(rule, &settings(recorded)).unwrap_err().to_string()
	}

	#[test]
	fn what_is_not_chosen_is_as_the_rule_asks_for() {
		let plan = Plan::new(RULE, &settings(RecordedSettings::default())).unwrap();
		assert_eq!((plan.precision, plan.rate), (Precision::F32, 1_000_000));
		let expected = RecipeOptimizer::AdamW { betas: (900_000, 999_000), weight_decay: 10_000 };
		assert_eq!(plan.optimizer, expected);
		assert_eq!(Optimizer::from(plan.optimizer), settings(RecordedSettings::default()).optimizer);
		let exact = RecipeRule { exact: true, largest_rate: 5_000, ..RULE };
		let plan = Plan::new(exact, &settings(RecordedSettings::default())).unwrap();
		assert_eq!((plan.precision, plan.rate), (Precision::F64, 5_000), "the usual rate is too large");
	}

	#[test]
	fn a_rate_outside_of_the_rule_is_refused_with_both() {
		for rate in [0.02, 5e-7, 1e12] {
			let recorded = RecordedSettings { learning_rate: Some(rate), ..RecordedSettings::default() };
			let error = refusal(RULE, recorded);
			assert!(error.contains(&format!("--learning-rate {rate} ")), "{error}");
			assert!(error.contains("0.000001 to 0.01"), "{error}");
		}
		let recorded = RecordedSettings { learning_rate: Some(0.01), ..RecordedSettings::default() };
		assert_eq!(Plan::new(RULE, &settings(recorded)).unwrap().rate, 10_000_000);
	}

	#[test]
	fn another_precision_than_the_rule_s_is_refused() {
		let exact = RecipeRule { exact: true, ..RULE };
		for precision in [Precision::F32, Precision::Bf16] {
			let recorded = RecordedSettings { precision: Some(precision), ..RecordedSettings::default() };
			let error = refusal(exact, recorded);
			assert!(error.contains(&format!("--precision {precision}")) && error.contains("f64"), "{error}");
			assert_eq!(Plan::new(RULE, &settings(recorded)).unwrap().precision, precision);
		}
		let recorded = RecordedSettings { precision: Some(Precision::F64), ..RecordedSettings::default() };
		assert_eq!(Plan::new(exact, &settings(recorded)).unwrap().precision, Precision::F64);
	}

	#[test]
	fn another_batch_and_another_program_are_refused() {
		let recorded = RecordedSettings { batch: Some(32), ..RecordedSettings::default() };
		let error = refusal(RULE, recorded);
		assert!(error.contains("--batch 32") && error.contains("64 records"), "{error}");
		let recorded = RecordedSettings { batch: Some(64), ..RecordedSettings::default() };
		assert!(Plan::new(RULE, &settings(recorded)).is_ok());
	}
}
