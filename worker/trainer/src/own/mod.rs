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
//! | `base.safetensors` | the weights that recordings begin with, where trainings are recorded |
//! | `recordings/ROUND/` | takes the recording of a round, where trainings are recorded |
//! | `results/` | for each checkpoint taken, a JSON file that says what came of it |

mod folder;
mod inbox;
mod offers;
mod program;
mod recording;
#[cfg(test)]
mod recording_tests;
#[cfg(test)]
mod tests;
mod training;

pub(crate) use program::Program;
pub(crate) use training::{Folders, OwnTraining, Tell};
