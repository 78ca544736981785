//! The end of an evaluator that measures.

use crate::group::{heavy, heavy_group, untrained};
use anyhow::{ensure, Result};
use descent_integration_tests::{
	procfs::{descendants, processor_time},
	wait_until, Evaluator,
};
use descent_protocol::evaluation::{EvaluationRequest, JobStatus};
use std::{collections::HashMap, time::Duration};

const WAIT: Duration = Duration::from_secs(120);
/// Processor time for a job, of all processes together, after which it is being measured.
const MEASURING: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread")]
async fn an_evaluator_ends_cleanly_while_it_measures() -> Result<()> {
	let group = heavy_group(16_384).await?;
	let mut evaluator = Evaluator::start("evaluator", group.folder.path(), |launch| launch).await?;
	let candidate = group.candidate(heavy(0.0), untrained()?).await?;
	let request = group.request(1, vec![candidate.clone()]);
	measures(&evaluator, &request).await?;
	evaluator.process.interrupt().await?;

	evaluator.restart().await?;
	// The first job may have been finished in the moment that it was given.
	measures(&evaluator, &group.request(2, vec![candidate])).await?;
	evaluator.process.stop().await
}

/// Posts a request and waits until it is being measured.
async fn measures(evaluator: &Evaluator, request: &EvaluationRequest) -> Result<()> {
	let own = evaluator.id()?;
	let times = || -> Result<HashMap<u32, Duration>> {
		let processes = descendants(own)?.into_iter().chain([own]);
		Ok(processes.filter_map(|id| Some((id, processor_time(id)?))).collect())
	};
	let before: Duration = times()?.values().sum();
	evaluator.submit(request).await?;
	wait_until("it measures", WAIT, async || {
		let used = times()?.values().sum::<Duration>().saturating_sub(before);
		let job = evaluator.submit(request).await?;
		ensure!(!matches!(job.status, JobStatus::Done(_)), "it was over before it was seen: {job:?}");
		Ok((used >= MEASURING).then_some(()))
	})
	.await
}
