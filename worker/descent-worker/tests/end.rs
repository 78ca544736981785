//! The program ends cleanly at a signal, whatever it does: with status 0, and without a word of a crash.

use descent_protocol::{ContentRef, EvaluationPolicy, Metric};
use sp_core::H256;
use std::{
	io::{BufRead, BufReader, Read, Write},
	net::{TcpListener, TcpStream},
	path::Path,
	process::{Child, Command, ExitStatus, Stdio},
	time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(60);
/// Longest time from a signal to the end.
const END_LIMIT: Duration = Duration::from_secs(15);
const SIGNALS: [&str; 2] = ["INT", "TERM"];

struct Worker(Child);

impl Worker {
	fn start(arguments: &[&str]) -> Self {
		let mut command = Command::new(env!("CARGO_BIN_EXE_descent-worker"));
		command.args(arguments).env("DESCENT_SURI", "//Trainer1").env("RUST_LOG", "info");
		let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
		Self(child.unwrap())
	}

	fn signal(&self, name: &str) {
		let id = self.0.id().to_string();
		assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
	}

	/// Waits for the end after a signal, and returns the status and all that was printed to standard error.
	fn end(mut self, signal: &str) -> (ExitStatus, String) {
		self.signal(signal);
		let until = Instant::now() + END_LIMIT;
		let status = loop {
			if let Some(status) = self.0.try_wait().unwrap() {
				break status;
			}
			assert!(Instant::now() < until, "it goes on after SIG{signal}");
			std::thread::sleep(Duration::from_millis(10));
		};
		let mut text = String::new();
		self.0.stderr.take().unwrap().read_to_string(&mut text).unwrap();
		(status, text)
	}

	fn assert_clean_end(self, signal: &str) {
		let (status, text) = self.end(signal);
		assert!(status.success(), "SIG{signal}: {status}\n{text}");
		for crash in ["panicked", "Invalid (backend", "Tokio", "stack backtrace", "terminate called"] {
			assert!(!text.contains(crash), "SIG{signal}: {text}");
		}
	}
}

impl Drop for Worker {
	fn drop(&mut self) {
		// It has ended unless the test has failed.
		let _ = self.0.kill();
		let _ = self.0.wait();
	}
}

/// Starts an evaluator and returns its address once it listens.
fn evaluator(directory: &Path) -> (Worker, String) {
	let data = directory.join("evaluator");
	let mut worker = Worker::start(&[
		"evaluate",
		"--listen",
		"127.0.0.1:0",
		"--json",
		"--allow-private",
		"--threads",
		"1",
		"--data",
		data.to_str().unwrap(),
	]);
	let mut line = String::new();
	BufReader::new(worker.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
	let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
	let address = ready["address"].as_str().unwrap().trim_start_matches("http://").to_owned();
	(worker, address)
}

/// Returns a request to measure a checkpoint of a model that this provider serves.
fn request(provider: &str) -> serde_json::Value {
	let [model, delta, checkpoint] = ["model", "delta", "checkpoint"]
		.map(|content| serde_json::to_value(ContentRef::raw(content.as_bytes()).unwrap()).unwrap());
	serde_json::json!({
		"genesis": H256::zero(),
		"group": 0,
		"round": 0,
		"model": model,
		"deltas": [{ "delta": delta, "providers": [] }],
		"metric": Metric::Loss,
		"policy": EvaluationPolicy::Training { records: 1 },
		"seed": H256::zero(),
		"providers": [provider],
		"head": null,
		"fetch_ms": 60_000,
		"candidates": [{ "checkpoint": checkpoint, "providers": [], "claim": 1 }],
	})
}

/// Accepts one connection, before a deadline.
fn accept(listener: &TcpListener) -> TcpStream {
	listener.set_nonblocking(true).unwrap();
	let until = Instant::now() + PATIENCE;
	loop {
		match listener.accept() {
			Ok((connection, _)) => return connection,
			Err(error) => assert!(Instant::now() < until, "{error}"),
		}
		std::thread::sleep(Duration::from_millis(10));
	}
}

#[test]
fn an_evaluator_without_work() {
	for signal in SIGNALS {
		let directory = tempfile::tempdir().unwrap();
		let (worker, _) = evaluator(directory.path());
		worker.assert_clean_end(signal);
	}
}

#[test]
fn an_evaluator_that_fetches_from_a_silent_provider() {
	for signal in SIGNALS {
		let directory = tempfile::tempdir().unwrap();
		let (worker, address) = evaluator(directory.path());
		let silent = TcpListener::bind("127.0.0.1:0").unwrap();
		let provider = format!("http://{}", silent.local_addr().unwrap());
		let body = request(&provider).to_string();
		let mut connection = TcpStream::connect(&address).unwrap();
		write!(
			connection,
			"POST /v1/evaluations HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
			 content-length: {}\r\nconnection: close\r\n\r\n{body}",
			body.len()
		)
		.unwrap();
		let _fetch = accept(&silent);
		worker.assert_clean_end(signal);
	}
}

#[test]
fn a_trainer_that_waits_for_its_node() {
	for signal in SIGNALS {
		let directory = tempfile::tempdir().unwrap();
		let silent = TcpListener::bind("127.0.0.1:0").unwrap();
		let node = format!("ws://{}", silent.local_addr().unwrap());
		let data = directory.path().to_str().unwrap();
		let worker = Worker::start(&["train", "--group", "0", "--node", &node, "--data", data]);
		let _connection = accept(&silent);
		worker.assert_clean_end(signal);
	}
}
