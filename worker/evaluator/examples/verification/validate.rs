//! Validations of models as a member of a committee does them.

use crate::data::Material;
use anyhow::{ensure, Context, Result};
use descent_content::address;
use descent_evaluator::{evaluation_set::EvaluationSet, EvaluationPool};
use descent_protocol::{transcript_root, Metric};
use serde::Serialize;
use sp_core::H256;
use std::{
	fs::File,
	hint::black_box,
	io::BufReader,
	time::{Duration, Instant},
};

/// Longest time of a validation.
const LIMIT: Duration = Duration::from_secs(600);
/// Number of validations after which the progress is told.
const TOLD: u32 = 100;

/// Times of validations, each of another round.
#[derive(Serialize)]
pub(crate) struct Validations {
	/// Number of records that each round draws.
	pub(crate) records: u32,
	/// Number of validations.
	pub(crate) count: u32,
	pub(crate) mean_seconds: f64,
	/// Time that 95 of 100 validations do not exceed.
	pub(crate) p95_seconds: f64,
	/// The largest condition of a checkpoint, see [`descent_protocol::condition_limit`].
	pub(crate) condition: f64,
}

/// Validates so many models, each on the records that the seed of its round draws.
pub(crate) fn validate(
	material: &Material,
	pool: &EvaluationPool,
	records: u32,
	count: u32,
) -> Result<Validations> {
	let (mut seconds, mut condition) = (Vec::new(), 0.0f64);
	for round in 0..count {
		if round % TOLD == 0 {
			eprintln!("{records} records: validation {round} of {count}");
		}
		let began = Instant::now();
		condition = condition.max(validate_one(material, pool, records, round)?);
		seconds.push(began.elapsed().as_secs_f64());
	}
	seconds.sort_by(f64::total_cmp);
	let place = (seconds.len() * 95).div_ceil(100).saturating_sub(1);
	Ok(Validations {
		records,
		count,
		mean_seconds: seconds.iter().sum::<f64>() / f64::from(count.max(1)),
		p95_seconds: seconds.get(place).copied().unwrap_or_default(),
		condition,
	})
}

/// Validates the model of a round: draws the records, hashes the file, has a process of its own load and
/// evaluate it, once for the score and once for the condition, and hashes the transcript. Returns the
/// condition.
fn validate_one(material: &Material, pool: &EvaluationPool, records: u32, round: u32) -> Result<f64> {
	let (genesis, group) = (H256::repeat_byte(1), 0);
	let seed = H256::from_low_u64_be(u64::from(round) + 1);
	let file = material.checkpoint(usize::try_from(round)?)?;
	let set = EvaluationSet::draw(material.set.clone(), seed, records, Metric::Loss)?;
	let checkpoint = address(BufReader::new(File::open(file)?))?;
	let evaluation = pool.evaluate(&material.description, &set, file, Instant::now() + LIMIT)?;
	black_box(transcript_root(genesis, group, round, checkpoint.digest, &evaluation.transcript));
	ensure!(evaluation.records == u64::from(records), "{} records were measured", evaluation.records);
	evaluation.condition.context("the condition was not measured")
}
