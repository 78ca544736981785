//! What is said where something fails.

use super::*;
use descent_protocol::Verdict;
use std::net::TcpListener;

/// An address at which connections are taken by the system, and never answered.
fn silent() -> (TcpListener, Vec<String>) {
	let listener = TcpListener::bind("127.0.0.1:0").unwrap();
	let address = format!("http://{}", listener.local_addr().unwrap());
	(listener, vec![address])
}

/// The address of a gateway that begins to send 10,000 bytes and goes on with one of them now and then.
pub(super) async fn dripping() -> Vec<String> {
	let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
	let address = format!("http://{}", listener.local_addr().unwrap());
	tokio::spawn(async move {
		use tokio::io::{AsyncReadExt, AsyncWriteExt};
		while let Ok((mut stream, _)) = listener.accept().await {
			tokio::spawn(async move {
				let _ = stream.read(&mut [0; 4096]).await;
				let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10000\r\n\r\n").await;
				while stream.write_all(&[0]).await.is_ok() {
					tokio::time::sleep(Duration::from_millis(50)).await;
				}
			});
		}
	});
	vec![address]
}

/// A candidate of this number that nobody publishes.
fn withheld(fixture: &Fixture, number: u64, providers: Vec<String>) -> CandidateSource {
	let checkpoint = ContentRef { digest: H256::from_low_u64_be(number), ..fixture.publish(7) };
	CandidateSource { checkpoint, providers, claim: Score(0) }
}

#[tokio::test(flavor = "multi_thread")]
async fn dripping_candidates_take_neither_time_nor_room_from_a_good_one() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let mut options = options(&fixture.directory.path().join("evaluator"));
	// Room for fewer than half of the candidates.
	options.max_content = 96 << 10;
	assert!(fixture.publish(8).size * 63 > options.max_content / 2);
	let client = Client::of(Evaluator::start_in_process(&options).await.unwrap());
	let dripping = dripping().await;
	let mut candidates: Vec<_> = (0..63).map(|number| withheld(&fixture, number, dripping.clone())).collect();
	candidates.push(honest(&fixture, 8));
	let began = Instant::now();
	let ballot = client.ballot(&request(&fixture, candidates)).await;
	assert_eq!(ballot.verdicts[..63], [Verdict::Unavailable; 63]);
	assert!(matches!(ballot.verdicts[63], Verdict::Match(_)));
	assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_closes_with_what_is_known() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let options = EvaluatorOptions {
		fetch_timeout: Duration::from_secs(60),
		..options(&fixture.directory.path().join("evaluator"))
	};
	let client = Client::of(Evaluator::start_in_process(&options).await.unwrap());
	let (_listener, silent) = silent();
	let mut lie = honest(&fixture, 7);
	lie.claim = Score(1);
	let mut request = request(&fixture, vec![lie, withheld(&fixture, 1, silent), honest(&fixture, 8)]);
	// The data are there, so that all of the window is the candidates'.
	client.ballot(&EvaluationRequest { candidates: Vec::new(), ..request.clone() }).await;
	request.fetch_ms = 2_000;
	let began = Instant::now();
	let ballot = client.ballot(&request).await;
	assert!(began.elapsed() < Duration::from_secs(4), "the window is over: {:?}", began.elapsed());
	let [Verdict::Mismatch(_), Verdict::Unavailable, Verdict::Match(_)] = ballot.verdicts.as_slice() else {
		panic!("{ballot:?}");
	};
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_that_fails_here_fails_alone() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let mut options = options(&fixture.directory.path().join("evaluator"));
	// A checkpoint of the model may be as large, but the disk has no room for it.
	let size = descent_model::max_checkpoint_bytes(&fixture.description);
	options.max_content = 2 * size - 2;
	let client = Client::of(Evaluator::start_in_process(&options).await.unwrap());
	let mut lie = honest(&fixture, 7);
	lie.claim = Score(1);
	let large = withheld(&fixture, 1, Vec::new()).checkpoint;
	let large = candidate(&fixture, ContentRef { size, ..large }, Score(2));
	let request = request(&fixture, vec![lie, large, honest(&fixture, 8)]);
	let ballot = client.ballot(&request).await;
	let [Verdict::Mismatch(_), Verdict::Abstained, Verdict::Match(_)] = ballot.verdicts.as_slice() else {
		panic!("{ballot:?}");
	};
	let abstained = request.candidates[1].clone();
	let last = EvaluationRequest { candidates: vec![abstained], round: 9, ..request };
	let reason = client.failure(&last).await;
	assert!(reason.contains("--max-content"), "{reason}");
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hears_of_nobody_casts_no_vote() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let data = fixture.directory.path().join("evaluator");
	let client = Client::start(&data).await;
	let (_listener, silent) = silent();
	let mut request = request(&fixture, vec![withheld(&fixture, 1, silent.clone())]);
	// Model and data are cached, and from now on the group's gateway is as silent as the candidate's.
	client.ballot(&EvaluationRequest { candidates: Vec::new(), ..request.clone() }).await;
	let group = std::mem::replace(&mut request.providers, silent);
	let reason = client.failure(&request).await;
	assert!(reason.contains("no network") && reason.contains("casts no vote"), "{reason}");
	// An answer shows a network, even one that refuses.
	request.providers = group;
	assert_eq!(client.ballot(&request).await.verdicts.as_slice(), [Verdict::Unavailable]);
	let peers = std::mem::take(&mut request.providers);
	let request = EvaluationRequest { peers, round: 9, ..request };
	assert_eq!(client.ballot(&request).await.verdicts.as_slice(), [Verdict::Unavailable]);
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_stalls_keeps_no_candidate_waiting() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let options = EvaluatorOptions {
		fetch_timeout: Duration::from_secs(4),
		..options(&fixture.directory.path().join("evaluator"))
	};
	let client = Client::of(Evaluator::start_in_process(&options).await.unwrap());
	let (_listener, silent) = silent();
	let mut lie = honest(&fixture, 7);
	lie.claim = Score(1);
	let mut request = request(&fixture, vec![lie, honest(&fixture, 8)]);
	let checkpoint = withheld(&fixture, 1, Vec::new()).checkpoint;
	request.head = Some(CheckpointSource { checkpoint, providers: silent.clone() });
	let id = client.submit(&request).await.id;
	let began = Instant::now();
	loop {
		let job: Job<Measured> = client.get(&format!("/v1/evaluations/{id:?}")).await.json().await.unwrap();
		if job.status == (JobStatus::Running { measured: 2 }) {
			break;
		}
		assert!(began.elapsed() < Duration::from_secs(3), "{job:?}");
		tokio::time::sleep(Duration::from_millis(10)).await;
	}
	let JobStatus::Done(Measured { ballot, .. }) = client.wait::<EvaluationRequest>(id).await else {
		panic!("it failed");
	};
	assert_eq!((ballot.baseline, ballot.verdicts.len()), (None, 2));
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn members_fetch_from_each_other() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let any = Some("127.0.0.1:0".parse().unwrap());
	let folder = |name: &str| fixture.directory.path().join(name);
	let sharing = EvaluatorOptions { share: any, ..options(&folder("sharing")) };
	let sharing = Client::of(Evaluator::start_in_process(&sharing).await.unwrap());
	let first = request(&fixture, vec![honest(&fixture, 8)]);
	let ballot = sharing.ballot(&first).await;
	let peer = format!("http://{}", sharing.evaluator.share_address().unwrap());
	// The trainer is gone, but a member has what it served.
	let other = Client::start(&folder("other")).await;
	let mut request = EvaluationRequest { peers: vec![peer.clone()], ..first };
	request.candidates[0].providers.clear();
	assert_eq!(other.ballot(&request).await, ballot);
	other.evaluator.stop().await.unwrap();
	// A member does not ask itself.
	let options = EvaluatorOptions { share_url: Some(format!("{peer}/")), ..options(&folder("third")) };
	let third = Client::of(Evaluator::start_in_process(&options).await.unwrap());
	assert_eq!(third.ballot(&request).await.verdicts.as_slice(), [Verdict::Unavailable]);
	third.evaluator.stop().await.unwrap();
	sharing.evaluator.stop().await.unwrap();
}
