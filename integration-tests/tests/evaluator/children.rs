//! Child processes of an evaluator that are killed in every state.

use crate::group::{heavy, heavy_group, untrained};
use anyhow::{ensure, Result};
use descent_integration_tests::{
	offline::Group,
	procfs::{descendants, kill, processor_time},
	wait_until, Evaluator,
};
use descent_protocol::{evaluation::JobStatus, Measurement, Verdict};
use std::{collections::HashMap, time::Duration};

/// Longest wait for an answer, or for a state.
const WAIT: Duration = Duration::from_secs(120);
/// Processor time that a child has used when it begins with a job: the smallest that can be seen.
const LOADING: Duration = Duration::from_millis(10);
/// Processor time after which a child measures: the checkpoint of 17 MB is read by then. Measuring it takes
/// 70 Gflop, which is seconds.
const MEASURING: Duration = Duration::from_millis(500);
/// Number of records: 16 batches.
const RECORDS: u16 = 4_096;

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_answered_though_its_process_is_killed_in_any_state() -> Result<()> {
	let group = heavy_group(RECORDS).await?;
	let mut evaluator = Evaluator::start("evaluator", group.folder.path(), |launch| launch).await?;
	let own = evaluator.id()?;
	let idle = wait_until("the evaluator has child processes", WAIT, async || {
		let children = descendants(own)?;
		Ok((!children.is_empty()).then_some(children))
	})
	.await?;
	idle.into_iter().try_for_each(kill)?;
	is_answered(&group, &evaluator, 1, None).await?;
	for (round, used) in [(2, LOADING), (3, MEASURING)] {
		is_answered(&group, &evaluator, round, Some(used)).await?;
	}
	is_answered(&group, &evaluator, 4, None).await?;
	ensure!(evaluator.id()? == own && evaluator.process.is_running(), "the evaluator itself has ended");
	let children = descendants(own)?;
	ensure!(!children.is_empty(), "the pool is empty");
	evaluator.process.stop().await?;
	wait_until("the child processes end with the evaluator", WAIT, async || {
		Ok(children.iter().all(|id| processor_time(*id).is_none()).then_some(()))
	})
	.await
}

/// Asks for a round, kills the child process that has used this much processor time for it, and checks that
/// the candidate is a match all the same.
async fn is_answered(
	group: &Group,
	evaluator: &Evaluator,
	round: u32,
	kill_after: Option<Duration>,
) -> Result<()> {
	let candidate = group.candidate(heavy(round as f32), untrained()?).await?;
	let claim = candidate.claim;
	let request = group.request(round, vec![candidate]);
	if let Some(used) = kill_after {
		let own = evaluator.id()?;
		let times = || -> Result<HashMap<u32, Duration>> {
			let children = descendants(own)?.into_iter();
			Ok(children.filter_map(|id| Some((id, processor_time(id)?))).collect())
		};
		let before = times()?;
		let job = evaluator.submit(&request).await?;
		ensure!(!matches!(job.status, JobStatus::Failed { .. }), "{job:?}");
		// A state can pass within milliseconds, so this looks more often than `wait_until` does.
		let state = async {
			loop {
				let busy = times()?.into_iter().find(|(id, time)| {
					time.saturating_sub(before.get(id).copied().unwrap_or_default()) >= used
				});
				match busy {
					Some((id, _)) => return kill(id),
					None => tokio::time::sleep(Duration::from_millis(2)).await,
				}
			}
		};
		tokio::time::timeout(WAIT, state).await??;
		let job = evaluator.submit(&request).await?;
		ensure!(!matches!(job.status, JobStatus::Done(_)), "it was over before it was killed: {job:?}");
	}
	let ballot = evaluator.ballot(&request, WAIT).await?;
	let is_match =
		matches!(ballot.verdicts[..], [Verdict::Match(Measurement { score, .. })] if score == claim);
	ensure!(is_match, "killed after {kill_after:?}: {ballot:?}");
	Ok(())
}
