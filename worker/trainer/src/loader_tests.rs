use super::*;
use crate::preflight::{Preflight, Probe};
use crate::publisher::Publisher;
use crate::{
	checkpoints::Checkpointer,
	evaluate::Evaluate,
	recorded::{test_group::RULE, RoundStart, Submission},
	rounds::{CheckpointSource, DrawnFrom, Offer},
	test_sets::TestSets,
};
use descent_artifacts::ArtifactError;
use descent_artifacts::{ContentCache, Quota};
use descent_dataset::DeltaWriter;
use descent_evaluator::evaluation_set::EvaluationSet;
use descent_model::{Device, Evaluation, Optimizer};
use descent_protocol::{
	evaluation::TestSetSource,
	trace::BatchOrder,
	view::{RoundTestSetView, TestSetRelease},
	Clock, Codec, ContentRef, DeltaReport, Metric, OptionalRule, OptionalRuleKind, Rounding, Share,
};
use descent_replay::DatasetVersion;
use descent_testing::{description_json, sealing_key, FakeLog, Fixture, SealedFixture};
use sp_core::{crypto::AccountId32, H256};
use tokio::runtime::Handle;

const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, Default)]
struct RecordedEvents(Arc<Mutex<Vec<Event>>>);

impl Report for RecordedEvents {
	fn event(&self, event: Event) {
		self.0.lock().unwrap().push(event);
	}
}

/// A group whose content is served, and a trainer's loader.
struct TestGroup {
	fixture: Fixture,
	log: FakeLog,
	events: RecordedEvents,
	view: GroupView,
}

impl TestGroup {
	async fn new() -> Self {
		let mut fixture = Fixture::new(300);
		let gateway = fixture.serve().await;
		let log = FakeLog::default();
		let (version, root) = log.push(fixture.delta, vec![], None);
		let view = GroupView {
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
			optional_rules: Default::default(),
		};
		Self { fixture, log, events: RecordedEvents::default(), view }
	}

	/// A trainer that knows only what is on disk, in a folder of this name.
	fn start(&self, name: &str) -> AssetLoader {
		self.start_with(name, self.artifacts(name))
	}

	fn artifacts(&self, name: &str) -> Arc<Artifacts> {
		let folder = self.fixture.directory.path().join(name);
		let quota = Quota { content: 1 << 24, candidates: 0, data: 1 << 24, allow_private: true };
		Arc::new(Artifacts::open(&folder, quota, Handle::current()).unwrap())
	}

	/// Test sets of a trainer that fetches none.
	fn test_sets(&self) -> TestSets {
		TestSets::new(self.artifacts("test-sets"))
	}

	fn start_with(&self, name: &str, artifacts: Arc<Artifacts>) -> AssetLoader {
		let folder = self.fixture.directory.path().join(name);
		let settings = TrainingSettings {
			optimizer: Optimizer::Adam { betas: (0.9, 0.999), weight_decay: 0.0 },
			learning_rate: 0.01,
			batch: 32,
			augmentation: Default::default(),
			accumulate: 1,
			average: None,
			seed: 7,
			holdout: 100,
			device: Device::Cpu,
			own: None,
			recorded: Default::default(),
		};
		let (directory, log) = (folder.join("training"), self.log.clone());
		let recordings = Recordings::open(folder.join("recordings"), 1 << 30).unwrap();
		AssetLoader::start(artifacts, settings, directory, recordings, log, self.events.clone()).unwrap()
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
		(self.view.dataset_version, self.view.dataset_root) = (version, root);
		self.view.round = self.view.round.map(|round| round + 1);
	}

	/// Another model, from the next round on.
	fn fork(&mut self) {
		self.view.model = self.fixture.store.import(description_json(20).as_bytes()).unwrap();
		self.view.model_version += 1;
		self.view.round = self.view.round.map(|round| round + 1);
	}

	async fn until(
		&self,
		loader: &AssetLoader,
		open: &[RoundSpec],
		what: impl Fn(&Assets) -> bool,
	) -> Assets {
		let deadline = Instant::now() + PATIENCE;
		loop {
			loader.follow(&self.view, open.to_vec());
			let assets = loader.assets();
			if what(&assets) {
				return assets;
			}
			assert!(Instant::now() < deadline, "{:?}", self.events.0.lock().unwrap());
			tokio::time::sleep(Duration::from_millis(20)).await;
		}
	}

	async fn trained(&self, loader: &AssetLoader) -> Assets {
		let spec = RoundSpec::from(&self.view);
		self.until(loader, &[], |assets| {
			let training = assets.training.as_ref();
			let trains = training.is_some_and(|(version, training)| {
				*version == spec.model_version && training.status().steps > 0
			});
			trains && assets.evaluation(&spec).is_some()
		})
		.await
	}
}

fn records(assets: &Assets, spec: &RoundSpec) -> u64 {
	assets.evaluation(spec).unwrap().set.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn training_goes_on_with_a_new_version_and_says_so() {
	let mut group = TestGroup::new().await;
	let loader = group.start("trainer");
	let (_, training) = group.trained(&loader).await.training.unwrap();
	// The group's gateway does not have it, its proposer's does.
	let elsewhere = group.fixture.directory.path().join("elsewhere");
	let store = descent_content::Store::open(elsewhere, 1 << 24).unwrap();
	let any = "127.0.0.1:0".parse().unwrap();
	let (address, _) = descent_content::serve(any, store.clone(), std::future::pending()).await.unwrap();
	let before = RoundSpec::from(&group.view);
	group.grow(1, &store, vec![format!("http://{address}")]);
	let events = group.events.0.clone();
	let assets = group.until(&loader, &[], |_| !events.lock().unwrap().is_empty()).await;
	let expected = Event::Dataset { version: 2, records: 301, added: 1, removed: 0, round: 7 };
	assert_eq!(*events.lock().unwrap(), [expected]);
	assert_eq!(records(&assets, &RoundSpec::from(&group.view)), 301);
	let (_, same) = assets.training.unwrap();
	assert!(same.is(&training) && !training.has_stopped());
	group.until(&loader, &[], |assets| assets.evaluation(&before).is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_model_is_trained_anew_while_the_old_one_is_measured() {
	let mut group = TestGroup::new().await;
	let loader = group.start("trainer");
	let (_, old) = group.trained(&loader).await.training.unwrap();
	let peak = group.fixture.directory.path().join("trainer/training/0");
	assert!(peak.is_dir());
	let open = [RoundSpec::from(&group.view)];
	group.fork();
	let events = group.events.0.clone();
	let assets = group.until(&loader, &open, |_| !events.lock().unwrap().is_empty()).await;
	assert_eq!(*events.lock().unwrap(), [Event::Model { version: 1, name: "tiny".into(), round: 7 }]);
	let width =
		|spec: &RoundSpec| assets.clone().evaluation(spec).unwrap().description.plan().parameter_values;
	assert!(width(&open[0]) < width(&RoundSpec::from(&group.view)));
	assert!(!peak.exists(), "weights of the old model are of no use");
	assert!(!assets.training.unwrap().1.is(&old));
}

/// A trainer with a commitment to a round of the first model and data set restarts after both have changed.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_measures_what_it_was_bound_to() {
	let mut group = TestGroup::new().await;
	let open = [RoundSpec::from(&group.view)];
	let store = group.fixture.store.clone();
	group.grow(1, &store, vec![]);
	group.fork();
	group.grow(2, &store, vec![]);
	// One with what it had on disk, and one that has to fetch it all.
	drop(group.trained(&group.start("first")).await);
	for name in ["second", "third"] {
		let loader = group.start(name);
		let current = RoundSpec::from(&group.view);
		let assets = group
			.until(&loader, &open, |assets| {
				assets.evaluation(&open[0]).is_some() && assets.training.is_some()
			})
			.await;
		assert_eq!(records(&assets, &open[0]), 300);
		assert_eq!(records(&assets, &current), 302);
		assert!(group.events.0.lock().unwrap().is_empty(), "nothing changed since it began");
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_chain_does_not_name_is_not_learnt() {
	let mut group = TestGroup::new().await;
	let loader = group.start("trainer");
	let honest = group.view.dataset_root;
	group.view.dataset_root = H256::repeat_byte(6);
	for _ in 0..20 {
		loader.follow(&group.view, Vec::new());
		tokio::time::sleep(Duration::from_millis(10)).await;
	}
	assert!(loader.assets().training.is_none() && loader.assets().evaluations.is_empty());
	group.view.dataset_root = honest;
	group.trained(&loader).await;
}

/// A proposer that serves its delta to validators only would cost all trainers their deposits.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_committed_where_the_claim_could_not_be_measured() {
	let mut group = TestGroup::new().await;
	let loader = group.start("trainer");
	group.trained(&loader).await;
	let folder = group.fixture.directory.path().to_path_buf();
	let unserved = descent_content::Store::open(folder.join("unserved"), 1 << 24).unwrap();
	let cache = ContentCache::new(unserved.clone());
	let mut checkpointer = checkpointer(loader, cache, FakeEvaluator::default(), None, group.test_sets());
	let path = folder.join("offered");
	until_offered(&mut checkpointer, &group.view, &path).await;
	group.grow(1, &unserved, vec![]);
	checkpointer.follow(&group.view, Vec::new());
	let deadline = Instant::now() + PATIENCE;
	loop {
		let reason = nothing(checkpointer.offer(&group.view, &path).await);
		assert!(reason.starts_with("the group's model and data are not here yet"), "{reason}");
		// the content, its size, who is asked, and the failure
		let wanted = ["version 2 of the data set", "2 parts", "bytes", &group.view.providers[0]];
		if wanted.iter().all(|wanted| reason.contains(wanted)) {
			break;
		}
		assert!(Instant::now() < deadline, "{reason}");
		checkpointer.follow(&group.view, Vec::new());
		tokio::time::sleep(Duration::from_millis(50)).await;
	}
	// so that the fetch ends with the test
	group.fixture.store.import_path(folder.join("grown-1.parquet")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_that_cannot_be_measured_does_not_stop_the_training() {
	let group = TestGroup::new().await;
	let loader = group.start("trainer");
	let lost = RoundSpec {
		model: ContentRef::raw(b"nobody has this").unwrap(),
		providers: vec![],
		..RoundSpec::from(&group.view)
	};
	group.until(&loader, &[lost], |assets| assets.training.is_some()).await;
}

/// A fault that an evaluator finds, if any.
type Fault = Option<fn() -> ArtifactError>;

/// Evaluates in this process, and finds faults that the test asks for.
#[derive(Clone, Default)]
struct FakeEvaluator(Arc<Mutex<Fault>>);

impl Evaluate for FakeEvaluator {
	fn evaluate(
		&self,
		description: &Description,
		set: &EvaluationSet,
		checkpoint: &Path,
		until: Instant,
	) -> Result<Evaluation, ArtifactError> {
		match *self.0.lock().unwrap() {
			Some(fault) => Err(fault()),
			None => set.evaluate(&evaluation_set::load(description, checkpoint)?, until),
		}
	}
}

fn checkpointer(
	loader: AssetLoader,
	cache: ContentCache,
	evaluator: FakeEvaluator,
	preflight: Option<Preflight>,
	test_sets: TestSets,
) -> Checkpointer {
	Checkpointer::new(
		loader,
		cache,
		Arc::new(evaluator),
		preflight,
		Publisher::serving("http://a".into()),
		test_sets,
		Vec::new(),
	)
}

fn cache(folder: &Path) -> ContentCache {
	ContentCache::new(descent_content::Store::open(folder.join("own"), 1 << 24).unwrap())
}

fn nothing(offer: Result<Offer>) -> String {
	match offer.unwrap() {
		Offer::Nothing(reason) => reason,
		Offer::Checkpoint(..) => panic!("a checkpoint is offered"),
	}
}

async fn until_offered(checkpointer: &mut Checkpointer, view: &GroupView, path: &Path) -> ContentRef {
	let deadline = Instant::now() + PATIENCE;
	loop {
		match checkpointer.offer(view, path).await {
			Ok(Offer::Checkpoint(checkpoint, None)) => return checkpoint,
			other => assert!(Instant::now() < deadline, "{other:?}"),
		}
		tokio::time::sleep(Duration::from_millis(20)).await;
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_committee_would_refuse_or_not_pay_is_not_committed() {
	let mut group = TestGroup::new().await;
	let loader = group.start("trainer");
	let training = group.trained(&loader).await.training.unwrap().1;
	let folder = group.fixture.directory.path().to_path_buf();
	let evaluator = FakeEvaluator::default();
	let mut checkpointer = checkpointer(loader, cache(&folder), evaluator.clone(), None, group.test_sets());
	let path = folder.join("offered");
	until_offered(&mut checkpointer, &group.view, &path).await;
	let set = |fault: Option<fn() -> ArtifactError>| *evaluator.0.lock().unwrap() = fault;
	let learns = || async {
		let steps = training.status().steps;
		let deadline = Instant::now() + PATIENCE;
		while training.status().steps <= steps {
			assert!(Instant::now() < deadline);
			tokio::time::sleep(Duration::from_millis(5)).await;
		}
	};
	learns().await;
	set(Some(|| ArtifactError::IllConditioned("it amplifies".into())));
	let reason = nothing(checkpointer.offer(&group.view, &path).await);
	assert!(reason.contains("it amplifies") && reason.contains("goes back"), "{reason}");

	set(Some(|| ArtifactError::Failed(anyhow::anyhow!("no memory"))));
	let deadline = Instant::now() + PATIENCE;
	// until it has learnt something after it went back
	while checkpointer.offer(&group.view, &path).await.is_ok() {
		assert!(Instant::now() < deadline);
		tokio::time::sleep(Duration::from_millis(5)).await;
	}
	let pause = training.pause();
	checkpointer.offer(&group.view, &path).await.unwrap_err();
	set(None);
	let offered = checkpointer.offer(&group.view, &path).await.unwrap();
	assert!(
		matches!(offered, Offer::Checkpoint(..)),
		"this machine's fault loses no checkpoint: {offered:?}"
	);
	drop(pause);

	group.view.head = Some(descent_protocol::view::HeadView {
		model_version: 0,
		round: 1,
		account: AccountId32::new([8; 32]),
		checkpoint: ContentRef::raw(b"head").unwrap(),
		score: descent_protocol::Score(3_000_000),
		measured_on: None,
		providers: vec![],
	});
	group.view.minimum_improvement = 3_000_000;
	learns().await;
	let reason = nothing(checkpointer.offer(&group.view, &path).await);
	assert!(reason.contains("improvement of 3.000000"), "{reason}");
	group.view.minimum_improvement = 1;
	learns().await;
	until_offered(&mut checkpointer, &group.view, &path).await;
}

/// A group that has no head yet goes on from the checkpoint that its rules give, and what does not beat that
/// is not committed.
#[tokio::test(flavor = "multi_thread")]
async fn training_begins_with_the_pretrained_checkpoint() {
	let mut group = TestGroup::new().await;
	let checkpoint = group.fixture.publish(3);
	group.view.optional_rules.set(OptionalRule::Pretrained { checkpoint });
	let loader = group.start("trainer");
	let training = group.trained(&loader).await.training.unwrap().1;
	let head = || training.status().evaluated_head().map(|(digest, _)| digest);
	group.until(&loader, &[], |_| head() == Some(checkpoint.digest)).await;
	let folder = group.fixture.directory.path().to_path_buf();
	let evaluator = FakeEvaluator::default();
	let mut checkpointer = checkpointer(loader, cache(&folder), evaluator, None, group.test_sets());
	group.view.minimum_improvement = 50_000_000;
	let reason = nothing(checkpointer.offer(&group.view, &folder.join("offered")).await);
	assert!(reason.contains("where the head has"), "{reason}");
	group.view.minimum_improvement = 1;
	until_offered(&mut checkpointer, &group.view, &folder.join("offered")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preflight_comes_before_the_first_commitment_and_again_with_another_model() {
	let mut group = TestGroup::new().await;
	let loader = group.start("trainer");
	group.trained(&loader).await;
	let folder = group.fixture.directory.path().to_path_buf();
	let own = cache(&folder);
	let any = "127.0.0.1:0".parse().unwrap();
	let (address, _) =
		descent_content::serve(any, own.store().clone(), std::future::pending()).await.unwrap();
	let probe = Probe {
		cache: own.clone(),
		publisher: Publisher::serving(format!("http://{address}")),
		scratch: folder.clone(),
		allow_private: true,
	};
	let evaluator = FakeEvaluator::default();
	let preflight = Preflight::new(probe, Arc::new(evaluator.clone()));
	let mut checkpointer = checkpointer(loader, own.clone(), evaluator, Some(preflight), group.test_sets());
	let path = folder.join("offered");
	let done = |checkpointer: &mut Checkpointer, view: &GroupView| {
		let (view, deadline) = (view.clone(), Instant::now() + PATIENCE);
		loop {
			match checkpointer.follow(&view, Vec::new()) {
				Some(Event::Preflight { refused, bytes, .. }) => return (refused, bytes),
				other => assert!(other.is_none() && Instant::now() < deadline, "{other:?}"),
			}
			thread::sleep(Duration::from_millis(20));
		}
	};
	let reason = nothing(checkpointer.offer(&group.view, &path).await);
	assert!(reason.contains("preflight is not done"), "{reason}");
	let (refused, bytes) = done(&mut checkpointer, &group.view);
	assert_eq!(refused, None);
	assert!(bytes.unwrap() > 0 && own.store().pins().is_empty(), "its checkpoint is gone");
	until_offered(&mut checkpointer, &group.view, &path).await;
	assert!(checkpointer.expected() > Duration::ZERO, "an offer takes the time that the last one took");

	group.fork();
	group.view.clock.reveal = 1;
	let (refused, _) = done(&mut checkpointer, &group.view);
	assert!(refused.unwrap().contains("reveal window leaves 0.0 s"));
	assert!(checkpointer.refusal().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_measured_on_the_hidden_set_and_on_the_public_one_where_that_is_broken() {
	let mut group = TestGroup::new().await;
	let (series, seed) = (H256::repeat_byte(3), H256::repeat_byte(5));
	let otherwise = group.fixture.delta;
	group.view.policy = EvaluationPolicy::Hidden { series, records: 50, otherwise };
	let (file, set) = group.fixture.hidden(2, 60);
	let sealed = SealedFixture::new(&group.fixture.store, &[file]);
	let artifacts = group.artifacts("trainer");
	let loader = group.start_with("trainer", artifacts.clone());
	let spec = RoundSpec::from(&group.view);
	group.trained(&loader).await;
	let folder = group.fixture.directory.path().to_path_buf();
	let (evaluator, test_sets) = (FakeEvaluator::default(), TestSets::new(artifacts));
	let mut checkpointer = checkpointer(loader, cache(&folder), evaluator, None, test_sets);
	let view = |state| RoundTestSetView {
		series,
		manifest: sealed.manifest,
		providers: Vec::new(),
		release: 1..2,
		state,
	};
	assert_eq!(checkpointer.hold(&spec, &view(TestSetRelease::Otherwise)), Ok(Vec::new()));
	let deadline = Instant::now() + PATIENCE;
	while let Err(reason) = checkpointer.hold(&spec, &view(TestSetRelease::Awaited { index: 0 })) {
		assert!(Instant::now() < deadline, "{reason}");
		tokio::time::sleep(Duration::from_millis(20)).await;
	}
	let path = group.fixture.checkpoint(8);
	let drawn_from = |key| {
		let providers = Vec::new();
		DrawnFrom::Hidden(TestSetSource { manifest: sealed.manifest, index: 0, key, providers })
	};
	let hidden = group.fixture.score_on(&set, 8, seed, 50);
	let public = group.fixture.score(8, seed, 50);
	assert_ne!(hidden, public);
	for (source, expected) in [
		(DrawnFrom::Public, public),
		(drawn_from(sealing_key(0)), hidden),
		(drawn_from(sealing_key(1)), public),
	] {
		let measured = checkpointer.measure(&spec, &path, &source, seed, Rounding::dithered(seed)).await;
		assert_eq!(measured.unwrap(), expected, "{source:?}");
	}
}

/// A provider that takes connections and never answers.
#[tokio::test(flavor = "multi_thread")]
async fn the_end_joins_all_threads_whatever_they_do() {
	let mut group = TestGroup::new().await;
	let loader = group.start("trains");
	group.trained(&loader).await;
	assert!(loader.end().await, "it only trains");

	let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
	group.view.providers = vec![format!("http://{}", silent.local_addr().unwrap())];
	let loader = group.start("loads");
	group.until(&loader, &[], |assets| assets.awaited.is_some()).await;
	let began = Instant::now();
	assert!(!loader.end().await && began.elapsed() < 2 * END_LIMIT, "a fetch is not waited for");
	// The runtime of the test must not end before it; that of the program never does.
	drop(silent);
	while !loader.end().await {
		assert!(began.elapsed() < PATIENCE);
	}

	let mut idle = TestGroup::new().await;
	idle.view.providers.clear();
	let loader = idle.start("idle");
	assert!(loader.end().await, "it has nothing to do");
}

/// The rule comes with a round, and goes with another one.
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_for_recordings_begins_another_kind_of_training() {
	let mut group = TestGroup::new().await;
	let loader = group.start("trainer");
	let (_, before) = group.trained(&loader).await.training.unwrap();
	assert!(before.status().recorded.is_none());
	group.view.optional_rules.set(OptionalRule::Recipe { recipe: RULE });
	let is_recorded = |assets: &Assets| {
		assets.training.as_ref().is_some_and(|(_, training)| training.status().recorded.is_some())
	};
	let assets = group.until(&loader, &[], is_recorded).await;
	let (_, recorded) = assets.training.unwrap();
	group.until(&loader, &[], |_| before.has_ended()).await;
	group.view.optional_rules.remove(OptionalRuleKind::Recipe);
	group.until(&loader, &[], |assets| !is_recorded(assets) && assets.training.is_some()).await;
	group.until(&loader, &[], |_| recorded.has_ended()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_checkpoint_is_offered_shown_and_served() {
	let mut group = TestGroup::new().await;
	group.view.optional_rules.set(OptionalRule::Recipe { recipe: RULE });
	let loader = group.start("trainer");
	let recordings = loader.recordings().clone();
	let folder = group.fixture.directory.path().to_path_buf();
	let cache = cache(&folder);
	let store = cache.store().clone();
	let mut checkpointer = checkpointer(loader, cache, FakeEvaluator::default(), None, group.test_sets());
	let order = BatchOrder {
		genesis: H256::zero(),
		group: 1,
		round: 6,
		link: H256::repeat_byte(1),
		account: AccountId32::new([7; 32]),
	};
	let dataset = DatasetVersion { version: group.view.dataset_version, root: group.view.dataset_root };
	checkpointer.begin(Some(RoundStart { rule: RULE, order, model: group.view.model.digest, dataset }));
	let path = folder.join("offered");
	let deadline = Instant::now() + PATIENCE;
	loop {
		checkpointer.follow(&group.view, Vec::new());
		let status = checkpointer.status().ok().and_then(|status| status.recorded);
		if status.and_then(|recorded| recorded.segments()).is_some_and(|segments| segments > 1) {
			break;
		}
		assert!(Instant::now() < deadline);
		tokio::time::sleep(Duration::from_millis(20)).await;
	}
	let Offer::Checkpoint(checkpoint, Some(recorded)) = checkpointer.offer(&group.view, &path).await.unwrap()
	else {
		panic!("nothing is offered");
	};
	assert_eq!(recorded.round, 6);
	let seed = H256::repeat_byte(9);
	let (recording, states) = checkpointer.show(&recorded, &checkpoint, seed).await.unwrap();
	assert!(recording.is_sound(checkpoint.digest, seed));
	checkpointer.publish(&path, &checkpoint).await.unwrap();
	let is_there = |content: &ContentRef| store.is_complete(content).unwrap();
	assert!(states.iter().chain([&checkpoint]).all(is_there));
	checkpointer.keep(states.clone()).await.unwrap();
	assert!(states.iter().all(is_there) && recordings.submission(6).is_none());

	let submission = Submission::new(checkpoint, recorded.trace.segments);
	checkpointer.note(6, submission).unwrap();
	let root = ContentRef { digest: recorded.trace.root, codec: Codec::Raw, size: 64 };
	assert!(!is_there(&root), "nothing more is served before the reveal");
	checkpointer.note(6, Submission { revealed: true, ..submission }).unwrap();
	while !is_there(&root) {
		assert!(Instant::now() < deadline);
		tokio::time::sleep(Duration::from_millis(20)).await;
	}
}
