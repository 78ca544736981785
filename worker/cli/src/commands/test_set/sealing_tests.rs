use super::*;
use descent_dataset::DeltaWriter;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

const MODEL: &str = r#"{"descent":1,"name":"m","inputs":[{"column":"x","dtype":"u8","shape":[2]}],
	"target":{"column":"y","dtype":"u8","shape":[],"classes":10},
	"layers":[{"type":"linear","out":10}],"loss":"cross_entropy"}"#;

/// A folder with the description `m.json` and deltas.
struct Scene(tempfile::TempDir);

impl Scene {
	fn new() -> Self {
		let scene = Self(tempfile::tempdir().unwrap());
		fs::write(scene.path("m.json"), MODEL).unwrap();
		scene
	}

	fn path(&self, name: &str) -> PathBuf {
		self.0.path().join(name)
	}

	/// A set of these records.
	fn set(&self, name: &str, numbers: impl IntoIterator<Item = u8>) -> PathBuf {
		let path = self.path(name);
		let schema = description::read(&self.path("m.json")).unwrap().schema();
		let mut writer = DeltaWriter::create(&path, &schema).unwrap();
		for number in numbers {
			writer.add(&[number, 1, number % 10]).unwrap();
		}
		writer.finish().unwrap();
		path
	}

	fn sets(&self) -> Vec<PathBuf> {
		vec![self.set("a", 0..5), self.set("b", 5..9), self.set("c", 9..12)]
	}

	fn folder(&self) -> Folder {
		Folder::new(self.path("series"))
	}

	fn seal(&self, sets: &[PathBuf]) -> Result<Sealed> {
		seal(&self.folder(), sets, &self.path("m.json"), &Output::new(true))
	}

	fn refused(&self, sets: &[PathBuf]) -> String {
		format!("{:#}", self.seal(sets).unwrap_err())
	}
}

#[test]
fn sealed_sets_open_with_the_keys_of_the_secret() {
	let scene = Scene::new();
	let (sets, folder) = (scene.sets(), scene.folder());
	let sealed = scene.seal(&sets).unwrap();
	let published = folder.published(content).unwrap();
	assert_eq!((sealed.sets, sealed.manifest.content), (3, published.manifest));
	assert_eq!(sealed.bytes, published.sealed.iter().map(|sealed| sealed.size).sum::<u64>());
	let secret = Secret::read(&folder.secret()).unwrap();
	assert_eq!((published.anchor, secret.manifest()), (secret.anchor(), Some(published.manifest)));
	for (number, set) in sets.iter().enumerate() {
		let key = secret.key(number as u16).unwrap();
		let source = content(set).unwrap();
		assert_eq!(opened(&folder.sealed(number), &key, source.size).unwrap(), source);
		let other = secret.key((number as u16 + 1) % 3).unwrap();
		assert!(opened(&folder.sealed(number), &other, source.size).is_err());
	}
}

#[test]
fn only_the_secret_is_kept_from_others() {
	let scene = Scene::new();
	scene.seal(&scene.sets()).unwrap();
	let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
	let folder = scene.folder();
	assert_eq!(mode(folder.secret()), 0o600);
	fs::set_permissions(folder.secret(), fs::Permissions::from_mode(0o644)).unwrap();
	let error = scene.refused(&scene.sets());
	assert!(error.contains("chmod 600"), "{error}");
}

#[test]
fn a_stopped_sealing_goes_on_with_the_same_keys_and_seals_nothing_twice() {
	let scene = Scene::new();
	let (sets, folder) = (scene.sets(), scene.folder());
	let sealed = scene.seal(&sets).unwrap();
	let anchor = Secret::read(&folder.secret()).unwrap().anchor();
	let file = |number: usize| {
		let metadata = fs::metadata(folder.sealed(number)).unwrap();
		(metadata.ino(), fs::read(folder.sealed(number)).unwrap())
	};
	let before: Vec<_> = (0..3).map(file).collect();

	// As it is when the process was killed while the second set was sealed.
	let mut progress: Progress = read(&folder.progress()).unwrap().unwrap();
	progress.sealed.truncate(1);
	write(&folder.progress(), &progress).unwrap();
	fs::write(part(&folder.sealed(1)), b"half").unwrap();
	fs::remove_file(folder.sealed(1)).unwrap();
	fs::remove_file(folder.manifest()).unwrap();

	assert_eq!(scene.seal(&sets).unwrap(), sealed);
	assert_eq!(Secret::read(&folder.secret()).unwrap().anchor(), anchor);
	let after: Vec<_> = (0..3).map(file).collect();
	assert_eq!(after[0], before[0], "it was sealed before");
	assert!(after.iter().zip(&before).all(|(after, before)| after.1 == before.1));
	assert!(!part(&folder.sealed(1)).exists());
	assert_eq!(scene.seal(&sets).unwrap(), sealed, "nothing is left to do");
	assert_eq!(file(1), after[1]);
}

#[test]
fn a_process_that_was_killed_before_the_first_set_goes_on() {
	let scene = Scene::new();
	let (sets, folder) = (scene.sets(), scene.folder());
	fs::create_dir_all(folder.sets()).unwrap();
	let secret = Secret::generate(3).unwrap();
	secret.create(&folder.secret()).unwrap();
	scene.seal(&sets).unwrap();
	assert_eq!(Secret::read(&folder.secret()).unwrap().anchor(), secret.anchor());
}

#[test]
fn a_key_seals_one_set_for_ever() {
	let scene = Scene::new();
	let (sets, folder) = (scene.sets(), scene.folder());
	scene.seal(&sets).unwrap();
	let mut turned = sets.clone();
	turned.swap(0, 1);
	for other in [&turned[..], &sets[..2], &[sets[0].clone(), sets[1].clone(), scene.set("d", 20..22)]] {
		let error = scene.refused(other);
		assert!(error.contains("is of other sets"), "{error}");
	}
	fs::write(scene.path("m.json"), MODEL.replace("\"m\"", "\"n\"")).unwrap();
	assert!(scene.refused(&sets).contains("or of another model"));
	fs::write(scene.path("m.json"), MODEL).unwrap();
	let progress = fs::read(folder.progress()).unwrap();
	fs::remove_file(folder.progress()).unwrap();
	assert!(scene.refused(&sets).contains("name another folder"));
	fs::write(folder.progress(), progress).unwrap();
	fs::remove_file(folder.secret()).unwrap();
	assert!(scene.refused(&sets).contains("with it all keys"));
}

#[test]
fn sets_that_measure_nothing_are_refused_before_a_key_is_drawn() {
	let scene = Scene::new();
	let (good, folder) = (scene.set("a", 0..5), scene.folder());
	let same = scene.set("same", 0..5);
	assert!(scene.refused(&[good.clone(), same]).contains("are the same set"));
	let path = scene.path("removal");
	let schema = description::read(&scene.path("m.json")).unwrap().schema();
	let mut writer = DeltaWriter::create(&path, &schema).unwrap();
	writer.add(&[7, 7, 7]).unwrap();
	writer.remove(descent_dataset::RecordId::of(&[1, 1, 1])).unwrap();
	writer.finish().unwrap();
	for (name, wrong) in [("removal", None), ("junk", Some(&b"junk"[..])), ("empty", Some(&b""[..]))] {
		if let Some(bytes) = wrong {
			fs::write(scene.path(name), bytes).unwrap();
		}
		let error = scene.refused(&[good.clone(), scene.path(name)]);
		assert!(error.contains("is no test set for this model"), "{error}");
		assert!(error.contains(name), "{error}");
	}
	assert!(scene.refused(&[scene.path("absent")]).contains("absent"));
	assert!(scene.refused(&[]).contains("1 to 256"));
	assert!(!folder.secret().exists());
	scene.seal(&[good]).unwrap();
}

#[test]
fn a_set_that_changes_meanwhile_is_not_published() {
	let scene = Scene::new();
	fs::create_dir_all(scene.folder().sets()).unwrap();
	let (file, key) = (scene.set("a", 0..5), H256::repeat_byte(1));
	let out = scene.folder().sealed(0);
	for source in [content(&scene.set("b", 5..9)).unwrap(), ContentRef { size: 1, ..content(&file).unwrap() }]
	{
		let error = seal_one((&file, source), &out, &key, &ProgressBar::hidden()).unwrap_err();
		assert!(error.to_string().contains("has changed"), "{error}");
		assert!(!out.exists() && !part(&out).exists());
	}
}

#[test]
fn a_file_that_was_changed_is_not_published() {
	let scene = Scene::new();
	let folder = scene.folder();
	let error = |folder: &Folder| format!("{:#}", folder.published(content).unwrap_err());
	scene.seal(&scene.sets()).unwrap();
	let sealed = fs::read(folder.sealed(2)).unwrap();
	fs::write(folder.sealed(2), b"other").unwrap();
	assert!(error(&folder).contains("002.sealed is not the file that was sealed"));
	fs::write(folder.sealed(2), sealed).unwrap();
	folder.published(content).unwrap();
	fs::write(folder.manifest(), b"{}").unwrap();
	assert!(error(&folder).contains("manifest.json is not the manifest"));
	fs::remove_file(folder.manifest()).unwrap();
	assert!(error(&folder).contains("manifest.json"));
	fs::remove_file(folder.secret()).unwrap();
	Secret::generate(3).unwrap().create(&folder.secret()).unwrap();
	assert!(error(&folder).contains("are not all sealed"));
}
