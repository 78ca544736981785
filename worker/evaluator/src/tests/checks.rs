use super::*;
use arrow_array::{
	types::Float32Type, ArrayRef, FixedSizeBinaryArray, ListArray, RecordBatch, StringArray, UInt8Array,
};
use blake2::{digest::consts::U32, Blake2b, Digest};
use descent_dataset::RecordId;
use descent_protocol::{
	evaluation::{CheckRequest, Checked},
	Codec, DeltaFault, DeltaReport, DeltaVerdict, RowProblem,
};
use parquet::arrow::ArrowWriter;

/// A row of a delta, right or wrong.
struct Row {
	op: &'static str,
	id: RecordId,
	features: Option<Vec<f32>>,
	class: Option<u8>,
}

fn addition(number: f32) -> Row {
	let features = vec![number; 8];
	let mut record: Vec<u8> = features.iter().flat_map(|feature| feature.to_le_bytes()).collect();
	record.push(1);
	Row { op: "add", id: RecordId::of(&record), features: Some(features), class: Some(1) }
}

fn removal(id: RecordId) -> Row {
	Row { op: "remove", id, features: None, class: None }
}

/// The file that pyarrow would write of these rows.
fn parquet(rows: &[Row], class: &str) -> Vec<u8> {
	let ids = rows.iter().map(|row| Some(row.id.0));
	let ids = FixedSizeBinaryArray::try_from_sparse_iter_with_size(ids, 32).unwrap();
	let lists = rows.iter().map(|row| {
		let features = row.features.as_ref();
		features.map(|features| features.iter().copied().map(Some).collect::<Vec<_>>())
	});
	let columns: [(&str, ArrayRef); 4] = [
		("op", Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.op)))),
		("id", Arc::new(ids)),
		("x", Arc::new(ListArray::from_iter_primitive::<Float32Type, _, _>(lists))),
		(class, Arc::new(UInt8Array::from_iter(rows.iter().map(|row| row.class)))),
	];
	let batch =
		RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap();
	let mut file = Vec::new();
	let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), None).unwrap();
	writer.write(&batch).unwrap();
	writer.close().unwrap();
	file
}

/// A request to check a delta on the data set of a fixture.
fn check(fixture: &Fixture, proposed: ContentRef) -> CheckRequest {
	CheckRequest {
		genesis: H256::repeat_byte(1),
		group: 2,
		proposal: 3,
		version: 1,
		attempt: 0,
		model: fixture.model,
		providers: providers(fixture),
		deltas: vec![source(fixture.delta)],
		proposed: source(proposed),
		fetch_ms: 60_000,
	}
}

/// The verdict on these bytes, which the group's providers serve.
async fn verdict(client: &Client, fixture: &Fixture, bytes: &[u8]) -> DeltaVerdict {
	let proposed = fixture.store.import(bytes).unwrap();
	client.outcome(&check(fixture, proposed)).await.checked
}

fn first_record(fixture: &Fixture) -> Row {
	let mut record = Vec::new();
	fixture.set.read(0, &mut record).unwrap();
	let features = record[..32].chunks_exact(4);
	Row {
		op: "add",
		id: RecordId::of(&record),
		features: Some(features.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()),
		class: Some(record[32]),
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_valid_delta_is_reported_to_the_last_digit() {
	let mut fixture = Fixture::new(50);
	fixture.serve().await;
	let client = Client::start(&fixture.directory.path().join("evaluator")).await;
	let removed = first_record(&fixture).id;
	let rows = [addition(5.0), removal(removed), addition(6.0)];
	let file = parquet(&rows, "y");
	let proposed = fixture.store.import(file.as_slice()).unwrap();
	let request = check(&fixture, proposed);
	let mut hashed = Vec::new();
	for row in &rows {
		hashed.push(u8::from(row.op == "remove"));
		hashed.extend(row.id.0);
	}
	let rows = H256(Blake2b::<U32>::digest(&hashed).into());
	let report = DeltaReport {
		added: 2,
		removed: 1,
		records: 51,
		root: descent_protocol::delta_root(request.genesis, 2, 3, 1, rows),
	};
	assert_eq!(client.outcome(&request).await.checked, DeltaVerdict::Valid(report));
	// On the version that it makes, it is a duplicate. Nothing has to be served again.
	let next = CheckRequest {
		version: 2,
		deltas: vec![source(fixture.delta), source(proposed)],
		providers: Vec::new(),
		..request
	};
	let duplicate = DeltaFault::Row { row: 0, problem: RowProblem::Duplicate };
	assert_eq!(client.outcome(&next).await.checked, DeltaVerdict::Invalid(duplicate));
	let metrics = client.get("/metrics").await.text().await.unwrap();
	for line in [
		r#"descent_evaluator_deltas_total{verdict="valid"} 1"#,
		r#"descent_evaluator_jobs_total{kind="check",outcome="done"} 2"#,
		r#"descent_evaluator_results{kind="check"} 2"#,
	] {
		assert!(metrics.contains(line), "{metrics}");
	}
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_has_its_verdict() {
	let mut fixture = Fixture::new(50);
	fixture.serve().await;
	let client = Client::start(&fixture.directory.path().join("evaluator")).await;
	let row = |row, problem| DeltaFault::Row { row, problem };
	let good = || parquet(&[addition(5.0)], "y");
	let all = (0..50).map(|position| {
		let mut record = Vec::new();
		fixture.set.read(position, &mut record).unwrap();
		removal(RecordId::of(&record))
	});
	let all: Vec<_> = all.collect();
	let changed = |change: fn(&mut Row)| {
		let mut rows = [addition(5.0), addition(6.0)];
		change(&mut rows[1]);
		parquet(&rows, "y")
	};
	let faults = [
		(b"not parquet".to_vec(), DeltaFault::Malformed),
		(good()[..good().len() - 9].to_vec(), DeltaFault::Malformed),
		(parquet(&[addition(5.0)], "z"), DeltaFault::Columns),
		(parquet(&[], "y"), DeltaFault::Empty),
		(parquet(&all, "y"), DeltaFault::Empty),
		(changed(|row| row.op = "Add"), row(1, RowProblem::Op)),
		(changed(|row| row.id = RecordId([7; 32])), row(1, RowProblem::WrongId)),
		(changed(|row| row.class = None), row(1, RowProblem::Null)),
		(changed(|row| row.op = "remove"), row(1, RowProblem::NotNull)),
		(changed(|row| row.features = Some(vec![1.0; 7])), row(1, RowProblem::Shape)),
		(changed(|row| row.features = Some(vec![f32::NAN; 8])), row(1, RowProblem::Value)),
		(changed(|row| *row = addition(5.0)), row(1, RowProblem::Repeated)),
		(parquet(&[addition(5.0), first_record(&fixture)], "y"), row(1, RowProblem::Duplicate)),
		(parquet(&[removal(RecordId([7; 32]))], "y"), row(0, RowProblem::Absent)),
	];
	for (file, fault) in faults {
		assert_eq!(verdict(&client, &fixture, &file).await, DeltaVerdict::Invalid(fault), "{fault}");
	}
	let metrics = client.get("/metrics").await.text().await.unwrap();
	let line = r#"descent_evaluator_deltas_total{verdict="invalid"} 14"#;
	assert!(metrics.contains(line), "{metrics}");
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_serves_is_unavailable_within_the_time() {
	let mut fixture = Fixture::new(50);
	fixture.serve().await;
	let client = Client::start(&fixture.directory.path().join("evaluator")).await;
	let withheld = ContentRef::raw(b"nobody has this").unwrap();
	assert_eq!(client.outcome(&check(&fixture, withheld)).await.checked, DeltaVerdict::Unavailable);
	// One that takes connections and never answers, and one that would take all day.
	let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
	let mut request = check(&fixture, ContentRef::raw(b"nor this").unwrap());
	request.proposed.providers = vec![format!("http://{}", silent.local_addr().unwrap())];
	request.fetch_ms = 700;
	let began = Instant::now();
	assert_eq!(client.outcome(&request).await.checked, DeltaVerdict::Unavailable);
	assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_this_machine_lacks_is_no_verdict() {
	let mut fixture = Fixture::new(50);
	fixture.serve().await;
	let client = Client::start(&fixture.directory.path().join("evaluator")).await;
	let proposed = fixture.store.import(parquet(&[addition(5.0)], "y").as_slice()).unwrap();
	let good = check(&fixture, proposed);
	let lost = ContentRef::raw(b"nobody has this").unwrap();
	let mut requests = vec![good.clone(); 4];
	requests[0].deltas = vec![source(lost)];
	requests[1].model = lost;
	requests[2].deltas = vec![source(fixture.store.import(b"not parquet".as_slice()).unwrap())];
	requests[3].proposed.delta = ContentRef { codec: Codec::UnixFs, size: 1 << 30, ..lost };
	for (request, words) in
		requests.iter().zip(["cannot be had", "description", "delta of the data set", "--max-content"])
	{
		let reason = client.failure(request).await;
		assert!(reason.contains(words), "{reason}");
	}
	let too_large = CheckRequest {
		proposed: source(ContentRef { codec: Codec::UnixFs, size: u64::MAX, ..lost }),
		..good.clone()
	};
	assert_eq!(client.outcome(&too_large).await.checked, DeltaVerdict::Invalid(DeltaFault::TooLarge));
	// No scratch file can be made: the disk's fault.
	let scratch = fixture.directory.path().join("evaluator/scratch");
	std::fs::remove_dir_all(&scratch).unwrap();
	client.failure(&good).await;
	std::fs::create_dir(&scratch).unwrap();
	client.evaluator.stop().await.unwrap();
}

/// Checks that wait for a provider that never answers delay neither measuring nor other checks.
#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_stalls_delays_neither_measurements_nor_other_checks() {
	let mut fixture = Fixture::new(400);
	fixture.serve().await;
	let client = Client::start(&fixture.directory.path().join("evaluator")).await;
	let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
	let stalled = (0..PER_GROUP as u8 + 2).map(|number| {
		let mut request = check(&fixture, ContentRef::raw(&[number]).unwrap());
		request.group = 10;
		request.proposed.providers = vec![format!("http://{}", silent.local_addr().unwrap())];
		request
	});
	let status = async |id: H256| {
		let job = client.get(&format!("/v1/checks/{id:?}")).await;
		job.json::<Job<Checked>>().await.unwrap().status
	};
	let deadline = Instant::now() + Duration::from_secs(10);
	let mut jobs = Vec::new();
	for request in stalled {
		let id = client.submit(&request).await.id;
		while jobs.len() < PER_GROUP && status(id).await == JobStatus::Queued {
			assert!(Instant::now() < deadline);
			tokio::time::sleep(Duration::from_millis(10)).await;
		}
		jobs.push(id);
	}
	let good = parquet(&[addition(5.0)], "y");
	assert!(matches!(verdict(&client, &fixture, &good).await, DeltaVerdict::Valid(_)));
	let ballot = client.ballot(&request(&fixture, vec![honest(&fixture, 8)])).await;
	assert_eq!(ballot.verdicts.len(), 1);
	let mut running = 0;
	for id in jobs {
		running += usize::from(status(id).await == JobStatus::Running { measured: 0 });
	}
	assert_eq!(running, PER_GROUP, "none of the others has had to wait for them");
	client.evaluator.stop().await.unwrap();
}

/// A provider that serves neither the version nor the model delays a check no longer than its attempt.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_check_needs_is_fetched_while_its_attempt_lasts() {
	let mut fixture = Fixture::new(50);
	fixture.serve().await;
	let client = Client::start(&fixture.directory.path().join("evaluator")).await;
	let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
	let lost = ContentRef::raw(b"nobody has this").unwrap();
	let mut requests = vec![check(&fixture, fixture.delta); 2];
	requests[0].deltas = vec![source(lost)];
	requests[1].model = lost;
	for request in &mut requests {
		request.providers.push(format!("http://{}", silent.local_addr().unwrap()));
		request.fetch_ms = 400;
		let began = Instant::now();
		let reason = client.failure(request).await;
		assert!(reason.contains("time"), "{reason}");
		assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
	}
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn verdicts_outlive_a_restart_and_are_made_once() {
	let mut fixture = Fixture::new(50);
	fixture.serve().await;
	let data = fixture.directory.path().join("evaluator");
	let client = Client::start(&data).await;
	let file = parquet(&[addition(5.0)], "y");
	let request = check(&fixture, fixture.store.import(file.as_slice()).unwrap());
	let checked = client.outcome(&request).await;
	client.evaluator.stop().await.unwrap();
	let client = Client::start(&data).await;
	assert_eq!(client.submit(&request).await.status, JobStatus::Done(checked.clone()));
	// The applied delta and the set that it applies to are on disk, though they are no longer served.
	let measured = EvaluationRequest {
		deltas: vec![source(fixture.delta), request.proposed.clone()],
		providers: Vec::new(),
		..super::request(&fixture, Vec::new())
	};
	client.ballot(&measured).await;
	client.evaluator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_check_is_refused() {
	let fixture = Fixture::new(1);
	let client = Client::start(&fixture.directory.path().join("evaluator")).await;
	let good = check(&fixture, fixture.delta);
	let refused = [
		CheckRequest { version: 2, ..good.clone() },
		CheckRequest { version: 1_025, deltas: vec![source(fixture.delta); 1_025], ..good.clone() },
		CheckRequest { providers: vec!["http://a".into(); 25], ..good.clone() },
		CheckRequest {
			proposed: DeltaSource { delta: fixture.delta, providers: vec!["a".repeat(129)] },
			..good.clone()
		},
		CheckRequest { proposed: source(ContentRef { size: 0, ..fixture.delta }), ..good.clone() },
	];
	for request in refused {
		assert_eq!(client.post(&request).await.status(), 422);
	}
	let post = client.http.post(format!("{}/v1/checks", client.base));
	assert_eq!(post.body("{").send().await.unwrap().status(), 400);
	let elsewhere = client.get(&format!("/v1/checks/{:?}", H256::zero())).await;
	assert_eq!(elsewhere.status(), 404);
	client.evaluator.stop().await.unwrap();
}
