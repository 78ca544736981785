use crate::content::Reference;
use descent_protocol::{ContentRef, MAX_TEST_SETS};
use serde::{Deserialize, Serialize};

/// Length of the longest manifest, in bytes.
pub const MAX_MANIFEST_BYTES: u64 = 128 << 10;
/// The version of the format.
const VERSION: u32 = 1;

/// A sealed test set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedSet {
	/// The sealed file.
	pub sealed: ContentRef,
	/// Length of the test set once it is opened, in bytes.
	pub size: u64,
}

/// The file that names the sealed test sets of a series, in the order in which their keys are released.
///
/// ```json
/// {"descent_test_sets": 1, "sets": [{"sealed": {"cid": "bafk2bz..", "size": 1057}, "size": 1024}]}
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
	/// The sealed test sets, 1 to 256 of them.
	pub sets: Vec<SealedSet>,
}

/// A reason that a file is no manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
	/// The file is longer than any manifest.
	#[error("the manifest has more than {MAX_MANIFEST_BYTES} bytes")]
	TooLong,
	/// The file is not JSON of this form.
	#[error("the manifest is not valid: {0}")]
	Malformed(#[from] serde_json::Error),
	/// The file has another version.
	#[error("the manifest has version {0}, and not {VERSION}")]
	Version(u32),
	/// The manifest names no set, or too many.
	#[error("the manifest names {0} sets; a series has 1 to {MAX_TEST_SETS}")]
	Number(usize),
	/// A set is described wrongly.
	#[error(
		"set {0} of the manifest is not valid: it needs a CID of this network with the size that belongs to \
		 it, and a size of its own"
	)]
	Set(usize),
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct StoredManifest {
	descent_test_sets: u32,
	sets: Vec<StoredSet>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct StoredSet {
	sealed: Reference,
	size: u64,
}

impl Manifest {
	/// Reads a manifest.
	///
	/// # Errors
	/// [`ManifestError`] for another version, fields that it does not have, no set or too many, and sets that
	/// are named in another way than by the CID and the size that belong together.
	pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
		if u64::try_from(bytes.len()).map_or(true, |length| length > MAX_MANIFEST_BYTES) {
			return Err(ManifestError::TooLong);
		}
		let stored: StoredManifest = serde_json::from_slice(bytes)?;
		if stored.descent_test_sets != VERSION {
			return Err(ManifestError::Version(stored.descent_test_sets));
		}
		if !(1..=usize::from(MAX_TEST_SETS)).contains(&stored.sets.len()) {
			return Err(ManifestError::Number(stored.sets.len()));
		}
		let sets = stored.sets.iter().enumerate().map(|(number, set)| {
			let sealed = set.sealed.content().filter(|_| set.size > 0);
			let sealed = sealed.ok_or(ManifestError::Set(number))?;
			Ok(SealedSet { sealed, size: set.size })
		});
		Ok(Self { sets: sets.collect::<Result<_, ManifestError>>()? })
	}

	/// The manifest as a file.
	pub fn to_bytes(&self) -> Vec<u8> {
		let sets = self.sets.iter();
		let sets = sets.map(|set| StoredSet { sealed: (&set.sealed).into(), size: set.size }).collect();
		let stored = StoredManifest { descent_test_sets: VERSION, sets };
		serde_json::to_vec(&stored).expect("texts and numbers are JSON; qed")
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_protocol::Codec;
	use proptest::prelude::*;
	use serde_json::{json, Value};
	use sp_core::H256;

	fn set(digest: u8, size: u64) -> SealedSet {
		let codec = if size <= descent_protocol::LEAF_SIZE { Codec::Raw } else { Codec::UnixFs };
		SealedSet { sealed: ContentRef { digest: H256::repeat_byte(digest), codec, size }, size }
	}

	fn json() -> Value {
		serde_json::from_slice(&Manifest { sets: vec![set(1, 5), set(2, 1 << 30)] }.to_bytes()).unwrap()
	}

	fn refused(change: impl FnOnce(&mut Value)) -> ManifestError {
		let mut json = json();
		change(&mut json);
		Manifest::parse(&serde_json::to_vec(&json).unwrap()).unwrap_err()
	}

	#[test]
	fn the_largest_manifest_is_not_too_long() {
		let mut largest = set(255, u64::MAX);
		largest.sealed.codec = Codec::UnixFs;
		let manifest = Manifest { sets: vec![largest; usize::from(MAX_TEST_SETS)] };
		assert!(manifest.to_bytes().len() < MAX_MANIFEST_BYTES as usize / 2);
		assert_eq!(Manifest::parse(&manifest.to_bytes()).unwrap(), manifest);
	}

	#[test]
	fn other_fields_and_versions_are_refused() {
		assert!(matches!(refused(|json| json["descent_test_sets"] = 2.into()), ManifestError::Version(2)));
		for change in [
			(|json: &mut Value| json["more"] = 1.into()) as fn(&mut Value),
			|json| json["sets"][0]["more"] = 1.into(),
			|json| json["sets"][0]["sealed"]["digest"] = "0x00".into(),
			|json| json["sets"][0]["size"] = (-1).into(),
			|json| json["sets"][0]["size"] = "5".into(),
			|json| json["sets"] = json!({}),
			|json| *json = json!([]),
			|json| drop(json.as_object_mut().unwrap().remove("descent_test_sets")),
		] {
			assert!(matches!(refused(change), ManifestError::Malformed(_)));
		}
		let twice = r#"{"descent_test_sets":1,"descent_test_sets":1,"sets":[]}"#;
		assert!(matches!(Manifest::parse(twice.as_bytes()), Err(ManifestError::Malformed(_))));
		let mut behind = serde_json::to_vec(&json()).unwrap();
		behind.extend(b" {}");
		assert!(matches!(Manifest::parse(&behind), Err(ManifestError::Malformed(_))));
	}

	#[test]
	fn a_series_has_sets_and_not_too_many() {
		assert!(matches!(refused(|json| json["sets"] = json!([])), ManifestError::Number(0)));
		let sets = vec![set(1, 1); usize::from(MAX_TEST_SETS) + 1];
		let too_many = Manifest { sets }.to_bytes();
		assert!(matches!(Manifest::parse(&too_many), Err(ManifestError::Number(257))));
		let too_long = vec![b' '; MAX_MANIFEST_BYTES as usize + 1];
		assert!(matches!(Manifest::parse(&too_long), Err(ManifestError::TooLong)));
	}

	#[test]
	fn each_set_is_named_in_one_way() {
		for change in [
			(|json: &mut Value| json["sets"][1]["size"] = 0.into()) as fn(&mut Value),
			|json| json["sets"][1]["sealed"]["size"] = 0.into(),
			// A tree that would be one block.
			|json| json["sets"][1]["sealed"]["size"] = 5.into(),
			|json| json["sets"][1]["sealed"]["cid"] = "bafk".into(),
			|json| json["sets"][1]["sealed"]["cid"] = "".into(),
			|json| {
				let cid = json["sets"][1]["sealed"]["cid"].as_str().unwrap().to_uppercase();
				json["sets"][1]["sealed"]["cid"] = cid.into();
			},
		] {
			assert!(matches!(refused(change), ManifestError::Set(1)));
		}
		// A block that would be a tree.
		let larger = |json: &mut Value| json["sets"][0]["sealed"]["size"] = (1u64 << 30).into();
		assert!(matches!(refused(larger), ManifestError::Set(0)));
	}

	proptest! {
		#[test]
		fn a_manifest_comes_back(sizes in prop::collection::vec(1..u64::MAX, 1..20)) {
			let sets = sizes.iter().enumerate().map(|(number, size)| set(number as u8, *size)).collect();
			let manifest = Manifest { sets };
			prop_assert_eq!(Manifest::parse(&manifest.to_bytes()).unwrap(), manifest);
		}

		#[test]
		fn no_file_makes_it_panic(bytes: Vec<u8>, cut in 0..200usize) {
			let _ = Manifest::parse(&bytes);
			let whole = serde_json::to_vec(&json()).unwrap();
			prop_assert!(Manifest::parse(&whole[..cut.min(whole.len() - 1)]).is_err());
		}
	}
}
