//! The ends of programs: each one is asked to end in each state, by SIGTERM and by SIGINT. The harness checks
//! the exit status and what was printed. The chain has a single validator.

use anyhow::{ensure, Context, Result};
use descent_integration_tests::{
	procfs::{is_connected_to, processor_time},
	ready, scenario, two_clouds_group, wait_until, Network, Process, RoundLengths, RpcError, TrainerSetup,
};
use descent_protocol::GroupId;
use std::time::Duration;
use tokio::net::TcpListener;

/// Longest wait for a state.
const WAIT: Duration = Duration::from_secs(120);
/// Longest wait for the end of a round.
const ROUND: Duration = Duration::from_secs(240);
/// Processor time after which a trainer trains. Nothing that it does before takes as long.
const TRAINING: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn every_program_ends_cleanly_in_every_state() -> Result<()> {
	scenario(Network::builder().validators(1), async |network| {
		a_single_validator_refuses_unknown_groups_in_words(network).await?;
		let setup = two_clouds_group(network.directory(), RoundLengths::SHORT)?;
		let group = network.create_group(&setup).await?.id;
		while_it_waits_for_the_chain(network, group).await?;
		while_data_loads(network, group).await?;
		let node = network.nodes[0].rpc.ws();
		let one_round = TrainerSetup::new(1, "sgd", 0.001, 64).args(&["--rounds", "1"]);
		let mut ends_by_itself = network.spawn_trainer(&node, group, one_round)?;
		while_it_trains(network, group).await?;
		ends_by_itself.process.finishes(ROUND).await.context("the end of --rounds 1")?;
		let listens = async |program: &mut Process| ready(program).await.map(drop);
		ends_twice(network.gateway().context("there is no gateway")?, listens).await?;
		ends_twice(&mut network.evaluators[0], listens).await?;
		let rpc = network.nodes[0].rpc.clone();
		let authors = async |_: &mut Process| {
			let best = wait_until("the node answers", WAIT, async || Ok(Some(rpc.best().await?))).await?;
			let more = async || Ok((rpc.best().await? > best).then_some(()));
			wait_until("the node authors", WAIT, more).await
		};
		ends_twice(&mut network.nodes[0].process, authors).await?;
		network.finalizes(0, 1, WAIT).await
	})
	.await
}

async fn a_single_validator_refuses_unknown_groups_in_words(network: &Network) -> Result<()> {
	let rpc = &network.nodes[0].rpc;
	ensure!(network.groups().await?.is_empty());
	let refusal = match rpc.group(7, None).await {
		Err(RpcError::Refused { message, .. }) => message,
		other => anyhow::bail!("{other:?}"),
	};
	ensure!(refusal.contains('7'), "{refusal}");
	Ok(())
}

/// Brings a process into a state and asks it to end, once by SIGINT and once by SIGTERM, and restarts it
/// after either.
async fn ends_twice(process: &mut Process, state: impl AsyncFn(&mut Process) -> Result<()>) -> Result<()> {
	state(process).await?;
	process.interrupt().await.context("SIGINT")?;
	process.restart()?;
	state(process).await?;
	process.stop().await.context("SIGTERM")?;
	process.restart()?;
	state(process).await
}

/// A node that takes a connection and says nothing, and one that is frozen while the trainer follows it.
async fn while_it_waits_for_the_chain(network: &mut Network, group: GroupId) -> Result<()> {
	let listener = TcpListener::bind("127.0.0.1:0").await?;
	let silent = format!("ws://{}", listener.local_addr()?);
	let mut trainer = network.spawn_trainer(&silent, group, TrainerSetup::new(2, "sgd", 0.001, 64))?;
	let connects = async || tokio::time::timeout(WAIT, listener.accept()).await.context("nobody connects");
	let _held = connects().await??;
	trainer.process.interrupt().await.context("SIGINT while it connects")?;
	trainer.process.restart()?;
	let _held = connects().await??;
	trainer.process.stop().await.context("SIGTERM while it connects")?;

	let node = network.nodes[0].rpc.ws();
	let mut trainer = network.spawn_trainer(&node, group, TrainerSetup::new(5, "sgd", 0.001, 64))?;
	ready(&mut trainer.process).await?;
	network.nodes[0].process.pause()?;
	trainer.process.interrupt().await.context("SIGINT while the node is frozen")?;
	network.nodes[0].process.resume()?;
	trainer.process.restart()?;
	ready(&mut trainer.process).await?;
	network.nodes[0].process.pause()?;
	trainer.process.stop().await.context("SIGTERM while the node is frozen")?;
	network.nodes[0].process.resume()
}

/// The gateway is frozen, so that nothing arrives.
async fn while_data_loads(network: &mut Network, group: GroupId) -> Result<()> {
	let provider = network.provider().await?;
	let port = provider.rsplit(':').next().context("no port")?.parse()?;
	let node = network.nodes[0].rpc.ws();
	wait_until("nobody fetches", WAIT, async || Ok((!is_connected_to(port)?).then_some(()))).await?;
	network.gateway().context("there is no gateway")?.pause()?;
	let mut trainer = network.spawn_trainer(&node, group, TrainerSetup::new(3, "sgd", 0.001, 64))?;
	let fetches = async || Ok(is_connected_to(port)?.then_some(()));
	wait_until("the trainer fetches", WAIT, fetches).await?;
	trainer.process.interrupt().await.context("SIGINT while data loads")?;
	wait_until("its connections are closed", WAIT, async || Ok((!is_connected_to(port)?).then_some(())))
		.await?;
	trainer.process.restart()?;
	wait_until("the trainer fetches", WAIT, fetches).await?;
	trainer.process.stop().await.context("SIGTERM while data loads")?;
	network.gateway().context("there is no gateway")?.resume()
}

async fn while_it_trains(network: &Network, group: GroupId) -> Result<()> {
	let node = network.nodes[0].rpc.ws();
	let mut trainer = network.spawn_trainer(&node, group, TrainerSetup::new(4, "sgd", 0.001, 64))?;
	let trains = async |process: &mut Process| {
		let id = process.id().context("the trainer was killed")?;
		wait_until("the trainer trains", WAIT, async || {
			ensure!(process.is_running(), "it has ended:\n{}", process.tail(20));
			Ok(processor_time(id).filter(|time| *time >= TRAINING).map(drop))
		})
		.await
	};
	trains(&mut trainer.process).await?;
	trainer.process.interrupt().await.context("SIGINT while it trains")?;
	trainer.process.restart()?;
	trains(&mut trainer.process).await?;
	trainer.process.stop().await.context("SIGTERM while it trains")
}
