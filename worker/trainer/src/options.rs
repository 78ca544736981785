use crate::device::DeviceChoice;
use clap::{Args, ValueEnum};
use descent_protocol::{BlockNumber, GroupId};
use std::{net::SocketAddr, path::PathBuf};

const EXAMPLES: &str = "The key is a secret URI (a phrase, 0x and a seed in hexadecimal, or a development key such as //Trainer1), in a file
that only you can read (chmod 600), or in the environment variable DESCENT_SURI. `descent key generate` makes one.

Examples:
  Train group 0 of a local node on whatever this machine has:
    descent-worker train --group 0 --key-file trainer.key --data ~/.local/share/descent/trainer

  On a server with a public address, on its second GPU, staking 50 NRN a round:
    descent-worker train --node wss://rpc.example.org --group 3 --key-file trainer.key --data /var/lib/descent \\
      --listen 0.0.0.0:8080 --public-url http://trainer.example.org:8080 --device cuda:1 --deposit 50

  Two rounds with a seed, telling a program what happens:
    DESCENT_SURI=//Trainer1 descent-worker train --group 0 --data /tmp/trainer --rounds 2 --seed 1 --json";

/// Train a group's model, compete in its rounds and serve the checkpoints.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = EXAMPLES)]
pub struct Options {
	/// Address of the node's RPC.
	#[arg(long, value_name = "URL", env = "DESCENT_NODE", default_value = descent_client::DEFAULT_NODE)]
	pub node: String,
	/// The training group.
	#[arg(long, value_name = "NUMBER")]
	pub group: GroupId,
	/// File with the secret URI of the account that commits; DESCENT_SURI if absent.
	#[arg(long, value_name = "FILE")]
	pub key_file: Option<PathBuf>,
	/// Directory for state, checkpoints, content and data sets; one for each trainer. What it holds is needed to reveal:
	/// without it the deposits of open rounds are lost.
	#[arg(long, value_name = "DIR")]
	pub data: PathBuf,
	/// Address on which checkpoints are served; port 0 takes a free one, and the same after a restart.
	#[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
	pub listen: SocketAddr,
	/// Where others reach the address listened on, if not there, as http://trainer.example.org:8080.
	#[arg(long, value_name = "URL")]
	pub public_url: Option<String>,
	/// How weights are changed.
	#[arg(long, value_enum, default_value_t = Optimizer::Adam)]
	pub optimizer: Optimizer,
	/// Learning rate; 0.001 for adam and adamw, 0.05 for sgd if absent.
	#[arg(long, value_name = "RATE", value_parser = positive)]
	pub learning_rate: Option<f64>,
	/// Records in a batch.
	#[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
	pub batch: u32,
	/// Threads that compute; all cores if absent.
	#[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
	pub threads: Option<u16>,
	/// Where to train: cpu, cuda:N, or auto for a GPU where there is one.
	#[arg(long, default_value = "auto")]
	pub device: DeviceChoice,
	/// Seed of the first weights and of the order of the batches; random if absent.
	#[arg(long, value_name = "N")]
	pub seed: Option<u64>,
	/// NRN put at stake in each round, as 10 or 2.5; the group's smallest deposit if absent.
	#[arg(long, value_name = "NRN", value_parser = descent_client::parse_amount)]
	pub deposit: Option<u128>,
	/// End after this many rounds in which this trainer took part are over.
	#[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..))]
	pub rounds: Option<u32>,
	/// Blocks left free between the commitment and the end of its window.
	#[arg(long, value_name = "BLOCKS", default_value_t = 2)]
	pub commit_margin: BlockNumber,
	/// Records on which checkpoints are compared while training.
	#[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
	pub holdout: u32,
	/// Most GiB of content on disk. The largest delta of the data set has to fit beside model, head and own checkpoints.
	#[arg(long, value_name = "GIB", default_value_t = 24, value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
	pub max_content: u64,
	/// Most GiB of data sets on disk.
	#[arg(long, value_name = "GIB", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
	pub max_data: u64,
	/// Print what happens as lines of JSON.
	#[arg(long)]
	pub json: bool,
}

/// How weights are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Optimizer {
	/// Stochastic gradient descent with momentum 0.9.
	Sgd,
	/// Adam (Kingma and Ba, 2015).
	Adam,
	/// AdamW (Loshchilov and Hutter, 2019) with weight decay 0.01.
	Adamw,
}

impl Optimizer {
	/// The learning rate where the user names none.
	pub fn default_rate(self) -> f64 {
		match self {
			Self::Sgd => 0.05,
			Self::Adam | Self::Adamw => 0.001,
		}
	}
}

fn positive(text: &str) -> Result<f64, String> {
	match text.parse::<f64>() {
		Ok(value) if value.is_finite() && value > 0.0 => Ok(value),
		_ => Err("it must be a number above 0".into()),
	}
}
