use super::Tell;
use crate::{
	control::{Snapshot, Terms, TrainingSettings},
	events::Event,
	handle::TrainingHandle,
	recorded::{test_group::TestGroup, Recorded, Recordings, Submission},
};
use descent_protocol::RoundIndex;
use descent_replay::Recording;
use std::{
	fs::{self, File},
	path::{Path, PathBuf},
	sync::{Arc, Mutex},
	time::{Duration, Instant, SystemTime},
};

const PATIENCE: Duration = Duration::from_secs(60);

/// An own training in a group whose checkpoints come with a recorded training. The program's recordings are
/// those of the group.
struct Harness {
	group: TestGroup,
	shared: PathBuf,
	/// The worker's recordings.
	recordings: Recordings,
	events: Arc<Mutex<Vec<Event>>>,
	handle: TrainingHandle,
}

impl Harness {
	fn new() -> Self {
		let mut group = TestGroup::new();
		let folder = group.fixture.directory.path().to_owned();
		let shared = folder.join("own");
		group.recordings = Recordings::open(shared.join("recordings"), u64::MAX).unwrap();
		let recordings = Recordings::open(folder.join("worker"), 1 << 30).unwrap();
		let events: Arc<Mutex<Vec<Event>>> = Arc::default();
		let theirs = events.clone();
		let tell: Tell = Box::new(move |event| theirs.lock().unwrap().push(event));
		let settings = TrainingSettings { own: Some(shared.clone()), ..group.settings() };
		let (task, kept) = (group.task(), folder.join("kept"));
		let handle = TrainingHandle::start_recorded(task, settings, kept, recordings.clone(), tell).unwrap();
		Self { group, shared, recordings, events, handle }
	}

	/// Tells the training of a round, and waits until the program is told.
	fn begin(&self, round: RoundIndex) -> serde_json::Value {
		self.handle.set_terms(Terms { round: Some((round, 100)), ..Terms::default() });
		self.handle.set_round(Some(self.group.start(round)));
		wait_for(|| {
			let state = fs::read(self.shared.join("state.json")).ok()?;
			let state: serde_json::Value = serde_json::from_slice(&state).ok()?;
			let recording = state.get("recording")?.clone();
			(recording["order"]["round"] == round).then_some(recording)
		})
	}

	/// Offers a file, and waits for the event of it.
	fn offer(&self, name: &str, file: &Path) -> Event {
		let path = self.shared.join("inbox").join(name);
		fs::copy(file, &path).unwrap();
		let file = File::options().write(true).open(&path).unwrap();
		file.set_modified(SystemTime::now() - Duration::from_secs(60)).unwrap();
		self.event(|event| matches!(event, Event::Offered { file, .. } if file == name))
	}

	fn event(&self, is_it: impl Fn(&Event) -> bool) -> Event {
		wait_for(|| {
			assert!(!self.handle.has_stopped());
			self.events.lock().unwrap().iter().find(|event| is_it(event)).cloned()
		})
	}

	/// Waits for the reason for which a round's recording is refused.
	fn refusal(&self, round: RoundIndex) -> String {
		let name = format!("recordings/{round}");
		match self.event(|event| matches!(event, Event::Refused { file, .. } if *file == name)) {
			Event::Refused { reason, .. } => reason,
			other => panic!("{other:?}"),
		}
	}

	/// Records segments as the program does, and offers the last weights.
	fn record(&self, round: RoundIndex, segments: u16) -> Recorded {
		let recorded = self.group.record(round, segments);
		let recording = Recording::read(&self.group.recordings.folder(round)).unwrap();
		self.offer(&format!("{round}-{segments}.safetensors"), &recording.state_path(recorded.last).unwrap());
		recorded
	}

	async fn snapshot(&self) -> Option<Snapshot> {
		self.handle.snapshot(self.group.fixture.directory.path().join("offered")).await.unwrap()
	}
}

fn wait_for<T>(mut what: impl FnMut() -> Option<T>) -> T {
	let deadline = Instant::now() + PATIENCE;
	loop {
		if let Some(found) = what() {
			return found;
		}
		assert!(Instant::now() < deadline);
		std::thread::sleep(Duration::from_millis(5));
	}
}

#[tokio::test]
async fn a_program_brings_its_recording() {
	let harness = Harness::new();
	let told = harness.begin(7);
	assert_eq!((&told["folder"], &told["base"]["seed"]), (&"recordings/7".into(), &7.into()));
	assert_eq!((&told["rule"]["steps"], &told["dataset"]["version"]), (&20.into(), &1.into()));
	assert!(harness.shared.join("base.safetensors").exists());
	assert!(harness.snapshot().await.is_none(), "nothing is offered");
	let recorded = harness.record(7, 3);
	let snapshot = harness.snapshot().await.unwrap();
	assert_eq!(snapshot.recorded, Some(recorded));
	let own = Recording::read(&harness.recordings.folder(7)).unwrap();
	assert_eq!(own.trace(), recorded.trace);
	// Nothing that the program does later changes what a commitment binds.
	let _ = harness.group.record(7, 1);
	fs::remove_dir_all(harness.shared.join("recordings/7")).unwrap();
	assert_eq!(harness.snapshot().await.unwrap().recorded, Some(recorded));
	assert_eq!(Recording::read(&harness.recordings.folder(7)).unwrap().trace(), recorded.trace);
}

#[tokio::test]
async fn the_next_round_is_recorded_anew() {
	let harness = Harness::new();
	harness.begin(7);
	let first = harness.record(7, 2);
	let made = Recording::read(&harness.group.recordings.folder(7)).unwrap();
	let path = made.state_path(first.last).unwrap();
	let checkpoint = descent_content::address(File::open(path).unwrap()).unwrap();
	harness.recordings.note(7, &Submission::new(checkpoint, 2)).unwrap();
	harness.begin(8);
	assert!(harness.snapshot().await.is_none(), "what was offered before is of no use");
	let second = harness.record(8, 1);
	assert_eq!(harness.snapshot().await.unwrap().recorded, Some(second));
	// A round that is committed to is not recorded any further.
	harness.recordings.note(9, &Submission::new(checkpoint, 2)).unwrap();
	harness.begin(9);
	let _ = harness.record(9, 1);
	assert!(harness.snapshot().await.is_none());
	assert!(harness.refusal(9).contains("nothing of this round is recorded"));
}

#[tokio::test]
async fn weights_that_no_segment_ends_with_are_not_committed_to() {
	let harness = Harness::new();
	harness.begin(7);
	let _ = harness.group.record(7, 1);
	harness.offer("others.safetensors", &harness.group.fixture.checkpoint(3));
	assert!(harness.snapshot().await.is_none());
	assert!(harness.refusal(7).contains("not the end of a recorded segment"));
	// The weights at its end are better.
	let recording = Recording::read(&harness.group.recordings.folder(7)).unwrap();
	harness.offer("end.safetensors", &recording.state_path(0).unwrap());
	assert_eq!(
		harness.snapshot().await.and_then(|snapshot| snapshot.recorded).map(|made| made.last),
		Some(0)
	);
}

#[tokio::test]
async fn a_recording_against_the_rule_is_refused_with_the_reason() {
	for (member, value, reason) in [
		("/order/round", 8.into(), "another round"),
		("/dataset/version", 2.into(), "another round"),
		("/recipe/steps", 30.into(), "segments have 20 steps of 16 records"),
		("/recipe/batch", 8.into(), "segments have 20 steps of 16 records"),
		(
			"/recipe/base",
			serde_json::json!({"base": "checkpoint", "checkpoint": {
				"digest": format!("0x{}", "07".repeat(32)), "codec": "raw", "size": 8,
			}}),
			"other weights than base.safetensors",
		),
	] {
		let harness = Harness::new();
		let other = TestGroup::new();
		let _ = other.record(7, 1);
		let (from, to) = (other.recordings.folder(7), harness.shared.join("recordings/7"));
		fs::create_dir_all(to.join("states")).unwrap();
		let header = fs::read(from.join("recording.json")).unwrap();
		let mut header: serde_json::Value = serde_json::from_slice(&header).unwrap();
		*header.pointer_mut(member).unwrap() = value;
		fs::write(to.join("recording.json"), header.to_string()).unwrap();
		fs::write(to.join("segments.jsonl"), "").unwrap();
		harness.begin(7);
		// The first line is on its way.
		fs::write(to.join("segments.jsonl"), "{").unwrap();
		let told = harness.refusal(7);
		assert!(told.contains(reason), "{member}: {told}");
	}
}

#[tokio::test]
async fn a_segment_with_a_rate_against_the_rule_ends_what_is_read() {
	let harness = Harness::new();
	harness.begin(7);
	let _ = harness.record(7, 1);
	let lines = harness.shared.join("recordings/7/segments.jsonl");
	let line = fs::read_to_string(&lines).unwrap();
	let second = line.replace("\"number\":0,\"from\":null", "\"number\":1,\"from\":0");
	assert_ne!(line, second);
	let second = second.replace("\"rate\":10000000", "\"rate\":200000000");
	fs::write(&lines, line + &second).unwrap();
	let told = harness.refusal(7);
	assert!(told.contains("segment 1 has a learning rate of 200000000"), "{told}");
	let recorded = harness.snapshot().await.and_then(|snapshot| snapshot.recorded).unwrap();
	assert_eq!(recorded.trace.segments, 1, "the segments before it count");
}
