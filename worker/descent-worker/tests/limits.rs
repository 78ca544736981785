//! Evaluations at the limits of the format: the memory of an evaluator's processes stays below what is
//! computed before anything is allocated.

use anyhow::{ensure, Context, Result};
use descent_dataset::Description;
use descent_integration_tests::{
	checkpoint::Tensor,
	offline::{Group, SEED},
	procfs::{descendants, peak_memory},
	wait_until, Evaluator,
};
use descent_protocol::{evaluation::JobStatus, Measurement, Rounding, Verdict};
use std::{collections::HashMap, time::Duration};

/// Longest wait for an answer.
const WAIT: Duration = Duration::from_secs(240);
/// Most memory, in bytes, that an evaluation of these models may be said to need: a quarter of a small
/// machine.
const AFFORDABLE: u64 = 4 << 30;
/// Memory, in bytes, that the evaluator itself may take for a job beside its child processes: fetching works
/// block by block.
const OWN: u64 = 512 << 20;

/// A model whose records have 16 MiB, and whose first layer holds 32 Mi values of each: its input and its
/// output.
const LARGE_RECORDS: &str = r#"{"descent": 1, "name": "large records",
	"inputs": [{"column": "x", "dtype": "u8", "shape": [1, 4096, 4095]}],
	"target": {"column": "y", "dtype": "u8", "shape": [], "classes": 2},
	"layers": [{"type": "relu"}, {"type": "avg_pool2d", "kernel": 64}, {"type": "flatten"},
		{"type": "linear", "out": 2}],
	"loss": "cross_entropy"}"#;

/// A model whose first layer makes 32 Mi values out of a record of 64 kB.
const LARGE_ACTIVATIONS: &str = r#"{"descent": 1, "name": "large activations",
	"inputs": [{"column": "x", "dtype": "f32", "shape": [1024, 16]}],
	"target": {"column": "y", "dtype": "u8", "shape": [], "classes": 2},
	"layers": [{"type": "linear", "out": 32751}, {"type": "linear", "out": 1}, {"type": "flatten"},
		{"type": "linear", "out": 2}],
	"loss": "cross_entropy"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn records_of_16_mib_are_measured_within_the_computed_memory() -> Result<()> {
	let description = Description::parse(LARGE_RECORDS.as_bytes())?;
	let plan = description.plan();
	ensure!(
		plan.record_bytes > (16 << 20) - 4_096 && plan.peak_activations > (32 << 20) - 16_384,
		"{plan:?}"
	);
	// As many as a delta may hold of records that are compressed so well.
	let records = (0..4u8).map(|number| {
		let mut record = vec![number; 4_096 * 4_095];
		record.push(number % 2);
		record
	});
	measured_within_the_limit(LARGE_RECORDS, records).await
}

#[tokio::test(flavor = "multi_thread")]
async fn layers_of_32_mi_values_are_measured_within_the_computed_memory() -> Result<()> {
	let plan = Description::parse(LARGE_ACTIVATIONS.as_bytes())?.plan().clone();
	ensure!(plan.peak_activations > (32 << 20) - 16_384, "{plan:?}");
	let records = (0..12u8).map(|number| {
		let value = f32::from(number) / 16.0;
		let mut record: Vec<u8> = std::iter::repeat_n(value.to_le_bytes(), 1_024 * 16).flatten().collect();
		record.push(number % 2);
		record
	});
	measured_within_the_limit(LARGE_ACTIVATIONS, records).await
}

/// Measures a checkpoint of zeros, whose loss is ln 2, and compares the largest memory that each process had
/// with what it had before and what an evaluation of this model may take.
async fn measured_within_the_limit(model: &str, records: impl Iterator<Item = Vec<u8>>) -> Result<()> {
	let description = Description::parse(model.as_bytes())?;
	let limit = descent_model::evaluation_memory(&description);
	ensure!(limit <= AFFORDABLE, "an evaluation is said to need {limit} bytes");
	let group = Group::of(model, records).await?;
	let mut evaluator = Evaluator::start("evaluator", group.folder.path(), |launch| launch).await?;
	let own = evaluator.id()?;
	let children = async || {
		let children = descendants(own)?;
		Ok((!children.is_empty()).then_some(children))
	};
	let idle = wait_until("the evaluator has child processes", WAIT, children).await?;
	let before = idle.into_iter().filter_map(peak_memory).max().context("the child processes have ended")?;
	let own_before = peak_memory(own).context("the evaluator has ended")?;

	let tensors = description.plan().tensors();
	let zeros = tensors.map(|tensor| Tensor::new(&tensor.name, &tensor.shape, &[])).collect();
	let claim = Rounding::dithered(SEED).score(std::f64::consts::LN_2).context("ln 2 has a score")?;
	let request = group.request(1, vec![group.candidate(zeros, claim).await?]);
	let mut peaks: HashMap<u32, u64> = HashMap::new();
	let status = wait_until("the evaluator answers", WAIT, async || {
		let status = evaluator.submit(&request).await?.status;
		for id in descendants(own)? {
			let peak = peaks.entry(id).or_default();
			*peak = peak_memory(id).unwrap_or_default().max(*peak);
		}
		Ok(matches!(status, JobStatus::Done(_) | JobStatus::Failed { .. }).then_some(status))
	})
	.await?;
	let JobStatus::Done(measured) = status else { anyhow::bail!("{status:?}") };
	let verdicts = &measured.ballot.verdicts[..];
	let is_match = matches!(verdicts, [Verdict::Match(Measurement { score, .. })] if *score == claim);
	ensure!(is_match, "{verdicts:?}");

	let peak = peaks.values().max().copied().unwrap_or_default();
	eprintln!("{peak} bytes at most, {before} of them before; {limit} are computed");
	ensure!(
		peak <= before + limit,
		"a child process had {peak} bytes: {before} before, and {limit} for the job"
	);
	let own_peak = peak_memory(own).context("the evaluator has ended")?;
	ensure!(own_peak <= own_before + OWN, "the evaluator had {own_peak} bytes, and {own_before} before");
	evaluator.process.stop().await
}
