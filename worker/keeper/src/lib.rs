//! A keeper: it fetches all that a group needs, serves it, and is paid for that out of the group's pot.
//!
//! It follows the chain. What the groups keep, see [`descent_protocol::view::KeptView`], is fetched from
//! those who have published it, from the groups' own gateways and from other keepers, and pinned. Once all of
//! a group is there, the keeper takes a seat with its deposit. It opens the checks that pay it, in turn with
//! the group's other keepers. Content that no group keeps any more is removed after a while.
//!
//! ```no_run
//! # async fn example(key: descent_client::Key) -> anyhow::Result<()> {
//! use descent_keeper::{run, Event, Settings};
//!
//! let (nodes, groups) = (vec!["ws://127.0.0.1:9944".into()], vec!["mnist".into()]);
//! let settings = Settings::new(nodes, groups, key, "/var/lib/descent/keeper".into());
//! run(settings, |event: Event| println!("{}", event.sentence()), std::future::pending()).await
//! # }
//! ```

mod collect;
mod event;
mod group;
mod keeper;
mod metrics;
mod preflight;
mod turn;

pub use event::Event;
pub use keeper::run;

use descent_client::{AccountId, GroupKey, Key, H256};
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// Settings of a keeper.
#[derive(Clone, Debug)]
pub struct Settings {
	/// Addresses of nodes; where one fails, the next is asked.
	pub nodes: Vec<String>,
	/// Hash of the first block of the chain that the nodes have to be of; that of the first node if absent.
	pub genesis: Option<H256>,
	/// The groups whose content is kept.
	pub groups: Vec<GroupKey>,
	/// The key of the account that keeps it.
	pub key: Key,
	/// Directory of the store. One process at a time may use it.
	pub data: PathBuf,
	/// Address on which content is served; port 0 takes a free one.
	pub listen: SocketAddr,
	/// URL at which others reach that address, if not there.
	pub public_url: Option<String>,
	/// The whole deposit in each group; the least that the chain asks for if absent.
	pub deposit: Option<u128>,
	/// Most bytes on disk.
	pub max_content: u64,
	/// Time for which content stays that no group keeps any more.
	pub retain: Duration,
	/// Accounts that may push content, such as trainers that nobody reaches.
	pub accept_from: Vec<AccountId>,
	/// Most bytes that each of them may have here.
	pub push_room: u64,
	/// Address of metrics.
	pub metrics: Option<SocketAddr>,
	/// Claims earnings as they come in.
	pub claim: bool,
	/// Tries the public address, and the room on disk, before a deposit is held.
	pub preflight: bool,
	/// Allows providers on this machine and in private networks.
	pub allow_private: bool,
}

impl Settings {
	/// Returns settings that serve on a free port of this machine.
	pub fn new(nodes: Vec<String>, groups: Vec<GroupKey>, key: Key, data: PathBuf) -> Self {
		Self {
			nodes,
			genesis: None,
			groups,
			key,
			data,
			listen: ([127, 0, 0, 1], 0).into(),
			public_url: None,
			deposit: None,
			max_content: 64 << 30,
			retain: Duration::from_secs(24 * 3600),
			accept_from: Vec::new(),
			push_room: 8 << 30,
			metrics: None,
			claim: false,
			preflight: true,
			allow_private: false,
		}
	}
}
