//! Real processes: nodes, evaluators, trainers and clients; faults and lies.
//!
//! A [`Network`] is a handful of child processes on free ports of loopback, with their data below one folder. Tests and
//! the demo start one, do something to it and wait ([`wait_until`]) for what must follow. Each [`Process`] can be killed,
//! frozen and restarted on its own; all of them die with the process that started them, however it ends.
//!
//! - [`Rpc`] reads a node the way a stranger would: JSON-RPC over HTTP and the documented types, nothing else.
//! - [`Competitor`] is a trainer of the test's own, that commits and reveals whatever it is told, honest or not.
//! - [`Liar`] is an evaluator that lies.
//! - [`governance`] is what stakeholders and proposers do, [`economy`] what validators and winners do, and [`committee`]
//!   what the technical committee does, all of them with the program `descent`.
//! - [`upgrade`] compares what is there before and after a runtime upgrade.
//! - [`audit`] adds up every balance, reward and penalty and compares them with the issuance.
//! - [`synthetic`] and [`mnist`] are data sets, [`checkpoint`] writes checkpoints by hand.
//!
//! The programs are taken from the folder that this crate was built into; `scripts/test` and `scripts/demo` build them.
#![warn(missing_docs)]

mod account;
mod audit;
mod binaries;
mod builder;
mod chain_spec;
pub mod checkpoint;
pub mod committee;
mod competitor;
pub mod economy;
mod folder;
pub mod governance;
mod group;
mod liar;
pub mod mnist;
mod network;
mod node;
mod ports;
mod process;
mod rpc;
mod scenario;
pub mod synthetic;
mod trainer;
pub mod upgrade;
mod wait;

pub use account::Account;
pub use audit::{audit, Audit, Slash};
pub use binaries::{runtime, Binary};
pub use builder::NetworkBuilder;
pub use competitor::{Commitment, Competitor};
pub use group::{GroupSetup, RoundLengths, BLOCK_TIME};
pub use liar::Liar;
pub use network::Network;
pub use node::Node;
pub use ports::free_port;
pub use process::{Launch, Process};
pub use rpc::{Rpc, RpcError};
pub use scenario::{candidate, reached, scenario, settled, two_clouds_group};
pub use trainer::{Trainer, TrainerSetup};
pub use wait::wait_until;
