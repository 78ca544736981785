//! The part of a validator's off-chain worker that every pallet with a committee shares.
//!
//! A pallet's worker runs with every new best block. It visits the groups in which there is something to do,
//! takes the next step in each, and ends. A step is one of three: it polls a job of an evaluator with a
//! [`JobPoll`] and the run's [`Client`], stores what is about to be signed with [`SlashingProtection`], or
//! sends a call with [`sign_and_submit`].
//!
//! Every step can be repeated, and none waits for another. No call of a run can end after 1.5 s, so that a
//! slow evaluator never holds up the workers of later blocks. Runs may overlap, be left out, or see one
//! height twice on two forks. A node therefore stores what it is about to sign before it signs anything.
//! Whatever happens, it signs the same finding with the same key every time.

mod addresses;
mod chain;
mod http;
mod job_poll;
mod report;
mod run;
mod signer;
mod slashing_protection;
#[cfg(feature = "std")]
pub mod testing;

pub use chain::{is_due, may_open, own_seats, sign_and_submit};
pub use http::{CallError, Client};
pub use job_poll::JobPoll;
pub use report::warn;
pub use run::{after, Run, Worker};
pub use signer::{Signer, Signers};
pub use slashing_protection::{SigningRecord, SlashingProtection};

/// The most evaluators of one node.
pub use descent_protocol::evaluation::MAX_EVALUATORS;

/// Log target of messages about the evaluator.
pub const EVALUATOR: &str = "descent::evaluator";
