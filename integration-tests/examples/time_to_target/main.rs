//! The price of decentralisation: the time until digits are learned to a loss, by a trainer of a network of
//! real processes and by one process of PyTorch, each on a core of its own. `scripts/bench target` runs it.

use anyhow::{bail, ensure, Context, Result};
use descent_integration_tests::{
	mnist, python, repository, scenario, wait_until, Account, GroupSetup, Network, RoundLengths,
	TrainerSetup, BLOCK_TIME,
};
use serde::{Deserialize, Serialize};
use std::{
	fs,
	path::Path,
	process::{Command, ExitCode},
	time::{Duration, Instant},
};

/// Largest time of the network over that of PyTorch that is promised.
const PROMISED: f64 = 1.1;
/// Training images.
const TRAINING: u32 = 50_000;
/// Records of the validation set, all of which every check and every evaluation measures.
const VALIDATION: u32 = 1_000;
/// A learning rate with which the loss falls slowly and evenly, so that the time to reach one is hardly
/// chance.
const RATE: f64 = 0.000_1;
const BATCH: u32 = 64;
/// Core of what trains. Validators, evaluators and gateways have the others.
const TRAINING_CORE: &str = "0";
/// Lengths of the rounds, in blocks.
const LENGTHS: RoundLengths = RoundLengths { round: 17, reveal: 4, attest: 8, open: 4 };
/// The network may take this many times as long as PyTorch, beside some rounds.
const PATIENCE: u32 = 3;

#[derive(Debug, Clone, Copy, Deserialize)]
struct Check {
	seconds: f64,
	steps: u64,
	loss: f64,
}

/// Result: seconds, and steps a second.
#[derive(Serialize)]
struct Report {
	/// The loss on the validation set that both reach.
	target: f64,
	/// Seconds from the start of the process until it was reached: by PyTorch; by the trainer, on its
	/// holdout; and by the group, whose head has it in a block.
	pytorch: f64,
	trainer: f64,
	group: f64,
	/// Steps a second, checks and all else included.
	pytorch_rate: f64,
	trainer_rate: f64,
	/// Time of the group over that of PyTorch.
	price: f64,
	/// Time of PyTorch, in hours, from which on the price is below the promise, if the trainer keeps its rate
	/// and rounds their lengths.
	promised_from: Option<f64>,
}

struct Options {
	/// Seconds of PyTorch.
	seconds: f64,
	json: bool,
}

fn options() -> Result<Options> {
	let mut options = Options { seconds: 150.0, json: false };
	for argument in std::env::args().skip(1) {
		match argument.as_str() {
			"--quick" => options.seconds = 40.0,
			"--json" => options.json = true,
			other => bail!("unknown option '{other}'; there are --quick and --json"),
		}
	}
	Ok(options)
}

/// Puts all threads of a process on cores.
fn pin(process: u32, cores: &str) -> Result<()> {
	let output = Command::new("taskset").args(["-a", "-c", "-p", cores, &process.to_string()]).output()?;
	ensure!(output.status.success(), "taskset failed: {}", String::from_utf8_lossy(&output.stderr));
	Ok(())
}

/// Trains in PyTorch. Returns its checks.
fn alone(model: &Path, [training, validation]: [&Path; 2], seconds: f64) -> Result<Vec<Check>> {
	let program = repository("integration-tests/examples/time_to_target/alone.py");
	let output = Command::new("taskset")
		.args(["-c", TRAINING_CORE])
		.arg(python()?)
		.arg(program)
		.args([model, training, validation])
		.args([RATE.to_string(), BATCH.to_string(), seconds.to_string()])
		.env("PYTHONPATH", repository("python/src"))
		.output()?;
	ensure!(output.status.success(), "PyTorch failed: {}", String::from_utf8_lossy(&output.stderr));
	let lines = String::from_utf8(output.stdout)?;
	lines.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// The trainer's seconds and steps when its holdout had the target, and the seconds until the head had it.
struct Reached {
	trainer: f64,
	steps: u64,
	group: f64,
}

async fn together(
	network: &mut Network,
	setup: &GroupSetup,
	target: f64,
	limit: Duration,
) -> Result<Reached> {
	let group = network.create_group(setup).await?.id;
	let node = network.nodes[0].rpc.clone();
	let began = Instant::now();
	let trainer = TrainerSetup::new(1, "adam", RATE, BATCH).args(&["--holdout", &VALIDATION.to_string()]);
	network.start_trainer(group, trainer).await?;
	let process = &network.trainers[0].process;
	pin(process.id().context("the trainer does not run")?, TRAINING_CORE)?;
	let (mut trained, mut read) = (None, 0);
	let reached = wait_until("the head has the target", limit, async || {
		let events = process.events()?;
		for event in events.iter().skip(read).filter(|event| event["event"] == "progress") {
			let best = event["holdout"].as_f64().map(|micros| micros / 1e6);
			if trained.is_none() && best.is_some_and(|best| best <= target) {
				trained = Some((began.elapsed().as_secs_f64(), event["step"].as_u64().unwrap_or(0)));
			}
		}
		read = events.len();
		let head = node.group(group, None).await?.head;
		let is_reached = head.is_some_and(|head| head.score.to_f64() <= target);
		Ok(is_reached.then(|| began.elapsed().as_secs_f64()))
	})
	.await?;
	let (trainer, steps) = trained.context("the trainer told no progress with the target")?;
	Ok(Reached { trainer, steps, group: reached })
}

async fn measure(options: &Options) -> Result<Report> {
	let cores = std::thread::available_parallelism()?.get();
	ensure!(cores > 1, "it takes two cores: one that trains, and one for the rest of the network");
	let folder = tempfile::tempdir()?;
	let [model, training, validation] =
		["model.json", "training", "validation"].map(|name| folder.path().join(name));
	let images = mnist::Images::fetch()?;
	images.delta("train", 0..TRAINING, &training)?;
	images.delta("train", TRAINING..TRAINING + VALIDATION, &validation)?;
	let mut report = None;
	pin(std::process::id(), &format!("1-{}", cores - 1))?;
	// The network is there while PyTorch trains, so that both have the same machine.
	scenario(Network::builder(), async |network| {
		let anyone = Account::from_uri("//Ferdie")?;
		let cnn = ["model", "new", "cnn", "--shape", "1,28,28", "--classes", "10", "--channels", "8,16"];
		let columns = ["--input-column", "image", "--target-column", "label"];
		fs::write(&model, network.descent(&anyone, &[&cnn[..], &columns].concat()).await?.to_string())?;
		eprintln!("PyTorch trains for {:.0} s", options.seconds);
		let checks = {
			let (files, seconds) = ([&model, &training, &validation].map(Clone::clone), options.seconds);
			let trained = move || alone(&files[0], [&files[1], &files[2]], seconds);
			tokio::task::spawn_blocking(trained).await??
		};
		let best = checks.iter().min_by(|a, b| a.loss.total_cmp(&b.loss)).context("there was no check")?;
		let last = checks.last().context("there was no check")?;
		eprintln!("its best loss is {:.4}, after {:.0} s", best.loss, best.seconds);
		let setup = GroupSetup {
			name: "digits".into(),
			model: model.clone(),
			dataset: training.clone(),
			validation: validation.clone(),
			records: VALIDATION,
			minimum_improvement: 0.0001,
			lengths: LENGTHS,
			deposit: 1,
			stake: 100,
			voting_period: 1_000,
			seats: None,
		};
		let limit = Duration::from_secs_f64(options.seconds) * PATIENCE + LENGTHS.deadline(3);
		let reached = together(network, &setup, best.loss, limit).await?;
		let (pytorch_rate, trainer_rate) =
			(last.steps as f64 / last.seconds, reached.steps as f64 / reached.trainer);
		let delay = reached.group - reached.trainer;
		let spare = PROMISED - pytorch_rate / trainer_rate;
		report = Some(Report {
			target: best.loss,
			pytorch: best.seconds,
			trainer: reached.trainer,
			group: reached.group,
			pytorch_rate,
			trainer_rate,
			price: reached.group / best.seconds,
			promised_from: (spare > 0.0).then(|| delay / spare / 3600.0),
		});
		Ok(())
	})
	.await?;
	report.context("nothing was measured")
}

fn print(report: &Report) {
	let Report { target, pytorch, trainer, group, pytorch_rate, trainer_rate, price, promised_from } = report;
	println!("loss on {VALIDATION} records that both reach   {target:.4}");
	println!("one process of PyTorch                     {pytorch:>7.1} s, {pytorch_rate:.0} steps a second");
	println!("the trainer, on its holdout                {trainer:>7.1} s, {trainer_rate:.0} steps a second");
	println!("the group's head, in a block               {group:>7.1} s");
	println!("price: the group's time over PyTorch's     {price:>7.2}");
	let round = BLOCK_TIME * LENGTHS.round;
	match promised_from {
		Some(hours) => println!(
			"With rounds of {} s the price is below {PROMISED} for trainings of more than {hours:.2} h.",
			round.as_secs()
		),
		None => println!("The trainer is so slow that the price is above {PROMISED} for every training."),
	}
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
	let options = options()?;
	let report = measure(&options).await?;
	match options.json {
		true => println!("{}", serde_json::to_string(&report)?),
		false => print(&report),
	}
	let is_kept = report.price <= PROMISED || report.promised_from.is_some();
	Ok(if is_kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
