use super::*;
use std::{
	io::{Read, Write},
	net::{SocketAddr, TcpListener, TcpStream},
};
use tokio::runtime::Runtime;

const MIB: usize = 1 << 20;

/// Artifacts with room for two candidates of a MiB, and a gateway that serves eight of them.
struct Fixture {
	runtime: Runtime,
	artifacts: Artifacts,
	honest: Vec<ContentRef>,
	gateway: String,
	_directory: tempfile::TempDir,
}

/// Starts a gateway that answers each request at once, and then sends a byte every now and then.
fn dripping() -> SocketAddr {
	let listener = TcpListener::bind("127.0.0.1:0").unwrap();
	let address = listener.local_addr().unwrap();
	std::thread::spawn(move || {
		for stream in listener.incoming() {
			std::thread::spawn(move || drip(stream?));
		}
	});
	address
}

fn drip(mut stream: TcpStream) -> std::io::Result<()> {
	let _ = stream.read(&mut [0; 4096])?;
	write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {MIB}\r\n\r\n")?;
	loop {
		stream.write_all(&[0])?;
		std::thread::sleep(Duration::from_millis(50));
	}
}

impl Fixture {
	fn new() -> Self {
		let directory = tempfile::tempdir().unwrap();
		let runtime = Runtime::new().unwrap();
		let served = Store::open(directory.path().join("served"), 1 << 30).unwrap();
		let honest = (0..8).map(|number| served.import(vec![number; MIB].as_slice()).unwrap()).collect();
		let any = "127.0.0.1:0".parse().unwrap();
		let serve = descent_content::serve(any, served, std::future::pending());
		let (address, _) = runtime.block_on(serve).unwrap();
		let quota =
			Quota { content: 4 * MIB as u64, candidates: 2 * MIB as u64, data: 1 << 20, allow_private: true };
		let artifacts =
			Artifacts::open(&directory.path().join("data"), quota, runtime.handle().clone()).unwrap();
		Self { runtime, artifacts, honest, gateway: format!("http://{address}"), _directory: directory }
	}

	fn begin(&self, content: ContentRef, provider: &str, rank: usize, window: FetchWindow) -> Fetching {
		let source = Source { content, providers: vec![provider.into()], peers: Vec::new(), rank };
		self.artifacts.begin(source, window)
	}

	/// Begins to fetch a candidate that is served as it should be.
	fn honest(&self, number: usize, rank: usize, window: FetchWindow) -> Fetching {
		self.begin(self.honest[number], &self.gateway, rank, window)
	}

	fn check(&self, fetching: Fetching, number: u8) {
		let candidate = self.artifacts.fetched(fetching).unwrap();
		assert_eq!(std::fs::read(&candidate.file).unwrap(), vec![number; MIB]);
		self.artifacts.cache().discard(&self.honest[usize::from(number)]).unwrap();
	}
}

fn window(time: u64, closing: u64) -> FetchWindow {
	FetchWindow { time: Duration::from_millis(time), closing: within(Duration::from_millis(closing)) }
}

fn wait_for(condition: impl Fn() -> bool) {
	let deadline = within(Duration::from_secs(30));
	while !condition() {
		assert!(Instant::now() < deadline);
		std::thread::sleep(Duration::from_millis(5));
	}
}

#[test]
fn sixty_three_dripping_candidates_keep_no_room_from_the_last_one() {
	let fixture = Fixture::new();
	let dripping = format!("http://{}", dripping());
	let window = window(20_000, 60_000);
	let crowd: Vec<_> = (0..63)
		.map(|rank| {
			let digest = sp_core::H256::from_low_u64_be(rank);
			let content = ContentRef { digest, ..fixture.honest[0] };
			fixture.begin(content, &dripping, rank as usize, window)
		})
		.collect();
	let honest = fixture.honest(7, 63, window);
	fixture.check(honest, 7);
	assert!(!crowd.iter().any(Fetching::is_over), "it waited for others");
	for fetching in crowd {
		assert!(matches!(fixture.artifacts.fetched(fetching), Err(ArtifactError::Unavailable(_))));
	}
	assert!(fixture.artifacts.contacts() > 0);
	fixture.runtime.shutdown_background();
}

#[test]
fn who_gets_no_room_in_time_is_not_unavailable() {
	let fixture = Fixture::new();
	let long = window(60_000, 60_000);
	let first = [0, 1].map(|number| fixture.honest(number, number, long));
	wait_for(|| first.iter().all(Fetching::is_over));
	let late = fixture.honest(2, 2, window(60_000, 500));
	let error = fixture.artifacts.fetched(late).unwrap_err();
	assert!(matches!(&error, ArtifactError::Failed(_)), "{error}");
	assert!(error.to_string().contains("--max-content"), "{error}");
	for (number, fetching) in first.into_iter().enumerate() {
		fixture.check(fetching, number as u8);
	}
}

#[test]
fn the_last_rank_gives_way_to_the_first_and_comes_back() {
	let fixture = Fixture::new();
	let window = window(60_000, 60_000);
	let last = [5, 6].map(|number| fixture.honest(number, number, window));
	wait_for(|| last.iter().all(Fetching::is_over));
	let first = fixture.honest(0, 0, window);
	wait_for(|| first.is_over() && !last[1].is_over());
	assert!(last[0].is_over());
	fixture.check(first, 0);
	for (number, fetching) in [5, 6].into_iter().zip(last) {
		fixture.check(fetching, number);
	}
	wait_for(|| fixture.artifacts.room.spare() == 2 * MIB as u64);
}

#[test]
fn many_candidates_pass_through_little_room_in_the_order_of_their_ranks() {
	let fixture = Fixture::new();
	let window = window(60_000, 60_000);
	let all: Vec<_> = (0..8).map(|number| fixture.honest(number, number, window)).collect();
	for (number, fetching) in all.into_iter().enumerate() {
		fixture.check(fetching, number as u8);
	}
}

#[test]
fn who_has_its_full_time_and_does_not_come_is_unavailable() {
	let fixture = Fixture::new();
	let silent = TcpListener::bind("127.0.0.1:0").unwrap();
	let provider = format!("http://{}", silent.local_addr().unwrap());
	let content = ContentRef::raw(b"content").unwrap();
	let fetching = fixture.begin(content, &provider, 0, window(300, 60_000));
	let error = fixture.artifacts.fetched(fetching).unwrap_err();
	assert!(matches!(error, ArtifactError::Unavailable(_)), "{error}");
	let fetching = fixture.begin(content, &provider, 0, window(60_000, 300));
	let error = fixture.artifacts.fetched(fetching).unwrap_err();
	assert!(matches!(error, ArtifactError::Failed(_)), "{error}");
}

#[test]
fn a_gateway_that_has_nothing_is_heard_of_and_silence_is_not() {
	let fixture = Fixture::new();
	let silent = TcpListener::bind("127.0.0.1:0").unwrap();
	let silent = format!("http://{}", silent.local_addr().unwrap());
	let soon = || within(Duration::from_millis(700));
	assert!(!fixture.artifacts.is_heard_of(&[silent.clone(), "no address".into()], soon()));
	assert!(!fixture.artifacts.is_heard_of(&[], soon()));
	assert_eq!(fixture.artifacts.contacts(), 0);
	assert!(fixture.artifacts.is_heard_of(&[silent, fixture.gateway.clone()], soon()));
}
