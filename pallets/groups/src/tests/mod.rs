#![allow(clippy::arithmetic_side_effects)]

mod amend;
mod builder;
mod close;
mod create;
mod crowd;
mod lifecycle;
mod migrations;
mod pending;
mod revise;
mod stake;
mod views;
