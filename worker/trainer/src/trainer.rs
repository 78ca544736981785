//! The trainer as a whole: its settings, its start, its way from block to block, and its end.

use crate::{
	checkpoints::Checkpointer,
	control::TrainingSettings,
	evaluate::Evaluate,
	events::{Event, Report},
	group_client::GroupClient,
	loader::AssetLoader,
	metrics::Metered,
	own::Program,
	preflight::{Preflight, Probe},
	progress::TrainingProgress,
	publisher::Publisher,
	recorded::{Plan, Recordings, RoundWatch},
	rounds::{Participation, RoundMachine},
	state::State,
	test_sets::TestSets,
};
use anyhow::{bail, ensure, Context, Result};
use descent_artifacts::{Artifacts, Quota};
use descent_client::{Client, GroupKey, Key, Options, H256};
use descent_content::{ServerHandle, Store};
use descent_evaluator::{EvaluationPool, PoolOptions};
use descent_protocol::{format_amount, view::GroupView, BlockNumber};
use std::{
	future::Future,
	net::SocketAddr,
	path::{Path, PathBuf},
	pin::pin,
	sync::Arc,
	time::{Duration, Instant},
};
use tokio::runtime::Handle;

/// Time between two reads of the group.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// Time between two events of the progress.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(10);
/// Longest wait for open connections at the end.
const STOP_LIMIT: Duration = Duration::from_secs(5);
/// Longest wait for a node at the start.
const CONNECT_LIMIT: Duration = Duration::from_secs(120);

/// Settings of a trainer.
#[derive(Clone, Debug)]
pub struct Settings {
	/// Addresses of nodes' RPC, one or more: where one fails, the next is asked.
	pub nodes: Vec<String>,
	/// Hash of the first block of the chain that the nodes have to be of; that of the first node if absent.
	pub genesis: Option<H256>,
	/// The training group.
	pub group: GroupKey,
	/// Key of the account that commits.
	pub key: Key,
	/// Directory for state, checkpoints, content and data sets, for this trainer alone. It is needed to
	/// reveal: without it the deposits of open rounds are lost.
	pub data: PathBuf,
	/// Address on which checkpoints are served; port 0 takes a free one, and the same after a restart.
	pub listen: SocketAddr,
	/// URL under which others reach `listen`, if not under its address.
	pub public_url: Option<String>,
	/// URL of a gateway that serves the checkpoints in place of this machine; they are pushed to it.
	pub push_to: Option<String>,
	/// Address at which metrics are served for Prometheus; nowhere if absent.
	pub metrics: Option<SocketAddr>,
	/// Deposit of each commitment, in the smallest unit; the group's smallest one if absent.
	pub deposit: Option<u128>,
	/// Largest deposit that the group may ask for, in the smallest unit. If absent, `deposit`, or else the
	/// one that the group asks for when the trainer starts.
	pub max_deposit: Option<u128>,
	/// True if the trainer tries its public address, and measures a claim and a checkpoint's way to the
	/// validators, before it commits to anything.
	pub preflight: bool,
	/// Rounds to take part in; without end if absent.
	pub rounds: Option<u32>,
	/// True if rewards are claimed after each round that is won.
	pub claim: bool,
	/// Fewest blocks left free between the commitment and the end of its window.
	pub commit_margin: BlockNumber,
	/// Largest size of content on disk, in bytes.
	pub max_content: u64,
	/// Largest size of data sets on disk, in bytes.
	pub max_data: u64,
	/// Allows providers of content on this machine and in private networks, which a local chain needs.
	pub allow_private: bool,
	/// Settings of the training itself.
	pub training: TrainingSettings,
	/// Name and arguments of a program that trains in the folder of `training.own`; empty for none.
	pub program: Vec<String>,
}

impl Settings {
	/// Returns the limits within which the trainer takes part, with this largest deposit.
	fn participation(&self, max_deposit: u128) -> Participation {
		Participation {
			deposit: self.deposit,
			max_deposit,
			margin: self.commit_margin,
			rounds: self.rounds.unwrap_or(u32::MAX),
			claims: self.claim,
		}
	}
}

/// Trains and takes part in rounds until `shutdown` completes or the rounds to take part in are over.
///
/// # Errors
/// If the node or the group cannot be reached at the start, the directory is in use, damaged or another
/// trainer's, the address cannot be listened on, or the node turns out to be one of another chain. If the
/// preflight finds that deposits would be lost, and none is at stake. Later failures are logged, and tried
/// again at the next block.
pub async fn run(
	settings: Settings,
	report: impl Report + Clone + Send + 'static,
	shutdown: impl Future<Output = ()>,
) -> Result<()> {
	let mut shutdown = pin!(shutdown);
	let report = Metered::new(report)?;
	let metrics = match settings.metrics {
		Some(address) => Some(report.serve(address).await?),
		None => None,
	};
	if let Some(metrics) = &metrics {
		tracing::info!("metrics are served at http://{}/metrics", metrics.address());
	}
	let client = tokio::select! {
		() = &mut shutdown => return Ok(()),
		client = connect(&settings.nodes, settings.genesis) => client?,
	};
	let mut trainer = tokio::select! {
		() = &mut shutdown => return Ok(()),
		trainer = Trainer::start(settings, client, report) => trainer?,
	};
	let outcome = tokio::select! {
		() = shutdown => Ok(()),
		ended = trainer.follow() => ended,
	};
	trainer.stop().await;
	outcome
}

/// A running trainer.
struct Trainer<R> {
	client: GroupClient,
	machine: RoundMachine<GroupClient, Checkpointer, R>,
	gateway: ServerHandle,
	report: R,
	program: Option<Program>,
	/// The starts of rounds, for recorded trainings.
	watch: RoundWatch,
	/// The group as it was read last.
	group: GroupView,
	/// Time of the last event of the progress.
	progressed: Option<Instant>,
}

impl<R: Report + Clone + Send + 'static> Trainer<R> {
	async fn start(settings: Settings, client: Client, report: R) -> Result<Self> {
		let (genesis, account) = (client.genesis(), settings.key.account());
		let number = client.find_group(&settings.group).await?;
		let client = GroupClient::new(client, settings.key.clone(), number);
		let group = client.group().await.with_context(|| {
			format!("group {number} cannot be read; `descent group list` shows which there are")
		})?;
		let quota = Quota {
			content: settings.max_content,
			candidates: 0,
			data: settings.max_data,
			allow_private: settings.allow_private,
		};
		let artifacts = Arc::new(Artifacts::open(&settings.data, quota, Handle::current())?);
		let cache = artifacts.cache().clone();
		let mut state = State::open(&settings.data, genesis, number, &account)?;
		let gateway = serve(settings.listen, state.port(), cache.store().clone()).await?;
		state.set_port(gateway.address().port())?;
		let publisher = match &settings.push_to {
			Some(url) => Publisher::pushing(url, settings.key.clone())?,
			None => Publisher::serving(public_address(settings.public_url.as_deref(), gateway.address())),
		};
		let address = publisher.address().to_owned();
		let served = state.served();
		// The probe may make room.
		let _served = cache.hold(served.clone());
		let probe = Probe {
			cache: cache.clone(),
			publisher: publisher.clone(),
			scratch: artifacts.scratch().into(),
			allow_private: settings.allow_private,
		};
		if settings.preflight {
			unless_at_stake(&state, probe.reach().await)?;
		}
		// A raise has to be agreed to, be it the stakeholders' or a node's invention.
		let max_deposit = settings.max_deposit.or(settings.deposit).unwrap_or(group.deposit);
		unless_at_stake(&state, check_deposit(settings.deposit, max_deposit, group.deposit))?;
		unless_at_stake(&state, check_recipe(&settings.training, &group))?;
		let participation = settings.participation(max_deposit);
		let options = PoolOptions::new(&settings.data)?;
		let pool = tokio::task::spawn_blocking(move || EvaluationPool::start(&options)).await??;
		let evaluator: Arc<dyn Evaluate> = Arc::new(pool);
		let preflight = settings.preflight.then(|| Preflight::new(probe, evaluator.clone()));
		let program = settings.training.own.as_ref().filter(|_| !settings.program.is_empty());
		let program = program.map(|folder| Program::new(settings.program, folder)).transpose()?;
		let recordings = recordings(&settings.training, &settings.data, &state)?;
		let directory = settings.data.join("training");
		let log = client.log(Handle::current());
		let test_sets = TestSets::new(artifacts.clone());
		let loader =
			AssetLoader::start(artifacts, settings.training, directory, recordings, log, report.clone())?;
		let checkpointer =
			Checkpointer::new(loader, cache, evaluator, preflight, publisher, test_sets, served);
		report.event(Event::Ready { address, account: account.to_string() });
		let watch = RoundWatch::new(genesis, account.clone());
		let machine =
			RoundMachine::new(client.clone(), checkpointer, report.clone(), state, account, participation);
		Ok(Self { client, machine, gateway, report, program, watch, group, progressed: None })
	}

	/// Takes the machine through block after block.
	async fn follow(&mut self) -> Result<()> {
		let mut seen: Option<BlockNumber> = None;
		let mut failure = None;
		loop {
			if seen != Some(self.group.block) {
				seen = Some(self.group.block);
				match self.watch.follow(&self.client, &self.group).await {
					Ok(start) => self.machine.checkpoints().begin(start),
					Err(error) => warn_once(&mut failure, &error)?,
				}
				let open = self.machine.open_specs();
				if let Some(event) = self.machine.checkpoints().follow(&self.group, open) {
					self.report.event(event);
				}
				let ready = self.machine.checkpoints().ready_model();
				if let (Some(program), Some(version)) = (&mut self.program, ready) {
					program.follow(version);
				}
				if let Some(reason) = self.refusal() {
					bail!(
						"nothing is committed, as deposits would be lost: {reason}; --no-preflight skips this"
					);
				}
				match self.machine.step(&self.group).await {
					Ok(()) => failure = None,
					Err(error) => warn_once(&mut failure, &error)?,
				}
				if self.machine.is_done() {
					return Ok(());
				}
			}
			self.report_progress();
			tokio::time::sleep(POLL_INTERVAL).await;
			match self.client.group().await {
				Ok(read) => self.group = read,
				Err(error) => warn_once(&mut failure, &error.into())?,
			}
		}
	}

	/// Reports the progress: a line each time, and an event now and then.
	fn report_progress(&mut self) {
		self.report.progress(&progress(&self.group, self.machine.checkpoints()));
		if self.progressed.is_none_or(|last| last.elapsed() >= PROGRESS_INTERVAL) {
			self.progressed = Some(Instant::now());
			let block = self.group.block;
			self.report.event(Event::Progress(match self.machine.checkpoints().status() {
				Ok(status) => TrainingProgress::new(block, &status),
				Err(awaited) => TrainingProgress::waiting(block, awaited),
			}));
		}
	}

	/// Returns the reason to end that the preflight found. While deposits are at stake there is none.
	fn refusal(&mut self) -> Option<String> {
		if !self.machine.open_rounds().is_empty() {
			return None;
		}
		self.machine.checkpoints().refusal().map(str::to_owned)
	}

	/// Ends the threads and the gateway, each within a few seconds.
	async fn stop(mut self) {
		let open = self.machine.open_rounds();
		if !open.is_empty() {
			tracing::warn!(
				"deposits are at stake in rounds {open:?}: start again with the same --data before their \
				 reveal windows close"
			);
		}
		if let Some(program) = &mut self.program {
			program.stop().await;
		}
		let threads = self.machine.checkpoints().end();
		let (is_quiet, stopped) =
			tokio::join!(threads, tokio::time::timeout(STOP_LIMIT, self.gateway.stop()));
		if let Ok(Err(error)) = stopped {
			tracing::warn!("the gateway: {error}");
		}
		if !is_quiet {
			tracing::info!("a computation is given up; a restart begins it anew");
		}
	}
}

/// Serves a store at an address. If its port is 0, takes the port `before` if that is free, or any.
async fn serve(listen: SocketAddr, before: Option<u16>, store: Store) -> Result<ServerHandle> {
	if let (0, Some(port)) = (listen.port(), before) {
		let address = SocketAddr::new(listen.ip(), port);
		if let Ok(server) = ServerHandle::gateway(address, store.clone()).await {
			return Ok(server);
		}
	}
	let served = ServerHandle::gateway(listen, store).await;
	served.with_context(|| format!("cannot listen on {listen}: choose another address with --listen"))
}

/// Returns the URL that reveals name, and warns if other machines cannot reach it.
fn public_address(public_url: Option<&str>, listening: SocketAddr) -> String {
	if let Some(url) = public_url {
		return url.trim_end_matches('/').to_owned();
	}
	let address = format!("http://{listening}");
	if listening.ip().is_loopback() {
		tracing::warn!(
			"only this machine reaches {address}: validators on others find the checkpoints unavailable, \
			 which costs the deposits; see --listen and --public-url"
		);
	}
	address
}

/// Passes an error on, unless deposits are at stake: the trainer has to run to reveal them.
fn unless_at_stake(state: &State, outcome: Result<()>) -> Result<()> {
	match outcome {
		Err(error) if !state.entries().is_empty() => {
			tracing::error!("{error:#}; going on, as deposits are at stake");
			Ok(())
		}
		outcome => outcome,
	}
}

/// Checks that the group's smallest deposit may be paid.
fn check_deposit(deposit: Option<u128>, most: u128, smallest: u128) -> Result<()> {
	ensure!(deposit.is_none_or(|deposit| deposit <= most), "--deposit is more than --max-deposit allows");
	ensure!(
		smallest <= most,
		"the node says that the group asks for a deposit of {}, but at most {} is allowed: raise {}, or \
		 choose another group",
		format_amount(smallest),
		format_amount(most),
		if deposit.is_some_and(|deposit| deposit < smallest) { "--deposit" } else { "--max-deposit" }
	);
	Ok(())
}

/// Checks that the training keeps to the group's rule for recorded trainings, if it has one. What another
/// program does is checked as it comes.
fn check_recipe(settings: &TrainingSettings, group: &GroupView) -> Result<()> {
	let rule = group.optional_rules.recipe().filter(|_| settings.own.is_none());
	rule.map_or(Ok(()), |rule| Plan::new(rule, settings).map(drop))
}

/// Opens the recordings in a directory, of which commitments bind some.
fn recordings(settings: &TrainingSettings, data: &Path, state: &State) -> Result<Recordings> {
	let recordings = Recordings::open(data.join("recordings"), settings.recorded.max_bytes)?;
	recordings.reconcile(&state.submissions())?;
	Ok(recordings)
}

/// Logs a failure unless it is the last one again. Fails if going on makes no sense.
fn warn_once(last: &mut Option<String>, error: &anyhow::Error) -> Result<()> {
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

/// Returns a line about the current round and training.
fn progress(group: &GroupView, checkpointer: &Checkpointer) -> String {
	let training = checkpointer.status().map_or_else(|awaited| awaited, |status| status.to_string());
	let Some(round) = group.round else {
		let (first, start) = (group.clock.first, group.clock.start);
		return format!("block {}: round {first} begins at block {start}; {training}", group.block);
	};
	let phase = |round| Some(group.clock.windows(round)?.phase(group.block));
	let mut rounds = phase(round).map_or_else(String::new, |phase| format!("round {round} {phase}"));
	if let Some((previous, phase)) = round.checked_sub(1).and_then(|round| Some((round, phase(round)?))) {
		rounds = format!("round {previous} {phase}, {rounds}");
	}
	format!("block {}: {rounds}; {training}", group.block)
}

/// Connects to a node, which may be about to start.
pub(crate) async fn connect(nodes: &[String], genesis: Option<H256>) -> Result<Client> {
	let until = Instant::now() + CONNECT_LIMIT;
	let mut failure = None;
	loop {
		match Client::connect_any(nodes, Options { genesis, ..Options::default() }).await {
			Err(error) if error.is_transient() && Instant::now() < until => {
				warn_once(&mut failure, &error.into())?;
				tokio::time::sleep(POLL_INTERVAL).await;
			}
			connected => return Ok(connected?),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn which_deposits_may_be_paid() {
		for (deposit, most, smallest) in [(None, 10, 10), (Some(20), 20, 10), (Some(10), 30, 10)] {
			check_deposit(deposit, most, smallest).unwrap();
		}
		for (deposit, most, smallest, wanted) in [
			(None, 9, 10, "raise --max-deposit"),
			(Some(9), 9, 10, "raise --deposit"),
			(Some(20), 10, 10, "more than --max-deposit"),
		] {
			let error = check_deposit(deposit, most, smallest).unwrap_err().to_string();
			assert!(error.contains(wanted), "{error}");
		}
	}
}
