use super::*;
use descent_artifacts::Quota;
use descent_content::Store;
use descent_testing::{sealing_key, Fixture, SealedFixture};
use tokio::runtime::Handle;

/// A trainer's test sets, and a requester that serves two of them.
struct World {
	fixture: Fixture,
	sealed: SealedFixture,
	sets: [Arc<Set>; 2],
	artifacts: Arc<Artifacts>,
	gateway: String,
}

impl World {
	async fn new() -> Self {
		let mut fixture = Fixture::new(10);
		let gateway = fixture.serve().await;
		let files = [2, 3].map(|seed| fixture.hidden(seed, 30));
		let sealed = SealedFixture::new(&fixture.store, &files.each_ref().map(|(file, _)| file.clone()));
		let quota = Quota { content: 1 << 24, candidates: 0, data: 1 << 24, allow_private: true };
		let folder = fixture.directory.path().join("trainer");
		let artifacts = Arc::new(Artifacts::open(&folder, quota, Handle::current()).unwrap());
		Self { fixture, sealed, sets: files.map(|(_, set)| set), artifacts, gateway }
	}

	fn source(&self, manifest: ContentRef, index: u16) -> SealedSource {
		SealedSource { manifest, index, providers: vec![self.gateway.clone()], peers: Vec::new() }
	}
}

/// Asks until the answer is not that the set is being fetched.
async fn held(sets: &mut TestSets, source: &SealedSource) -> Result<Vec<ContentRef>, String> {
	let until = within(Duration::from_secs(60));
	loop {
		match sets.hold(source.clone()) {
			Err(reason) if reason.contains("being fetched") => assert!(Instant::now() < until),
			other => return other,
		}
		tokio::time::sleep(Duration::from_millis(10)).await;
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_set_that_is_held_is_opened_without_its_requester() {
	let world = World::new().await;
	let mut sets = TestSets::new(world.artifacts.clone());
	let source = world.source(world.sealed.manifest, 1);
	let reason = sets.hold(source.clone()).unwrap_err();
	assert!(reason.contains("sealed test set 1"), "{reason}");
	let content = held(&mut sets, &source).await.unwrap();
	assert_eq!(content, [world.sealed.manifest, world.sealed.sealed[1]]);
	let cache = world.artifacts.cache().clone();
	tokio::task::spawn_blocking(move || cache.clear()).await.unwrap().unwrap();
	let description = Arc::new(world.fixture.description.clone());
	let test_set = |key| TestSetSource { manifest: source.manifest, index: 1, key, providers: Vec::new() };
	let opened = sets.open(description.clone(), test_set(sealing_key(1)), &[]).await.unwrap();
	assert_eq!(opened.unwrap().root(), world.sets[1].root());
	let other = sets.open(description, test_set(sealing_key(0)), &[]).await.unwrap();
	assert!(other.is_none(), "another key shows that it is broken");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_serves_is_not_held_and_what_is_broken_need_not_be() {
	let world = World::new().await;
	let mut sets = TestSets::new(world.artifacts.clone());
	let elsewhere = Store::open(world.fixture.directory.path().join("elsewhere"), 1 << 24).unwrap();
	let unserved = SealedFixture::new(&elsewhere, &[world.fixture.hidden(4, 30).0]);
	let nobody = SealedSource { providers: Vec::new(), ..world.source(unserved.manifest, 0) };
	let reason = held(&mut sets, &nobody).await.unwrap_err();
	assert!(reason.contains("cannot be had"), "{reason}");
	// A set that the manifest does not name is broken for everybody, so that nobody has to hold it.
	let absent = world.source(world.sealed.manifest, 2);
	assert_eq!(held(&mut sets, &absent).await, Ok(vec![world.sealed.manifest]));
}
