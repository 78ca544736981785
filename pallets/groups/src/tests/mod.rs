#![allow(clippy::arithmetic_side_effects)]

mod amend;
mod builder;
mod close;
mod lifecycle;
mod create;
mod crowd;
mod revise;
mod stake;
mod views;
