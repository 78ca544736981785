//! The commands of README and of the role pages, typed as they are written there on a fresh network.

use anyhow::Result;
use descent_integration_tests::type_commands;
use std::time::Duration;

/// Longest time that all commands may take.
const LIMIT: Duration = Duration::from_secs(1_100);

/// Runs `documentation/type_commands.py`, which says of each command how long it took.
#[tokio::test(flavor = "multi_thread")]
async fn every_command_works_as_it_is_written() -> Result<()> {
	type_commands("documentation/type_commands.py", LIMIT).await
}
