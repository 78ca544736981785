//! The demo: a network of real processes on this machine trains a classifier of handwritten digits, and the
//! demo checks the result. With `--hidden` it is a private competition on hidden test sets. Its exit code is
//! 0 only if every check passes.

mod checks;
mod hidden;
mod live;
mod names;
mod options;
mod report;
mod rewards;
mod snapshot;
mod text;
mod votes;

use anyhow::{bail, ensure, Context, Result};
use clap::Parser;
use descent_client::Client;
use descent_integration_tests::{
	mnist::{self, Mnist},
	repository, GroupSetup, Network, Requester, RoundLengths, TrainerSetup,
};
use descent_protocol::{
	view::{ChainEvent, EventTopic},
	GroupId,
};
use futures::StreamExt;
use names::Names;
use options::Options;
use report::Report;
use snapshot::Snapshot;
use std::{
	future::Future,
	path::PathBuf,
	pin::pin,
	process::ExitCode,
	time::{Duration, SystemTime},
};
use tokio::{
	signal::unix::{signal, SignalKind},
	sync::mpsc::{unbounded_channel, UnboundedReceiver},
};

/// Longest time until the first round is settled, and until each one after it.
const PATIENCE: Duration = Duration::from_secs(300);
const REDRAW: Duration = Duration::from_millis(500);
/// Lengths of a round of about 40 seconds.
const LENGTHS: RoundLengths = RoundLengths { round: 14, reveal: 4, attest: 5, open: 4 };
/// Number of images that the group begins with.
const IMAGES: u32 = 50_000;
/// Optimizer and learning rate of the trainers, in turn.
const OPTIMIZERS: [(&str, f64); 3] = [("sgd", 0.05), ("adam", 0.001), ("adamw", 0.001)];

#[tokio::main]
async fn main() -> ExitCode {
	let options = Options::parse();
	let mut report = Report::new(options.json);
	let ended = demo(&options, &mut report).await;
	report.clear();
	match ended {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("demo: {error:#}");
			ExitCode::FAILURE
		}
	}
}

/// Completes when the user interrupts the demo.
async fn interrupted() -> Result<()> {
	let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
	tokio::select! {
		_ = interrupt.recv() => {}
		_ = terminate.recv() => {}
	}
	Ok(())
}

async fn demo(options: &Options, report: &mut Report) -> Result<()> {
	options.check()?;
	let mut builder =
		Network::builder().validators(options.validators.into()).node_option("--state-pruning=archive");
	if let Some(folder) = folder(options)? {
		builder = builder.directory(folder);
	}
	report.step(&format!("starting {} validators, each with its evaluator", options.validators));
	let mut network = tokio::select! {
		started = builder.start() => started?,
		stopped = interrupted() => return stopped.and_then(|()| bail!("interrupted")),
	};
	let dashboard = network.dashboard().await;
	let dashboard = network.note_failure(dashboard)?;
	report.step(&format!("look at it in a browser: {dashboard}"));
	let mut requester = None;
	let ended = tokio::select! {
		ended = play(options, &mut network, &mut requester, report) => ended,
		stopped = interrupted() => stopped.and_then(|()| bail!("interrupted")),
	};
	report.clear();
	let ended = network.note_failure(ended);
	if ended.is_ok() && options.keep {
		keep(&network, report).await?;
	}
	let released = hidden::end(requester, ended.is_err()).await;
	let stopped = network.stop().await;
	ended.and(released).and(stopped)
}

/// Plays what the options ask for. A process that it starts beside the network is left in `requester`.
async fn play(
	options: &Options,
	network: &mut Network,
	requester: &mut Option<Requester>,
	report: &mut Report,
) -> Result<()> {
	match options.hidden {
		true => hidden::compete(options, network, requester, report).await,
		false => train(options, network, report).await,
	}
}

/// Returns the folder of all data; `None` stands for a temporary folder.
fn folder(options: &Options) -> Result<Option<PathBuf>> {
	let chosen = match (&options.directory, options.keep) {
		(Some(folder), _) => folder.clone(),
		(None, true) => {
			let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
			repository(".demo").join(now.as_secs().to_string())
		}
		(None, false) => return Ok(None),
	};
	std::fs::create_dir_all(&chosen).with_context(|| format!("{} cannot be made", chosen.display()))?;
	let empty = std::fs::read_dir(&chosen)?.next().is_none();
	ensure!(empty, "{} is not empty: name a new folder", chosen.display());
	Ok(Some(chosen))
}

async fn train(options: &Options, network: &mut Network, report: &mut Report) -> Result<()> {
	report.step(
		"fetching MNIST and writing it as deltas: 50,000 images to train on, 5,000 to be voted on, \
		 5,000 to validate, 10,000 to test",
	);
	let data = network.directory().join("mnist");
	let mnist = tokio::task::spawn_blocking(move || mnist::prepare(&data, IMAGES)).await??;
	let group = create_group(network, &mnist).await?;
	report.step(&format!("group {group} \"mnist\" is created; rounds of {} blocks begin", LENGTHS.round));
	for (index, (optimizer, rate)) in (1..=options.trainers.into()).zip(OPTIMIZERS.iter().cycle()) {
		network.start_trainer(group, TrainerSetup::new(index, optimizer, *rate, 64)).await?;
		report.step(&format!("Trainer{index} trains with {optimizer}, learning rate {rate}"));
	}
	let names = Names::new(&network.trainers, votes::names()?, network.validators());
	let provider = network.provider().await?;
	let (tell, told) = unbounded_channel();
	let votes = votes::vote(network, group, &mnist, &provider, tell);
	follow(network, group, options.rounds(), &names, report, votes, told).await?;
	report.step(
		"all rounds are settled; the winner of most claims its rewards; checking nodes, head and money",
	);
	let summary = checks::check(network, group, options.rounds(), &mnist, &names).await?;
	report.checked(&summary, &summary.lines());
	Ok(())
}

async fn create_group(network: &mut Network, mnist: &Mnist) -> Result<GroupId> {
	let setup = GroupSetup {
		name: "mnist".into(),
		model: mnist.model.clone(),
		dataset: mnist.dataset.clone(),
		validation: mnist.validation.clone(),
		records: 2_000,
		minimum_improvement: 0.000_1,
		lengths: LENGTHS,
		deposit: 10,
		stake: votes::FOUNDER,
		voting_period: votes::PERIOD,
		seats: None,
	};
	Ok(network.create_group(&setup).await?.id)
}

/// Reports events until `wanted` rounds are settled in finalized blocks and the votes are over.
async fn follow(
	network: &Network,
	group: GroupId,
	wanted: u32,
	names: &Names,
	report: &mut Report,
	votes: impl Future<Output = Result<()>>,
	mut told: UnboundedReceiver<String>,
) -> Result<()> {
	let rpc = network.nodes[0].rpc.clone();
	let client = Client::connect(&rpc.ws()).await?;
	let mut events = client.events(Some(group), EventTopic::All, true).await?;
	let (mut votes, mut voted) = (pin!(votes), false);
	let mut redraw = tokio::time::interval(REDRAW);
	let mut deadline = Box::pin(tokio::time::sleep(PATIENCE));
	let mut settled = 0;
	while settled < wanted || !voted {
		tokio::select! {
			outcome = &mut votes, if !voted => {
				outcome?;
				voted = true;
			}
			Some(text) = told.recv() => report.step(&text),
			block = events.next() => {
				let block = block.context("the event subscription ended")??;
				report.events(&block, names);
				let is_settled = |event: &&ChainEvent| matches!(event, ChainEvent::Settled { .. });
				let count = block.events.iter().filter(is_settled).count();
				if count > 0 {
					settled += count as u32;
					deadline = Box::pin(tokio::time::sleep(PATIENCE));
				}
			}
			_ = redraw.tick() => {
				let snapshot = Snapshot::read(&rpc, group, settled, wanted).await?;
				report.snapshot(&snapshot, names);
			}
			() = &mut deadline => bail!("no round was settled for {} s", PATIENCE.as_secs()),
		}
	}
	Ok(())
}

/// Leaves the network running until the user ends it.
async fn keep(network: &Network, report: &mut Report) -> Result<()> {
	report.step(&format!("the network keeps running in {}; Ctrl-C stops it", network.directory().display()));
	for node in &network.nodes {
		report.step(&format!("{}: {}", node.process.name(), node.rpc.ws()));
	}
	interrupted().await
}
