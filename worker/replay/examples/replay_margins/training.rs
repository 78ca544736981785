//! Honest trainings of a segment, and trainings that leave out some of it.

use anyhow::Result;
use descent_dataset::Set;
use descent_model::{Checkpoint, Device, Model, Trainer, TrainingOptions};
use descent_protocol::trace::{BatchOrder, Precision, Recipe, RATE_UNIT};
use descent_replay::{SegmentTask, SegmentTrainer};
use sp_core::crypto::AccountId32;

/// A way to train a segment with less work than the recipe has, or from another training.
#[derive(Clone, Copy)]
pub(crate) enum Cheat {
	/// Takes so many sixteenths of each batch.
	Part(usize),
	/// Takes every second batch, at twice the learning rate.
	EverySecond,
	/// Takes the batches from the last to the first.
	Reversed,
	/// Shows what another account has trained, on its own batches.
	Copied,
}

/// All cheats, with their names in the table and in JSON.
pub(crate) const CHEATS: [(&str, Cheat); 6] = [
	("15/16", Cheat::Part(15)),
	("7/8", Cheat::Part(14)),
	("1/2", Cheat::Part(8)),
	("every 2nd", Cheat::EverySecond),
	("reversed", Cheat::Reversed),
	("copied", Cheat::Copied),
];

/// Trains a segment in this precision. Returns the weights at its end, and the losses of its steps.
pub(crate) fn honest(
	task: &SegmentTask,
	precision: Precision,
	records: &Set,
) -> Result<(Checkpoint, Vec<f64>)> {
	let recipe = Recipe { precision, ..*task.recipe };
	let mut trainer = SegmentTrainer::new(&SegmentTask { recipe: &recipe, ..*task }, Device::Cpu)?;
	let mut losses = Vec::new();
	while !trainer.is_done() {
		losses.push(trainer.step(records)?);
	}
	Ok((trainer.finish()?, losses))
}

/// Trains a segment as a cheat does, in f32.
pub(crate) fn cheating(task: &SegmentTask, cheat: Cheat, records: &Set) -> Result<Checkpoint> {
	let Recipe { optimizer, steps, batch: size, .. } = *task.recipe;
	let other = BatchOrder { account: AccountId32::new([9; 32]), ..task.order.clone() };
	let order = if let Cheat::Copied = cheat { &other } else { task.order };
	let batch = |step| order.batch(task.number, step, records.len(), size);
	let factor = if let Cheat::EverySecond = cheat { 2.0 } else { 1.0 };
	let options = TrainingOptions {
		optimizer: optimizer.into(),
		learning_rate: f64::from(task.rate) / f64::from(RATE_UNIT) * factor,
		..TrainingOptions::default()
	};
	let model = Model::for_training(task.start, Precision::F32, Device::Cpu)?;
	let mut trainer = Trainer::new(model, options)?;
	for step in 0..steps {
		let positions = match cheat {
			Cheat::Part(sixteenths) => {
				let mut positions = batch(step);
				positions.truncate(positions.len() * sixteenths / 16);
				positions
			}
			Cheat::EverySecond if step % 2 == 1 => continue,
			Cheat::Reversed => batch(steps - 1 - step),
			Cheat::EverySecond | Cheat::Copied => batch(step),
		};
		trainer.step(&records.gather(&positions)?)?;
	}
	Ok(trainer.model().checkpoint()?)
}
