//! `descent-worker evaluate`: measures checkpoints and checks proposed deltas for the validator beside it.
//!
//! The node's off-chain worker posts what is to be done and polls until it is; see [`descent_protocol::evaluation`].
//! Evaluations and checks wait in bounded queues of their own and are worked on by threads of their own, so that none
//! waits for the other; and as checks wait for strangers, several are worked on side by side. What comes of them is kept on
//! disk; what waits or is worked on is not, because the off-chain worker posts it again.

mod check;
pub mod evaluation_set;
mod measure;
mod metrics;
mod queue;
mod request;
mod results;
mod runner;
mod service;
#[cfg(test)]
mod tests;

use anyhow::{ensure, Context, Result};
use check::Checker;
use clap::Args;
use descent_artifacts::{disk::create_directory, Artifacts, Quota};
use descent_console::{screen, shutdown};
use descent_protocol::evaluation::{CheckRequest, EvaluationRequest};
use measure::{Deadlines, Measurer};
use metrics::Metrics;
use queue::{JobQueue, Limits};
use request::Request;
use results::Results;
use runner::JobRunner;
use serde_json::json;
use service::Service;
use std::{
	future::Future,
	net::SocketAddr,
	path::PathBuf,
	sync::Arc,
	thread,
	time::{Duration, Instant},
};
use tokio::{net::TcpListener, runtime::Handle};

/// Longest wait for the working threads when the service ends.
const PATIENCE: Duration = Duration::from_secs(5);
/// Checks that are worked on side by side: most of their time goes into waiting for those who serve a delta.
const CHECKERS: usize = 16;
/// Jobs of a group that are worked on at a time. Fewer would let a slow provider or two keep a group from all of its
/// other proposals, more would let a few groups keep out all others.
const PER_GROUP: usize = 4;
/// What failed may be asked for again after this long.
const RETRY: Duration = Duration::from_secs(5);
/// How long a job is kept waiting when its window should be over.
const GRACE: Duration = Duration::from_secs(15);

const EXAMPLES: &str = "Examples:
  The evaluator of the validator on this machine, at the address where its node expects it:
    descent-worker evaluate --data ~/.local/share/descent/evaluator

  A second one, for a node that runs with --evaluator-url http://127.0.0.1:9978:
    descent-worker evaluate --listen 127.0.0.1:9978 --data /var/lib/descent/evaluator-2 --threads 4";

/// Measure checkpoints and check proposed deltas for the validator beside it.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = EXAMPLES)]
pub struct Options {
	/// Address to listen on; port 0 takes a free one.
	#[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9977")]
	pub listen: SocketAddr,
	/// Directory for content, data sets and results. One process at a time may use it.
	#[arg(long, value_name = "DIR")]
	pub data: PathBuf,
	/// Threads that measure; all cores if absent.
	#[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
	pub threads: Option<u16>,
	/// Print a line of JSON with the address when ready.
	#[arg(long)]
	pub json: bool,
	/// Allow an address to listen on that other machines can reach. Whoever reaches it can give this machine work.
	#[arg(long)]
	pub allow_remote: bool,
	/// Evaluations that may wait; as many checks may wait beside them.
	#[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..))]
	pub queue: u16,
	/// Results that are kept, of evaluations and of checks.
	#[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u16).range(1..))]
	pub results: u16,
	/// Longest time to fetch the checkpoints of a round, in seconds; what is not there by then counts as unavailable. Half of
	/// the group's attest window where that is shorter.
	#[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..))]
	pub fetch_timeout: u64,
	/// Longest time for one evaluation, in seconds.
	#[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..))]
	pub job_limit: u64,
	/// Longest time for one check of a proposed delta, in seconds.
	#[arg(long, value_name = "SECONDS", default_value_t = 21_600, value_parser = clap::value_parser!(u64).range(1..))]
	pub check_limit: u64,
	/// Most GiB of fetched content on disk. Half of it is for candidates; a delta has to fit into the other half.
	#[arg(long, value_name = "GIB", default_value_t = 40, value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
	pub max_content: u64,
	/// Most GiB of data sets on disk.
	#[arg(long, value_name = "GIB", default_value_t = 32, value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
	pub max_data: u64,
}

/// Runs the service until it is told to end.
pub async fn run(options: Options) -> Result<()> {
	ensure!(
		options.listen.ip().is_loopback() || options.allow_remote,
		"{} can be reached from other machines, and whoever reaches it can give this one work: listen on 127.0.0.1, or \
		 add --allow-remote if only your own node gets there",
		options.listen
	);
	let shutdown = shutdown::requested()?;
	if let Some(threads) = options.threads {
		descent_model::set_threads(threads.into());
	}
	let evaluator = Evaluator::start(&options).await?;
	let address = format!("http://{}", evaluator.address);
	if options.json {
		screen::json(&json!({ "event": "ready", "address": address }));
	} else {
		screen::line(&format!("Evaluator listens at {address}"));
	}
	shutdown.await;
	tracing::info!("ending; what is being measured will be asked for again");
	evaluator.stop().await
}

/// A running service.
struct Evaluator {
	address: SocketAddr,
	evaluations: Arc<JobQueue<EvaluationRequest>>,
	checks: Arc<JobQueue<CheckRequest>>,
	threads: Vec<thread::JoinHandle<()>>,
	stop: tokio::sync::oneshot::Sender<()>,
	serving: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Evaluator {
	async fn start(options: &Options) -> Result<Self> {
		let deadlines = Deadlines {
			fetch: Duration::from_secs(options.fetch_timeout),
			job: Duration::from_secs(options.job_limit),
		};
		let limit = Duration::from_secs(options.check_limit);
		Self::start_with(options, |artifacts, metrics| {
			let measurer = Measurer { artifacts: artifacts.clone(), deadlines, metrics: metrics.clone() };
			let checker = Checker { artifacts, limit, metrics, turn: Arc::default() };
			(measurer, checker)
		})
		.await
	}

	/// Starts the service with judges of the caller's choice.
	async fn start_with<M: JobRunner<EvaluationRequest>, C: JobRunner<CheckRequest> + Clone>(
		options: &Options,
		judges: impl FnOnce(Arc<Artifacts>, Arc<Metrics>) -> (M, C),
	) -> Result<Self> {
		create_directory(&options.data)?;
		let metrics = Arc::new(Metrics::new()?);
		let quota = Quota {
			content: options.max_content << 30,
			candidates: options.max_content << 29,
			data: options.max_data << 30,
		};
		// This locks the directory, so that no two processes write results.
		let artifacts = Arc::new(Artifacts::open(&options.data, quota, Handle::current())?);
		let evaluations = jobs("results", options, &artifacts, &metrics)?;
		let checks = jobs("checks", options, &artifacts, &metrics)?;
		let listener = TcpListener::bind(options.listen).await.with_context(|| {
			format!("cannot listen on {}: choose another address with --listen", options.listen)
		})?;
		let address = listener.local_addr()?;
		let (measurer, checker) = judges(artifacts, metrics.clone());
		let mut threads = vec![spawn(evaluations.clone(), measurer)?];
		for checker in vec![checker; CHECKERS] {
			threads.push(spawn(checks.clone(), checker)?);
		}
		let router = service::router(Service {
			evaluations: evaluations.clone(),
			checks: checks.clone(),
			metrics,
			local_only: !options.allow_remote,
		});
		let (stop, stopped) = tokio::sync::oneshot::channel();
		let serving = tokio::spawn(serve(listener, router, async {
			// ends as well when the sender is dropped
			let _ = stopped.await;
		}));
		Ok(Self { address, evaluations, checks, threads, stop, serving })
	}

	/// Ends the service: no new requests, and jobs that are worked on get a little while to finish.
	async fn stop(self) -> Result<()> {
		self.evaluations.close();
		self.checks.close();
		drop(self.stop);
		let until = Instant::now() + PATIENCE;
		while !self.threads.iter().all(thread::JoinHandle::is_finished) && Instant::now() < until {
			tokio::time::sleep(Duration::from_millis(20)).await;
		}
		match tokio::time::timeout(PATIENCE, self.serving).await {
			Ok(served) => Ok(served??),
			Err(_) => Ok(()),
		}
	}
}

/// The jobs of one kind, whose results lie in `folder`.
fn jobs<R: Request>(
	folder: &str,
	options: &Options,
	artifacts: &Artifacts,
	metrics: &Metrics,
) -> Result<Arc<JobQueue<R>>> {
	let results = Results::open(&options.data.join(folder), options.results.into())?;
	let limits = Limits { queue: options.queue.into(), per_group: PER_GROUP, retry: RETRY, grace: GRACE };
	let cache = artifacts.cache().clone();
	Ok(Arc::new(JobQueue::new(results, limits, cache, metrics.of::<R>())))
}

/// Works on jobs on a thread of its own.
fn spawn<R: Request>(jobs: Arc<JobQueue<R>>, judge: impl JobRunner<R>) -> Result<thread::JoinHandle<()>> {
	let thread = thread::Builder::new().name(format!("{}s", R::KIND));
	Ok(thread.spawn(move || runner::work(&jobs, judge))?)
}

async fn serve(
	listener: TcpListener,
	router: axum::Router,
	stopped: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
	axum::serve(listener, router).with_graceful_shutdown(stopped).await
}
