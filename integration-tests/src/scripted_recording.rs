use crate::{linear::Records, Linear};
use anyhow::{Context, Result};
use descent_client::AccountId;
use descent_protocol::{
	trace::{
		drawn_segment, submission_hash, trace_root, BatchOrder, Recipe, Recording, Segment, SegmentProof,
		Trace, RATE_UNIT,
	},
	ContentRef,
};
use sp_core::H256;

/// A recorded training of [`Linear`], made by hand: as its recipe says, or not.
#[derive(Clone, Debug)]
pub struct ScriptedRecording {
	/// The recipe that it names.
	pub recipe: Recipe,
	/// The segments that it names. Each begins at the end of the one before.
	pub segments: Vec<Segment>,
	/// The weights at the end of each of them.
	pub states: Vec<Linear>,
}

impl ScriptedRecording {
	/// Records segments with this learning rate, in billionths. `train` makes the weights at the end of a
	/// segment out of its number and its first weights.
	///
	/// # Errors
	/// Those of `train`.
	pub fn new(
		recipe: Recipe,
		rate: u32,
		start: Linear,
		count: u16,
		mut train: impl FnMut(u16, Linear) -> Result<Linear>,
	) -> Result<Self> {
		let (mut segments, mut states) = (Vec::new(), Vec::new());
		let mut at = start;
		for number in 0..count {
			at = train(number, at)?.rounded();
			segments.push(Segment { from: number.checked_sub(1), rate, state: at.content().digest });
			states.push(at);
		}
		Ok(Self { recipe, segments, states })
	}

	/// The trace that a commitment binds.
	pub fn trace(&self) -> Trace {
		Trace { root: trace_root(&self.segments), segments: self.segments.len() as u16 }
	}

	/// Returns the hash that a commitment binds, to the checkpoint at the end of a segment.
	///
	/// # Errors
	/// Fails if there is no such segment.
	pub fn submission(&self, last: u16) -> Result<H256> {
		Ok(submission_hash(self.checkpoint(last)?.digest, &self.recipe, &self.trace()))
	}

	/// Returns the weights at the end of a segment.
	///
	/// # Errors
	/// Fails if there is no such segment.
	pub fn state(&self, number: u16) -> Result<&Linear> {
		self.states.get(usize::from(number)).with_context(|| format!("there is no segment {number}"))
	}

	/// Returns the reference of the checkpoint at the end of a segment.
	///
	/// # Errors
	/// Fails if there is no such segment.
	pub fn checkpoint(&self, number: u16) -> Result<ContentRef> {
		Ok(self.state(number)?.content())
	}

	/// Returns what is shown with the checkpoint at the end of a segment in a round with this seed.
	///
	/// # Errors
	/// Fails if there is no such segment.
	pub fn shown(&self, last: u16, seed: H256) -> Result<Recording> {
		let drawn = drawn_segment(seed, self.submission(last)?, self.trace().segments);
		self.shown_with(last, drawn)
	}

	/// Returns what shows this segment as the drawn one.
	///
	/// # Errors
	/// Fails if there is no such segment.
	pub fn shown_with(&self, last: u16, drawn: u16) -> Result<Recording> {
		let proof = |number| {
			SegmentProof::new(&self.segments, number).with_context(|| format!("there is no segment {number}"))
		};
		let drawn = proof(drawn)?;
		Ok(Recording {
			recipe: self.recipe,
			trace: self.trace(),
			last: proof(last)?,
			start: drawn.segment.from.map(proof).transpose()?,
			drawn,
		})
	}
}

/// The batches of an honest training.
pub struct Batches<'a> {
	/// The order of the records.
	pub order: BatchOrder,
	/// The records.
	pub records: &'a Records,
	/// The recipe.
	pub recipe: Recipe,
}

impl Batches<'_> {
	/// Returns the same for another account.
	pub fn of(&self, account: AccountId) -> Self {
		Self { order: BatchOrder { account, ..self.order.clone() }, ..*self }
	}

	/// Returns the positions of the records of each step of a segment.
	pub fn positions(&self, segment: u16) -> Vec<Vec<u64>> {
		let of = |step| self.order.batch(segment, step, self.records.count(), self.recipe.batch);
		(0..self.recipe.steps).map(of).collect()
	}

	/// Trains on these batches, one after the other.
	///
	/// # Errors
	/// Fails if there are no such records.
	pub fn train(&self, mut model: Linear, batches: &[Vec<u64>], rate: u32) -> Result<Linear> {
		let rate = f64::from(rate) / f64::from(RATE_UNIT);
		for batch in batches {
			model = model.stepped(&self.records.points(batch)?, rate);
		}
		Ok(model)
	}

	/// Trains a segment as the recipe says.
	///
	/// # Errors
	/// Fails if the records can't be read.
	pub fn segment(&self, number: u16, model: Linear, rate: u32) -> Result<Linear> {
		self.train(model, &self.positions(number), rate)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::synthetic;
	use descent_protocol::trace::{Base, Precision, RecipeOptimizer};

	fn recipe(batch: u32) -> Recipe {
		let optimizer = RecipeOptimizer::Sgd { momentum: 0, nesterov: false, weight_decay: 0 };
		let base = Base::Initial { seed: 5 };
		Recipe { base, optimizer, precision: Precision::F64, steps: 20, batch }
	}

	fn order() -> BatchOrder {
		let account = AccountId::new([3; 32]);
		BatchOrder { genesis: H256::zero(), group: 0, round: 1, link: H256::repeat_byte(2), account }
	}

	fn records() -> Records {
		let folder = tempfile::tempdir().unwrap();
		Records::read(&synthetic::write(folder.path()).unwrap().dataset).unwrap()
	}

	/// Distance of weights from those that they should be, as a part of the way to those.
	fn departure(start: &Linear, honest: &Linear, other: &Linear) -> f64 {
		let values = |model: &Linear| model.tensors().into_iter().flat_map(|tensor| tensor.values);
		let distance = |from: &Linear| {
			let squares = values(from).zip(values(honest)).map(|(a, b)| f64::from(a - b).powi(2));
			squares.sum::<f64>().sqrt()
		};
		distance(other) / distance(start)
	}

	#[test]
	fn on_easy_data_only_f64_shows_that_half_of_each_batch_was_left_out() {
		let (records, rate) = (records(), 100_000_000);
		let recipe = Recipe { steps: 200, ..recipe(64) };
		let batches = Batches { order: order(), records: &records, recipe };
		let half = |batch: Vec<u64>| batch[..batch.len() / 2].to_vec();
		let (mut at, mut departures) = (Linear::initial(5), Vec::new());
		for number in 0..8 {
			let honest = batches.segment(number, at, rate).unwrap();
			let halves: Vec<_> = batches.positions(number).into_iter().map(half).collect();
			departures.push(departure(&at, &honest, &batches.train(at, &halves, rate).unwrap()));
			let skipped: Vec<_> = batches.positions(number).into_iter().step_by(2).collect();
			let skipped = departure(&at, &honest, &batches.train(at, &skipped, rate).unwrap());
			assert!(skipped > 0.2, "every other step is missed: {skipped}");
			at = honest;
		}
		// The limits begin at 0.12 in f32, and end at 1.5e-7 in f64.
		assert!(departures.iter().all(|departure| (0.005..0.12).contains(departure)), "{departures:?}");
	}

	#[test]
	fn an_honest_recording_shows_what_a_seed_draws() {
		let (records, recipe) = (records(), recipe(32));
		let batches = Batches { order: order(), records: &records, recipe };
		let (rate, start) = (100_000_000, Linear::initial(5));
		let recording =
			ScriptedRecording::new(recipe, rate, start, 3, |number, at| batches.segment(number, at, rate));
		let recording = recording.unwrap();
		let seed = H256::repeat_byte(9);
		let score = |model: &Linear| model.score(seed);
		let scores: Vec<_> = [start].iter().chain(&recording.states).map(score).collect();
		assert!(scores.is_sorted_by(|before, after| before > after), "it learns: {scores:?}");
		for last in [1, 2] {
			let checkpoint = recording.checkpoint(last).unwrap().digest;
			assert!(recording.shown(last, seed).unwrap().is_sound(checkpoint, seed));
			assert!(!recording
				.shown(last, seed)
				.unwrap()
				.is_sound(recording.checkpoint(0).unwrap().digest, seed));
		}
		let other = batches.of(AccountId::new([4; 32]));
		assert_ne!(other.positions(0), batches.positions(0));
		assert!(recording.shown(3, seed).is_err());
	}
}
