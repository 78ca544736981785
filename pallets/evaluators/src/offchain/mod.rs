//! The off-chain worker of validators, which carries the answers of the evaluator beside the node to the
//! chain.
//!
//! It runs with every new best block. It looks at the windows of each task in which the node has a seat, and
//! takes the step that is still missing:
//!
//! ```text
//! attest window | job posted? -> done? -> answer and salt on disk -> attest -> on chain? else again
//! open window   | own attestation on chain? -> open it from disk -> on chain? else again
//! ```
//!
//! All that is due is sent in one report for each of the node's keys. Every step can be repeated, and none
//! waits for another. No call of a run can end after 1.5 s, so that a slow evaluator never holds up the
//! workers of later blocks. Runs may overlap, be left out, or see one height twice on two forks. A node
//! therefore stores what it is about to sign before it signs anything. Whatever happens, it signs the same
//! answer with the same key every time.

mod addresses;
mod chain;
mod http;
mod job_poll;
mod report;
mod reports;
mod run;
mod signer;
mod slashing_protection;
mod state;
mod task;
#[cfg(feature = "std")]
pub mod testing;

pub(crate) use chain::{is_due, may_open};
pub use http::{CallError, Client};
pub use job_poll::JobPoll;
pub use report::warn;
pub use run::run;
pub use signer::{Signer, Signers};
pub use slashing_protection::{Record, SlashingProtection};

/// The most evaluators of one node.
pub use descent_protocol::evaluation::MAX_EVALUATORS;

/// Log target of messages about tasks.
const TASKS: &str = "runtime::evaluators";
/// Log target of messages about the evaluator.
pub const EVALUATOR: &str = "descent::evaluator";
