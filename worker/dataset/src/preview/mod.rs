//! Records for people to look at: drawn from a delta or a data set, as text and as pictures.

mod glyphs;
mod picture;
mod sample;
#[cfg(test)]
mod tests;
mod values;
mod vocabulary;

pub use picture::{Cell, Picture, SheetError};
pub use sample::{DeltaSample, Sampled};
pub use vocabulary::{Vocabulary, VocabularyError, MAX_VOCABULARY_BYTES};
