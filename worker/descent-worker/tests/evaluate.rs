//! `descent-worker evaluate` as a process with children.
#![allow(missing_docs)]

use descent_protocol::{
	evaluation::{CandidateSource, DeltaSource, EvaluationRequest, Job, JobStatus, Measured},
	EvaluationPolicy, Metric, Verdict,
};
use descent_testing::Fixture;
use sp_core::H256;
use std::{
	io::{BufRead, BufReader},
	path::Path,
	process::{Child, Command, Stdio},
	time::{Duration, Instant},
};

const SEED: H256 = H256::repeat_byte(5);

struct Running(Child, String);

impl Drop for Running {
	fn drop(&mut self) {
		let _ = self.0.kill();
		let _ = self.0.wait();
	}
}

fn start(data: &Path, options: &[&str]) -> Running {
	let mut child = Command::new(env!("CARGO_BIN_EXE_descent-worker"))
		.args(["evaluate", "--listen", "127.0.0.1:0", "--json", "--allow-private", "--data"])
		.arg(data)
		.args(options)
		.stdout(Stdio::piped())
		.spawn()
		.unwrap();
	let mut line = String::new();
	BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
	let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
	Running(child, ready["address"].as_str().unwrap().into())
}

/// Process ids of the children of a process.
fn children(parent: u32) -> Vec<u32> {
	let child = |id: u32| {
		let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
		let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
		let (state, of) = (fields.next()?, fields.next()?.parse::<u32>().ok()?);
		(of == parent && state != "Z").then_some(id)
	};
	let processes = std::fs::read_dir("/proc").unwrap();
	let ids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
	ids.filter_map(child).collect()
}

fn request(fixture: &Fixture) -> EvaluationRequest {
	let providers = vec![format!("http://{}", fixture.address.unwrap())];
	let candidate = CandidateSource {
		checkpoint: fixture.publish(8),
		providers: providers.clone(),
		claim: fixture.score(8, SEED, 300),
	};
	EvaluationRequest {
		genesis: H256::repeat_byte(1),
		group: 2,
		round: 3,
		model: fixture.model,
		deltas: vec![DeltaSource { delta: fixture.delta, providers: Vec::new() }],
		metric: Metric::Loss,
		policy: EvaluationPolicy::Training { records: 300 },
		seed: SEED,
		tolerance: Some(0),
		peers: Vec::new(),
		providers,
		head: None,
		fetch_ms: 60_000,
		candidates: vec![candidate],
		winners: 1,
		test_set: None,
		replays: None,
	}
}

async fn health(evaluator: &Running) -> serde_json::Value {
	reqwest::get(format!("{}/health", evaluator.1)).await.unwrap().json().await.unwrap()
}

/// Checks that an honest claim is confirmed.
async fn measures(evaluator: &Running, fixture: &Fixture) {
	let http = reqwest::Client::new();
	let address = format!("{}/v1/evaluations", evaluator.1);
	let posted = http.post(&address).json(&request(fixture)).send().await.unwrap();
	let id = posted.json::<Job<Measured>>().await.unwrap().id;
	let until = Instant::now() + Duration::from_secs(60);
	let ballot = loop {
		let job = http.get(format!("{address}/{id:?}")).send().await.unwrap();
		match job.json::<Job<Measured>>().await.unwrap().status {
			JobStatus::Done(Measured { ballot, .. }) => break ballot,
			JobStatus::Failed { reason } => panic!("{reason}"),
			_ => assert!(Instant::now() < until),
		}
		tokio::time::sleep(Duration::from_millis(20)).await;
	};
	assert!(matches!(ballot.verdicts.as_slice(), [Verdict::Match(_)]), "{ballot:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_gpu_that_was_asked_for_the_cpu_measures_under_all_limits() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let data = fixture.directory.path().join("evaluator");
	let evaluator = start(&data, &["--device", "cuda:100"]);
	let health = health(&evaluator).await;
	assert_eq!(health["arithmetic"]["device"], "cpu", "{health}");
	let reason = health["arithmetic"]["gpu_refused"].as_str().unwrap();
	assert!(reason.contains("no cuda:100"), "{reason}");
	assert_eq!(health["isolation"]["memory"], true, "{health}");
	assert_eq!(health["isolation"]["processes"], 2, "{health}");
	measures(&evaluator, &fixture).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gpu_that_has_the_scores_of_the_kernels_measures() {
	if !Path::new("/dev/nvidia0").exists() {
		println!("skipped: there is no GPU");
		return;
	}
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let evaluator = start(&fixture.directory.path().join("evaluator"), &["--device", "cuda:0"]);
	let health = health(&evaluator).await;
	println!("{health}");
	if let Some(reason) = health["arithmetic"]["gpu_refused"].as_str() {
		println!("skipped: the GPU may not measure: {reason}");
		assert_eq!(health["arithmetic"]["device"], "cpu", "{health}");
	} else {
		assert_eq!(health["arithmetic"]["device"], "cuda:0", "{health}");
		assert_eq!(health["isolation"]["memory"], false, "{health}");
	}
	measures(&evaluator, &fixture).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_is_measured_by_children_which_end_with_the_evaluator() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let evaluator = start(&fixture.directory.path().join("evaluator"), &[]);
	let health = health(&evaluator).await;
	assert_eq!(health["isolation"]["processes"], 2, "{health}");
	assert_eq!(health["isolation"]["memory"], true);
	assert_eq!(health["arithmetic"]["device"], "cpu");
	assert!(health["arithmetic"]["gpu_refused"].is_null());
	println!("{health}");
	measures(&evaluator, &fixture).await;
	let until = Instant::now() + Duration::from_secs(60);
	let children = children(evaluator.0.id());
	assert!(children.len() >= 3, "two that evaluate, and some that read deltas: {children:?}");
	drop(evaluator);
	while children.iter().any(|id| Path::new(&format!("/proc/{id}")).exists()) {
		assert!(Instant::now() < until, "children live on without their parent");
		tokio::time::sleep(Duration::from_millis(20)).await;
	}
}
