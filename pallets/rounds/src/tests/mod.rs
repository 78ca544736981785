#![allow(clippy::arithmetic_side_effects)]

mod attest;
mod builder;
mod commit;
mod crowd;
mod offchain;
mod reveal;
mod session;
mod settle;
mod views;

pub(crate) use builder::{ballot, checkpoint, measurement, Round};
