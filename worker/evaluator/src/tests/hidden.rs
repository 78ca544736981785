//! Rounds on hidden test sets.

use super::*;
use descent_content::Store;
use descent_dataset::DeltaWriter;
use descent_protocol::{
	evaluation::{PrefetchRequest, TestSetSource},
	TestSetVerdict, Verdict,
};
use descent_testing::{sealing_key, SealedFixture};

/// Files of test sets that are broken, with the words for each.
fn broken_files(fixture: &Fixture) -> Vec<(&'static str, Vec<u8>)> {
	let write = |name: &str, write: fn(&mut DeltaWriter)| {
		let path = fixture.directory.path().join(name);
		let mut writer = DeltaWriter::create(&path, &fixture.description.schema()).unwrap();
		let mut record = vec![0; 32];
		record.push(1);
		writer.add(&record).unwrap();
		write(&mut writer);
		writer.finish().unwrap();
		std::fs::read(&path).unwrap()
	};
	let removes = write("removes", |writer| writer.remove(descent_dataset::RecordId([7; 32])).unwrap());
	let mut cut = fixture.hidden(4, 20).0;
	cut.truncate(cut.len() - 9);
	vec![("no Parquet", b"no Parquet".to_vec()), ("removals", removes), ("a cut file", cut)]
}

/// A request to measure candidates on the test set at a place of a series.
fn hidden(fixture: &Fixture, manifest: ContentRef, index: u16, key: H256) -> EvaluationRequest {
	let test_set = TestSetSource { manifest, index, key, providers: providers(fixture) };
	EvaluationRequest {
		deltas: Vec::new(),
		policy: EvaluationPolicy::Hidden {
			series: H256::repeat_byte(3),
			records: RECORDS,
			otherwise: fixture.delta,
		},
		test_set: Some(test_set),
		..request(fixture, Vec::new())
	}
}

async fn start(fixture: &Fixture) -> Client {
	Client::start(&fixture.directory.path().join("evaluator")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_test_set_is_measured_on() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = start(&fixture).await;
	let (file, set) = fixture.hidden(2, 350);
	let (other, _) = fixture.hidden(3, 50);
	let sealed = SealedFixture::new(&fixture.store, &[other, file]);
	let mut request = hidden(&fixture, sealed.manifest, 1, sealing_key(1));
	let claim = fixture.score_on(&set, 8, SEED, RECORDS);
	assert_ne!(claim, fixture.score(8, SEED, RECORDS));
	request.candidates = vec![honest(&fixture, 7), candidate(&fixture, fixture.publish(8), claim)];
	request.head = Some(CheckpointSource { checkpoint: fixture.publish(1), providers: providers(&fixture) });
	let measured = client.outcome(&request).await;
	assert_eq!(measured.test_set, Some(TestSetVerdict::Sound));
	let [Verdict::Mismatch(_), Verdict::Match(measurement)] = measured.ballot.verdicts.as_slice() else {
		panic!("{measured:?}");
	};
	assert_eq!(measurement.score, claim);
	let baseline = measured.ballot.baseline.unwrap().score;
	assert_eq!(baseline, fixture.score_on(&set, 1, SEED, RECORDS));
	let metrics = client.get("/metrics").await.text().await.unwrap();
	assert!(metrics.contains(r#"descent_evaluator_test_sets_total{verdict="sound"} 1"#), "{metrics}");
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_test_set_is_not_measured_on_but_the_public_one_is() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = start(&fixture).await;
	let (file, _) = fixture.hidden(2, 350);
	let good = SealedFixture::new(&fixture.store, &[file]);
	let manifest = good.manifest;
	let no_manifest = fixture.store.import(b"[]".as_slice()).unwrap();
	let mut requests = vec![
		("another key", hidden(&fixture, manifest, 0, sealing_key(1))),
		("no such place", hidden(&fixture, manifest, 255, sealing_key(0))),
		("no manifest", hidden(&fixture, no_manifest, 0, sealing_key(0))),
	];
	for (words, file) in broken_files(&fixture) {
		let sealed = SealedFixture::new(&fixture.store, &[file]);
		requests.push((words, hidden(&fixture, sealed.manifest, 0, sealing_key(0))));
	}
	for (words, request) in requests {
		let request = EvaluationRequest { candidates: vec![honest(&fixture, 8)], ..request };
		let measured = client.outcome(&request).await;
		assert_eq!(measured.test_set, Some(TestSetVerdict::Broken), "{words}");
		let [Verdict::Match(measurement)] = measured.ballot.verdicts.as_slice() else {
			panic!("{words}: {measured:?}");
		};
		assert_eq!(measurement.score, fixture.score(8, SEED, RECORDS), "{words}");
	}
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_set_that_nobody_serves_is_unavailable_and_nothing_is_measured() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = start(&fixture).await;
	let elsewhere = Store::open(fixture.directory.path().join("elsewhere"), 1 << 24).unwrap();
	let sealed = SealedFixture::new(&elsewhere, &[fixture.hidden(2, 350).0]);
	let mut request = hidden(&fixture, sealed.manifest, 0, sealing_key(0));
	request.candidates = vec![honest(&fixture, 8)];
	let nothing = Ballot { baseline: None, verdicts: Default::default() };
	let unavailable = Measured { ballot: nothing, test_set: Some(TestSetVerdict::Unavailable) };
	let began = Instant::now();
	assert_eq!(client.outcome(&request).await, unavailable);
	// With the manifest it is the sealed file that is missing.
	let manifest = elsewhere.read(&sealed.manifest, 1 << 20).unwrap();
	fixture.store.import(manifest.as_slice()).unwrap();
	let request = EvaluationRequest { round: 9, ..request };
	assert_eq!(client.outcome(&request).await, unavailable);
	assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_network_nothing_is_said_of_a_test_set() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = start(&fixture).await;
	let manifest = ContentRef::raw(b"nobody has this").unwrap();
	let mut hidden = hidden(&fixture, manifest, 0, sealing_key(0));
	// The description is cached, and from now on the group's gateway never answers.
	client.ballot(&request(&fixture, Vec::new())).await;
	let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
	let silent = vec![format!("http://{}", silent.local_addr().unwrap())];
	hidden.providers = silent.clone();
	hidden.test_set.as_mut().unwrap().providers = silent;
	let reason = client.failure(&hidden).await;
	assert!(reason.contains("no network"), "{reason}");
	hidden.test_set.as_mut().unwrap().providers = providers(&fixture);
	hidden.round = 9;
	let measured = client.outcome(&hidden).await;
	assert_eq!(measured.test_set, Some(TestSetVerdict::Unavailable), "an answer shows a network");
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn members_pass_a_sealed_file_on_to_each_other() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let folder = |name: &str| fixture.directory.path().join(name);
	let any = Some("127.0.0.1:0".parse().unwrap());
	let sharing = EvaluatorOptions { share: any, ..options(&folder("sharing")) };
	let sharing = Client::of(Evaluator::start_in_process(&sharing).await.unwrap());
	let (file, set) = fixture.hidden(2, 350);
	let elsewhere = Store::open(folder("elsewhere"), 1 << 24).unwrap();
	let sealed = SealedFixture::new(&elsewhere, &[file]);
	let forever = std::future::pending();
	let address = "127.0.0.1:0".parse().unwrap();
	let (address, requester) = descent_content::serve(address, elsewhere, forever).await.unwrap();
	let mut request = hidden(&fixture, sealed.manifest, 0, sealing_key(0));
	request.test_set.as_mut().unwrap().providers = vec![format!("http://{address}")];
	let claim = fixture.score_on(&set, 8, SEED, RECORDS);
	request.candidates = vec![candidate(&fixture, fixture.publish(8), claim)];
	let measured = sharing.outcome(&request).await;
	assert_eq!(measured.test_set, Some(TestSetVerdict::Sound));
	// The requester serves some members only.
	requester.abort();
	request.peers = vec![format!("http://{}", sharing.evaluator.share_address().unwrap())];
	let other = Client::start(&folder("other")).await;
	assert_eq!(other.outcome(&request).await, measured);
	other.evaluator.stop().await.unwrap();
	sharing.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_set_that_was_fetched_ahead_needs_nobody_later() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = start(&fixture).await;
	let (file, _) = fixture.hidden(2, 350);
	let elsewhere = Store::open(fixture.directory.path().join("elsewhere"), 1 << 24).unwrap();
	let sealed = SealedFixture::new(&elsewhere, &[file]);
	let forever = std::future::pending();
	let address = "127.0.0.1:0".parse().unwrap();
	let (address, requester) = descent_content::serve(address, elsewhere, forever).await.unwrap();
	let ahead = PrefetchRequest {
		group: 2,
		manifest: sealed.manifest,
		index: 0,
		providers: vec![format!("http://{address}")],
	};
	assert_eq!(prefetch(&client, &ahead).await, 202);
	let until = Instant::now() + Duration::from_secs(20);
	let done = r#"descent_evaluator_prefetches_total{outcome="done"} 1"#;
	while !client.get("/metrics").await.text().await.unwrap().contains(done) {
		assert!(Instant::now() < until);
		tokio::time::sleep(Duration::from_millis(20)).await;
	}
	requester.abort();
	let measured = client.outcome(&hidden(&fixture, sealed.manifest, 0, sealing_key(0))).await;
	assert_eq!(measured.test_set, Some(TestSetVerdict::Sound));
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn sets_that_nobody_serves_delay_no_evaluation() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = start(&fixture).await;
	let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
	let began = Instant::now();
	for group in 0..20u8 {
		let ahead = PrefetchRequest {
			group: group.into(),
			manifest: ContentRef::raw(&[group]).unwrap(),
			index: 0,
			providers: vec![format!("http://{}", silent.local_addr().unwrap())],
		};
		assert_eq!(prefetch(&client, &ahead).await, 202);
	}
	let ballot = client.ballot(&request(&fixture, vec![honest(&fixture, 8)])).await;
	assert_eq!(ballot.verdicts.len(), 1);
	assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
	drop(silent);
	client.evaluator.stop().await.unwrap();
}

async fn prefetch(client: &Client, request: &PrefetchRequest) -> u16 {
	let post = client.http.post(format!("{}/v1/test-sets", client.base));
	post.json(request).send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_contradict_themselves_are_refused() {
	let fixture = Fixture::new(1);
	let client = start(&fixture).await;
	let manifest = ContentRef::raw(b"manifest").unwrap();
	let good = hidden(&fixture, manifest, 255, sealing_key(255));
	let EvaluationPolicy::Hidden { series, records, .. } = good.policy else {
		panic!("{:?}", good.policy);
	};
	let empty = ContentRef { size: 0, ..manifest };
	let with = |change: fn(&mut TestSetSource)| {
		let mut request = good.clone();
		change(request.test_set.as_mut().unwrap());
		request
	};
	let refused = [
		EvaluationRequest { test_set: None, ..good.clone() },
		EvaluationRequest { test_set: good.test_set.clone(), ..request(&fixture, Vec::new()) },
		EvaluationRequest { policy: good.policy.without_hidden(), ..good.clone() },
		EvaluationRequest {
			policy: EvaluationPolicy::Hidden { series, records, otherwise: empty },
			..good.clone()
		},
		with(|test_set| test_set.index = 256),
		with(|test_set| test_set.manifest.size = 0),
		with(|test_set| test_set.providers = vec!["http://a".into(); 9]),
		with(|test_set| test_set.providers = vec!["a".repeat(129)]),
	];
	for request in refused {
		assert_eq!(client.post(&request).await.status(), 422, "{request:?}");
	}
	assert_eq!(client.post(&good).await.status(), 202);
	let ahead = PrefetchRequest { group: 2, manifest, index: 0, providers: Vec::new() };
	for request in [
		PrefetchRequest { index: 256, ..ahead.clone() },
		PrefetchRequest { manifest: empty, ..ahead.clone() },
		PrefetchRequest { providers: vec!["http://a".into(); 9], ..ahead.clone() },
	] {
		assert_eq!(prefetch(&client, &request).await, 422, "{request:?}");
	}
	assert_eq!(prefetch(&client, &ahead).await, 202);
	let post = client.http.post(format!("{}/v1/test-sets", client.base));
	assert_eq!(post.body("{").send().await.unwrap().status(), 400);
	client.evaluator.stop().await.unwrap();
}

#[test]
fn what_a_request_on_a_hidden_test_set_names_is_pinned() {
	let fixture = Fixture::new(1);
	let manifest = ContentRef::raw(b"manifest").unwrap();
	let named = Request::named(&hidden(&fixture, manifest, 0, sealing_key(0)));
	assert_eq!(named, [fixture.model, fixture.delta, manifest]);
}
