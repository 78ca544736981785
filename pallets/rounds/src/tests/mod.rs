#![allow(clippy::arithmetic_side_effects)]

mod amended;
mod attest;
mod builder;
mod commit;
mod crowd;
mod migrations;
mod paid;
mod reveal;
mod settle;
mod state;
mod views;

pub(crate) use builder::{ballot, checkpoint, measurement, Round};
