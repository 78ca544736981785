//! `descent-worker evaluate`: measures checkpoints for the validator beside it.
//!
//! The node's off-chain worker posts what is to be measured and polls until it is; see
//! [`descent_protocol::evaluation`]. Requests wait in a bounded queue and are worked on by one thread. Ballots are kept
//! on disk; what waits or is being measured is not, because the off-chain worker posts it again.

mod jobs;
mod judge;
mod metrics;
mod request;
mod results;
mod service;
#[cfg(test)]
mod tests;

use crate::{
	disk::create_directory,
	materials::{Materials, Quota},
	screen, shutdown,
};
use anyhow::{ensure, Context, Result};
use clap::Args;
use jobs::Jobs;
use judge::{Deadlines, Judge, Measurer};
use metrics::Metrics;
use results::Results;
use serde_json::json;
use service::Service;
use std::{
	future::Future,
	net::SocketAddr,
	panic::{catch_unwind, AssertUnwindSafe},
	path::PathBuf,
	sync::Arc,
	thread,
	time::{Duration, Instant},
};
use tokio::{net::TcpListener, runtime::Handle};

/// Longest wait for the measuring thread when the service ends.
const PATIENCE: Duration = Duration::from_secs(5);

const EXAMPLES: &str = "Examples:
  The evaluator of the validator on this machine, at the address where its node expects it:
    descent-worker evaluate --data ~/.local/share/descent/evaluator

  A second one, for a node that runs with --evaluator-url http://127.0.0.1:9978:
    descent-worker evaluate --listen 127.0.0.1:9978 --data /var/lib/descent/evaluator-2 --threads 4";

/// Measure checkpoints for the validator beside it.
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
	/// Evaluations that may wait.
	#[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..))]
	pub queue: u16,
	/// Results that are kept.
	#[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u16).range(1..))]
	pub results: u16,
	/// Longest time to fetch the checkpoints of a round, in seconds; what is not there by then counts as unavailable. Half of
	/// the group's attest window where that is shorter.
	#[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..))]
	pub fetch_timeout: u64,
	/// Longest time for one evaluation, in seconds.
	#[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..))]
	pub job_limit: u64,
	/// Most GiB of fetched content on disk.
	#[arg(long, value_name = "GIB", default_value_t = 16, value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
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
	jobs: Arc<Jobs>,
	measuring: thread::JoinHandle<()>,
	stop: tokio::sync::oneshot::Sender<()>,
	serving: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Evaluator {
	async fn start(options: &Options) -> Result<Self> {
		let deadlines = Deadlines {
			fetch: Duration::from_secs(options.fetch_timeout),
			job: Duration::from_secs(options.job_limit),
		};
		let quota = Quota {
			content: options.max_content << 30,
			data: options.max_data << 30,
		};
		let directory = options.data.clone();
		Self::start_with(options, |metrics| {
			Ok(Measurer {
				materials: Materials::open(&directory, quota, Handle::current())?,
				deadlines,
				metrics,
			})
		})
		.await
	}

	/// Starts the service with a judge of the caller's choice.
	async fn start_with<J: Judge>(
		options: &Options,
		judge: impl FnOnce(Arc<Metrics>) -> Result<J>,
	) -> Result<Self> {
		create_directory(&options.data)?;
		let metrics = Arc::new(Metrics::new()?);
		// The judge locks the directory, so that no two processes write results.
		let judge = judge(metrics.clone())?;
		let results = Results::open(&options.data.join("results"), options.results.into())?;
		let retry = Duration::from_secs(5);
		let jobs = Arc::new(Jobs::new(results, options.queue.into(), retry, metrics.clone()));
		let listener = TcpListener::bind(options.listen).await.with_context(|| {
			format!(
				"cannot listen on {}: choose another address with --listen",
				options.listen
			)
		})?;
		let address = listener.local_addr()?;
		let measuring = {
			let (jobs, metrics) = (jobs.clone(), metrics.clone());
			thread::Builder::new()
				.name("measuring".into())
				.spawn(move || measure(&jobs, judge, &metrics))?
		};
		let router = service::router(Service {
			jobs: jobs.clone(),
			metrics,
			retry_after: 3,
		});
		let (stop, stopped) = tokio::sync::oneshot::channel();
		let serving = tokio::spawn(serve(listener, router, async {
			// ends as well when the sender is dropped
			let _ = stopped.await;
		}));
		Ok(Self {
			address,
			jobs,
			measuring,
			stop,
			serving,
		})
	}

	/// Ends the service: no new requests, and a job that is being measured gets a little while to finish.
	async fn stop(self) -> Result<()> {
		self.jobs.close();
		drop(self.stop);
		let until = Instant::now() + PATIENCE;
		while !self.measuring.is_finished() && Instant::now() < until {
			tokio::time::sleep(Duration::from_millis(20)).await;
		}
		match tokio::time::timeout(PATIENCE, self.serving).await {
			Ok(served) => Ok(served??),
			Err(_) => Ok(()),
		}
	}
}

async fn serve(
	listener: TcpListener,
	router: axum::Router,
	stopped: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
	axum::serve(listener, router)
		.with_graceful_shutdown(stopped)
		.await
}

/// Works on jobs until there are no more.
fn measure(jobs: &Jobs, mut judge: impl Judge, metrics: &Metrics) {
	while let Some((id, request)) = jobs.next() {
		tracing::info!(
			?id,
			group = request.group,
			round = request.round,
			candidates = request.candidates.len(),
			"measuring"
		);
		let began = Instant::now();
		let progress = |measured| jobs.progress(measured);
		// libtorch's errors are panics; one request must not end the service for all others
		let outcome = catch_unwind(AssertUnwindSafe(|| judge.judge(&request, &progress)))
			.unwrap_or_else(|panic| Err(anyhow::anyhow!("measuring failed: {}", words(panic.as_ref()))));
		metrics.seconds.observe(began.elapsed().as_secs_f64());
		jobs.finish(outcome);
	}
}

/// What a panic said.
fn words(panic: &(dyn std::any::Any + Send)) -> String {
	let text = panic.downcast_ref::<String>().map(String::as_str);
	let text = text.or(panic.downcast_ref::<&str>().copied());
	text.unwrap_or("no reason is known").chars().take(500).collect()
}
