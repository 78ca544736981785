//! Recordings as they are written and read.

mod killed;
mod strangers;

use super::*;
use descent_model::CheckpointError;
use descent_protocol::{
	trace::{BatchOrder, Precision, Recipe, RecipeOptimizer},
	ContentRef, MAX_SEGMENTS,
};
use descent_testing::description;
use sp_core::crypto::AccountId32;
use std::{
	fs::{self, File, OpenOptions},
	io::Write,
};
use tempfile::TempDir;

const STEPS: u16 = 3;
const ROOM: u64 = 1 << 20;

fn header() -> RecordingHeader {
	let optimizer = RecipeOptimizer::Sgd { momentum: 0, nesterov: false, weight_decay: 0 };
	let base = Base::Initial { seed: 5 };
	RecordingHeader {
		recipe: Recipe { base, optimizer, precision: Precision::F32, steps: STEPS, batch: 8 },
		order: BatchOrder {
			genesis: H256::repeat_byte(1),
			group: 2,
			round: 3,
			link: H256::repeat_byte(4),
			account: AccountId32::new([5; 32]),
		},
		model: H256::repeat_byte(6),
		dataset: DatasetVersion { version: 7, root: H256::repeat_byte(8) },
	}
}

fn model() -> Description {
	description(4)
}

/// Weights that differ with the seed.
fn weights(seed: u64) -> Checkpoint {
	Checkpoint::initial(&model(), seed)
}

fn losses(of: u16) -> [f64; 3] {
	[f64::from(of), 0.5, 0.000_000_4]
}

/// Records segments that begin at the end of these ones.
fn add(recorder: &mut Recorder, froms: &[Option<u16>]) {
	for from in froms {
		let number = recorder.recording().count();
		let added = recorder.add(*from, 1_000 + u32::from(number), &weights(number.into()), &losses(number));
		assert_eq!(added.unwrap(), number);
	}
}

/// A recording of these segments.
fn recorded(froms: &[Option<u16>]) -> (TempDir, Recorder) {
	let folder = tempfile::tempdir().unwrap();
	let mut recorder = Recorder::create(&folder.path().join("recording"), header(), None, ROOM).unwrap();
	add(&mut recorder, froms);
	(folder, recorder)
}

fn append(recording: &Recording, bytes: &[u8]) {
	let lines = OpenOptions::new().append(true).open(recording.folder().join(LINES));
	lines.unwrap().write_all(bytes).unwrap();
}

/// Writes the line of a segment as nobody checks it.
fn line(number: u16, from: Option<u16>, rate: u32, losses: &[u64]) -> String {
	let mean = losses.iter().sum::<u64>() / losses.len().max(1) as u64;
	let (state, losses) = (H256::repeat_byte(1), losses.to_vec());
	let line = Line { number, from, rate, state, loss: mean, losses };
	serde_json::to_string(&line).unwrap() + "\n"
}

fn names(folder: &Path) -> Vec<String> {
	let entries = fs::read_dir(folder.join(STATES)).unwrap();
	let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
	names.sort();
	names
}

#[test]
fn a_recording_is_read_as_it_was_written() {
	let (_folder, recorder) = recorded(&[None, Some(0), Some(0), Some(2), None]);
	recorder.sync().unwrap();
	let recording = Recording::read(recorder.recording().folder()).unwrap();
	assert_eq!(recording.header(), &header());
	assert_eq!(recording.segments(), recorder.recording().segments());
	assert_eq!(recording.segments()[3].from, Some(2));
	assert_eq!(recording.segments()[3].rate, 1_003);
	for number in 0..5 {
		assert_eq!(recording.losses(number).unwrap(), [u64::from(number) * 1_000_000, 500_000, 0]);
		let state = recording.state(number, &model()).unwrap();
		assert_eq!(state.tensors(), weights(number.into()).tensors());
		let file = File::open(recording.state_path(number).unwrap()).unwrap();
		let digest = descent_content::address(file).unwrap().digest;
		assert_eq!(recording.segments()[usize::from(number)].state, digest, "as commitments name it");
	}
	let [first, base] = [3, 4].map(|number| recording.start(number, &model()).unwrap());
	assert_eq!(first.tensors(), weights(2).tensors());
	assert_eq!(base.tensors(), Checkpoint::initial(&model(), 5).tensors());
	assert!(matches!(
		recording.state(5, &model()),
		Err(RecordingError::NoSegment { number: 5, segments: 5 })
	));
	assert!(recording.losses(5).is_err() && recording.start(5, &model()).is_err());
}

#[test]
fn trace_and_proofs_are_those_of_the_protocol() {
	let (_folder, recorder) = recorded(&[None, Some(0), None]);
	let recording = Recording::read(recorder.recording().folder()).unwrap();
	let trace = recording.trace();
	assert_eq!(trace, Trace { root: trace_root(recorder.recording().segments()), segments: 3 });
	for number in 0..3 {
		let proof = recording.proof(number).unwrap();
		assert!(proof.is_of(&trace));
		assert_eq!(proof.segment, recording.segments()[usize::from(number)]);
	}
	assert_eq!(recording.proof(3), None);
}

#[test]
fn a_path_leaves_out_what_was_given_up() {
	let (_folder, recorder) = recorded(&[None, Some(0), Some(1), Some(0), Some(3), None]);
	let recording = recorder.recording();
	for (number, path) in
		[(0, vec![0]), (2, vec![0, 1, 2]), (3, vec![0, 3]), (4, vec![0, 3, 4]), (5, vec![5])]
	{
		assert_eq!(recording.path_to(number), Some(path));
	}
	assert_eq!(recording.path_to(6), None);
}

#[test]
fn a_recording_that_is_full_keeps_what_it_has() {
	let (_folder, mut recorder) = recorded(&[None, Some(0)]);
	let (folder, bytes) = (recorder.recording().folder().to_path_buf(), recorder.bytes());
	let on_disk = fs::metadata(folder.join(HEADER)).unwrap().len()
		+ fs::metadata(folder.join(LINES)).unwrap().len()
		+ (0..2)
			.map(|n| fs::metadata(recorder.recording().state_path(n).unwrap()).unwrap().len())
			.sum::<u64>();
	assert_eq!(bytes, on_disk);
	// Steps that change nothing need no further file.
	recorder.add(Some(1), 1, &weights(1), &losses(1)).unwrap();
	assert_eq!(names(&folder).len(), 2);
	let bytes = recorder.bytes();
	drop(recorder);
	let mut recorder = Recorder::open(&folder, bytes + 300).unwrap();
	let full = recorder.add(Some(1), 1, &weights(7), &losses(1)).unwrap_err();
	assert!(matches!(full, RecordingError::Full(Full::Bytes { .. })), "{full}");
	assert!(full.to_string().contains("allow more"), "{full}");
	assert_eq!(recorder.recording().count(), 3);
	assert_eq!(names(&folder).len(), 2);
	drop(recorder);
	let mut recorder = Recorder::open(&folder, ROOM).unwrap();
	assert_eq!(recorder.add(Some(1), 1, &weights(7), &losses(1)).unwrap(), 3);
}

#[test]
fn a_recording_has_no_more_segments_than_a_trace() {
	let (_folder, recorder) = recorded(&[None]);
	let folder = recorder.recording().folder().to_path_buf();
	let state = recorder.recording().segments()[0].state;
	for number in 1..MAX_SEGMENTS {
		let line = line(number, None, 1, &[1, 2, 3]);
		append(recorder.recording(), line.replace(&hex(H256::repeat_byte(1)), &hex(state)).as_bytes());
	}
	drop(recorder);
	let mut recorder = Recorder::open(&folder, ROOM << 4).unwrap();
	assert_eq!(recorder.recording().count(), MAX_SEGMENTS);
	assert!(recorder.recording().proof(MAX_SEGMENTS - 1).unwrap().is_of(&recorder.recording().trace()));
	let full = recorder.add(None, 1, &weights(1), &losses(1)).unwrap_err();
	assert!(matches!(full, RecordingError::Full(Full::Segments)), "{full}");
	append(recorder.recording(), line(MAX_SEGMENTS, None, 1, &[1, 2, 3]).as_bytes());
	let error = Recording::read(&folder).unwrap_err();
	assert!(error.is_invalid() && error.to_string().contains("at most 4096 segments"), "{error}");
}

fn hex(digest: H256) -> String {
	format!("{digest:?}")
}

#[test]
fn a_base_is_the_checkpoint_of_the_recipe() {
	let folder = tempfile::tempdir().unwrap();
	let head = folder.path().join("head");
	weights(30).save(&head).unwrap();
	let checkpoint = descent_content::address(File::open(&head).unwrap()).unwrap();
	let with = |checkpoint: ContentRef| {
		let base = Base::Checkpoint { checkpoint };
		RecordingHeader { recipe: Recipe { base, ..header().recipe }, ..header() }
	};
	let other = ContentRef { digest: H256::repeat_byte(7), ..checkpoint };
	for (header, file, name) in
		[(with(other), Some(&head), "a"), (with(checkpoint), None, "b"), (header(), Some(&head), "c")]
	{
		let path = folder.path().join(name);
		Recorder::create(&path, header, file.map(PathBuf::as_path), ROOM).unwrap_err();
		assert!(matches!(Recording::read(&path), Err(RecordingError::Missing(_))), "{name}");
	}
	let path = folder.path().join("a");
	let mut recorder = Recorder::create(&path, with(checkpoint), Some(&head), ROOM).unwrap();
	add(&mut recorder, &[None]);
	fs::remove_file(&head).unwrap();
	let recording = Recording::read(&path).unwrap();
	assert_eq!(recording.base(&model()).unwrap().tensors(), weights(30).tensors());
	assert_eq!(recording.start(0, &model()).unwrap().tensors(), weights(30).tensors());
	let error = recording.base(&description(5)).unwrap_err();
	assert!(
		matches!(error, RecordingError::Checkpoint { error: CheckpointError::Shape { .. }, .. }),
		"{error}"
	);
	fs::remove_file(path.join(BASE)).unwrap();
	weights(31).save(&path.join(BASE)).unwrap();
	assert!(matches!(recording.base(&model()), Err(RecordingError::OtherState { .. })));
	assert!(matches!(Recorder::create(&path, with(checkpoint), None, ROOM), Err(RecordingError::Exists(_))));
}

#[test]
fn the_files_read_as_documented() {
	let (_folder, recorder) = recorded(&[None]);
	let folder = recorder.recording().folder();
	let json: serde_json::Value = serde_json::from_slice(&fs::read(folder.join(HEADER)).unwrap()).unwrap();
	let expected = serde_json::json!({
		"version": 1,
		"recipe": {
			"base": {"base": "initial", "seed": 5},
			"optimizer": {"optimizer": "sgd", "momentum": 0, "nesterov": false, "weight_decay": 0},
			"precision": "f32", "steps": 3, "batch": 8,
		},
		"order": {
			"genesis": hex(H256::repeat_byte(1)), "group": 2, "round": 3, "link": hex(H256::repeat_byte(4)),
			"account": AccountId32::new([5; 32]).to_string(),
		},
		"model": hex(H256::repeat_byte(6)),
		"dataset": {"version": 7, "root": hex(H256::repeat_byte(8))},
	});
	assert_eq!(json, expected);
	let lines = fs::read_to_string(folder.join(LINES)).unwrap();
	let json: serde_json::Value = serde_json::from_str(&lines).unwrap();
	let state = recorder.recording().segments()[0].state;
	let expected = serde_json::json!({
		"number": 0, "from": null, "rate": 1_000, "state": hex(state), "loss": 166_666,
		"losses": [0, 500_000, 0],
	});
	assert_eq!(json, expected);
	assert_eq!(names(folder), [format!("{state:x}.safetensors")]);
}
