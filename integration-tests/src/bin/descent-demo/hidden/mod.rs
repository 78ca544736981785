//! The private competition: a client seals test data of its own and orders improvement, three trainers
//! compete round after round, and each round is measured on a set that was secret until all were bound.

mod bill;
mod closing;
mod opening;
mod rounds;
mod settled;
mod shell;

use crate::{names::Names, options::Options, report::Report};
use anyhow::{ensure, Result};
use descent_integration_tests::{wait_until, Account, Network, Requester, TrainerSetup};
use descent_protocol::GroupId;
use shell::Shell;
use std::time::Duration;

/// Secret URI of the client.
const CLIENT: &str = "//Ferdie";
/// Number of winners of a round.
const WINNERS: usize = 3;
/// Optimizer and learning rate of the trainers, in turn. The rates are low, so that each round has something
/// left to gain.
const OPTIMIZERS: [(&str, f64); 3] = [("sgd", 0.01), ("adam", 0.000_2), ("adamw", 0.000_1)];
/// Number of records in a batch.
const BATCH: u32 = 64;
/// Longest time until the process that releases keys follows its series.
const STARTUP: Duration = Duration::from_secs(60);
/// Number of events of that process that are printed after a failure.
const LAST_EVENTS: usize = 12;

/// Plays a private competition from the sealing to the payout, and checks it.
///
/// # Errors
/// Fails if one of its steps does not hold.
pub(crate) async fn compete(
	options: &Options,
	network: &mut Network,
	requester: &mut Option<Requester>,
	report: &mut Report,
) -> Result<()> {
	let client = Account::from_uri(CLIENT)?;
	let node = network.nodes[0].rpc.ws();
	let shell = Shell::new(network.directory().join("client"), &node, &client)?;
	report.step("Ferdie has test data that nobody else has, and wants a model. This is what it types:");
	shell.enter(report);
	// One more than are followed, so that the round after the last one has a set, too.
	let sets = options.rounds() + 1;
	let mut competition = opening::open(&shell, network, &client.id(), sets, report).await?;
	report.step("4. a process of Ferdie's releases one key a round, once no more commitments are taken");
	*requester = Some(release(&shell, network, report).await?);
	train(options, network, competition.group, report).await?;
	let names = Names::new(&network.trainers, vec![(client, "Ferdie".to_owned())], network.validators());
	let wanted = options.rounds();
	let rounds = rounds::follow(network, &shell, &mut competition, wanted, &names, report).await?;
	closing::close(network, &shell, &competition, &rounds, &names, report).await
}

/// Starts the process that releases the keys, and waits until it follows the series.
async fn release(shell: &Shell, network: &Network, report: &mut Report) -> Result<Requester> {
	report.command("descent test-set release series &");
	let node = network.nodes[0].rpc.ws();
	let mut requester = network.start_requester("requester", &shell.file("series"), &node)?;
	let process = &mut requester.process;
	let follows = wait_until("the series is followed", STARTUP, async || {
		let follows = process.events()?.iter().any(|event| event["event"] == "following");
		Ok((follows || !process.is_running()).then_some(follows))
	})
	.await?;
	ensure!(follows, "the process that releases keys has ended:\n{}", requester.process.tail(20));
	Ok(requester)
}

/// Starts the trainers, and waits until each is ready.
async fn train(options: &Options, network: &mut Network, group: GroupId, report: &mut Report) -> Result<()> {
	report.step("5. trainers compete; the best three of a round divide what it pays, by their places");
	for (number, (optimizer, rate)) in (1..=options.trainers.into()).zip(OPTIMIZERS.iter().cycle()) {
		report.command(&format!(
			"descent-worker train {group} --optimizer {optimizer} --learning-rate {rate} --batch {BATCH} \
			 --key-file trainer{number}.key &"
		));
		network.start_trainer(group, TrainerSetup::new(number, optimizer, *rate, BATCH)).await?;
	}
	Ok(())
}

/// Ends the process that releases keys, if it was started. After a failure its last events are printed.
///
/// # Errors
/// Fails if it does not end cleanly.
pub(crate) async fn end(requester: Option<Requester>, has_failed: bool) -> Result<()> {
	let Some(mut requester) = requester else {
		return Ok(());
	};
	let process = &mut requester.process;
	if has_failed {
		let events = process.events().unwrap_or_default();
		for event in events.iter().skip(events.len().saturating_sub(LAST_EVENTS)) {
			eprintln!("{}: {event}", process.name());
		}
	}
	// It ends by itself once all keys are released.
	match process.is_running() {
		true => process.stop().await,
		false => process.finishes(Duration::ZERO).await,
	}
}
