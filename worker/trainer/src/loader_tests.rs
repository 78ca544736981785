use super::*;
use crate::{
	checkpoints::Checkpointer,
	options::Optimizer,
	rounds::{CheckpointSource, Offer},
};
use descent_artifacts::{ContentCache, Quota};
use descent_dataset::DeltaWriter;
use descent_protocol::{Clock, ContentRef, DeltaReport, Metric, Share};
use descent_testing::{description_json, FakeLog, Fixture};
use sp_core::crypto::AccountId32;
use std::time::Instant;
use tokio::runtime::Handle;

const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<Event>>>);

impl Report for Heard {
	fn event(&self, event: Event) {
		self.0.lock().unwrap().push(event);
	}
}

/// A group whose content is served, and a trainer's loader.
struct Scene {
	fixture: Fixture,
	log: FakeLog,
	heard: Heard,
	group: GroupView,
}

impl Scene {
	async fn new() -> Self {
		let mut fixture = Fixture::new(300);
		let gateway = fixture.serve().await;
		let log = FakeLog::default();
		let (version, root) = log.push(fixture.delta, vec![], None);
		let group = GroupView {
			id: 1,
			owner: AccountId32::new([1; 32]),
			name: "test".into(),
			model: fixture.model,
			model_version: 0,
			dataset_version: version,
			dataset_root: root,
			providers: vec![gateway],
			metric: Metric::Loss,
			policy: EvaluationPolicy::Training { records: 100 },
			tolerance: 0,
			minimum_improvement: 0,
			target: None,
			clock: Clock { first: 0, start: 0, length: 12, reveal: 4, attest: 4, open: 2 },
			deposit: 1,
			head: None,
			voting_period: 100,
			quorum: Share(1),
			shares: Default::default(),
			stake: 1,
			closes: 100,
			block: 1,
			round: Some(6),
			settled: None,
		};
		Self { fixture, log, heard: Heard::default(), group }
	}

	/// A trainer that knows only what is on disk, in a folder of this name.
	fn start(&self, name: &str) -> AssetLoader {
		let folder = self.fixture.directory.path().join(name);
		let quota = Quota { content: 1 << 24, candidates: 0, data: 1 << 24 };
		let artifacts = Artifacts::open(&folder, quota, Handle::current()).unwrap();
		let settings = Settings {
			optimizer: Optimizer::Adam,
			learning_rate: 0.01,
			batch: 32,
			seed: 7,
			holdout: 100,
			device: descent_model::Device::Cpu,
			directory: folder.join("training"),
		};
		AssetLoader::start(artifacts, settings, self.log.clone(), self.heard.clone()).unwrap()
	}

	/// Applies a delta that adds a record, from the next round on. Only `providers` serve it.
	fn grow(&mut self, number: u8, store: &descent_content::Store, providers: Vec<String>) {
		let path = self.fixture.directory.path().join(format!("grown-{number}.parquet"));
		let mut writer = DeltaWriter::create(&path, &self.fixture.description.schema()).unwrap();
		let mut record = vec![0; 32];
		record[0] = number;
		record.push(1);
		writer.add(&record).unwrap();
		writer.finish().unwrap();
		let delta = store.import_path(&path).unwrap();
		let report = DeltaReport { added: 1, removed: 0, records: 301, root: H256::zero() };
		let (version, root) = self.log.push(delta, providers, Some(report));
		(self.group.dataset_version, self.group.dataset_root) = (version, root);
		self.group.round = self.group.round.map(|round| round + 1);
	}

	/// Another model, from the next round on.
	fn fork(&mut self) {
		self.group.model = self.fixture.store.import(description_json(20).as_bytes()).unwrap();
		self.group.model_version += 1;
		self.group.round = self.group.round.map(|round| round + 1);
	}

	async fn until(
		&self,
		loader: &AssetLoader,
		bound: &[RoundSpec],
		what: impl Fn(&Assets) -> bool,
	) -> Assets {
		let deadline = Instant::now() + PATIENCE;
		loop {
			loader.follow(&self.group, bound.to_vec());
			let provisions = loader.provisions();
			if what(&provisions) {
				return provisions;
			}
			assert!(Instant::now() < deadline, "{:?}", self.heard.0.lock().unwrap());
			tokio::time::sleep(Duration::from_millis(20)).await;
		}
	}

	async fn trained(&self, loader: &AssetLoader) -> Assets {
		let spec = RoundSpec::from(&self.group);
		self.until(loader, &[], |provisions| {
			let learner = provisions.learner.as_ref();
			let trains = learner.is_some_and(|(version, learner)| {
				*version == spec.model_version && learner.status().steps > 0
			});
			trains && provisions.exam(&spec).is_some()
		})
		.await
	}
}

fn records(provisions: &Assets, spec: &RoundSpec) -> u64 {
	provisions.exam(spec).unwrap().set.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn training_goes_on_with_a_new_version_and_says_so() {
	let mut scene = Scene::new().await;
	let loader = scene.start("trainer");
	let (_, learner) = scene.trained(&loader).await.learner.unwrap();
	// The group's gateway does not have it, its proposer's does.
	let elsewhere = scene.fixture.directory.path().join("elsewhere");
	let store = descent_content::Store::open(elsewhere, 1 << 24).unwrap();
	let any = "127.0.0.1:0".parse().unwrap();
	let (address, _) = descent_content::serve(any, store.clone(), std::future::pending()).await.unwrap();
	let before = RoundSpec::from(&scene.group);
	scene.grow(1, &store, vec![format!("http://{address}")]);
	let heard = scene.heard.0.clone();
	let provisions = scene.until(&loader, &[], |_| !heard.lock().unwrap().is_empty()).await;
	let expected = Event::Dataset { version: 2, records: 301, added: 1, removed: 0, round: 7 };
	assert_eq!(*heard.lock().unwrap(), [expected]);
	assert_eq!(records(&provisions, &RoundSpec::from(&scene.group)), 301);
	let (_, same) = provisions.learner.unwrap();
	assert!(same.is(&learner) && !learner.has_stopped());
	scene.until(&loader, &[], |provisions| provisions.exam(&before).is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_model_is_trained_anew_while_the_old_one_is_measured() {
	let mut scene = Scene::new().await;
	let loader = scene.start("trainer");
	let (_, old) = scene.trained(&loader).await.learner.unwrap();
	let peak = scene.fixture.directory.path().join("trainer/training/0");
	assert!(peak.is_dir());
	let bound = [RoundSpec::from(&scene.group)];
	scene.fork();
	let heard = scene.heard.0.clone();
	let provisions = scene.until(&loader, &bound, |_| !heard.lock().unwrap().is_empty()).await;
	assert_eq!(*heard.lock().unwrap(), [Event::Model { version: 1, name: "tiny".into(), round: 7 }]);
	let width = |spec: &RoundSpec| provisions.clone().exam(spec).unwrap().description.plan().parameter_values;
	assert!(width(&bound[0]) < width(&RoundSpec::from(&scene.group)));
	assert!(!peak.exists(), "weights of the old model are of no use");
	assert!(!provisions.learner.unwrap().1.is(&old));
}

/// Bound in a round of the first model and data set, it is started again after both have changed.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_measures_what_it_was_bound_to() {
	let mut scene = Scene::new().await;
	let bound = [RoundSpec::from(&scene.group)];
	let store = scene.fixture.store.clone();
	scene.grow(1, &store, vec![]);
	scene.fork();
	scene.grow(2, &store, vec![]);
	// One with what it had on disk, and one that has to fetch it all.
	drop(scene.trained(&scene.start("first")).await);
	for name in ["second", "third"] {
		let loader = scene.start(name);
		let current = RoundSpec::from(&scene.group);
		let provisions = scene
			.until(&loader, &bound, |provisions| {
				provisions.exam(&bound[0]).is_some() && provisions.learner.is_some()
			})
			.await;
		assert_eq!(records(&provisions, &bound[0]), 300);
		assert_eq!(records(&provisions, &current), 302);
		assert!(scene.heard.0.lock().unwrap().is_empty(), "nothing changed since it began");
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_chain_does_not_name_is_not_learnt() {
	let mut scene = Scene::new().await;
	let loader = scene.start("trainer");
	let honest = scene.group.dataset_root;
	scene.group.dataset_root = H256::repeat_byte(6);
	for _ in 0..20 {
		loader.follow(&scene.group, Vec::new());
		tokio::time::sleep(Duration::from_millis(10)).await;
	}
	assert!(loader.provisions().learner.is_none() && loader.provisions().exams.is_empty());
	scene.group.dataset_root = honest;
	scene.trained(&loader).await;
}

/// Who serves a delta to validators and to nobody else would have the deposits of all trainers.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_committed_where_the_claim_could_not_be_measured() {
	let mut scene = Scene::new().await;
	let loader = scene.start("trainer");
	scene.trained(&loader).await;
	let folder = scene.fixture.directory.path().to_path_buf();
	let unserved = descent_content::Store::open(folder.join("unserved"), 1 << 24).unwrap();
	let cache = ContentCache::new(unserved.clone());
	let mut checkpointer = Checkpointer::new(loader, cache, "http://a".into(), Vec::new());
	let path = folder.join("offered");
	let deadline = Instant::now() + PATIENCE;
	while !matches!(checkpointer.offer(&scene.group, &path).await, Ok(Offer::Checkpoint(_))) {
		assert!(Instant::now() < deadline);
		tokio::time::sleep(Duration::from_millis(20)).await;
	}
	scene.grow(1, &unserved, vec![]);
	checkpointer.follow(&scene.group, Vec::new());
	let offer = checkpointer.offer(&scene.group, &path).await.unwrap();
	let expected = "the group's model and data are not here yet";
	assert_eq!(offer, Offer::Nothing(expected.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_that_cannot_be_measured_does_not_stop_the_training() {
	let scene = Scene::new().await;
	let loader = scene.start("trainer");
	let lost = RoundSpec {
		model: ContentRef::raw(b"nobody has this").unwrap(),
		providers: vec![],
		..RoundSpec::from(&scene.group)
	};
	scene.until(&loader, &[lost], |provisions| provisions.learner.is_some()).await;
}
