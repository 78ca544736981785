//! Reading and writing delta files.

mod budget;
mod columns;
mod error;
mod file;
mod footer;
mod lengths;
mod levels;
mod limits;
mod pages;
mod reader;
mod row;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use columns::{array, written};
pub use error::{DeltaError, Problem};
pub use limits::DeltaLimits;
pub use reader::DeltaReader;
pub use row::{Op, Row};
pub use writer::DeltaWriter;

/// Name of the column with the operation of a row.
pub(crate) const OP: &str = "op";
/// Name of the column with the record's id.
pub(crate) const ID: &str = "id";
