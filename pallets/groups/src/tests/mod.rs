#![allow(clippy::arithmetic_side_effects)]

mod amend;
mod builder;
mod close;
mod course;
mod create;
mod crowd;
mod revise;
mod reward;
mod stake;
mod views;
