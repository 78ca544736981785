#![allow(clippy::arithmetic_side_effects, clippy::as_conversions)]

mod announce;
mod attempts;
mod builder;
mod check;
mod close;
mod copies;
mod crowd;
mod fork;
mod log;
mod migrations;
mod paid;
mod pending;
mod propose;
mod room;
mod try_state;
mod views;
mod vote;

pub(crate) use builder::*;
