#![allow(clippy::arithmetic_side_effects)]

mod admission;
mod amended;
mod attest;
mod builder;
mod closed;
mod commit;
mod crowd;
mod hidden;
mod migrations;
mod paid;
mod pretrained;
mod ranked_winners;
mod recording;
mod replays;
mod reveal;
mod rings;
mod settle;
mod state;
mod training;
mod views;
mod work;

pub(crate) use builder::{ballot, checkpoint, measurement, Round};
