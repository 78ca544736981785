#![allow(clippy::arithmetic_side_effects)]

mod bond;
mod builder;
mod candidates;
mod course;
mod genesis;
mod offence;
mod performance;
mod sentence;
mod session;
mod try_state;
mod views;
