//! Files for tests.

use descent_dataset::{DeltaWriter, RecordId, Schema};
use std::path::PathBuf;
use tempfile::TempDir;

/// Two floats and one of ten classes.
pub(super) const MODEL: &str = r#"{"descent":1,"name":"m","inputs":[{"column":"x","dtype":"f32","shape":[2]}],
	"target":{"column":"y","dtype":"u8","shape":[],"classes":10},
	"layers":[{"type":"linear","out":10}],"loss":"cross_entropy"}"#;

/// A folder with the description `m.json`.
pub(super) struct Folder(TempDir);

impl Folder {
	pub(super) fn new() -> Self {
		let folder = Self(tempfile::tempdir().unwrap());
		folder.write("m.json", MODEL);
		folder
	}

	pub(super) fn path(&self, name: &str) -> PathBuf {
		self.0.path().join(name)
	}

	pub(super) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
		let path = self.path(name);
		std::fs::write(&path, text).unwrap();
		path
	}

	/// A table with a record for each number.
	pub(super) fn table(&self, name: &str, numbers: impl IntoIterator<Item = u32>) -> PathBuf {
		let rows: String = numbers.into_iter().map(|n| format!("{n},{},{}\n", n + 1, n % 10)).collect();
		self.write(name, format!("x0,x1,y\n{rows}"))
	}

	pub(super) fn schema(&self) -> Schema {
		crate::description::read(&self.path("m.json")).unwrap().schema()
	}

	/// A delta of these records.
	pub(super) fn delta(&self, name: &str, add: &[u8], remove: &[u8]) -> PathBuf {
		let path = self.path(name);
		let mut writer = DeltaWriter::create(&path, &self.schema()).unwrap();
		for n in add {
			writer.add(&record(*n)).unwrap();
		}
		for n in remove {
			writer.remove(RecordId::of(&record(*n))).unwrap();
		}
		writer.finish().unwrap();
		path
	}

	/// Names of what is there, hidden or not.
	pub(super) fn names(&self) -> Vec<String> {
		let entries = std::fs::read_dir(self.0.path()).unwrap();
		let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
		let mut names: Vec<_> = names.collect();
		names.sort();
		names
	}

	/// A command line with the folder put for `@`.
	pub(super) fn line(&self, line: &str) -> Vec<String> {
		let folder = format!("{}/", self.0.path().display());
		line.split_whitespace().map(|word| word.replace('@', &folder)).collect()
	}

	/// An error without the folder's name.
	pub(super) fn text(&self, error: &anyhow::Error) -> String {
		format!("{error:#}").replace(&format!("{}/", self.0.path().display()), "")
	}
}

/// The canonical bytes of the record that [`Folder::table`] makes of a number.
pub(super) fn record(n: u8) -> Vec<u8> {
	let x = f32::from(n);
	[&x.to_le_bytes()[..], &(x + 1.0).to_le_bytes(), &[n % 10]].concat()
}
