use super::*;
use descent_artifacts::ContentCache;
use descent_protocol::evaluation::Checked;
use std::sync::{mpsc, Mutex, PoisonError};

/// Runner that ends a job when it is told to.
#[derive(Clone)]
struct Slow(Arc<Mutex<mpsc::Receiver<bool>>>);

impl JobRunner<EvaluationRequest> for Slow {
	fn run(&mut self, _: &EvaluationRequest, _: Instant, progress: &dyn Fn(u32)) -> Result<Measured> {
		progress(3);
		match self.0.lock().unwrap_or_else(PoisonError::into_inner).recv() {
			Ok(true) => Ok(nothing()),
			Ok(false) => panic!("libtorch says no"),
			Err(_) => anyhow::bail!("nobody waits"),
		}
	}
}

/// Runner that fails every check.
#[derive(Clone)]
struct Absent;

impl JobRunner<CheckRequest> for Absent {
	fn run(&mut self, _: &CheckRequest, _: Instant, _: &dyn Fn(u32)) -> Result<Checked> {
		anyhow::bail!("nobody is here")
	}
}

fn nothing() -> Measured {
	let ballot = Ballot { baseline: None, verdicts: Default::default() };
	Measured { ballot, test_set: None }
}

async fn slow(data: &Path) -> (Client, mpsc::Sender<bool>) {
	let (end, ended) = mpsc::channel();
	let options = EvaluatorOptions { queue: 1, ..options(data) };
	let slow = Slow(Arc::new(ended.into()));
	let in_process = || Ok(EvaluationPool::in_process());
	let evaluator = Evaluator::start_with(&options, 1, in_process, |_| (slow, Absent)).await.unwrap();
	(Client::of(evaluator), end)
}

async fn running(client: &Client, id: H256) {
	let until = Instant::now() + Duration::from_secs(10);
	loop {
		let job: Job<Measured> = client.get(&format!("/v1/evaluations/{id:?}")).await.json().await.unwrap();
		if job.status == (JobStatus::Running { measured: 3 }) {
			return;
		}
		assert!(Instant::now() < until, "{job:?}");
		tokio::time::sleep(Duration::from_millis(10)).await;
	}
}

fn numbered(fixture: &Fixture, round: u32) -> EvaluationRequest {
	EvaluationRequest { round, ..request(fixture, Vec::new()) }
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_requests_are_one_job_and_the_queue_is_bounded() {
	let fixture = Fixture::new(1);
	let (client, end) = slow(&fixture.directory.path().join("evaluator")).await;
	let [first, second, third] = [1, 2, 3].map(|round| numbered(&fixture, round));
	let job = client.submit(&first).await;
	assert_eq!(job.id, first.id());
	running(&client, job.id).await;
	assert_eq!(client.submit(&first).await.status, JobStatus::Running { measured: 3 });
	assert_eq!(client.submit(&second).await.status, JobStatus::Queued);
	assert_eq!(client.submit(&second).await.status, JobStatus::Queued);
	let refused = client.post(&third).await;
	assert_eq!(refused.status(), 503);
	assert!(refused.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 0);
	let health: serde_json::Value = client.get("/health").await.json().await.unwrap();
	assert_eq!(health["waiting"], 1);
	end.send(true).unwrap();
	assert!(matches!(client.wait::<EvaluationRequest>(job.id).await, JobStatus::Done(_)));
	let id = client.submit(&second).await.id;
	running(&client, id).await;
	assert_eq!(client.submit(&third).await.status, JobStatus::Queued);
	drop(end);
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_ends_one_job_and_not_the_service() {
	let fixture = Fixture::new(1);
	let (client, end) = slow(&fixture.directory.path().join("evaluator")).await;
	end.send(false).unwrap();
	let reason = client.failure(&numbered(&fixture, 1)).await;
	assert!(reason.contains("libtorch says no"), "{reason}");
	end.send(true).unwrap();
	assert_eq!(client.outcome(&numbered(&fixture, 2)).await, nothing());
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
	assert!(Evaluator::start_in_process(&options(&data)).await.is_err(), "one process at a time");
	client.evaluator.stop().await.unwrap();
	std::fs::write(data.join("results").join(".tmpCutShort"), b"{").unwrap();
	let client = Client::start(&data).await;
	let job = client.submit(&request).await;
	assert_eq!(job.status, JobStatus::Done(Measured { ballot, test_set: None }));
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_request_that_a_chain_can_make_is_taken() {
	let fixture = Fixture::new(1);
	let (client, end) = slow(&fixture.directory.path().join("evaluator")).await;
	let largest = ContentRef { size: u64::MAX, codec: descent_protocol::Codec::UnixFs, ..fixture.model };
	// Bytes that are longest in JSON, of those that the chain admits.
	let providers = vec!["\"".repeat(128); 8];
	let candidate =
		CandidateSource { checkpoint: largest, providers: providers.clone(), claim: Score(u64::MAX) };
	let request = EvaluationRequest {
		deltas: vec![DeltaSource { delta: largest, providers: providers.clone() }; 1024],
		candidates: vec![candidate; 64],
		providers,
		..request(&fixture, Vec::new())
	};
	client.submit(&request).await;
	drop(end);
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_is_refused() {
	let fixture = Fixture::new(1);
	let (client, end) = slow(&fixture.directory.path().join("evaluator")).await;
	let post = |body: Vec<u8>| client.http.post(format!("{}/v1/evaluations", client.base)).body(body);
	let status = |body: Vec<u8>| async { post(body).send().await.unwrap().status().as_u16() };
	assert_eq!(status(b"{".to_vec()).await, 400);
	assert_eq!(status(b"{}".to_vec()).await, 422);
	assert_eq!(status(vec![b' '; service::MAX_BODY + 1]).await, 413);
	let good = request(&fixture, vec![candidate(&fixture, fixture.publish(1), Score(1))]);
	let refused = [
		EvaluationRequest { candidates: vec![good.candidates[0].clone(); 65], ..good.clone() },
		EvaluationRequest { policy: EvaluationPolicy::Training { records: 0 }, ..good.clone() },
		EvaluationRequest { policy: EvaluationPolicy::Training { records: u32::MAX }, ..good.clone() },
		EvaluationRequest { deltas: Vec::new(), ..good.clone() },
		EvaluationRequest { providers: vec!["http://a".into(); 25], ..good.clone() },
		EvaluationRequest { providers: vec!["a".repeat(129)], ..good.clone() },
		EvaluationRequest { model: ContentRef { size: 0, ..good.model }, ..good.clone() },
		EvaluationRequest { winners: 0, ..good.clone() },
		EvaluationRequest { winners: 9, ..good.clone() },
	];
	for request in refused {
		let response = client.post(&request).await;
		assert_eq!(response.status(), 422);
		let body: serde_json::Value = response.json().await.unwrap();
		assert!(body["error"].is_string());
	}
	let page = post(serde_json::to_vec(&good).unwrap()).header("origin", "http://evil.example");
	assert_eq!(page.send().await.unwrap().status(), 403);
	assert_eq!(client.get(&format!("/v1/evaluations/{:?}", H256::zero())).await.status(), 404);
	assert_eq!(client.get("/v1/evaluations/1").await.status(), 400);
	assert_eq!(client.submit(&good).await.status, JobStatus::Queued);
	drop(end);
	client.evaluator.stop().await.unwrap();
}

#[tokio::test]
async fn other_machines_are_not_served_by_accident() {
	let directory = tempfile::tempdir().unwrap();
	let options = EvaluatorOptions { listen: "0.0.0.0:0".parse().unwrap(), ..options(directory.path()) };
	let error = Evaluator::start_in_process(&options).await.err().unwrap();
	assert!(error.to_string().contains("--allow-remote"));
}

#[test]
fn a_failure_may_be_asked_for_again() {
	let directory = tempfile::tempdir().unwrap();
	let fixture = Fixture::new(1);
	let jobs = jobs_in(directory.path(), Duration::ZERO);
	let request = numbered(&fixture, 1);
	let id = jobs.submit(request.clone()).unwrap().id;
	assert_eq!(jobs.next().unwrap().id, id);
	jobs.finish(id, Err(anyhow::anyhow!("no luck")), Duration::ZERO);
	let reason = "no luck".into();
	assert_eq!(jobs.get(&id).unwrap().status, JobStatus::Failed { reason });
	assert_eq!(jobs.submit(request).unwrap().status, JobStatus::Queued);
}

#[test]
fn whose_time_to_fetch_ends_first_is_next() {
	let directory = tempfile::tempdir().unwrap();
	let fixture = Fixture::new(1);
	let jobs = jobs_in(directory.path(), Duration::ZERO);
	for (round, fetch_ms) in [(1, 90_000), (2, 60_000), (3, 60_000), (4, u64::MAX)] {
		let request = EvaluationRequest { fetch_ms, ..numbered(&fixture, round) };
		jobs.submit(request).unwrap();
	}
	let order = [0; 4].map(|_| {
		let task = jobs.next().unwrap();
		jobs.finish(task.id, Ok(nothing()), Duration::ZERO);
		task.request.round
	});
	assert_eq!(order, [2, 3, 1, 4]);
}

#[test]
fn a_group_keeps_others_neither_from_being_worked_on_nor_from_the_queue() {
	let directory = tempfile::tempdir().unwrap();
	let fixture = Fixture::new(1);
	let jobs = jobs_in(directory.path(), Duration::ZERO);
	let of = |group, round| EvaluationRequest { group, ..numbered(&fixture, round) };
	let submit = |group, round| jobs.submit(of(group, round)).map(|job| job.id);
	for round in 0..5 {
		submit(1, round).unwrap();
		if round == 0 {
			assert_eq!(jobs.next().unwrap().request.round, 0);
		}
	}
	let id = submit(2, 0).unwrap();
	assert_eq!(jobs.get(&of(1, 4).id()), None, "the last of those who have most");
	assert_eq!(jobs.next().unwrap().id, id, "the other group's turn");
	submit(2, 1).unwrap();
	assert_eq!(submit(1, 4), Err(queue::Full), "who has most can't push others out");
	jobs.finish(of(1, 0).id(), Ok(nothing()), Duration::ZERO);
	assert_eq!(jobs.next().unwrap().request.round, 1);
}

#[test]
fn what_nobody_can_need_any_more_is_dropped() {
	let directory = tempfile::tempdir().unwrap();
	let fixture = Fixture::new(1);
	let jobs = jobs_in(directory.path(), Duration::ZERO);
	let late = EvaluationRequest { fetch_ms: 0, ..numbered(&fixture, 1) };
	let id = jobs.submit(late).unwrap().id;
	jobs.submit(numbered(&fixture, 2)).unwrap();
	assert_eq!(jobs.next().unwrap().request.round, 2);
	assert_eq!((jobs.get(&id), jobs.waiting()), (None, 0));
}

/// A web page whose name leads to this machine sends no `Origin`, but its own name.
#[tokio::test(flavor = "multi_thread")]
async fn other_names_are_not_served() {
	let fixture = Fixture::new(1);
	let (client, end) = slow(&fixture.directory.path().join("evaluator")).await;
	let status = |host: &'static str| {
		let get = client.http.get(format!("{}/health", client.base));
		async move { get.header("host", host).send().await.unwrap().status().as_u16() }
	};
	assert_eq!(status("evil.example").await, 403);
	assert_eq!(status("127.0.0.1.evil.example:9977").await, 403);
	assert_eq!(status("localhost:9977").await, 200);
	drop(end);
	client.evaluator.stop().await.unwrap();
	let options = EvaluatorOptions { allow_remote: true, ..options(&fixture.directory.path().join("open")) };
	let client = Client::of(Evaluator::start_in_process(&options).await.unwrap());
	let get = client.http.get(format!("{}/health", client.base));
	let answer = get.header("host", "evaluator.example").send().await.unwrap();
	assert_eq!(answer.status(), 200);
	client.evaluator.stop().await.unwrap();
}

fn jobs_in(directory: &Path, retry: Duration) -> JobQueue<EvaluationRequest> {
	let store = descent_content::Store::open(directory.join("content"), 1).unwrap();
	let results = Results::open(&directory.join("results"), 1).unwrap();
	let metrics = Metrics::new().unwrap().of::<EvaluationRequest>();
	let limits = Limits { queue: 4, per_group: 1, retry, grace: Duration::ZERO };
	JobQueue::new(results, limits, ContentCache::new(store), metrics)
}
