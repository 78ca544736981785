use super::*;
use crate::{
	control::{Terms, TrainingSettings, TrainingTask},
	events::{Event, Prospect},
	handle::TrainingHandle,
};
use descent_model::{Device, Model, Optimizer};
use descent_protocol::{Metric, Score};
use descent_testing::Fixture;
use sp_core::H256;
use std::{
	fs::{self, File},
	path::{Path, PathBuf},
	process::Command,
	sync::{Arc, Mutex},
	time::{Duration, Instant, SystemTime},
};
use tempfile::NamedTempFile;

const PATIENCE: Duration = Duration::from_secs(60);

/// An own training on a fixture's records, and the events of it.
struct Harness {
	fixture: Fixture,
	folder: PathBuf,
	events: Arc<Mutex<Vec<Event>>>,
	handle: TrainingHandle,
}

impl Harness {
	fn new() -> Self {
		Self::over(Fixture::new(300))
	}

	fn over(fixture: Fixture) -> Self {
		let folder = fixture.directory.path().join("own");
		let events: Arc<Mutex<Vec<Event>>> = Arc::default();
		let theirs = events.clone();
		let task = TrainingTask {
			description: Arc::new(fixture.description.clone()),
			training: fixture.set.clone(),
			evaluation: fixture.set.clone(),
			metric: Metric::Loss,
		};
		let settings = TrainingSettings {
			augmentation: Default::default(),
			accumulate: 1,
			average: None,
			optimizer: Optimizer::Adam { betas: (0.9, 0.999), weight_decay: 0.0 },
			learning_rate: 0.01,
			batch: 32,
			seed: 7,
			holdout: 300,
			device: Device::Cpu,
			own: Some(folder.clone()),
			recorded: Default::default(),
		};
		let directory = fixture.directory.path().join("kept");
		let tell: Tell = Box::new(move |event| theirs.lock().unwrap().push(event));
		let handle = TrainingHandle::start(task, settings, directory, tell).unwrap();
		Self { fixture, folder, events, handle }
	}

	fn inbox(&self, name: &str) -> PathBuf {
		self.folder.join("inbox").join(name)
	}

	/// Renames initial weights into the inbox.
	fn offer(&self, name: &str, seed: u64) {
		let path = self.fixture.checkpoint(seed);
		settle(&path);
		fs::rename(path, self.inbox(name)).unwrap();
	}

	/// Waits for a number of events, and returns the last one.
	fn event(&self, number: usize) -> Event {
		wait_for(|| {
			assert!(!self.handle.has_stopped());
			self.events.lock().unwrap().get(number - 1).cloned()
		})
	}

	/// Offers initial weights, and returns their score and what comes of them.
	fn prospect(&self, number: usize, seed: u64) -> (Score, Prospect) {
		self.offer(&format!("{seed}.safetensors"), seed);
		match self.event(number) {
			Event::Offered { score, prospect, .. } => (score, prospect),
			other => panic!("{other:?}"),
		}
	}

	fn state(&self) -> serde_json::Value {
		serde_json::from_slice(&fs::read(self.folder.join("state.json")).unwrap()).unwrap()
	}

	async fn snapshot(&self) -> Option<(Score, PathBuf)> {
		let path = self.fixture.directory.path().join("snapshot.safetensors");
		let snapshot = self.handle.snapshot(path.clone()).await.unwrap();
		snapshot.map(|snapshot| (snapshot.score, path))
	}

	/// Seeds of initial weights, the best one first.
	fn seeds(&self) -> Vec<u64> {
		let mut seeds: Vec<_> = (1..5).collect();
		seeds.sort_by_key(|seed| self.fixture.score(*seed, H256::zero(), 300));
		seeds
	}
}

/// Gives a file a time so long ago that nothing writes to it any more.
fn settle(path: &Path) {
	let file = File::options().write(true).open(path).unwrap();
	file.set_modified(SystemTime::now() - Duration::from_secs(60)).unwrap();
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
async fn the_best_checkpoint_is_offered() {
	let harness = Harness::new();
	for file in ["description.json", "train.parquet", "holdout.parquet", "state.json"] {
		assert!(harness.folder.join(file).exists(), "{file}");
	}
	assert_eq!(harness.state()["holdout"]["records"], 300);
	assert!(harness.snapshot().await.is_none(), "nothing was handed in");
	let weights = fs::read(harness.fixture.checkpoint(3)).unwrap();
	let (score, prospect) = harness.prospect(1, 3);
	assert_eq!(prospect, Prospect::Commit);
	assert!(!harness.inbox("3.safetensors").exists());
	let result = fs::read(harness.folder.join("results/3.safetensors.json")).unwrap();
	let result: serde_json::Value = serde_json::from_slice(&result).unwrap();
	assert_eq!((&result["event"], &result["score"]), (&"offered".into(), &score.0.into()));
	assert!(result["sentence"].as_str().unwrap().ends_with("it will be committed."), "{result}");
	let (offered, path) = harness.snapshot().await.unwrap();
	assert_eq!((offered, fs::read(path).unwrap()), (score, weights));
	wait_for(|| (harness.state()["best"]["score"] == score.0).then_some(()));
	let Harness { fixture, handle, .. } = harness;
	drop(handle);
	let again = Harness::over(fixture);
	assert_eq!(again.snapshot().await.unwrap().0, score, "after a restart, too");
}

#[tokio::test]
async fn what_cannot_be_committed_is_said_with_the_reason() {
	let harness = Harness::new();
	let seeds = harness.seeds();
	let (best, _) = harness.prospect(1, seeds[1]);
	let (_, prospect) = harness.prospect(2, seeds[2]);
	assert_eq!(
		prospect,
		Prospect::Behind { file: format!("{}.safetensors", seeds[1]), score: best },
		"a worse one"
	);
	// A head that the best one so far beats by 10, and all others do not.
	let digest = H256::repeat_byte(1);
	harness.handle.set_terms(Terms {
		minimum_improvement: 10,
		head: Some((digest, Some(Score(best.0 + 10)))),
		..Terms::default()
	});
	let (_, prospect) = harness.prospect(3, seeds[3]);
	assert_eq!(prospect, Prospect::TooLittle);
	let (better, prospect) = harness.prospect(4, seeds[0]);
	assert_eq!(prospect, Prospect::Commit);
	assert_eq!(harness.snapshot().await.unwrap().0, better);
	// It may have been committed: another one that beats the head is worth more than the same once more.
	assert_eq!(harness.prospect(5, seeds[1]), (best, Prospect::Commit));
	assert_eq!(harness.snapshot().await.unwrap().0, best);
}

#[tokio::test]
async fn a_head_is_measured_and_passed_on() {
	let harness = Harness::new();
	let file = NamedTempFile::new_in(harness.fixture.directory.path()).unwrap().into_temp_path();
	fs::copy(harness.fixture.checkpoint(2), &file).unwrap();
	let digest = H256::repeat_byte(2);
	harness.handle.set_head(digest, file).unwrap();
	let (_, score) = wait_for(|| harness.handle.status().evaluated_head());
	let weights = fs::read(harness.folder.join("head.safetensors")).unwrap();
	assert_eq!(weights, fs::read(harness.fixture.checkpoint(2)).unwrap());
	wait_for(|| (harness.state()["head"]["score"] == score.0).then_some(()));
	harness.offer("same.safetensors", 2);
	let Event::Offered { head, prospect, .. } = harness.event(1) else { panic!() };
	assert_eq!((head, prospect), (Some(score), Prospect::TooLittle), "it is no better than itself");
}

#[test]
fn what_is_no_checkpoint_is_refused() {
	let harness = Harness::new();
	let refused = |number: usize, wanted: &str| match harness.event(number) {
		Event::Refused { reason, .. } => assert!(reason.contains(wanted), "{reason}"),
		other => panic!("{other:?}"),
	};
	let sound = harness.fixture.checkpoint(1);
	settle(&sound);
	std::os::unix::fs::symlink(&sound, harness.inbox("link.safetensors")).unwrap();
	refused(1, "a link");
	assert!(sound.exists() && !harness.inbox("link.safetensors").exists());
	let made = Command::new("mkfifo").arg(harness.inbox("pipe.safetensors")).status().unwrap();
	assert!(made.success());
	refused(2, "no plain file");
	let model = Model::new(&descent_testing::description(17), 1, Device::Cpu).unwrap();
	let other = harness.fixture.directory.path().join("other.safetensors");
	model.save(&other).unwrap();
	settle(&other);
	fs::rename(&other, harness.inbox("other.safetensors")).unwrap();
	refused(3, "has the shape [17, 8]");
	let cut = fs::read(&sound).unwrap();
	fs::write(&other, &cut[..cut.len() - 1]).unwrap();
	settle(&other);
	fs::rename(&other, harness.inbox("cut.safetensors")).unwrap();
	refused(4, "but declares");
}

#[test]
fn files_that_are_being_written_are_left() {
	let harness = Harness::new();
	for name in [".hidden.safetensors", "a.safetensors.tmp", "a.pt"] {
		harness.offer(name, 1);
	}
	harness.offer("whole.safetensors", 1);
	assert!(matches!(harness.event(1), Event::Offered { file, .. } if file == "whole.safetensors"));
	for name in [".hidden.safetensors", "a.safetensors.tmp", "a.pt"] {
		assert!(harness.inbox(name).exists(), "{name}");
	}
}

#[test]
fn a_file_is_taken_once_nothing_writes_to_it() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("a.safetensors");
	let file = File::create(&path).unwrap();
	let inbox = inbox::Inbox::new(folder.path().into(), folder.path().join("taken"));
	file.set_modified(SystemTime::now()).unwrap();
	assert!(inbox.take().unwrap().is_none());
	settle(&path);
	assert_eq!(inbox.take().unwrap().unwrap().name, "a.safetensors");
}

#[test]
fn the_oldest_of_too_many_are_passed_over() {
	let folder = tempfile::tempdir().unwrap();
	let inbox = folder.path().join("inbox");
	fs::create_dir(&inbox).unwrap();
	let files = inbox::WAITING + 1;
	for number in 0..files {
		let path = inbox.join(format!("{number}.safetensors"));
		let age = Duration::from_secs(60 + (files - number) as u64);
		File::create(&path).unwrap().set_modified(SystemTime::now() - age).unwrap();
	}
	let inbox = inbox::Inbox::new(inbox, folder.path().join("taken"));
	let taken = || inbox.take().unwrap().map(|taken| (taken.name.clone(), taken.passed_over));
	assert_eq!(taken(), Some(("0.safetensors".into(), true)));
	assert_eq!(taken(), Some((format!("{}.safetensors", files - 1), false)));
	assert_eq!(taken(), Some((format!("{}.safetensors", files - 2), false)));
}

/// The program that the book shows, from its start to the first checkpoint that is worth committing.
#[tokio::test(flavor = "multi_thread")]
async fn a_program_of_numpy_trains() {
	let harness = Harness::new();
	let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../integration-tests/own/train_numpy.py");
	let command = [descent_testing::python(), script].map(|path| path.to_str().unwrap().to_owned());
	let mut program = Program::new(command.to_vec(), &harness.folder).unwrap();
	program.follow(0);
	let offered = tokio::task::block_in_place(|| harness.event(1));
	program.stop().await;
	let Event::Offered { score, prospect, .. } = offered else { panic!("{offered:?}") };
	assert!(score < Score(300_000), "{score}");
	assert_eq!(prospect, Prospect::Commit);
}

fn shell(script: &str) -> Vec<String> {
	["sh", "-c", script].map(str::to_owned).to_vec()
}

async fn content(path: &Path) -> String {
	let deadline = Instant::now() + PATIENCE;
	loop {
		match fs::read_to_string(path) {
			Ok(text) if text.ends_with('\n') => return text,
			_ => assert!(Instant::now() < deadline),
		}
		tokio::time::sleep(Duration::from_millis(5)).await;
	}
}

#[tokio::test]
async fn a_program_has_the_paths_and_not_the_key() {
	let folder = tempfile::tempdir().unwrap();
	std::env::set_var("DESCENT_SURI", "//Secret");
	let script = "echo \"$DESCENT_OWN_INBOX,$DESCENT_SURI,\" > \"$DESCENT_OWN/seen\"; sleep 600";
	let mut program = Program::new(shell(script), folder.path()).unwrap();
	program.follow(0);
	let seen = content(&folder.path().join("seen")).await;
	assert_eq!(seen, format!("{},,\n", folder.path().join("inbox").display()));
	program.stop().await;
}

#[tokio::test]
async fn a_program_that_fails_is_started_again() {
	let folder = tempfile::tempdir().unwrap();
	let script = "cd \"$DESCENT_OWN\"; test -e first && echo second > second; echo first > first; exit 3";
	let mut program = Program::new(shell(script), folder.path()).unwrap();
	program.follow(0);
	content(&folder.path().join("second")).await;
	program.stop().await;
}

#[tokio::test]
async fn a_program_is_ended_with_all_that_it_started() {
	let folder = tempfile::tempdir().unwrap();
	// Both ignore the request to end.
	let script = "cd \"$DESCENT_OWN\"; trap '' TERM; sh -c 'echo $$ > child; sleep 600; :' & \
		while :; do sleep 1; done";
	let mut program = Program::new(shell(script), folder.path()).unwrap();
	program.follow(0);
	let child = content(&folder.path().join("child")).await;
	program.stop().await;
	let child = PathBuf::from("/proc").join(child.trim());
	wait_for(|| (!child.join("exe").exists()).then_some(()));
}
