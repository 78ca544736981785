#![allow(clippy::arithmetic_side_effects)]

mod amend;
mod builder;
mod close;
mod create;
mod crowd;
mod lifecycle;
mod migrations;
mod optional_rules;
mod pending;
mod recipes;
mod revise;
mod stake;
mod views;
