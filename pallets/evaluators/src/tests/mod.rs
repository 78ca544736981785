#![allow(clippy::arithmetic_side_effects)]

mod client;
mod committee;
mod decide;
mod job_poll;
mod offchain;
mod report;
mod session;
mod several;
mod slashing_protection;
