use super::{
	chain::tests::{served, Lie},
	*,
};
use clap::{error::ErrorKind, Parser};
use descent_dataset::Set;
use descent_model::{Checkpoint, Device, Model, Optimizer, Trainer, TrainingOptions};
use descent_protocol::trace::{Base, BatchOrder, Precision, Recipe, RecipeOptimizer};
use descent_replay::{DatasetVersion, Recorder, RecordingHeader};
use descent_testing::{description_json, Fixture};
use report::Finding;
use std::{fs, path::Path};

#[derive(Debug, Parser)]
struct Line {
	#[command(flatten)]
	options: Options,
}

#[test]
fn a_round_or_a_folder_is_audited() {
	let parse = |line: &str| Line::try_parse_from(format!("audit {line}").split_whitespace());
	let folder = "--folder d --model m --dataset s";
	let account = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
	for line in [
		"mnist --round 3",
		"0 --round 3 --all --json",
		&format!("0 --round 3 --account {account} --account {account}"),
		folder,
		&format!("{folder} --trace 0x{}", "07".repeat(32)),
	] {
		parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
	}
	for (line, kind) in [
		("mnist", ErrorKind::MissingRequiredArgument),
		("--folder d --model m", ErrorKind::MissingRequiredArgument),
		(&format!("{folder} --data d"), ErrorKind::ArgumentConflict),
		(&format!("{folder} --account {account}"), ErrorKind::ArgumentConflict),
		(&format!("{folder} mnist"), ErrorKind::ArgumentConflict),
		(&format!("{folder} --round 3"), ErrorKind::ArgumentConflict),
		("0 --round 3 --account nobody", ErrorKind::ValueValidation),
	] {
		assert_eq!(parse(line).unwrap_err().kind(), kind, "{line}");
	}
}

pub(super) const STEPS: u16 = 20;

/// A recording of four segments of 20 steps in f64, each from the end of the one before.
pub(super) struct Recorded {
	pub fixture: Fixture,
	pub header: RecordingHeader,
	pub folder: PathBuf,
}

impl Recorded {
	/// Records a training. `lie` may replace the batch of a segment's step, and change the weights at the end
	/// of a segment.
	pub(super) fn new(
		batch: impl Fn(u16, u16) -> (u16, u16),
		mut change: impl FnMut(u16, Checkpoint) -> Checkpoint,
	) -> Self {
		let fixture = Fixture::new(300);
		let optimizer = RecipeOptimizer::Adam { betas: (900_000, 999_000), weight_decay: 0 };
		let base = Base::Initial { seed: 5 };
		let recipe = Recipe { base, optimizer, precision: Precision::F64, steps: STEPS, batch: 16 };
		let (link, account) = (H256::repeat_byte(2), AccountId::new([1; 32]));
		let order = BatchOrder { genesis: H256::zero(), group: 1, round: 7, link, account };
		let dataset = DatasetVersion { version: 1, root: fixture.set.root() };
		let header = RecordingHeader { recipe, order, model: fixture.model.digest, dataset };
		let folder = fixture.directory.path().join("recording");
		let mut recorder = Recorder::create(&folder, header.clone(), None, u64::MAX).unwrap();
		let mut start = Checkpoint::initial(&fixture.description, 5);
		for number in 0..4u16 {
			let options = TrainingOptions {
				optimizer: Optimizer::from(optimizer),
				learning_rate: 0.01,
				..TrainingOptions::default()
			};
			let model = Model::for_training(&start, Precision::F64, Device::Cpu).unwrap();
			let mut trainer = Trainer::new(model, options).unwrap();
			let mut losses = Vec::new();
			for step in 0..STEPS {
				let (segment, step) = batch(number, step);
				let positions = header.order.batch(segment, step, fixture.set.len(), 16);
				losses.push(trainer.step_unrounded(&fixture.set.gather(&positions).unwrap()).unwrap());
			}
			start = change(number, trainer.model().checkpoint().unwrap());
			recorder.add(number.checked_sub(1), 10_000_000, &start, &losses).unwrap();
		}
		Self { fixture, header, folder }
	}

	pub(super) fn honest() -> Self {
		Self::new(|number, step| (number, step), |_, end| end)
	}

	/// One that takes another batch in step 13 of segment 2.
	pub(super) fn with_another_batch() -> Self {
		let other = |number, step| if (number, step) == (2, 13) { (0, 0) } else { (number, step) };
		Self::new(other, |_, end| end)
	}

	/// One that changes the weights at the end of segment 1.
	pub(super) fn with_changed_weights() -> Self {
		let change = |number, end: Checkpoint| {
			let mut tensors = end.tensors().to_vec();
			if number == 1 {
				tensors[0][0] += 0.001;
			}
			Checkpoint::from_values(end.description(), tensors).unwrap()
		};
		Self::new(|number, step| (number, step), change)
	}

	fn model(&self) -> PathBuf {
		let path = self.fixture.directory.path().join("model.json");
		fs::write(&path, description_json(16)).unwrap();
		path
	}

	fn audit_on(&self, dataset: &Path, trace: Option<H256>) -> Result<Report> {
		folder::audit(&self.folder, &self.model(), dataset, trace, &Progress::new())
	}

	fn audit(&self) -> Report {
		self.audit_on(&self.fixture.directory.path().join("delta.parquet"), None).unwrap()
	}
}

pub(super) fn findings(report: &Report) -> &[Finding] {
	&report.recordings[0].replayed
}

#[test]
fn an_honest_recording_replays() {
	let recorded = Recorded::honest();
	let report = recorded.audit();
	assert_eq!(report.verdict, Verdict::Replays);
	let found: Vec<_> = findings(&report).iter().map(|found| (found.number, found.departure)).collect();
	assert_eq!(found, [(0, 0), (1, 0), (2, 0), (3, 0)]);
	assert!(report.to_string().contains("all of its 4 segments in f64 replay"), "{report}");
}

#[test]
fn the_first_segment_and_step_that_depart_are_named() {
	let report = Recorded::with_another_batch().audit();
	assert_eq!(report.verdict, Verdict::Departs);
	let last = findings(&report).last().unwrap();
	assert_eq!((last.number, last.step, findings(&report).len()), (2, Some(13), 3), "{report}");
	assert!(report.to_string().contains("step 13 is the first whose loss"), "{report}");

	let report = Recorded::with_changed_weights().audit();
	assert_eq!(report.verdict, Verdict::Departs);
	let last = findings(&report).last().unwrap();
	assert_eq!((last.number, last.step), (1, None), "{report}");
	assert!(report.to_string().contains("its last weights are not"), "{report}");
}

#[test]
fn a_state_that_is_another_file_than_recorded_departs() {
	let recorded = Recorded::honest();
	let state = descent_replay::Recording::read(&recorded.folder).unwrap().state_path(2).unwrap();
	let mut bytes = fs::read(&state).unwrap();
	*bytes.last_mut().unwrap() ^= 1;
	fs::write(&state, bytes).unwrap();
	let report = recorded.audit();
	assert_eq!((report.verdict, findings(&report).last().unwrap().number), (Verdict::Departs, 2));
	assert!(report.to_string().contains("is not the checkpoint that the recording names"), "{report}");
}

#[test]
fn another_trace_model_or_data_set_is_refused() {
	let recorded = Recorded::honest();
	let data = recorded.fixture.directory.path().join("delta.parquet");
	let root = descent_replay::Recording::read(&recorded.folder).unwrap().trace().root;
	assert!(recorded.audit_on(&data, Some(root)).is_ok());
	let error = recorded.audit_on(&data, Some(H256::zero())).unwrap_err().to_string();
	assert!(error.contains("another recording") && error.contains(&format!("{root:?}")), "{error}");

	let other = recorded.fixture.directory.path().join("other.json");
	fs::write(&other, description_json(16) + " ").unwrap();
	let error = folder::audit(&recorded.folder, &other, &data, None, &Progress::new()).unwrap_err();
	assert!(error.to_string().contains("not the model description that was trained"), "{error}");

	let other = recorded.fixture.directory.path().join("other.parquet");
	descent_testing::write_delta(&other, &recorded.fixture.description, 9, 300);
	let error = recorded.audit_on(&other, None).unwrap_err().to_string();
	assert!(error.contains("but the recording was trained on"), "{error}");
	let error = recorded.audit_on(&recorded.folder, None).unwrap_err().to_string();
	assert!(error.contains("has no version of the data set"), "{error}");
}

#[test]
fn versions_are_found_in_the_folders_that_have_them() {
	let recorded = Recorded::honest();
	let (root, schema) = (recorded.fixture.set.root(), recorded.fixture.description.schema());
	let scratch = tempfile::tempdir().unwrap();
	let store = recorded.fixture.directory.path().join("reference");
	// A trainer has them in `sets`, in a folder for each schema.
	let trainer = scratch.path().join("trainer");
	fs::create_dir_all(trainer.join("sets")).unwrap();
	std::os::unix::fs::symlink(&store, trainer.join("sets/schema")).unwrap();
	for path in [&store, &trainer, &trainer.join("sets")] {
		let set: Set = dataset::open(path, root, &schema, scratch.path()).unwrap();
		assert_eq!(set.len(), 300);
	}
}

#[test]
fn an_audit_that_is_stopped_says_so() {
	let recorded = Recorded::honest();
	let progress = Progress::new();
	progress.stopped.store(true, Ordering::Relaxed);
	let data = recorded.fixture.directory.path().join("delta.parquet");
	let error = folder::audit(&recorded.folder, &recorded.model(), &data, None, &progress).unwrap_err();
	assert!(error.to_string().contains("stopped"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_s_recording_is_fetched_and_replayed() {
	for all in [false, true] {
		let report = served(&Recorded::honest(), 3, Lie::None, all).await;
		assert_eq!((report.verdict, findings(&report).len()), (Verdict::Replays, if all { 4 } else { 1 }));
	}
	let other = Recorded::with_another_batch();
	let report = served(&other, 3, Lie::None, false).await;
	assert_eq!(report.verdict, Verdict::Replays, "another segment was drawn");
	for all in [false, true] {
		let report = served(&other, 2, Lie::None, all).await;
		assert_eq!((report.verdict, findings(&report).last().unwrap().number), (Verdict::Departs, 2));
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_served_cannot_be_judged() {
	let report = served(&Recorded::honest(), 3, Lie::NoState(1), true).await;
	assert_eq!((report.verdict, findings(&report).len()), (Verdict::Uncertain, 1));
	assert!(report.to_string().contains("not all of its training could be replayed"), "{report}");
	let report = served(&Recorded::honest(), 3, Lie::NoList, true).await;
	assert_eq!((report.verdict, findings(&report).len()), (Verdict::Uncertain, 0));
	let report = served(&Recorded::honest(), 3, Lie::NoList, false).await;
	assert_eq!(report.verdict, Verdict::Replays, "the drawn segment needs no list");
}
