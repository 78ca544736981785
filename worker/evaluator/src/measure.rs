//! Measuring the head and the candidates of a round.

mod download;
mod records;
mod replay;
mod round;

use super::{metrics::Metrics, pool::EvaluationPool, runner::JobRunner};
use anyhow::{ensure, Result};
use descent_artifacts::{joined, within, Artifacts};
use descent_protocol::{
	evaluation::{EvaluationRequest, Measured},
	Ballot,
};
use records::{Records, Times};
use round::RoundEvaluation;
use std::{
	sync::Arc,
	time::{Duration, Instant},
};

/// Longest wait for an answer of any gateway, where nobody was heard of so far.
pub(crate) const HEARING: Duration = Duration::from_secs(3);

/// Error where nobody was heard of.
pub(crate) const NO_NETWORK: &str =
	"no provider of this group and of its candidates gives any answer: this machine \
	seems to have no network, so the validator casts no vote. Check its connection, name service and \
	firewall";

/// Error where the time for measuring is over before it begins.
const TOO_LATE: &str =
	"the attest window closed while model and data were fetched and read; the next round uses them";

/// Longest times that an evaluation may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadlines {
	/// For fetching all checkpoints of a round, which the group's windows may shorten.
	pub fetch: Duration,
	/// For a whole evaluation.
	pub job: Duration,
}

/// Runner that fetches and measures checkpoints.
#[derive(Clone)]
pub(crate) struct Measurer {
	pub artifacts: Arc<Artifacts>,
	pub pool: EvaluationPool,
	pub deadlines: Deadlines,
	pub metrics: Arc<Metrics>,
}

impl JobRunner<EvaluationRequest> for Measurer {
	fn run(
		&mut self,
		request: &EvaluationRequest,
		over: Instant,
		progress: &dyn Fn(u32),
	) -> Result<Measured> {
		let (group, round) = (request.group, request.round);
		tracing::info!(group, round, candidates = request.candidates.len(), "measuring");
		let contacts = self.artifacts.contacts();
		let limit = within(self.deadlines.job);
		// What is known is said when the window closes, and the rest of the window is for saying it.
		let closing = closing(over, request);
		let description = self.artifacts.description(&request.model, &request.providers, limit.min(over))?;
		let until = limit.min(closing);
		// A hidden test set that is served slowly takes no time from the checkpoints. Other data may take
		// hours to build, and the checkpoints' room on disk is for those that are measured.
		let begun = request.test_set.is_some().then(|| self.fetch(request, &description, until));
		let Records { set, test_set, replayed } =
			self.records(request, &description, Times { closing, over, limit })?;
		ensure!(Instant::now() < closing, TOO_LATE);
		let (ballot, missed) = match set {
			Some(set) => {
				let downloads = begun.unwrap_or_else(|| self.fetch(request, &description, until));
				let sets = (set, replayed);
				let mut evaluation =
					RoundEvaluation::new(self, request, (description, sets), until, progress);
				(evaluation.measure(downloads)?, evaluation.missed)
			}
			None => (Ballot { baseline: None, verdicts: Default::default() }, true),
		};
		if missed {
			self.check_network(request, contacts, over)?;
		}
		self.metrics.set_content(self.artifacts.cache().store().used_bytes());
		Ok(Measured { ballot, test_set })
	}
}

/// Returns the end of measuring: a tenth of the attest window before it closes. The candidates' time is half
/// of the window.
fn closing(over: Instant, request: &EvaluationRequest) -> Instant {
	over.checked_sub(Duration::from_millis(request.fetch_ms / 5)).unwrap_or(over)
}

impl Measurer {
	/// Fails if nobody was heard of since `contacts` were counted, neither while content was fetched nor now.
	/// That content is not to be had says nothing then.
	fn check_network(&self, request: &EvaluationRequest, contacts: u64, over: Instant) -> Result<()> {
		if self.artifacts.contacts() > contacts {
			return Ok(());
		}
		let mut gateways = joined(&request.providers, &request.peers);
		if let Some(test_set) = &request.test_set {
			gateways = joined(&gateways, &test_set.providers);
		}
		ensure!(self.artifacts.is_heard_of(&gateways, within(HEARING).min(over)), NO_NETWORK);
		Ok(())
	}
}
