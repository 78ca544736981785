//! Training data of a group: the model description that names its columns, the delta files that change its
//! data set, and the data set on disk.
//!
//! # Records
//!
//! A *record* is one training example. Its *canonical bytes* are the values of the description's columns
//! (inputs, then target), one column after the other, in row-major order and little-endian. The description
//! fixes the dtypes and shapes, so all records of a group have the same length. A record's *id* is the
//! blake2b-256 of its canonical bytes.
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
//! | each of the description's | the dtype, or a list of it | values | null |
//!
//! A list is fixed-size or not, and has the length of the column's flattened shape.
//!
//! Within one delta every id appears once. A record that is added must not be in the data set already, not
//! even if the same delta removes it. A record that is removed must be in the data set. So the order of the
//! rows never decides whether a delta is valid. Values are finite, and class labels and tokens lie below the
//! bound that the description gives.
//!
//! # Order
//!
//! The evaluation set is a sample of indices, so the order of records is part of the format. After a delta
//! come first the records that were there before, in their order and without the removed ones. The additions
//! follow, in the order of the file's rows.
//!
//! All files come from strangers. Sizes are checked before memory is taken. Ids are sorted in scratch files,
//! so memory depends neither on the delta's length nor on the data set's. Errors name the first row that is
//! wrong and the reason.
//!
//! # Building
//!
//! [`build()`] makes a delta of a [`Source`]: a table, a pair of IDX files, a folder of images, or the
//! difference between two versions of a table.
//!
//! # Looking at records
//!
//! [`DeltaSample`] draws records of a delta and [`Set::sample`] those of a data set. [`Picture`] makes a PNG
//! file of them, [`Vocabulary`] text.
//!
//! # Example
//!
//! ```
//! use descent_dataset::{Description, RecordId};
//!
//! let description = Description::parse(br#"{"descent": 1, "name": "line",
//!     "inputs": [{"column": "x", "dtype": "f32", "shape": [2]}],
//!     "target": {"column": "y", "dtype": "u8", "shape": [], "classes": 4},
//!     "layers": [{"type": "linear", "out": 4}],
//!     "loss": "cross_entropy"}"#)?;
//! assert_eq!(description.schema().record_bytes(), 9);
//! assert_eq!(description.plan().parameter_values, 12);
//!
//! let record = [0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0, 3];
//! let id = "3869cf954a800f2137f0895fb17839c3a30e125ba0e68da6897409b495627992";
//! assert_eq!(RecordId::of(&record).to_string(), id);
//! # Ok::<(), descent_dataset::DescriptionError>(())
//! ```
#![warn(missing_docs)]

const _: () = assert!(cfg!(target_endian = "little"), "records are copied as they lie in memory");

mod build;
mod delta;
mod description;
mod preview;
mod schema;
mod set;
mod sort;
mod table;

pub use build::{
	build, open_table, read_image, BuildError, Built, Class, ClassNames, ColumnNames, Fault, Idx, Images,
	Open, Progress, Records, Source, Step, TableColumns, Text, Tokenizer, Versions,
};
pub use delta::{DeltaError, DeltaLimits, DeltaReader, DeltaWriter, Op, Problem, Row};
pub use description::{
	Description, DescriptionError, Document, Input, Layer, Limits, Loss, Plan, Target, TensorSpec,
	MAX_DESCRIPTION_BYTES, MAX_INPUTS,
};
pub use preview::{
	Cell, DeltaSample, Picture, Sampled, SheetError, Vocabulary, VocabularyError, MAX_VOCABULARY_BYTES,
};
pub use schema::{Column, Dtype, RecordId, Schema, ValueError};
pub use set::{check, Batch, Changed, ColumnValues, Set, SetError, Summary};
