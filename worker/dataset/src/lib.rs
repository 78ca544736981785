//! What a training group trains on: the model description that names its columns, the delta files that
//! grow its data set, and the data set itself on disk.
//!
//! # Records
//!
//! A *record* is one training example. Its *canonical bytes* are, for each column of the description in
//! order (inputs, then target), the column's values in row-major order, little-endian, concatenated. The
//! description fixes the dtypes and shapes, so every record of a group has the same length. A record's
//! *id* is the blake2b-256 of its canonical bytes.
//!
//! For the columns `x: f32 [2]` and `y: u8 []` the record `x = [1.0, -2.5]`, `y = 3` is the nine bytes
//! `0000803f 000020c0 03`, and its id is
//! `3869cf954a800f2137f0895fb17839c3a30e125ba0e68da6897409b495627992`. With Python:
//!
//! ```python
//! import hashlib, struct
//! hashlib.blake2b(struct.pack("<2fB", 1.0, -2.5, 3), digest_size=32).hexdigest()
//! ```
//!
//! # Delta files
//!
//! A *delta* is a Parquet file with one row per record and exactly these columns:
//!
//! | column | Parquet type | in an addition | in a removal |
//! |---|---|---|---|
//! | `op` | string (plain or dictionary) | `add` | `remove` |
//! | `id` | 32 bytes, fixed-length or binary | id of the record | id of the record |
//! | each of the description's | the dtype, or a list of it, fixed-size or not, with the flattened shape's length | values | null |
//!
//! Within one delta every id appears once. An addition must not be in the data set already, not even when
//! the same delta removes it, and a removal must be, so the order of the rows never decides whether a delta
//! is valid. Values are finite, and class labels and tokens lie below the bound that the description gives.
//!
//! # Order
//!
//! The evaluation set is a sample of indices, so the order of records is part of the format: after a
//! delta come the records that were there before, in their order and without the removed ones, and then the
//! additions in the order of the file's rows.
//!
//! Everything here reads what strangers publish: sizes are checked before memory is taken, ids are sorted in
//! scratch files so that memory depends on neither the delta's length nor the data set's, and errors name the
//! first row that is wrong and the reason.
//!
//! # Building
//!
//! [`build()`] makes a delta of a [`Source`]: a table, a pair of IDX files, a folder of images, or what turns one
//! version of a table into another.
#![warn(missing_docs)]

const _: () = assert!(cfg!(target_endian = "little"), "records are copied as they lie in memory");

mod build;
mod delta;
mod description;
mod schema;
mod set;
mod sort;
mod table;

pub use build::{
	build, open_table, BuildError, Built, ColumnNames, Fault, Idx, Images, Open, Progress, Records, Source,
	Step, TableColumns, Versions,
};
pub use delta::{DeltaError, DeltaLimits, DeltaReader, DeltaWriter, Op, Problem, Row};
pub use description::{
	Description, DescriptionError, Document, Input, Layer, Limits, Loss, Plan, Target, TensorSpec,
	MAX_DESCRIPTION_BYTES,
};
pub use schema::{Column, Dtype, RecordId, Schema, ValueError};
pub use set::{check, Batch, Changed, ColumnValues, Set, SetError, Summary};
