#![allow(clippy::arithmetic_side_effects)]

mod authorize;
mod client;
mod job_poll;
mod run;
mod session;
mod several;
mod slashing_protection;
