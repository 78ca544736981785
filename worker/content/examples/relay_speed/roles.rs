//! The trainer and the evaluators, each a process in a namespace.

use descent_bench::{Links, Outcome};
use descent_content::{BlockId, FetchLimits, Fetcher, ServerHandle, Store};
use rand::{rngs::StdRng, RngCore, SeedableRng};
use serde::{Deserialize, Serialize};
use std::{
	fs,
	io::{stdin, BufRead, BufReader, Read, Write},
	path::Path,
	process::{Child, ChildStdin, ChildStdout, Stdio},
	time::{Duration, Instant},
};

/// Port of every gateway.
const PORT: u16 = 8080;

/// Address of the gateway of a number.
fn socket(number: usize) -> String {
	format!("{}:{PORT}", Links::address(number))
}

/// URL of the gateway of a number.
pub(crate) fn url(number: usize) -> String {
	format!("http://{}", socket(number))
}

/// A process that ends when its standard input does.
struct Process {
	child: Child,
	input: Option<ChildStdin>,
	output: BufReader<ChildStdout>,
}

impl Process {
	fn start(links: &Links, number: usize, arguments: &[&str]) -> Outcome<Self> {
		let mut command = links.command(number, std::env::current_exe()?);
		let mut child =
			command.arg("--role").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
		let (input, output) = (child.stdin.take(), child.stdout.take().ok_or("it has no output")?);
		Ok(Self { child, input, output: BufReader::new(output) })
	}

	fn line(&mut self) -> Outcome<String> {
		let mut line = String::new();
		match self.output.read_line(&mut line)? {
			0 => Err("a process ended early".into()),
			_ => Ok(line.trim().to_owned()),
		}
	}
}

impl Drop for Process {
	fn drop(&mut self) {
		drop(self.input.take());
		let _ = self.child.wait();
	}
}

/// The trainer's gateway.
pub(crate) struct Trainer {
	_process: Process,
	/// CID and size of the checkpoint.
	content: String,
	url: String,
}

impl Trainer {
	pub(crate) fn start(links: &Links, folder: &Path, mib: usize) -> Outcome<Self> {
		let store = folder.join("trainer").display().to_string();
		let arguments = ["trainer", &store, &mib.to_string(), &socket(0)];
		let mut process = Process::start(links, 0, &arguments)?;
		let content = process.line()?;
		Ok(Self { _process: process, content, url: url(0) })
	}
}

/// Time and memory of a fetch.
#[derive(Serialize, Deserialize)]
pub(crate) struct Fetched {
	pub(crate) seconds: f64,
	/// Most memory of the process, in MiB.
	pub(crate) memory: f64,
}

/// An evaluator: a fetcher, and a gateway over what it has.
pub(crate) struct Evaluator(Process);

impl Evaluator {
	pub(crate) fn start(
		links: &Links,
		folder: &Path,
		index: usize,
		trainer: &Trainer,
		peers: &[String],
	) -> Outcome<Self> {
		let (number, store) = (index + 1, folder.join(index.to_string()).display().to_string());
		let socket = socket(number);
		let mut arguments = vec!["evaluator", &store, &trainer.content, &socket, &trainer.url];
		arguments.extend(peers.iter().map(String::as_str));
		let mut process = Process::start(links, number, &arguments)?;
		process.line()?;
		Ok(Self(process))
	}

	/// Has it begin.
	pub(crate) fn go(&mut self) -> Outcome<()> {
		let input = self.0.input.as_mut().ok_or("it has no input")?;
		Ok(input.write_all(b"go\n")?)
	}

	/// Waits until it has all.
	pub(crate) fn wait(&mut self) -> Outcome<Fetched> {
		Ok(serde_json::from_str(&self.0.line()?)?)
	}
}

/// Serves a checkpoint of random bytes until standard input ends, and prints its CID and size.
#[tokio::main]
pub(crate) async fn serve(store: &Path, mib: u64, address: &str) -> Outcome<()> {
	let store = Store::open(store, u64::MAX)?;
	let bytes = Random(StdRng::seed_from_u64(1)).take(mib << 20);
	let content = store.import(bytes)?;
	let _gateway = ServerHandle::gateway(address.parse()?, store).await?;
	println!("{}-{}", BlockId::from(&content), content.size);
	stdin().read_to_end(&mut Vec::new())?;
	Ok(())
}

struct Random(StdRng);

impl Read for Random {
	fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
		self.0.fill_bytes(buffer);
		Ok(buffer.len())
	}
}

/// Fetches content when it is told to, and serves what it has until standard input ends.
#[tokio::main]
pub(crate) async fn evaluate(
	store: &Path,
	content: &str,
	address: &str,
	provider: &str,
	peers: &[&str],
) -> Outcome<()> {
	let (id, size) = content.split_once('-').ok_or("no content")?;
	let content = id.parse::<BlockId>()?.content(size.parse()?);
	let store = Store::open(store, u64::MAX)?;
	let _gateway = ServerHandle::gateway(address.parse()?, store.clone()).await?;
	let limits =
		FetchLimits { allow_private: true, deadline: Duration::from_secs(3600), ..FetchLimits::default() };
	let fetcher = Fetcher::new(store, limits)?.served_at(Some(format!("http://{address}")));
	println!("ready");
	stdin().read_line(&mut String::new())?;
	let started = Instant::now();
	fetcher.fetch_with_peers(&content, &[provider], peers, |_| {}).await?;
	let fetched = Fetched { seconds: started.elapsed().as_secs_f64(), memory: peak()? };
	println!("{}", serde_json::to_string(&fetched)?);
	tokio::task::spawn_blocking(|| stdin().read_to_end(&mut Vec::new())).await??;
	Ok(())
}

/// Returns the most memory that this process has had, in MiB.
fn peak() -> Outcome<f64> {
	let status = fs::read_to_string("/proc/self/status")?;
	let line = status.lines().find(|line| line.starts_with("VmHWM:")).ok_or("no VmHWM")?;
	Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse::<f64>()? / 1024.0)
}
