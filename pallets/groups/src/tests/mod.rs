#![allow(clippy::arithmetic_side_effects)]

mod amend;
mod builder;
mod close;
mod create;
mod crowd;
mod lifecycle;
mod migrations;
mod revise;
mod stake;
mod views;
