#![allow(clippy::arithmetic_side_effects)]

mod authorize;
mod client;
mod inquiry;
mod run;
mod session;
mod store;
