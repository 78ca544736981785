//! Reading and writing delta files.

mod columns;
mod error;
mod pages;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use error::{DeltaError, DeltaLimits, Problem};
pub use reader::{DeltaReader, Op, Row};
pub use writer::DeltaWriter;

/// Name of the column that says what a row does.
const OP: &str = "op";
/// Name of the column that holds the record's id.
const ID: &str = "id";
