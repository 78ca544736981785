//! `descent-worker keep`: fetches, serves and prunes all that groups need.

use crate::network::{nodes, KeyArgs};
use anyhow::{ensure, Result};
use clap::Args;
use descent_client::{parse_account, AccountId, GroupKey};
use descent_console::{screen, shutdown, visible, NodeArgs};
use descent_keeper::Settings;
use descent_protocol::{is_address, MAX_PROVIDER_LENGTH};
use std::{net::SocketAddr, path::PathBuf, time::Duration};

const EXAMPLES: &str = "\
A keeper fetches what its groups keep: model descriptions, the log's deltas, validation sets and the heads.
It serves them, takes a seat with a deposit once all is here, and is paid by checks of committees that fetch
from it. Three checks in a row in which it does not serve cost the deposit. `descent keeper leave` gives up
the seat.

Examples:
  Keep a group of a local node:
    descent-worker keep mnist --key-file keeper.key --data ~/.local/share/descent/keeper --allow-private

  On a server, two groups, taking checkpoints of a trainer that nobody reaches:
    descent-worker keep 0 3 --node wss://rpc.example.org --key-file keeper.key --data /var/lib/descent \\
      --listen 0.0.0.0:8080 --public-url http://keeper.example.org:8080 --claim --accept-from 5DAAn..";

/// Serve all that groups need, and be paid out of the keepers' part of what they earn.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Options {
	/// Numbers or names of the groups.
	#[arg(value_name = "GROUP", required = true, value_parser = group)]
	groups: Vec<GroupKey>,
	#[command(flatten)]
	node: NodeArgs,
	#[command(flatten)]
	key: KeyArgs,
	/// Directory of the content. One process at a time may use it.
	#[arg(long, value_name = "DIR")]
	data: PathBuf,
	/// Address on which content is served; port 0 takes a free one, and another one after a restart.
	#[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
	listen: SocketAddr,
	/// URL at which others reach the address listened on, if not there: `http://keeper.example.org:8080`.
	#[arg(long, value_name = "URL")]
	public_url: Option<String>,
	/// NRN held as the deposit in each group, as 10 or 2.5; the least of a keeper if absent. In a full group
	/// the smallest deposit loses its seat to a larger one.
	#[arg(long, value_name = "NRN", value_parser = descent_protocol::parse_amount)]
	deposit: Option<u128>,
	/// Most GiB of content on disk.
	#[arg(
		long,
		value_name = "GIB",
		default_value_t = 64,
		value_parser = clap::value_parser!(u64).range(1..=1 << 20)
	)]
	max_content: u64,
	/// Hours for which content stays that no group keeps any more.
	#[arg(long, value_name = "HOURS", default_value_t = 24)]
	retain: u32,
	/// Accept content that this account pushes, with `descent content push` or `descent-worker train
	/// --push-to`; may be given more than once.
	#[arg(long, value_name = "ACCOUNT", value_parser = parse_account)]
	accept_from: Vec<AccountId>,
	/// Most GiB that each of these accounts may have here.
	#[arg(long, value_name = "GIB", default_value_t = 8, requires = "accept_from")]
	push_room: u32,
	/// Address at which to serve metrics for Prometheus, at /metrics. Off if absent.
	#[arg(long, value_name = "ADDRESS")]
	metrics: Option<SocketAddr>,
	/// Claim what was earned, whenever it is 1 NRN or more.
	#[arg(long)]
	claim: bool,
	/// Take seats without having tried --public-url from here.
	#[arg(long)]
	no_preflight: bool,
	/// Fetch from providers on this machine and in private networks, too. A local chain needs it.
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

fn group(text: &str) -> Result<GroupKey, String> {
	Ok(GroupKey::from(text))
}

/// Keeps until it is told to end.
pub(crate) async fn run(options: Options) -> Result<()> {
	let shutdown = shutdown::requested()?;
	if let Some(url) = &options.public_url {
		ensure!(
			is_address(url.as_bytes()),
			"--public-url must be an address that the chain takes, as http://keeper.example.org:8080: http \
			 or https, a host, no user, blanks or `?`, at most {MAX_PROVIDER_LENGTH} bytes"
		);
	} else {
		ensure!(
			!options.listen.ip().is_unspecified(),
			"nobody can fetch from {}: say with --public-url where this machine is reached",
			options.listen
		);
	}
	let json = options.json;
	let report = move |event: descent_keeper::Event| {
		if json {
			screen::json(&event);
		} else {
			screen::line(&visible(&event.sentence()));
		}
	};
	descent_keeper::run(options.settings()?, report, shutdown).await
}

impl Options {
	fn settings(self) -> Result<Settings> {
		let (nodes, genesis) = nodes(&self.node)?;
		let settings = Settings::new(nodes, self.groups, self.key.key()?, self.data);
		Ok(Settings {
			genesis,
			listen: self.listen,
			public_url: self.public_url,
			deposit: self.deposit,
			max_content: self.max_content << 30,
			retain: Duration::from_secs(u64::from(self.retain) * 3600),
			accept_from: self.accept_from,
			push_room: u64::from(self.push_room) << 30,
			metrics: self.metrics,
			claim: self.claim,
			preflight: !self.no_preflight,
			allow_private: self.allow_private,
			..settings
		})
	}
}
