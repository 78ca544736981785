use super::*;
use tokio::runtime::Runtime;

const MIB: usize = 1 << 20;

/// Artifacts with room for two candidates of a MiB, a gateway that serves the returned content, and one that
/// takes connections and never answers.
struct Fixture {
	runtime: Runtime,
	artifacts: Artifacts,
	honest: ContentRef,
	gateway: String,
	silent: std::net::TcpListener,
	_directory: tempfile::TempDir,
}

impl Fixture {
	fn new() -> Self {
		let directory = tempfile::tempdir().unwrap();
		let runtime = Runtime::new().unwrap();
		let served = Store::open(directory.path().join("served"), 1 << 30).unwrap();
		let honest = served.import(vec![7; MIB].as_slice()).unwrap();
		let any = "127.0.0.1:0".parse().unwrap();
		let serve = descent_content::serve(any, served, std::future::pending());
		let (address, _) = runtime.block_on(serve).unwrap();
		let quota =
			Quota { content: 4 * MIB as u64, candidates: 2 * MIB as u64, data: 1 << 20, allow_private: true };
		let artifacts =
			Artifacts::open(&directory.path().join("data"), quota, runtime.handle().clone()).unwrap();
		Self {
			runtime,
			artifacts,
			honest,
			gateway: format!("http://{address}"),
			silent: std::net::TcpListener::bind("127.0.0.1:0").unwrap(),
			_directory: directory,
		}
	}

	fn begin_silent(&self, number: u8, until: Instant) -> (ContentRef, Fetching) {
		let checkpoint = ContentRef::raw(&vec![number; MIB]).unwrap();
		let provider = format!("http://{}", self.silent.local_addr().unwrap());
		(checkpoint, self.artifacts.begin(checkpoint, vec![provider], until))
	}

	fn begin_honest(&self, until: Instant) -> Fetching {
		self.artifacts.begin(self.honest, vec![self.gateway.clone()], until)
	}
}

#[test]
fn who_gets_no_room_in_time_is_not_unavailable() {
	let fixture = Fixture::new();
	let until = within(Duration::from_millis(500));
	let crowd = [1, 2].map(|number| fixture.begin_silent(number, until));
	let honest = fixture.begin_honest(until);
	for (checkpoint, fetching) in crowd {
		assert!(matches!(
			fixture.artifacts.fetched(fetching, &checkpoint),
			Err(ArtifactError::Unavailable(_))
		));
	}
	assert!(matches!(fixture.artifacts.fetched(honest, &fixture.honest), Err(ArtifactError::Failed(_))));
}

#[test]
fn room_is_kept_until_a_candidate_was_looked_at() {
	let fixture = Fixture::new();
	let until = within(Duration::from_secs(60));
	// Without providers these end at once.
	let ended = [1u8, 2].map(|number| {
		let checkpoint = ContentRef::raw(&vec![number; MIB]).unwrap();
		(checkpoint, fixture.artifacts.begin(checkpoint, Vec::new(), until))
	});
	let honest = fixture.begin_honest(until);
	let deadline = within(Duration::from_secs(30));
	while ended.iter().any(|(_, fetching)| !fetching.0.is_finished()) {
		assert!(Instant::now() < deadline);
		std::thread::yield_now();
	}
	assert_eq!(fixture.artifacts.permits.available_permits(), 0);
	assert!(!honest.0.is_finished());
	for (checkpoint, fetching) in ended {
		assert!(matches!(
			fixture.artifacts.fetched(fetching, &checkpoint),
			Err(ArtifactError::Unavailable(_))
		));
	}
	let candidate = fixture.artifacts.fetched(honest, &fixture.honest).unwrap();
	assert_eq!(std::fs::read(&candidate.file).unwrap(), vec![7; MIB]);
	drop(candidate);
	assert_eq!(fixture.artifacts.permits.available_permits(), 2);
}

#[test]
fn room_is_given_in_the_order_of_the_calls() {
	let fixture = Fixture::new();
	let until = within(Duration::from_secs(60));
	for _ in 0..50 {
		let first = fixture.begin_honest(until);
		let second = fixture.begin_honest(until);
		let crowd: Vec<_> = (1..20).map(|number| fixture.begin_silent(number, until)).collect();
		// Were one of the crowd before them, this would wait for it in vain.
		drop(fixture.artifacts.fetched(first, &fixture.honest).unwrap());
		drop(fixture.artifacts.fetched(second, &fixture.honest).unwrap());
		drop(crowd);
		let deadline = within(Duration::from_secs(30));
		while fixture.artifacts.permits.available_permits() < 2 {
			assert!(Instant::now() < deadline);
			std::thread::yield_now();
		}
	}
	fixture.runtime.shutdown_background();
}
