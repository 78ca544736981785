#![allow(clippy::arithmetic_side_effects)]

mod bond;
mod builder;
mod candidates;
mod conduct;
mod course;
mod genesis;
mod offence;
mod sentence;
mod session;
mod try_state;
mod views;
