//! `descent-worker train`: trains a group's model and competes in its rounds.
//!
//! Three things go on side by side: the [`machine`] takes the trainer through its rounds on the chain; the loader
//! fetches model, data and heads; the learner trains. A gateway serves what has been revealed.

mod checkpoints;
mod device;
mod events;
mod group_client;
mod handle;
mod loader;
mod options;
mod round_spec;
mod rounds;
mod state;
mod training_loop;

pub use options::Options;

use anyhow::{bail, ensure, Context, Result};
use checkpoints::Checkpointer;
use descent_artifacts::{Artifacts, Quota};
use descent_client::{Client, Key};
use descent_console::{screen, shutdown};
use descent_content::{ServerHandle, Store};
use descent_protocol::is_loopback;
use descent_protocol::{view::GroupView, BlockNumber, MAX_PROVIDER_LENGTH};
use events::{Event, Report};
use group_client::GroupClient;
use indicatif::ProgressBar;
use loader::AssetLoader;
use rounds::RoundMachine;
use state::State;
use std::{
	net::SocketAddr,
	pin::pin,
	time::{Duration, Instant},
};
use tokio::runtime::Handle;
use training_loop::Settings;

/// How often the chain is looked at.
const INTERVAL: Duration = Duration::from_millis(500);
/// For how long a node is waited for at the start.
const PATIENCE: Duration = Duration::from_secs(120);

/// Trains until it is told to end, or the rounds asked for are over.
pub async fn run(options: Options) -> Result<()> {
	check(&options)?;
	let mut shutdown = pin!(shutdown::requested()?);
	if let Some(threads) = options.threads {
		descent_model::set_threads(threads.into());
	}
	let device = options.device.resolve()?;
	let key = Key::from_file_or_environment(options.key_file.as_deref())?;
	let account = key.account();
	let client = tokio::select! {
		() = &mut shutdown => return Ok(()),
		client = connect(&options.node) => client?,
	};
	let client = GroupClient::new(client, key, options.group, options.deposit);
	let group = client.group().await.with_context(|| {
		format!("group {} cannot be read; `descent group list` shows which there are", options.group)
	})?;
	let quota = Quota { content: options.max_content << 30, candidates: 0, data: options.max_data << 30 };
	let artifacts = Artifacts::open(&options.data, quota, Handle::current())?;
	let cache = artifacts.cache().clone();
	let mut state = State::open(&options.data, client.genesis(), options.group, &account)?;
	let gateway = serve(options.listen, state.port(), cache.store().clone()).await?;
	state.set_port(gateway.address().port())?;
	let address = match &options.public_url {
		Some(url) => url.trim_end_matches('/').to_owned(),
		None => format!("http://{}", gateway.address()),
	};
	let settings = Settings {
		optimizer: options.optimizer,
		learning_rate: options.learning_rate.unwrap_or_else(|| options.optimizer.default_rate()),
		batch: options.batch as usize,
		seed: options.seed.unwrap_or_else(rand::random),
		holdout: options.holdout,
		device,
		directory: options.data.join("training"),
	};
	if options.public_url.is_none() && gateway.address().ip().is_loopback() {
		tracing::warn!(
			"only this machine reaches {address}: validators on others find the checkpoints unavailable, which costs the \
			 deposits; see --listen and --public-url"
		);
	}
	let screen = Screen { json: options.json };
	let loader = AssetLoader::start(artifacts, settings, client.log(Handle::current()), screen)?;
	let checkpointer = Checkpointer::new(loader, cache, address.clone(), state.served());
	screen.event(Event::Ready { address, account: account.to_string() });
	let rounds = options.rounds.unwrap_or(u32::MAX);
	let mut machine = RoundMachine::new(
		client.clone(),
		checkpointer,
		screen,
		state,
		account,
		options.commit_margin,
		rounds,
	);
	let outcome = tokio::select! {
		() = shutdown => Ok(()),
		ended = follow(&client, &mut machine, group) => ended,
	};
	let open = machine.open_rounds();
	if !open.is_empty() {
		tracing::warn!(
			"deposits are at stake in rounds {open:?}: start again with the same --data before their reveal windows close"
		);
	}
	if let Err(error) = gateway.stop().await {
		tracing::warn!("the gateway: {error}");
	}
	outcome
}

fn check(options: &Options) -> Result<()> {
	let Some(url) = &options.public_url else {
		ensure!(
			!options.listen.ip().is_unspecified(),
			"nobody can fetch from {}: say with --public-url where this machine is reached",
			options.listen
		);
		ensure!(
			!options.listen.ip().is_loopback() || is_local(&options.node),
			"only this machine reaches {}, but the node at {} is elsewhere: validators could not fetch the checkpoints, and the \
			 deposits would be lost. Listen where others reach this machine, and say where that is with --public-url",
			options.listen,
			options.node
		);
		return Ok(());
	};
	ensure!(
		(url.starts_with("http://") || url.starts_with("https://"))
			&& url.len() <= MAX_PROVIDER_LENGTH as usize,
		"--public-url must begin with http:// or https:// and have at most {MAX_PROVIDER_LENGTH} bytes"
	);
	Ok(())
}

/// Whether a node's address is one of this machine's own.
fn is_local(node: &str) -> bool {
	let host = node.split_once("://").map_or(node, |(_, host)| host);
	is_loopback(host.split(['/', '?']).next().unwrap_or_default())
}

/// Takes the machine through block after block.
async fn follow(
	client: &GroupClient,
	machine: &mut RoundMachine<GroupClient, Checkpointer, Screen>,
	first: GroupView,
) -> Result<()> {
	let spinner = screen::spinner();
	let mut seen: Option<BlockNumber> = None;
	let mut failure = None;
	let mut group = first;
	loop {
		if seen != Some(group.block) {
			seen = Some(group.block);
			let bound = machine.bound();
			machine.checkpoints().follow(&group, bound);
			match machine.step(&group).await {
				Ok(()) => failure = None,
				Err(error) => complain(&mut failure, &error)?,
			}
			if machine.is_done() {
				return Ok(());
			}
		}
		show(&spinner, &group, machine.checkpoints());
		tokio::time::sleep(INTERVAL).await;
		match client.group().await {
			Ok(read) => group = read,
			Err(error) => complain(&mut failure, &error.into())?,
		}
	}
}

/// Logs a failure that is not the last one again. Fails where going on makes no sense.
fn complain(last: &mut Option<String>, error: &anyhow::Error) -> Result<()> {
	if let Some(fatal @ descent_client::Error::OtherChain { .. }) = error.downcast_ref() {
		bail!("{fatal}");
	}
	let text = format!("{error:#}");
	if last.as_ref() != Some(&text) {
		tracing::warn!("{text}; trying again with the next block");
		*last = Some(text);
	}
	Ok(())
}

fn show(spinner: &ProgressBar, group: &GroupView, checkpointer: &Checkpointer) {
	let progress = checkpointer.progress().unwrap_or_else(|| "waiting for model and data".into());
	let Some(round) = group.round else {
		spinner.set_message(format!(
			"block {}: round {} begins at block {}; {progress}",
			group.block, group.clock.first, group.clock.start
		));
		return;
	};
	let phase = |round| Some(group.clock.windows(round)?.phase(group.block));
	let mut rounds = phase(round).map_or_else(String::new, |phase| format!("round {round} {phase}"));
	if let Some((previous, phase)) = round.checked_sub(1).and_then(|round| Some((round, phase(round)?))) {
		rounds = format!("round {previous} {phase}, {rounds}");
	}
	spinner.set_message(format!("block {}: {rounds}; {progress}", group.block));
}

async fn connect(node: &str) -> Result<Client> {
	let until = Instant::now() + PATIENCE;
	let mut failure = None;
	loop {
		match Client::connect(node).await {
			Err(error) if error.is_transient() && Instant::now() < until => {
				complain(&mut failure, &error.into())?;
				tokio::time::sleep(INTERVAL).await;
			}
			connected => return Ok(connected?),
		}
	}
}

/// Serves a store where the options say, on a free port preferably the one of before.
async fn serve(listen: SocketAddr, before: Option<u16>, store: Store) -> Result<ServerHandle> {
	let failed = || format!("cannot listen on {listen}: choose another address with --listen");
	if let (0, Some(port)) = (listen.port(), before) {
		let address = SocketAddr::new(listen.ip(), port);
		if let Ok(server) = ServerHandle::gateway(address, store.clone()).await {
			return Ok(server);
		}
	}
	ServerHandle::gateway(listen, store).await.with_context(failed)
}

/// Shows events on standard output.
#[derive(Clone, Copy)]
struct Screen {
	json: bool,
}

impl Report for Screen {
	fn event(&self, event: Event) {
		if self.json {
			screen::json(&event);
		} else {
			screen::line(&event.sentence());
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn which_nodes_are_on_this_machine() {
		for node in [
			"ws://127.0.0.1:9944",
			"ws://127.0.0.1",
			"wss://localhost/path",
			"ws://localhost:9944",
			"ws://[::1]:9944",
			"ws://[::1]",
		] {
			assert!(is_local(node), "{node}");
		}
		for node in [
			"wss://rpc.example.org",
			"ws://203.0.113.7:9944",
			"ws://localhost.example.org:9944",
			"ws://[2001:db8::1]:9944",
			"",
		] {
			assert!(!is_local(node), "{node}");
		}
	}
}
