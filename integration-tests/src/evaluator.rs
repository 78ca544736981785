use crate::{binaries::Binary, ready, wait_until, Launch, Machine, Process};
use anyhow::{bail, ensure, Context, Result};
use descent_protocol::{
	evaluation::{EvaluationJob, EvaluationRequest, JobStatus, Measured},
	Ballot,
};
use std::{path::Path, time::Duration};

/// Process of an evaluator without a node, and a client that asks it as the node's off-chain worker does.
pub struct Evaluator {
	/// The process.
	pub process: Process,
	http: reqwest::Client,
	address: String,
}

impl Evaluator {
	/// Starts an evaluator with its data and its logs below a folder, on a free port, and waits until it is
	/// ready. `change` adds to its arguments and to its environment.
	///
	/// # Errors
	/// Fails if it does not get ready, with the end of its log.
	pub async fn start(name: &str, folder: &Path, change: impl FnOnce(Launch) -> Launch) -> Result<Self> {
		let launch = Launch::new(name, Binary::Worker.path()?, folder)
			.args(["evaluate", "--json", "--allow-private", "--listen", "127.0.0.1:0"])
			.args(["--threads", "1"])
			.arg("--data")
			.arg(folder.join(name));
		let mut process = Process::spawn(change(launch))?;
		let address = ready(&mut process).await?;
		let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?;
		Ok(Self { process, http, address })
	}

	/// Starts an evaluator as [`Self::start`] does, which computes as another machine does.
	///
	/// # Errors
	/// Those of [`Self::start`].
	pub async fn start_as(machine: Machine, name: &str, folder: &Path) -> Result<Self> {
		Self::start(name, folder, |launch| machine.force(launch)).await
	}

	/// Starts the process again, on another port, after it was killed or has ended.
	///
	/// # Errors
	/// Fails if it does not get ready, with the end of its log.
	pub async fn restart(&mut self) -> Result<()> {
		self.process.restart()?;
		self.address = ready(&mut self.process).await?;
		Ok(())
	}

	/// Id of the process.
	///
	/// # Errors
	/// Fails if it was killed.
	pub fn id(&self) -> Result<u32> {
		self.process.id().context("the evaluator was killed")
	}

	/// Posts a request, and returns its job as it stands.
	///
	/// # Errors
	/// Fails if the evaluator refuses it.
	pub async fn submit(&self, request: &EvaluationRequest) -> Result<EvaluationJob> {
		let url = format!("{}/v1/evaluations", self.address);
		let response = self.http.post(url).json(request).send().await?;
		let status = response.status();
		ensure!(status.is_success(), "{status}: {}", response.text().await?);
		Ok(response.json().await?)
	}

	/// Posts a request as often as it takes until its job is done or has failed, as the off-chain worker
	/// does.
	///
	/// # Errors
	/// Fails after the deadline, with the end of the evaluator's log.
	pub async fn outcome(
		&self,
		request: &EvaluationRequest,
		deadline: Duration,
	) -> Result<JobStatus<Measured>> {
		wait_until("the evaluator answers", deadline, async || {
			let status = self.submit(request).await?.status;
			Ok(matches!(status, JobStatus::Done(_) | JobStatus::Failed { .. }).then_some(status))
		})
		.await
		.with_context(|| format!("its log ends with:\n{}", self.process.tail(20)))
	}

	/// Posts a request and returns its ballot.
	///
	/// # Errors
	/// Fails after the deadline, or if the job fails.
	pub async fn ballot(&self, request: &EvaluationRequest, deadline: Duration) -> Result<Ballot> {
		match self.outcome(request, deadline).await? {
			JobStatus::Done(Measured { ballot, .. }) => Ok(ballot),
			other => bail!("no ballot, but {other:?}; the log ends with:\n{}", self.process.tail(20)),
		}
	}

	/// Posts a request that is to fail, and returns the reason.
	///
	/// # Errors
	/// Fails after the deadline, or if there is a ballot.
	pub async fn failure(&self, request: &EvaluationRequest, deadline: Duration) -> Result<String> {
		match self.outcome(request, deadline).await? {
			JobStatus::Failed { reason } => Ok(reason),
			other => bail!("the job was to fail, but: {other:?}"),
		}
	}
}
