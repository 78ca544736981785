//! `descent-worker train`: trains a group's model and competes in its rounds.

use crate::{
	network::{nodes, KeyArgs},
	positional::GroupArg,
};
use anyhow::{ensure, Context, Result};
use clap::{Args, ValueEnum};
use descent_console::{screen, shutdown, visible, visible_line, NodeArgs};
use descent_protocol::{is_address, is_loopback, trace::Precision, BlockNumber, MAX_PROVIDER_LENGTH};
use descent_trainer::{
	Augmentation, DeviceChoice, Event, Optimizer, RecordedSettings, Report, Settings, TrainingSettings,
};
use indicatif::ProgressBar;
use std::{
	io::IsTerminal,
	net::SocketAddr,
	path::PathBuf,
	sync::{Arc, Mutex, OnceLock, PoisonError},
	time::{Duration, Instant},
};

/// Records in a batch, where neither the user nor the group chooses.
const DEFAULT_BATCH: u32 = 64;
/// Time between two lines of the log that tell the progress.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

const EXAMPLES: &str = "\
The key is a secret URI: a phrase, 0x and a seed in hexadecimal, or a development key such as //Trainer1.
It is read from a file that only you can read (chmod 600), or from the environment variable DESCENT_SURI.
`descent key generate` makes one.

Examples:
  Train a group of a local node on whatever this machine has:
    descent-worker train mnist --key-file trainer.key --data ~/.local/share/descent/trainer \\
      --allow-private

  On a server with a public address, on its second GPU, staking 50 NRN a round, with a second node at hand:
    descent-worker train --node wss://rpc.example.org --node wss://rpc.example.net mnist \\
      --key-file trainer.key --data /var/lib/descent --listen 0.0.0.0:8080 \\
      --public-url http://trainer.example.org:8080 --device cuda:1 --deposit 50

  Behind a router that lets nobody in, by way of a gateway whose operator accepts this account:
    descent-worker train --node wss://rpc.example.org mnist --key-file trainer.key --data trainer \\
      --push-to https://gateway.example.org

  Train with a program of your own, which writes its checkpoints to run/inbox:
    descent-worker train mnist --key-file trainer.key --data ~/.local/share/descent/trainer \\
      --own run --trainer-command 'python train.py --epochs 100'

  Two rounds with a seed, telling a program what happens:
    DESCENT_SURI=//Trainer1 descent-worker train mnist --data /tmp/trainer --rounds 2 --seed 1 --json \\
      --allow-private";

/// Train a group's model, compete in its rounds and serve the checkpoints.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Options {
	#[command(flatten)]
	node: NodeArgs,
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	key: KeyArgs,
	/// Directory for state, checkpoints, content and data sets; one for each trainer. What it holds is needed
	/// to reveal: without it the deposits of open rounds are lost.
	#[arg(long, value_name = "DIR")]
	data: PathBuf,
	/// Address on which checkpoints are served; port 0 takes a free one, and the same after a restart.
	#[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
	listen: SocketAddr,
	/// URL at which others reach the address listened on, if not there: `http://trainer.example.org:8080`.
	#[arg(long, value_name = "URL")]
	public_url: Option<String>,
	/// Gateway that serves the checkpoints in place of this machine, as where a router lets nobody in. Each
	/// is pushed to it before it is revealed. Its operator names your account: `descent content serve
	/// --accept-from`.
	#[arg(long, value_name = "URL", conflicts_with = "public_url")]
	push_to: Option<String>,
	/// Address at which to serve metrics for Prometheus, at /metrics. Off if absent.
	#[arg(long, value_name = "ADDRESS")]
	metrics: Option<SocketAddr>,
	/// Folder for a program that trains in place of this one. The worker keeps the model description, the
	/// records, the head and what the group asks for in it, takes safetensors files from its folder inbox,
	/// and commits the best of them.
	#[arg(
		long,
		value_name = "DIR",
		conflicts_with_all = [
			"optimizer", "learning_rate", "batch", "augment", "accumulate", "ema", "precision", "device"
		]
	)]
	own: Option<PathBuf>,
	/// Program that trains in the folder of --own, with its arguments; no shell reads them. It finds the
	/// folder in DESCENT_OWN, is started again if it fails, and ends with the worker.
	#[arg(long, value_name = "COMMAND", requires = "own", value_parser = command)]
	trainer_command: Option<CommandLine>,
	/// Optimizer.
	#[arg(long, value_enum, default_value_t = OptimizerName::Adam)]
	optimizer: OptimizerName,
	/// Learning rate; 0.001 for adam and adamw, 0.05 for sgd if absent.
	#[arg(long, value_name = "RATE", value_parser = positive)]
	learning_rate: Option<f64>,
	/// Records in a batch; 64 if absent, or as many as the group's rule for recorded trainings asks for.
	#[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
	batch: Option<u32>,
	/// Random changes of the images of each batch, of inputs [channels, height, width]: flip mirrors half of
	/// them, crop:4 moves each by up to 4 pixels, and flip,crop:4 does both. Recorded trainings have none.
	#[arg(long, value_name = "flip|crop:N")]
	augment: Option<Augmentation>,
	/// Batches of whose mean gradient a step is made, for larger batches than fit into memory. Recorded
	/// trainings make a step of each.
	#[arg(
		long,
		value_name = "N",
		default_value_t = 1,
		value_parser = clap::value_parser!(u32).range(1..=1 << 16)
	)]
	accumulate: u32,
	/// Measure and commit an exponential moving average of the weights in their place: the share that the
	/// past keeps in each step, as 0.999. Recorded trainings have none.
	#[arg(long, value_name = "DECAY", value_parser = decay)]
	ema: Option<f64>,
	/// Type of number in a group whose checkpoints come with a recorded training; f32 if absent, or f64 where
	/// the group's rule takes nothing else. Others train in f32.
	#[arg(long, value_enum, value_name = "TYPE")]
	precision: Option<PrecisionName>,
	/// Most GiB of recorded trainings on disk. A full recording ends with its last segment that fits.
	#[arg(
		long,
		value_name = "GIB",
		default_value_t = 16,
		value_parser = clap::value_parser!(u64).range(1..=1 << 20)
	)]
	max_recordings: u64,
	/// Threads that compute; all cores if absent.
	#[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
	threads: Option<u16>,
	/// Device to train on: cpu, cuda:N, or auto for a GPU if there is one.
	#[arg(long, default_value = "auto")]
	device: DeviceChoice,
	/// Seed of the first weights and of the order of the batches; random if absent.
	#[arg(long, value_name = "N")]
	seed: Option<u64>,
	/// NRN put at stake in each round, as 10 or 2.5; the group's smallest deposit if absent.
	#[arg(long, value_name = "NRN", value_parser = descent_protocol::parse_amount)]
	deposit: Option<u128>,
	/// Most NRN that the group may ask for as its smallest deposit; nothing is committed while it asks for
	/// more. If absent, --deposit, or else what the group asks for when the trainer starts.
	#[arg(long, value_name = "NRN", value_parser = descent_protocol::parse_amount)]
	max_deposit: Option<u128>,
	/// Commit without having tried --public-url from here, and without having measured that a claim, a
	/// checkpoint and its upload fit into the group's windows. What does not fit costs the deposit.
	#[arg(long)]
	no_preflight: bool,
	/// End after this many rounds in which this trainer took part are over.
	#[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..))]
	rounds: Option<u32>,
	/// Claim what was earned after each round that is won; without it, `descent rewards claim` does.
	#[arg(long)]
	claim: bool,
	/// Fewest blocks left free between the commitment and the end of its window. The time that measuring the
	/// checkpoint took last comes on top.
	#[arg(long, value_name = "BLOCKS", default_value_t = 2)]
	commit_margin: BlockNumber,
	/// Records on which checkpoints are compared while training.
	#[arg(
		long,
		value_name = "N",
		default_value_t = 2000,
		value_parser = clap::value_parser!(u32).range(1..=1 << 20)
	)]
	holdout: u32,
	/// Most GiB of content on disk. The largest delta of the data set has to fit beside model, head and own
	/// checkpoints.
	#[arg(
		long,
		value_name = "GIB",
		default_value_t = 24,
		value_parser = clap::value_parser!(u64).range(1..=1 << 20)
	)]
	max_content: u64,
	/// Most GiB of data sets on disk.
	#[arg(
		long,
		value_name = "GIB",
		default_value_t = 64,
		value_parser = clap::value_parser!(u64).range(1..=1 << 20)
	)]
	max_data: u64,
	/// Fetch from providers on this machine and in private networks, too. A local chain needs it; on a public
	/// one anybody could make this machine send requests into your network.
	#[arg(
		long,
		env = "DESCENT_ALLOW_PRIVATE",
		value_parser = clap::builder::FalseyValueParser::new()
	)]
	allow_private: bool,
	/// Print what happens as lines of JSON.
	#[arg(long)]
	json: bool,
}

/// A type of number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PrecisionName {
	/// 32 bits.
	F32,
	/// 64 bits: every machine gets the same weights, and a replay proves them.
	F64,
	/// bfloat16, with weights and optimizer in f32.
	Bf16,
}

impl From<PrecisionName> for Precision {
	fn from(name: PrecisionName) -> Self {
		match name {
			PrecisionName::F32 => Self::F32,
			PrecisionName::F64 => Self::F64,
			PrecisionName::Bf16 => Self::Bf16,
		}
	}
}

/// An optimizer with its usual settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OptimizerName {
	/// Stochastic gradient descent with momentum 0.9.
	Sgd,
	/// Adam (Kingma and Ba, 2015).
	Adam,
	/// AdamW (Loshchilov and Hutter, 2019) with weight decay 0.01.
	Adamw,
}

impl OptimizerName {
	fn optimizer(self) -> Optimizer {
		let betas = (0.9, 0.999);
		match self {
			Self::Sgd => Optimizer::Sgd { momentum: 0.9, nesterov: false, weight_decay: 0.0 },
			Self::Adam => Optimizer::Adam { betas, weight_decay: 0.0 },
			Self::Adamw => Optimizer::AdamW { betas, weight_decay: 0.01 },
		}
	}

	/// Returns the learning rate that is used if the user gives none.
	fn default_rate(self) -> f64 {
		match self {
			Self::Sgd => 0.05,
			Self::Adam | Self::Adamw => 0.001,
		}
	}
}

/// A program and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
struct CommandLine(Vec<String>);

/// Splits a command as a shell does, without any of its expansions.
fn command(text: &str) -> Result<CommandLine, String> {
	match shlex::split(text) {
		Some(words) if !words.is_empty() => Ok(CommandLine(words)),
		Some(_) => Err("it names no program".into()),
		None => Err("a quotation mark has no end".into()),
	}
}

fn decay(text: &str) -> Result<f64, String> {
	match text.parse::<f64>() {
		Ok(value) if (0.0..1.0).contains(&value) => Ok(value),
		_ => Err("it must be a number of at least 0 and below 1".into()),
	}
}

fn positive(text: &str) -> Result<f64, String> {
	match text.parse::<f64>() {
		Ok(value) if value.is_finite() && value > 0.0 => Ok(value),
		_ => Err("it must be a number above 0".into()),
	}
}

/// Trains until it is told to end, or the rounds asked for are over.
pub(crate) async fn run(options: Options) -> Result<()> {
	check(&options)?;
	let shutdown = shutdown::requested()?;
	if let Some(threads) = options.threads {
		descent_model::set_threads(threads.into());
	}
	let screen = Screen { json: options.json, spinner: Arc::default(), logged: Arc::default() };
	let outcome = descent_trainer::run(options.settings()?, screen.clone(), shutdown).await;
	screen.clear();
	outcome
}

impl Options {
	fn settings(self) -> Result<Settings> {
		let device = self.device.resolve()?;
		let key = self.key.key()?;
		let (nodes, genesis) = nodes(&self.node)?;
		Ok(Settings {
			nodes,
			genesis,
			group: self.group.value().context("no GROUP is given")?,
			key,
			data: self.data,
			listen: self.listen,
			public_url: self.public_url,
			push_to: self.push_to,
			metrics: self.metrics,
			deposit: self.deposit,
			max_deposit: self.max_deposit,
			preflight: !self.no_preflight,
			rounds: self.rounds,
			claim: self.claim,
			commit_margin: self.commit_margin,
			max_content: self.max_content << 30,
			max_data: self.max_data << 30,
			allow_private: self.allow_private,
			training: TrainingSettings {
				optimizer: self.optimizer.optimizer(),
				learning_rate: self.learning_rate.unwrap_or_else(|| self.optimizer.default_rate()),
				batch: usize::try_from(self.batch.unwrap_or(DEFAULT_BATCH))?,
				augmentation: self.augment.unwrap_or_default(),
				accumulate: self.accumulate,
				average: self.ema,
				seed: self.seed.unwrap_or_else(rand::random),
				holdout: self.holdout,
				device,
				own: self.own,
				recorded: RecordedSettings {
					precision: self.precision.map(Precision::from),
					batch: self.batch,
					learning_rate: self.learning_rate,
					max_bytes: self.max_recordings << 30,
				},
			},
			program: self.trainer_command.map_or_else(Vec::new, |command| command.0),
		})
	}
}

/// Checks that validators can fetch the checkpoints: if they cannot, the deposits are lost.
fn check(options: &Options) -> Result<()> {
	let Some(url) = options.public_url.as_ref().or(options.push_to.as_ref()) else {
		ensure!(
			!options.listen.ip().is_unspecified(),
			"nobody can fetch from {}: say with --public-url where this machine is reached",
			options.listen
		);
		let (nodes, _) = nodes(&options.node)?;
		ensure!(
			!options.listen.ip().is_loopback() || nodes.iter().all(|node| is_local(node)),
			"only this machine reaches {}, but a node of {} is elsewhere: validators could not fetch the \
			 checkpoints, and the deposits would be lost. Listen where others reach this machine, and say \
			 where that is with --public-url; or name with --push-to a gateway that serves them",
			options.listen,
			nodes.join(", ")
		);
		return Ok(());
	};
	ensure!(
		is_address(url.as_bytes()),
		"--public-url and --push-to must be addresses that the chain takes, as \
		 http://trainer.example.org:8080: http or https, a host, no user, blanks or `?`, at most \
		 {MAX_PROVIDER_LENGTH} bytes"
	);
	Ok(())
}

/// Returns true if a node's address is one of this machine's own.
fn is_local(node: &str) -> bool {
	let host = node.split_once("://").map_or(node, |(_, host)| host);
	is_loopback(host.split(['/', '?']).next().unwrap_or_default())
}

/// Shows events on standard output, and the progress on standard error.
#[derive(Clone)]
struct Screen {
	json: bool,
	spinner: Arc<OnceLock<ProgressBar>>,
	/// Time at which the progress was logged last.
	logged: Arc<Mutex<Option<Instant>>>,
}

impl Screen {
	/// Logs the progress once a minute, where no spinner is seen.
	fn log(&self, progress: &Event) {
		let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
		let is_due = logged.is_none_or(|last| last.elapsed() >= LOG_INTERVAL);
		if is_due && !std::io::stderr().is_terminal() {
			*logged = Some(Instant::now());
			tracing::info!("{}", progress.sentence());
		}
	}

	/// Removes the progress, so that later lines are not written over it.
	fn clear(&self) {
		if let Some(spinner) = self.spinner.get() {
			spinner.finish_and_clear();
		}
	}
}

impl Report for Screen {
	fn event(&self, event: Event) {
		let is_progress = matches!(event, Event::Progress(_));
		if is_progress {
			self.log(&event);
		}
		if self.json {
			screen::json(&event);
		} else if !is_progress {
			screen::line(&visible(&event.sentence()));
		}
	}

	fn progress(&self, line: &str) {
		self.spinner.get_or_init(screen::spinner).set_message(visible_line(line).into_owned());
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::{error::ErrorKind, Parser};

	#[derive(Debug, Parser)]
	struct Line {
		#[command(flatten)]
		options: Options,
	}

	#[test]
	fn what_another_program_chooses_is_not_asked_for() {
		let parse = |line: &str| Line::try_parse_from(format!("train 0 --data d {line}").split_whitespace());
		let options = parse("--precision bf16 --batch 32 --max-recordings 2").unwrap().options;
		assert_eq!(options.precision.map(Precision::from), Some(Precision::Bf16));
		assert_eq!((options.batch, options.max_recordings), (Some(32), 2));
		assert_eq!(parse("").unwrap().options.batch, None, "the group may choose it");
		for line in ["--own run --precision f64", "--own run --batch 64", "--own run --augment flip"] {
			assert_eq!(parse(line).unwrap_err().kind(), ErrorKind::ArgumentConflict, "{line}");
		}
		assert_eq!(parse("--precision f16").unwrap_err().kind(), ErrorKind::InvalidValue);
		assert_eq!(parse("--augment turn").unwrap_err().kind(), ErrorKind::ValueValidation);
		let augmented = parse("--augment crop:4").unwrap().options.augment;
		assert_eq!(augmented, Some(Augmentation { flip: false, crop: 4 }));
	}

	#[test]
	fn a_command_is_split_into_words() {
		let words = command("python 'my train.py' --name \"a b\" $HOME").unwrap().0;
		assert_eq!(words, ["python", "my train.py", "--name", "a b", "$HOME"]);
		assert!(command("  ").unwrap_err().contains("names no program"));
		assert!(command("python 'train.py").unwrap_err().contains("has no end"));
	}

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
