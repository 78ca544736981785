use super::{
	super::{
		best::STALE_SEGMENTS,
		test_group::{TestGroup, RULE},
		Recorded, RecordedSettings, Submission,
	},
	*,
};
use crate::{
	control::{Status, Terms},
	handle::TrainingHandle,
};
use descent_dataset::Description;
use descent_model::{Device, Optimizer};
use descent_protocol::{
	trace::{Base, Precision, RecipeRule, WorkReward},
	RoundIndex, Share,
};
use descent_replay::{replay, Recording, SegmentTask};
use sp_core::H256;
use std::{fs::File, path::PathBuf};

const PATIENCE: Duration = Duration::from_secs(60);

fn launch(group: &TestGroup, settings: TrainingSettings) -> TrainingHandle {
	start(group, settings, group.recordings.clone())
}

fn start(group: &TestGroup, settings: TrainingSettings, recordings: Recordings) -> TrainingHandle {
	let kept = group.fixture.directory.path().join("kept");
	TrainingHandle::start_recorded(group.task(), settings, kept, recordings, Box::new(drop)).unwrap()
}

/// Tells a training of the start of a round, and of the round.
fn begin(handle: &TrainingHandle, start: RoundStart) {
	handle.set_terms(Terms { round: Some((start.order.round, 100)), ..Terms::default() });
	handle.set_round(Some(start));
}

async fn until(handle: &TrainingHandle, what: impl Fn(&Status) -> bool) -> Status {
	let deadline = Instant::now() + PATIENCE;
	loop {
		let status = handle.status();
		if what(&status) {
			return status;
		}
		assert!(Instant::now() < deadline && !handle.has_stopped(), "{status}");
		tokio::time::sleep(Duration::from_millis(5)).await;
	}
}

/// Waits until a recording of this round has so many segments.
async fn until_recorded(handle: &TrainingHandle, wanted: RoundIndex, least: u16) -> Status {
	let is_there = |status: &Status| {
		matches!(
			status.recorded,
			Some(RecordedStatus::Recording { round, segments }) if round == wanted && segments >= least
		)
	};
	until(handle, is_there).await
}

fn recording(group: &TestGroup, round: RoundIndex) -> Recording {
	Recording::read(&group.recordings.folder(round)).unwrap()
}

async fn snapshot(group: &TestGroup, handle: &TrainingHandle) -> Option<(Recorded, Score, PathBuf)> {
	let path = group.fixture.directory.path().join("offered.safetensors");
	let snapshot = handle.snapshot(path.clone()).await.unwrap()?;
	Some((snapshot.recorded.unwrap(), snapshot.score, path))
}

fn content(path: &Path) -> ContentRef {
	descent_content::address(File::open(path).unwrap()).unwrap()
}

#[tokio::test]
async fn nothing_is_trained_before_a_round_or_after_its_offer() {
	let group = TestGroup::new();
	let handle = launch(&group, group.settings());
	tokio::time::sleep(Duration::from_millis(100)).await;
	assert_eq!((handle.status().steps, handle.status().recorded), (0, Some(RecordedStatus::Awaiting)));
	assert!(snapshot(&group, &handle).await.is_none());

	begin(&handle, group.start(7));
	until_recorded(&handle, 7, 3).await;
	let (recorded, score, path) = snapshot(&group, &handle).await.unwrap();
	let found = recording(&group, 7);
	assert_eq!((recorded.round, recorded.trace, recorded.own_base), (7, found.trace(), None));
	assert_eq!(recorded.recipe, found.header().recipe);
	assert_eq!(found.header().order, group.start(7).order);
	assert_eq!(content(&path).digest, found.segments()[usize::from(recorded.last)].state);
	assert!(score < Score(1_000_000), "{score}");
	let steps = handle.status().steps;
	assert!(matches!(handle.status().recorded, Some(RecordedStatus::Closed { reason: Closed::Offered, .. })));
	tokio::time::sleep(Duration::from_millis(100)).await;
	assert_eq!(handle.status().steps, steps, "nobody trains ahead");
	assert_eq!(recording(&group, 7).trace(), recorded.trace, "what was offered does not change");
	assert_eq!(snapshot(&group, &handle).await.unwrap().0, recorded, "a second offer is the same");

	group.recordings.note(7, &Submission::new(content(&path), recorded.trace.segments)).unwrap();
	begin(&handle, group.start(8));
	until_recorded(&handle, 8, 1).await;
	let base = Base::Checkpoint { checkpoint: content(&path) };
	assert_eq!(recording(&group, 8).header().recipe.base, base);
	assert_eq!(snapshot(&group, &handle).await.map(|(next, ..)| next.own_base), Some(Some(7)));
	handle.set_terms(Terms { round: Some((9, 200)), ..Terms::default() });
	assert!(snapshot(&group, &handle).await.is_none(), "the recording of round 9 has not begun");
}

#[tokio::test]
async fn what_is_recorded_replays() {
	let group = TestGroup::new();
	let precision = Some(Precision::F64);
	let settings = TrainingSettings {
		recorded: RecordedSettings { precision, ..RecordedSettings::default() },
		..group.settings()
	};
	let handle = launch(&group, settings);
	begin(&handle, group.start(7));
	until_recorded(&handle, 7, 3).await;
	drop(handle);
	let (found, description) = (recording(&group, 7), &group.fixture.description);
	for number in 0..3 {
		let start = found.start(number, description).unwrap();
		let task = SegmentTask {
			recipe: &found.header().recipe,
			order: &found.header().order,
			number,
			rate: found.segments()[usize::from(number)].rate,
			start: &start,
		};
		let replayed = replay(&task, &group.fixture.set, || false).unwrap();
		assert_eq!(replayed.departure(&found.state(number, description).unwrap()), 0);
	}
}

#[tokio::test]
async fn a_restart_goes_on_with_the_recording() {
	let group = TestGroup::new();
	let handle = launch(&group, group.settings());
	begin(&handle, group.start(7));
	until_recorded(&handle, 7, 3).await;
	drop(handle);
	let before = recording(&group, 7);
	// A user that gives no seed gets another one.
	let handle = launch(&group, TrainingSettings { seed: 8, ..group.settings() });
	begin(&handle, group.start(7));
	until_recorded(&handle, 7, before.count() + 2).await;
	let after = recording(&group, 7);
	assert_eq!(after.header(), before.header());
	assert_eq!(&after.segments()[..before.segments().len()], before.segments());
	assert_eq!(after.segments()[before.segments().len()].from, Some(before.count() - 1));
}

#[tokio::test]
async fn another_start_of_the_round_is_another_recording() {
	let group = TestGroup::new();
	group.record(7, 3);
	let mut other = group.start(7);
	other.order.link = H256::repeat_byte(9);
	let handle = launch(&group, group.settings());
	begin(&handle, other.clone());
	until_recorded(&handle, 7, 1).await;
	assert_eq!(recording(&group, 7).header().order, other.order);
	drop(handle);

	let recorded = group.record(8, 3);
	let submission = Submission::new(group.checkpoint(&recorded), 3);
	group.recordings.note(8, &submission).unwrap();
	// It can still be revealed if another segment is drawn.
	std::fs::remove_file(recording(&group, 8).state_path(1).unwrap()).unwrap();
	let handle = launch(&group, group.settings());
	let mut other = group.start(8);
	other.order.link = H256::repeat_byte(9);
	begin(&handle, other);
	until(&handle, |status| matches!(status.recorded, Some(RecordedStatus::Closed { round: 8, .. }))).await;
	assert_eq!(recording(&group, 8).trace(), recorded.trace, "a commitment binds it");
}

#[tokio::test]
async fn other_settings_are_another_recording() {
	let group = TestGroup::new();
	let handle = launch(&group, group.settings());
	begin(&handle, group.start(7));
	until_recorded(&handle, 7, 2).await;
	drop(handle);
	let optimizer = Optimizer::Sgd { momentum: 0.9, nesterov: false, weight_decay: 0.0 };
	let handle = launch(&group, TrainingSettings { optimizer, ..group.settings() });
	begin(&handle, group.start(7));
	let is_sgd = || {
		let found = Recording::read(&group.recordings.folder(7)).ok();
		found.is_some_and(|found| {
			Optimizer::from(found.header().recipe.optimizer) != group.settings().optimizer
		})
	};
	until(&handle, |_| is_sgd()).await;
}

#[tokio::test]
async fn a_better_head_is_what_the_recording_begins_with() {
	let group = TestGroup::new();
	let head = |path: &Path| {
		let copy = tempfile::NamedTempFile::new().unwrap().into_temp_path();
		std::fs::copy(path, &copy).unwrap();
		copy
	};
	let long = group.record(1, 12);
	let good = group.fixture.directory.path().join("good.safetensors");
	std::fs::copy(recording(&group, 1).state_path(long.last).unwrap(), &good).unwrap();
	let bad = group.fixture.checkpoint(99);
	let handle = launch(&group, group.settings());
	begin(&handle, group.start(7));
	until_recorded(&handle, 7, 2).await;
	handle.set_head(content(&bad).digest, head(&bad)).unwrap();
	until(&handle, |status| status.evaluated_head().is_some()).await;
	assert!(matches!(recording(&group, 7).header().recipe.base, Base::Initial { .. }));
	handle.set_head(content(&good).digest, head(&good)).unwrap();
	let base = Base::Checkpoint { checkpoint: content(&good) };
	until(&handle, |_| {
		let found = Recording::read(&group.recordings.folder(7)).ok();
		found.is_some_and(|found| found.header().recipe.base == base)
	})
	.await;
	// The next round begins with it, too, as nothing of this one was committed to.
	begin(&handle, group.start(8));
	until_recorded(&handle, 8, 1).await;
	assert_eq!(recording(&group, 8).header().recipe.base, base);
}

#[tokio::test]
async fn a_full_disk_ends_the_recording_and_not_the_training() {
	let group = TestGroup::new();
	let state = std::fs::metadata(group.fixture.checkpoint(1)).unwrap().len();
	let small = Recordings::open(group.fixture.directory.path().join("recordings"), state * 3).unwrap();
	let handle = start(&group, group.settings(), small);
	begin(&handle, group.start(7));
	let is_full = |status: &Status| {
		matches!(status.recorded, Some(RecordedStatus::Closed { reason: Closed::Full, segments: 1.., .. }))
	};
	until(&handle, is_full).await;
	let (recorded, _, path) = snapshot(&group, &handle).await.unwrap();
	assert_eq!(recorded.trace, recording(&group, 7).trace());
	assert_eq!(content(&path).digest, recording(&group, 7).segments()[usize::from(recorded.last)].state);
	assert!(!handle.has_stopped());
}

#[tokio::test]
async fn other_data_wait_for_their_round() {
	let (group, other) = (TestGroup::new(), TestGroup::new());
	let handle = launch(&group, group.settings());
	begin(&handle, group.start(7));
	until_recorded(&handle, 7, 1).await;
	let mut start = group.start(8);
	start.dataset.root = H256::repeat_byte(3);
	begin(&handle, start.clone());
	until(&handle, |status| status.recorded == Some(RecordedStatus::Awaiting)).await;
	assert!(snapshot(&group, &handle).await.is_none());
	// Of the same records, as far as the training knows.
	handle.set_task(other.task()).unwrap();
	start.dataset.root = other.fixture.set.root();
	begin(&handle, start);
	until_recorded(&handle, 8, 1).await;
}

/// A round's training in this thread.
fn open(group: &TestGroup, settings: &TrainingSettings) -> RoundTraining {
	let plan = Plan::new(RULE, settings).unwrap();
	let start = group.start(7);
	if let Some(round) = RoundTraining::reopen(&group.recordings, &start, &plan).unwrap() {
		return round;
	}
	RoundTraining::create(&group.recordings, &start, &plan, ChosenBase::initial(7), None).unwrap()
}

/// Trains a segment.
fn segment(group: &TestGroup, round: &mut RoundTraining) -> EndedSegment {
	loop {
		let fixture = &group.fixture;
		match round.step(&fixture.description, &fixture.set, Device::Cpu).unwrap() {
			Step::Loss(_) => {}
			Step::End(ended) => return *ended,
			Step::Diverged => panic!("it diverges"),
		}
	}
}

#[test]
fn a_training_that_gets_no_better_goes_back_to_its_best_segment() {
	let group = TestGroup::new();
	let mut round = open(&group, &group.settings());
	for score in [900_000, 500_000] {
		let ended = segment(&group, &mut round);
		round.record(&ended, Score(score)).unwrap();
	}
	for worse in 0..u64::from(STALE_SEGMENTS) {
		let ended = segment(&group, &mut round);
		round.record(&ended, Score(500_000 + worse)).unwrap();
	}
	let ended = segment(&group, &mut round);
	round.record(&ended, Score(400_000)).unwrap();
	let found = recording(&group, 7);
	let last = found.segments().last().unwrap();
	assert_eq!((last.from, last.rate), (Some(1), 5_000_000), "in smaller steps");
	let before = found.segments()[usize::from(found.count()) - 2];
	assert_eq!((before.from, before.rate), (Some(found.count() - 3), 10_000_000));
	assert_eq!(found.path_to(found.count() - 1).unwrap(), [0, 1, found.count() - 1]);
	// A restart knows the place and the rate.
	drop(round);
	let mut round = open(&group, &group.settings());
	assert_eq!(round.best.at, Some(found.count() - 1));
	let ended = segment(&group, &mut round);
	round.record(&ended, Score(400_001)).unwrap();
	let next = *recording(&group, 7).segments().last().unwrap();
	assert_eq!((next.from, next.rate), (Some(found.count() - 1), 5_000_000));
}

#[test]
fn a_segment_that_diverges_is_not_recorded() {
	let group = TestGroup::new();
	let mut round = open(&group, &group.settings());
	let ended = segment(&group, &mut round);
	round.record(&ended, Score(500_000)).unwrap();
	let ended = segment(&group, &mut round);
	round.record(&ended, Score(600_000)).unwrap();
	round.recover().unwrap();
	let ended = segment(&group, &mut round);
	round.record(&ended, Score(600_000)).unwrap();
	let last = *recording(&group, 7).segments().last().unwrap();
	assert_eq!((last.from, last.rate), (Some(0), 5_000_000));
	while !round.is_closed() {
		round.recover().unwrap();
	}
	assert!(round.learning_rate() == 0.001, "the smallest of the rule");
	let closed = RecordedStatus::Closed { round: 7, segments: 3, reason: Closed::Diverging };
	assert_eq!(round.status(), closed);
	assert!(round.offer().unwrap().is_some(), "what was recorded before counts");
}

/// Else each round would begin with steps that are too large, and none would get better than the head.
#[test]
fn a_round_goes_on_with_the_learning_rate_of_the_one_before() {
	let group = TestGroup::new();
	let plan = Plan::new(RULE, &group.settings()).unwrap();
	let head = |number| {
		let file = group.fixture.checkpoint(number);
		ChosenBase::checkpoint(content(&file), file, Some(Score(100)))
	};
	let begin = |number, base| {
		let earlier = group.recordings.earlier(number).unwrap();
		let start = group.start(number);
		RoundTraining::create(&group.recordings, &start, &plan, base, earlier.as_ref()).unwrap()
	};
	let mut first = begin(7, head(1));
	assert_eq!(first.learning_rate(), 0.01);
	let ended = segment(&group, &mut first);
	first.record(&ended, Score(101)).unwrap();
	let mut second = begin(8, head(1));
	assert_eq!(second.learning_rate(), 0.005, "nothing was better than this head");
	let ended = segment(&group, &mut second);
	second.record(&ended, Score(99)).unwrap();
	let third = begin(9, head(1));
	assert_eq!(third.learning_rate(), 0.005, "something was");
	drop(third);
	group.recordings.remove(9).unwrap();
	assert_eq!(begin(9, head(2)).learning_rate(), 0.01, "another head has more to teach");
}

#[test]
fn nothing_worse_than_the_base_is_offered() {
	let group = TestGroup::new();
	let mut round = open(&group, &group.settings());
	round.best.score = Some(Score(100));
	let ended = segment(&group, &mut round);
	round.record(&ended, Score(101)).unwrap();
	assert!(round.offer().unwrap().is_none());
	let reward = WorkReward { share: Share::percent(20), deposit: 1, draws: 1, margin: Share::percent(10) };
	round.start.rule.work_reward = Some(reward);
	let (recorded, _, score) = round.offer().unwrap().expect("its work may be paid for");
	assert_eq!((recorded.last, score), (0, Score(101)));
}

#[tokio::test]
async fn a_recording_whose_base_is_lost_begins_anew() {
	let group = TestGroup::new();
	let handle = launch(&group, group.settings());
	begin(&handle, group.start(7));
	until_recorded(&handle, 7, 1).await;
	let (recorded, _, path) = snapshot(&group, &handle).await.unwrap();
	let submission = Submission::new(content(&path), recorded.trace.segments);
	group.recordings.note(7, &submission).unwrap();
	begin(&handle, group.start(8));
	until_recorded(&handle, 8, 1).await;
	let base = Base::Checkpoint { checkpoint: content(&path) };
	assert_eq!(recording(&group, 8).header().recipe.base, base);
	group.recordings.note(7, &Submission { revealed: true, over: true, ..submission }).unwrap();
	until(&handle, |_| {
		let found = Recording::read(&group.recordings.folder(8)).ok();
		found.is_some_and(|found| matches!(found.header().recipe.base, Base::Initial { .. }))
	})
	.await;
	until_recorded(&handle, 8, 1).await;
}

#[test]
fn models_that_draw_at_random_and_rules_that_are_not_kept_are_refused() {
	let group = TestGroup::new();
	let json = descent_testing::description_json(16)
		.replace(r#"{"type": "relu"}"#, r#"{"type": "dropout", "p": 0.1}"#);
	let description = Arc::new(Description::parse(json.as_bytes()).unwrap());
	let task = TrainingTask { description, ..group.task() };
	let refused = RecordedTraining::new(task, group.settings(), group.recordings.clone(), Arc::default());
	let error = format!("{:#}", refused.err().unwrap());
	assert!(error.contains("layer 1 (dropout)") && error.contains("recorded training"), "{error}");

	let mut training =
		RecordedTraining::new(group.task(), group.settings(), group.recordings.clone(), Arc::default())
			.unwrap();
	training.settings.recorded.learning_rate = Some(0.01);
	let slow = RecipeRule { largest_rate: 5_000_000, ..RULE };
	*training.shared.round_start() = Some(RoundStart { rule: slow, ..group.start(7) });
	training.follow_round().unwrap();
	assert_eq!(training.shared.status().recorded, Some(RecordedStatus::Failed(7)));
	assert!(training.snapshot(Path::new("nowhere")).unwrap().is_none());
}
