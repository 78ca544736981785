//! Tests every source with good and bad input, and the deltas made of them.

mod csv;
mod difference;
mod idx;
mod images;
mod table;
mod text;
mod written;

use super::*;
use crate::delta::{DeltaReader, Op};
use crate::schema::{Column, Dtype};
use std::path::PathBuf;
use tempfile::TempDir;

fn column(name: &str, dtype: Dtype, shape: &[u64], bound: Option<u64>) -> Column {
	Column { name: name.into(), dtype, shape: shape.to_vec(), bound }
}

/// Returns a schema of two floats and one of ten classes.
fn points() -> Schema {
	Schema { columns: vec![column("x", Dtype::F32, &[2], None), column("y", Dtype::U8, &[], Some(10))] }
}

fn point(a: f32, b: f32, y: u8) -> Vec<u8> {
	[&a.to_le_bytes()[..], &b.to_le_bytes(), &[y]].concat()
}

/// Returns a schema of images of this shape and one of ten classes.
fn pictures(dtype: Dtype, shape: &[u64]) -> Schema {
	Schema { columns: vec![column("image", dtype, shape, None), column("label", Dtype::U8, &[], Some(10))] }
}

struct Folder(TempDir);

impl Folder {
	fn new() -> Self {
		Self(tempfile::tempdir().unwrap())
	}

	fn path(&self, name: &str) -> PathBuf {
		self.0.path().join(name)
	}

	fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
		let path = self.path(name);
		std::fs::create_dir_all(path.parent().unwrap()).unwrap();
		std::fs::write(&path, bytes).unwrap();
		path
	}

	fn make(
		&self,
		mut source: impl Source,
		schema: &Schema,
		base: Option<&Set>,
	) -> Result<Built, BuildError> {
		let limits = DeltaLimits::default();
		build(&mut source, schema, base, &limits, &self.path("delta"), |_| ())
	}

	/// Returns the records that a source adds.
	fn records(&self, source: impl Source, schema: &Schema) -> Result<Vec<Vec<u8>>, BuildError> {
		self.make(source, schema, None)?;
		let reader = DeltaReader::open(&self.path("delta"), schema, &DeltaLimits::default())?;
		Ok(reader
			.map(|row| row.unwrap())
			.inspect(|row| assert_eq!(row.op(), Op::Add))
			.filter_map(|row| row.record)
			.collect())
	}

	/// Returns the reason for which a source is refused, and checks that no delta is left.
	fn refused(&self, source: Result<impl Source, BuildError>, schema: &Schema) -> String {
		let error = match source {
			Err(error) => error,
			Ok(source) => self.make(source, schema, None).unwrap_err(),
		};
		let left: Vec<_> = std::fs::read_dir(self.0.path())
			.unwrap()
			.map(|entry| entry.unwrap().file_name())
			.filter(|name| name == "delta" || name.to_string_lossy().starts_with(".tmp"))
			.collect();
		assert!(left.is_empty(), "{left:?}");
		error.to_string().replace(&format!("{}/", self.0.path().display()), "")
	}

	/// Returns the version that a delta makes.
	fn set(&self, delta: &Path, base: Option<&Set>, schema: &Schema) -> Set {
		let digest = sp_core::H256(RecordId::of(&std::fs::read(delta).unwrap()).0);
		Set::apply(&self.path("sets"), base, delta, digest, schema, &DeltaLimits::default()).unwrap()
	}
}
