//! Recorders that are killed, and machines that lose power.

use super::*;
use std::{
	process::{Command, Stdio},
	thread::sleep,
	time::Duration,
};

/// Names the folder to the process that records until it is killed.
const FOLDER: &str = "DESCENT_TEST_RECORDING";

#[test]
fn a_state_without_a_line_is_left_out_and_removed() {
	let (_folder, recorder) = recorded(&[None, Some(0)]);
	let folder = recorder.recording().folder().to_path_buf();
	let before = names(&folder);
	drop(recorder);
	// A process that was killed before it had written the line, and one that had no digest yet.
	weights(9).save(&folder.join(STATES).join(format!("{:x}.safetensors", H256::repeat_byte(9)))).unwrap();
	fs::write(folder.join(STATES).join("new.safetensors"), b"half of a").unwrap();
	fs::write(folder.join(STATES).join(".tmp123"), b"half of a").unwrap();
	assert_eq!(Recording::read(&folder).unwrap().count(), 2);
	let mut recorder = Recorder::open(&folder, ROOM).unwrap();
	assert_eq!(names(&folder), before);
	add(&mut recorder, &[Some(1)]);
	assert_eq!(Recording::read(&folder).unwrap().path_to(2), Some(vec![0, 1, 2]));
}

#[test]
fn a_torn_line_is_dropped() {
	let (_folder, recorder) = recorded(&[None, Some(0)]);
	let folder = recorder.recording().folder().to_path_buf();
	append(recorder.recording(), br#"{"number":2,"from":1,"ra"#);
	drop(recorder);
	assert_eq!(Recording::read(&folder).unwrap().count(), 2, "a trainer may be writing it");
	let mut recorder = Recorder::open(&folder, ROOM).unwrap();
	add(&mut recorder, &[Some(0)]);
	let recording = Recording::read(&folder).unwrap();
	assert_eq!(recording.segments(), recorder.recording().segments());
	assert_eq!(recording.losses(2).unwrap()[0], 2_000_000);
}

#[test]
fn a_line_whose_state_was_lost_with_the_power_is_dropped() {
	let (_folder, recorder) = recorded(&[None, Some(0), Some(1), Some(2)]);
	let folder = recorder.recording().folder().to_path_buf();
	fs::remove_file(recorder.recording().state_path(2).unwrap()).unwrap();
	drop(recorder);
	let read = Recording::read(&folder).unwrap();
	assert!(read.state(2, &model()).unwrap_err().is_invalid(), "a stranger's is not repaired");
	let recorder = Recorder::open(&folder, ROOM).unwrap();
	assert_eq!(recorder.recording().count(), 2);
	assert_eq!(names(&folder).len(), 2);
	assert_eq!(Recording::read(&folder).unwrap().segments(), recorder.recording().segments());
}

/// Copies the files of a recording.
fn copy(from: &Path, to: &Path) {
	fs::create_dir_all(to.join(STATES)).unwrap();
	for name in
		[HEADER.into(), LINES.into()].into_iter().chain(names(from).iter().map(|n| format!("{STATES}/{n}")))
	{
		fs::copy(from.join(&name), to.join(&name)).unwrap();
	}
}

/// Checks that a recorder goes on after so many segments, and leaves no other files.
fn goes_on(folder: &Path, count: u16, moment: &str) {
	assert_eq!(Recording::read(folder).unwrap().count(), count, "{moment}");
	let mut recorder = Recorder::open(folder, ROOM).unwrap();
	assert_eq!(recorder.recording().count(), count, "{moment}");
	assert_eq!(names(folder).len(), usize::from(count), "{moment}");
	add(&mut recorder, &[Some(0)]);
	let recording = Recording::read(folder).unwrap();
	assert_eq!(recording.segments(), recorder.recording().segments(), "{moment}");
	for number in 0..=count {
		assert_eq!(recording.state(number, &model()).unwrap().tensors(), weights(number.into()).tensors());
		assert_eq!(recording.losses(number).unwrap()[0], u64::from(number) * 1_000_000, "{moment}");
	}
}

#[test]
fn a_recorder_goes_on_from_every_moment_at_which_it_is_killed() {
	let (_folder, mut recorder) = recorded(&[None, Some(0)]);
	let (whole, scratch) = (recorder.recording().folder().to_path_buf(), tempfile::tempdir().unwrap());
	let (before, during) = (scratch.path().join("before"), scratch.path().join("during"));
	copy(&whole, &before);
	add(&mut recorder, &[Some(1)]);
	let state = recorder.recording().state_path(2).unwrap();
	let (named, lines) = (state.file_name().unwrap(), fs::read(whole.join(LINES)).unwrap());
	let moment = |make: &dyn Fn()| {
		let _ = fs::remove_dir_all(&during);
		copy(&before, &during);
		make();
	};
	let bytes = fs::read(&state).unwrap();
	for (name, length) in [(".tmpabc", 10), (".tmpabc", bytes.len()), ("new.safetensors", bytes.len())] {
		moment(&|| fs::write(during.join(STATES).join(name), &bytes[..length]).unwrap());
		goes_on(&during, 2, name);
	}
	let start = fs::metadata(before.join(LINES)).unwrap().len() as usize;
	for end in start..=lines.len() {
		moment(&|| {
			fs::copy(&state, during.join(STATES).join(named)).unwrap();
			fs::write(during.join(LINES), &lines[..end]).unwrap();
		});
		goes_on(&during, if end == lines.len() { 3 } else { 2 }, &format!("{end} bytes of {}", lines.len()));
	}
}

#[test]
fn a_recorder_that_is_killed_while_it_begins_can_begin_again() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("recording");
	fs::create_dir_all(path.join(STATES)).unwrap();
	fs::write(path.join(LINES), b"").unwrap();
	fs::write(path.join(".tmpabc"), b"{\"vers").unwrap();
	assert!(matches!(Recording::read(&path), Err(RecordingError::Missing(_))));
	assert!(matches!(Recorder::open(&path, ROOM), Err(RecordingError::Missing(_))));
	let mut recorder = Recorder::create(&path, header(), None, ROOM).unwrap();
	add(&mut recorder, &[None]);
}

#[test]
fn a_process_that_is_killed_loses_no_segment_that_it_had_added() {
	let (_folder, recorder) = recorded(&[None]);
	let folder = recorder.recording().folder().to_path_buf();
	drop(recorder);
	let mut before = 1;
	for milliseconds in [60, 90, 75, 105, 66, 81, 97, 113] {
		let mut child = Command::new(std::env::current_exe().unwrap())
			.args(["--exact", "--ignored", "recording::tests::killed::records_until_it_is_killed"])
			.env(FOLDER, &folder)
			.stdout(Stdio::null())
			.stderr(Stdio::null())
			.spawn()
			.unwrap();
		// It is killed while it records, not while it begins.
		while Recording::read(&folder).unwrap().count() <= before {
			assert_eq!(child.try_wait().unwrap(), None, "it records");
			sleep(Duration::from_millis(1));
		}
		sleep(Duration::from_millis(milliseconds));
		let seen = Recording::read(&folder).unwrap().count();
		child.kill().unwrap();
		child.wait().unwrap();
		let recorder = Recorder::open(&folder, ROOM << 8).unwrap();
		let recording = recorder.recording();
		assert!(recording.count() >= seen, "{} of {seen}", recording.count());
		for number in 0..recording.count() {
			assert_eq!(
				recording.state(number, &model()).unwrap().tensors(),
				weights(number.into()).tensors()
			);
		}
		assert_eq!(names(&folder).len(), usize::from(recording.count()));
		before = recording.count();
	}
}

#[test]
#[ignore = "runs in a process of its own, which is killed"]
fn records_until_it_is_killed() {
	let Some(folder) = std::env::var_os(FOLDER) else { return };
	let mut recorder = Recorder::open(folder.as_ref(), ROOM << 8).unwrap();
	loop {
		add(&mut recorder, &[Some(0)]);
	}
}

#[test]
fn a_recording_has_one_recorder_at_a_time() {
	let (_folder, recorder) = recorded(&[None]);
	let folder = recorder.recording().folder().to_path_buf();
	let error = Recorder::open(&folder, ROOM).unwrap_err();
	assert!(matches!(error, RecordingError::InUse(_)), "{error}");
	assert!(!error.is_invalid() && error.to_string().contains("another process"), "{error}");
	assert_eq!(Recording::read(&folder).unwrap().count(), 1, "anybody may read it");
	drop(recorder);
	assert_eq!(Recorder::open(&folder, ROOM).unwrap().recording().count(), 1);
}

#[test]
fn a_failed_addition_leaves_the_recording_as_it_was() {
	let (_folder, mut recorder) = recorded(&[None, Some(0)]);
	let folder = recorder.recording().folder().to_path_buf();
	let before = (names(&folder), fs::read(folder.join(LINES)).unwrap(), recorder.bytes());
	for (from, rate, losses, reason) in [
		(Some(2), 1, &losses(1)[..], "no earlier one"),
		(Some(1), 0, &losses(1)[..], "its learning rate is 0"),
		(Some(1), 1, &losses(1)[..2], "it has 2 losses, but 3 steps"),
	] {
		let error = recorder.add(from, rate, &weights(7), losses).unwrap_err();
		assert!(error.to_string().contains(reason), "{error}, not {reason}");
		assert_eq!(before, (names(&folder), fs::read(folder.join(LINES)).unwrap(), recorder.bytes()));
	}
	add(&mut recorder, &[Some(1)]);
	assert_eq!(Recording::read(&folder).unwrap().count(), 3);
}
