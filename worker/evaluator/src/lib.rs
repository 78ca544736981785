//! The evaluator: a service that measures checkpoints, replays recorded trainings, checks proposed deltas and
//! fetches from keepers, for the validator beside it.
//!
//! The node's off-chain worker posts a request and polls until its job is done; see
//! [`descent_protocol::evaluation`]. Evaluations and checks wait in separate bounded queues and have separate
//! threads, so that neither waits for the other. Both spend much of their time on waiting for providers, so
//! several run side by side. Sealed test sets are fetched ahead by threads of their own. What strangers
//! publish is read by processes of an [`EvaluationPool`], which have neither network nor keys. Outcomes are
//! kept on disk. Jobs are not, because the off-chain worker posts them again.
//!
//! # Example
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use descent_evaluator::{Evaluator, EvaluatorOptions};
//! use std::time::Duration;
//!
//! let evaluator = Evaluator::start(&EvaluatorOptions {
//!     listen: "127.0.0.1:9977".parse()?,
//!     allow_remote: false,
//!     data: "/var/lib/descent/evaluator".into(),
//!     queue: 32,
//!     results: 1024,
//!     fetch_timeout: Duration::from_secs(600),
//!     job_limit: Duration::from_secs(600),
//!     check_limit: Duration::from_secs(21_600),
//!     max_content: 40 << 30,
//!     max_data: 32 << 30,
//!     processes: 2,
//!     threads: None,
//!     gpu: None,
//!     share: None,
//!     share_url: None,
//!     allow_private: false,
//! })
//! .await?;
//! println!("listening at http://{}", evaluator.address());
//! evaluator.stop().await
//! # }
//! ```

mod check;
pub mod child;
mod custody;
pub mod evaluation_set;
pub mod judgement;
mod measure;
mod metrics;
mod pool;
mod prefetch;
mod queue;
mod request;
mod results;
mod runner;
mod segment;
mod service;
#[cfg(test)]
mod tests;

pub use child::Isolation;
pub use pool::{DeltaCheck, EvaluationPool, PoolOptions};

use anyhow::{ensure, Context, Result};
use check::Checker;
use custody::CustodyChecker;
use descent_artifacts::{disk::create_directory, Artifacts, Quota};
use descent_content::ServerHandle;
use descent_protocol::evaluation::{CheckRequest, CustodyRequest, EvaluationRequest};
use measure::{Deadlines, Measurer};
use metrics::Metrics;
use prefetch::PrefetchQueue;
use queue::{JobQueue, Limits};
use request::Request;
use results::Results;
use runner::JobRunner;
use service::Service;
use std::{
	future::IntoFuture,
	net::SocketAddr,
	path::PathBuf,
	sync::Arc,
	thread,
	time::{Duration, Instant},
};
use tokio::{net::TcpListener, runtime::Handle};

/// Longest wait for the working threads, and for open connections, when the service ends.
const PATIENCE: Duration = Duration::from_secs(5);
/// Checks that run side by side: most of their time is spent on waiting for the providers of a delta.
const CHECKERS: usize = 16;
/// Checks of keepers that run side by side: all of their time is spent on waiting.
const CUSTODY_CHECKERS: usize = 4;
/// Evaluations that fetch while all processes measure.
const FETCHING: usize = 3;
/// Jobs of one group that run at a time. With fewer, a slow provider or two would keep a group from all of
/// its other proposals; with more, a few groups would keep out all others.
const PER_GROUP: usize = 4;
/// Time after which a failed job may be asked for again.
const RETRY: Duration = Duration::from_secs(5);
/// Time that a job is kept waiting after its window should be over.
const GRACE: Duration = Duration::from_secs(15);

/// Options of an [`Evaluator`].
#[derive(Clone, Debug)]
pub struct EvaluatorOptions {
	/// Address to listen on; port 0 takes a free one.
	pub listen: SocketAddr,
	/// Allows an address that other machines can reach. Any of them can give this one work.
	pub allow_remote: bool,
	/// Directory for content, data sets and results. One process at a time may use it.
	pub data: PathBuf,
	/// Number of evaluations that may wait, and of checks beside them.
	pub queue: usize,
	/// Number of results that are kept of evaluations, and of checks.
	pub results: usize,
	/// Longest time to fetch the checkpoints of a round; the group's attest window may shorten it.
	pub fetch_timeout: Duration,
	/// Longest time for one evaluation.
	pub job_limit: Duration,
	/// Longest time for one check of a proposed delta.
	pub check_limit: Duration,
	/// Most bytes of fetched content on disk. Half of them are for candidates.
	pub max_content: u64,
	/// Most bytes of data sets on disk.
	pub max_data: u64,
	/// Number of processes that measure side by side.
	pub processes: usize,
	/// Threads that measure, all processes together; one for each core if absent.
	pub threads: Option<usize>,
	/// Number of the GPU that measures, if its self-test passes; else the CPU does.
	pub gpu: Option<usize>,
	/// Address at which to serve the fetched content to the evaluators of other validators.
	pub share: Option<SocketAddr>,
	/// URL at which others find that address.
	pub share_url: Option<String>,
	/// Allows providers of content on this machine and in private networks, which a local chain needs.
	pub allow_private: bool,
}

/// A running evaluator.
pub struct Evaluator {
	evaluations: Arc<JobQueue<EvaluationRequest>>,
	checks: Arc<JobQueue<CheckRequest>>,
	custody_checks: Arc<JobQueue<CustodyRequest>>,
	prefetches: Arc<PrefetchQueue>,
	threads: Vec<thread::JoinHandle<()>>,
	pool: EvaluationPool,
	server: ServerHandle,
	share: Option<ServerHandle>,
}

impl Evaluator {
	/// Opens the data directory and starts the service. The program has to become a child process when it is
	/// started with the argument `child` alone, see [`child::run`].
	///
	/// # Errors
	/// Fails if the address is not allowed or taken, if the directory cannot be used, or if no process can be
	/// started.
	pub async fn start(options: &EvaluatorOptions) -> Result<Self> {
		let pool = PoolOptions {
			processes: options.processes,
			threads: options.threads,
			gpu: options.gpu,
			deltas: true,
			..PoolOptions::new(&options.data)?
		};
		let evaluators = options.processes.max(1) + FETCHING;
		Self::start_with(options, evaluators, move || EvaluationPool::start(&pool), |runners| runners).await
	}

	/// Starts a service that reads all by itself, without any limit. It is for tests.
	#[doc(hidden)]
	pub async fn start_in_process(options: &EvaluatorOptions) -> Result<Self> {
		Self::start_with(options, 2, || Ok(EvaluationPool::in_process()), |runners| runners).await
	}

	/// Starts the service with other runners, `evaluators` of them for evaluations.
	async fn start_with<M: JobRunner<EvaluationRequest> + Clone, C: JobRunner<CheckRequest> + Clone>(
		options: &EvaluatorOptions,
		evaluators: usize,
		pool: impl FnOnce() -> Result<EvaluationPool> + Send + 'static,
		runners: impl FnOnce((Measurer, Checker)) -> (M, C),
	) -> Result<Self> {
		ensure!(
			options.listen.ip().is_loopback() || options.allow_remote,
			"{} can be reached from other machines, and any of them could give this one work: \
			 listen on 127.0.0.1, or add --allow-remote if only your own node gets there",
			options.listen
		);
		let metrics = Arc::new(Metrics::new()?);
		let mut artifacts = open_artifacts(options)?;
		let pool = tokio::task::spawn_blocking(pool).await??;
		artifacts.set_builder(Arc::new(pool.clone()));
		let artifacts = Arc::new(artifacts);
		let evaluations = open_queue("results", options, &artifacts, &metrics)?;
		let checks = open_queue("checks", options, &artifacts, &metrics)?;
		let custody_checks = open_queue("custody", options, &artifacts, &metrics)?;
		let listener = TcpListener::bind(options.listen).await.with_context(|| {
			format!("cannot listen on {}: choose another address with --listen", options.listen)
		})?;
		let address = listener.local_addr()?;
		let share = match options.share {
			Some(share) => Some(share_content(share, &artifacts).await?),
			None => None,
		};
		let (measurer, checker) = runners(own_runners(options, &artifacts, &pool, &metrics));
		let prefetches = Arc::<PrefetchQueue>::default();
		let mut threads = prefetch::start(&prefetches, &artifacts, &metrics)?;
		for measurer in vec![measurer; evaluators] {
			threads.push(spawn(evaluations.clone(), measurer)?);
		}
		for checker in vec![checker; CHECKERS] {
			threads.push(spawn(checks.clone(), checker)?);
		}
		threads.extend(start_custody_checkers(&custody_checks, &artifacts, &metrics)?);
		let router = service::router(Service {
			evaluations: evaluations.clone(),
			checks: checks.clone(),
			custody_checks: custody_checks.clone(),
			prefetches: prefetches.clone(),
			metrics,
			pool: pool.clone(),
			local_only: !options.allow_remote,
		});
		let server = ServerHandle::spawn(address, |stopped| {
			axum::serve(listener, router).with_graceful_shutdown(stopped).into_future()
		});
		Ok(Self { evaluations, checks, custody_checks, prefetches, threads, pool, server, share })
	}

	/// Returns the address that the service listens on.
	pub fn address(&self) -> SocketAddr {
		self.server.address()
	}

	/// Returns the address at which content is served to other validators, if it is.
	pub fn share_address(&self) -> Option<SocketAddr> {
		self.share.as_ref().map(ServerHandle::address)
	}

	/// Ends the service. New requests are refused, and running jobs get a few seconds to finish.
	pub async fn stop(self) -> Result<()> {
		self.evaluations.close();
		self.checks.close();
		self.custody_checks.close();
		self.prefetches.close();
		let server = tokio::time::timeout(PATIENCE, self.server.stop());
		let (served, ()) = tokio::join!(server, ended(&self.threads));
		self.pool.stop();
		if let Some(share) = self.share {
			// It closes its connections by itself.
			let _ = tokio::time::timeout(PATIENCE, share.stop()).await;
		}
		match served {
			Ok(served) => Ok(served?),
			Err(_) => Ok(()),
		}
	}
}

/// Opens the directory of the service, and locks it, so that no two processes write results.
fn open_artifacts(options: &EvaluatorOptions) -> Result<Artifacts> {
	create_directory(&options.data)?;
	let quota = Quota {
		content: options.max_content,
		candidates: options.max_content / 2,
		data: options.max_data,
		allow_private: options.allow_private,
	};
	let mut artifacts = Artifacts::open(&options.data, quota, Handle::current())?;
	artifacts.set_gateway(options.share_url.as_deref());
	Ok(artifacts)
}

/// Returns what does the jobs of the service.
fn own_runners(
	options: &EvaluatorOptions,
	artifacts: &Arc<Artifacts>,
	pool: &EvaluationPool,
	metrics: &Arc<Metrics>,
) -> (Measurer, Checker) {
	let measurer = Measurer {
		artifacts: artifacts.clone(),
		pool: pool.clone(),
		deadlines: Deadlines { fetch: options.fetch_timeout, job: options.job_limit },
		metrics: metrics.clone(),
	};
	let checker = Checker {
		artifacts: artifacts.clone(),
		pool: pool.clone(),
		limit: options.check_limit,
		metrics: metrics.clone(),
		turn: Arc::default(),
	};
	(measurer, checker)
}

/// Starts the threads that ask keepers.
fn start_custody_checkers(
	jobs: &Arc<JobQueue<CustodyRequest>>,
	artifacts: &Arc<Artifacts>,
	metrics: &Arc<Metrics>,
) -> Result<Vec<thread::JoinHandle<()>>> {
	let checker = CustodyChecker { artifacts: artifacts.clone(), metrics: metrics.clone() };
	let checkers = vec![checker; CUSTODY_CHECKERS].into_iter();
	checkers.map(|checker| spawn(jobs.clone(), checker)).collect()
}

/// Serves the fetched content. A block has to hash to its name, so nothing else can be had.
async fn share_content(address: SocketAddr, artifacts: &Artifacts) -> Result<ServerHandle> {
	let share = ServerHandle::gateway(address, artifacts.cache().store().clone()).await;
	share.with_context(|| format!("cannot listen on {address}: choose another address with --share"))
}

/// Waits until the threads have ended, for [`PATIENCE`] at most.
async fn ended(threads: &[thread::JoinHandle<()>]) {
	let until = Instant::now() + PATIENCE;
	while !threads.iter().all(thread::JoinHandle::is_finished) && Instant::now() < until {
		tokio::time::sleep(Duration::from_millis(20)).await;
	}
}

/// Opens the queue of the jobs of one kind, whose results lie in `folder`.
fn open_queue<R: Request>(
	folder: &str,
	options: &EvaluatorOptions,
	artifacts: &Artifacts,
	metrics: &Metrics,
) -> Result<Arc<JobQueue<R>>> {
	let results = Results::open(&options.data.join(folder), options.results)?;
	let limits = Limits { queue: options.queue, per_group: PER_GROUP, retry: RETRY, grace: GRACE };
	let cache = artifacts.cache().clone();
	Ok(Arc::new(JobQueue::new(results, limits, cache, metrics.of::<R>())))
}

/// Runs jobs on a thread of their own.
fn spawn<R: Request>(jobs: Arc<JobQueue<R>>, runner: impl JobRunner<R>) -> Result<thread::JoinHandle<()>> {
	let thread = thread::Builder::new().name(format!("{}s", R::KIND));
	Ok(thread.spawn(move || runner::work(&jobs, runner))?)
}
