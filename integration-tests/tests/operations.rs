//! Work of operators when things go wrong, typed as the book has it on a network of four validators: finality
//! that stands still for good, lost validators, new keys, backups, upgrades; and a committee that governs.

use anyhow::Result;
use descent_integration_tests::type_commands;
use std::time::Duration;

/// Longest time that all commands may take: a forced change of the validators takes three sessions.
const LIMIT: Duration = Duration::from_secs(1_100);

/// Runs `operations/network.py`, which says of each command how long it took.
#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_an_operator_works_as_it_is_written() -> Result<()> {
	type_commands("operations/network.py", LIMIT).await
}
