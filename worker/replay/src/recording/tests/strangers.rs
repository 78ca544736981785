//! Folders of strangers.

use super::*;

#[test]
fn lines_of_strangers_are_checked() {
	let wide = format!("{{\"number\":0,{}", " ".repeat(1_000));
	let true_mean = line(0, None, 1, &[1, 2, 3]);
	for (lines, reason) in [
		(line(1, None, 1, &[1, 2, 3]), "it has the number 1"),
		(line(0, Some(0), 1, &[1, 2, 3]), "no earlier one"),
		(line(0, None, 0, &[1, 2, 3]), "its learning rate is 0"),
		(line(0, None, 1, &[1, 2]), "it has 2 losses, but 3 steps"),
		(line(0, None, 1, &[]), "it has 0 losses"),
		(true_mean.replace("\"loss\":2", "\"loss\":3"), "not the mean"),
		(true_mean.replace("\"rate\":1", "\"rate\":-1"), "invalid value"),
		(true_mean.replace("\"from\":null", "\"from\":99999999999"), "invalid value"),
		(true_mean.replace('}', ",\"more\":1}"), "unknown field"),
		("\n".into(), "EOF"),
		("\u{0}\n".into(), "expected value"),
		(wide, "more than 319 bytes"),
	] {
		let (_folder, recorder) = recorded(&[]);
		append(recorder.recording(), lines.as_bytes());
		let error = Recording::read(recorder.recording().folder()).unwrap_err();
		assert!(error.is_invalid() && error.to_string().contains(reason), "{error}, not {reason}");
		assert!(error.to_string().contains("line 0"), "{error}");
	}
}

#[test]
fn headers_of_strangers_are_checked() {
	let (_folder, recorder) = recorded(&[]);
	let path = recorder.recording().folder().join(HEADER);
	let json = fs::read_to_string(&path).unwrap();
	for (found, put, reason) in [
		("\"steps\": 3", "\"steps\": 0", "1 to 1000 steps"),
		("\"steps\": 3", "\"steps\": 1001", "1 to 1000 steps"),
		("\"steps\": 3", "\"steps\": 99999", "invalid value"),
		("\"batch\": 8", "\"batch\": 0", "1 to 65536 records"),
		("\"batch\": 8", "\"batch\": 65537", "1 to 65536 records"),
		("\"momentum\": 0", "\"momentum\": 1000000", "have to be below 1"),
		("\"version\": 1", "\"version\": 2", "the form 2"),
		("{", "[", "recording.json"),
	] {
		assert!(json.contains(found), "{found} in {json}");
		fs::write(&path, json.replacen(found, put, 1)).unwrap();
		let error = Recording::read(recorder.recording().folder()).unwrap_err().to_string();
		assert!(error.contains(reason), "{error}, not {reason}");
	}
	let header = RecordingHeader { recipe: Recipe { steps: 0, ..header().recipe }, ..header() };
	let folder = tempfile::tempdir().unwrap();
	assert!(Recorder::create(folder.path(), header, None, ROOM).unwrap_err().to_string().contains("steps"));
}

#[test]
fn files_of_strangers_are_bounded() {
	let (_folder, recorder) = recorded(&[None]);
	let recording = recorder.recording();
	let state = recording.state_path(0).unwrap();
	let too_large = |error: RecordingError| matches!(error, RecordingError::TooLarge { .. });
	let grow = |path: &Path, bytes| OpenOptions::new().write(true).open(path).unwrap().set_len(bytes);
	grow(&state, 1 << 40).unwrap();
	assert!(too_large(recording.state(0, &model()).unwrap_err()));
	// A pipe that nobody writes to, and a link to what never ends.
	fs::remove_file(&state).unwrap();
	std::os::unix::fs::symlink("/dev/zero", &state).unwrap();
	let error = recording.state(0, &model()).unwrap_err();
	assert!(error.to_string().contains("no regular file"), "{error}");
	for (name, bytes) in [(LINES, 1 << 40), (HEADER, 1 << 30)] {
		let path = recording.folder().join(name);
		grow(&path, bytes).unwrap();
		assert!(too_large(Recording::read(recording.folder()).unwrap_err()), "{name}");
	}
	let nothing = tempfile::tempdir().unwrap();
	assert!(matches!(Recording::read(nothing.path()), Err(RecordingError::Missing(_))));
}

#[test]
fn another_state_is_found_by_its_digest() {
	let (_folder, recorder) = recorded(&[None, Some(0)]);
	let recording = recorder.recording();
	fs::remove_file(recording.state_path(1).unwrap()).unwrap();
	weights(0).save(&recording.state_path(1).unwrap()).unwrap();
	let error = recording.state(1, &model()).unwrap_err();
	let RecordingError::OtherState { found, .. } = error else { panic!("{error}") };
	assert_eq!(found, recording.segments()[0].state);
	// The right digest, but another model.
	let error = recording.state(0, &description(5)).unwrap_err();
	let RecordingError::Checkpoint { error: CheckpointError::Shape { .. }, .. } = error else {
		panic!("{error}")
	};
}

#[test]
fn links_are_not_followed() {
	use std::os::unix::fs::symlink;
	let elsewhere = tempfile::tempdir().unwrap();
	let precious = elsewhere.path().join("precious");
	for name in [HEADER, LINES] {
		let (_folder, recorder) = recorded(&[None]);
		let folder = recorder.recording().folder().to_path_buf();
		drop(recorder);
		fs::rename(folder.join(name), &precious).unwrap();
		symlink(&precious, folder.join(name)).unwrap();
		let content = fs::read(&precious).unwrap();
		let found = [Recording::read(&folder).map(drop), Recorder::open(&folder, ROOM).map(drop)];
		for error in found.map(Result::unwrap_err) {
			assert!(error.to_string().contains("no regular file"), "{name}: {error}");
		}
		assert_eq!(fs::read(&precious).unwrap(), content);
	}
	// A recorder removes the states that no line names, but not in the folder that a link leads to.
	let (_folder, recorder) = recorded(&[None]);
	let folder = recorder.recording().folder().to_path_buf();
	drop(recorder);
	fs::rename(folder.join(STATES), folder.join("moved")).unwrap();
	symlink(elsewhere.path(), folder.join(STATES)).unwrap();
	let error = Recorder::open(&folder, ROOM).unwrap_err();
	assert!(error.to_string().contains("it is no folder"), "{error}");
	assert!(precious.exists());
	// A link, or a folder, under the name of a state.
	fs::remove_file(folder.join(STATES)).unwrap();
	fs::rename(folder.join("moved"), folder.join(STATES)).unwrap();
	symlink(&precious, folder.join(STATES).join("link")).unwrap();
	fs::create_dir(folder.join(STATES).join("folder")).unwrap();
	let recorder = Recorder::open(&folder, ROOM).unwrap();
	assert_eq!((recorder.recording().count(), precious.exists()), (1, true));
	assert!(!folder.join(STATES).join("link").exists());
}

#[test]
fn states_that_were_swapped_are_found() {
	let (_folder, recorder) = recorded(&[None, Some(0), Some(1)]);
	let recording = recorder.recording();
	let [first, second] = [0, 1].map(|number| recording.state_path(number).unwrap());
	let bytes = [&first, &second].map(|path| fs::read(path).unwrap());
	fs::write(&first, &bytes[1]).unwrap();
	fs::write(&second, &bytes[0]).unwrap();
	for number in [0, 1] {
		let error = recording.state(number, &model()).unwrap_err();
		assert!(matches!(error, RecordingError::OtherState { .. }) && error.is_invalid(), "{error}");
		let start = recording.start(number + 1, &model());
		assert!(matches!(start, Err(RecordingError::OtherState { .. })), "as a start, too");
	}
	// Cut off, or with one bit changed.
	let mut changed = bytes[0].clone();
	*changed.last_mut().unwrap() ^= 1;
	for broken in [&bytes[0][..bytes[0].len() - 1], &changed, &[]] {
		fs::write(&first, broken).unwrap();
		assert!(recording.state(0, &model()).unwrap_err().is_invalid());
	}
}

#[test]
fn lines_that_change_while_they_are_read_are_checked_again() {
	let (_folder, recorder) = recorded(&[None, Some(0)]);
	let recording = recorder.recording();
	let path = recording.folder().join(LINES);
	let lines = fs::read_to_string(&path).unwrap();
	fs::write(&path, lines.replacen("\"number\":1", "\"number\":7", 1)).unwrap();
	assert!(recording.losses(0).is_ok());
	assert!(recording.losses(1).unwrap_err().is_invalid());
	fs::write(&path, "").unwrap();
	assert!(recording.losses(0).is_err());
}
