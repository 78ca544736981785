//! `descent-worker evaluate`: runs the evaluator of the validator on this machine.

use anyhow::Result;
use clap::{value_parser, Args};
use descent_console::{screen, shutdown};
use descent_evaluator::{Evaluator, EvaluatorOptions};
use descent_kernels::Instructions;
use descent_trainer::DeviceChoice;
use serde_json::json;
use std::{net::SocketAddr, path::PathBuf, time::Duration};

const EXAMPLES: &str = "Examples:
  The evaluator of the validator on this machine, at the address where its node expects it:
    descent-worker evaluate --data ~/.local/share/descent/evaluator

  The same for a chain of which all is on this machine or in its network:
    descent-worker evaluate --data ~/.local/share/descent/evaluator --allow-private

  The same with a GPU, if it has the scores of all others:
    descent-worker evaluate --data ~/.local/share/descent/evaluator --device cuda:0

  A second one, for a node that runs with --evaluator-url http://127.0.0.1:9978:
    descent-worker evaluate --listen 127.0.0.1:9978 --data /var/lib/descent/evaluator-2 --threads 4";

/// Measure checkpoints and check proposed deltas for the validator beside it.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Options {
	/// Address to listen on; port 0 takes a free one.
	#[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9977")]
	listen: SocketAddr,
	/// Directory for content, data sets and results. One process at a time may use it.
	#[arg(long, value_name = "DIR")]
	data: PathBuf,
	/// Threads that measure, all processes together; all cores if absent.
	#[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..))]
	threads: Option<u16>,
	/// Processes that measure side by side. Each has all threads while it is alone. Rounds of different
	/// groups then do not wait for each other, and each process may take the memory of one evaluation.
	#[arg(long, value_name = "N", default_value_t = 2, value_parser = value_parser!(u16).range(1..=64))]
	processes: u16,
	/// Device that measures: cpu, or cuda:N for a GPU. A GPU computes in f64 and is compared with the CPU at
	/// start; if it is missing or has other scores, the CPU measures and a warning says so. The processes
	/// that measure on a GPU have no limit on their memory.
	#[arg(long, value_name = "DEVICE", default_value = "cpu", value_parser = gpu)]
	device: Gpu,
	/// Address at which to serve the content that was fetched to the evaluators of other validators, so that
	/// a trainer uploads a checkpoint a few times and not once for each. Off if absent.
	#[arg(long, value_name = "ADDRESS")]
	share: Option<SocketAddr>,
	/// URL at which others find the address of --share, as it is registered on chain.
	#[arg(long, value_name = "URL", requires = "share")]
	share_url: Option<String>,
	/// Instructions to compute with, to compare them; the fastest that this processor has if absent. They
	/// change the speed alone.
	#[arg(long, value_name = "NAME", value_parser = instructions)]
	instructions: Option<Instructions>,
	/// Print a line of JSON with the address when ready.
	#[arg(long)]
	json: bool,
	/// Allow an address to listen on that other machines can reach. Any of them can give this machine work.
	#[arg(long)]
	allow_remote: bool,
	/// Evaluations that may wait; as many checks may wait beside them.
	#[arg(long, value_name = "N", default_value_t = 32, value_parser = value_parser!(u16).range(1..))]
	queue: u16,
	/// Results that are kept, of evaluations and of checks.
	#[arg(long, value_name = "N", default_value_t = 1024, value_parser = value_parser!(u16).range(1..))]
	results: u16,
	/// Longest time to fetch the checkpoints of a round, in seconds; what is not there by then counts as
	/// unavailable. Half of the group's attest window where that is shorter.
	#[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = value_parser!(u64).range(1..))]
	fetch_timeout: u64,
	/// Longest time for one evaluation, in seconds.
	#[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = value_parser!(u64).range(1..))]
	job_limit: u64,
	/// Longest time for one check of a proposed delta, in seconds.
	#[arg(
		long, value_name = "SECONDS", default_value_t = 21_600,
		value_parser = value_parser!(u64).range(1..)
	)]
	check_limit: u64,
	/// Most GiB of fetched content on disk. Half of it is for candidates; a delta has to fit into the other
	/// half.
	#[arg(
		long, value_name = "GIB", default_value_t = 40,
		value_parser = value_parser!(u64).range(1..=1 << 20)
	)]
	max_content: u64,
	/// Most GiB of data sets on disk.
	#[arg(
		long, value_name = "GIB", default_value_t = 32,
		value_parser = value_parser!(u64).range(1..=1 << 20)
	)]
	max_data: u64,
	/// Fetch from providers on this machine and in private networks, too. A local chain needs it; on a public
	/// one anybody could make this machine send requests into your network.
	#[arg(
		long,
		env = "DESCENT_ALLOW_PRIVATE",
		value_parser = clap::builder::FalseyValueParser::new()
	)]
	allow_private: bool,
}

impl Options {
	fn evaluator(self) -> EvaluatorOptions {
		EvaluatorOptions {
			listen: self.listen,
			allow_remote: self.allow_remote,
			data: self.data,
			queue: self.queue.into(),
			results: self.results.into(),
			fetch_timeout: Duration::from_secs(self.fetch_timeout),
			job_limit: Duration::from_secs(self.job_limit),
			check_limit: Duration::from_secs(self.check_limit),
			max_content: self.max_content << 30,
			max_data: self.max_data << 30,
			processes: self.processes.into(),
			threads: self.threads.map(Into::into),
			gpu: self.device.0,
			share: self.share,
			share_url: self.share_url,
			allow_private: self.allow_private,
		}
	}
}

/// Number of the GPU that measures, if one does.
#[derive(Clone, Copy, Debug)]
struct Gpu(Option<usize>);

/// Reads the name of a device. A device that is found by itself would change what measures without a word.
fn gpu(name: &str) -> Result<Gpu, String> {
	match name.parse::<DeviceChoice>()? {
		DeviceChoice::Cpu => Ok(Gpu(None)),
		DeviceChoice::Cuda(number) => Ok(Gpu(Some(number))),
		DeviceChoice::Auto => Err("it is cpu, or cuda:N with N from 0".into()),
	}
}

/// Reads the name of instructions that this processor has.
fn instructions(name: &str) -> Result<Instructions, String> {
	Instructions::named(name)
}

/// Runs the service until the process is asked to stop.
pub(crate) async fn run(options: Options) -> Result<()> {
	let shutdown = shutdown::requested()?;
	if let Some(instructions) = options.instructions {
		instructions.choose();
	}
	let json = options.json;
	let evaluator = Evaluator::start(&options.evaluator()).await?;
	let address = format!("http://{}", evaluator.address());
	if json {
		screen::json(&json!({ "event": "ready", "address": address }));
	} else {
		screen::line(&format!("Evaluator listens at {address}"));
	}
	if let Some(share) = evaluator.share_address() {
		tracing::info!("serves what it has fetched to other validators at http://{share}");
	}
	shutdown.await;
	tracing::info!("ending; the node will ask again for unfinished measurements");
	evaluator.stop().await
}
