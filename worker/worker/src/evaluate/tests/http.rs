use super::*;
use std::sync::mpsc;

/// Judges when it is told to.
struct Slow(mpsc::Receiver<bool>);

impl Judge for Slow {
	fn judge(&mut self, _: &EvaluationRequest, progress: &dyn Fn(u32)) -> Result<Ballot> {
		progress(3);
		match self.0.recv() {
			Ok(true) => Ok(Ballot {
				baseline: None,
				verdicts: Default::default(),
			}),
			Ok(false) => panic!("libtorch says no"),
			Err(_) => anyhow::bail!("nobody waits"),
		}
	}
}

async fn slow(data: &Path) -> (Client, mpsc::Sender<bool>) {
	let (judge, judged) = mpsc::channel();
	let options = Options {
		queue: 1,
		..options(data)
	};
	let evaluator = Evaluator::start_with(&options, |_| Ok(Slow(judged)))
		.await
		.unwrap();
	(Client::of(evaluator), judge)
}

async fn running(client: &Client, id: H256) {
	let until = Instant::now() + Duration::from_secs(10);
	loop {
		let job: Job = client
			.get(&format!("/v1/evaluations/{id:?}"))
			.await
			.json()
			.await
			.unwrap();
		if job.status == (JobStatus::Running { measured: 3 }) {
			return;
		}
		assert!(Instant::now() < until, "{job:?}");
		tokio::time::sleep(Duration::from_millis(10)).await;
	}
}

fn numbered(fixture: &Fixture, round: u32) -> EvaluationRequest {
	EvaluationRequest {
		round,
		..request(fixture, Vec::new())
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_requests_are_one_job_and_the_queue_is_bounded() {
	let fixture = Fixture::new(1);
	let (client, judge) = slow(&fixture.directory.path().join("evaluator")).await;
	let [first, second, third] = [1, 2, 3].map(|round| numbered(&fixture, round));
	let job = client.submit(&first).await;
	assert_eq!(job.id, descent_protocol::request_id(&first));
	running(&client, job.id).await;
	assert_eq!(
		client.submit(&first).await.status,
		JobStatus::Running { measured: 3 }
	);
	assert_eq!(client.submit(&second).await.status, JobStatus::Queued);
	assert_eq!(client.submit(&second).await.status, JobStatus::Queued);
	let refused = client.post(&third).await;
	assert_eq!(refused.status(), 503);
	assert!(
		refused.headers()["retry-after"]
			.to_str()
			.unwrap()
			.parse::<u64>()
			.unwrap() > 0
	);
	let health: serde_json::Value = client.get("/health").await.json().await.unwrap();
	assert_eq!(health["waiting"], 1);
	judge.send(true).unwrap();
	assert!(matches!(client.wait(job.id).await, JobStatus::Done { .. }));
	let id = client.submit(&second).await.id;
	running(&client, id).await;
	assert_eq!(client.submit(&third).await.status, JobStatus::Queued);
	drop(judge);
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_ends_one_job_and_not_the_service() {
	let fixture = Fixture::new(1);
	let (client, judge) = slow(&fixture.directory.path().join("evaluator")).await;
	judge.send(false).unwrap();
	let job = client.submit(&numbered(&fixture, 1)).await;
	let JobStatus::Failed { reason } = client.wait(job.id).await else {
		panic!("it should have failed");
	};
	assert!(reason.contains("libtorch says no"), "{reason}");
	judge.send(true).unwrap();
	let job = client.submit(&numbered(&fixture, 2)).await;
	assert!(matches!(client.wait(job.id).await, JobStatus::Done { .. }));
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn results_outlive_a_restart() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let data = fixture.directory.path().join("evaluator");
	let client = Client::start(&data).await;
	let request = request(&fixture, vec![honest(&fixture, 8)]);
	let ballot = client.ballot(&request).await;
	assert!(
		Evaluator::start(&options(&data)).await.is_err(),
		"one process at a time"
	);
	client.evaluator.stop().await.unwrap();
	std::fs::write(data.join("results").join(".tmpCutShort"), b"{").unwrap();
	let client = Client::start(&data).await;
	let job = client.submit(&request).await;
	assert_eq!(job.status, JobStatus::Done { ballot });
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_request_that_a_chain_can_make_is_taken() {
	let fixture = Fixture::new(1);
	let (client, judge) = slow(&fixture.directory.path().join("evaluator")).await;
	let largest = ContentRef {
		size: u64::MAX,
		codec: descent_protocol::Codec::UnixFs,
		..fixture.model
	};
	// Bytes that are longest in JSON.
	let providers = vec!["\u{1}".repeat(128); 8];
	let candidate = CandidateSource {
		checkpoint: largest,
		providers: providers.clone(),
		claim: Score(u64::MAX),
	};
	let request = EvaluationRequest {
		deltas: vec![largest; 1024],
		candidates: vec![candidate; 64],
		providers,
		..request(&fixture, Vec::new())
	};
	client.submit(&request).await;
	drop(judge);
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_is_refused() {
	let fixture = Fixture::new(1);
	let (client, judge) = slow(&fixture.directory.path().join("evaluator")).await;
	let post = |body: Vec<u8>| {
		client
			.http
			.post(format!("{}/v1/evaluations", client.base))
			.body(body)
	};
	let status = |body: Vec<u8>| async { post(body).send().await.unwrap().status().as_u16() };
	assert_eq!(status(b"{".to_vec()).await, 400);
	assert_eq!(status(b"{}".to_vec()).await, 422);
	assert_eq!(status(vec![b' '; service::MAX_BODY + 1]).await, 413);
	let good = request(&fixture, vec![candidate(&fixture, fixture.publish(1), Score(1))]);
	let refused = [
		EvaluationRequest {
			candidates: vec![good.candidates[0].clone(); 65],
			..good.clone()
		},
		EvaluationRequest {
			policy: EvaluationPolicy::Training { records: 0 },
			..good.clone()
		},
		EvaluationRequest {
			policy: EvaluationPolicy::Training { records: u32::MAX },
			..good.clone()
		},
		EvaluationRequest {
			deltas: Vec::new(),
			..good.clone()
		},
		EvaluationRequest {
			providers: vec!["http://a".into(); 9],
			..good.clone()
		},
		EvaluationRequest {
			providers: vec!["a".repeat(129)],
			..good.clone()
		},
		EvaluationRequest {
			model: ContentRef {
				size: 0,
				..good.model
			},
			..good.clone()
		},
	];
	for request in refused {
		let response = client.post(&request).await;
		assert_eq!(response.status(), 422);
		let body: serde_json::Value = response.json().await.unwrap();
		assert!(body["error"].is_string());
	}
	let page = post(serde_json::to_vec(&good).unwrap()).header("origin", "http://evil.example");
	assert_eq!(page.send().await.unwrap().status(), 403);
	assert_eq!(
		client
			.get(&format!("/v1/evaluations/{:?}", H256::zero()))
			.await
			.status(),
		404
	);
	assert_eq!(client.get("/v1/evaluations/1").await.status(), 400);
	assert_eq!(client.submit(&good).await.status, JobStatus::Queued);
	drop(judge);
	client.evaluator.stop().await.unwrap();
}

#[tokio::test]
async fn other_machines_are_not_served_by_accident() {
	let directory = tempfile::tempdir().unwrap();
	let options = Options {
		listen: "0.0.0.0:0".parse().unwrap(),
		..options(directory.path())
	};
	let error = run(options).await.unwrap_err();
	assert!(error.to_string().contains("--allow-remote"));
}

#[test]
fn a_failure_may_be_asked_for_again() {
	let directory = tempfile::tempdir().unwrap();
	let fixture = Fixture::new(1);
	let results = Results::open(directory.path(), 1).unwrap();
	let metrics = Arc::new(Metrics::new().unwrap());
	let jobs = Jobs::new(results, 1, Duration::ZERO, metrics);
	let request = numbered(&fixture, 1);
	let id = jobs.submit(request.clone()).unwrap().id;
	assert_eq!(jobs.next().unwrap().0, id);
	jobs.finish(Err(anyhow::anyhow!("no luck")));
	let reason = "no luck".into();
	assert_eq!(jobs.get(&id).unwrap().status, JobStatus::Failed { reason });
	assert_eq!(jobs.submit(request).unwrap().status, JobStatus::Queued);
}
