//! Tests with real processes: nodes, evaluators, trainers and clients, with faults and lies.
//!
//! A [`Network`] is a handful of child processes on free ports of loopback, with their data below one folder.
//! Tests and the demo start one, act on it and wait with [`wait_until`] for the expected result. Each
//! [`Process`] can be killed, frozen and restarted on its own. All of them die with the process that started
//! them, however that ends.
//!
//! - [`Rpc`] reads a node as an independent client does: JSON-RPC over HTTP and the documented types, nothing
//!   else.
//! - [`ScriptedTrainer`] is a trainer that commits to and reveals anything that a test tells it to.
//! - [`ByzantineEvaluator`] is an evaluator that lies. [`Evaluator`] is a real one without a node: the test
//!   asks it about an [`offline::Group`].
//! - [`Gateway`] serves content from the test's own process, [`dripping`] a byte a second.
//! - [`procfs`] finds the child processes of a program, and reads their memory and times.
//! - [`governance`] has the actions of stakeholders and proposers, [`economy`] those of validators and
//!   winners, and [`committee`] those of the technical committee. All of them use the program `descent`.
//! - [`Requester`] is the process that releases the keys of hidden test sets, sound ones or
//!   [garbage](seal_garbage).
//! - [`upgrade`] compares the state before and after a runtime upgrade.
//! - [`audit`] adds up every balance, reward and slash and compares them with the issuance. [`History`] has
//!   the events of all blocks.
//! - [`synthetic`] and [`mnist`] are data sets, [`checkpoint`] writes checkpoints by hand, and [`Wider`] has
//!   some whose scores are known without an evaluator.
//! - [`Linear`] is trained by hand, in segments of a [`ScriptedRecording`], true or not.
//!
//! The programs are taken from the folder that this crate was built into; `scripts/test` and `scripts/demo`
//! build them.
//!
//! # Example
//!
//! ```no_run
//! use descent_integration_tests::{scenario, Network};
//! use std::time::Duration;
//!
//! # async fn example() -> anyhow::Result<()> {
//! scenario(Network::builder().validators(2), async |network| {
//!     network.nodes[1].process.kill();
//!     network.nodes[1].process.restart()?;
//!     network.finalizes(1, 5, Duration::from_secs(120)).await
//! })
//! .await
//! # }
//! ```
#![warn(missing_docs)]

mod account;
mod audit;
mod binaries;
mod builder;
mod byzantine;
mod chain_spec;
pub mod checkpoint;
pub mod committee;
mod descent;
pub mod economy;
mod ending;
mod evaluator;
mod folder;
mod gateway;
pub mod governance;
mod group;
mod history;
mod launch;
mod linear;
mod machine;
pub mod mnist;
mod network;
mod node;
pub mod offline;
mod ports;
mod process;
pub mod procfs;
mod repository;
mod rpc;
mod scenario;
mod scripted_recording;
mod scripted_trainer;
pub mod synthetic;
mod test_sets;
mod trainer;
mod typed;
pub mod upgrade;
mod wait;
mod wider;

pub use account::Account;
pub use audit::{audit, Audit, Slash};
pub use binaries::{runtime, Binary};
pub use builder::NetworkBuilder;
pub use byzantine::ByzantineEvaluator;
pub use evaluator::Evaluator;
pub use gateway::{corrupting, dripping, Gateway};
pub use group::{GroupSetup, RoundLengths, BLOCK_DEADLINE, BLOCK_TIME};
pub use history::History;
pub use launch::Launch;
pub use linear::{Linear, Point, Records};
pub use machine::Machine;
pub use network::{ready, Network};
pub use node::{Host, Node};
pub use ports::free_port;
pub use process::Process;
pub use repository::{python, repository};
pub use rpc::{Rpc, RpcError};
pub use scenario::{candidate, members, over, reached, scenario, settled, two_clouds_group};
pub use scripted_recording::{Batches, ScriptedRecording};
pub use scripted_trainer::{Commitment, ScriptedTrainer};
pub use test_sets::{seal_garbage, Requester, SentKey};
pub use trainer::{write_key, Trainer, TrainerSetup};
pub use typed::type_commands;
pub use wait::wait_until;
pub use wider::Wider;
