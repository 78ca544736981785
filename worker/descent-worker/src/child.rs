//! `descent-worker child`: the process that reads what strangers publish, for an evaluator or a trainer.

use anyhow::Result;
use clap::Args;

/// Evaluate checkpoints and read deltas for the process that started this one.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {}

/// Runs until the parent has no more work. It is called before any other thread is started, since a filter of
/// system calls holds for the threads that there are.
pub(crate) fn run() -> Result<()> {
	descent_evaluator::child::run()
}
