//! Own training: another program trains, and hands checkpoints over through a folder.
//!
//! The folder has what that program needs, and takes what it makes:
//!
//! | name | content |
//! |---|---|
//! | `description.json` | the model description |
//! | `train.parquet` | the records of the training set |
//! | `holdout.parquet` | the records that checkpoints are compared on |
//! | `head.safetensors` | the head; absent while there is none |
//! | `state.json` | what the files above belong to; written last |
//! | `inbox/` | takes `*.safetensors` |
//! | `results/` | for each checkpoint taken, a JSON file that says what came of it |

mod folder;
mod inbox;
mod offers;
mod program;
#[cfg(test)]
mod tests;
mod training;

pub(crate) use program::Program;
pub(crate) use training::{OwnTraining, Tell};
