//! The commands: a file for each, or a folder for those that have subcommands.

pub(crate) mod amend;
pub(crate) mod balance;
mod ballot;
pub(crate) mod chain_spec;
pub(crate) mod content;
pub(crate) mod dashboard;
pub(crate) mod dataset;
pub(crate) mod emission;
mod events;
pub(crate) mod explain;
mod follow;
pub(crate) mod governance;
pub(crate) mod group;
pub(crate) mod keeper;
pub(crate) mod key;
pub(crate) mod leaderboard;
pub(crate) mod model;
pub(crate) mod order;
mod recording;
pub(crate) mod rewards;
pub(crate) mod round;
pub(crate) mod stake;
mod submit;
pub(crate) mod test_set;
pub(crate) mod transfer;
pub(crate) mod validator;
