//! A node of the Descent chain: it authors and finalizes blocks, answers RPC, and asks the evaluator beside
//! it to measure what trainers claim.
// The errors are those of the SDK's own signatures.
#![allow(clippy::result_large_err)]

mod chain_spec;
mod cli;
mod command;
mod evaluator;
mod key_scheme;
mod lifetime;
mod rpc;
mod service;
mod session_keys;

fn main() -> sc_cli::Result<()> {
	command::run()
}
