use crate::{write_delta, Fixture};
use descent_content::Store;
use descent_dataset::{DeltaLimits, Set};
use descent_protocol::ContentRef;
use descent_test_sets::{seal, Manifest, SealedSet};
use sp_core::H256;
use std::{fs, sync::Arc};

/// A series of sealed test sets.
pub struct SealedFixture {
	/// The manifest.
	pub manifest: ContentRef,
	/// The sealed files, in their order.
	pub sealed: Vec<ContentRef>,
}

/// Returns the key of the test set at a place.
pub fn sealing_key(index: u16) -> H256 {
	H256::from_low_u64_be(u64::from(index) + 1)
}

impl SealedFixture {
	/// Seals files, each with the [`sealing_key`] of its place, and imports them with their manifest into a
	/// store.
	pub fn new(store: &Store, files: &[Vec<u8>]) -> Self {
		let seal_one = |(index, file): (u16, &Vec<u8>)| {
			let mut sealed = Vec::new();
			let size = seal(&mut file.as_slice(), &mut sealed, &sealing_key(index), &mut |_| ()).unwrap();
			SealedSet { sealed: store.import(sealed.as_slice()).unwrap(), size }
		};
		let sets: Vec<_> = (0..).zip(files).map(seal_one).collect();
		let sealed = sets.iter().map(|set| set.sealed).collect();
		let manifest = store.import(Manifest { sets }.to_bytes().as_slice()).unwrap();
		Self { manifest, sealed }
	}
}

impl Fixture {
	/// Returns the file of a test set whose records a seed draws, and the set. It is not published.
	pub fn hidden(&self, seed: u64, records: u64) -> (Vec<u8>, Arc<Set>) {
		let path = self.directory.path().join(format!("hidden-{seed}.parquet"));
		write_delta(&path, &self.description, seed, records);
		let (sets, schema) = (self.directory.path().join("reference"), self.description.schema());
		let file = fs::read(&path).unwrap();
		let digest = descent_content::address(file.as_slice()).unwrap().digest;
		let set = Set::apply(&sets, None, &path, digest, &schema, &DeltaLimits::default()).unwrap();
		(file, Arc::new(set))
	}
}
