//! The off-chain worker of a validator, as far as it is the same for whatever it carries to the chain.
//!
//! With every new best block a pallet's worker runs: it visits the groups where something is to be done, takes in each the
//! step that is still missing, and ends. A step is an [`Inquiry`] at the evaluator through the run's [`Client`], keeping
//! what it said with [`Stored`], or sending a call with [`sign_and_submit`].
//!
//! Every step can be repeated and none waits for another. No call of a run can end after 1.5 s, so that a slow evaluator
//! never holds up the workers of later blocks. Runs may overlap, be left out, or see one height twice on two forks: what a
//! node is going to say is kept before anything is signed, so that whatever happens, what it says of one thing with one
//! key is the same every time.

mod chain;
mod http;
mod inquiry;
mod report;
mod run;
mod store;
#[cfg(feature = "std")]
pub mod testing;
mod voice;

pub use chain::{is_due, may_open, own_seats, sign_and_submit};
pub use http::{CallError, Client};
pub use inquiry::Inquiry;
pub use report::warn;
pub use run::{after, Run, Worker};
pub use store::{Speech, Stored};
pub use voice::{Voice, Voices};

/// Target of the messages about the evaluator.
pub const EVALUATOR: &str = "descent::evaluator";
