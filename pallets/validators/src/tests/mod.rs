#![allow(clippy::arithmetic_side_effects)]

mod bond;
mod builder;
mod candidates;
mod gateway;
mod genesis;
mod lifecycle;
mod offence;
mod performance;
mod session;
mod slash;
mod try_state;
mod views;
