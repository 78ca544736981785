//! Evaluators without a chain: real processes that are asked over HTTP as a node's off-chain worker asks
//! them.

mod arithmetic;
mod children;
mod ends;
mod fetching;
mod group;
