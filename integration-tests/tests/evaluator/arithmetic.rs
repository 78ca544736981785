//! One number on every machine: evaluators that are forced to other instruction paths and other numbers of
//! threads.

use anyhow::{ensure, Context, Result};
use descent_integration_tests::{
	checkpoint::Tensor,
	offline::{Group, SEED},
	Evaluator, Machine, Wider,
};
use descent_protocol::{evaluation::EvaluationRequest, Ballot, Score, Verdict};
use std::{path::Path, time::Duration};

/// Longest wait for an answer.
const WAIT: Duration = Duration::from_secs(120);
/// Number of inputs of the linear model.
const WIDTH: u8 = 64;
/// Number of classes of the linear model.
const CLASSES: u8 = 10;

/// Starts an evaluator of this machine and evaluators that compute as others do.
async fn machines(folder: &Path) -> Result<[Evaluator; 3]> {
	Ok([
		Evaluator::start("this", folder, |launch| launch).await?,
		Evaluator::start_as(Machine::OLD, "old", folder).await?,
		Evaluator::start_as(Machine::MIDDLING, "middling", folder).await?,
	])
}

/// Asks all of them, and returns the ballot that they agree on.
async fn agreed(machines: &[Evaluator; 3], request: &EvaluationRequest) -> Result<Ballot> {
	let mut agreed: Option<Ballot> = None;
	for machine in machines {
		let ballot = machine.ballot(request, WAIT).await?;
		let first = agreed.get_or_insert_with(|| ballot.clone());
		ensure!(*first == ballot, "{} found {ballot:?}, not {first:?}", machine.process.name());
	}
	agreed.context("nobody was asked")
}

#[tokio::test(flavor = "multi_thread")]
async fn attacks_are_ill_conditioned_and_honest_checkpoints_match_on_every_instruction_path() -> Result<()> {
	let group = Group::wider().await?;
	let mut machines = machines(group.folder.path()).await?;
	let claimed = Score(100_000);
	let mut candidates = Vec::new();
	for bias in [0.0, 1.0] {
		candidates.push(group.candidate(Wider::ill_conditioned(bias).tensors(), claimed).await?);
	}
	// A lie about a sound checkpoint shows the score in the verdict.
	candidates.push(group.candidate(Wider::separating(0.3).tensors(), claimed).await?);
	let honest = Wider::separating(0.7);
	candidates.push(group.honest(&honest).await?);
	let ballot = agreed(&machines, &group.request(1, candidates)).await?;
	let [first, second, lie, honest_one] = ballot.verdicts[..] else {
		anyhow::bail!("not four verdicts: {ballot:?}");
	};
	ensure!([first, second] == [Verdict::IllConditioned; 2], "{ballot:?}");
	let expected = Wider::separating(0.3).score(SEED);
	ensure!(matches!(lie, Verdict::Mismatch(measured) if measured.score == expected), "{ballot:?}");
	let expected = honest.score(SEED);
	ensure!(matches!(honest_one, Verdict::Match(measured) if measured.score == expected), "{ballot:?}");

	let linear = linear_group().await?;
	let mut candidates = Vec::new();
	for amplifier in [1_152_921_504_606_846_976.0, 9_007_199_254_740_992.0] {
		candidates.push(linear.candidate(amplified(amplifier), claimed).await?);
	}
	candidates.push(linear.candidate(amplified(0.0), claimed).await?);
	let ballot = agreed(&machines, &linear.request(2, candidates)).await?;
	let [first, second, lie] = ballot.verdicts[..] else {
		anyhow::bail!("not three verdicts: {ballot:?}");
	};
	ensure!([first, second] == [Verdict::IllConditioned; 2], "{ballot:?}");
	ensure!(matches!(lie, Verdict::Mismatch(_)), "{ballot:?}");
	for machine in &mut machines {
		machine.process.stop().await?;
	}
	Ok(())
}

/// Creates a group of a linear model on 300 records of ones. The second value of each differs.
async fn linear_group() -> Result<Group> {
	let model = format!(
		r#"{{"descent": 1, "name": "amplifier",
		"inputs": [{{"column": "x", "dtype": "f32", "shape": [{WIDTH}]}}],
		"target": {{"column": "y", "dtype": "u8", "shape": [], "classes": {CLASSES}}},
		"layers": [{{"type": "linear", "out": {CLASSES}}}],
		"loss": "cross_entropy"}}"#
	);
	let records = (0..300u16).map(|record| {
		let mut values = [1.0; WIDTH as usize];
		values[1] += f32::from(record) / 1_024.0;
		let mut bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
		bytes.push((record % u16::from(CLASSES)) as u8);
		bytes
	});
	Group::of(&model, records).await
}

/// Returns parameters of the linear model with weights of `amplifier` and `-amplifier`, which cancel, between
/// small ones (pytorch/pytorch#155423 has such sums). Without an amplifier they are sound.
fn amplified(amplifier: f32) -> Vec<Tensor> {
	let weights = (0..CLASSES).flat_map(|class| {
		(0..WIDTH).map(move |input| match input % 4 {
			0 => amplifier,
			2 => -amplifier,
			_ => (f32::from(class) + f32::from(input / 2 % 5)) / 8.0,
		})
	});
	let shape = [CLASSES, WIDTH].map(u64::from);
	vec![
		Tensor::new("layers.0.weight", &shape, &weights.collect::<Vec<_>>()),
		Tensor::new("layers.0.bias", &[CLASSES.into()], &[]),
	]
}
