use super::*;
use descent_protocol::hash_chain;
use proptest::prelude::*;
use std::fs;

fn mode(path: &Path) -> u32 {
	fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
	fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn secret(last: [u8; 32], sets: u16) -> Secret {
	Secret { last: Zeroizing::new(last), sets, manifest: None }
}

proptest! {
	#[test]
	fn values_are_those_of_the_hash_chain(last: [u8; 32], sets in 1..40u16) {
		let (secret, chain) = (secret(last, sets), hash_chain(H256(last), sets).unwrap());
		prop_assert_eq!(secret.anchor(), chain[0]);
		for index in 0..sets {
			let value = chain[usize::from(index) + 1];
			prop_assert_eq!(secret.value(index), Some(value));
			prop_assert_eq!(secret.key(index), Some(test_set_key(value)));
		}
		for beyond in [sets, u16::MAX] {
			prop_assert_eq!((secret.value(beyond), secret.key(beyond)), (None, None));
		}
	}

	#[test]
	fn no_file_makes_it_panic(bytes: Vec<u8>) {
		prop_assert_eq!(Secret::parse(&bytes), None);
	}
}

#[test]
fn a_secret_is_drawn_for_a_series() {
	let secret = Secret::generate(256).unwrap();
	assert_eq!((secret.sets(), secret.manifest()), (256, None));
	assert_ne!(secret.anchor(), Secret::generate(256).unwrap().anchor());
	for wrong in [0, 257, 1 << 20] {
		assert!(matches!(Secret::generate(wrong), Err(SecretError::Number(number)) if number == wrong));
	}
}

#[test]
fn only_the_owner_reads_the_file_and_nothing_is_overwritten() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("secret.json");
	let mut secret = Secret::generate(3).unwrap();
	secret.create(&path).unwrap();
	assert_eq!(mode(&path), 0o600);
	assert_eq!(Secret::read(&path).unwrap(), secret);
	let other = Secret::generate(3).unwrap();
	for error in [other.create(&path).unwrap_err(), other.update(&path).unwrap_err()] {
		assert!(matches!(&error, SecretError::Exists(_)), "{error}");
	}
	secret.set_manifest(ContentRef::raw(b"manifest").unwrap());
	secret.update(&path).unwrap();
	assert_eq!(mode(&path), 0o600);
	assert_eq!(Secret::read(&path).unwrap(), secret);
	assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
}

#[test]
fn a_file_that_others_can_read_is_refused_with_the_remedy() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("secret.json");
	Secret::generate(1).unwrap().create(&path).unwrap();
	for exposed in [0o640, 0o604, 0o620, 0o644, 0o777] {
		set_mode(&path, exposed);
		let error = Secret::read(&path).unwrap_err();
		assert!(matches!(&error, SecretError::Exposed(_)), "{exposed:o}");
		assert!(error.to_string().contains("chmod 600"), "{error}");
	}
	set_mode(&path, 0o400);
	assert!(Secret::read(&path).is_ok());
}

#[test]
fn a_damaged_file_is_refused_and_not_repeated() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("secret.json");
	Secret::generate(2).unwrap().create(&path).unwrap();
	let good = fs::read_to_string(&path).unwrap();
	let value = good.split('"').find(|part| part.starts_with("0x")).unwrap().to_string();
	for bad in [
		good[..good.len() / 2].to_string(),
		good.replace("\"sets\":2", "\"sets\":0"),
		good.replace("\"sets\":2", "\"sets\":257"),
		good.replace("\"sets\":2", &format!("\"sets\":\"{value}\"")),
		good.replace("\"sets\":2", "\"sets\":2,\"more\":1"),
		good.replace("secret\":1", "secret\":2"),
		good.replace("0x", ""),
		good.replace("null", "{\"cid\":\"x\",\"size\":1}"),
		"x".repeat(5_000),
	] {
		assert_ne!(bad, good);
		fs::write(&path, &bad).unwrap();
		let error = Secret::read(&path).unwrap_err();
		assert!(matches!(&error, SecretError::Damaged(_)), "{bad}");
		assert!(!format!("{error} {error:?}").contains(&value), "{error:?}");
	}
	assert!(matches!(Secret::read(&folder.path().join("absent")), Err(SecretError::File { .. })));
	set_mode(folder.path(), 0o700);
	assert!(matches!(Secret::read(folder.path()), Err(SecretError::Damaged(_) | SecretError::File { .. })));
}

#[test]
fn printing_shows_no_value() {
	let shown = format!("{:?}", secret([0xab; 32], 2));
	assert!(shown.contains("sets: 2") && !shown.contains("171") && !shown.contains("ab"), "{shown}");
}
